//! What an operator's hands do around a restore takes nothing away that was answered.

mod support;

use std::{fs, os::unix::fs::PermissionsExt, path::Path, process::Output};

use rusqlite::Connection;
use serde_json::{Value, json};
use support::{Caller, Server, assert_verified, folder, scrip};
use tempfile::TempDir;

const TOGETHER: [&str; 3] = ["scrip.db", "scrip.db-wal", "scrip.db-shm"];

/// A server with a campaign, five coupons in a backup, and more after it.
struct Shop {
    data: TempDir,
    server: Server,
    caller: Caller,
    campaign: String,
    backup: TempDir,
    /// As answered, in order.
    coupons: Vec<(String, String)>,
}

impl Shop {
    async fn open() -> Self {
        let (data, backup) = (folder(), folder());
        let server = Server::start(data.path());
        let caller = Caller::new(&server, &server.key(&["operator"]));
        let campaign = caller.campaign(500, json!({"budget": "unlimited", "per_individual": null})).await;
        let mut shop = Self { data, server, caller, campaign, backup, coupons: Vec::new() };
        shop.claim(5).await;
        let output = scrip(&["backup", "--to", &shop.copy()], shop.data.path());
        assert!(output.status.success(), "{}", text(&output));
        shop.claim(50).await;
        shop
    }

    fn copy(&self) -> String {
        self.backup.path().join("copy.db").to_str().expect("UTF-8").to_owned()
    }

    async fn claim(&mut self, count: usize) {
        for _ in 0..count {
            let account = format!("a{}", self.coupons.len());
            let answer = self.try_claim(&account).await.expect("an answer");
            assert_eq!(answer.0, 201, "{}", answer.1);
            self.coupons.push((account, answer.1["id"].as_str().expect("an id").to_owned()));
        }
    }

    async fn try_claim(&self, account: &str) -> Option<(u16, Value)> {
        let path = format!("/v1/accounts/{account}/coupons");
        let body = json!({"campaign": self.campaign});
        let answer = self.caller.try_ask(reqwest::Method::POST, &path, None, Some(&body)).await?;
        Some((answer.status, answer.body))
    }

    fn apart(self) -> Apart {
        let copy = (self.copy(), self.backup);
        Apart { data: self.data, server: self.server, caller: self.caller, coupons: self.coupons, copy }
    }

    fn restore(&self) -> Output {
        scrip(&["restore", "--from", &self.copy()], self.data.path())
    }
}

/// The same, to be taken apart.
struct Apart {
    data: TempDir,
    server: Server,
    caller: Caller,
    coupons: Vec<(String, String)>,
    /// The backup's path, and its folder.
    copy: (String, TempDir),
}

/// Which of the answered coupons a server on this folder has.
async fn held(data: &Path, coupons: &[(String, String)], key: &Caller) -> usize {
    let server = Server::start(data);
    let caller = key.at(&server);
    let mut held = 0;
    for (account, coupon) in coupons {
        let list = caller.get(&format!("/v1/accounts/{account}/coupons")).await;
        let data = list.body["data"].as_array().expect("a list");
        held += data.iter().filter(|found| found["id"] == coupon.as_str()).count();
    }
    assert!(server.terminate().success());
    assert_verified(data);
    held
}

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

fn assert_names_all(refused: &Output) {
    assert!(!refused.status.success());
    let told = text(refused);
    for file in TOGETHER {
        assert!(told.contains(&format!("/{file}")), "{file} isn't named: {told}");
    }
    assert!(told.contains("Nothing was restored") && told.contains("together"), "{told}");
}

/// What the message says to do.
fn move_together(from: &Path) -> TempDir {
    let aside = folder();
    for name in TOGETHER.iter().filter(|name| from.join(name).exists()) {
        fs::rename(from.join(name), aside.path().join(name)).expect("moved");
    }
    aside
}

#[tokio::test]
async fn beside_a_running_server_nothing_is_restored_and_what_the_message_says_keeps_every_coupon() {
    let mut shop = Shop::open().await;
    let refused = shop.restore();
    assert_names_all(&refused);
    assert!(text(&refused).contains("another server has"), "{}", text(&refused));
    shop.claim(5).await;
    let Apart { data, server, caller, coupons, copy, .. } = shop.apart();
    assert!(server.terminate().success());

    // It was stopped in order; then all that is there is moved away at once.
    assert_names_all(&scrip(&["restore", "--from", &copy.0], data.path()));
    let aside = move_together(data.path());
    let restored = scrip(&["restore", "--from", &copy.0], data.path());
    assert!(restored.status.success(), "{}", text(&restored));
    assert_eq!(held(data.path(), &coupons, &caller).await, 5, "the backup's");
    fs::copy(data.path().join("secret.key"), aside.path().join("secret.key")).expect("copied");
    assert_eq!(held(aside.path(), &coupons, &caller).await, 60, "nothing is missing from what was moved");
}

#[tokio::test]
async fn after_a_kill_with_the_log_left_what_the_message_says_keeps_every_coupon() {
    let shop = Shop::open().await;
    let Apart { data, server, caller, coupons, copy, .. } = shop.apart();
    server.kill();
    assert!(fs::metadata(data.path().join("scrip.db-wal")).expect("left").len() > 0);
    assert_names_all(&scrip(&["restore", "--from", &copy.0], data.path()));
    let aside = move_together(data.path());
    let restored = scrip(&["restore", "--from", &copy.0], data.path());
    assert!(restored.status.success(), "{}", text(&restored));
    assert!(text(&restored).contains("last event at 20"), "{}", text(&restored));
    fs::copy(data.path().join("secret.key"), aside.path().join("secret.key")).expect("copied");
    assert_eq!(held(aside.path(), &coupons, &caller).await, 55);
    assert_eq!(held(data.path(), &coupons, &caller).await, 5);
}

/// What the message of an earlier version said: move `scrip.db` away.
#[tokio::test]
async fn a_log_without_its_database_is_left_alone_by_every_command() {
    let shop = Shop::open().await;
    let Apart { data, server, caller, coupons, copy, .. } = shop.apart();
    server.kill();
    let aside = folder();
    fs::rename(data.path().join("scrip.db"), aside.path().join("scrip.db")).expect("moved");
    let log = fs::read(data.path().join("scrip.db-wal")).expect("left");
    assert_names_all(&scrip(&["restore", "--from", &copy.0], data.path()));
    for command in [&["serve", "--listen", "127.0.0.1:0"][..], &["keys", "list"], &["migrate"], &["verify"]] {
        let refused = scrip(command, data.path());
        assert!(!refused.status.success(), "{command:?}");
    }
    let refused = scrip(&["serve", "--listen", "127.0.0.1:0"], data.path());
    assert!(text(&refused).contains("scrip.db-wal lies there without its"), "{}", text(&refused));
    assert_eq!(fs::read(data.path().join("scrip.db-wal")).expect("left"), log);
    fs::rename(aside.path().join("scrip.db"), data.path().join("scrip.db")).expect("moved");
    assert_eq!(held(data.path(), &coupons, &caller).await, 55);
}

#[tokio::test]
async fn a_server_whose_file_is_taken_away_answers_no_more_claims_and_nothing_takes_its_place() {
    for removed in ["scrip.db", "scrip.db-wal"] {
        let shop = Shop::open().await;
        let aside = folder();
        fs::rename(shop.data.path().join(removed), aside.path().join(removed)).expect("moved");
        assert!(!shop.restore().status.success(), "the server has it");
        let answered = shop.try_claim("late").await;
        assert!(answered.as_ref().is_none_or(|(status, _)| *status == 503), "{answered:?}");
        let Apart { data, server, caller, coupons, .. } = shop.apart();
        let ended = server.ended();
        assert_eq!(ended.code(), Some(70), "it stops by itself");
        fs::rename(aside.path().join(removed), data.path().join(removed)).expect("moved back");
        assert_eq!(held(data.path(), &coupons, &caller).await, 55, "{removed}");
    }
}

#[tokio::test]
async fn a_restore_from_a_database_takes_its_log_too() {
    let shop = Shop::open().await;
    let Apart { data, server, caller, coupons, .. } = shop.apart();
    server.kill();
    let elsewhere = folder();
    let (from, secret) = (data.path().join("scrip.db"), data.path().join("secret.key"));
    let (from, secret) = (from.to_str().expect("UTF-8"), secret.to_str().expect("UTF-8"));
    let restored = scrip(&["restore", "--from", from, "--secret-key", secret], elsewhere.path());
    assert!(restored.status.success(), "{}", text(&restored));
    assert_eq!(held(elsewhere.path(), &coupons, &caller).await, 55);
}

#[tokio::test]
async fn a_broken_backup_and_one_of_another_secret_are_not_restored() {
    let shop = Shop::open().await;
    let Apart { data, server, copy, .. } = shop.apart();
    assert!(server.terminate().success());
    let _aside = move_together(data.path());
    let whole = fs::read(&copy.0).expect("there");
    for cut in [0, 100, 4096, whole.len() / 2, whole.len() - 1] {
        fs::write(&copy.0, &whole[..cut]).expect("written");
        let refused = scrip(&["restore", "--from", &copy.0], data.path());
        assert!(!refused.status.success(), "cut to {cut}");
        assert!(text(&refused).to_lowercase().contains("nothing was restored"), "{}", text(&refused));
    }
    fs::write(&copy.0, whole).expect("written");

    let secret = data.path().join("secret.key");
    let right = fs::read(&secret).expect("there");
    fs::write(&secret, "ab".repeat(32)).expect("written");
    let refused = scrip(&["restore", "--from", &copy.0], data.path());
    assert!(!refused.status.success());
    assert!(text(&refused).contains("is another database's"), "{}", text(&refused));
    fs::remove_file(&secret).expect("removed");
    let refused = scrip(&["restore", "--from", &copy.0], data.path());
    assert!(!refused.status.success());
    assert!(text(&refused).contains("--without-secret"), "{}", text(&refused));
    let left: Vec<_> =
        fs::read_dir(data.path()).expect("readable").map(|entry| entry.expect("readable").file_name()).collect();
    let known = ["scrip.db.lock", "scrip.sock"];
    assert!(left.iter().all(|name| known.iter().any(|known| name == known)), "nothing half done is left: {left:?}");

    let kept = data.path().join("kept.key");
    fs::write(&kept, right).expect("written");
    fs::set_permissions(&kept, fs::Permissions::from_mode(0o600)).expect("ours");
    let kept = kept.to_str().expect("UTF-8");
    let restored = scrip(&["restore", "--from", &copy.0, "--secret-key", kept], data.path());
    assert!(restored.status.success(), "{}", text(&restored));
    assert_verified(data.path());
}

#[tokio::test]
async fn a_backup_overwrites_nothing_of_the_database() {
    let shop = Shop::open().await;
    let Apart { data, server, caller, coupons, .. } = shop.apart();
    let before = fs::read(data.path().join("secret.key")).expect("there");
    for name in ["scrip.db", "scrip.db-wal", "scrip.db-shm", "scrip.db-journal", "secret.key"] {
        let to = data.path().join(name);
        assert!(!scrip(&["backup", "--to", to.to_str().expect("UTF-8")], data.path()).status.success(), "{name}");
    }
    assert_eq!(fs::read(data.path().join("secret.key")).expect("there"), before);
    assert!(server.terminate().success());
    assert_eq!(held(data.path(), &coupons, &caller).await, 55);
}

/// Commands that open the database that is there.
const OPENING: [&[&str]; 7] = [
    &["serve", "--listen", "127.0.0.1:0"],
    &["keys", "list"],
    &["keys", "create", "--role", "operator"],
    &["migrate"],
    &["verify"],
    &["secrets", "rotate-master"],
    &["import", "/dev/null"],
];

fn assert_left_alone(data: &Path) {
    let files = || ["scrip.db", "scrip.db-wal", "secret.key"].map(|name| fs::read(data.join(name)).expect("there"));
    let before = files();
    for command in OPENING {
        let refused = scrip(command, data);
        assert!(!refused.status.success(), "{command:?}: {}", text(&refused));
        let told = text(&refused);
        assert!(told.contains("scrip.db-wal isn't the log of"), "{command:?}: {told}");
    }
    assert!(files() == before, "nothing of it was changed");
}

#[tokio::test]
async fn a_log_beside_another_database_is_left_alone_by_every_command() {
    let shop = Shop::open().await;
    let Apart { data, server, caller, coupons, copy, .. } = shop.apart();
    server.kill();
    let file = data.path().join("scrip.db");
    let own = fs::read(&file).expect("there");
    fs::copy(&copy.0, &file).expect("copied over");
    assert_left_alone(data.path());
    let log = fs::read(data.path().join("scrip.db-wal")).expect("left");
    let elsewhere = folder();
    let to = elsewhere.path().join("backup.db");
    let backup = scrip(&["backup", "--to", to.to_str().expect("UTF-8")], data.path());
    assert!(text(&backup).contains("isn't the log of") && !to.exists(), "{}", text(&backup));
    let from = file.to_str().expect("UTF-8");
    let restored = scrip(&["restore", "--without-secret", "--from", from], elsewhere.path());
    assert!(text(&restored).contains("isn't the log of"), "{}", text(&restored));
    assert_eq!(fs::read(data.path().join("scrip.db-wal")).expect("left"), log);

    // What the message says, of both.
    let other = folder();
    fs::copy(data.path().join("secret.key"), other.path().join("secret.key")).expect("copied");
    fs::copy(&copy.0, other.path().join("scrip.db")).expect("copied");
    assert_eq!(held(other.path(), &coupons, &caller).await, 5, "the backup, without the log");
    fs::write(&file, own).expect("put back");
    assert_eq!(held(data.path(), &coupons, &caller).await, 55);
}

/// As a service manager does that starts it again after some seconds.
#[tokio::test]
async fn a_start_after_the_file_was_replaced_under_the_server_takes_nothing_away() {
    let shop = Shop::open().await;
    let aside = folder();
    let file = shop.data.path().join("scrip.db");
    fs::rename(&file, aside.path().join("scrip.db")).expect("moved");
    fs::copy(shop.copy(), &file).expect("put there");
    assert!(shop.try_claim("late").await.is_none_or(|(status, _)| status == 503));
    let Apart { data, server, caller, coupons, .. } = shop.apart();
    assert_eq!(server.ended().code(), Some(70), "it stops by itself");
    assert_left_alone(data.path());
    fs::rename(aside.path().join("scrip.db"), &file).expect("put back");
    assert_eq!(held(data.path(), &coupons, &caller).await, 55);
}

#[tokio::test]
async fn a_backup_over_the_file_of_a_fresh_server_that_was_killed_stays_as_it_is() {
    let shop = Shop::open().await;
    let Apart { server, copy, .. } = shop.apart();
    server.kill();
    let fresh = folder();
    let server = Server::start(fresh.path());
    server.key(&["operator"]);
    server.kill();
    fs::copy(&copy.0, fresh.path().join("scrip.db")).expect("copied over");
    assert_left_alone(fresh.path());
}

#[tokio::test]
async fn a_copy_of_a_whole_folder_with_its_log_opens() {
    let shop = Shop::open().await;
    let Apart { data, server, caller, coupons, .. } = shop.apart();
    server.kill();
    let elsewhere = folder();
    for name in ["scrip.db", "scrip.db-wal", "secret.key"] {
        fs::copy(data.path().join(name), elsewhere.path().join(name)).expect("copied");
    }
    assert_eq!(held(elsewhere.path(), &coupons, &caller).await, 55);
}

#[tokio::test]
async fn the_secret_of_a_change_that_was_cut_off_outlives_a_restore_and_a_start() {
    let shop = Shop::open().await;
    let Apart { data, server, caller, coupons, copy, .. } = shop.apart();
    assert!(server.terminate().success());
    assert!(scrip(&["secrets", "rotate-master"], data.path()).status.success());
    // As a kill leaves it: the database is wrapped by the new one, which has not its name yet.
    let file = |name: &str| data.path().join(name);
    fs::rename(file("secret.key"), file("secret.key.next")).expect("renamed");
    fs::rename(file("secret.key.1"), file("secret.key")).expect("renamed");
    let next = fs::read(file("secret.key.next")).expect("there");
    let aside = move_together(data.path());
    let refused = scrip(&["restore", "--from", &copy.0], data.path());
    assert!(!refused.status.success() && text(&refused).contains("secret.key.next is there"), "{}", text(&refused));
    assert!(!file("scrip.db").exists(), "{}", text(&refused));

    // Put there past the restore all the same.
    fs::copy(&copy.0, file("scrip.db")).expect("copied");
    assert_eq!(held(data.path(), &coupons, &caller).await, 5);
    assert_eq!(fs::read(file("secret.key.1")).expect("set aside"), next);
    fs::copy(file("secret.key.1"), aside.path().join("secret.key")).expect("copied");
    assert_eq!(held(aside.path(), &coupons, &caller).await, 55);
}

/// Each changes a stopped server's file in a way that no start accepts.
#[tokio::test]
async fn what_no_start_accepts_neither_verifies_nor_is_restored_and_a_start_changes_nothing() {
    for (change, told) in [
        ("DELETE FROM secret", "the database's secrets are gone"),
        ("DELETE FROM derived", "the revision of documents"),
        ("UPDATE derived SET revision = revision + 1", "a newer Scrip made"),
        ("UPDATE made_by SET revision = revision + 1", "a newer Scrip made"),
    ] {
        let shop = Shop::open().await;
        let Apart { data, server, .. } = shop.apart();
        assert!(server.terminate().success());
        let file = data.path().join("scrip.db");
        let changed = Connection::open(&file).and_then(|file| file.execute(change, [])).expect("changes");
        assert!(changed > 0);
        let before = fs::read(&file).expect("there");
        for command in [&["verify"][..], &["serve", "--listen", "127.0.0.1:0"], &["keys", "list"]] {
            let refused = scrip(command, data.path());
            assert!(!refused.status.success(), "{change}, {command:?}: {}", text(&refused));
            if command == ["verify"] || change.contains("secret") {
                assert!(text(&refused).contains(told), "{change}, {command:?}: {}", text(&refused));
            }
        }
        assert!(fs::read(&file).expect("there") == before, "{change}: nothing was written");
        let (elsewhere, secret) = (folder(), data.path().join("secret.key"));
        let (from, secret) = (file.to_str().expect("UTF-8"), secret.to_str().expect("UTF-8"));
        let refused = scrip(&["restore", "--from", from, "--secret-key", secret], elsewhere.path());
        assert!(!refused.status.success(), "{change}: {}", text(&refused));
        assert!(text(&refused).to_lowercase().contains("nothing was restored"), "{change}: {}", text(&refused));
        assert!(!elsewhere.path().join("scrip.db").exists());
    }
}

#[tokio::test]
async fn no_new_database_is_made_beside_what_is_left_of_another() {
    let shop = Shop::open().await;
    let Apart { data, server, caller, coupons, .. } = shop.apart();
    server.kill();
    let aside = move_together(data.path());
    let secret = data.path().join("secret.key");
    let refused = scrip(&["serve", "--listen", "127.0.0.1:0"], data.path());
    assert!(!refused.status.success() && text(&refused).contains("its scrip.db is not"), "{}", text(&refused));
    fs::rename(&secret, aside.path().join("secret.key")).expect("moved");
    for left in ["scrip.db.restoring", "secret.key.next"] {
        fs::write(data.path().join(left), "").expect("written");
        let refused = scrip(&["serve", "--listen", "127.0.0.1:0"], data.path());
        assert!(!refused.status.success() && text(&refused).contains(left), "{}", text(&refused));
        fs::remove_file(data.path().join(left)).expect("removed");
    }
    assert!(!data.path().join("scrip.db").exists() && !secret.exists());
    assert_eq!(held(aside.path(), &coupons, &caller).await, 55);

    // A first start that was cut off before its secret, or before its database, goes on.
    fs::write(data.path().join("scrip.db"), "").expect("written");
    Server::start(data.path()).kill();
    assert!(secret.exists());
    let cut_off = folder();
    fs::write(cut_off.path().join("scrip.db"), "").expect("written");
    fs::copy(&secret, cut_off.path().join("secret.key")).expect("copied");
    assert!(Server::start(cut_off.path()).terminate().success());
    assert_verified(cut_off.path());
}
