//! The sums of the report on distribution: what each channel and source brought of a campaign.
//!
//! A coupon counts as claimed from its claim on, unless it is voided. It comes onto an unpaid order by being held, and off it by being
//! released or voided, each time by an event of its own; a payment finds on the order what still counts, at a discount that nothing
//! changes after it, and a refund says itself what it reverses of which campaign.

use std::collections::BTreeMap;

use scrip_core::{
    campaign::Channel,
    event::{Event, Recorded},
    id::{CampaignId, CouponId},
    money::Amount,
    name::{AccountId, OrderId, SourceName},
    order::{Order, OrderCoupon, OrderCouponState},
    state::{Key, State},
};
use scrip_store::{
    Snapshot, StoreError,
    people::DistributionRow,
    sums::{DISTRIBUTION, Sum, SumTable},
};

use super::sums::Sums;
use crate::load::wallet_keys;

/// Of the rules below.
const REVISION: u32 = 1;

/// Keeps the table `distribution`.
pub(crate) struct Distribution;

impl Sums for Distribution {
    fn table(&self) -> &'static SumTable {
        &DISTRIBUTION
    }

    fn revision(&self) -> u32 {
        REVISION
    }

    fn needs(&self, window: &[&Recorded], state: &State) -> Vec<Key> {
        Seen::of(window).needs(state)
    }

    fn added(&self, window: &[&Recorded], state: &State) -> Result<Vec<Sum>, StoreError> {
        Seen::of(window).sums(state)
    }

    fn added_up(&self, snapshot: &mut dyn Snapshot) -> Result<Vec<Sum>, StoreError> {
        let sum = |row: &DistributionRow| {
            let group = (row.campaign, row.channel.as_str(), row.source.as_ref());
            let figures = [row.claimed, row.redeemed, row.on_unpaid].map(u64::cast_signed);
            let [claimed, redeemed, on_unpaid] = figures;
            sum_of(group, Figures { claimed, redeemed, on_unpaid, cost: row.cost.minor() })
        };
        Ok(snapshot.distribution(None)?.iter().map(sum).collect())
    }
}

/// A row of the report.
///
/// Errors: [`StoreError::Damaged`] if it isn't one of [`Distribution`]'s.
pub(crate) fn row(sum: &Sum) -> Result<DistributionRow, StoreError> {
    let read = || {
        let ([campaign, channel, source], [claimed, redeemed, on_unpaid, cost]) = (&sum.key[..], &sum.figures[..])
        else {
            return None;
        };
        Some(DistributionRow {
            campaign: campaign.parse().ok()?,
            channel: channel.clone(),
            source: (!source.is_empty()).then(|| SourceName::stored(source)),
            claimed: u64::try_from(*claimed).ok()?,
            redeemed: u64::try_from(*redeemed).ok()?,
            on_unpaid: u64::try_from(*on_unpaid).ok()?,
            // As much as there may be: the sum of many amounts, each of which is bounded.
            cost: (*cost >= 0).then(|| Amount::of(*cost))?,
        })
    };
    read().ok_or_else(|| StoreError::Damaged { what: format!("table distribution: {sum:?} can't be read") })
}

/// Campaign, channel and source.
type Group<'w> = (CampaignId, &'w str, Option<&'w SourceName>);

#[derive(Clone, Copy, PartialEq, Default)]
struct Figures {
    claimed: i64,
    redeemed: i64,
    on_unpaid: i64,
    cost: i64,
}

fn sum_of((campaign, channel, source): Group<'_>, figures: Figures) -> Sum {
    let Figures { claimed, redeemed, on_unpaid, cost } = figures;
    let source = source.map_or("", SourceName::as_str);
    Sum {
        key: vec![campaign.to_string(), channel.to_owned(), source.to_owned()],
        figures: vec![claimed, redeemed, on_unpaid, cost],
    }
}

/// How a coupon came to its holder. Never changes.
type Origin<'w> = (&'w str, Option<&'w SourceName>);

fn origin(coupon: &OrderCoupon) -> (CouponId, Origin<'_>) {
    (coupon.id(), (coupon.channel.as_str(), coupon.source.as_ref()))
}

/// What a window of events says.
#[derive(Default)]
struct Seen<'w> {
    /// From events alone.
    sums: BTreeMap<Group<'w>, Figures>,
    /// What came onto orders: held by the same command.
    told: BTreeMap<CouponId, Origin<'w>>,
    /// For which documents are looked at.
    of_orders: Vec<OfOrder<'w>>,
}

struct OfOrder<'w> {
    account: &'w AccountId,
    order: &'w OrderId,
    what: What,
}

enum What {
    /// So many more times on an unpaid order.
    OnUnpaid {
        campaign: CampaignId,
        coupon: CouponId,
        more: i64,
    },
    Paid,
    Reversed {
        campaign: CampaignId,
        amount: Amount,
    },
}

impl<'w> Seen<'w> {
    fn of(window: &[&'w Recorded]) -> Self {
        let mut seen = Self::default();
        window.iter().for_each(|recorded| seen.see(&recorded.event));
        seen
    }

    fn group(&mut self, campaign: CampaignId, (channel, source): Origin<'w>) -> &mut Figures {
        self.sums.entry((campaign, channel, source)).or_default()
    }

    fn of_order(&mut self, account: &'w AccountId, order: &'w OrderId, what: What) {
        self.of_orders.push(OfOrder { account, order, what });
    }

    fn see(&mut self, event: &'w Event) {
        match event {
            Event::CouponClaimed { coupon, .. } | Event::CouponImported { coupon, .. } => {
                self.group(coupon.campaign, (coupon.channel.as_str(), coupon.source.as_ref())).claimed += 1;
            }
            Event::OrderPlaced { order } => self.told.extend(order.coupons.iter().map(origin)),
            Event::OrderRevised { coupons, .. } | Event::OrderRetaken { coupons, .. } => {
                self.told.extend(coupons.iter().map(origin));
            }
            Event::CouponHeld { account, coupon, order, campaign, .. } => {
                self.of_order(account, order, What::OnUnpaid { campaign: *campaign, coupon: *coupon, more: 1 });
            }
            Event::CouponReleased { account, coupon, order, campaign, .. } => {
                self.of_order(account, order, What::OnUnpaid { campaign: *campaign, coupon: *coupon, more: -1 });
            }
            // What is voided was claimed by using its code on the order.
            Event::CouponVoided { campaign, source, .. } => {
                let figures = self.group(*campaign, (Channel::Code.as_str(), source.as_ref()));
                figures.claimed -= 1;
                figures.on_unpaid -= 1;
            }
            Event::OrderPaid { account, order, .. } => self.of_order(account, order, What::Paid),
            Event::OrderRefunded { account, order, refund } => {
                for (campaign, amount) in &refund.campaigns {
                    self.of_order(account, order, What::Reversed { campaign: *campaign, amount: *amount });
                }
            }
            // Of a paid order: it stays redeemed; what that cost, refunds say.
            Event::CouponUsed { .. } | Event::CouponReturned { .. } => {}
            // What comes off by it, and what it holds anew, has events of its own.
            Event::OrderCancelled { .. } | Event::SellerCancelled { .. } => {}
            Event::CampaignCreated { .. }
            | Event::CampaignChanged { .. }
            | Event::CampaignPublished { .. }
            | Event::CampaignPaused { .. }
            | Event::CampaignResumed { .. }
            | Event::CampaignEnded { .. }
            | Event::CampaignDeleted { .. }
            | Event::CampaignLearned { .. }
            | Event::CampaignCoded { .. }
            | Event::SharedCodeAdded { .. }
            | Event::SharedCodeNoted { .. }
            | Event::SharedCodeCounted { .. }
            | Event::CodesRequested { .. }
            | Event::UniqueCodesAdded { .. }
            | Event::JobCancelled { .. }
            | Event::CodeRevoked { .. }
            | Event::CodeRevokedHere { .. }
            | Event::GrantsRequested { .. }
            | Event::CouponsArchived { .. }
            | Event::HoldExtended { .. }
            | Event::DiscountFunded { .. }
            | Event::DiscountReversed { .. }
            | Event::SurplusBooked { .. }
            | Event::TransactionsClosed { .. }
            | Event::OrderMetadataChanged { .. }
            | Event::RefundMetadataChanged { .. }
            | Event::AccountLinked { .. }
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
            | Event::DueSwept { .. }
            | Event::KeysForgotten { .. }
            | Event::KeyUsed { .. }
            | Event::ApiKeyCreated { .. }
            | Event::ApiKeyRevoked { .. }
            | Event::ApiKeyMetadataChanged { .. }
            | Event::ApiKeySeen { .. } => {}
        }
    }

    /// Orders; and the wallet of whoever has a coupon that came off an order by a revision: it stands there no more.
    fn needs(&self, state: &State) -> Vec<Key> {
        let mut keys = Vec::new();
        for OfOrder { account, order, what } in &self.of_orders {
            let of_order = Key::Order((*account).clone(), (*order).clone());
            let (is_loaded, coupon) = (state.has(&of_order), what.coupon());
            if coupon.is_some_and(|coupon| self.told.contains_key(&coupon)) {
                continue;
            }
            keys.push(of_order);
            if is_loaded && coupon.is_some_and(|coupon| self.origin_of(state, account, order, coupon).is_none()) {
                let live = wallet_keys(state, account, false);
                // Nearly always it is live.
                let is_past = live.iter().all(|key| state.has(key));
                keys.extend(if is_past { wallet_keys(state, account, true) } else { live });
            }
        }
        keys
    }

    /// What came with the window, else what the order still has, else the account's.
    fn origin_of<'s>(
        &'s self,
        state: &'s State,
        account: &AccountId,
        order: &OrderId,
        id: CouponId,
    ) -> Option<Origin<'s>> {
        if let Some(told) = self.told.get(&id) {
            return Some(*told);
        }
        let on_it = state.order(account, order).into_iter().flat_map(|order| &order.coupons);
        let on_it = on_it.map(origin).find(|(found, _)| *found == id).map(|(_, origin)| origin);
        on_it.or_else(|| {
            let coupon = state.coupon(account, id)?;
            Some((coupon.channel.as_str(), coupon.source.as_ref()))
        })
    }

    fn sums(&self, state: &State) -> Result<Vec<Sum>, StoreError> {
        let mut sums = self.sums.clone();
        for OfOrder { account, order: id, what } in &self.of_orders {
            let lost = |what: String| StoreError::Damaged { what: format!("order {id} of {account}: {what}") };
            let order = || state.order(account, id).ok_or_else(|| lost("it isn't there".to_owned()));
            match what {
                What::OnUnpaid { campaign, coupon, more } => {
                    let origin = self.origin_of(state, account, id, *coupon);
                    let (channel, source) = origin.ok_or_else(|| lost(format!("nobody has its coupon {coupon}")))?;
                    sums.entry((*campaign, channel, source)).or_default().on_unpaid += more;
                }
                What::Paid => {
                    for coupon in paid(order()?) {
                        let figures = sums.entry(group_of(coupon)).or_default();
                        figures.on_unpaid -= 1;
                        figures.redeemed += 1;
                        figures.cost += coupon.applied.discount.minor();
                    }
                }
                What::Reversed { campaign, amount } => {
                    let of_it = paid(order()?).find(|coupon| coupon.applied.campaign == *campaign);
                    let coupon = of_it.ok_or_else(|| lost(format!("no coupon of {campaign} is on it")))?;
                    sums.entry(group_of(coupon)).or_default().cost -= amount.minor();
                }
            }
        }
        sums.retain(|_, figures| *figures != Figures::default());
        Ok(sums.into_iter().map(|(group, figures)| sum_of(group, figures)).collect())
    }
}

impl What {
    /// Whose origin has to be known.
    const fn coupon(&self) -> Option<CouponId> {
        match self {
            Self::OnUnpaid { coupon, .. } => Some(*coupon),
            Self::Paid | Self::Reversed { .. } => None,
        }
    }
}

fn group_of(coupon: &OrderCoupon) -> Group<'_> {
    (coupon.applied.campaign, coupon.channel.as_str(), coupon.source.as_ref())
}

/// What was on the order when it was paid: nothing comes onto it after that or off it, and discounts stay.
fn paid(order: &Order) -> impl Iterator<Item = &OrderCoupon> {
    order.coupons.iter().filter(|coupon| match coupon.state {
        OrderCouponState::Held | OrderCouponState::Used | OrderCouponState::Returned => true,
        OrderCouponState::Released | OrderCouponState::Lapsed => false,
    })
}
