use std::{collections::HashMap, rc::Rc};

use scrip_combination::Amounts;
use scrip_faults::{Fault, is};

use super::funding::fund;
use crate::{
    candidate::{Candidate, Eligible, Lane},
    cart::Cart,
    condition::{Judged, Occasion, reasons},
    discount::{Applied, LineShare, ShippingShare},
    minimum_spend::MinimumSpendBase,
    money::{Amount, Runs},
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
    /// By index in `sellers`, for each line.
    seller_of: Rc<[usize]>,
    /// What is left of each line, and of each seller's shipping in the order of `sellers`.
    lines: Amounts,
    shipping: Amounts,
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
        let index_of: HashMap<&SellerId, usize> =
            sellers.iter().enumerate().map(|(index, seller)| (*seller, index)).collect();
        let seller_of = cart.lines().iter().map(|line| index_of[&line.seller]).collect();
        let lines = cart.lines().iter().map(|line| line.amount().minor()).collect();
        let mut shipping = vec![0; sellers.len()];
        for entry in cart.shipping() {
            shipping[index_of[&entry.seller]] = entry.amount.minor();
        }
        Self { cart, now, occasion, sellers, seller_of, lines: Amounts::new(lines), shipping: Amounts::new(shipping) }
    }

    /// The amounts of now are what the next lane's coupons see.
    pub fn enter_lane(&mut self) {
        self.lines.enter_lane();
        self.shipping.enter_lane();
    }

    /// Applies the coupon, or gives every reason why not and changes nothing.
    pub fn apply(&mut self, candidate: &Candidate<'_>, eligible: &Eligible) -> Result<Applied, Vec<Reason>> {
        let effect = self.effect(candidate, eligible);
        let mut refused = candidate.reasons_on_any_cart.clone();
        refused.extend(self.reasons(candidate, eligible, effect.discount));
        if refused.is_empty() && effect.discount.is_zero() {
            refused.push(Reason::NothingLeftToDiscount);
        }
        if !refused.is_empty() {
            return Err(refused);
        }
        Ok(self.apply_effect(candidate, eligible, &effect))
    }

    /// What the coupon takes off the cart as its lane found it, or every reason why it doesn't apply to that.
    pub fn judge(&self, candidate: &Candidate<'_>, eligible: &Eligible) -> Result<Amount, Vec<Reason>> {
        // As its lane found it there is room for all of it.
        let discount = candidate.discount(self.base(candidate, eligible));
        let mut refused = candidate.reasons_on_any_cart.clone();
        refused.extend(self.reasons(candidate, eligible, discount));
        if refused.is_empty() && discount.is_zero() {
            refused.push(Reason::NothingLeftToDiscount);
        }
        if refused.is_empty() { Ok(discount) } else { Err(refused) }
    }

    /// What the coupon's discount is of.
    fn base(&self, candidate: &Candidate<'_>, eligible: &Eligible) -> Amount {
        Amount::of(match candidate.lane() {
            Lane::Shipping => self.shipping.base(&self.sellers_of(eligible)),
            _ => self.lines.base(&eligible.lines),
        })
    }

    /// Whether nothing keeps the coupon from the cart but what other coupons may leave of it: its budget may take that.
    pub fn may_apply(&self, candidate: &Candidate<'_>, eligible: &Eligible) -> bool {
        let discount = candidate.discount(self.base(candidate, eligible));
        candidate.reasons_on_any_cart.is_empty()
            && matches!(
                self.reasons(candidate, eligible, discount)[..],
                [] | [Reason::CampaignBudgetExhausted { .. } | Reason::AmountOutOfRange]
            )
    }

    pub fn seller_of(&self, line: usize) -> usize {
        self.seller_of[line]
    }

    /// The sellers with at least one eligible line, whose shipping is a shipping coupon's base, in order.
    pub fn sellers_of(&self, eligible: &Eligible) -> Vec<usize> {
        let mut has = vec![false; self.sellers.len()];
        for &line in &eligible.lines {
            has[self.seller_of[line]] = true;
        }
        (0..has.len()).filter(|&seller| has[seller]).collect()
    }

    /// What is left of each line, in minor units.
    pub fn lines_left(&self) -> &[i64] {
        self.lines.left()
    }

    /// What is left of each seller's shipping, in minor units.
    pub fn shipping_left(&self) -> &[i64] {
        self.shipping.left()
    }

    fn reasons(&self, candidate: &Candidate<'_>, eligible: &Eligible, discount: Amount) -> Vec<Reason> {
        let entering = Amount::of(self.lines.base(&eligible.lines));
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
        let base = self.base(candidate, eligible);
        let parts = |amounts: &Amounts, indices: &[usize]| -> Vec<Amount> {
            let parts = amounts.parts(indices, candidate.discount(base).minor());
            parts.into_iter().map(Amount::of).collect()
        };
        if candidate.lane() == Lane::Shipping {
            let shipping_sellers = self.sellers_of(eligible);
            let shipping_parts = parts(&self.shipping, &shipping_sellers);
            let discount = shipping_parts.iter().copied().sum();
            return Effect {
                discount,
                surplus: Amount::ZERO,
                line_parts: Vec::new(),
                shipping_parts,
                shipping_sellers,
            };
        }
        let mut line_parts = parts(&self.lines, &eligible.lines);
        let discount: Amount = line_parts.iter().copied().sum();
        if is(Fault::ShareRoundedTwice) && !discount.is_zero() {
            let each = |&line: &usize| discount.scaled_half_up(self.lines.base(&[line]), base.minor());
            line_parts = eligible.lines.iter().map(each).collect();
        }
        let surplus = benefit.face_value(base).saturating_sub(discount);
        Effect { discount, surplus, line_parts, shipping_parts: Vec::new(), shipping_sellers: Vec::new() }
    }

    fn apply_effect(&mut self, candidate: &Candidate<'_>, eligible: &Eligible, effect: &Effect) -> Applied {
        let mut shares = Vec::new();
        for (&index, &part) in eligible.lines.iter().zip(&effect.line_parts) {
            if part.is_zero() {
                continue;
            }
            let line = &self.cart.lines()[index];
            let before = line.amount() - Amount::of(self.lines.left()[index]);
            self.lines.take_part(index, part.minor());
            shares.push(LineShare {
                line: u16::try_from(index).expect("a cart has at most 500 lines"),
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
            self.shipping.take_part(seller, part.minor());
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

/// The order in which coupons of one lane are applied: in the shipping lane the sellers' first; then by group, none
/// first; then by id.
pub(super) fn order_of_application<'c>(
    candidate: &'c Candidate<'_>,
) -> (bool, Option<&'c crate::name::StackingGroup>, &'c UsedBy) {
    (candidate.seller().is_none(), candidate.terms.stacking.group.as_ref(), &candidate.used_by)
}
