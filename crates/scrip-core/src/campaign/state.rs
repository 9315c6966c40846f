use minicbor::{Decode, Encode};

use super::{Budget, Channel, Terms};
use crate::{
    id::CampaignId,
    metadata::Metadata,
    name::SellerId,
    reason::{Reason, Refusal, RefusalError},
    status::{CampaignStatus, PausedBy},
    time::Timestamp,
};

/// What may become of a campaign in all before its seller changes nothing more: changes, pauses, resumptions. It keeps the place of
/// each in the journal.
pub const CAMPAIGN_CHANGES_MAX: usize = 1_000;
/// Room beyond for a seller's pauses, each of which may be taken back.
pub const CAMPAIGN_PAUSES_MORE: usize = 100;

/// A promotion programme: its terms and where it is in its life.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(map)]
pub struct Campaign {
    #[n(0)]
    pub id: CampaignId,
    #[n(1)]
    pub terms: Terms,
    #[n(2)]
    pub terms_version: u32,
    #[n(3)]
    pub stage: CampaignStage,
    /// Grows with every change of terms or stage, not with counters: the ETag.
    #[n(4)]
    pub revision: u64,
    #[n(5)]
    pub created_at: Timestamp,
    /// Where in the journal its events are, so that an old answer can be given again.
    #[n(6)]
    pub events: Vec<u64>,
    /// Whether codes were ever asked for: terms that name no channels then offer it to those who have one only (S1).
    #[cbor(n(70), skip_if = "crate::stored::is_false", default)]
    pub coded: bool,
    /// Who paused it, while it is paused. `None` besides: it was paused before that was written down.
    #[n(71)]
    pub paused_by: Option<PausedBy>,
    /// What integrators attached to it.
    #[cbor(n(80), skip_if = "Metadata::is_empty", default)]
    pub metadata: Metadata,
    /// Shared codes that were added since they are counted, in this bucket or another; only at home.
    #[cbor(n(100), skip_if = "crate::stored::is_none_yet", default)]
    pub shared_codes: u32,
}

/// What was last done with the campaign. What a reader sees besides depends on the clock: [`CampaignStatus`].
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(index_only)]
pub enum CampaignStage {
    #[n(0)]
    Draft,
    #[n(1)]
    Published,
    #[n(2)]
    Paused,
    #[n(3)]
    Ended,
    /// Was a draft and is gone; its document stays, so that its answers can be given again. Nothing finds it.
    #[n(4)]
    Deleted,
}

impl Campaign {
    /// Whether its seller may change it once more, besides ending it and taking a pause back. Operators always may.
    ///
    /// Errors: `limit_reached` after [`CAMPAIGN_CHANGES_MAX`] changes and `more`.
    pub fn may_change(&self, as_seller: Option<&SellerId>, more: usize) -> Result<(), Refusal> {
        let limit = CAMPAIGN_CHANGES_MAX + more;
        if as_seller.is_none() || self.events.len() < limit {
            return Ok(());
        }
        Err(Reason::LimitReached { limit: limit as u64, of: "changes" }.into())
    }

    pub fn status(&self, now: Timestamp) -> CampaignStatus {
        match self.stage {
            CampaignStage::Draft => CampaignStatus::Draft,
            CampaignStage::Paused => CampaignStatus::Paused,
            CampaignStage::Ended | CampaignStage::Deleted => CampaignStatus::Ended,
            CampaignStage::Published if self.terms.claims.starts_at.is_some_and(|starts_at| now < starts_at) => {
                CampaignStatus::Scheduled
            }
            CampaignStage::Published if self.closed_at(now).is_some() => CampaignStatus::Closed,
            CampaignStage::Published => CampaignStatus::Live,
        }
    }

    /// Since when nobody can claim any more by the clock alone: the end of the claim window or of a fixed validity,
    /// whichever came first.
    pub fn closed_at(&self, now: Timestamp) -> Option<Timestamp> {
        let ends = [self.terms.claims.ends_at, self.terms.validity.fixed_end()];
        ends.into_iter().flatten().min().filter(|end| now >= *end)
    }

    pub const fn is_published(&self) -> bool {
        !matches!(self.stage, CampaignStage::Draft | CampaignStage::Deleted)
    }

    /// Whether it is offered on a channel (S1).
    pub fn offers(&self, channel: Channel) -> bool {
        match self.terms.named_channels() {
            Some(named) => named.contains(&channel),
            None if self.coded => matches!(channel, Channel::Code | Channel::System),
            None => {
                channel != Channel::Code && (channel != Channel::SellerStore || self.terms.issuer.seller().is_some())
            }
        }
    }

    /// The channels in force.
    pub fn offered_on(&self) -> Vec<Channel> {
        match self.terms.named_channels() {
            Some(named) => named.to_vec(),
            None => Channel::ALL.into_iter().filter(|channel| self.offers(*channel)).collect(),
        }
    }

    /// Whether whoever knows this knows all that `other` says: news of it change nothing.
    pub const fn is_as_new_as(&self, other: &Self) -> bool {
        self.revision >= other.revision && (self.coded || !other.coded)
    }

    /// Who may resume it: whoever paused it, or somebody above.
    pub fn resumes(&self, by: PausedBy) -> bool {
        by >= self.paused_by.unwrap_or(PausedBy::Operator)
    }
}

/// Judges new terms for a campaign that has `old` ones.
///
/// Errors: on a published campaign `validity_is_fixed`, `terms_are_frozen`, `limit_may_only_grow`, each with the pointer
/// of what may not change.
pub fn changed_terms(campaign: &Campaign, new: Terms) -> Result<Terms, Refusal> {
    let new = new.checked()?;
    if new.currency != campaign.terms.currency {
        new.currency_in_use()?;
    }
    if !campaign.is_published() {
        return Ok(new);
    }
    let old = &campaign.terms;
    if campaign.stage == CampaignStage::Ended {
        // Its name is for people, and may be mended for ever.
        if new == (Terms { name: new.name.clone(), ..old.clone() }) {
            return Ok(new);
        }
        let reason = Reason::CampaignStateForbids { campaign_status: CampaignStatus::Ended, paused_by: None };
        return Err(reason.into());
    }
    let mut wrong: Vec<(&str, Reason)> = Vec::new();
    if new.validity != old.validity {
        wrong.push(("/validity", Reason::ValidityIsFixed));
    }
    for (pointer, same) in [
        ("/issuer", new.issuer == old.issuer),
        ("/currency", new.currency == old.currency),
        ("/benefit", new.benefit == old.benefit),
        ("/minimum_spend", new.minimum_spend == old.minimum_spend),
        ("/scope", new.scope == old.scope),
        ("/funding", new.funding == old.funding),
        ("/stacking", new.stacking == old.stacking),
        ("/refund_policy", new.refund_policy == old.refund_policy),
        ("/claims/sources", new.claims.sources == old.claims.sources),
    ] {
        if !same {
            wrong.push((pointer, Reason::TermsAreFrozen));
        }
    }
    let grows = |old: Option<u64>, new: Option<u64>| new.is_none_or(|new| old.is_some_and(|old| new >= old));
    let budget = |budget: Option<Budget>| budget.and_then(Budget::amount).map(|amount| amount.minor().unsigned_abs());
    if new.limits.budget.is_none() {
        wrong.push(("/limits/budget", Reason::BudgetRequired));
    }
    for (pointer, old, new) in [
        ("/limits/stock", old.limits.stock.map(u64::from), new.limits.stock.map(u64::from)),
        ("/limits/per_individual", old.limits.per_individual.map(u64::from), new.limits.per_individual.map(u64::from)),
        ("/limits/budget", budget(old.limits.budget), budget(new.limits.budget)),
    ] {
        if !grows(old, new) {
            wrong.push((pointer, Reason::LimitMayOnlyGrow));
        }
    }
    if wrong.is_empty() {
        return Ok(new);
    }
    let errors = wrong.into_iter().map(|(pointer, reason)| RefusalError { pointer: Some(pointer.to_owned()), reason });
    Err(errors.collect::<Vec<_>>().into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::Uid;

    #[test]
    fn a_seller_changes_a_campaign_a_thousand_times_and_an_operator_always() {
        let terms = serde_json::from_str(
            r#"{"name": "x", "issuer": {"type": "platform"}, "currency": "USD",
                "benefit": {"type": "amount_off", "amount": 1}, "validity": {"type": "after_claim", "days": 1}}"#,
        );
        let id = CampaignId::from_uid(Uid::from_bytes([1; 16]));
        let mut campaign = Campaign::created(id, &terms.expect("terms"), Timestamp::default(), None, 1);
        let seller = SellerId::new("luma").expect("a name");
        for (events, more, may) in [
            (1, 0, true),
            (999, 0, true),
            (1_000, 0, false),
            (1_000, 100, true),
            (1_099, 100, true),
            (1_100, 100, false),
        ] {
            campaign.events = vec![1; events];
            assert_eq!(campaign.may_change(Some(&seller), more).is_ok(), may, "{events} and {more}");
            assert!(campaign.may_change(None, more).is_ok());
        }
    }
}
