//! Tables that were made anew beside those that are shown leave a file as a fresh one is.

mod harness;

use std::collections::BTreeMap;

use harness::{Disk, FOLLOWER, commit, coupon, follow, writer};
use rusqlite::Connection;
use scrip_core::slot::Bucket;
use scrip_sqlite::{Options, SqliteStore};
use scrip_store::{Followed, Projection, Rebuild, Store, StoreError, TableSet, people::Row};

/// More than are removed at once.
const MANY: u64 = 1_700;

/// A file whose follower has many rows by rules of revision 1.
fn filled(disk: &Disk) -> SqliteStore {
    let store = disk.open();
    let mut projection = projection(&store);
    assert_eq!(projection.rebuild(1).expect("nothing was followed"), Rebuild::Over);
    assert_eq!(commit(&mut *writer(&store)), 1);
    projection.write(TableSet::Shown, &followed(1, MANY)).expect("follows");
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
        projection.write(TableSet::Rebuilt, &made()).expect("follows");
        assert!(projection.show_rebuilt().expect("as far"));
        assert_eq!(coupons(&store) as u64, MANY - 1);
        assert!(cleared(&mut *projection, revision) > 2, "some rows at a time");
        assert_eq!(schema(&store), schema(&fresh));
        assert_eq!(store.snapshot().expect("reads").contradictions(&[]).expect("reads"), Vec::<String>::new());
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
    projection(&store).write(TableSet::Rebuilt, &made()).expect("follows");
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
    projection.write(TableSet::Rebuilt, &made()).expect("follows");
    // As a migration does, or whoever has queries of their own.
    let connection = Connection::open(&disk.path).expect("opens");
    connection.execute_batch("CREATE INDEX mine ON coupon (account, claimed_at_us)").expect("an index");
    assert!(!projection.show_rebuilt().expect("not as it is now"));
    cleared(&mut *projection, 2);
    projection.write(TableSet::Rebuilt, &made()).expect("from the beginning");
    assert!(projection.show_rebuilt().expect("as far"));
    cleared(&mut *projection, 2);
    assert!(schema(&store).contains_key("index mine") && coupons(&store) as u64 == MANY - 1);
    let sql = "EXPLAIN QUERY PLAN SELECT id FROM coupon WHERE account = 'ana'";
    let plan: String = connection.query_row(sql, [], |row| row.get(3)).expect("a plan");
    assert!(plan.contains("mine"), "{plan}");
    let sql = "SELECT count(*) FROM coupon INDEXED BY mine WHERE account = 'ana'";
    let found: u64 = connection.query_row(sql, [], |row| row.get(0)).expect("reads");
    assert_eq!(found, MANY - 1);
    assert_eq!(store.snapshot().expect("reads").contradictions(&[]).expect("reads"), Vec::<String>::new());
}

#[test]
fn an_index_may_be_called_as_somebody_likes_and_whoever_reads_sees_the_rebuilt_tables_at_once() {
    let disk = Disk::new();
    let store = filled(&disk);
    let connection = Connection::open(&disk.path).expect("opens");
    let names = ["by-source", "a (b", "say \"so\"", "plain"];
    for name in names {
        let quoted = name.replace('"', "\"\"");
        connection.execute_batch(&format!("CREATE INDEX \"{quoted}\" ON coupon (source)")).expect("an index");
    }
    connection.execute_batch("CREATE UNIQUE INDEX [in brackets] ON coupon(id) WHERE account > '('").expect("an index");
    let reader = Connection::open(&disk.path).expect("opens");
    let mut count = reader.prepare("SELECT count(*) FROM coupon").expect("SQL");
    let mut counted = || count.query_row([], |row| row.get::<_, u64>(0)).expect("reads");
    reader.execute_batch("BEGIN").expect("begins");
    assert_eq!(counted(), MANY);
    let mut projection = projection(&store);
    assert_eq!(projection.rebuild(2).expect("of older rules"), Rebuild::Underway);
    projection.write(TableSet::Rebuilt, &made()).expect("follows");
    assert!(projection.show_rebuilt().expect("as far"));
    assert_eq!(counted(), MANY, "what was there when it began to read");
    reader.execute_batch("COMMIT").expect("ends");
    assert_eq!(counted(), MANY - 1, "by the same statement");
    cleared(&mut *projection, 2);
    let schema = schema(&store);
    assert!(names.iter().all(|name| schema.contains_key(&format!("index {name}"))), "{schema:?}");
    assert!(!schema.keys().any(|name| name.contains("rebuilt_")), "{schema:?}");
    assert_eq!(store.snapshot().expect("reads").contradictions(&[]).expect("reads"), Vec::<String>::new());
}

#[test]
fn a_rebuild_leaves_room_to_those_who_sell() {
    let disk = Disk::new();
    drop(filled(&disk));
    // More than any device has.
    let options = Options { log_bytes_max: u64::MAX, ..Options::default() };
    let store = SqliteStore::open(&disk.path, options).expect("opens");
    let error = projection(&store).rebuild(2).expect_err("no room");
    assert!(matches!(error, StoreError::Unavailable { .. }), "{error}");
    // Whoever sells needs none of it.
    commit(&mut *writer(&store));
    drop(store);
    // A log that something keeps from beginning anew.
    let options = Options { log_bytes_max: 1, ..Options::default() };
    let store = SqliteStore::open(&disk.path, options).expect("opens");
    let reader = Connection::open(&disk.path).expect("opens");
    reader.execute_batch("BEGIN; SELECT count(*) FROM coupon").expect("reads");
    commit(&mut *writer(&store));
    let error = projection(&store).rebuild(2).expect_err("the log is too long");
    assert!(matches!(error, StoreError::Unavailable { .. }), "{error}");
    drop((store, reader));
    assert_eq!(projection(&disk.open()).rebuild(2).expect("of older rules"), Rebuild::Underway);
}

#[test]
fn one_statement_has_tables_made_anew_whatever_was_underway() {
    let disk = Disk::new();
    let store = filled(&disk);
    assert_eq!(projection(&store).rebuild(2).expect("of older rules"), Rebuild::Underway);
    projection(&store).write(TableSet::Rebuilt, &made()).expect("follows");
    // As docs/operate/recovery.md says.
    let sql = format!("UPDATE made_by SET revision = 0, rebuilt = NULL WHERE follower = '{FOLLOWER}'");
    assert_eq!(Connection::open(&disk.path).expect("opens").execute(&sql, []).expect("SQL"), 1);
    let mut projection = projection(&store);
    cleared(&mut *projection, 2);
    assert_eq!(store.snapshot().expect("reads").rebuilt(FOLLOWER, Bucket::FIRST).expect("reads"), 0);
    assert_eq!(coupons(&store) as u64, MANY, "what is shown stays");
    projection.write(TableSet::Rebuilt, &made()).expect("from the beginning");
    assert!(projection.show_rebuilt().expect("as far"));
    cleared(&mut *projection, 2);
    assert_eq!(coupons(&store) as u64, MANY - 1);
}
