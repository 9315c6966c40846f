//! Tables that are made anew beside those that are shown, and table `made_by`.
//!
//! They are `rebuilt_<table>`, made from the text of the tables in the file, so that a description of a table stands in migrations alone.
//! When they have come as far, the two exchange the pages at which tables and indexes begin: names, texts and whatever refers to them stay
//! as the migrations made them, and it takes the same few milliseconds however large they are. To drop, rename and index anew would hold
//! up whoever writes for as long as it takes to read all of them. What was shown is then beside, and is deleted some rows at a time.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use rusqlite::{Connection, OptionalExtension as _, params};
use scrip_core::slot::Bucket;
use scrip_store::{
    MadeBy, Rebuild, StoreError, TableSet,
    people::{LedgerPostingRow, Table as _, TableName},
    sums::kept_by,
};

use crate::{error::during, people::prefix, position};

/// Rows that are deleted at once, and of one transaction. It ends before where it takes longer than this.
const CLEARED: usize = 32;
const CLEARED_MAX: usize = 512;
const CLEAR_AIM: Duration = Duration::from_millis(8);

const READING: &str = "reading by which rules tables were made";
const MAKING: &str = "making tables beside those that are shown";
const SHOWING: &str = "showing rebuilt tables";
const CLEARING: &str = "removing what is left beside the tables that are shown";

/// What a follower writes: what an order is before what belongs to it.
pub(crate) fn tables(follower: &str) -> Vec<&'static str> {
    match kept_by(follower) {
        Some(table) => vec![table.name],
        None => TableName::ALL.iter().map(|table| table.shape().name).chain([LedgerPostingRow::NAME]).collect(),
    }
}

/// What a table is called beside the one that is shown, and how far the follower's are.
pub(crate) fn beside(name: &str) -> String {
    format!("{}{name}", prefix(TableSet::Rebuilt))
}

pub(crate) fn made_by(connection: &Connection, follower: &str) -> Result<MadeBy, StoreError> {
    let sql = "SELECT revision, rebuilt FROM made_by WHERE follower = ?1";
    let read = || {
        let mut select = connection.prepare_cached(sql)?;
        select.query_row([follower], |row| Ok(MadeBy { shown: row.get(0)?, rebuilt: row.get(1)? })).optional()
    };
    read().map(Option::unwrap_or_default).map_err(during(READING))
}

fn write_made_by(connection: &Connection, follower: &str, made_by: MadeBy) -> rusqlite::Result<()> {
    let sql = "INSERT INTO made_by (follower, revision, rebuilt) VALUES (?1, ?2, ?3)
        ON CONFLICT DO UPDATE SET revision = excluded.revision, rebuilt = excluded.rebuilt";
    connection.execute(sql, params![follower, made_by.shown, made_by.rebuilt]).map(drop)
}

fn is_there(connection: &Connection, table: &str) -> rusqlite::Result<bool> {
    let sql = "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?1";
    connection.prepare_cached(sql)?.exists([table])
}

fn has_followed(connection: &Connection, follower: &str) -> rusqlite::Result<bool> {
    connection.prepare_cached("SELECT 1 FROM follower WHERE name = ?1")?.exists([follower])
}

/// Whether there is nothing to do: the tables that are shown are of this revision, and nothing is beside them.
pub(crate) fn is_over(connection: &Connection, follower: &str, revision: u32) -> Result<bool, StoreError> {
    if made_by(connection, follower)? != (MadeBy { shown: revision, rebuilt: None }) {
        return Ok(false);
    }
    let left = tables(follower).iter().map(|table| is_there(connection, &beside(table))).collect::<Result<Vec<_>, _>>();
    Ok(!left.map_err(during(READING))?.contains(&true))
}

/// In a transaction that writes, as [`scrip_store::Projection::rebuild`].
pub(crate) fn go_on(connection: &Connection, follower: &str, revision: u32) -> Result<Rebuild, StoreError> {
    let found = made_by(connection, follower)?;
    found.check(follower, revision)?;
    if found.rebuilt == Some(revision) && are_alike(connection, follower).map_err(during(READING))? {
        return Ok(Rebuild::Underway);
    }
    let shown = MadeBy { rebuilt: None, ..found };
    if found.rebuilt.is_some() {
        give_up(connection, follower, shown).map_err(during(CLEARING))?;
    }
    if !clear(connection, follower).map_err(during(CLEARING))? {
        return Ok(Rebuild::Clearing);
    }
    let begin = || {
        if found.shown == revision || !has_followed(connection, follower)? {
            write_made_by(connection, follower, MadeBy { shown: revision, rebuilt: None })?;
            return Ok(Rebuild::Over);
        }
        let all = tables(follower);
        connection.execute("DELETE FROM follower WHERE name = ?1", [beside(follower)])?;
        all.iter().try_for_each(|table| make(connection, table, &all))?;
        write_made_by(connection, follower, MadeBy { rebuilt: Some(revision), ..shown })?;
        Ok(Rebuild::Underway)
    };
    begin().map_err(during(MAKING))
}

/// Removes some of what is left beside the tables that are shown. Answers whether nothing is.
fn clear(connection: &Connection, follower: &str) -> rusqlite::Result<bool> {
    let (began, mut cleared) = (Instant::now(), 0);
    // What refers to another table goes before it.
    for table in tables(follower).iter().rev().map(|table| beside(table)) {
        if !is_there(connection, &table)? {
            continue;
        }
        // To drop a table is one step that reads all of it: only one that is empty is dropped.
        let sql =
            format!("DELETE FROM {table} WHERE rowid IN (SELECT rowid FROM {table} ORDER BY rowid DESC LIMIT ?1)");
        loop {
            match connection.prepare_cached(&sql)?.execute([CLEARED])? {
                0 => break,
                rows => cleared += rows,
            }
            if cleared >= CLEARED_MAX || began.elapsed() >= CLEAR_AIM {
                return Ok(false);
            }
        }
        connection.execute_batch(&format!("DROP TABLE {table}"))?;
    }
    Ok(true)
}

/// From here on what is beside the tables that are shown is only to be removed.
fn give_up(connection: &Connection, follower: &str, shown: MadeBy) -> rusqlite::Result<()> {
    connection.execute("DELETE FROM follower WHERE name = ?1", [beside(follower)])?;
    write_made_by(connection, follower, shown)
}

/// An empty table beside one that is shown, with all its indexes.
fn make(connection: &Connection, table: &str, all: &[&str]) -> rusqlite::Result<()> {
    let texts = texts(connection, table)?;
    let of_table = texts.iter().filter(|(name, _)| *name == table);
    let of_indexes = texts.iter().filter(|(name, _)| *name != table);
    of_table
        .chain(of_indexes)
        .try_for_each(|(name, text)| connection.execute_batch(&text_beside(table, name, text, all)))
}

/// A table's text and those of its indexes, by name.
fn texts(connection: &Connection, table: &str) -> rusqlite::Result<BTreeMap<String, String>> {
    let sql =
        "SELECT name, sql FROM sqlite_schema WHERE tbl_name = ?1 AND type IN ('table', 'index') AND sql IS NOT NULL";
    connection.prepare(sql)?.query_map([table], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
}

/// The text that makes the same beside it, as SQLite keeps it. What comes before the columns is a name or two, of an index whatever
/// somebody called it; a table refers to others of its follower alone.
fn text_beside(table: &str, name: &str, text: &str, all: &[&str]) -> String {
    let named = if name == table { text } else { after_the_name(text) };
    let columns = named.find('(').map_or("", |at| &named[at..]);
    if name != table {
        let unique = if text.starts_with("CREATE UNIQUE") { "UNIQUE " } else { "" };
        let quoted = beside(name).replace('"', "\"\"");
        return format!("CREATE {unique}INDEX \"{quoted}\" ON {} {columns}", beside(table));
    }
    let mut columns = columns.to_owned();
    for other in all {
        for written in [format!("REFERENCES \"{other}\" "), format!("REFERENCES {other} ")] {
            columns = columns.replace(&written, &format!("REFERENCES {} ", beside(other)));
        }
    }
    format!("CREATE TABLE {} {columns}", beside(table))
}

/// What follows an index's name in its text, which begins with `CREATE INDEX ` or `CREATE UNIQUE INDEX ` as SQLite writes it.
fn after_the_name(text: &str) -> &str {
    let named = text.split_once("INDEX ").map_or(text, |(_, named)| named);
    let closing = match named.chars().next() {
        Some('[') => ']',
        Some(quote @ ('"' | '`' | '\'')) => quote,
        _ => return named.find(char::is_whitespace).map_or("", |end| &named[end..]),
    };
    let mut rest = &named[1..];
    while let Some(end) = rest.find(closing) {
        rest = &rest[end + 1..];
        // Twice it stands for itself.
        match rest.strip_prefix(closing) {
            Some(more) if closing != ']' => rest = more,
            _ => return rest,
        }
    }
    ""
}

/// Whether the tables beside those that are shown have the columns, checks and indexes that those have: a migration or somebody may have
/// changed these meanwhile.
fn are_alike(connection: &Connection, follower: &str) -> rusqlite::Result<bool> {
    let all = tables(follower);
    for table in &all {
        let shown = texts(connection, table)?.into_iter();
        let expected = shown.map(|(name, text)| (beside(&name), text_beside(table, &name, &text, &all)));
        if !expected.collect::<BTreeMap<_, _>>().eq(&texts(connection, &beside(table))?) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// In a transaction that writes, as [`scrip_store::Projection::show_rebuilt`].
pub(crate) fn show(connection: &Connection, follower: &str) -> Result<bool, StoreError> {
    let found = made_by(connection, follower)?;
    let Some(rebuilt) = found.rebuilt else { return Err(none(follower)) };
    let bucket = Bucket::FIRST;
    if position::of(connection, &beside(follower), bucket)? < position::of(connection, follower, bucket)? {
        return Ok(false);
    }
    if !are_alike(connection, follower).map_err(during(READING))? {
        give_up(connection, follower, MadeBy { rebuilt: None, ..found }).map_err(during(SHOWING))?;
        return Ok(false);
    }
    let show = || {
        exchange(connection, &tables(follower))?;
        connection.execute("DELETE FROM follower WHERE name = ?1", [follower])?;
        connection.execute("UPDATE follower SET name = ?1 WHERE name = ?2", [follower, &beside(follower)])?;
        write_made_by(connection, follower, MadeBy { shown: rebuilt, rebuilt: None })
    };
    show().map_err(during(SHOWING))?;
    Ok(true)
}

/// Errors: [`StoreError::Conflict`] if none of the follower's tables are rebuilt.
pub(crate) fn check_underway(connection: &Connection, follower: &str) -> Result<(), StoreError> {
    made_by(connection, follower)?.rebuilt.map(drop).ok_or_else(|| none(follower))
}

fn none(follower: &str) -> StoreError {
    StoreError::Conflict { what: format!("no tables of the follower {follower} are rebuilt") }
}

/// Tables and their indexes, each with the one beside it, exchange the pages at which they begin.
fn exchange(connection: &Connection, tables: &[&str]) -> rusqlite::Result<()> {
    for table in tables {
        let (shown, rebuilt) = (begins(connection, table)?, begins(connection, &beside(table))?);
        let _editing = Editing::of(connection)?;
        let mut update = connection.prepare("UPDATE sqlite_schema SET rootpage = ?2 WHERE name = ?1")?;
        for (name, page) in &shown {
            let beside = partner(name);
            let page_beside = rebuilt.get(&beside).ok_or(rusqlite::Error::QueryReturnedNoRows)?;
            update.execute(params![name, page_beside])?;
            update.execute(params![beside, page])?;
        }
    }
    // Every connection, this one too, reads the schema anew.
    let version: i64 = connection.pragma_query_value(None, "schema_version", |row| row.get(0))?;
    connection.pragma_update(None, "schema_version", version + 1)
}

/// A table and its indexes by name, each with the page at which it begins.
fn begins(connection: &Connection, table: &str) -> rusqlite::Result<BTreeMap<String, i64>> {
    let sql = "SELECT name, rootpage FROM sqlite_schema WHERE tbl_name = ?1 AND type IN ('table', 'index')";
    connection.prepare(sql)?.query_map([table], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
}

/// What is beside a table, or beside one of its indexes: SQLite names that of a key after its table.
fn partner(name: &str) -> String {
    const OF_A_KEY: &str = "sqlite_autoindex_";
    name.strip_prefix(OF_A_KEY).map_or_else(|| beside(name), |rest| format!("{OF_A_KEY}{}", beside(rest)))
}

/// While it lives, SQLite's table of tables takes changes.
struct Editing<'c>(&'c Connection);

impl<'c> Editing<'c> {
    fn of(connection: &'c Connection) -> rusqlite::Result<Self> {
        connection.pragma_update(None, "writable_schema", true)?;
        Ok(Self(connection))
    }
}

impl Drop for Editing<'_> {
    fn drop(&mut self) {
        if let Err(error) = self.0.pragma_update(None, "writable_schema", false) {
            tracing::error!(%error, "the schema stays open to changes");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema;

    fn campaigns(connection: &Connection) -> Vec<String> {
        let mut select = connection.prepare_cached("SELECT name FROM campaign ORDER BY id").expect("SQL");
        select.query_map([], |row| row.get(0)).expect("reads").collect::<Result<_, _>>().expect("reads")
    }

    #[test]
    fn what_begins_elsewhere_is_seen_at_once_and_a_transaction_that_is_taken_back_changes_nothing() {
        let mut connection = Connection::open_in_memory().expect("opens");
        schema::migrate_copy(&mut connection, &schema::runner()).expect("migrates");
        let all = tables("people");
        all.iter().try_for_each(|table| make(&connection, table, &all)).expect("makes");
        let insert = |into: &str, name: &str| {
            let sql = format!("INSERT INTO {into} VALUES ('cmp_1', ?1, NULL, 'USD', 'draft', 1, '{{}}')");
            connection.execute(&sql, [name]).expect("a row");
        };
        insert("campaign", "old");
        insert("rebuilt_campaign", "new");
        assert_eq!(campaigns(&connection), ["old"]);
        for (end, found) in [("ROLLBACK", "old"), ("COMMIT", "new"), ("ROLLBACK", "new"), ("COMMIT", "old")] {
            connection.execute_batch("BEGIN IMMEDIATE").expect("begins");
            exchange(&connection, &all).expect("exchanges");
            connection.execute_batch(end).expect("ends");
            assert_eq!(campaigns(&connection), [found], "after {end}");
        }
        let checked: String = connection.query_row("PRAGMA integrity_check", [], |row| row.get(0)).expect("checks");
        assert_eq!(checked, "ok");
    }

    #[test]
    fn tables_beside_refer_to_each_other() {
        let mut connection = Connection::open_in_memory().expect("opens");
        schema::migrate_copy(&mut connection, &schema::runner()).expect("migrates");
        let all = tables("people");
        all.iter().try_for_each(|table| make(&connection, table, &all)).expect("makes");
        assert!(are_alike(&connection, "people").expect("reads"));
        let sql = "SELECT parent.\"table\" FROM sqlite_schema AS child, pragma_foreign_key_list(child.name) AS parent
            WHERE child.name LIKE 'rebuilt%'";
        let mut parents = connection.prepare(sql).expect("SQL");
        let parents: Vec<String> =
            parents.query_map([], |row| row.get(0)).expect("reads").collect::<Result<_, _>>().expect("reads");
        assert!(parents.len() > 5 && parents.iter().all(|parent| parent.starts_with("rebuilt_")), "{parents:?}");
    }
}
