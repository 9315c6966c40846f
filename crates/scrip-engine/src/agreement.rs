//! Whether the tables for people say what the API says: rows against the documents that answers are made of.
//!
//! Nothing of the follower that writes them is used: a row that it forgets to write, or writes wrongly, is found here, where a replay
//! makes the same mistake again.

use std::collections::BTreeMap;

use scrip_core::{
    id::CouponId,
    money::Amount,
    name::{AccountId, IndividualId, OrderId},
    order::{Order, OrderCouponState, RefundPage, TransactionState},
    state::Aggregate,
    wallet::{Coupon, CouponState},
};
use scrip_store::people::{
    CouponRow, OrderLineRow, OrderRow, OrderTransactionRow, RedemptionRow, RefundRow, Row, Word as _, coupon::OfOrder,
};

/// One order in the tables for people.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct OrderRows {
    pub order: Option<OrderRow>,
    pub lines: Vec<OrderLineRow>,
    pub transactions: Vec<OrderTransactionRow>,
    pub redemptions: Vec<RedemptionRow>,
    pub refunds: Vec<RefundRow>,
}

/// All rows of orders and coupons, by what they are about.
#[derive(Clone, Debug, Default)]
pub struct Rows {
    pub orders: BTreeMap<(AccountId, OrderId), OrderRows>,
    pub coupons: BTreeMap<CouponId, CouponRow>,
}

impl Rows {
    pub fn of<'r>(rows: impl Iterator<Item = &'r Row>) -> Self {
        let mut found = Self::default();
        for row in rows {
            found.add(row.clone());
        }
        found
    }

    pub(crate) fn add(&mut self, row: Row) {
        match row {
            Row::Order(row) => {
                let of_order = self.order(&row.account, &row.id);
                of_order.order = Some(row);
            }
            Row::OrderLine(row) => self.order(&row.account, &row.order).lines.push(row),
            Row::OrderTransaction(row) => self.order(&row.account, &row.order).transactions.push(row),
            Row::Redemption(row) => self.order(&row.account, &row.order).redemptions.push(row),
            Row::Refund(row) => self.order(&row.account, &row.order).refunds.push(row),
            Row::Coupon(row) => drop(self.coupons.insert(row.id, row)),
            Row::Campaign(_) | Row::LedgerEntry(_) | Row::Code(_) | Row::Change(_) => {}
        }
    }

    fn order(&mut self, account: &AccountId, order: &OrderId) -> &mut OrderRows {
        self.orders.entry((account.clone(), order.clone())).or_default()
    }

    /// What doesn't agree with an order, in words.
    pub fn of_order(&self, order: &Order) -> Vec<String> {
        match self.orders.get(&(order.account.clone(), order.id.clone())) {
            Some(rows) => rows.compared(order),
            None => vec![format!("order {}/{}: not in the tables", order.account.encoded(), order.id.encoded())],
        }
    }

    /// What doesn't agree with a coupon in its account's wallet, in words.
    pub fn of_coupon(&self, account: &AccountId, individual: &IndividualId, coupon: &Coupon) -> Option<String> {
        let Some(row) = self.coupons.get(&coupon.id) else {
            return Some(format!("coupon {}: not in the tables", coupon.id));
        };
        let known = |order: &OrderId| OfOrder::Known(order.clone());
        let (state, order, held_until) = match &coupon.state {
            CouponState::Valid => ("valid", OfOrder::None, None),
            CouponState::Inactive { order, held_until } => ("inactive", known(order), *held_until),
            CouponState::Used { order } => ("used", known(order), None),
            CouponState::UsedBefore => ("used", OfOrder::Elsewhere, None),
            CouponState::Reclaimed => ("reclaimed", OfOrder::None, None),
            CouponState::Pending => ("pending", OfOrder::None, None),
        };
        let same = (&row.account, &row.individual, row.campaign) == (account, individual, coupon.campaign)
            && (row.claimed_at, row.starts_at, row.expires_at)
                == (coupon.claimed_at, coupon.starts_at, coupon.expires_at)
            && (row.channel, &row.source) == (coupon.channel, &coupon.source)
            && (row.state.word(), &row.order, row.held_until) == (state, &order, held_until);
        (!same).then(|| format!("coupon {}: its row says {row:?}, the wallet {coupon:?}", coupon.id))
    }
}

/// The rows, asked document by document; at the end those remain that no document stands for.
pub(crate) struct Asked {
    rows: Rows,
    /// Of each wallet's head, by its key: the pages that follow don't say it.
    individuals: BTreeMap<Vec<u8>, IndividualId>,
    /// Orders whose pages of refunds follow, by the beginning of their keys, with those that came.
    unread: BTreeMap<Vec<u8>, (Order, Vec<RefundPage>)>,
}

impl Asked {
    pub fn new(rows: Rows) -> Self {
        Self { rows, individuals: BTreeMap::new(), unread: BTreeMap::new() }
    }

    /// Compares what a document is told as, in order of kind: a wallet's head before its pages.
    pub fn compare(&mut self, key: &[u8], document: &Aggregate) -> Vec<String> {
        let account = key.split(|&byte| byte == 0).next().unwrap_or(key);
        match document {
            Aggregate::Order(order) if order.has_all_refunds() => self.compare_order(order),
            Aggregate::Order(order) => {
                let prefix = [order.account.as_str().as_bytes(), &[0], order.id.as_str().as_bytes(), &[0]].concat();
                self.unread.insert(prefix, (order.clone(), Vec::new()));
                Vec::new()
            }
            Aggregate::RefundPage(page) => self.refund_page(key, page),
            Aggregate::Wallet(wallet) => {
                self.individuals.insert(account.to_vec(), wallet.individual.clone());
                self.compare_coupons(account, &wallet.live)
            }
            Aggregate::WalletPage(page) => self.compare_coupons(account, &page.live),
            Aggregate::History(page) => self.compare_coupons(account, &page.coupons),
            // No others tell of orders or coupons; of every row [`Rows::add`] says whether it does.
            _ => Vec::new(),
        }
    }

    fn compare_order(&mut self, order: &Order) -> Vec<String> {
        let found = self.rows.of_order(order);
        self.rows.orders.remove(&(order.account.clone(), order.id.clone()));
        found
    }

    /// Compares the order with the last of its pages.
    fn refund_page(&mut self, key: &[u8], page: &RefundPage) -> Vec<String> {
        let prefix = &key[..key.len().saturating_sub(size_of::<u32>())];
        let Some((order, pages)) = self.unread.get_mut(prefix) else {
            return vec![format!("{} refunds are of no order", page.refunds.len())];
        };
        pages.push(page.clone());
        if pages.len() < order.refund_pages.len() {
            return Vec::new();
        }
        let Some((order, pages)) = self.unread.remove(prefix) else { return Vec::new() };
        self.compare_order(&order.with_refunds_of(&pages))
    }

    fn compare_coupons(&mut self, key: &[u8], coupons: &[Coupon]) -> Vec<String> {
        let account = std::str::from_utf8(key).ok().map(AccountId::stored);
        let (Some(account), Some(individual)) = (account, self.individuals.get(key)) else {
            return vec![format!("{} coupons are in no wallet", coupons.len())];
        };
        let mut found = Vec::new();
        for coupon in coupons {
            found.extend(self.rows.of_coupon(&account, individual, coupon));
            self.rows.coupons.remove(&coupon.id);
        }
        found
    }

    /// Rows that no document stands for, in words, but those of accounts that weren't asked for.
    pub fn left(self, is_asked: impl Fn(&AccountId) -> bool) -> impl Iterator<Item = String> {
        let Rows { mut orders, mut coupons } = self.rows;
        orders.retain(|(account, _), _| is_asked(account));
        coupons.retain(|_, row| is_asked(&row.account));
        let named = |(account, order): (AccountId, OrderId)| format!("order {}/{}", account.encoded(), order.encoded());
        let orders = orders.into_keys().map(named);
        let coupons = coupons.into_keys().map(|coupon| format!("coupon {coupon}"));
        orders.chain(coupons).map(|what| format!("{what}: in the tables, but the API knows nothing of it"))
    }
}

impl OrderRows {
    /// What doesn't agree with the order as the API shows it, in words.
    pub fn compared(&self, order: &Order) -> Vec<String> {
        let mut found = Found { order, problems: Vec::new() };
        self.compare_order(&mut found);
        self.compare_lines(&mut found);
        self.compare_transactions(&mut found);
        self.compare_redemptions(&mut found);
        self.compare_refunds(&mut found);
        found.problems
    }

    fn compare_order(&self, found: &mut Found<'_>) {
        let order = found.order;
        let Some(row) = &self.order else { return found.says("its row", "nothing", "an order") };
        let figures = order.figures();
        let told = [row.subtotal, row.shipping, row.discount, row.total];
        let shown = [figures.subtotal, figures.shipping, figures.discount, figures.total];
        found.same("subtotal, shipping, discount, total", told, shown);
        // A placed order's row says so until somebody writes down that its hold ran out; readers look at the clock.
        found.same("the status", row.status, order.status(order.placed_at));
        found.same("what is refunded", row.refunded, order.refunded());
        found.same("the currency", row.currency, order.cart.currency());
        let times = (order.placed_at, order.hold_expires_at, order.paid_at);
        found.same("its metadata", &row.metadata, &order.metadata.all());
        found.same("its times", (row.placed_at, row.hold_expires_at, row.paid_at), times);
    }

    fn compare_lines(&self, found: &mut Found<'_>) {
        let order = found.order;
        let figures = order.figures();
        found.same("its lines", self.lines.len(), order.cart.lines().len());
        for ((line, of), money) in order.cart.lines().iter().zip(&figures.lines).zip(&order.lines) {
            let Some(row) = self.lines.iter().find(|row| row.line == line.id) else {
                found.says(&format!("line {}", line.id), "nothing", "a line");
                continue;
            };
            let what = format!("line {}: seller, product, price, quantity, on sale", line.id);
            let told = (&row.seller, &row.product, row.unit_price, row.quantity, row.on_sale);
            found.same(&what, told, (&line.seller, &line.product, line.unit_price, line.quantity, line.on_sale));
            found.same(&format!("line {}: the discount", line.id), row.discount, of.discount);
            let told = (row.units_refunded, row.cash_refunded);
            found.same(&format!("line {}: units and cash refunded", line.id), told, (money.units, money.cash));
        }
    }

    fn compare_transactions(&self, found: &mut Found<'_>) {
        let order = found.order;
        found.same("its transactions", self.transactions.len(), order.transactions.len());
        for (index, transaction) in order.transactions.iter().enumerate() {
            let row = self.transactions.iter().find(|row| row.seller == transaction.seller);
            let shown = match order.transaction_state(index, order.placed_at) {
                TransactionState::Open => "open",
                TransactionState::Closed => "closed",
                TransactionState::Refunded => "refunded",
                TransactionState::Cancelled => "cancelled",
            };
            found.same(&format!("seller {}", transaction.seller), row.map(|row| row.state.word()), Some(shown));
            let placed_at = row.map(|row| row.placed_at);
            found.same(&format!("when of seller {}", transaction.seller), placed_at, Some(order.placed_at));
        }
    }

    /// Rows of coupons that a revision took off stay; they are released.
    fn compare_redemptions(&self, found: &mut Found<'_>) {
        let order = found.order;
        for coupon in &order.coupons {
            let shown = match coupon.state {
                OrderCouponState::Held => "held",
                OrderCouponState::Used => "used",
                OrderCouponState::Returned => "returned",
                OrderCouponState::Released | OrderCouponState::Lapsed => "released",
            };
            let row = self.redemptions.iter().find(|row| row.coupon == coupon.id());
            let told = row.map(|row| (row.campaign, row.discount, row.state.word()));
            let shown = Some((coupon.applied.campaign, coupon.applied.discount, shown));
            found.same(&format!("coupon {}: campaign, discount, state", coupon.id()), told, shown);
        }
        let others = self.redemptions.iter().filter(|row| order.coupons.iter().all(|on| on.id() != row.coupon));
        for row in others {
            found.same(&format!("coupon {}, which isn't on it", row.coupon), row.state.word(), "released");
        }
        let reversed: Amount = self.redemptions.iter().map(|row| row.reversed).sum();
        let refunded: Amount =
            order.refunds.iter().flat_map(|refund| &refund.campaigns).map(|(_, amount)| *amount).sum();
        found.same("what refunds reversed", reversed, refunded);
    }

    fn compare_refunds(&self, found: &mut Found<'_>) {
        let order = found.order;
        found.same("its refunds", self.refunds.len(), order.refunds.len());
        for refund in &order.refunds {
            let row = self.refunds.iter().find(|row| row.id == refund.id);
            let told = row.map(|row| (row.at, row.amount, row.goods, row.shipping));
            let shown = Some((refund.at, refund.amount, refund.goods, refund.amount - refund.goods));
            found.same(&format!("refund {}: time, amount, goods, shipping", refund.id), told, shown);
            let told = row.map(|row| row.metadata.clone());
            found.same(&format!("refund {}: its metadata", refund.id), told, Some(refund.metadata.all()));
        }
    }
}

struct Found<'o> {
    order: &'o Order,
    problems: Vec<String>,
}

impl Found<'_> {
    #[expect(clippy::needless_pass_by_value, reason = "figures just put together, each in the words of its own side")]
    fn same<T: PartialEq + std::fmt::Debug>(&mut self, what: &str, told: T, shown: T) {
        if told != shown {
            self.says(what, &format!("{told:?}"), &format!("{shown:?}"));
        }
    }

    fn says(&mut self, what: &str, told: &str, shown: &str) {
        let Order { account, id, .. } = self.order;
        let order = format!("{}/{}", account.encoded(), id.encoded());
        self.problems.push(format!("order {order}: {what}: the tables say {told}, the API {shown}"));
    }
}
