//! Who can write the file and hasn't the secret is found by the journal's seals; who writes it anew altogether, by a head that was
//! kept elsewhere.

mod support;

use std::{fs, path::Path, process::Output};

use rusqlite::{Connection, params};
use scrip_core::{
    api_key::Role,
    event::Event,
    state::{Aggregate, Key},
};
use scrip_store::frame::{Frame, Hash};
use serde_json::json;
use support::{Caller, Server, assert_verified, folder, scrip};

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// The head as `scrip verify` prints it.
fn head(data: &Path) -> String {
    let output = scrip(&["verify"], data);
    assert!(output.status.success(), "{}", text(&output));
    let text = text(&output);
    let line = text.lines().find_map(|line| line.strip_prefix("Head ")).expect("it prints the head");
    line.split(',').next().expect("before the time").to_owned()
}

/// A stopped server's folder whose journal has some frames, the second of them a storefront's key; and an early head.
async fn shop(data: &Path) -> String {
    let server = Server::start(data);
    let operator = server.key(&["operator"]);
    server.key(&["storefront"]);
    let kept = head(data);
    Caller::new(&server, &operator).campaign(500, json!({"budget": "unlimited"})).await;
    assert!(server.terminate().success());
    kept
}

/// What is done to the frames from the changed one on.
#[derive(Clone, Copy)]
enum Then {
    /// Hashed again, their seals left.
    HashedAgain,
    /// Without seals, in format 1.
    Unsealed,
    /// All frames of the journal, in format 1.
    AllUnsealed,
}

/// Ten lines of a script: the storefront's key becomes an operator's, in the event, the document, and every hash from there on.
fn forge(data: &Path, then: Then) {
    let file = Connection::open(data.join("scrip.db")).expect("opens");
    let frames: Vec<(u64, Vec<u8>)> = file
        .prepare("SELECT first_position, frame FROM journal ORDER BY first_position")
        .and_then(|mut select| select.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect())
        .expect("reads");
    let (mut previous, mut changed): (Hash, bool) = ([0; 32], false);
    for (first, bytes) in frames {
        let (mut frame, _) = Frame::decode(&bytes).expect("whole");
        let mut events: Vec<Event> = frame.events().expect("whole").into_iter().map(|one| one.event).collect();
        for event in &mut events {
            let Event::ApiKeyCreated { key } = event else { continue };
            if key.role == Role::Storefront {
                (key.role, changed) = (Role::Operator, true);
                let body = Aggregate::ApiKey(key.clone()).encode();
                let place = Key::ApiKey(key.id);
                let sql = "UPDATE document SET body = ?1 WHERE kind = ?2 AND key = ?3";
                let rows = file.execute(sql, params![body, place.kind().number(), place.bytes()]).expect("writes");
                assert_eq!(rows, 1);
            }
        }
        let forged =
            Frame::new(frame.bucket, frame.first, frame.at, frame.batch, previous, &events.iter().collect::<Vec<_>>());
        (frame.body, frame.previous) = (forged.body, previous);
        if matches!((then, changed), (Then::Unsealed, true) | (Then::AllUnsealed, _)) {
            frame.seal = None;
        }
        let (bytes, hash) = frame.encode();
        let sql = "UPDATE journal SET frame = ?1, hash = ?2 WHERE first_position = ?3";
        file.execute(sql, params![bytes, hash, first]).expect("writes");
        previous = hash;
    }
    assert!(changed);
}

#[tokio::test]
async fn a_key_that_was_made_an_operators_in_the_file_is_found_by_the_seals() {
    let data = folder();
    shop(data.path()).await;
    assert_verified(data.path());
    forge(data.path(), Then::HashedAgain);
    let blind = scrip(&["verify", "--without-secret"], data.path());
    assert!(blind.status.success(), "the chain alone can't tell: {}", text(&blind));
    let found = scrip(&["verify"], data.path());
    assert!(!found.status.success());
    assert!(text(&found).contains("without this database's chain secret"), "{}", text(&found));
    let refused = scrip(&["serve", "--listen", "127.0.0.1:0"], data.path());
    assert!(!refused.status.success());
    assert!(text(&refused).contains("seal is wrong"), "{}", text(&refused));
}

#[tokio::test]
async fn frames_of_format_1_after_those_of_format_2_are_refused() {
    let data = folder();
    shop(data.path()).await;
    forge(data.path(), Then::Unsealed);
    for command in [&["verify", "--without-secret"][..], &["verify"], &["keys", "list"]] {
        let found = scrip(command, data.path());
        assert!(!found.status.success(), "{command:?}");
        assert!(text(&found).contains("seal"), "{command:?}: {}", text(&found));
    }
}

#[tokio::test]
async fn what_was_written_anew_as_format_1_is_found_by_a_kept_head_and_by_nothing_else() {
    let data = folder();
    let kept = shop(data.path()).await;
    let last = head(data.path());
    let with_heads = |heads: &[&str]| {
        let mut command = vec!["verify"];
        heads.iter().for_each(|head| command.extend(["--head", head]));
        scrip(&command, data.path())
    };
    let whole = with_heads(&[&kept, &last]);
    assert!(whole.status.success() && text(&whole).contains("Every head"), "{}", text(&whole));

    forge(data.path(), Then::AllUnsealed);
    assert!(with_heads(&[]).status.success(), "as the page says");
    for head in [&kept, &last] {
        let found = with_heads(&[head]);
        assert!(!found.status.success());
        assert!(text(&found).contains("written anew"), "{}", text(&found));
    }
}

#[tokio::test]
async fn a_missing_tail_is_found_by_a_kept_head() {
    let (data, place) = (folder(), folder());
    shop(data.path()).await;
    let copy = place.path().join("copy.db");
    let made = scrip(&["backup", "--to", copy.to_str().expect("UTF-8")], data.path());
    let last = head(data.path());
    assert!(text(&made).contains(&format!("Head {last}, last event at 20")), "{}", text(&made));
    let server = Server::start(data.path());
    server.key(&["storefront"]);
    assert!(server.terminate().success());
    let newer = head(data.path());
    fs::copy(&copy, data.path().join("scrip.db")).expect("copied");
    assert_verified(data.path());
    let found = scrip(&["verify", "--head", &newer], data.path());
    assert!(!found.status.success());
    assert!(text(&found).contains("tail is missing"), "{}", text(&found));
    let refused = scrip(&["verify", "--head", "12"], data.path());
    assert!(text(&refused).contains("64 hexadecimal digits"), "{}", text(&refused));
}
