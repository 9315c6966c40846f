//! Files that an earlier build wrote: opened, documents that it had derived otherwise are put right, its tables are made anew, and say what
//! the API says.

use std::{fs, os::unix::fs::PermissionsExt as _, path::Path};

use scrip_core::{
    name::{AccountId, OrderId},
    order::Order,
    slot::Bucket,
    state::{Aggregate, decode},
};
use scrip_engine::{
    PEOPLE,
    agreement::Rows,
    repair::{REVISION, repair},
    verify::verify,
};
use scrip_sqlite::{Options, SqliteStore};
use scrip_store::{Store, people::Row};
use serde_json::Value;
use tempfile::TempDir;

mod support;
use support::{Caller, Server, assert_verified, folder, until_rebuilt};

const FILES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/files/2026-11-27");

fn copy() -> TempDir {
    let data = folder();
    for name in ["scrip.db", "secret.key"] {
        let to = data.path().join(name);
        fs::copy(Path::new(FILES).join(name), &to).expect("the file can be copied");
        fs::set_permissions(&to, fs::Permissions::from_mode(0o600)).expect("it is ours");
    }
    data
}

fn orders(store: &SqliteStore) -> Vec<Order> {
    let documents = store.snapshot().expect("reads").all_documents(Bucket::FIRST).expect("reads");
    let decoded = documents.into_iter().map(|(kind, _, document)| decode(kind, &document.body).expect("can be read"));
    decoded
        .filter_map(|aggregate| match aggregate {
            Aggregate::Order(order) => Some(order),
            _ => None,
        })
        .collect()
}

fn rows(store: &SqliteStore) -> Vec<Row> {
    store.snapshot().expect("reads").all_rows().expect("reads")
}

#[test]
fn what_an_earlier_build_derived_otherwise_is_worked_out_anew_once() {
    let data = copy();
    let path = data.path().join("scrip.db");
    let migrated = SqliteStore::migrate(&path).expect("an older schema");
    assert_eq!((migrated.from, migrated.backup.is_some()), (1, true));
    let store = SqliteStore::open(&path, Options::default()).expect("opens");
    assert_eq!(store.revision().expect("reads"), 0);
    let report = verify(&store).expect("reads");
    assert!(report.problems.iter().any(|problem| problem.starts_with("Order")), "{report:#?}");
    assert!(report.rebuilding.iter().any(|(follower, _)| *follower == PEOPLE), "{report:#?}");

    let repaired = repair(&store).expect("the journal is whole");
    assert!(repaired.from == 0 && repaired.documents > 0, "{repaired:?}");
    assert_eq!(store.revision().expect("reads"), REVISION);
    let report = verify(&store).expect("reads");
    assert!(report.is_clean() && report.rebuilding.len() == 1, "{report:#?}");
    // As it was before, whole.
    let before = SqliteStore::open(&data.path().join("scrip.db.revision-0"), Options::default()).expect("a copy");
    assert_eq!(before.revision().expect("reads"), 0);
    let again = repair(&store).expect("nothing to do");
    assert_eq!((again.from, again.documents), (REVISION, 0));
    let wrong = rows(&store);
    let says = |order: &Order| !Rows::of(wrong.iter()).of_order(order).is_empty();
    assert!(orders(&store).iter().filter(|order| says(order)).count() > 1, "rows are as they were");
    drop(store);

    // A server makes them anew beside itself.
    let server = Server::start(data.path());
    until_rebuilt(data.path());
    assert!(server.terminate().success());
    let store = SqliteStore::open(&path, Options::default()).expect("opens");
    assert_eq!(verify(&store).expect("reads").problems, Vec::<String>::new());
    let rows = rows(&store);
    let rows = Rows::of(rows.iter());
    let orders = orders(&store);
    assert!(orders.len() >= 10);
    for order in &orders {
        assert_eq!(rows.of_order(order), Vec::<String>::new());
        let figures = order.figures();
        let told = &rows.orders[&(order.account.clone(), order.id.clone())];
        let discounts: i64 = told.lines.iter().map(|line| line.discount.minor()).sum();
        let shipping: i64 = figures.discount.minor() - discounts;
        assert!(shipping >= 0, "lines of {} take off more than it does", order.id);
    }
    // Their coupon came off when a seller went.
    for (account, order) in [("ben", "four"), ("bea", "four-closed"), ("bud", "four-open"), ("bob", "four-cancelled")] {
        let key = (AccountId::new(account).expect("a name"), OrderId::new(order).expect("a name"));
        let told = &rows.orders[&key];
        let off = told.lines.iter().map(|line| line.discount.minor()).sum::<i64>();
        assert_eq!((off, told.order.as_ref().map(|row| row.discount.minor())), (0, Some(0)), "{account}/{order}");
    }
}

#[test]
fn a_journal_that_is_not_whole_repairs_nothing() {
    let data = copy();
    let path = data.path().join("scrip.db");
    SqliteStore::migrate(&path).expect("an older schema");
    let store = SqliteStore::open(&path, Options::default()).expect("opens");
    let frame = store.snapshot().expect("reads").frames(Bucket::FIRST, 1, 1).expect("reads").remove(0);
    drop(store);
    // A bit of the first frame.
    let mut bytes = fs::read(&path).expect("the file");
    let head = &frame[..48];
    let place = bytes.windows(head.len()).position(|window| window == head).expect("it stands in the file");
    bytes[place + 40] ^= 1;
    fs::write(&path, &bytes).expect("written");
    let store = SqliteStore::open(&path, Options::default()).expect("opens");
    let error = repair(&store).expect_err("a journal that isn't whole");
    assert!(error.to_string().contains("journal"), "{error}");
    assert_eq!(store.revision().expect("reads"), 0);
}

#[test]
fn the_server_opens_it_and_everybody_sees_the_same_figures() {
    let data = copy();
    let known = fs::read_to_string(Path::new(FILES).join("known.json")).expect("the file");
    let known: Value = serde_json::from_str(&known).expect("JSON");
    let server = Server::start(data.path());
    let key = |role: &str| known["keys"][role].as_str().expect("a key");
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let get = |role: &str, path: &str| {
        let answer = runtime.block_on(Caller::new(&server, key(role)).get(path));
        assert_eq!(answer.status, 200, "{role} {path}: {}", answer.body);
        answer.body
    };
    let figures =
        |of: &Value| ["subtotal", "shipping", "discount", "total"].map(|name| of[name].as_i64().unwrap_or(-1));
    let three = get("operator", "/v1/accounts/ana/orders/three");
    assert_eq!(figures(&three), [3_000, 100, 500, 2_600]);
    assert_eq!([figures(&three["sellers"][0]), figures(&three["sellers"][1])], [[3_000, 100, 500, 2_600], [0; 4]]);
    assert_eq!(figures(&get("s2", "/v1/accounts/ana/orders/three")), [0; 4]);
    for path in ["ben/orders/four", "bea/orders/four-closed", "bob/orders/four-cancelled", "bud/orders/four-open"] {
        let order = get("operator", &format!("/v1/accounts/{path}"));
        assert_eq!(order["discount"], 0, "{path}");
        let sellers: Vec<[i64; 4]> = order["sellers"].as_array().expect("a list").iter().map(figures).collect();
        let sums: Vec<i64> = (0..4).map(|at| sellers.iter().map(|of| of[at]).sum()).collect();
        assert_eq!(sums, figures(&order), "{path}");
    }
    until_rebuilt(data.path());
    assert!(server.terminate().success());
    assert_verified(data.path());
}
