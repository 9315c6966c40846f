//! Table `refund`: money back.

use scrip_core::{
    metadata::Members,
    money::Amount,
    name::{AccountId, OrderId, RefundName},
    time::Timestamp,
};

use super::table::{Table, columns};

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RefundRow {
    pub account: AccountId,
    pub order: OrderId,
    pub id: RefundName,
    pub at: Timestamp,
    pub amount: Amount,
    pub goods: Amount,
    pub shipping: Amount,
    /// Whoever wrote it.
    pub metadata: Members,
}

impl Table for RefundRow {
    const NAME: &'static str = "refund";
    const CALLED: &'static str = "refund";
    type Key = (AccountId, OrderId, RefundName);

    columns! {
        account: "account",
        order: "order_id",
        id: "id",
        at: "at_us",
        amount: "amount",
        goods: "goods",
        shipping: "shipping",
        metadata: "metadata",
    }

    fn key(&self) -> Self::Key {
        (self.account.clone(), self.order.clone(), self.id.clone())
    }

    fn account(&self) -> Option<&AccountId> {
        Some(&self.account)
    }

    fn order(&self) -> Option<(&AccountId, &OrderId)> {
        Some((&self.account, &self.order))
    }

    fn contradictions(&self) -> Vec<(bool, &'static str)> {
        let parts = i128::from(self.goods.minor()) + i128::from(self.shipping.minor());
        vec![(i128::from(self.amount.minor()) != parts, "a refund is its goods and its shipping")]
    }
}
