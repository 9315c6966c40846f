//! Old data that an operator brings in: again and again, as after a line was mended.

use scrip_core::{
    campaign::{CampaignStage, Terms, Validity},
    command::{ImportCampaign, ImportCoupon, KnownBy, OldStatus, imported_campaign},
    id::CampaignId,
    name::OrderId,
    time::Timestamp,
};

use super::{HOUR, Workload};
use crate::{
    ask::{Ask, Wish},
    model::{Model, window},
};

/// Campaigns of old data; more lines than that name one that is there.
const CAMPAIGNS: usize = 6;
/// Keys that an account's lines have.
const KEYS: usize = 8;

#[derive(Default)]
pub struct OldData {
    /// Campaigns that somebody wanted to bring in.
    pub imported: Vec<CampaignId>,
    /// When its first line was sent: what is alike has been claimed a whole number of half days before.
    begun: Option<Timestamp>,
}

impl Workload {
    pub(super) fn import(&mut self, model: &Model, now: Timestamp) -> Ask {
        if self.old.imported.is_empty() || self.chance.one_in(12) {
            return self.import_campaign(now);
        }
        let begun = *self.old.begun.get_or_insert(now);
        let (campaign, known) = if self.chance.percent(70) {
            let campaign = self.old.imported[self.chance.below(self.old.imported.len())];
            (campaign, model.campaigns.get(&campaign))
        } else {
            let (campaign, known) = self.campaign(model);
            (campaign, Some(known))
        };
        let claimed_at = if self.chance.one_in(25) {
            Timestamp::from_micros(now.micros() + self.chance.between(1, 60) * 24 * HOUR)
        } else {
            Timestamp::from_micros(begun.micros() - self.chance.between(1, 8) * 12 * HOUR)
        };
        let status = match self.chance.below(20) {
            0..11 => OldStatus::Valid,
            11 => OldStatus::Pending,
            12..15 => OldStatus::Used { order: self.old_order() },
            15..18 => OldStatus::Expired,
            _ => OldStatus::Reclaimed,
        };
        let known_by = if self.chance.percent(50) {
            KnownBy::key(&format!("line {}", self.chance.below(KEYS)))
        } else {
            KnownBy::Nth(u32::try_from(self.chance.between(1, 3)).expect("small"))
        };
        let given = known.map(|known| window(&known.now.terms, claimed_at));
        let (starts_at, expires_at) = match self.chance.below(8) {
            0 => given.unzip(),
            1 => (None, given.map(|given| self.later(given.1))),
            2 => (given.map(|given| self.later(given.0)), None),
            _ => (None, None),
        };
        let as_is = self.chance.percent(if starts_at.is_some() || expires_at.is_some() { 70 } else { 10 });
        let account = self.account();
        let line = ImportCoupon { account, campaign, status, known_by, claimed_at, starts_at, expires_at, as_is };
        Ask::new(Wish::Command(Box::new(line.into())), None)
    }

    fn later(&mut self, at: Timestamp) -> Timestamp {
        Timestamp::from_micros(at.micros() + self.chance.between(-2, 6) * 12 * HOUR)
    }

    fn old_order(&mut self) -> Option<OrderId> {
        self.chance
            .percent(50)
            .then(|| OrderId::new(&format!("before-{}", self.chance.below(9))).expect("a valid name"))
    }

    /// As it is in the other system, be it over; some with other terms under a key that was taken.
    fn import_campaign(&mut self, now: Timestamp) -> Ask {
        let campaign = imported_campaign(&format!("old {}", self.chance.below(CAMPAIGNS)));
        let stage = match self.chance.below(10) {
            0..2 => CampaignStage::Draft,
            2..7 => CampaignStage::Published,
            7 => CampaignStage::Paused,
            _ => CampaignStage::Ended,
        };
        let mut terms: Terms = self.terms(now);
        if self.chance.one_in(4) {
            let ago = |days: i64| Timestamp::from_micros(now.micros() - days * 24 * HOUR);
            terms.validity = Validity::Fixed { starts_at: ago(9), expires_at: ago(1) };
        }
        if !self.old.imported.contains(&campaign) {
            self.old.imported.push(campaign);
        }
        Ask::new(Wish::Command(Box::new(ImportCampaign { campaign, terms, stage }.into())), None)
    }
}
