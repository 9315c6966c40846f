//! What becomes of a campaign, and of what a bucket has given out of it.

use super::{Allowance, Campaign, CampaignStage, Terms};
use crate::{id::CampaignId, metadata::Metadata, money::Amount, status::PausedBy, time::Timestamp};

impl Campaign {
    /// A draft.
    pub(crate) fn created(
        id: CampaignId,
        terms: &Terms,
        at: Timestamp,
        metadata: Option<&Metadata>,
        position: u64,
    ) -> Self {
        Self {
            id,
            terms: terms.clone(),
            terms_version: 1,
            stage: CampaignStage::Draft,
            revision: 1,
            created_at: at,
            events: vec![position],
            shared_codes: 0,
            coded: false,
            paused_by: None,
            metadata: metadata.cloned().unwrap_or_default(),
        }
    }

    /// Takes over other terms; `same_lists` are those of the scope that stay.
    pub(crate) fn change_terms(&mut self, terms: &Terms, same_lists: Option<u8>, position: u64) {
        let before = std::mem::take(&mut self.terms.scope);
        self.terms = terms.clone();
        self.terms.scope.keep_same(before, same_lists.unwrap_or(0));
        self.revised(position);
    }

    pub(crate) fn move_to(&mut self, stage: CampaignStage, paused_by: Option<PausedBy>, position: u64) {
        (self.stage, self.paused_by) = (stage, paused_by);
        self.revised(position);
    }

    /// Its first codes were asked for. That is no step of its life: the ETag stays.
    pub(crate) fn first_coded(&mut self, position: u64) {
        self.coded = true;
        self.events.push(position);
    }

    fn revised(&mut self, position: u64) {
        self.revision += 1;
        self.events.push(position);
    }
}

impl Allowance {
    pub(crate) fn coupon_held(&mut self, discount: Amount) {
        self.counters.on_orders += 1;
        self.counters.budget_held += discount;
    }

    /// Before payment, be it released or voided.
    pub(crate) fn coupon_came_off(&mut self, discount: Amount) {
        self.counters.on_orders -= 1;
        self.counters.budget_held -= discount;
    }

    pub(crate) const fn coupon_used(&mut self) {
        self.counters.on_orders -= 1;
        self.counters.used += 1;
    }

    pub(crate) const fn coupon_returned(&mut self, was_used: bool) {
        self.counters.returned = self.counters.returned.saturating_add(1);
        if was_used {
            self.counters.used -= 1;
        } else {
            self.counters.on_orders -= 1;
        }
    }

    /// What the budget held is spent with the payment.
    pub(crate) fn discount_spent(&mut self, discount: Amount) {
        self.counters.budget_held -= discount;
        self.counters.budget_spent += discount;
    }

    /// A coupon that stays on an unpaid order comes to another discount.
    pub(crate) fn discount_changed(&mut self, before: Amount, now: Amount) {
        self.counters.budget_held -= before;
        self.counters.budget_held += now;
    }

    pub(crate) fn discount_reversed(&mut self, amount: Amount) {
        self.counters.budget_spent -= amount;
    }
}
