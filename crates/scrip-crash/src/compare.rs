//! Whether what was answered is in a store.

use std::collections::BTreeMap;

use scrip_core::{
    id::{CampaignId, CouponId},
    name::{AccountId, OrderId, RefundName},
    order::{Order, OrderStage, TransactionState},
};
use scrip_store::{Store, StoreError};

use crate::{
    answered::{Fact, Known},
    documents::Documents,
    invariants,
};

/// A store as the harnesses judge it: replayed, decoded, summed up.
///
/// Shape: what is wrong, in words; empty when all is well.
/// Errors: the store can't be read.
pub fn judge<'f>(store: &dyn Store, facts: impl Iterator<Item = &'f Fact>) -> Result<Vec<String>, StoreError> {
    let report = scrip_engine::verify::verify(store)?;
    let mut wrong = [report.problems, report.sums].concat();
    let documents = Documents::read(store)?;
    wrong.extend(facts.filter_map(|fact| lost(&documents, fact)));
    wrong.extend(invariants::broken(&documents));
    Ok(wrong)
}

/// What of the fact isn't so.
pub fn lost(documents: &Documents, fact: &Fact) -> Option<String> {
    match fact {
        Fact::Coupon { account, coupon } => {
            let id: CouponId = coupon.parse().ok()?;
            let held = documents.coupons.get(account).is_some_and(|all| all.iter().any(|coupon| coupon.id == id));
            (!held).then(|| format!("the coupon {coupon} of {account} was answered and is gone"))
        }
        Fact::Order { account, order, known } => match order_of(documents, account, order) {
            None => Some(format!("the order {account}/{order} was answered and is gone")),
            Some(found) if holds(found, known) => None,
            Some(found) => Some(format!("the order {account}/{order} was answered {known:?} and is {:?}", found.stage)),
        },
        Fact::Refund { account, order, refund, amount } => {
            let name = RefundName::new(refund).ok()?;
            let made = order_of(documents, account, order).and_then(|order| order.refund(&name));
            match made {
                Some(made) if made.amount.minor() == *amount => None,
                Some(made) => Some(format!(
                    "the refund {account}/{order}/{refund} was answered {amount} and is {}",
                    made.amount.minor()
                )),
                None => Some(format!("the refund {account}/{order}/{refund} was answered and is gone")),
            }
        }
        Fact::Campaign { campaign, revision } => {
            let id: CampaignId = campaign.parse().ok()?;
            let known = documents.campaigns.get(&id).is_some_and(|found| found.revision >= *revision);
            (!known).then(|| format!("revision {revision} of {campaign} was answered and is gone"))
        }
    }
}

fn order_of<'d>(documents: &'d Documents, account: &str, order: &str) -> Option<&'d Order> {
    documents.orders.get(&(AccountId::new(account).ok()?, OrderId::new(order).ok()?))
}

/// A client that was cut off may have come further than it was told.
fn holds(order: &Order, known: &Known) -> bool {
    match known {
        Known::Placed => true,
        Known::Cancelled => order.stage == OrderStage::Cancelled,
        Known::Paid => order.stage == OrderStage::Paid,
        Known::Ended(sellers) => sellers.iter().all(|seller| {
            let mut own = order.transactions.iter().filter(|transaction| transaction.seller.as_str() == seller);
            own.all(|transaction| transaction.state != TransactionState::Open)
        }),
    }
}

/// Accounts that have more coupons than they asked for: something was done twice.
pub fn doubled(documents: &Documents, coupons_max: &BTreeMap<String, u32>) -> Vec<String> {
    let held = documents.coupons.iter().filter(|(_, held)| !held.is_empty());
    held.filter_map(|(account, held)| {
        let (max, held) = (coupons_max.get(account).copied().unwrap_or_default(), held.len());
        (held > usize::try_from(max).unwrap_or(usize::MAX))
            .then(|| format!("{account} asked for {max} coupons and has {held}"))
    })
    .collect()
}
