//! What refunds give back to who funded a discount, seller by seller.

use super::{GivenBack, Order};
use crate::{
    discount::{Funder, ShippingShare},
    money::Amount,
    name::SellerId,
};

impl Order {
    /// What each of `refunds` gave back to the funders of one seller's lines and shipping: never more than the refund's
    /// `funding`, and over all sellers just that.
    ///
    /// Shape: like `refunds`; each as of [`Order::reversed_by`].
    pub fn reversed_of(&self, seller: &SellerId) -> Vec<Vec<(Funder, Amount)>> {
        let mut before = GivenBack::nothing(self);
        self.refunds
            .iter()
            .map(|refund| {
                let back = self.reversed_by(refund, &before, seller);
                before.add(self, refund);
                back
            })
            .collect()
    }

    /// What goes back of the discounts of a seller's shipping when, `before` being given back already, `amount` is: by the
    /// part refunded, half up, the rest with the last part.
    ///
    /// Shape: funder, campaign, amount, for every share and funder of it; zeroes too.
    pub(crate) fn shipping_reversed(
        &self,
        seller: &SellerId,
        before: Amount,
        amount: Amount,
    ) -> Vec<(&Funder, crate::id::CampaignId, Amount)> {
        let paid = self.paid_for_shipping(seller);
        let mut back = Vec::new();
        for applied in self.applied() {
            for share in applied.shipping_shares.iter().filter(|share| share.seller == *seller) {
                let earlier = reversed_shipping(share, before, paid, false);
                let now = reversed_shipping(share, before + amount, paid, true);
                for (nth, (funder, _)) in share.funding.iter().enumerate() {
                    let part = funder_part(share, now, nth) - funder_part(share, earlier, nth);
                    back.push((funder, applied.campaign, part));
                }
            }
        }
        back
    }
}

/// How much of a share is reversed once `cash` of the `paid` shipping has come back. Of shipping paid to zero nothing is,
/// until it is refunded by amount 0.
fn reversed_shipping(share: &ShippingShare, cash: Amount, paid: Amount, refunding: bool) -> Amount {
    if paid.is_zero() {
        return if refunding { share.amount } else { Amount::ZERO };
    }
    share.amount.scaled_half_up(cash.minor(), paid.minor())
}

/// One funder's part of what is reversed of a share. Funder by funder, each its proportion of what the earlier left, so
/// that parts only grow and end at what each paid.
fn funder_part(share: &ShippingShare, reversed: Amount, nth: usize) -> Amount {
    let mut left = reversed;
    let mut whole = share.amount;
    for (index, (_, amount)) in share.funding.iter().enumerate() {
        let part = if whole.is_zero() { Amount::ZERO } else { left.scaled_half_up(amount.minor(), whole.minor()) };
        if index == nth {
            return part;
        }
        left -= part;
        whole -= *amount;
    }
    Amount::ZERO
}
