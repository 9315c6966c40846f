//! What a replay can't see is found by the backend: each of these was missed once.

mod harness;

use harness::{Disk, commit, writer};
use rusqlite::Connection;
use scrip_sqlite::SqliteStore;
use scrip_store::Store;

/// What is found in a file of three batches after a statement was run on it.
fn found_after(damage: &str) -> Vec<String> {
    let disk = Disk::new();
    let store = disk.open();
    let mut writer = writer(&store);
    for _ in 0..3 {
        commit(&mut *writer);
    }
    drop((writer, store));
    let connection = Connection::open(&disk.path).expect("opens");
    connection.pragma_update(None, "foreign_keys", false).expect("a setting");
    connection.execute_batch(damage).expect("damages");
    drop(connection);
    let store = SqliteStore::open_read_only(&disk.path).expect("opens");
    let mut snapshot = store.snapshot().expect("reads");
    snapshot.contradictions(&[]).expect("reads")
}

#[test]
fn a_whole_file_contradicts_itself_nowhere() {
    assert_eq!(found_after(""), Vec::<String>::new());
    assert_eq!(
        found_after("CREATE INDEX mine ON coupon (account)"),
        Vec::<String>::new(),
        "what somebody added is theirs"
    );
}

#[test]
fn columns_that_differ_from_their_frame_are_found() {
    for damage in ["at_us = at_us + 1", "hash = zeroblob(32)", "last_position = last_position + 1", "bucket = 1"] {
        let found = found_after(&format!("UPDATE journal SET {damage} WHERE first_position = 2"));
        assert!(found.iter().any(|text| text.contains("the journal's row at 2")), "{damage}: {found:?}");
    }
}

#[test]
fn rows_of_a_bucket_that_is_not_there_are_found() {
    let found = found_after("UPDATE document SET bucket = 1");
    assert!(found.iter().any(|text| text.starts_with("document: 1 rows")), "{found:?}");
}

#[test]
fn postings_of_no_entry_and_with_gaps_are_found() {
    let posting = "INSERT INTO ledger_posting (bucket, position, number, ledger_account, amount, campaign)
        VALUES (0, 1, 1, 'funder:platform', 5, 'cmp_1')";
    let found = found_after(posting);
    assert!(found.iter().any(|text| text.contains("belongs to none of ledger_entry")), "{found:?}");
    assert!(found.iter().any(|text| text.contains("numbered from 0")), "{found:?}");
}

#[test]
fn a_changed_schema_is_found() {
    let found = found_after(
        "PRAGMA writable_schema = on;
        UPDATE sqlite_schema SET sql = replace(sql, 'discount >= 0', 'discount >= 1') WHERE name = 'redemption'",
    );
    assert!(found.iter().any(|text| text.contains("redemption") && text.starts_with("schema")), "{found:?}");
}
