//! A host without rules of time zones, or with old ones.

mod support;

use std::{fs, process::Command};

use serde_json::json;
use support::{BINARY, Caller, Server, folder, scrip, without_harness};

#[tokio::test]
async fn a_host_without_time_zones_ends_days_at_their_own_midnight_and_the_log_says_whose_rules_are_in_force() {
    let (data, empty) = (folder(), folder());
    let log = data.path().join("log");
    let mut command = Command::new(BINARY);
    without_harness(&mut command)
        .args(["serve", "--listen", "127.0.0.1:0", "--log", "info", "--data"])
        .arg(data.path());
    command.env("TZDIR", empty.path()).stderr(fs::File::create(&log).expect("made"));
    let server = Server::of(&mut command, data.path());
    let operator = Caller::new(&server, &server.key(&["operator"]));
    let terms = json!({"name": "Test", "issuer": {"type": "platform"}, "currency": "USD",
        "benefit": {"type": "amount_off", "amount": 500}, "limits": {"budget": "unlimited"},
        "validity": {"type": "after_claim", "days": 10, "time_zone": "America/Vancouver"}});
    let campaign = operator.post("/v1/campaigns", terms).await.text("/id").to_owned();
    operator.post(&format!("/v1/campaigns/{campaign}/publish"), json!({})).await;
    let claim = json!({"campaign": campaign, "channel": "web"});
    let coupon = operator.post("/v1/accounts/ana/coupons", claim).await;
    let ends = coupon.text("/expires_at");
    assert!(ends.ends_with("T07:00:00Z"), "{ends}: Vancouver is at -07 the whole year since 2026");
    let metrics = operator.text("/metrics").await;
    let gauge = metrics.lines().find(|line| line.starts_with("scrip_time_zone_rules{")).expect("a metric");
    assert!(gauge.contains("from=\"bundled\""), "{gauge}");

    assert!(server.terminate().success());
    let log = fs::read_to_string(&log).expect("readable");
    let line =
        |wanted: &str| log.lines().rfind(|line| line.contains(wanted)).unwrap_or_else(|| panic!("no {wanted}: {log}"));
    assert!(line("time zones").contains("from=bundled"), "{log}");
    // The journal's head, for whoever keeps logs out of this machine's reach.
    let verified = scrip(&["verify"], data.path());
    let verified = String::from_utf8(verified.stdout).expect("text");
    let head = verified.lines().find_map(|line| line.strip_prefix("Head ")).expect("it prints the head");
    let head = head.split(',').next().expect("the head itself");
    assert!(line("the journal's head").contains(head), "{head}: {log}");
}
