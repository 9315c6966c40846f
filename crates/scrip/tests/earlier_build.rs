//! A database of an earlier build, from before secrets were numbered and the journal sealed.

mod support;

use std::{fs, os::unix::fs::PermissionsExt, path::Path, process::Output};

use rusqlite::Connection;
use scrip_store::frame::{Frame, is_sealed};
use serde_json::{Value, json};
use support::{Caller, Server, assert_verified, folder, scrip};
use tempfile::TempDir;

const FILES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/files/2026-11-27");

fn copied() -> TempDir {
    let data = folder();
    for name in ["scrip.db", "secret.key"] {
        fs::copy(Path::new(FILES).join(name), data.path().join(name)).expect("copied");
        fs::set_permissions(data.path().join(name), fs::Permissions::from_mode(0o600)).expect("ours");
    }
    data
}

fn known() -> Value {
    let text = fs::read_to_string(Path::new(FILES).join("known.json")).expect("there");
    serde_json::from_str(&text).expect("JSON")
}

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// Whether each frame is sealed.
fn seals(data: &Path) -> Vec<bool> {
    let file = Connection::open(data.join("scrip.db")).expect("opens");
    let mut select = file.prepare("SELECT frame FROM journal ORDER BY first_position").expect("reads");
    let frames = select.query_map([], |row| row.get::<_, Vec<u8>>(0)).expect("reads");
    frames
        .map(|bytes| {
            let bytes = bytes.expect("reads");
            Frame::decode(&bytes).expect("whole");
            is_sealed(&bytes)
        })
        .collect()
}

#[tokio::test]
async fn it_is_opened_sealed_by_the_first_write_and_verified_and_its_codes_go_on_working() {
    let (data, known) = (copied(), known());
    let operator = known["keys"]["operator"].as_str().expect("a key");
    let (shared, unique) = ("SAVE10", known["free_unique_code"].as_str().expect("a code"));
    let server = Server::start(data.path());
    let caller = Caller::new(&server, operator);
    for (account, code) in [("new-1", shared), ("new-2", unique)] {
        let claimed = caller.post(&format!("/v1/accounts/{account}/coupons"), json!({"code": code})).await;
        assert_eq!(claimed.status, 201, "{code}: {}", claimed.body);
    }
    let campaign = known["campaigns"]["C"].as_str().expect("an id");
    let exported = caller.text(&format!("/v1/campaigns/{campaign}/codes.csv")).await;
    assert!(exported.contains(unique) && !exported.contains('…'), "every sealed code opens: {exported}");
    assert!(server.terminate().success());

    let seals = seals(data.path());
    let first = seals.iter().position(|sealed| *sealed).expect("written to");
    assert!(first > 10 && seals[first..].iter().all(|sealed| *sealed), "{seals:?}");
    assert_verified(data.path());
    // And again, now that it has secrets of its own.
    let server = Server::start(data.path());
    let claimed = Caller::new(&server, operator).post("/v1/accounts/new-3/coupons", json!({"code": shared})).await;
    assert_eq!(claimed.status, 201, "{}", claimed.body);
    assert!(server.terminate().success());
    assert_verified(data.path());
}

#[tokio::test]
async fn another_secret_key_is_noticed_at_the_first_start_too() {
    let data = copied();
    let secret = data.path().join("secret.key");
    let right = fs::read(&secret).expect("there");
    fs::write(&secret, "5c".repeat(32)).expect("written");
    for command in [&["serve", "--listen", "127.0.0.1:0"][..], &["keys", "list"], &["verify"]] {
        let refused = scrip(command, data.path());
        assert!(!refused.status.success(), "{command:?}");
        assert!(text(&refused).contains("is another database's"), "{command:?}: {}", text(&refused));
    }
    fs::write(&secret, right).expect("written");
    assert!(scrip(&["keys", "list"], data.path()).status.success());
    assert_verified(data.path());
}

#[test]
fn its_backups_are_restored_by_this_build_and_checked_against_the_secret() {
    let restored = folder();
    let from = Path::new(FILES).join("scrip.db");
    let place = folder();
    let (wrong, right) = (place.path().join("wrong.key"), place.path().join("right.key"));
    fs::write(&wrong, "5c".repeat(32)).expect("written");
    fs::copy(Path::new(FILES).join("secret.key"), &right).expect("copied");
    let with = |key: &Path| {
        fs::set_permissions(key, fs::Permissions::from_mode(0o600)).expect("ours");
        let (from, key) = (from.to_str().expect("UTF-8"), key.to_str().expect("UTF-8"));
        scrip(&["restore", "--from", from, "--secret-key", key], restored.path())
    };
    let refused = with(&wrong);
    assert!(text(&refused).contains("is another database's"), "{}", text(&refused));
    assert!(!restored.path().join("scrip.db").exists());
    let done = with(&right);
    assert!(done.status.success(), "{}", text(&done));
    assert!(text(&done).contains("no seal yet"), "{}", text(&done));
    assert!(scrip(&["keys", "list"], restored.path()).status.success());
}

#[test]
fn commands_that_are_no_upgrade_leave_it_as_it_is_and_it_can_be_backed_up() {
    let (data, place) = (copied(), folder());
    let before = fs::read(data.path().join("scrip.db")).expect("there");
    for command in [
        &["keys", "list"][..],
        &["keys", "revoke", "key_06f3k2v9x8q7d5t4r3m2n1p0ab"],
        &["import", "/dev/null"],
        &["secrets", "rotate-master"],
        &["verify"],
    ] {
        let refused = scrip(command, data.path());
        assert!(!refused.status.success(), "{command:?}");
        assert!(text(&refused).contains("scrip migrate"), "{command:?}: {}", text(&refused));
        assert!(!text(&refused).contains("damaged"), "{command:?}: {}", text(&refused));
    }
    let copy = place.path().join("copy.db");
    let copy = copy.to_str().expect("UTF-8");
    let made = scrip(&["backup", "--to", copy], data.path());
    assert!(made.status.success() && text(&made).contains("earlier schema"), "{}", text(&made));
    assert!(fs::read(data.path().join("scrip.db")).expect("there") == before, "nothing was changed");
    let (restored, key) = (folder(), data.path().join("secret.key"));
    let key = key.to_str().expect("UTF-8");
    let output = scrip(&["restore", "--from", copy, "--secret-key", key], restored.path());
    assert!(output.status.success(), "{}", text(&output));
    assert_verified(restored.path());
}
