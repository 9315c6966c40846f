//! The same rules with many buckets as with one: every other test again, on a store of eight.

use std::process::Command;

use crate::shop::BUCKETS;

#[test]
fn every_other_test_passes_with_eight_buckets_too() {
    if std::env::var_os(BUCKETS).is_some() {
        return;
    }
    let this = std::env::current_exe().expect("a test program knows where it is");
    let output = Command::new(this).env(BUCKETS, "8").output().expect("it can be started again");
    let text = String::from_utf8_lossy(&output.stdout);
    let end: Vec<&str> = text.lines().rev().take(200).collect();
    assert!(output.status.success(), "{}", end.into_iter().rev().collect::<Vec<_>>().join("\n"));
}
