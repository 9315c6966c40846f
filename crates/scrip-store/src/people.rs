//! The tables for people: plain rows for lists, reports, the console and anyone's SQL. Decisions never read them.
//!
//! A table is described once, in a file of its own: the struct of its rows, its [`Table`] with name, key, columns and what no row may say,
//! and the words of its columns as enums. The list below makes of all of them [`Row`], [`TableName`] and [`Tables`]; backends derive their
//! statements from [`Shape`]. A follower of the journal writes a row whole (an upsert by its key), or a [`Change`] of rows that are there.

pub mod campaign;
mod change;
pub mod code;
pub mod coupon;
mod distribution;
mod keyed;
mod ledger_entry;
mod order;
mod order_line;
pub mod order_transaction;
pub mod redemption;
mod refund;
mod table;
mod tables;
mod value;
mod word;

use std::collections::BTreeMap;

use scrip_core::{
    id::CampaignId,
    name::{AccountId, OrderId, encoded},
};

use self::tables::tables;
pub use self::{
    campaign::CampaignRow,
    change::Change,
    code::CodeRow,
    coupon::CouponRow,
    distribution::DistributionRow,
    ledger_entry::{LedgerEntryRow, LedgerPostingRow},
    order::{OrderCursor, OrderFilter, OrderRow},
    order_line::OrderLineRow,
    order_transaction::OrderTransactionRow,
    redemption::RedemptionRow,
    refund::RefundRow,
    table::{Key, List, Page, Shape, Table},
    value::{Column, Stored, Unreadable, Value},
    word::Word,
};

// Each table: what it is called here, the type of its rows, and the field of [`Tables`] that has them.
tables! {
    Campaign(CampaignRow) campaigns;
    Coupon(CouponRow) coupons;
    Order(OrderRow) orders;
    OrderLine(OrderLineRow) order_lines;
    OrderTransaction(OrderTransactionRow) order_transactions;
    Redemption(RedemptionRow) redemptions;
    Refund(RefundRow) refunds;
    LedgerEntry(LedgerEntryRow) ledger_entries;
    Code(CodeRow) codes;
}

impl Row {
    /// Which invariant the row breaks, if any: a second belt behind the core, loud when it is hit.
    pub fn contradiction(&self) -> Option<&'static str> {
        self.contradictions().into_iter().find(|(broken, _)| *broken).map(|(_, what)| what)
    }

    /// What stands in the columns of its key; of a change, nothing.
    pub fn key(&self) -> Vec<Value<'static>> {
        self.values(self.table().map_or(&[], |table| table.shape().key()))
    }

    /// What stands in these columns of its table.
    pub fn values(&self, columns: &[&str]) -> Vec<Value<'static>> {
        let names = self.table().map_or(&[][..], |table| table.shape().columns);
        let mut all = Vec::new();
        self.write(&mut |value| all.push(value.into_owned()));
        let place = |column: &&str| names.iter().position(|known| known == column);
        columns.iter().filter_map(place).map(|place| all[place].clone()).collect()
    }

    /// What people call this row. Ids in it are percent-encoded: `a/b` with order `c` isn't `a` with order `b/c`.
    pub fn called(&self) -> String {
        let Some(table) = self.table() else { return format!("{self:?}") };
        let part = |value| match value {
            Value::Text(text) => encoded(&text).to_string(),
            Value::Integer(number) => number.to_string(),
            other => format!("{other:?}"),
        };
        let key: Vec<String> = self.key().into_iter().map(part).collect();
        format!("{} {}", table.shape().called, key.join("/"))
    }
}

impl From<Change> for Row {
    fn from(change: Change) -> Self {
        Self::Change(change)
    }
}

impl Tables {
    /// Every row, table by table in the order of [`TableName`], each table by its key.
    pub fn all(&self) -> Vec<Row> {
        self.clone().into_all()
    }
}
