//! What is judged on a cart, and which of the cart's lines it may discount. Conditions look at it, quotes and orders choose among it.

use crate::{
    campaign::Terms,
    cart::{Cart, Line},
    id::CampaignId,
    money::Amount,
    name::SellerId,
    reason::{NotEligible, Reason, UsedBy},
    time::Timestamp,
};

/// A coupon of the wallet, or a code, that somebody may use on a cart.
#[derive(Clone, Debug)]
pub struct Candidate<'a> {
    pub used_by: UsedBy,
    pub campaign: CampaignId,
    pub terms_version: u32,
    pub terms: &'a Terms,
    pub starts_at: Timestamp,
    pub expires_at: Timestamp,
    pub paused: bool,
    /// What is left of the campaign's budget or, without one, of what its counters can take; `None`: it limits nothing.
    pub budget_left: Option<Amount>,
    /// Reasons that hold for any cart: used, on another order, the code's claim would be refused.
    pub reasons_on_any_cart: Vec<Reason>,
    /// The most that it may take off: what it took before, where an order is judged again on what is left of it.
    pub at_most: Option<Amount>,
}

/// A step in the order of application: seller coupons, platform coupons, shipping coupons. A code joins its issuer's.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Lane {
    Seller,
    Platform,
    Shipping,
}

/// Which lines of a cart a coupon may discount.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Eligible {
    /// By index in the cart's list.
    pub lines: Vec<usize>,
    /// If there is none: what kept out the line that came closest.
    pub because: Option<NotEligible>,
}

impl Candidate<'_> {
    pub fn lane(&self) -> Lane {
        if self.terms.benefit.is_shipping() {
            Lane::Shipping
        } else if self.terms.issuer.seller().is_some() {
            Lane::Seller
        } else {
            Lane::Platform
        }
    }

    pub fn seller(&self) -> Option<&SellerId> {
        self.terms.issuer.seller()
    }

    /// Whether both have one stacking slot, of which only one may be used: same lane, same issuer, same stacking group.
    pub fn shares_slot_with(&self, other: &Self) -> bool {
        self.lane() == other.lane()
            && self.seller() == other.seller()
            && self.terms.stacking.group == other.terms.stacking.group
    }

    /// For this cart: what is left limits nothing where the whole cart fits into it, and a search has less to look at.
    #[must_use]
    pub fn on(self, cart: &Cart) -> Self {
        let total = cart.total();
        Self { budget_left: self.budget_left.filter(|left| *left < total), ..self }
    }

    /// What the coupon takes off a base, by its benefit.
    pub fn discount(&self, base: Amount) -> Amount {
        let discount = self.terms.benefit.discount(base);
        self.at_most.map_or(discount, |most| discount.min(most))
    }

    /// The order of ties: sooner expiry, then id.
    pub fn rank(&self) -> (Timestamp, &UsedBy) {
        (self.expires_at, &self.used_by)
    }

    /// S5, S18, S19: the lines that the issuer, the price and the scope allow.
    pub fn eligible(&self, cart: &Cart) -> Eligible {
        let mut lines = Vec::new();
        let mut because = None;
        for (index, line) in cart.lines().iter().enumerate() {
            if self.seller().is_some_and(|seller| *seller != line.seller) {
                continue;
            }
            match not_eligible(self.terms, line) {
                None => lines.push(index),
                // The line that came closest explains best: on sale before excluded before outside the scope.
                Some(reason) => because = Some(because.map_or(reason, |so_far| closer(so_far, reason))),
            }
        }
        if !lines.is_empty() {
            because = None;
        }
        Eligible { lines, because }
    }
}

fn not_eligible(terms: &Terms, line: &Line) -> Option<NotEligible> {
    let scope = &terms.scope;
    let in_any = |list: &[crate::name::CategoryId]| line.categories.iter().any(|category| list.contains(category));
    let everything = scope.products.is_empty() && scope.categories.is_empty();
    if !everything && !scope.products.contains(&line.product) && !in_any(&scope.categories) {
        return Some(NotEligible::Scope);
    }
    if scope.exclude_products.contains(&line.product) || in_any(&scope.exclude_categories) {
        return Some(NotEligible::Excluded);
    }
    (line.on_sale && !scope.include_on_sale).then_some(NotEligible::OnSale)
}

fn closer(a: NotEligible, b: NotEligible) -> NotEligible {
    let distance = |reason| match reason {
        NotEligible::OnSale => 0,
        NotEligible::Excluded => 1,
        NotEligible::Scope => 2,
    };
    if distance(b) < distance(a) { b } else { a }
}
