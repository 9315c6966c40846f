//! What refunds give back to funders, seller by seller.

use std::collections::BTreeMap;

use scrip_core::{discount::Funder, money::Amount, order::Order};

/// What a refund gave back of each seller's part is, over all sellers, what it says that it gave back.
pub fn check(order: &Order) {
    let mut over_sellers: Vec<BTreeMap<Funder, Amount>> = vec![BTreeMap::new(); order.refunds.len()];
    for transaction in &order.transactions {
        let back = order.reversed_of(&transaction.seller);
        assert_eq!(back.len(), order.refunds.len());
        for (sums, parts) in over_sellers.iter_mut().zip(back) {
            for (funder, amount) in parts {
                assert!(!amount.is_zero(), "above 0 only");
                assert!(!matches!(&funder, Funder::Seller(seller) if *seller != transaction.seller));
                *sums.entry(funder).or_default() += amount;
            }
        }
    }
    for (sums, refund) in over_sellers.into_iter().zip(&order.refunds) {
        assert_eq!(sums, refund.funding.iter().cloned().collect(), "refund {} of {}", refund.id, order.id);
    }
}
