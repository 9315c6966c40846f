//! Table `order_line`: the lines of orders, and what came back of each.

use scrip_core::{
    money::Amount,
    name::{AccountId, LineId, OrderId, ProductId, SellerId},
};

use super::table::{Table, columns};

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OrderLineRow {
    pub account: AccountId,
    pub order: OrderId,
    pub line: LineId,
    pub seller: SellerId,
    pub product: ProductId,
    pub unit_price: Amount,
    pub quantity: u32,
    pub on_sale: bool,
    pub discount: Amount,
    pub units_refunded: u32,
    pub cash_refunded: Amount,
}

impl Table for OrderLineRow {
    const NAME: &'static str = "order_line";
    const CALLED: &'static str = "order line";
    type Key = (AccountId, OrderId, LineId);

    columns! {
        account: "account",
        order: "order_id",
        line: "line",
        seller: "seller",
        product: "product",
        unit_price: "unit_price",
        quantity: "quantity",
        on_sale: "on_sale",
        discount: "discount",
        units_refunded: "units_refunded",
        cash_refunded: "cash_refunded",
    }

    fn key(&self) -> Self::Key {
        (self.account.clone(), self.order.clone(), self.line.clone())
    }

    fn account(&self) -> Option<&AccountId> {
        Some(&self.account)
    }

    fn order(&self) -> Option<(&AccountId, &OrderId)> {
        Some((&self.account, &self.order))
    }

    fn contradictions(&self) -> Vec<(bool, &'static str)> {
        let subtotal = i128::from(self.unit_price.minor()) * i128::from(self.quantity);
        let discount = i128::from(self.discount.minor());
        let left = subtotal - discount;
        vec![
            (self.quantity == 0, "a line has at least one unit"),
            (discount > subtotal, "a line's discount is at most its subtotal"),
            (self.units_refunded > self.quantity, "a line refunds at most its units"),
            (i128::from(self.cash_refunded.minor()) > left, "a line refunds at most what was paid for it"),
        ]
    }
}
