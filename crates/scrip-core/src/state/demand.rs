//! What events take out of pools, so that a bucket never gives out more than it was granted.

use std::collections::BTreeMap;

use super::State;
use crate::{code::CodeKind, event::Event, exchange::Pool, id::CampaignId, money::Amount, name::AccountId};

/// What a bucket lacks of a pool for a command that the rules allow.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Shortage {
    pub pool: Pool,
    /// How much of what it was granted has to be free, at least 1.
    pub needs: u64,
}

impl State {
    /// What the bucket lacks for these events, judged on the state before them. With one bucket nothing, ever.
    pub fn short_of(&self, events: &[Event]) -> Vec<Shortage> {
        if self.buckets().is_one() {
            return Vec::new();
        }
        let mut demand: BTreeMap<Pool, i64> = BTreeMap::new();
        for event in events {
            self.add_demand(event, &mut demand);
        }
        let lacks = |(pool, demand): (Pool, i64)| {
            self.limit(&pool)?;
            let wanted = u64::try_from(demand).ok()?;
            let free = self.quota(&pool).received.saturating_sub(self.given_out(&pool));
            (wanted > free).then_some(Shortage { pool, needs: wanted })
        };
        demand.into_iter().filter_map(lacks).collect()
    }

    fn add_demand(&self, event: &Event, demand: &mut BTreeMap<Pool, i64>) {
        let mut add = |pool: Pool, amount: i64| *demand.entry(pool).or_default() += amount;
        let budget = |campaign: CampaignId| Pool::Budget(campaign);
        let minor = |amount: &Amount| amount.minor();
        match event {
            Event::CouponClaimed { account, coupon, code, .. } => {
                add_individual(self, account, coupon.campaign, 1, &mut add);
                if let Some(campaign) = self.campaign(coupon.campaign) {
                    add(campaign.terms.pool_of_claim(coupon.campaign, coupon.source.as_ref()), 1);
                }
                if let Some(hash) = code
                    && matches!(self.code(*hash).map(|code| &code.kind), Some(CodeKind::Shared { .. }))
                {
                    add(Pool::CodeUses(*hash), 1);
                }
            }
            Event::CouponImported { account, coupon, counted: Some(true), .. } => {
                add_individual(self, account, coupon.campaign, 1, &mut add);
                add(Pool::Stock(coupon.campaign), 1);
            }
            Event::CouponVoided { account, campaign, discount, code, source, .. } => {
                add_individual(self, account, *campaign, -1, &mut add);
                if let Some(known) = self.campaign(*campaign) {
                    add(known.terms.pool_of_claim(*campaign, source.as_ref()), -1);
                }
                add(Pool::CodeUses(*code), -1);
                add(budget(*campaign), -minor(discount));
            }
            Event::CouponHeld { campaign, discount, .. } => add(budget(*campaign), minor(discount)),
            Event::CouponReleased { campaign, discount, .. } => add(budget(*campaign), -minor(discount)),
            // What the account has counts with the others' from here on.
            Event::AccountLinked { account, individual } => {
                let counts = self.wallet(account).map(|wallet| &wallet.counts[..]).unwrap_or_default();
                for (campaign, count) in counts {
                    add(Pool::Individual(individual.clone(), *campaign), i64::from(*count));
                }
            }
            // By an earlier build: it counts for nothing.
            Event::CouponImported { counted: Some(false) | None, .. } => {}
            // They take nothing out of a pool. Cancelling one seller and refunds take less of a budget than before.
            Event::CampaignCreated { .. }
            | Event::CampaignChanged { .. }
            | Event::CampaignPublished { .. }
            | Event::CampaignPaused { .. }
            | Event::CampaignResumed { .. }
            | Event::CampaignEnded { .. }
            | Event::SharedCodeAdded { .. }
            | Event::CodesRequested { .. }
            | Event::UniqueCodesAdded { .. }
            | Event::CouponsArchived { .. }
            | Event::OrderPlaced { .. }
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
            | Event::DueSwept { .. }
            | Event::KeyUsed { .. }
            | Event::ApiKeyCreated { .. }
            | Event::ApiKeyRevoked { .. }
            | Event::SurplusBooked { .. }
            | Event::OrderRevised { .. }
            | Event::OrderRetaken { .. }
            | Event::CampaignLearned { .. }
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

fn add_individual(
    state: &State,
    account: &AccountId,
    campaign: CampaignId,
    count: i64,
    add: &mut impl FnMut(Pool, i64),
) {
    if let Some(wallet) = state.wallet(account).filter(|wallet| wallet.linked) {
        add(Pool::Individual(wallet.individual.clone(), campaign), count);
    }
}
