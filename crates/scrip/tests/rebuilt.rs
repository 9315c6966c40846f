//! Tables that older rules made are made anew by a server that is killed again and again, while it sells.

use std::{path::Path, thread, time::Duration};

use rusqlite::Connection;
use scrip_sqlite::{Options, SqliteStore};
use scrip_store::{Rebuild, Store, people::Row};
use serde_json::json;

mod support;
use support::{Caller, Server, assert_verified, folder, scrip, until_rebuilt};

fn rows(data: &Path) -> Vec<Row> {
    let store = SqliteStore::open_read_only(&data.join("scrip.db")).expect("opens");
    store.snapshot().expect("reads").all_rows().expect("reads")
}

/// Names and texts of all tables and indexes.
fn schema(data: &Path) -> Vec<(String, Option<String>)> {
    let connection = Connection::open(data.join("scrip.db")).expect("opens");
    let mut select = connection.prepare("SELECT name, sql FROM sqlite_schema ORDER BY name").expect("SQL");
    let found = select.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).expect("reads");
    found.collect::<Result<_, _>>().expect("reads")
}

#[tokio::test]
async fn a_server_that_is_killed_again_and_again_comes_to_the_rows_of_a_fresh_one() {
    let (data, fresh) = (folder(), support::served_before());
    let server = Server::start(data.path());
    let operator = Caller::new(&server, &server.key(&["operator"]));
    let campaign = operator.campaign(500, json!({"budget": "unlimited"})).await;
    let claim = async |caller: &Caller, account: String| {
        let claimed = caller.post(&format!("/v1/accounts/{account}/coupons"), json!({"campaign": campaign})).await;
        assert_eq!(claimed.status, 201, "{}", claimed.body);
    };
    for number in 0..400 {
        claim(&operator, format!("account-{number}")).await;
    }
    assert!(server.terminate().success());
    let right = rows(data.path());
    assert_eq!(right.len(), 401);
    let file = Connection::open(data.path().join("scrip.db")).expect("opens");
    let spoil =
        "UPDATE made_by SET revision = 0; DELETE FROM coupon WHERE rowid % 3 = 0; UPDATE campaign SET name = 'old';
        UPDATE coupon SET source = 'old' WHERE rowid % 3 = 1; UPDATE distribution SET claimed = claimed + 5";
    file.execute_batch(spoil).expect("changes");
    drop(file);
    assert_ne!(rows(data.path()), right);
    let output = scrip(&["verify"], data.path());
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success() && told.contains("made by older rules"), "{told}");

    for round in 0..8_u64 {
        let server = Server::start(data.path());
        claim(&operator.at(&server), format!("late-{round}")).await;
        thread::sleep(Duration::from_millis(round * 11));
        server.kill();
        assert!(scrip(&["verify"], data.path()).status.success(), "whatever is beside the tables is no damage");
    }
    let server = Server::start(data.path());
    until_rebuilt(data.path());
    claim(&operator.at(&server), "last".to_owned()).await;
    assert!(server.terminate().success());
    // What is left beside them goes with the next start, if it hasn't.
    let store = SqliteStore::open(&data.path().join("scrip.db"), Options::default()).expect("opens");
    for follower in ["people", "distribution"] {
        let mut projection = store.projection(follower).expect("open for writing");
        while projection.rebuild(1).expect("clears") != Rebuild::Over {}
    }
    drop(store);
    assert_verified(data.path());
    assert_eq!(schema(data.path()), schema(fresh.path()));
    let now = rows(data.path());
    assert_eq!(now.len(), right.len() + 9);
    assert!(right.iter().all(|row| now.contains(row)));
}
