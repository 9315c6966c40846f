//! Shipping coupons at risk: which of them the lanes before spoil, for certain or perhaps.

use super::{Search, choices::Choice, together::proportion};
use crate::coupon_set::CouponSet;

impl<const N: usize> Search<'_, N> {
    /// Whether the choice has shipping coupons that could be lost.
    pub(super) fn may_lose_shipping(&self, choice: &Choice<N>) -> bool {
        self.at_risk.iter().any(|&number| choice.shipping.has(self.later_coupons[number].member))
    }

    /// Takes out of the choice the shipping coupons that its platform coupons spoil whatever the sellers' options are.
    /// `false`: it asks for one of them.
    pub(super) fn drop_lost(&mut self, choice: &mut Choice<N>) -> bool {
        let mut left = choice.shipping;
        for &number in &self.at_risk {
            let later = &self.later_coupons[number];
            if left.has(later.member) && later.needed + self.least_taken(choice, number) > later.most {
                if choice.kept.contains(&number) {
                    return false;
                }
                left = left.without(later.member);
            }
        }
        if left != choice.shipping {
            let saved = self.shipping.best(&left).0;
            choice.lose(left, saved);
        }
        true
    }

    /// Which of a seller's shipping coupons each of its options spoils whatever else is chosen, and what that costs.
    pub(super) fn note_losses(&mut self, choice: &Choice<N>) {
        if self.at_risk.iter().all(|&number| self.usable[self.later_coupons[number].member].coupon.seller.is_none()) {
            return;
        }
        for option in self.sellers.iter_mut().flat_map(|seller| &mut seller.options) {
            option.lost = CouponSet::EMPTY;
        }
        for (seller, pick, member) in self.losses(choice) {
            let option = &mut self.sellers[seller].options[pick];
            option.lost = option.lost.with(member);
        }
        // With a platform coupon the loss isn't certain: what one seller's no longer takes off that may.
        let certain = !self.shipping.has_platform_coupons();
        for option in self.sellers.iter_mut().flat_map(|seller| &mut seller.options) {
            option.worth = option.saved;
            if certain && option.lost.count() > 0 {
                let rest = option.lost.members().fold(choice.shipping, CouponSet::without);
                option.worth -= choice.shipping_saved - self.shipping.best(&rest).0;
            }
        }
    }

    /// The shipping coupon, by member, that an option of a seller spoils: by index of seller and option.
    fn losses(&self, choice: &Choice<N>) -> Vec<(usize, usize, usize)> {
        let has_room = self.has_room(&choice.coupons);
        let mut lost = Vec::new();
        for &number in &self.at_risk {
            let later = &self.later_coupons[number];
            if !choice.shipping.has(later.member) {
                continue;
            }
            let Some(index) = self.seller_of(later.member) else { continue };
            for (pick, option) in self.sellers[index].options.iter().enumerate() {
                let off = |&coupon: &usize| {
                    let overlap = self.overlap(coupon, number);
                    let (off, of) = self.later_coupons[coupon].rate_at_least();
                    (proportion(overlap.left_by(option), off, of) - self.margin(choice.coupons.len(), overlap)).max(0)
                };
                let off: i64 = choice.coupons.iter().filter(|_| has_room).map(off).sum();
                if option.bases[number] - off < later.needed {
                    lost.push((index, pick, later.member));
                }
            }
        }
        lost
    }

    /// Whether each seller's options alone say which shipping coupons are lost, the choice's coupons finding room.
    pub(super) fn losses_are_known(&self, choice: &Choice<N>) -> bool {
        let may_be_used = |&&number: &&usize| choice.shipping.has(self.later_coupons[number].member);
        self.at_risk.iter().filter(may_be_used).all(|&number| {
            let later = &self.later_coupons[number];
            let Some(index) = self.seller_of(later.member) else { return false };
            self.sellers[index].options.iter().all(|option| {
                let taken = |&coupon: &usize| {
                    let overlap = self.overlap(coupon, number);
                    if overlap.lines == 0 {
                        return 0;
                    }
                    let (off, of) = self.most_rate(&choice.coupons, coupon);
                    proportion(overlap.left_by(option), off, of) + 1 + self.margin(choice.coupons.len(), overlap)
                };
                let taken: i64 = choice.coupons.iter().map(taken).sum();
                option.lost.has(later.member) || option.bases[number] - taken >= later.needed
            })
        })
    }

    /// Of a seller's coupon, whose lines are that seller's alone: the seller's index in `sellers`, if it has options.
    fn seller_of(&self, member: usize) -> Option<usize> {
        let seller = self.usable[member].coupon.seller?;
        self.sellers.iter().position(|own| own.seller == seller)
    }
}
