//! The command line beside a running server.

mod support;

use std::{fs, process::Command};

use serde_json::json;
use support::{BINARY, Caller, Server, assert_verified, cart, folder, scrip};

#[tokio::test]
async fn a_key_made_beside_the_server_works_at_once_and_a_revoked_one_no_more() {
    let data = folder();
    let server = Server::start(data.path());
    let key = server.key(&["operator"]);
    let caller = Caller::new(&server, &key);
    let listed = caller.get("/v1/keys").await;
    assert_eq!(listed.status, 200);
    let id = listed.text("/data/0/id").to_owned();
    let output = scrip(&["keys", "revoke", &id], data.path());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(caller.get("/v1/keys").await.text("/code"), "unauthenticated");
    let list = scrip(&["keys", "list"], data.path());
    assert!(String::from_utf8_lossy(&list.stdout).contains("revoked"));
}

#[test]
fn a_key_can_be_made_while_no_server_runs() {
    let data = folder();
    let output = scrip(&["keys", "create", "--role", "seller", "--seller", "luma"], data.path());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(String::from_utf8_lossy(&output.stdout).starts_with("scrip_"));
    assert_eq!(String::from_utf8_lossy(&output.stdout).lines().count(), 1, "the key alone");
    let refused = scrip(&["keys", "create", "--role", "operator", "--seller", "luma"], data.path());
    assert!(!refused.status.success());
}

#[tokio::test]
async fn a_second_server_on_one_folder_is_refused() {
    let data = folder();
    let _server = Server::start(data.path());
    let second = scrip(&["serve", "--listen", "127.0.0.1:0"], data.path());
    assert!(!second.status.success());
    let told = String::from_utf8_lossy(&second.stderr).to_lowercase();
    assert!(told.contains("another"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_under_load_restores_to_a_consistent_prefix() {
    let data = folder();
    let server = Server::start(data.path());
    let key = server.key(&["operator"]);
    let caller = Caller::new(&server, &key);
    let campaign = caller.campaign(500, json!({"budget": "unlimited"})).await;
    let load = tokio::spawn({
        let (caller, campaign) = (caller.clone(), campaign.clone());
        async move {
            for number in 0..400 {
                let account = format!("/v1/accounts/l{number}");
                caller.post(&format!("{account}/coupons"), json!({"campaign": campaign})).await;
                caller.post(&format!("{account}/orders"), json!({"id": "A", "cart": cart(&["luma"])})).await;
            }
        }
    });
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    let copy = data.path().join("copy.db");
    let target = copy.to_str().expect("UTF-8");
    let output = scrip(&["backup", "--to", target], data.path());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(!scrip(&["backup", "--to", target], data.path()).status.success(), "never overwritten");
    load.await.expect("the load ends");
    drop(server);

    let restored = folder();
    let output = scrip(&["restore", "--from", target], restored.path());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_verified(restored.path());
    assert!(!scrip(&["serve", "--listen", "127.0.0.1:0"], restored.path()).status.success(), "its secret is missing");
    fs::copy(data.path().join("secret.key"), restored.path().join("secret.key")).expect("copied");
    let server = Server::start(restored.path());
    let claimed =
        Caller::new(&server, &key).get(&format!("/v1/campaigns/{campaign}")).await.number("/counters/claimed");
    assert!((1..=400).contains(&claimed), "{claimed} claims were in the backup");
}

#[tokio::test]
async fn a_server_that_is_told_to_stop_finishes_and_ends() {
    let data = folder();
    let server = Server::start(data.path());
    let caller = Caller::new(&server, &server.key(&["operator"]));
    caller.campaign(500, json!({"budget": "unlimited"})).await;
    drop(caller);
    assert!(server.terminate().success());
    assert_verified(data.path());
}

#[test]
fn a_flipped_byte_is_found() {
    let data = folder();
    let made = scrip(&["keys", "create", "--role", "operator"], data.path());
    assert!(made.status.success());
    assert_verified(data.path());
    let path = data.path().join("scrip.db");
    let mut bytes = fs::read(&path).expect("there");
    let frame = bytes.windows(4).rposition(|window| window == b"SCJF").expect("a frame");
    bytes[frame + 60] ^= 1;
    fs::write(&path, bytes).expect("written");
    let output = scrip(&["verify"], data.path());
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stdout).contains("wrong: "));
}

#[tokio::test]
async fn s17_a_pending_coupon_of_old_data_is_kept_hidden_and_never_usable() {
    let data = folder();
    let server = Server::start(data.path());
    let caller = Caller::new(&server, &server.key(&["operator"]));
    let campaign = caller.campaign(500, json!({"budget": "unlimited"})).await;
    let line = json!({"account": "ana", "campaign": campaign, "status": "pending", "claimed_at": "2020-01-01T00:00:00Z",
        "starts_at": "2020-01-01T00:00:00Z", "expires_at": "2035-01-01T00:00:00Z"});
    let file = data.path().join("old.ndjson");
    fs::write(&file, format!("{line}\nnot json\n")).expect("written");
    let output = scrip(&["import", file.to_str().expect("UTF-8")], data.path());
    assert!(!output.status.success(), "a bad line is told by the exit code");
    assert!(String::from_utf8_lossy(&output.stdout).contains("1 coupons taken, 1 lines refused"));
    assert!(String::from_utf8_lossy(&output.stderr).contains("line 2"));
    let count = async |query: &str| {
        let list = caller.get(&format!("/v1/accounts/ana/coupons{query}")).await;
        list.body["data"].as_array().expect("a list").len()
    };
    assert_eq!(count("").await, 0);
    assert_eq!(count("?status=pending").await, 1);
    let quote = caller.post("/v1/accounts/ana/quotes", json!({"cart": cart(&["luma"])})).await;
    assert_eq!(quote.number("/discount"), 0);
}

#[test]
fn the_demo_walk_is_right() {
    let output = Command::new(BINARY).args(["demo", "--check"]).output().expect("the binary runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}

#[test]
fn the_openapi_document_is_printed() {
    let output = Command::new(BINARY).arg("openapi").output().expect("the binary runs");
    assert_eq!(String::from_utf8(output.stdout).expect("text"), scrip_http::document());
}
