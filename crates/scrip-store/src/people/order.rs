//! Table `orders`.

use scrip_core::{
    metadata::Members,
    money::{Amount, Currency},
    name::{AccountId, OrderId, SellerId},
    order::RefundedOrder,
    status::OrderStatus,
    time::Timestamp,
};

use super::table::{Table, columns};

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OrderRow {
    pub account: AccountId,
    pub id: OrderId,
    pub currency: Currency,
    /// A placed one whose hold ran out is cancelled.
    pub status: OrderStatus,
    pub refunded: RefundedOrder,
    pub placed_at: Timestamp,
    pub hold_expires_at: Timestamp,
    pub paid_at: Option<Timestamp>,
    pub subtotal: Amount,
    pub shipping: Amount,
    pub discount: Amount,
    pub total: Amount,
    /// Whoever wrote it.
    pub metadata: Members,
}

impl Table for OrderRow {
    const NAME: &'static str = "orders";
    const CALLED: &'static str = "order";
    type Key = (AccountId, OrderId);

    columns! {
        account: "account",
        id: "id",
        currency: "currency",
        status: "status",
        refunded: "refunded",
        placed_at: "placed_at_us",
        hold_expires_at: "hold_expires_at_us",
        paid_at: "paid_at_us",
        subtotal: "subtotal",
        shipping: "shipping",
        discount: "discount",
        total: "total",
        metadata: "metadata",
    }

    fn key(&self) -> Self::Key {
        (self.account.clone(), self.id.clone())
    }

    fn account(&self) -> Option<&AccountId> {
        Some(&self.account)
    }

    fn contradictions(&self) -> Vec<(bool, &'static str)> {
        use OrderStatus::{Closed, Paid, Placed};
        let [subtotal, shipping, discount, total] =
            [self.subtotal, self.shipping, self.discount, self.total].map(|amount| i128::from(amount.minor()));
        let is_paid = self.paid_at.is_some();
        vec![
            (total != subtotal + shipping - discount, "an order's total is subtotal + shipping - discount"),
            (self.status == Placed && is_paid, "a placed order isn't paid"),
            (matches!(self.status, Paid | Closed) && !is_paid, "a paid order has a time of payment"),
            (self.refunded != RefundedOrder::None && !is_paid, "a refunded order was paid"),
        ]
    }
}

/// Which orders, newest first.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct OrderFilter {
    pub account: Option<AccountId>,
    /// Unique in an account only.
    pub id: Option<OrderId>,
    pub seller: Option<SellerId>,
    /// As of `now`.
    pub status: Option<OrderStatus>,
    /// Placed at this time or later.
    pub from: Option<Timestamp>,
    /// Placed before this time.
    pub until: Option<Timestamp>,
    pub now: Timestamp,
    /// Those that come after this one in the order of the list: (placed at, account, order), all descending.
    pub after: Option<OrderCursor>,
}

/// Where an order stands in lists.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct OrderCursor {
    pub placed_at: Timestamp,
    pub account: AccountId,
    pub order: OrderId,
}
