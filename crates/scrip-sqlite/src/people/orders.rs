//! Lists of orders across accounts, with filters.

use rusqlite::{Connection, params};
use scrip_core::status::OrderStatus;
use scrip_store::{
    StoreError,
    people::{OrderCursor, OrderFilter},
};

use crate::column::{bound, column, limit as sql_limit};

/// Newest first. A page reads about as many rows as it has, however many there are, but where filters beside the leading one
/// leave few.
pub(crate) fn list(
    connection: &Connection,
    filter: &OrderFilter,
    limit: usize,
) -> Result<Vec<OrderCursor>, StoreError> {
    let query = Query::of(filter);
    let after = filter.after.as_ref();
    let params = params![
        bound(&filter.account),
        bound(&filter.id),
        bound(&filter.seller),
        bound(&filter.status),
        bound(&filter.now),
        bound(&filter.from),
        bound(&filter.until),
        after.map(|after| bound(&after.placed_at)),
        after.map(|after| bound(&after.account)),
        after.map(|after| bound(&after.order)),
        sql_limit(limit),
    ];
    super::read(connection, "listing orders", &query.sql(), params, |row| {
        Ok(OrderCursor { placed_at: column(row, 0)?, account: column(row, 1)?, order: column(row, 2)? })
    })
}

/// What leads through the table: the narrowest of what is asked for, whose index then gives the list's order.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Lead {
    /// The one order of an account that has the id, by the primary key.
    One,
    Account,
    Id,
    Seller,
    Status,
    Time,
}

/// A statement that names only the conditions that are asked for: one that a parameter switches off would hide an index from
/// SQLite. Parameters by number: 1 account, 2 id, 3 seller, 4 status, 5 now, 6 from, 7 until, 8 to 10 after, 11 limit.
struct Query<'a> {
    filter: &'a OrderFilter,
    lead: Lead,
}

impl<'a> Query<'a> {
    fn of(filter: &'a OrderFilter) -> Self {
        let lead = match filter {
            OrderFilter { account: Some(_), id: Some(_), .. } => Lead::One,
            OrderFilter { account: Some(_), .. } => Lead::Account,
            OrderFilter { id: Some(_), .. } => Lead::Id,
            // Few orders are unpaid, whoever sells.
            OrderFilter { seller: Some(_), status: Some(OrderStatus::Placed), .. } => Lead::Status,
            OrderFilter { seller: Some(_), .. } => Lead::Seller,
            OrderFilter { status: Some(_), .. } => Lead::Status,
            _ => Lead::Time,
        };
        Self { filter, lead }
    }

    fn sql(&self) -> String {
        // Each branch has the order of the list and the page's length, so that none is read to its end.
        let branches: Vec<String> = match self.filter.status {
            Some(OrderStatus::Placed) => vec![self.branch("= 'placed'", " AND orders.hold_expires_at_us > ?5")],
            Some(OrderStatus::Cancelled) => vec![
                self.branch("= 'cancelled'", ""),
                self.branch("= 'placed'", " AND orders.hold_expires_at_us <= ?5"),
            ],
            Some(OrderStatus::Paid | OrderStatus::Closed) => vec![self.branch("= ?4", "")],
            None => vec![self.branch("", "")],
        };
        match &branches[..] {
            [one] => one.clone(),
            several => {
                let several: Vec<String> = several.iter().map(|branch| format!("SELECT * FROM ({branch})")).collect();
                several.join(" UNION ALL ") + " ORDER BY 1 DESC, 2 DESC, 3 DESC LIMIT ?11"
            }
        }
    }

    fn branch(&self, status: &str, more: &str) -> String {
        let filter = self.filter;
        let of_order = ["orders.placed_at_us", "orders.account", "orders.id"];
        let (from, [at, account, id]) = match self.lead {
            Lead::One => ("orders", of_order),
            Lead::Account => ("orders INDEXED BY orders_by_account", of_order),
            Lead::Id => ("orders INDEXED BY orders_by_id", of_order),
            Lead::Status => ("orders INDEXED BY orders_by_status", of_order),
            Lead::Time => ("orders INDEXED BY orders_by_time", of_order),
            Lead::Seller => (
                "order_transaction AS part INDEXED BY order_transaction_by_seller
                    CROSS JOIN orders ON orders.account = part.account AND orders.id = part.order_id",
                ["part.placed_at_us", "part.account", "part.order_id"],
            ),
        };
        let mut sql = format!("SELECT {at}, {account}, {id} FROM {from} WHERE TRUE{more}");
        if filter.account.is_some() {
            sql += " AND orders.account = ?1";
        }
        if filter.id.is_some() {
            sql += " AND orders.id = ?2";
        }
        match (&filter.seller, self.lead) {
            (None, _) => {}
            (Some(_), Lead::Seller) => sql += " AND part.seller = ?3",
            (Some(_), _) => {
                sql += " AND EXISTS (SELECT 1 FROM order_transaction part
                    WHERE part.account = orders.account AND part.order_id = orders.id AND part.seller = ?3)";
            }
        }
        // The plus keeps SQLite from taking another index than the leading one.
        let plus = if self.lead == Lead::One { "+" } else { "" };
        if !status.is_empty() {
            sql += &format!(" AND {plus}orders.status {status}");
        }
        if filter.from.is_some() {
            sql += &format!(" AND {plus}{at} >= ?6");
        }
        if filter.until.is_some() {
            sql += &format!(" AND {plus}{at} < ?7");
        }
        if filter.after.is_some() {
            sql += &format!(" AND ({plus}{at}, {account}, {id}) < (?8, ?9, ?10)");
        }
        sql + &format!(" ORDER BY {at} DESC, {account} DESC, {id} DESC LIMIT ?11")
    }
}

#[cfg(test)]
mod tests {
    use scrip_core::{
        name::{AccountId, OrderId, SellerId},
        time::Timestamp,
    };

    use super::*;
    use crate::people::plans::{migrated, plan};

    #[test]
    fn no_list_of_orders_reads_or_sorts_more_than_it_shows() {
        let connection = migrated();
        let account = || Some(AccountId::new("ana").expect("a name"));
        let id = || Some(OrderId::new("A-1").expect("a name"));
        let seller = || Some(SellerId::new("luma").expect("a name"));
        let now = Timestamp::default();
        let after =
            || Some(OrderCursor { placed_at: now, account: account().expect("one"), order: id().expect("one") });
        let every = OrderFilter::default;
        let wanted = [
            (every(), "orders_by_time"),
            (OrderFilter { from: Some(now), until: Some(now), ..every() }, "orders_by_time (placed_at_us>?"),
            (OrderFilter { id: id(), ..every() }, "orders_by_id (id=?"),
            (OrderFilter { id: id(), seller: seller(), ..every() }, "orders_by_id (id=?"),
            (OrderFilter { seller: seller(), ..every() }, "order_transaction_by_seller (seller=?"),
            (
                OrderFilter { seller: seller(), from: Some(now), ..every() },
                "order_transaction_by_seller (seller=? AND placed_at_us>?",
            ),
            (
                OrderFilter { seller: seller(), status: Some(OrderStatus::Closed), ..every() },
                "order_transaction_by_seller (seller=?",
            ),
            (OrderFilter { status: Some(OrderStatus::Paid), ..every() }, "orders_by_status (status=?"),
            (
                OrderFilter { status: Some(OrderStatus::Placed), seller: seller(), ..every() },
                "orders_by_status (status=?",
            ),
            (OrderFilter { status: Some(OrderStatus::Cancelled), ..every() }, "orders_by_status (status=?"),
            (OrderFilter { account: account(), id: id(), ..every() }, "sqlite_autoindex_orders_1 (account=? AND id=?"),
            (
                OrderFilter { account: account(), status: Some(OrderStatus::Paid), from: Some(now), ..every() },
                "orders_by_account (account=? AND placed_at_us>?",
            ),
            (OrderFilter { account: account(), seller: seller(), ..every() }, "orders_by_account (account=?"),
            (OrderFilter { account: account(), ..every() }, "orders_by_account (account=?"),
        ];
        for (filter, index) in wanted {
            for filter in [filter.clone(), OrderFilter { after: after(), ..filter }] {
                let told = plan(&connection, &Query::of(&filter).sql());
                assert!(told.contains(index), "{filter:?}: {told}");
                let scans = told.lines().filter(|line| line.starts_with("SCAN") && !line.contains("orders_by_time"));
                let scans: Vec<&str> = scans.filter(|line| !line.contains("subquery")).collect();
                assert!(scans.is_empty(), "{filter:?}: {told}");
                // The two halves of what is cancelled are, each no longer than a page.
                let sorts = told.contains("TEMP B-TREE");
                let may_sort = filter.status == Some(OrderStatus::Cancelled);
                assert!(!sorts || may_sort, "{filter:?}: {told}");
            }
        }
    }
}
