//! Coupons that can matter.

use crate::{
    cart::Cart,
    problem::{Coupon, Lane},
};

/// A coupon that can matter.
pub(super) struct Usable<'a> {
    /// In the problem.
    pub index: usize,
    pub coupon: &'a Coupon,
    /// Those whose shipping it discounts.
    pub sellers: Vec<usize>,
    /// What it takes off the cart alone; 0 if it exceeds its budget then.
    pub alone: i64,
    /// The most that it takes off whatever others do.
    pub most_off: i64,
}

/// The problem's coupons that can matter, in the order of ties.
pub(super) fn usable<'a>(start: &Cart<'a>) -> Vec<Usable<'a>> {
    let coupons = start.problem.coupons.iter().enumerate();
    let mut usable: Vec<Usable<'a>> = coupons.filter_map(|(index, coupon)| Usable::new(index, coupon, start)).collect();
    for last in (1..usable.len()).rev() {
        if usable[..last].iter().any(|earlier| earlier.replaces(&usable[last])) {
            usable.remove(last);
        }
    }
    usable
}

impl<'a> Usable<'a> {
    /// `None` if it can't apply, whatever others do.
    fn new(index: usize, coupon: &'a Coupon, start: &Cart<'a>) -> Option<Self> {
        let (sellers, base) = match coupon.lane {
            Lane::Shipping => {
                let sellers = start.problem.sellers_of(&coupon.lines);
                let base = start.shipping.base(&sellers);
                (sellers, base)
            }
            _ => (Vec::new(), start.lines.base(&coupon.lines)),
        };
        let off = coupon.shape.off(base);
        // Nothing before it changes the sum that a shipping coupon's discount is of.
        let most = if coupon.lane == Lane::Shipping { off } else { coupon.shape.most(base) };
        // Others only lower what it finds.
        if most == 0 || start.lines.base(&coupon.lines) < coupon.needed() || !start.meets_minimum(coupon) {
            return None;
        }
        let alone = if coupon.allows(off) { off } else { 0 };
        Some(Self { index, coupon, sellers, alone, most_off: coupon.budget.map_or(most, |budget| most.min(budget)) })
    }

    /// Whether any set with the other is as good with this one instead, which the order of ties prefers.
    fn replaces(&self, other: &Self) -> bool {
        let (own, theirs) = (self.coupon, other.coupon);
        own.shares_slot_with(theirs)
            && own.exclusive == theirs.exclusive
            && own.shape == theirs.shape
            && own.minimum == theirs.minimum
            && own.budget.is_none_or(|left| theirs.budget.is_some_and(|other| other <= left))
            && own.lines == theirs.lines
    }
}
