//! What of the tables for people doesn't follow from their descriptions: what belongs together, changes, and lists with filters.

use std::collections::{BTreeMap, BTreeSet};

use scrip_core::{
    id::{CampaignId, CouponId, Uid},
    money::Amount,
    name::{AccountId, LineId, OrderId, RefundName, SellerId, SourceName},
    status::OrderStatus,
};

use crate::{
    StoreError,
    people::{Change, DistributionRow, OrderCursor, OrderFilter, OrderRow, Row, Tables, redemption},
};

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
        let order_of = |row: &Row| row.order().map(|(account, order)| (account.clone(), order.clone()));
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
        if let Some(change) = self.put(row) {
            self.change(change);
        }
    }

    fn change(&mut self, change: Change) {
        match change {
            Change::CampaignGone(id) => drop(self.campaigns.remove(&(id,))),
            Change::CouponState { coupon, state, order, held_until } => {
                if let Some(row) = self.coupons.get_mut(&(coupon,)) {
                    (row.state, row.order, row.held_until) = (state, order, held_until);
                }
            }
            Change::CouponGone(id) => drop(self.coupons.remove(&(id,))),
            Change::OrderEmptied { account, order } => {
                // Before every name: an order's rows begin there.
                let (line, seller) = (LineId::stored(""), SellerId::stored(""));
                empty(&mut self.order_lines, &(account.clone(), order.clone(), line));
                empty(&mut self.order_transactions, &(account, order, seller));
            }
            Change::Redemption { account, order, coupon, discount, state } => {
                if let Some(row) = self.redemptions.get_mut(&(account, order, coupon)) {
                    (row.discount, row.state) = (discount.unwrap_or(row.discount), state.unwrap_or(row.state));
                }
            }
            Change::RefundMetadata { account, order, refund, metadata } => {
                if let Some(row) = self.refunds.get_mut(&(account, order, refund)) {
                    row.metadata = metadata;
                }
            }
        }
    }

    pub fn coupon_owner(&self, coupon: CouponId) -> Option<AccountId> {
        self.coupons.get(&(coupon,)).map(|row| row.account.clone())
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
        let lapsed = row.status == OrderStatus::Placed && row.hold_expires_at <= filter.now;
        let status = if lapsed { OrderStatus::Cancelled } else { row.status };
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

    pub fn distribution(&self, campaign: Option<CampaignId>) -> Vec<DistributionRow> {
        type Group<'a> = (CampaignId, &'static str, Option<&'a SourceName>);
        let mut groups: BTreeMap<Group<'_>, (u64, u64, u64, Amount)> = BTreeMap::new();
        for row in self.coupons.values() {
            groups.entry((row.campaign, row.channel.as_str(), row.source.as_ref())).or_default().0 += 1;
        }
        for row in self.redemptions.values().filter(|row| row.state != redemption::State::Released) {
            let group = groups.entry((row.campaign, row.channel.as_str(), row.source.as_ref())).or_default();
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
        self.coupons.get(&(coupon,)).cloned().map(Row::Coupon)
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
}
