//! Tables that were made anew beside those that are shown leave a file as a fresh one is.

mod harness;

use std::collections::BTreeMap;

use harness::{Disk, FOLLOWER, commit, coupon, follow, writer};
use rusqlite::Connection;
use scrip_core::slot::Bucket;
use scrip_sqlite::SqliteStore;
use scrip_store::{Followed, Projection, Rebuild, Store, people::Row};

/// More than are removed at once.
const MANY: u64 = 1_700;

/// A file whose follower has many rows by rules of revision 1.
fn filled(disk: &Disk) -> SqliteStore {
    let store = disk.open();
    let mut projection = projection(&store);
    assert_eq!(projection.rebuild(1).expect("nothing was followed"), Rebuild::Over);
    assert_eq!(commit(&mut *writer(&store)), 1);
    projection.write(&followed(1, MANY)).expect("follows");
    store
}

/// The first batch, of which these are the coupons.
fn followed(first: u64, last: u64) -> Followed {
    let rows = (first..=last).map(|number| Row::Coupon(coupon(number))).collect();
    Followed { bucket: Bucket::FIRST, from: 0, to: 1, rows, added: Vec::new() }
}

fn projection(store: &SqliteStore) -> Box<dyn Projection> {
    store.projection(FOLLOWER).expect("open for writing")
}

/// What newer rules make of it: others, and one less.
fn made() -> Followed {
    followed(10_001, 10_000 + MANY - 1)
}

fn coupons(store: &SqliteStore) -> usize {
    store.snapshot().expect("reads").all_rows().expect("reads").len()
}

/// Names and texts of all tables and indexes.
fn schema(store: &SqliteStore) -> BTreeMap<String, Option<String>> {
    let connection = Connection::open(store.path()).expect("opens");
    let mut select = connection.prepare("SELECT type || ' ' || name, sql FROM sqlite_schema").expect("SQL");
    let found = select.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).expect("reads");
    found.collect::<Result<_, _>>().expect("reads")
}

/// Until nothing is left beside the tables that are shown. Answers in how many transactions.
fn cleared(projection: &mut dyn Projection, revision: u32) -> usize {
    (0..).find(|_| projection.rebuild(revision).expect("clears") != Rebuild::Clearing).expect("it ends")
}

#[test]
fn a_file_whose_tables_were_rebuilt_has_the_schema_of_a_fresh_one() {
    let (disk, other) = (Disk::new(), Disk::new());
    let (store, fresh) = (filled(&disk), other.open());
    assert_eq!(coupons(&store) as u64, MANY);
    let mut projection = projection(&store);
    for revision in 2..4 {
        assert_eq!(projection.rebuild(revision).expect("of older rules"), Rebuild::Underway);
        assert_ne!(schema(&store), schema(&fresh), "tables are beside the others");
        projection.write_rebuilt(&made()).expect("follows");
        assert!(projection.show_rebuilt().expect("as far"));
        assert_eq!(coupons(&store) as u64, MANY - 1);
        assert!(cleared(&mut *projection, revision) > 2, "some rows at a time");
        assert_eq!(schema(&store), schema(&fresh));
        assert_eq!(store.snapshot().expect("reads").contradictions().expect("reads"), Vec::<String>::new());
    }
    drop(projection);
    drop(store);
    let store = disk.open();
    assert_eq!((coupons(&store) as u64, schema(&store)), (MANY - 1, schema(&fresh)));
}

#[test]
fn what_a_process_left_is_gone_on_with_whenever_it_ended() {
    let disk = Disk::new();
    let mut store = filled(&disk);
    let again = |store: SqliteStore| {
        drop(store);
        disk.open()
    };
    assert_eq!(projection(&store).rebuild(2).expect("of older rules"), Rebuild::Underway);
    store = again(store);
    assert_eq!(projection(&store).rebuild(2).expect("goes on"), Rebuild::Underway);
    projection(&store).write_rebuilt(&made()).expect("follows");
    store = again(store);
    assert_eq!(store.snapshot().expect("reads").rebuilt(FOLLOWER, Bucket::FIRST).expect("reads"), 1);
    assert!(projection(&store).show_rebuilt().expect("as far"));
    store = again(store);
    let mut steps = 0;
    while projection(&store).rebuild(2).expect("clears") == Rebuild::Clearing {
        steps += 1;
        store = again(store);
    }
    assert!(steps > 2 && coupons(&store) as u64 == MANY - 1);
    // What is committed then is followed as ever.
    commit(&mut *writer(&store));
    follow(&store);
    assert_eq!(coupons(&store) as u64, MANY);
}

#[test]
fn tables_that_changed_meanwhile_are_made_once_more() {
    let disk = Disk::new();
    let store = filled(&disk);
    let mut projection = projection(&store);
    assert_eq!(projection.rebuild(2).expect("of older rules"), Rebuild::Underway);
    projection.write_rebuilt(&made()).expect("follows");
    // As a migration does, or whoever has queries of their own.
    let connection = Connection::open(&disk.path).expect("opens");
    connection.execute_batch("CREATE INDEX mine ON coupon (account, claimed_at_us)").expect("an index");
    assert!(!projection.show_rebuilt().expect("not as it is now"));
    cleared(&mut *projection, 2);
    projection.write_rebuilt(&made()).expect("from the beginning");
    assert!(projection.show_rebuilt().expect("as far"));
    cleared(&mut *projection, 2);
    assert!(schema(&store).contains_key("index mine") && coupons(&store) as u64 == MANY - 1);
    let sql = "EXPLAIN QUERY PLAN SELECT id FROM coupon WHERE account = 'ana'";
    let plan: String = connection.query_row(sql, [], |row| row.get(3)).expect("a plan");
    assert!(plan.contains("mine"), "{plan}");
    let sql = "SELECT count(*) FROM coupon INDEXED BY mine WHERE account = 'ana'";
    let found: u64 = connection.query_row(sql, [], |row| row.get(0)).expect("reads");
    assert_eq!(found, MANY - 1);
    assert_eq!(store.snapshot().expect("reads").contradictions().expect("reads"), Vec::<String>::new());
}
