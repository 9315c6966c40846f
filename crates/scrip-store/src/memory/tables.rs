use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Bound,
};

use scrip_core::{
    id::{CampaignId, CouponId, Uid},
    money::Amount,
    name::{AccountId, LineId, OrderId, RefundName, SellerId, SourceName},
    slot::Bucket,
};

use crate::{
    StoreError,
    people::{
        CampaignRow, CodeRow, CouponRow, DistributionRow, LedgerEntryRow, OrderCursor, OrderFilter, OrderLineRow,
        OrderRow, OrderTransactionRow, RedemptionRow, RefundRow, Row, TableBesideAccounts,
    },
};

/// The tables for people, each by its key.
#[derive(Clone, Debug, Default)]
pub struct Tables {
    campaigns: BTreeMap<CampaignId, CampaignRow>,
    coupons: BTreeMap<CouponId, CouponRow>,
    orders: BTreeMap<(AccountId, OrderId), OrderRow>,
    order_lines: BTreeMap<(AccountId, OrderId, LineId), OrderLineRow>,
    order_transactions: BTreeMap<(AccountId, OrderId, SellerId), OrderTransactionRow>,
    redemptions: BTreeMap<(AccountId, OrderId, CouponId), RedemptionRow>,
    refunds: BTreeMap<(AccountId, OrderId, RefundName), RefundRow>,
    ledger_entries: BTreeMap<(Bucket, u64), LedgerEntryRow>,
    codes: BTreeMap<(CampaignId, u64, u32), CodeRow>,
}

/// The keys of one order's rows.
fn of_order<N: Ord + Clone, R>(
    table: &BTreeMap<(AccountId, OrderId, N), R>,
    first: &(AccountId, OrderId, N),
) -> Vec<(AccountId, OrderId, N)> {
    let of_order = |key: &&(AccountId, OrderId, N)| (&key.0, &key.1) == (&first.0, &first.1);
    table.range(first..).map(|(key, _)| key).take_while(of_order).cloned().collect()
}

/// Removes the rows of one order.
fn empty<N: Ord + Clone, R>(table: &mut BTreeMap<(AccountId, OrderId, N), R>, first: &(AccountId, OrderId, N)) {
    for key in of_order(table, first) {
        table.remove(&key);
    }
}

fn page<K: Ord, R: Clone>(table: &BTreeMap<K, R>, after: Option<K>, limit: usize, row: fn(R) -> Row) -> Vec<Row> {
    let from = after.map_or(Bound::Unbounded, Bound::Excluded);
    table.range((from, Bound::Unbounded)).take(limit).map(|(_, found)| row(found.clone())).collect()
}

impl Tables {
    /// Every row keeps its invariants, and what belongs to an order has one: there already or among these rows.
    ///
    /// Errors: [`StoreError::Damaged`], naming the first that doesn't.
    pub fn check(&self, rows: &[Row]) -> Result<(), StoreError> {
        let damaged = |what: String| Err(StoreError::Damaged { what });
        for row in rows {
            if let Some(broken) = row.contradiction() {
                return damaged(format!("{broken}: {row:?}"));
            }
        }
        let order_of = |row: &Row| match row {
            Row::OrderLine(row) => Some((row.account.clone(), row.order.clone())),
            Row::OrderTransaction(row) => Some((row.account.clone(), row.order.clone())),
            Row::Redemption(row) => Some((row.account.clone(), row.order.clone())),
            Row::Refund(row) => Some((row.account.clone(), row.order.clone())),
            _ => None,
        };
        let new: BTreeSet<_> = rows
            .iter()
            .filter_map(|row| match row {
                Row::Order(row) => Some((row.account.clone(), row.id.clone())),
                _ => None,
            })
            .collect();
        match rows.iter().filter_map(order_of).find(|key| !self.orders.contains_key(key) && !new.contains(key)) {
            Some(key) => damaged(format!("a row belongs to order {key:?}, which has no row")),
            None => Ok(()),
        }
    }

    /// Upserts the rows in their order. A change of a row that isn't there changes nothing.
    pub fn write(&mut self, rows: &[Row]) {
        for row in rows {
            self.write_row(row.clone());
        }
    }

    /// One of them.
    pub fn write_row(&mut self, row: Row) {
        match row {
            Row::Campaign(row) => drop(self.campaigns.insert(row.id, row)),
            Row::CampaignGone(id) => drop(self.campaigns.remove(&id)),
            Row::Coupon(row) => drop(self.coupons.insert(row.id, row)),
            Row::CouponState { coupon, state, order, held_until } => {
                if let Some(row) = self.coupons.get_mut(&coupon) {
                    (row.state, row.order, row.held_until) = (state, order, held_until);
                }
            }
            Row::CouponGone(id) => drop(self.coupons.remove(&id)),
            Row::OrderEmptied { account, order } => {
                // Before every name: an order's rows begin there.
                let (line, seller) = (LineId::stored(""), SellerId::stored(""));
                empty(&mut self.order_lines, &(account.clone(), order.clone(), line));
                empty(&mut self.order_transactions, &(account, order, seller));
            }
            Row::Order(row) => drop(self.orders.insert((row.account.clone(), row.id.clone()), row)),
            Row::OrderLine(row) => {
                self.order_lines.insert((row.account.clone(), row.order.clone(), row.line.clone()), row);
            }
            Row::OrderTransaction(row) => {
                self.order_transactions.insert((row.account.clone(), row.order.clone(), row.seller.clone()), row);
            }
            Row::Redemption(row) => {
                self.redemptions.insert((row.account.clone(), row.order.clone(), row.coupon), row);
            }
            Row::RedemptionChanged { account, order, coupon, discount, state } => {
                if let Some(row) = self.redemptions.get_mut(&(account, order, coupon)) {
                    (row.discount, row.state) = (discount.unwrap_or(row.discount), state.unwrap_or(row.state));
                }
            }
            Row::Refund(row) => {
                self.refunds.insert((row.account.clone(), row.order.clone(), row.id.clone()), row);
            }
            Row::RefundMetadata { account, order, refund, metadata } => {
                if let Some(row) = self.refunds.get_mut(&(account, order, refund)) {
                    row.metadata = metadata;
                }
            }
            Row::LedgerEntry(row) => drop(self.ledger_entries.insert((row.bucket, row.position), row)),
            Row::Code(row) => drop(self.codes.insert((row.campaign, row.position, row.number), row)),
        }
    }

    /// Removes the row with this one's key.
    pub fn remove(&mut self, row: &Row) {
        match row {
            Row::Campaign(row) => drop(self.campaigns.remove(&row.id)),
            Row::Coupon(row) => drop(self.coupons.remove(&row.id)),
            Row::Order(row) => drop(self.orders.remove(&(row.account.clone(), row.id.clone()))),
            Row::OrderLine(row) => {
                self.order_lines.remove(&(row.account.clone(), row.order.clone(), row.line.clone()));
            }
            Row::OrderTransaction(row) => {
                self.order_transactions.remove(&(row.account.clone(), row.order.clone(), row.seller.clone()));
            }
            Row::Redemption(row) => {
                self.redemptions.remove(&(row.account.clone(), row.order.clone(), row.coupon));
            }
            Row::Refund(row) => drop(self.refunds.remove(&(row.account.clone(), row.order.clone(), row.id.clone()))),
            Row::LedgerEntry(row) => drop(self.ledger_entries.remove(&(row.bucket, row.position))),
            Row::Code(row) => drop(self.codes.remove(&(row.campaign, row.position, row.number))),
            // No rows, but what changes them.
            Row::CampaignGone(_)
            | Row::CouponState { .. }
            | Row::CouponGone(_)
            | Row::OrderEmptied { .. }
            | Row::RedemptionChanged { .. }
            | Row::RefundMetadata { .. } => {}
        }
    }

    pub fn coupon_owner(&self, coupon: CouponId) -> Option<AccountId> {
        self.coupons.get(&coupon).map(|row| row.account.clone())
    }

    pub fn orders(&self, filter: &OrderFilter, limit: usize) -> Vec<OrderCursor> {
        let mut cursors: Vec<OrderCursor> = self
            .orders
            .values()
            .filter(|row| self.is_wanted(row, filter))
            .map(|row| OrderCursor { placed_at: row.placed_at, account: row.account.clone(), order: row.id.clone() })
            .filter(|cursor| filter.after.as_ref().is_none_or(|after| cursor < after))
            .collect();
        cursors.sort_unstable_by(|one, other| other.cmp(one));
        cursors.truncate(limit);
        cursors
    }

    fn is_wanted(&self, row: &OrderRow, filter: &OrderFilter) -> bool {
        let lapsed = row.status == "placed" && row.hold_expires_at <= filter.now;
        let status = if lapsed { "cancelled" } else { row.status };
        let sells = |seller: &SellerId| {
            self.order_transactions.contains_key(&(row.account.clone(), row.id.clone(), seller.clone()))
        };
        filter.account.as_ref().is_none_or(|account| row.account == *account)
            && filter.seller.as_ref().is_none_or(sells)
            && filter.status.is_none_or(|wanted| status == wanted)
            && filter.id.as_ref().is_none_or(|id| row.id == *id)
            && filter.from.is_none_or(|from| row.placed_at >= from)
            && filter.until.is_none_or(|until| row.placed_at < until)
    }

    pub fn ledger_entries(&self, bucket: Bucket, after: u64, limit: usize) -> Vec<LedgerEntryRow> {
        let entries = self.ledger_entries.values();
        entries.filter(|row| row.bucket == bucket && row.position > after).take(limit).cloned().collect()
    }

    pub fn codes(&self, campaign: CampaignId, after: Option<(u64, u32)>, limit: usize) -> Vec<CodeRow> {
        let is_after = |row: &CodeRow| after.is_none_or(|after| (row.position, row.number) > after);
        let codes = self.codes.values();
        codes.filter(|row| row.campaign == campaign && is_after(row)).take(limit).cloned().collect()
    }

    pub fn distribution(&self, campaign: Option<CampaignId>) -> Vec<DistributionRow> {
        type Group<'a> = (CampaignId, &'a str, Option<&'a SourceName>);
        let mut groups: BTreeMap<Group<'_>, (u64, u64, u64, Amount)> = BTreeMap::new();
        for row in self.coupons.values() {
            groups.entry((row.campaign, row.channel, row.source.as_ref())).or_default().0 += 1;
        }
        for row in self.redemptions.values().filter(|row| row.state != "released") {
            let group = groups.entry((row.campaign, row.channel, row.source.as_ref())).or_default();
            let order = self.orders.get(&(row.account.clone(), row.order.clone()));
            if order.is_some_and(|order| order.paid_at.is_some()) {
                group.1 += 1;
                group.3 += row.discount - row.reversed;
            } else {
                group.2 += 1;
            }
        }
        groups
            .into_iter()
            .filter(|((id, ..), _)| campaign.is_none_or(|wanted| *id == wanted))
            .map(|((campaign, channel, source), (claimed, redeemed, on_unpaid, cost))| DistributionRow {
                campaign,
                channel: channel.to_owned(),
                source: source.cloned(),
                claimed,
                redeemed,
                on_unpaid,
                cost,
            })
            .collect()
    }

    pub fn of_coupon(&self, coupon: CouponId) -> Option<Row> {
        self.coupons.get(&coupon).cloned().map(Row::Coupon)
    }

    pub fn of_order(&self, account: &AccountId, order: &OrderId) -> Vec<Row> {
        let key = (account.clone(), order.clone());
        let mut rows: Vec<Row> = self.orders.get(&key).cloned().map(Row::Order).into_iter().collect();
        // The least that there can be: an order's rows begin there.
        let (line, seller) = (LineId::stored(""), SellerId::stored(""));
        let (refund, coupon) = (RefundName::stored(""), CouponId::from_uid(Uid::from_bytes([0; 16])));
        let lines = of_order(&self.order_lines, &(account.clone(), order.clone(), line));
        rows.extend(lines.iter().map(|key| Row::OrderLine(self.order_lines[key].clone())));
        let sellers = of_order(&self.order_transactions, &(account.clone(), order.clone(), seller));
        rows.extend(sellers.iter().map(|key| Row::OrderTransaction(self.order_transactions[key].clone())));
        let coupons = of_order(&self.redemptions, &(account.clone(), order.clone(), coupon));
        rows.extend(coupons.iter().map(|key| Row::Redemption(self.redemptions[key].clone())));
        let refunds = of_order(&self.refunds, &(account.clone(), order.clone(), refund));
        rows.extend(refunds.iter().map(|key| Row::Refund(self.refunds[key].clone())));
        rows
    }

    /// Rows of orders and what belongs to them, of accounts with `from <= account < to`; an empty `to` is no end.
    pub fn of_accounts(&self, from: &str, to: &str) -> Vec<Row> {
        let within = |account: &AccountId| account.as_str() >= from && (to.is_empty() || account.as_str() < to);
        let mut rows = Vec::new();
        rows.extend(self.orders.values().filter(|row| within(&row.account)).cloned().map(Row::Order));
        rows.extend(self.order_lines.values().filter(|row| within(&row.account)).cloned().map(Row::OrderLine));
        let transactions = self.order_transactions.values().filter(|row| within(&row.account));
        rows.extend(transactions.cloned().map(Row::OrderTransaction));
        rows.extend(self.redemptions.values().filter(|row| within(&row.account)).cloned().map(Row::Redemption));
        rows.extend(self.refunds.values().filter(|row| within(&row.account)).cloned().map(Row::Refund));
        rows
    }

    /// Rows of another table by their keys, those after `after`, at most `limit`.
    pub fn beside_accounts(&self, table: TableBesideAccounts, after: Option<&Row>, limit: usize) -> Vec<Row> {
        match table {
            TableBesideAccounts::Campaign => {
                let after = after.and_then(|row| if let Row::Campaign(row) = row { Some(row.id) } else { None });
                page(&self.campaigns, after, limit, Row::Campaign)
            }
            TableBesideAccounts::Coupon => {
                let after = after.and_then(|row| if let Row::Coupon(row) = row { Some(row.id) } else { None });
                page(&self.coupons, after, limit, Row::Coupon)
            }
            TableBesideAccounts::LedgerEntry => {
                let key = |row: &LedgerEntryRow| (row.bucket, row.position);
                let after = after.and_then(|row| if let Row::LedgerEntry(row) = row { Some(key(row)) } else { None });
                page(&self.ledger_entries, after, limit, Row::LedgerEntry)
            }
            TableBesideAccounts::Code => {
                let key = |row: &CodeRow| (row.campaign, row.position, row.number);
                let after = after.and_then(|row| if let Row::Code(row) = row { Some(key(row)) } else { None });
                page(&self.codes, after, limit, Row::Code)
            }
        }
    }

    /// The same rows as [`Tables::all`], without copying them.
    pub fn into_all(self) -> Vec<Row> {
        let mut rows = Vec::new();
        rows.extend(self.campaigns.into_values().map(Row::Campaign));
        rows.extend(self.coupons.into_values().map(Row::Coupon));
        rows.extend(self.orders.into_values().map(Row::Order));
        rows.extend(self.order_lines.into_values().map(Row::OrderLine));
        rows.extend(self.order_transactions.into_values().map(Row::OrderTransaction));
        rows.extend(self.redemptions.into_values().map(Row::Redemption));
        rows.extend(self.refunds.into_values().map(Row::Refund));
        rows.extend(self.ledger_entries.into_values().map(Row::LedgerEntry));
        rows.extend(self.codes.into_values().map(Row::Code));
        rows
    }

    /// Every row, table by table in the order of [`Row`], each table by its key.
    pub fn all(&self) -> Vec<Row> {
        self.clone().into_all()
    }
}
