//! Placing and revising an order: the best combination is searched outside the sequencer, on committed state.

use scrip_core::{
    cart::Cart,
    code::EnteredCode,
    command::{Chosen, Command, PlaceOrder, ReviseOrder},
    id::CouponId,
    metadata::Metadata,
    money::Amount,
    name::{AccountId, OrderId},
    reason::{ChangedBy, Reason, Refusal, UsedBy},
};

use crate::{
    engine::Engine,
    read::{QuoteAnswer, Reader, Use},
    receipt::{EngineError, Receipt},
    waiting::KeyUse,
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
    pub metadata: Metadata,
    pub fingerprint: [u8; 16],
}

/// A placed order's checkout as it is to be from here.
#[derive(Clone, Debug)]
pub struct Revision {
    pub account: AccountId,
    pub order: OrderId,
    pub cart: Cart,
    pub r#use: Use,
    /// With `Best` candidates like the wallet's coupons, else to be used.
    pub codes: Vec<EnteredCode>,
    pub expect_discount: Option<Amount>,
}

/// What placing and revising have in common.
trait Checkout: Clone + Send + 'static {
    fn r#use(&self) -> &Use;
    fn codes(&self) -> &[EnteredCode];
    fn expect_discount(&self) -> Option<Amount>;
    /// What it would be on committed state.
    fn quote(&self, reader: &mut Reader<'_>) -> Result<QuoteAnswer, EngineError>;
    /// With exactly these coupons and codes.
    fn command(&self, chosen: Vec<Chosen>) -> Command;
}

impl Engine {
    /// Places an order. The sequencer only evaluates the set that was found; if a coupon of it no longer applies it is
    /// searched again, at most twice.
    ///
    /// Errors: refusals of the rules; `quote_changed` if others were faster three times and the discount is another now.
    pub async fn place(&self, placement: Placement, key: Option<KeyUse>) -> Result<Receipt, EngineError> {
        self.check_out(placement, key).await
    }

    /// Revises a placed order, in the same way.
    pub async fn revise(&self, revision: Revision, key: Option<KeyUse>) -> Result<Receipt, EngineError> {
        self.check_out(revision, key).await
    }

    async fn check_out(&self, asked: impl Checkout, key: Option<KeyUse>) -> Result<Receipt, EngineError> {
        let Use::Named(coupons) = asked.r#use() else { return self.check_out_best(asked, key).await };
        let coupons = coupons
            .iter()
            .enumerate()
            .map(|(index, coupon)| Chosen::Coupon { coupon: *coupon, pointer: format!("/use/coupons/{index}") });
        let codes = asked
            .codes()
            .iter()
            .enumerate()
            .map(|(index, code)| Chosen::Code { code: code.clone(), pointer: format!("/codes/{index}") });
        let chosen = coupons.chain(codes).collect();
        self.submit(asked.command(chosen), key).await
    }

    async fn check_out_best(&self, asked: impl Checkout, key: Option<KeyUse>) -> Result<Receipt, EngineError> {
        let mut discount = Amount::ZERO;
        let mut first = None;
        let mut last = None;
        for _ in 0..SEARCHES {
            let searched = asked.clone();
            let found = self.read_aside(move |reader| searched.quote(reader)).await?;
            discount = found.quote.applied.iter().map(|applied| applied.discount).sum();
            first = first.or(Some(discount));
            let chosen = found
                .quote
                .applied
                .iter()
                .filter_map(|applied| match (applied.coupon, &applied.code) {
                    (Some(coupon), _) => Some(named(coupon)),
                    (None, Some(text)) => {
                        let index = asked.codes().iter().position(|code| code.text.as_str() == text)?;
                        let code = asked.codes()[index].clone();
                        Some(Chosen::Code { code, pointer: format!("/codes/{index}") })
                    }
                    (None, None) => None,
                })
                .collect();
            match self.submit(asked.command(chosen), key.clone()).await {
                Err(EngineError::Refused(refusal)) if is_overtaken(&refusal) => last = Some(refusal),
                done => return done,
            }
        }
        let expected = asked.expect_discount().or(first).unwrap_or(discount);
        // The same was found again and again: the quote didn't change, it is refused.
        if let Some(refusal) = last.filter(|_| expected == discount) {
            return Err(refusal.into());
        }
        Err(Refusal::from(Reason::QuoteChanged { expected, discount }).into())
    }
}

impl Checkout for Placement {
    fn r#use(&self) -> &Use {
        &self.r#use
    }

    fn codes(&self) -> &[EnteredCode] {
        &self.codes
    }

    fn expect_discount(&self) -> Option<Amount> {
        self.expect_discount
    }

    fn quote(&self, reader: &mut Reader<'_>) -> Result<QuoteAnswer, EngineError> {
        reader.quote(&self.account, &self.cart, &self.r#use, &self.codes)
    }

    fn command(&self, chosen: Vec<Chosen>) -> Command {
        PlaceOrder {
            account: self.account.clone(),
            id: self.id.clone(),
            cart: self.cart.clone(),
            chosen,
            expect_discount: self.expect_discount,
            hold_minutes: self.hold_minutes,
            metadata: self.metadata.clone(),
            fingerprint: self.fingerprint,
        }
        .into()
    }
}

impl Checkout for Revision {
    fn r#use(&self) -> &Use {
        &self.r#use
    }

    fn codes(&self) -> &[EnteredCode] {
        &self.codes
    }

    fn expect_discount(&self) -> Option<Amount> {
        self.expect_discount
    }

    fn quote(&self, reader: &mut Reader<'_>) -> Result<QuoteAnswer, EngineError> {
        reader.quote_instead_of(&self.account, &self.order, &self.cart, &self.r#use, &self.codes)
    }

    fn command(&self, chosen: Vec<Chosen>) -> Command {
        ReviseOrder {
            account: self.account.clone(),
            order: self.order.clone(),
            cart: self.cart.clone(),
            chosen,
            expect_discount: self.expect_discount,
        }
        .into()
    }
}

fn named(coupon: CouponId) -> Chosen {
    Chosen::Coupon { coupon, pointer: "/use".to_owned() }
}

/// Whether a coupon that was found no longer applies, as against a refusal that another search can't mend.
fn is_overtaken(refusal: &Refusal) -> bool {
    match refusal.first().changed_by() {
        ChangedBy::Time | ChangedBy::OtherCommands | ChangedBy::OtherBuckets => true,
        ChangedBy::AnotherRequest | ChangedBy::ItsObject => false,
    }
}

/// What a quote or an order shows for a code or coupon.
pub fn shown(used_by: &UsedBy) -> (Option<CouponId>, Option<&str>) {
    match used_by {
        UsedBy::Coupon(coupon) => (Some(*coupon), None),
        UsedBy::Code(code) => (None, Some(code)),
    }
}
