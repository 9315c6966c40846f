//! Placing an order: the best combination is searched outside the sequencer, on committed state.

use scrip_core::{
    cart::Cart,
    code::EnteredCode,
    command::{Chosen, PlaceOrder},
    id::CouponId,
    money::Amount,
    name::{AccountId, OrderId},
    reason::{Reason, Refusal, UsedBy},
};

use crate::{
    engine::{Engine, EngineError, Receipt},
    read::{Reader, Use},
    sequencer::KeyUse,
};

/// Searches again at most so often when another command was faster.
const SEARCHES: usize = 3;

/// A checkout as it was asked for.
#[derive(Clone, Debug)]
pub struct Placement {
    pub account: AccountId,
    pub id: OrderId,
    pub cart: Cart,
    pub r#use: Use,
    /// With `Best` candidates like the wallet's coupons, else to be used.
    pub codes: Vec<EnteredCode>,
    pub expect_discount: Option<Amount>,
    pub hold_minutes: u32,
    pub fingerprint: [u8; 16],
}

impl Engine {
    /// Places an order. The sequencer only evaluates the set that was found; if a coupon of it no longer applies it is
    /// searched again, at most twice.
    ///
    /// Errors: refusals of the rules; `quote_changed` if others were faster three times.
    pub async fn place(&self, placement: Placement, key: Option<KeyUse>) -> Result<Receipt, EngineError> {
        let Use::Named(named) = &placement.r#use else { return self.place_best(placement, key).await };
        let coupons = named
            .iter()
            .enumerate()
            .map(|(place, coupon)| Chosen::Coupon { coupon: *coupon, pointer: format!("/use/coupons/{place}") });
        let codes = placement
            .codes
            .iter()
            .enumerate()
            .map(|(place, code)| Chosen::Code { code: code.clone(), pointer: format!("/codes/{place}") });
        let chosen = coupons.chain(codes).collect();
        self.submit(placement.command(chosen), key).await
    }

    async fn place_best(&self, placement: Placement, key: Option<KeyUse>) -> Result<Receipt, EngineError> {
        let mut discount = Amount::ZERO;
        let mut first = None;
        for _ in 0..SEARCHES {
            let asked = placement.clone();
            let search =
                move |reader: &mut Reader<'_>| reader.quote(&asked.account, &asked.cart, &Use::Best, &asked.codes);
            let found = self.read_aside(search).await?;
            discount = found.quote.applied.iter().map(|applied| applied.discount).sum();
            first = first.or(Some(discount));
            let chosen = found
                .quote
                .applied
                .iter()
                .filter_map(|applied| match (applied.coupon, &applied.code) {
                    (Some(coupon), _) => Some(named(coupon)),
                    (None, Some(text)) => {
                        let place = placement.codes.iter().position(|code| code.text.as_str() == text)?;
                        let code = placement.codes[place].clone();
                        Some(Chosen::Code { code, pointer: format!("/codes/{place}") })
                    }
                    (None, None) => None,
                })
                .collect();
            match self.submit(placement.command(chosen), key.clone()).await {
                Err(EngineError::Refused(refusal)) if is_overtaken(&refusal) => {}
                done => return done,
            }
        }
        let expected = placement.expect_discount.or(first).unwrap_or(discount);
        Err(Refusal::from(Reason::QuoteChanged { expected, discount }).into())
    }
}

impl Placement {
    fn command(&self, chosen: Vec<Chosen>) -> PlaceOrder {
        PlaceOrder {
            account: self.account.clone(),
            id: self.id.clone(),
            cart: self.cart.clone(),
            chosen,
            expect_discount: self.expect_discount,
            hold_minutes: self.hold_minutes,
            fingerprint: self.fingerprint,
        }
    }
}

fn named(coupon: CouponId) -> Chosen {
    Chosen::Coupon { coupon, pointer: "/use".to_owned() }
}

/// Whether a coupon that was found no longer applies, as against a refusal that another search can't mend.
fn is_overtaken(refusal: &Refusal) -> bool {
    !matches!(
        refusal.first(),
        Reason::OrderExists | Reason::QuoteChanged { .. } | Reason::IdempotencyKeyReused | Reason::InvalidField { .. }
    )
}

/// What a quote or an order shows for a code or coupon.
pub fn shown(used_by: &UsedBy) -> (Option<CouponId>, Option<&str>) {
    match used_by {
        UsedBy::Coupon(coupon) => (Some(*coupon), None),
        UsedBy::Code(code) => (None, Some(code)),
    }
}
