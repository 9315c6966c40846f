//! The master secret in secret.key: another one is noticed by whatever opens the database, and a new one takes its place without
//! a moment in which neither opens it.

mod support;

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::Path,
    process::{Command, Output, Stdio},
    time::Duration,
};

use serde_json::json;
use support::{BINARY, Caller, Server, assert_verified, folder, scrip};

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

fn write_secret(path: &Path, content: &str) {
    fs::write(path, content).expect("written");
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).expect("ours");
}

/// A stopped server's folder with a shared code, and the operator's key.
async fn shop(data: &Path) -> String {
    let server = Server::start(data);
    let key = server.key(&["operator"]);
    let caller = Caller::new(&server, &key);
    let campaign = caller.campaign(500, json!({"budget": "unlimited"})).await;
    let code = json!({"kind": "shared", "code": "SAVE10", "max_uses": 100});
    assert_eq!(caller.post(&format!("/v1/campaigns/{campaign}/codes"), code).await.status, 201);
    assert!(server.terminate().success());
    key
}

/// Starts a server, and claims with the code of before.
async fn assert_serves(data: &Path, key: &str, account: &str) {
    let server = Server::start(data);
    let caller = Caller::new(&server, key);
    let claimed = caller.post(&format!("/v1/accounts/{account}/coupons"), json!({"code": "SAVE10"})).await;
    assert_eq!(claimed.status, 201, "{}", claimed.body);
    assert!(server.terminate().success());
    assert_verified(data);
}

#[tokio::test]
async fn another_secret_key_is_noticed_by_everything_that_opens_the_database() {
    let (data, place) = (folder(), folder());
    let key = shop(data.path()).await;
    let secret = data.path().join("secret.key");
    let right = fs::read_to_string(&secret).expect("there");
    let copy = place.path().join("copy.db");
    let copy = copy.to_str().expect("UTF-8");
    let lines = data.path().join("lines");
    fs::write(&lines, "").expect("written");
    write_secret(&secret, &"5c".repeat(32));
    let before = fs::read(data.path().join("scrip.db")).expect("there");
    for command in [
        &["serve", "--listen", "127.0.0.1:0"][..],
        &["keys", "list"],
        &["keys", "create", "--role", "operator"],
        &["import", lines.to_str().expect("UTF-8")],
        &["verify"],
        &["backup", "--to", copy],
        &["secrets", "rotate-master"],
    ] {
        let refused = scrip(command, data.path());
        assert!(!refused.status.success(), "{command:?}");
        assert!(text(&refused).contains("is another database's"), "{command:?}: {}", text(&refused));
    }
    assert_eq!(fs::read(data.path().join("scrip.db")).expect("there"), before, "nothing was written");
    assert!(fs::metadata(copy).is_ok(), "a backup is made all the same: the database is not to blame");
    write_secret(&secret, &right);
    assert_serves(data.path(), &key, "ana").await;
}

#[tokio::test]
async fn a_new_master_secret_opens_what_the_old_one_did_and_old_backups_open_with_the_old_one() {
    let (data, place) = (folder(), folder());
    let key = shop(data.path()).await;
    let copy = place.path().join("copy.db");
    let copy = copy.to_str().expect("UTF-8");
    assert!(scrip(&["backup", "--to", copy], data.path()).status.success());
    let secret = data.path().join("secret.key");
    let old = fs::read_to_string(&secret).expect("there");
    for number in 1..=2 {
        let rotated = scrip(&["secrets", "rotate-master"], data.path());
        assert!(rotated.status.success(), "{}", text(&rotated));
        assert!(text(&rotated).contains(&format!("secret.key.{number}")), "{}", text(&rotated));
    }
    assert_ne!(fs::read_to_string(&secret).expect("there"), old);
    assert_eq!(fs::read_to_string(data.path().join("secret.key.1")).expect("kept"), old);
    assert_serves(data.path(), &key, "ana").await;
    let server = Server::start(data.path());
    let refused = scrip(&["secrets", "rotate-master"], data.path());
    assert!(text(&refused).contains("stop it first"), "{}", text(&refused));
    drop(server);

    let restored = folder();
    let with = |key: &str| {
        let key = data.path().join(key);
        scrip(&["restore", "--from", copy, "--secret-key", key.to_str().expect("UTF-8")], restored.path())
    };
    assert!(text(&with("secret.key")).contains("is another database's"));
    assert!(with("secret.key.1").status.success());
    assert_serves(restored.path(), &key, "ben").await;
}

#[tokio::test]
async fn whatever_moment_a_rotation_is_killed_at_the_database_opens() {
    let data = folder();
    let key = shop(data.path()).await;
    let secret = data.path().join("secret.key");
    let file = |name: &str| data.path().join(name);

    // Before the database's secrets are wrapped anew.
    write_secret(&file("secret.key.new"), "half a sec");
    write_secret(&file("secret.key.next"), &"11".repeat(32));
    assert_verified(data.path());
    assert_serves(data.path(), &key, "a1").await;
    assert!(!file("secret.key.next").exists(), "it doesn't open this database");
    let aside = fs::read_to_string(file("secret.key.1")).expect("it may be all that opens another");
    assert_eq!(aside, "11".repeat(32));
    fs::remove_file(file("secret.key.1")).expect("removed");

    // After that, and before the new one has its name.
    assert!(scrip(&["secrets", "rotate-master"], data.path()).status.success());
    fs::rename(&secret, file("secret.key.next")).expect("renamed");
    fs::rename(file("secret.key.1"), &secret).expect("renamed");
    assert_verified(data.path());
    assert_serves(data.path(), &key, "a2").await;
    assert!(!file("secret.key.next").exists(), "it has its name now");

    // The same, and rotated once more before anything else.
    assert!(scrip(&["secrets", "rotate-master"], data.path()).status.success());
    fs::rename(&secret, file("secret.key.next")).expect("renamed");
    fs::rename(file("secret.key.1"), &secret).expect("renamed");
    assert!(scrip(&["secrets", "rotate-master"], data.path()).status.success());
    assert_serves(data.path(), &key, "a3").await;

    // And wherever it happens to be.
    for milliseconds in 0..24 {
        let mut rotating = Command::new(BINARY)
            .args(["secrets", "rotate-master", "--data"])
            .arg(data.path())
            .stdout(Stdio::null())
            .spawn()
            .expect("the binary starts");
        std::thread::sleep(Duration::from_millis(milliseconds));
        rotating.kill().expect("ours");
        rotating.wait().expect("it ended");
        assert_verified(data.path());
    }
    assert_serves(data.path(), &key, "a4").await;
}
