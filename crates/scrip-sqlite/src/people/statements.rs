//! The statements that follow from a table's description. Those that write are made once; those that read, once a page.

use std::sync::LazyLock;

use scrip_store::{
    TableSet,
    people::{LedgerPostingRow, List, Shape, TableName},
};

use super::prefix;

/// What writes a table's rows.
pub(super) struct Writing {
    pub upsert: String,
    pub upserting: String,
}

impl Writing {
    fn of(set: TableSet, shape: &Shape) -> Self {
        let Shape { columns, .. } = shape;
        let name = format!("{}{}", prefix(set), shape.name);
        let key = shape.key();
        let changed: Vec<String> =
            columns[key.len()..].iter().map(|column| format!("{column} = excluded.{column}")).collect();
        let upsert = format!(
            "INSERT INTO {name} ({}) VALUES ({}) ON CONFLICT ({}) DO UPDATE SET {}",
            columns.join(", "),
            marks(columns),
            key.join(", "),
            changed.join(", ")
        );
        Self { upsert, upserting: format!("writing a row of the table {name}") }
    }

    pub fn of_table(set: TableSet, table: TableName) -> &'static Self {
        &Written::of(set).tables[table as usize]
    }

    /// Of the table beside [`TableName::LedgerEntry`].
    pub fn of_postings(set: TableSet) -> &'static Self {
        &Written::of(set).postings
    }
}

/// The statements of a set of tables.
struct Written {
    tables: Vec<Writing>,
    postings: Writing,
}

impl Written {
    fn of(set: TableSet) -> &'static Self {
        static SHOWN: LazyLock<Written> = LazyLock::new(|| Written::new(TableSet::Shown));
        static REBUILT: LazyLock<Written> = LazyLock::new(|| Written::new(TableSet::Rebuilt));
        match set {
            TableSet::Shown => &SHOWN,
            TableSet::Rebuilt => &REBUILT,
        }
    }

    fn new(set: TableSet) -> Self {
        Self {
            tables: TableName::ALL.iter().map(|table| Writing::of(set, &table.shape())).collect(),
            postings: Writing::of(set, &Shape::of::<LedgerPostingRow>()),
        }
    }
}

fn marks(columns: &[&str]) -> String {
    vec!["?"; columns.len()].join(", ")
}

fn select(shape: &Shape) -> String {
    format!("SELECT {} FROM {}", shape.columns.join(", "), shape.name)
}

/// Rows by their keys. Parameters: a key that they come after, if they come after one; how many.
pub(super) fn rows(shape: &Shape, are_after_one: bool) -> String {
    let (key, marks) = (shape.key().join(", "), marks(shape.key()));
    let bound = if are_after_one { format!(" WHERE ({key}) > ({marks})") } else { String::new() };
    format!("{}{bound} ORDER BY {key} LIMIT ?", select(shape))
}

/// Rows of accounts by their keys. Parameters: the bounds that there are.
pub(super) fn rows_of_accounts(shape: &Shape, has_from: bool, has_to: bool) -> String {
    let bound = match (has_from, has_to) {
        (false, false) => "",
        (false, true) => " WHERE account < ?",
        (true, false) => " WHERE account >= ?",
        (true, true) => " WHERE account >= ? AND account < ?",
    };
    format!("{}{bound} ORDER BY {}", select(shape), shape.key().join(", "))
}

/// Rows of a list. Parameters: in what they are alike; where they come after, if they come after one; how many.
pub(super) fn page(shape: &Shape, list: &List, is_after_one: bool) -> String {
    let (order, direction) = (shape.order(list), if list.newest_first { " DESC" } else { "" });
    let mut bounds: Vec<String> = list.of.iter().map(|column| format!("{column} = ?")).collect();
    if is_after_one {
        let beyond = if list.newest_first { "<" } else { ">" };
        bounds.push(format!("({}) {beyond} ({})", order.join(", "), marks(&order)));
    }
    let bounds = if bounds.is_empty() { String::new() } else { format!(" WHERE {}", bounds.join(" AND ")) };
    let order: Vec<String> = order.iter().map(|column| format!("{column}{direction}")).collect();
    format!("{}{bounds} ORDER BY {} LIMIT ?", select(shape), order.join(", "))
}

/// Postings by their keys. Parameters: bucket and position of the first entry and of the last.
pub(super) fn postings() -> String {
    let bounds = "(bucket, position) >= (?1, ?2) AND (bucket, position) <= (?3, ?4)";
    format!("{} WHERE {bounds} ORDER BY bucket, position, number", select(&Shape::of::<LedgerPostingRow>()))
}
