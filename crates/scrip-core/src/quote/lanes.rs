use std::{collections::HashMap, rc::Rc};

use scrip_faults::{Fault, is};

use super::{
    applied::{Applied, LineShare, ShippingShare},
    candidate::{Candidate, Eligible, Lane},
    funding::fund,
};
use crate::{
    campaign::MinimumSpendBase,
    cart::Cart,
    condition::{Judged, Occasion, reasons},
    money::{Amount, Runs, split_within},
    name::SellerId,
    reason::{Reason, UsedBy},
    time::Timestamp,
};

/// A cart as the coupons of one lane after another find it.
#[derive(Clone)]
pub(super) struct Running<'a> {
    pub cart: &'a Cart,
    pub now: Timestamp,
    pub occasion: Occasion,
    sellers: Rc<[&'a SellerId]>,
    /// Each line's place in `sellers`.
    seller_of: Rc<[usize]>,
    /// What is left of each line.
    lines: Vec<Amount>,
    /// What is left of each seller's shipping, in the order of `sellers`.
    shipping: Vec<Amount>,
    /// The same as the present lane found it: every coupon of a lane sees these, so the order of a list can't matter.
    entering_lines: Vec<Amount>,
    entering_shipping: Vec<Amount>,
}

/// What one coupon would do here, before it does it.
struct Effect {
    discount: Amount,
    surplus: Amount,
    line_parts: Vec<Amount>,
    shipping_parts: Vec<Amount>,
    shipping_sellers: Vec<usize>,
}

impl<'a> Running<'a> {
    pub fn new(cart: &'a Cart, now: Timestamp, occasion: Occasion) -> Self {
        let sellers: Rc<[&SellerId]> = cart.sellers().into();
        let place_of: HashMap<&SellerId, usize> =
            sellers.iter().enumerate().map(|(place, seller)| (*seller, place)).collect();
        let seller_of = cart.lines().iter().map(|line| place_of[&line.seller]).collect();
        let lines: Vec<Amount> = cart.lines().iter().map(crate::cart::Line::amount).collect();
        let mut shipping = vec![Amount::ZERO; sellers.len()];
        for entry in cart.shipping() {
            shipping[place_of[&entry.seller]] = entry.amount;
        }
        let (entering_lines, entering_shipping) = (lines.clone(), shipping.clone());
        Self { cart, now, occasion, sellers, seller_of, lines, shipping, entering_lines, entering_shipping }
    }

    /// The amounts of now are what the next lane's coupons see.
    pub fn enter_lane(&mut self) {
        self.entering_lines.clone_from(&self.lines);
        self.entering_shipping.clone_from(&self.shipping);
    }

    /// Applies the coupon, or gives every reason why not and changes nothing.
    pub fn apply(&mut self, candidate: &Candidate<'_>, eligible: &Eligible) -> Result<Applied, Vec<Reason>> {
        let effect = self.effect(candidate, eligible);
        let mut refused = candidate.standing.clone();
        refused.extend(self.reasons(candidate, eligible, effect.discount));
        if refused.is_empty() && effect.discount.is_zero() {
            refused.push(Reason::NothingLeftToDiscount);
        }
        if !refused.is_empty() {
            return Err(refused);
        }
        Ok(self.place(candidate, eligible, &effect))
    }

    /// What the coupon takes off the cart as its lane found it, or every reason why it doesn't apply to that.
    pub fn judge(&self, candidate: &Candidate<'_>, eligible: &Eligible) -> Result<Amount, Vec<Reason>> {
        // As its lane found it there is room for all of it.
        let discount = candidate.discount(self.base(candidate, eligible));
        let mut refused = candidate.standing.clone();
        refused.extend(self.reasons(candidate, eligible, discount));
        if refused.is_empty() && discount.is_zero() {
            refused.push(Reason::NothingLeftToDiscount);
        }
        if refused.is_empty() { Ok(discount) } else { Err(refused) }
    }

    /// What the coupon's discount is of.
    fn base(&self, candidate: &Candidate<'_>, eligible: &Eligible) -> Amount {
        if candidate.lane() == Lane::Shipping {
            self.sellers_of(eligible).into_iter().map(|seller| self.entering_shipping[seller]).sum()
        } else {
            eligible.lines.iter().map(|&line| self.entering_lines[line]).sum()
        }
    }

    /// What the coupon would take off the cart as its lane found it. `None`: it can't apply. `Some(0)`: it exceeds what
    /// is left of its campaign's budget, which on what other coupons leave it may not.
    pub fn alone(&self, candidate: &Candidate<'_>, eligible: &Eligible) -> Option<Amount> {
        if !candidate.standing.is_empty() {
            return None;
        }
        let discount = candidate.discount(self.base(candidate, eligible));
        if discount.is_zero() {
            return None;
        }
        match self.reasons(candidate, eligible, discount)[..] {
            [] => Some(discount),
            [Reason::CampaignBudgetExhausted { .. } | Reason::AmountOutOfRange] => Some(Amount::ZERO),
            _ => None,
        }
    }

    /// Takes the coupon's discount off without working out shares. `None`: it doesn't apply, and nothing changed.
    pub fn take(&mut self, candidate: &Candidate<'_>, eligible: &Eligible) -> Option<Amount> {
        let effect = self.effect(candidate, eligible);
        if effect.discount.is_zero()
            || !candidate.standing.is_empty()
            || !self.reasons(candidate, eligible, effect.discount).is_empty()
        {
            return None;
        }
        for (&line, &part) in eligible.lines.iter().zip(&effect.line_parts) {
            self.lines[line] -= part;
        }
        for (&seller, &part) in effect.shipping_sellers.iter().zip(&effect.shipping_parts) {
            self.shipping[seller] -= part;
        }
        Some(effect.discount)
    }

    pub fn seller_of(&self, line: usize) -> usize {
        self.seller_of[line]
    }

    pub fn sellers(&self) -> &[&'a SellerId] {
        &self.sellers
    }

    /// The sellers with at least one eligible line, whose shipping is a shipping coupon's base, in order.
    pub fn sellers_of(&self, eligible: &Eligible) -> Vec<usize> {
        let mut has = vec![false; self.sellers.len()];
        for &line in &eligible.lines {
            has[self.seller_of[line]] = true;
        }
        (0..has.len()).filter(|&seller| has[seller]).collect()
    }

    pub fn line_left(&self, line: usize) -> Amount {
        self.lines[line]
    }

    pub fn set_line_left(&mut self, line: usize, left: Amount) {
        self.lines[line] = left;
    }

    pub fn lines_left(&self) -> &[Amount] {
        &self.lines
    }

    pub fn shipping_left(&self) -> &[Amount] {
        &self.shipping
    }

    fn reasons(&self, candidate: &Candidate<'_>, eligible: &Eligible, discount: Amount) -> Vec<Reason> {
        let entering = eligible.lines.iter().map(|&line| self.entering_lines[line]).sum();
        let amount = match candidate.terms.minimum_spend.map(|minimum| minimum.base) {
            Some(MinimumSpendBase::BeforeDiscounts) => {
                eligible.lines.iter().map(|&line| self.cart.lines()[line].amount()).sum()
            }
            _ => entering,
        };
        let judged = Judged { candidate, cart: self.cart, eligible, amount, entering, discount, now: self.now };
        reasons(&judged, self.occasion)
    }

    fn effect(&self, candidate: &Candidate<'_>, eligible: &Eligible) -> Effect {
        let benefit = &candidate.terms.benefit;
        let pick = |from: &[Amount], places: &[usize]| places.iter().map(|&place| from[place]).collect::<Vec<_>>();
        if candidate.lane() == Lane::Shipping {
            let shipping_sellers = self.sellers_of(eligible);
            let weights = pick(&self.entering_shipping, &shipping_sellers);
            let discount = candidate.discount(weights.iter().copied().sum());
            let shipping_parts = split_within(discount, &weights, &pick(&self.shipping, &shipping_sellers));
            let discount = shipping_parts.iter().copied().sum();
            return Effect {
                discount,
                surplus: Amount::ZERO,
                line_parts: Vec::new(),
                shipping_parts,
                shipping_sellers,
            };
        }
        let weights = pick(&self.entering_lines, &eligible.lines);
        let base = weights.iter().copied().sum();
        let mut line_parts = split_within(candidate.discount(base), &weights, &pick(&self.lines, &eligible.lines));
        let discount: Amount = line_parts.iter().copied().sum();
        if is(Fault::ShareRoundedTwice) && !discount.is_zero() {
            let each = |weight: &Amount| discount.scaled_half_up(weight.minor(), base.minor());
            line_parts = weights.iter().map(each).collect();
        }
        let surplus = benefit.face_value(base).saturating_sub(discount);
        Effect { discount, surplus, line_parts, shipping_parts: Vec::new(), shipping_sellers: Vec::new() }
    }

    fn place(&mut self, candidate: &Candidate<'_>, eligible: &Eligible, effect: &Effect) -> Applied {
        let mut shares = Vec::new();
        for (&place, &part) in eligible.lines.iter().zip(&effect.line_parts) {
            if part.is_zero() {
                continue;
            }
            let line = &self.cart.lines()[place];
            let before = line.amount() - self.lines[place];
            self.lines[place] -= part;
            shares.push(LineShare {
                line: u16::try_from(place).expect("a cart has at most 500 lines"),
                amount: part,
                units: Runs::growth(before, before + part, line.quantity),
                funding: Vec::new(),
            });
        }
        let mut shipping_shares = Vec::new();
        for (&seller, &part) in effect.shipping_sellers.iter().zip(&effect.shipping_parts) {
            if part.is_zero() {
                continue;
            }
            self.shipping[seller] -= part;
            shipping_shares.push(ShippingShare {
                seller: self.sellers[seller].clone(),
                amount: part,
                funding: Vec::new(),
            });
        }
        fund(candidate.terms.funding(), self.cart, &mut shares, &mut shipping_shares);
        let (coupon, code) = match &candidate.used_by {
            UsedBy::Coupon(coupon) => (Some(*coupon), None),
            UsedBy::Code(code) => (None, Some(code.clone())),
        };
        Applied {
            coupon,
            code,
            campaign: candidate.campaign,
            terms_version: candidate.terms_version,
            issuer: candidate.terms.issuer.clone(),
            discount: effect.discount,
            surplus: effect.surplus,
            shares,
            shipping_shares,
        }
    }
}

/// The order in which coupons of one lane are placed: in the shipping lane the sellers' first; then by group, none
/// first; then by id.
pub(super) fn placing_order<'c>(
    candidate: &'c Candidate<'_>,
) -> (bool, Option<&'c crate::name::StackingGroup>, &'c UsedBy) {
    (candidate.seller().is_none(), candidate.terms.stacking.group.as_ref(), &candidate.used_by)
}
