//! The question: a cart and the coupons that somebody may use on it, as figures.

use crate::shape::Shape;

/// A cart and coupons. Amounts are minor units of one currency, each at least 0, their sum at most 2^62.
///
/// At most 512 lines, and at most 512 coupons that can matter: of more the first are looked at.
#[derive(Clone, Default, Debug)]
pub struct Problem {
    pub lines: Vec<Line>,
    /// What each seller's shipping costs, by the seller's index.
    pub shipping: Vec<i64>,
    /// In the order of ties: of sets that save the same with as many coupons, the one with the earlier coupons is better.
    pub coupons: Vec<Coupon>,
}

/// A line of the cart.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Line {
    pub amount: i64,
    /// The seller's index in [`Problem::shipping`].
    pub seller: usize,
}

/// A step in the order of application.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Lane {
    Seller,
    Platform,
    Shipping,
}

/// A coupon that nothing keeps from this cart but what these figures say.
#[derive(Clone, PartialEq, Debug)]
pub struct Coupon {
    pub lane: Lane,
    /// Whose it is, by index; `None`: the platform's. A seller's coupon has lines of that seller alone.
    pub seller: Option<usize>,
    /// Its stacking group, by any number. Of the coupons of one lane, seller and group at most one applies: they share a *stacking
    /// slot*.
    pub group: Option<u32>,
    /// Its rank in the order of application, among the coupons of its lane. A slot's coupons follow each other, those of other
    /// sellers aside.
    pub order: u32,
    /// Alone on the order.
    pub exclusive: bool,
    /// The lines that it may discount, by index, rising. In the shipping lane it discounts the shipping of their sellers.
    pub lines: Vec<usize>,
    pub minimum: Option<Minimum>,
    /// The most that it may take off; if it would take off more, it doesn't apply.
    pub budget: Option<i64>,
    pub shape: Shape,
}

/// What a coupon's lines must amount to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Minimum {
    /// The least sum that is enough.
    pub needed: i64,
    pub base: MinimumBase,
}

/// When the sum is taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MinimumBase {
    BeforeDiscounts,
    /// As the coupon's lane found it.
    OnEnteringTheLane,
}

impl Coupon {
    /// Whether both stand in one stacking slot, of which one coupon at most applies.
    pub fn shares_slot_with(&self, other: &Self) -> bool {
        (self.lane, self.seller, self.group) == (other.lane, other.seller, other.group)
    }

    /// The least sum of its lines, as its lane finds it, on which it may apply.
    pub(crate) fn needed(&self) -> i64 {
        // In the shipping lane a discount is of another sum.
        let of_shape = if self.lane == Lane::Shipping { 0 } else { self.shape.needed() };
        match self.minimum {
            Some(Minimum { needed, base: MinimumBase::OnEnteringTheLane }) => needed.max(of_shape),
            _ => of_shape,
        }
    }

    /// Whether its budget takes the discount, and there is one.
    pub(crate) fn allows(&self, off: i64) -> bool {
        off > 0 && self.budget.is_none_or(|budget| off <= budget)
    }
}

impl Problem {
    /// The sellers with at least one of the lines, rising.
    pub(crate) fn sellers_of(&self, lines: &[usize]) -> Vec<usize> {
        let mut has = vec![false; self.shipping.len()];
        for &line in lines {
            has[self.lines[line].seller] = true;
        }
        (0..has.len()).filter(|&seller| has[seller]).collect()
    }

    /// What the lines amount to before any discount.
    pub(crate) fn amount(&self, lines: &[usize]) -> i64 {
        lines.iter().map(|&line| self.lines[line].amount).sum()
    }
}
