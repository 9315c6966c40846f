use super::{Decide, Decision, Outcome, needs};
use crate::{
    event::Event,
    id::{CampaignId, CouponId, IdSource},
    key::Key,
    name::{AccountId, IndividualId},
    reason::{Reason, Refusal},
    state::State,
    time::Timestamp,
    wallet::{Coupon, CouponState, LIVE_MAX, Origin},
};

/// A coupon of old data, valid or pending (S17). Counts towards no limit: the old system gave it out.
#[derive(Clone, Debug)]
pub struct ImportCoupon {
    pub account: AccountId,
    pub campaign: CampaignId,
    pub pending: bool,
    pub claimed_at: Timestamp,
    pub starts_at: Timestamp,
    pub expires_at: Timestamp,
}

impl Decide for ImportCoupon {
    fn needs(&self, state: &State, now: Timestamp, keys: &mut Vec<Key>) {
        needs::whole_wallet(state, &self.account, now, keys);
        needs::campaign(state, self.campaign, keys);
    }

    fn decide(&self, state: &State, now: Timestamp, ids: &mut dyn IdSource) -> Result<Decision, Refusal> {
        let campaign = state.campaign(self.campaign).ok_or(Reason::CampaignNotFound)?;
        if !campaign.is_published() {
            return Err(Reason::CampaignNotLive { campaign_status: campaign.status(now) }.into());
        }
        if self.expires_at <= self.starts_at {
            return Err(Refusal::invalid("/expires_at", "after starts_at"));
        }
        let wallet = state.wallet(&self.account);
        if wallet.is_some_and(|wallet| wallet.live_count() >= LIVE_MAX) {
            return Err(Reason::WalletFull { limit: LIVE_MAX }.into());
        }
        let coupon = Coupon {
            id: CouponId::new(now, self.account.slot(), ids),
            campaign: self.campaign,
            terms_version: campaign.terms_version,
            claimed_at: self.claimed_at,
            starts_at: self.starts_at,
            expires_at: self.expires_at,
            channel: crate::campaign::Channel::System,
            source: None,
            origin: Origin::Imported,
            state: if self.pending { CouponState::Pending } else { CouponState::Valid },
        };
        let outcome = Outcome::Coupon { account: self.account.clone(), coupon: coupon.id };
        let individual = wallet.map_or_else(|| IndividualId::from(&self.account), |wallet| wallet.individual.clone());
        let event = Event::CouponImported { account: self.account.clone(), individual, coupon };
        Ok(Decision { events: vec![event], outcome })
    }
}
