//! Placing and revising an order: codes count against guessing first, and what the cart would cost by now is told where that
//! changed meanwhile.

use scrip_core::{
    cart::Cart,
    code::EnteredCode,
    metadata::Members,
    money::Amount,
    name::{AccountId, OrderId},
    order::Order,
    reason::Reason,
};
use scrip_engine::{EngineError, Placement, QuoteAnswer, Reader, Receipt, Revision, Use};

use super::orders::check_hold;
use crate::{
    about::About,
    caller::Caller,
    desk::Desk,
    done::{self, Done},
    idempotency::{Form, Keyed, Sameness, done_once},
    not_done::NotDone,
    operation::Operation,
};

/// What is bought, and with which coupons and codes.
#[derive(Clone, Debug)]
pub struct Checkout {
    pub cart: Cart,
    pub r#use: Use,
    /// With `Best` candidates like the wallet's coupons, else to be used.
    pub codes: Vec<EnteredCode>,
    /// What the shopper was shown; `quote_changed` if it is another by now.
    pub expect_discount: Option<Amount>,
}

/// An order that is to be placed.
#[derive(Clone, Debug)]
pub struct NewOrder {
    pub id: OrderId,
    pub checkout: Checkout,
    pub hold_minutes: u32,
    pub metadata: Members,
    /// By which an order of the same id is known as this one.
    pub same: Sameness,
}

impl Desk {
    /// Places an order. The same again under its id is answered as it is now.
    ///
    /// Errors: `invalid_field` at `/hold_minutes`, `too_many_attempts`, `order_exists`, `quote_changed` with a new quote, and
    /// those of coupons.
    pub async fn place_order(
        &self,
        caller: &Caller,
        account: AccountId,
        new: NewOrder,
        key: Option<Keyed>,
    ) -> Result<Done<Order>, NotDone> {
        caller.may_of(Operation::PlaceOrder, &account)?;
        check_hold(new.hold_minutes)?;
        let NewOrder { id, checkout, hold_minutes, metadata, same } = new;
        let Checkout { cart, r#use, codes, expect_discount } = checkout;
        let metadata = caller.wrote(metadata);
        let fingerprint = same.now;
        let placement =
            Placement { account, id, cart, r#use, codes, expect_discount, hold_minutes, metadata, fingerprint };
        let about = About::checkout(&placement.r#use, &placement.codes);
        self.count_wrong_codes(caller, &placement.account, Some(&placement.id), &placement.codes)
            .await
            .map_err(|error| error.about(about.clone()))?;
        let place =
            |key, form: Form| self.engine.place(Placement { fingerprint: form.of(same), ..placement.clone() }, key);
        let placed = done_once(key, place).await;
        let Placement { account, cart, r#use, codes, .. } = placement;
        let asked = cart.clone();
        self.or_quoted(placed, about, cart, move |reader| reader.quote(&account, &asked, &r#use, &codes)).await
    }

    /// Gives a placed order another cart or other coupons, at once or not at all.
    ///
    /// Errors: `not_found`, `too_many_attempts`, `quote_changed` with a new quote, and those of coupons.
    pub async fn revise_order(
        &self,
        caller: &Caller,
        (account, order): (AccountId, OrderId),
        checkout: Checkout,
        key: Option<Keyed>,
    ) -> Result<Done<Order>, NotDone> {
        caller.may_of(Operation::ReviseOrder, &account)?;
        let Checkout { cart, r#use, codes, expect_discount } = checkout;
        let revision = Revision { account, order, cart, r#use, codes, expect_discount };
        let about = About::checkout(&revision.r#use, &revision.codes);
        self.count_wrong_codes(caller, &revision.account, None, &revision.codes)
            .await
            .map_err(|error| error.about(about.clone()))?;
        let revised = done_once(key, |key, _| self.engine.revise(revision.clone(), key)).await;
        let Revision { account, order, cart, r#use, codes, .. } = revision;
        let asked = cart.clone();
        let quote = move |reader: &mut Reader<'_>| reader.quote_instead_of(&account, &order, &asked, &r#use, &codes);
        self.or_quoted(revised, about, cart, quote).await
    }

    /// A checkout's order; where others changed what it would cost, the refusal with what it would cost now.
    async fn or_quoted(
        &self,
        result: Result<Receipt, EngineError>,
        about: About,
        cart: Cart,
        quote: impl FnOnce(&mut Reader<'_>) -> Result<QuoteAnswer, EngineError> + Send + 'static,
    ) -> Result<Done<Order>, NotDone> {
        let mut error = match result {
            Ok(receipt) => return Done::from(receipt, done::order),
            Err(error) => NotDone::from(error).about(about),
        };
        if matches!(error.reason(), Some(Reason::QuoteChanged { .. })) {
            error.quote = Some(Box::new((cart, self.read(quote).await?)));
        }
        Err(error)
    }
}
