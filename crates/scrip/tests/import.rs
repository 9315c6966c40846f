//! `scrip import` on the real binary: what is taken once, what is refused, and what becomes of an import that was broken off (S17).

mod support;

use std::{
    fs,
    io::Write,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    time::Duration,
};

use serde_json::{Value, json};
use support::{BINARY, Caller, Server, assert_verified, folder, scrip};

const CLAIMED: &str = "2026-03-01T00:00:00Z";

fn line(account: &str, campaign: &Value, more: &Value) -> Value {
    let mut line = json!({"account": account, "status": "valid", "claimed_at": CLAIMED});
    for members in [campaign, more] {
        for (name, value) in members.as_object().expect("members") {
            line[name] = value.clone();
        }
    }
    line
}

fn file(data: &Path, name: &str, text: &str) -> PathBuf {
    let path = data.join(name);
    fs::write(&path, text).expect("written");
    path
}

fn lines(lines: &[Value]) -> String {
    lines.iter().map(|line| format!("{line}\n")).collect()
}

fn import(data: &Path, file: &Path) -> Output {
    scrip(&["import", file.to_str().expect("UTF-8")], data)
}

#[track_caller]
fn says(output: &Output, expected: &str, good: bool) {
    let told = String::from_utf8_lossy(&output.stdout);
    assert_eq!(told.trim_end(), expected, "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.success(), good, "{told}");
}

#[tokio::test]
async fn s17_a_file_is_taken_once_and_a_mended_line_with_it() {
    let data = folder();
    let server = Server::start(data.path());
    let caller = Caller::new(&server, &server.key(&["operator"]));
    let id = caller.campaign(500, json!({"stock": 6, "per_individual": 2, "budget": "unlimited"})).await;
    let of = json!({"campaign": id});
    let mut all = vec![
        line("ana", &of, &json!({"key": "old-1"})),
        // Two alike without a key are two coupons.
        line("ben", &of, &json!({})),
        line("ben", &of, &json!({})),
        line("cleo", &of, &json!({"claimed_at": "2036-01-01T00:00:00Z"})),
    ];
    // Some editors begin a file with a byte order mark.
    let first = file(data.path(), "old.ndjson", &format!("\u{feff}{}", lines(&all)));
    let output = import(data.path(), &first);
    says(&output, "3 lines taken, 0 there before, 1 refused", false);
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(told.starts_with("line 4: ") && told.contains("/claimed_at"), "{told}");
    // The tool invites mending a line and running it again.
    all[3]["claimed_at"] = json!(CLAIMED);
    let mended = file(data.path(), "old.ndjson", &lines(&all));
    says(&import(data.path(), &mended), "1 lines taken, 3 there before, 0 refused", true);
    says(&import(data.path(), &mended), "0 lines taken, 4 there before, 0 refused", true);
    // A line is a claim for stock, counters and the individual's count.
    all.push(line("ben", &of, &json!({"key": "a third"})));
    all.push(line("ana", &of, &json!({"key": "old-2"})));
    all.push(line("dan", &of, &json!({"key": "old-1"})));
    all.push(line("eve", &of, &json!({})));
    let more = file(data.path(), "more.ndjson", &lines(&all));
    let output = import(data.path(), &more);
    says(&output, "2 lines taken, 4 there before, 2 refused", false);
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(told.contains("line 5: ") && told.contains("individual_limit_reached"), "{told}");
    assert!(told.contains("line 8: ") && told.contains("sold_out"), "{told}");
    let campaign = caller.get(&format!("/v1/campaigns/{id}")).await;
    assert_eq!(campaign.number("/counters/claimed"), 6);
    let report = caller.get(&format!("/v1/reports/distribution?campaign={id}")).await;
    assert_eq!(report.number("/data/0/claimed"), 6);
    let late = caller.post("/v1/accounts/fay/coupons", json!({"campaign": id})).await;
    assert_eq!((late.status, late.text("/code")), (409, "sold_out"));
    drop(server);
    assert_verified(data.path());
}

#[tokio::test]
async fn s17_campaigns_come_in_with_their_status_and_lines_name_them_by_key() {
    let data = folder();
    let server = Server::start(data.path());
    let caller = Caller::new(&server, &server.key(&["operator"]));
    let terms = |expires_at: &str| {
        json!({"name": "Old", "issuer": {"type": "platform"}, "currency": "USD",
            "benefit": {"type": "amount_off", "amount": 500}, "limits": {"budget": 10_000, "per_individual": null},
            "validity": {"type": "fixed", "starts_at": "2026-01-01T00:00:00Z", "expires_at": expires_at}})
    };
    let campaign = |key: &str, status: &str, expires_at: &str| json!({"campaign_key": key, "status": status, "terms": terms(expires_at)});
    let of = |key: &str| json!({"campaign_key": key});
    let all = [
        campaign("spring", "live", "2026-04-01T00:00:00Z"),
        campaign("winter", "ended", "2036-01-01T00:00:00Z"),
        campaign("pause", "paused", "2036-01-01T00:00:00Z"),
        line("ana", &of("spring"), &json!({"status": "used", "key": "1", "order": "X-1"})),
        line("ana", &of("spring"), &json!({"status": "used", "key": "2"})),
        line("ana", &of("spring"), &json!({"status": "expired", "key": "3"})),
        line("ana", &of("spring"), &json!({"status": "reclaimed", "key": "4"})),
        line("ana", &of("winter"), &json!({"key": "5"})),
        line("ana", &of("winter"), &json!({"key": "6", "expires_at": "2027-06-01T00:00:00Z"})),
        line("ana", &of("winter"), &json!({"key": "7", "expires_at": "2037-06-01T00:00:00Z", "as_is": true})),
        line("ana", &of("nobody's"), &json!({"key": "8"})),
    ];
    let file = file(data.path(), "old.ndjson", &lines(&all));
    let output = import(data.path(), &file);
    says(&output, "9 lines taken, 0 there before, 2 refused", false);
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(told.contains("line 9: ") && told.contains("validity_is_fixed at /expires_at"), "{told}");
    assert!(told.contains("line 11: ") && told.contains("campaign_not_found"), "{told}");
    says(&import(data.path(), &file), "0 lines taken, 9 there before, 2 refused", false);
    let list = caller.get("/v1/campaigns").await;
    let status = |campaign: &Value| campaign["status"].as_str().map(str::to_owned);
    let mut statuses: Vec<_> = list.body["data"].as_array().expect("a list").iter().filter_map(status).collect();
    statuses.sort();
    assert_eq!(statuses, ["closed", "ended", "paused"]);
    let summary = caller.get("/v1/accounts/ana/coupons/summary").await;
    for (status, count) in [("valid", 2), ("used", 2), ("expired", 1), ("reclaimed", 1)] {
        assert_eq!(summary.number(&format!("/{status}")), count, "{status}: {}", summary.body);
    }
    let wallet = caller.get("/v1/accounts/ana/coupons?status=valid").await;
    let as_is: Vec<&Value> =
        wallet.body["data"].as_array().expect("a list").iter().map(|coupon| &coupon["as_is"]).collect();
    assert!(as_is.contains(&&json!(true)) && as_is.contains(&&json!(false)), "{}", wallet.body);
    let spring = list.body["data"].as_array().expect("a list").iter().find(|one| one["status"] == "closed").cloned();
    let counters = &spring.expect("spring")["counters"];
    assert_eq!((&counters["claimed"], &counters["used"], &counters["reclaimed"]), (&json!(4), &json!(2), &json!(1)));
    assert_eq!((&counters["budget_held"], &counters["budget_spent"]), (&json!(0), &json!(0)));
    drop(server);
    assert_verified(data.path());
}

/// Whatever had been answered when the server was killed, the second run makes it whole.
#[tokio::test]
async fn s17_an_import_that_was_killed_is_run_again() {
    let data = folder();
    let server = Server::start(data.path());
    let caller = Caller::new(&server, &server.key(&["operator"]));
    let id = caller.campaign(500, json!({"per_individual": null, "budget": "unlimited"})).await;
    let of = json!({"campaign": id});
    let all: Vec<Value> = (0..2_000)
        .map(|number| {
            let key = if number % 2 == 0 { json!({"key": format!("k{number}")}) } else { json!({}) };
            line(&format!("a{}", number % 40), &of, &key)
        })
        .collect();
    let file = file(data.path(), "old.ndjson", &lines(&all));
    let (folder, path) = (data.path().to_owned(), file.clone());
    let first = std::thread::spawn(move || import(&folder, &path));
    let claimed = async || caller.get(&format!("/v1/campaigns/{id}")).await.number("/counters/claimed");
    while claimed().await < 50 {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    server.kill();
    let first = first.join().expect("it ended");
    assert!(!first.status.success(), "it was broken off");
    let told = String::from_utf8_lossy(&first.stdout).into_owned();
    assert!(told.ends_with(" lines taken, 0 there before, 0 refused\n"), "its totals are told all the same: {told}");
    let told = String::from_utf8_lossy(&first.stderr).into_owned();
    assert!(told.contains("it ended at line ") && told.contains("Run the whole file again"), "{told}");
    // With no server running the tool opens the folder itself.
    let output = import(data.path(), &file);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    let numbers: Vec<u32> = told.split_whitespace().filter_map(|word| word.parse().ok()).collect();
    assert_eq!(numbers.len(), 3, "{told}");
    assert_eq!((numbers[0] + numbers[1], numbers[2]), (2_000, 0), "{told}");
    assert!(numbers[1] >= 50, "what was answered is there: {told}");
    says(&import(data.path(), &file), "0 lines taken, 2000 there before, 0 refused", true);
    assert_verified(data.path());
}

/// A campaign of the build before that has codes and names no channels: by the rule of now it is given out by code alone.
#[tokio::test]
async fn s1_a_code_campaign_of_an_earlier_build_is_closed_to_collecting() {
    let old = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/files/2026-11-27");
    let known: Value = serde_json::from_slice(&fs::read(old.join("known.json")).expect("there")).expect("JSON");
    let data = folder();
    for name in ["scrip.db", "secret.key"] {
        let to = data.path().join(name);
        fs::copy(old.join(name), &to).expect("copied");
        // A checkout keeps no modes, and a secret that others may read isn't taken.
        fs::set_permissions(&to, fs::Permissions::from_mode(0o600)).expect("own");
    }
    let server = Server::start(data.path());
    let operator = Caller::new(&server, known["keys"]["operator"].as_str().expect("a key"));
    let campaign = known["campaigns"]["N"].as_str().expect("an id");
    let path = format!("/v1/campaigns/{campaign}");
    let shown = operator.get(&path).await;
    assert_eq!(shown.body["offered_on"], json!(["code", "system"]), "{}", shown.body);
    assert_eq!(shown.text("/warnings/0/code"), "code_only");
    // Who paused it wasn't written down: an operator resumes it.
    assert_eq!(operator.post(&format!("{path}/resume"), json!({})).await.status, 200);
    let storefront = Caller::new(&server, known["keys"]["storefront"].as_str().expect("a key"));
    let collected = storefront.post("/v1/accounts/zoe/coupons", json!({"campaign": campaign})).await;
    assert_eq!((collected.status, collected.text("/code")), (422, "channel_not_offered"));
    let activated = storefront.post("/v1/accounts/zoe/coupons", json!({"code": "OPEN10"})).await;
    assert_eq!(activated.status, 201, "{}", activated.body);
    // What that build imported counts for nothing, and stays so.
    drop(server);
    assert_verified(data.path());
}

#[test]
fn lines_that_are_no_text_are_refused_with_their_number_and_the_others_taken() {
    let data = folder();
    let server = Server::start(data.path());
    let campaign = json!({"campaign_key": "old", "status": "live", "terms": {"name": "Old", "issuer": {"type": "platform"},
        "currency": "USD", "benefit": {"type": "amount_off", "amount": 500}, "limits": {"budget": "unlimited"},
        "validity": {"type": "after_claim", "days": 30}}});
    let coupon = line("ana", &json!({"campaign_key": "old"}), &json!({"key": "1"}));
    let mut bytes = format!("{campaign}\n").into_bytes();
    bytes.extend(b"{\"account\":\"\xff\"}\n");
    bytes.extend(vec![b'x'; 1024 * 1024 + 1]);
    bytes.extend(format!("\r\n\n{coupon}").bytes());
    let path = data.path().join("old.ndjson");
    fs::write(&path, bytes).expect("written");
    let told = "line 2: not UTF-8\nline 3: longer than 1 MiB\n";
    let output = import(data.path(), &path);
    says(&output, "2 lines taken, 0 there before, 2 refused", false);
    assert_eq!(String::from_utf8_lossy(&output.stderr), told);
    // The same where no server runs.
    drop(server);
    let output = import(data.path(), &path);
    says(&output, "0 lines taken, 2 there before, 2 refused", false);
    assert_eq!(String::from_utf8_lossy(&output.stderr), told);
    assert_verified(data.path());
}

#[tokio::test]
async fn lines_may_come_as_slowly_as_they_like() {
    let data = folder();
    let server = Server::start_with(data.path(), &["--request-seconds", "1"]);
    let caller = Caller::new(&server, &server.key(&["operator"]));
    let id = caller.campaign(500, json!({"per_individual": null, "budget": "unlimited"})).await;
    let mut child = Command::new(BINARY)
        .args(["import", "-", "--data"])
        .arg(data.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the binary runs");
    let mut lines = child.stdin.take().expect("it was asked for");
    for account in ["ana", "ben"] {
        tokio::time::sleep(Duration::from_secs(3)).await;
        writeln!(lines, "{}", line(account, &json!({"campaign": id}), &json!({}))).expect("it reads");
    }
    drop(lines);
    says(&child.wait_with_output().expect("it ended"), "2 lines taken, 0 there before, 0 refused", true);
}
