//! How SQLite goes about the statements that list.

use rusqlite::Connection;
use scrip_store::people::TableName;

use super::statements;
use crate::schema;

/// An empty database of the newest schema.
pub(super) fn migrated() -> Connection {
    let mut connection = Connection::open_in_memory().expect("opens");
    schema::migrate_copy(&mut connection, &schema::runner()).expect("migrates");
    connection
}

/// What SQLite says, a line a step.
pub(super) fn plan(connection: &Connection, sql: &str) -> String {
    let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).expect("SQL");
    let mut rows = statement.raw_query();
    let mut plan = String::new();
    while let Some(row) = rows.next().expect("a plan") {
        plan += &row.get::<_, String>(3).expect("text");
        plan += "\n";
    }
    plan
}

fn assert_is_a_search(connection: &Connection, sql: &str) {
    let told = plan(connection, sql);
    assert!(told.starts_with("SEARCH") && told.lines().count() == 1, "{sql}: {told}");
}

#[test]
fn no_list_that_a_table_describes_reads_or_sorts_more_than_it_shows() {
    let connection = migrated();
    let mut lists = 0;
    for table in TableName::ALL {
        let shape = table.shape();
        for list in shape.lists {
            lists += 1;
            assert_is_a_search(&connection, &statements::page(&shape, list, false));
            assert_is_a_search(&connection, &statements::page(&shape, list, true));
        }
    }
    assert!(lists > 0);
}

#[test]
fn whole_tables_are_read_in_the_order_of_their_keys_and_sorted_never() {
    let connection = migrated();
    for table in TableName::ALL {
        let shape = table.shape();
        let told = plan(&connection, &statements::rows(&shape, false));
        let by_key = format!("SCAN {0} USING INDEX sqlite_autoindex_{0}_1\n", shape.name);
        assert_eq!(told, by_key, "a page ends it");
        assert_is_a_search(&connection, &statements::rows(&shape, true));
        if shape.is_by_account() {
            for (has_from, has_to) in [(true, false), (false, true), (true, true)] {
                assert_is_a_search(&connection, &statements::rows_of_accounts(&shape, has_from, has_to));
            }
        }
    }
    assert_is_a_search(&connection, &statements::postings());
}
