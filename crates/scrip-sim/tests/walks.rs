//! Short walks on every change; `scrip-sim` walks further.

use std::{fs, path::Path};

use scrip_sim::{Setting, regression, scripts, walk};

/// Commands of one walk.
const COMMANDS: u64 = 1_000;

fn walk_or_panic(setting: Setting) -> [u8; 32] {
    match walk(setting) {
        Ok(tally) => tally.digest,
        Err(failure) => panic!("{}\nagain: {}", failure.what, failure.setting),
    }
}

fn walk_all(buckets: u32, nodes: usize, seeds: std::ops::Range<u64>) {
    for seed in seeds {
        walk_or_panic(Setting { seed, buckets, nodes, commands: COMMANDS });
    }
}

#[test]
fn one_bucket_keeps_the_rules_through_crashes_and_faults() {
    walk_all(1, 1, 1_000..1_007);
}

#[test]
fn eight_buckets_keep_the_rules_through_crashes_and_faults() {
    walk_all(8, 1, 2_000..2_007);
}

#[test]
fn sixteen_buckets_keep_the_rules_through_crashes_and_faults() {
    walk_all(16, 1, 3_000..3_003);
}

#[test]
fn several_nodes_over_one_store_keep_the_rules() {
    walk_all(4, 3, 4_000..4_003);
}

#[test]
fn the_same_seed_is_the_same_walk_to_the_last_byte() {
    for (seed, buckets, nodes) in [(7, 1, 1), (8, 8, 1), (9, 4, 2)] {
        let setting = Setting { seed, buckets, nodes, commands: COMMANDS };
        assert_eq!(walk_or_panic(setting), walk_or_panic(setting), "{setting}");
    }
}

#[test]
fn what_was_found_once_is_not_found_again() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("regressions");
    let mut files: Vec<_> =
        fs::read_dir(&folder).expect("the folder is there").map(|file| file.expect("it can be read").path()).collect();
    files.sort();
    for file in files {
        let text = fs::read_to_string(&file).expect("it can be read");
        let setting = regression::parse(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        walk_or_panic(setting);
    }
}

#[test]
fn scripts_of_what_was_found_once_find_nothing() {
    assert_eq!(scripts::revised_and_closed_in_one_batch(), Ok(()));
    assert_eq!(scripts::a_seller_goes_from_an_order_with_coupons_of_two_groups(), Ok(()));
    // More than may be claimed; `.ci/proof` brings back more than a byte can number the pages of.
    assert_eq!(scripts::a_wallet_beyond_its_limit(540), Ok(()));
}
