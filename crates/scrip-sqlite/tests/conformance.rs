//! The SQLite store does what every backend must.

use std::cell::Cell;

use scrip_sqlite::{Options, SqliteStore};
use scrip_store::{Store, conformance::conformance};

#[test]
fn the_sqlite_store_conforms() {
    let folder = tempfile::tempdir().expect("a folder");
    let number = Cell::new(0);
    conformance(|| -> Box<dyn Store> {
        number.set(number.get() + 1);
        let path = folder.path().join(format!("{}.db", number.get()));
        Box::new(SqliteStore::open(&path, Options::default()).expect("opens"))
    });
}
