//! A cart while coupons take from it, lane after lane: what an order does, on plain figures.

use crate::{
    amounts::Amounts,
    problem::{Coupon, Lane, Minimum, MinimumBase, Problem},
};

/// What coupons have left of a cart so far.
#[derive(Clone, Debug)]
pub(crate) struct Cart<'a> {
    pub problem: &'a Problem,
    pub lines: Amounts,
    pub shipping: Amounts,
}

impl<'a> Cart<'a> {
    pub fn new(problem: &'a Problem) -> Self {
        Self {
            problem,
            lines: Amounts::new(problem.lines.iter().map(|line| line.amount).collect()),
            shipping: Amounts::new(problem.shipping.clone()),
        }
    }

    pub fn enter_lane(&mut self) {
        self.lines.enter_lane();
        self.shipping.enter_lane();
    }

    /// Whether the coupon's lines amount to what it needs.
    pub fn meets_minimum(&self, coupon: &Coupon) -> bool {
        match coupon.minimum {
            Some(Minimum { needed, base: MinimumBase::BeforeDiscounts }) => {
                self.problem.amount(&coupon.lines) >= needed
            }
            Some(Minimum { needed, base: MinimumBase::OnEnteringTheLane }) => self.lines.base(&coupon.lines) >= needed,
            None => true,
        }
    }

    /// Takes the coupon's discount off: how much that is. `None`: it doesn't apply here, and nothing changed. `sellers`: whose
    /// shipping it discounts.
    pub fn apply(&mut self, coupon: &Coupon, sellers: &[usize]) -> Option<i64> {
        if !self.meets_minimum(coupon) {
            return None;
        }
        let (amounts, indices) = match coupon.lane {
            Lane::Shipping => (&mut self.shipping, sellers),
            _ => (&mut self.lines, &coupon.lines[..]),
        };
        let (base, left) = amounts.sums(indices);
        let off = coupon.shape.off(base).min(left);
        if !coupon.allows(off) {
            return None;
        }
        amounts.take(indices, off);
        Some(off)
    }
}

/// What the coupons save together, by index in the problem: each in its lane, on what the lanes before left. `None` if they
/// exclude each other, or one doesn't apply beside the others.
pub fn saving(problem: &Problem, set: &[usize]) -> Option<i64> {
    let coupons = || set.iter().map(|&index| &problem.coupons[index]);
    for (number, coupon) in coupons().enumerate() {
        let excluded = coupons().take(number).any(|other| other.shares_slot_with(coupon));
        if excluded || coupon.exclusive && set.len() > 1 {
            return None;
        }
    }
    let mut cart = Cart::new(problem);
    let mut saved = 0;
    for lane in [Lane::Seller, Lane::Platform, Lane::Shipping] {
        cart.enter_lane();
        let mut in_lane: Vec<&Coupon> = coupons().filter(|coupon| coupon.lane == lane).collect();
        in_lane.sort_by_key(|coupon| coupon.order);
        for coupon in in_lane {
            saved += cart.apply(coupon, &problem.sellers_of(&coupon.lines))?;
        }
    }
    Some(saved)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Line, Shape,
        problems::{Draft, DraftCoupon, DraftLine},
    };

    #[test]
    fn a_set_saves_nothing_if_one_of_it_does_not_apply() {
        let coupon =
            |group, amount| DraftCoupon { group: Some(group), ..DraftCoupon::new(None, Shape::Amount(amount)) };
        let mut draft = Draft {
            lines: vec![DraftLine { seller: 0, product: 0, amount: 100 }],
            shipping: vec![0],
            coupons: vec![coupon(0, 100), coupon(1, 50), coupon(1, 60)],
        };
        let problem = draft.build();
        assert_eq!(problem.lines, [Line { amount: 100, seller: 0 }]);
        assert_eq!(saving(&problem, &[]), Some(0));
        assert_eq!(saving(&problem, &[0]), Some(100));
        assert_eq!(saving(&problem, &[0, 1]), None, "nothing is left");
        assert_eq!(saving(&problem, &[1, 2]), None, "one slot");
        draft.coupons[0].budget = Some(99);
        draft.coupons[1].exclusive = true;
        let problem = draft.build();
        assert_eq!(saving(&problem, &[0]), None, "above the budget");
        assert_eq!((saving(&problem, &[1]), saving(&problem, &[1, 0])), (Some(50), None), "alone");
        let before = |needed| Some(Minimum { needed, base: MinimumBase::BeforeDiscounts });
        draft.coupons = vec![DraftCoupon { minimum: before(100), ..coupon(0, 1) }];
        assert_eq!(saving(&draft.build(), &[0]), Some(1));
        draft.coupons[0].minimum = before(101);
        assert_eq!(saving(&draft.build(), &[0]), None, "under the minimum");
    }
}
