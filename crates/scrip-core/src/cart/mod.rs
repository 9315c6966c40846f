//! Carts: checked once, then trusted.

mod line;

use std::collections::HashSet;

use minicbor::{Decode, Encode};

pub use line::{Line, Shipping};

use crate::{
    money::{Amount, Currency},
    name::SellerId,
    reason::{Reason, Refusal},
};

/// The most lines of a cart.
pub const LINES_MAX: usize = 500;
/// The most units of a line.
pub const QUANTITY_MAX: u32 = 999_999;
const CATEGORIES_MAX: usize = 50;

/// What somebody is about to buy. One that exists has 1 to 500 lines with distinct ids, quantities from 1 to 999,999,
/// shipping only for sellers in it, and sums within [`Amount::MAX`].
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(map)]
pub struct Cart {
    #[n(0)]
    currency: Currency,
    #[n(1)]
    lines: Vec<Line>,
    #[n(2)]
    shipping: Vec<Shipping>,
}

impl Cart {
    /// Errors: `invalid_field` with a pointer below `/cart` and the limit; `amount_out_of_range` for sums above 10^15.
    pub fn new(currency: Currency, lines: Vec<Line>, shipping: Vec<Shipping>) -> Result<Self, Refusal> {
        if lines.is_empty() || lines.len() > LINES_MAX {
            return Err(Refusal::invalid("/cart/lines", format!("1 to {LINES_MAX} lines")));
        }
        let mut ids = HashSet::with_capacity(lines.len());
        for (index, line) in lines.iter().enumerate() {
            if !ids.insert(&line.id) {
                return Err(Refusal::invalid(format!("/cart/lines/{index}/id"), "each line id once"));
            }
            if !(1..=QUANTITY_MAX).contains(&line.quantity) {
                return Err(Refusal::invalid(
                    format!("/cart/lines/{index}/quantity"),
                    format!("an integer from 1 to {QUANTITY_MAX}"),
                ));
            }
            if line.categories.len() > CATEGORIES_MAX {
                return Err(Refusal::invalid(
                    format!("/cart/lines/{index}/categories"),
                    format!("at most {CATEGORIES_MAX} categories"),
                ));
            }
        }
        let sellers: HashSet<&SellerId> = lines.iter().map(|line| &line.seller).collect();
        let mut shipped = HashSet::with_capacity(shipping.len().min(sellers.len()));
        for (index, entry) in shipping.iter().enumerate() {
            let pointer = || format!("/cart/shipping/{index}/seller");
            if !sellers.contains(&entry.seller) {
                return Err(Refusal::invalid(pointer(), "a seller with a line in the cart"));
            }
            if !shipped.insert(&entry.seller) {
                return Err(Refusal::invalid(pointer(), "each seller once"));
            }
        }
        let mut total = Amount::ZERO;
        for line in &lines {
            let amount = line.unit_price.checked_mul(line.quantity);
            total = amount
                .and_then(|amount| total.checked_add(amount))
                .map_err(|_| Refusal::at("/cart/lines", Reason::AmountOutOfRange))?;
        }
        for entry in &shipping {
            total =
                total.checked_add(entry.amount).map_err(|_| Refusal::at("/cart/shipping", Reason::AmountOutOfRange))?;
        }
        Ok(Self { currency, lines, shipping })
    }

    pub const fn currency(&self) -> Currency {
        self.currency
    }

    pub fn lines(&self) -> &[Line] {
        &self.lines
    }

    pub fn shipping(&self) -> &[Shipping] {
        &self.shipping
    }

    /// The sellers, in the order of their first lines.
    pub fn sellers(&self) -> Vec<&SellerId> {
        let mut seen = HashSet::with_capacity(self.lines.len());
        self.lines.iter().map(|line| &line.seller).filter(|seller| seen.insert(*seller)).collect()
    }

    /// All lines and all shipping. Within an amount, as [`Self::new`] checked.
    pub fn total(&self) -> Amount {
        let lines = self.lines.iter().map(Line::amount);
        lines.chain(self.shipping.iter().map(|entry| entry.amount)).sum()
    }

    pub fn shipping_of(&self, seller: &SellerId) -> Amount {
        self.shipping.iter().find(|entry| entry.seller == *seller).map_or(Amount::ZERO, |entry| entry.amount)
    }

    /// One seller's group: "Buy all from this seller" (S21). `None` if the cart has nothing from it.
    pub fn only_seller(&self, seller: &SellerId) -> Option<Self> {
        let lines: Vec<Line> = self.lines.iter().filter(|line| line.seller == *seller).cloned().collect();
        let shipping = self.shipping.iter().filter(|entry| entry.seller == *seller).cloned().collect();
        (!lines.is_empty()).then_some(Self { currency: self.currency, lines, shipping })
    }

    /// The cart without one seller's group; `None` if nothing is left.
    pub fn without_sellers(&self, gone: &[&SellerId]) -> Option<Self> {
        let lines: Vec<Line> = self.lines.iter().filter(|line| !gone.contains(&&line.seller)).cloned().collect();
        let shipping = self.shipping.iter().filter(|entry| !gone.contains(&&entry.seller)).cloned().collect();
        (!lines.is_empty()).then_some(Self { currency: self.currency, lines, shipping })
    }
}
