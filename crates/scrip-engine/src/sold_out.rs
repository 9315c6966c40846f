//! Campaigns of which nothing is left in any bucket, known without asking again: with many buckets without looking at the others,
//! with one without waiting for its turn.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, PoisonError, RwLock},
};

use scrip_core::{
    campaign::{Campaign, Channel},
    command::{Claim, ClaimBy, ClaimOf, Command},
    event::{Event, Recorded},
    exchange::Pool,
    id::CampaignId,
    reason::Reason,
    slot::Bucket,
    state::UsageElsewhere,
    status::CampaignStatus,
    time::Timestamp,
};
use scrip_faults::Fault;

use crate::{
    feed::Follower,
    receipt::{EngineError, Receipt},
};

/// How long it is believed, in microseconds. What comes back on this node ends it at once; what comes back on another one is
/// seen after this.
const BELIEVED_MICROS: i64 = 1_000_000;

/// What was seen elsewhere when a claim was refused as sold out. A campaign's *epoch* counts what may have given it stock
/// since: a sight of an earlier epoch is worth nothing.
#[derive(Default)]
pub(crate) struct SoldOut(RwLock<Known>);

#[derive(Default)]
struct Known {
    epochs: HashMap<CampaignId, u64>,
    seen: HashMap<(CampaignId, Bucket), Sight>,
    /// With one bucket: campaigns of which a claim was refused as sold out in the present epoch.
    gone: HashSet<CampaignId>,
}

struct Sight {
    epoch: u64,
    at: Timestamp,
    usage: UsageElsewhere,
}

impl SoldOut {
    /// The epoch to note before looking at other buckets.
    pub fn epoch(&self, command: &Command) -> u64 {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        claimed(command).and_then(|campaign| known.epochs.get(&campaign).copied()).unwrap_or(0)
    }

    /// The usage elsewhere than in `bucket` if the claim's campaign is known to be sold out.
    pub fn sight(&self, command: &Command, bucket: Bucket, now: Timestamp) -> Option<UsageElsewhere> {
        let campaign = claimed(command)?;
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let sight = known.seen.get(&(campaign, bucket))?;
        let is_of_now = known.epochs.get(&campaign).copied().unwrap_or(0) == sight.epoch
            && (0..BELIEVED_MICROS).contains(&(now.micros() - sight.at.micros()));
        is_of_now.then(|| sight.usage.clone())
    }

    /// Notes a refusal as sold out, with what was seen in `epoch`.
    pub fn note(
        &self,
        command: &Command,
        bucket: Bucket,
        (epoch, usage): (u64, Option<&UsageElsewhere>),
        result: &Result<Receipt, EngineError>,
        now: Timestamp,
    ) {
        let (Some(campaign), Some(usage)) = (claimed(command), usage) else { return };
        if !matches!(result, Err(EngineError::Refused(refusal)) if *refusal.first() == Reason::SoldOut) {
            return;
        }
        // Only the stock: how many coupons somebody has is another question.
        let stock = |pool: &Pool| matches!(pool, Pool::Stock(_) | Pool::SourceStock(..));
        let used = usage.used.iter().filter(|(pool, _)| stock(pool)).map(|(pool, used)| (pool.clone(), *used));
        let usage = UsageElsewhere { used: used.collect(), ..UsageElsewhere::default() };
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        known.seen.insert((campaign, bucket), Sight { epoch, at: now, usage });
    }

    /// With one bucket: whether a claim would be refused as sold out, without its turn. Only where that is all that can be said:
    /// the campaign gives out coupons where they are asked for, sets nothing aside and has no codes, so that nothing of it comes
    /// back with an order whose hold has run out.
    pub fn refuses(
        &self,
        command: &Command,
        campaign: impl FnOnce(CampaignId) -> Option<Arc<Campaign>>,
        now: Timestamp,
    ) -> bool {
        let Command::Claim(Claim { of: ClaimOf::Campaign { campaign: id, channel, by, .. }, .. }) = command else {
            return false;
        };
        if !matches!(by, ClaimBy::Shop | ClaimBy::Shopper)
            || !self.0.read().unwrap_or_else(PoisonError::into_inner).gone.contains(id)
        {
            return false;
        }
        let is_plain = |campaign: &Campaign| {
            campaign.terms.claims.sources.is_empty()
                && !campaign.coded
                && campaign.shared_codes == 0
                && !campaign.terms.named_channels().is_some_and(|channels| channels.contains(&Channel::Code))
                && campaign.status(now) == CampaignStatus::Live
                && campaign.offers(*channel)
        };
        campaign(*id).is_some_and(|campaign| is_plain(&campaign))
    }

    /// Notes that a claim, handed over in this epoch, was refused as sold out by the one bucket that there is.
    pub fn note_gone(&self, campaign: CampaignId, epoch: u64) {
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if known.epochs.get(&campaign).copied().unwrap_or(0) == epoch {
            known.gone.insert(campaign);
        }
    }

    /// Ends the campaign's epoch: something may have come back.
    fn end_epoch(&self, campaign: CampaignId) {
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        *known.epochs.entry(campaign).or_default() += 1;
        known.seen.retain(|(of, _), _| *of != campaign);
        known.gone.remove(&campaign);
    }
}

impl Follower for SoldOut {
    fn apply(&self, _bucket: Bucket, recorded: &Recorded) {
        if scrip_faults::is(Fault::SoldOutForEver) {
            return;
        }
        match &recorded.event {
            // From the first code on something of the campaign may come back with an order: it is judged in turn again.
            Event::CouponVoided { campaign, .. }
            | Event::CampaignChanged { campaign, .. }
            | Event::CodesRequested { campaign, .. } => self.end_epoch(*campaign),
            Event::CampaignLearned { campaign } => self.end_epoch(campaign.id),
            Event::CampaignCreated { .. }
            | Event::CampaignPublished { .. }
            | Event::CampaignPaused { .. }
            | Event::CampaignResumed { .. }
            | Event::CampaignEnded { .. }
            | Event::SharedCodeAdded { .. }
            | Event::UniqueCodesAdded { .. }
            | Event::CouponClaimed { .. }
            | Event::CouponImported { .. }
            | Event::CouponsArchived { .. }
            | Event::OrderPlaced { .. }
            | Event::CouponHeld { .. }
            | Event::HoldExtended { .. }
            | Event::OrderPaid { .. }
            | Event::DiscountFunded { .. }
            | Event::TransactionsClosed { .. }
            | Event::OrderCancelled { .. }
            | Event::SellerCancelled { .. }
            | Event::OrderRefunded { .. }
            | Event::DiscountReversed { .. }
            | Event::CouponUsed { .. }
            | Event::CouponReturned { .. }
            | Event::CouponReleased { .. }
            | Event::DueSwept { .. }
            | Event::KeyUsed { .. }
            | Event::ApiKeyCreated { .. }
            | Event::ApiKeyRevoked { .. }
            | Event::SurplusBooked { .. }
            | Event::OrderRevised { .. }
            | Event::OrderRetaken { .. }
            | Event::QuotaGranted { .. }
            | Event::QuotaReceived { .. }
            | Event::QuotaReturned { .. }
            | Event::QuotaTakenBack { .. }
            | Event::CodeLeased { .. }
            | Event::CodeLearned { .. }
            | Event::LeaseClosed { .. }
            | Event::LeaseReleased { .. }
            | Event::LeaseConfirmed { .. }
            | Event::LeaseForgotten { .. }
            | Event::SharedCodeNoted { .. }
            | Event::AccountLinked { .. }
            | Event::CampaignCoded { .. }
            | Event::CampaignDeleted { .. }
            | Event::JobCancelled { .. }
            | Event::SharedCodeCounted { .. }
            | Event::CodeRevoked { .. }
            | Event::GrantsRequested { .. }
            | Event::CodeRevokedHere { .. }
            | Event::KeysForgotten { .. }
            | Event::OrderMetadataChanged { .. }
            | Event::RefundMetadataChanged { .. }
            | Event::ApiKeyMetadataChanged { .. }
            | Event::ApiKeySeen { .. } => {}
        }
    }
}

pub(crate) fn claimed(command: &Command) -> Option<CampaignId> {
    let Command::Claim(Claim { of: ClaimOf::Campaign { campaign, .. }, .. }) = command else { return None };
    Some(*campaign)
}
