//! Placing and revising an order: codes count against guessing first, and what the cart would cost by now is told where that
//! changed meanwhile.

use scrip_core::{
    cart::{Cart, Line, Shipping},
    code::EnteredCode,
    id::CouponId,
    idempotency::Holder,
    metadata::Members,
    money::{Amount, Currency},
    name::{AccountId, OrderId},
    reason::Reason,
};
use scrip_engine::{EngineError, Placement, QuoteAnswer, Reader, Receipt, Revision, Use};
use serde::Serialize;

use super::orders::{check_hold, order_done};
use crate::{
    attempts::About,
    callers::Caller,
    desk::Desk,
    done::Done,
    idempotency::{Form, IdempotencyKey, Sameness, done_once},
    not_done::NotDone,
    rights::Operation,
    visibility::SeenOrder,
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
}

/// What a checkout asks for, with nothing left to fill in: by it one that is sent again is known. Databases hold hashes of its JSON,
/// an array of these in this order: none may change, and none be added.
#[derive(Serialize)]
struct Completed<'c>(CompletedCart<'c>, Option<&'c [CouponId]>, Vec<&'c str>, Option<Amount>);

#[derive(Serialize)]
struct CompletedCart<'c> {
    currency: Currency,
    lines: &'c [Line],
    shipping: &'c [Shipping],
}

impl Checkout {
    fn completed(&self) -> Completed<'_> {
        let (currency, lines, shipping) = (self.cart.currency(), self.cart.lines(), self.cart.shipping());
        // `None`: the best combination.
        let coupons = if let Use::Named(coupons) = &self.r#use { Some(&coupons[..]) } else { None };
        let codes = self.codes.iter().map(|code| code.text.as_str()).collect();
        Completed(CompletedCart { currency, lines, shipping }, coupons, codes, self.expect_discount)
    }
}

impl NewOrder {
    /// By what an order of the same id is known as this one. Metadata as it was given: what is changed later is no part of it.
    fn same(&self, as_asked: &impl Serialize) -> Sameness {
        let asked = (&self.id, self.checkout.completed(), self.hold_minutes);
        if self.metadata.is_empty() {
            Sameness::of(&asked, as_asked)
        } else {
            Sameness::of(&(asked, &self.metadata), as_asked)
        }
    }

    /// By what an idempotency key's use for it is known: the account, which is in the path, is part of that.
    fn same_of(&self, account: &AccountId, as_asked: &impl Serialize) -> Sameness {
        let (id, completed, minutes) = (&self.id, self.checkout.completed(), self.hold_minutes);
        let asked = (account, as_asked);
        if self.metadata.is_empty() {
            Sameness::of(&(account, id, completed, minutes), &asked)
        } else {
            Sameness::of(&(account, ((id, completed, minutes), &self.metadata)), &asked)
        }
    }
}

impl Desk {
    /// Places an order. The same again under its id is answered as it is now. `as_asked` is what earlier versions noted `key`,
    /// and the order's id, with.
    ///
    /// Errors: `invalid_field` at `/hold_minutes`, `too_many_attempts`, `order_exists`, `quote_changed` with a new quote, and
    /// those of coupons.
    pub async fn place_order(
        &self,
        caller: &Caller,
        account: AccountId,
        new: NewOrder,
        key: &IdempotencyKey,
        as_asked: &impl Serialize,
    ) -> Result<Done<SeenOrder>, NotDone> {
        caller.may_of(Operation::PlaceOrder, &account)?;
        check_hold(new.hold_minutes)?;
        let key = key.used_for(Holder::Account(account.clone()), || new.same_of(&account, as_asked));
        let same = new.same(as_asked);
        let NewOrder { id, checkout, hold_minutes, metadata } = new;
        let Checkout { cart, r#use, codes, expect_discount } = checkout;
        let metadata = caller.wrote(metadata);
        let fingerprint = same.now;
        let placement =
            Placement { account, id, cart, r#use, codes, expect_discount, hold_minutes, metadata, fingerprint };
        let about = About::checkout(&placement.r#use, &placement.codes);
        self.guesses
            .count_wrong_codes(caller, &placement.account, Some(&placement.id), &placement.codes)
            .await
            .map_err(|error| error.about(about.clone()))?;
        let place =
            |key, form: Form| self.engine.place(Placement { fingerprint: form.of(same), ..placement.clone() }, key);
        let placed = done_once(key, place).await;
        let Placement { account, cart, r#use, codes, .. } = placement;
        let asked = cart.clone();
        self.or_quoted(caller, placed, about, cart, move |reader| reader.quote(&account, &asked, &r#use, &codes)).await
    }

    /// Gives a placed order another cart or other coupons, at once or not at all. `as_asked` is what earlier versions noted `key`
    /// with.
    ///
    /// Errors: `not_found`, `too_many_attempts`, `quote_changed` with a new quote, and those of coupons.
    pub async fn revise_order(
        &self,
        caller: &Caller,
        (account, order): (AccountId, OrderId),
        checkout: Checkout,
        key: &IdempotencyKey,
        as_asked: &impl Serialize,
    ) -> Result<Done<SeenOrder>, NotDone> {
        caller.may_of(Operation::ReviseOrder, &account)?;
        let same = || Sameness::of(&(&account, &order, checkout.completed()), &(&account, &order, as_asked));
        let key = key.used_for(Holder::Account(account.clone()), same);
        let Checkout { cart, r#use, codes, expect_discount } = checkout;
        let revision = Revision { account, order, cart, r#use, codes, expect_discount };
        let about = About::checkout(&revision.r#use, &revision.codes);
        self.guesses
            .count_wrong_codes(caller, &revision.account, None, &revision.codes)
            .await
            .map_err(|error| error.about(about.clone()))?;
        let revised = done_once(key, |key, _| self.engine.revise(revision.clone(), key)).await;
        let Revision { account, order, cart, r#use, codes, .. } = revision;
        let asked = cart.clone();
        let quote = move |reader: &mut Reader<'_>| reader.quote_instead_of(&account, &order, &asked, &r#use, &codes);
        self.or_quoted(caller, revised, about, cart, quote).await
    }

    /// A checkout's order; where others changed what it would cost, the refusal with what it would cost now.
    async fn or_quoted(
        &self,
        caller: &Caller,
        result: Result<Receipt, EngineError>,
        about: About,
        cart: Cart,
        quote: impl FnOnce(&mut Reader<'_>) -> Result<QuoteAnswer, EngineError> + Send + 'static,
    ) -> Result<Done<SeenOrder>, NotDone> {
        let mut error = match result {
            Ok(receipt) => return order_done(caller, receipt),
            Err(error) => NotDone::from(error).about(about),
        };
        if matches!(error.reason(), Some(Reason::QuoteChanged { .. })) {
            error.quote = Some(Box::new((cart, self.read(quote).await?)));
        }
        Err(error)
    }
}

#[cfg(test)]
mod tests {
    use scrip_core::{
        code::{CodeText, SecretNumber},
        id::CodeHash,
    };
    use serde_json::json;

    use super::*;

    fn checkout() -> Checkout {
        let line = json!({"id": "l1", "seller": "luma", "product": "lamp", "unit_price": 3_000, "quantity": 2});
        let shipping = json!({"seller": "luma", "amount": 500});
        let lines = vec![serde_json::from_value(line).expect("a line")];
        let shipping = vec![serde_json::from_value(shipping).expect("shipping")];
        let currency = "USD".parse().expect("a currency");
        let text = CodeText::typed("save10").expect("a code");
        Checkout {
            cart: Cart::new(currency, lines, shipping).expect("a cart"),
            r#use: Use::Named(Vec::new()),
            codes: vec![EnteredCode { hash: CodeHash::from_bytes([0; 16]), secret: SecretNumber::FIRST, text }],
            expect_discount: None,
        }
    }

    fn order(metadata: serde_json::Value) -> NewOrder {
        let metadata = serde_json::from_value(metadata).expect("metadata");
        NewOrder { id: OrderId::new("A").expect("an id"), checkout: checkout(), hold_minutes: 30, metadata }
    }

    fn noted(same: Sameness) -> String {
        same.now.map(|byte| format!("{byte:02x}")).concat()
    }

    /// Databases hold these.
    #[test]
    fn checkouts_are_hashed_as_they_were() {
        let ana = AccountId::new("ana").expect("a name");
        let (plain, with) = (order(json!({})), order(json!({"a": "b"})));
        assert_eq!(noted(plain.same(&())), "90778685912be6164560fc11c38bb7a6");
        assert_eq!(noted(with.same(&())), "ccb2858d4209411d58bf16b59a334847");
        assert_eq!(noted(plain.same_of(&ana, &())), "c23b9caf2c6af46b5790356235e33a2b");
        assert_eq!(noted(with.same_of(&ana, &())), "b8445b099c9fc59ca25d6af9eaa36c21");
        let revised = Sameness::of(&(&ana, &plain.id, plain.checkout.completed()), &());
        assert_eq!(noted(revised), "2ae455879512ec5d448211c1ecb055ab");
    }
}
