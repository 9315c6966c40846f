//! Accounts that are one person: what they may have counts together (S3).

use minicbor::{Decode, Encode};

use crate::{exchange::Quota, id::CampaignId};

/// What the linked accounts of one individual that live in one bucket have claimed. An account that isn't linked counts in
/// its wallet alone and needs none of this.
#[derive(Clone, PartialEq, Eq, Debug, Default, Encode, Decode)]
#[cbor(map)]
pub struct Individual {
    /// Coupons ever claimed per campaign, less those whose claim was given back.
    #[n(0)]
    pub counts: Vec<(CampaignId, u32)>,
    /// Permits that this bucket was granted of the individual's count. With one bucket none: the whole limit is its own.
    #[cbor(n(1), skip_if = "Vec::is_empty", default)]
    pub permits: Vec<(CampaignId, Quota)>,
}

/// What an account changes of its individual.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
pub enum IndividualChange {
    /// So many coupons more of the campaign.
    #[n(0)]
    Counted(#[n(0)] CampaignId, #[n(1)] u32),
    /// One fewer: its claim was given back.
    #[n(1)]
    Uncounted(#[n(0)] CampaignId),
}

impl Individual {
    pub(crate) fn change(&mut self, change: IndividualChange) {
        match change {
            IndividualChange::Counted(campaign, count) => self.counted(campaign, count),
            IndividualChange::Uncounted(campaign) => self.uncounted(campaign),
        }
    }

    pub fn count(&self, campaign: CampaignId) -> u32 {
        self.counts.iter().find(|entry| entry.0 == campaign).map_or(0, |entry| entry.1)
    }

    pub fn quota(&self, campaign: CampaignId) -> Quota {
        self.permits.iter().find(|entry| entry.0 == campaign).map(|entry| entry.1).unwrap_or_default()
    }

    pub(crate) fn quota_mut(&mut self, campaign: CampaignId) -> &mut Quota {
        let index = self.permits.iter().position(|entry| entry.0 == campaign).unwrap_or_else(|| {
            self.permits.push((campaign, Quota::default()));
            self.permits.len() - 1
        });
        &mut self.permits[index].1
    }

    fn counted(&mut self, campaign: CampaignId, count: u32) {
        match self.counts.iter_mut().find(|entry| entry.0 == campaign) {
            Some(entry) => entry.1 += count,
            None => self.counts.push((campaign, count)),
        }
    }

    fn uncounted(&mut self, campaign: CampaignId) {
        self.counts.iter_mut().filter(|entry| entry.0 == campaign).for_each(|entry| entry.1 -= 1);
        self.counts.retain(|entry| entry.1 > 0);
    }
}
