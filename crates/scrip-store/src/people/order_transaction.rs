//! Table `order_transaction`: one seller's part of an order.

use scrip_core::{
    name::{AccountId, OrderId, SellerId},
    time::Timestamp,
};

use super::{
    table::{Table, columns},
    word::words,
};

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OrderTransactionRow {
    pub account: AccountId,
    pub order: OrderId,
    pub seller: SellerId,
    pub state: State,
    /// As of its order: what a seller's list is ordered by.
    pub placed_at: Timestamp,
}

words! {
    State {
        Open = "open",
        Closed = "closed",
        Refunded = "refunded",
        Cancelled = "cancelled",
    }
}

impl Table for OrderTransactionRow {
    const NAME: &'static str = "order_transaction";
    const CALLED: &'static str = "transaction";
    type Key = (AccountId, OrderId, SellerId);

    columns! {
        account: "account",
        order: "order_id",
        seller: "seller",
        state: "state",
        placed_at: "placed_at_us",
    }

    fn key(&self) -> Self::Key {
        (self.account.clone(), self.order.clone(), self.seller.clone())
    }

    fn account(&self) -> Option<&AccountId> {
        Some(&self.account)
    }

    fn order(&self) -> Option<(&AccountId, &OrderId)> {
        Some((&self.account, &self.order))
    }
}
