//! Every harness, small: they run, find nothing, and did something. More is in `.ci/proof`.

use std::time::Duration;

use scrip_crash::{backup, binary, clock, disk, flip, kill, power, restore, result::Outcome, server::Program};

fn program() -> Program {
    Program::new(binary::find(None).expect("cargo builds the server"))
}

fn assert_good(outcome: &Outcome) {
    assert!(outcome.is_good(), "{}", outcome.failures.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn i3_what_was_answered_is_there_after_a_kill_and_nothing_stays_held() {
    assert_good(&kill::run(&program(), kill::Options { kills: 8, seed: 11, clients: 6 }).await.expect("it runs"));
}

#[tokio::test(flavor = "multi_thread")]
async fn i3_what_was_answered_is_there_after_a_power_cut() {
    let burst = Duration::from_millis(150);
    let options = power::Options { states: 60, seed: 12, clients: 6, burst, keep: None };
    assert_good(&power::run(&program(), options).await.expect("it runs"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failing_disk_stops_the_server_and_loses_nothing() {
    assert_good(&disk::run(&program(), disk::Options { trials: 3, seed: 13, clients: 4 }).await.expect("it runs"));
}

#[tokio::test(flavor = "multi_thread")]
async fn i9_a_flipped_bit_that_changes_a_value_is_found() {
    assert_good(&flip::run(&program(), flip::Options { trials: 60, seed: 14 }).await.expect("it runs"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_under_load_has_all_that_was_answered_before_it_began() {
    assert_good(&backup::run(&program(), backup::Options { backups: 2, seed: 15, clients: 4 }).await.expect("it runs"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_is_set_wrong_costs_nobody_a_coupon() {
    assert_good(&clock::run(&program(), clock::Options { trials: 4, seed: 16 }).await.expect("it runs"));
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_hands_do_a_restore_takes_nothing_away_that_was_answered() {
    assert_good(
        &restore::run(&program(), restore::Options { restores: 8, seed: 16, clients: 4 }).await.expect("it runs"),
    );
}
