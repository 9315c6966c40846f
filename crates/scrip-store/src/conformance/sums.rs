//! Tables of sums.

use super::{
    fixture::{Hand, all, coupon, snapshot},
    rows::rows,
};
use crate::{
    Followed, Store, StoreError, TableSet,
    people::Row,
    sums::{ALL, Added, DISTRIBUTION, Sum, SumTable},
};

/// A key's columns: the channel has words of its own, all else is text.
fn sum(key: [&str; 3], figures: [i64; 4]) -> Sum {
    Sum { key: key.map(str::to_owned).to_vec(), figures: figures.to_vec() }
}

fn added(sums: &[Sum]) -> Vec<Added> {
    vec![Added { to: &DISTRIBUTION, sums: sums.to_vec() }]
}

fn stored(store: &dyn Store, table: &SumTable, first: Option<&str>) -> Vec<Sum> {
    snapshot(store).sums(table, first).expect("reads")
}

pub fn sums_are_added_to_and_listed_by_key(store: &dyn Store) {
    for table in ALL {
        assert_eq!(stored(store, table, None), [], "{}", table.name);
    }
    let mut hand = Hand::of(store);
    hand.commit(vec![], vec![]);
    let first = [
        sum(["cmp_b", "web", ""], [1, 0, 0, 0]),
        sum(["cmp_a", "web", "home"], [3, 0, 2, 0]),
        sum(["cmp_a", "web", ""], [1, 0, 0, 0]),
        // Twice in one window: both are added.
        sum(["cmp_a", "social", ""], [1, 0, 0, 0]),
        sum(["cmp_a", "social", ""], [1, 1, 0, 700]),
    ];
    hand.try_add(vec![Row::Coupon(coupon(1))], added(&first)).expect("follows");
    hand.commit(vec![], vec![]);
    hand.try_add(vec![], added(&[sum(["cmp_a", "web", "home"], [-1, 2, -2, 1_500])])).expect("follows");
    let of_a = [
        sum(["cmp_a", "social", ""], [2, 1, 0, 700]),
        sum(["cmp_a", "web", ""], [1, 0, 0, 0]),
        sum(["cmp_a", "web", "home"], [2, 2, 0, 1_500]),
    ];
    let of_b = [sum(["cmp_b", "web", ""], [1, 0, 0, 0])];
    assert_eq!(stored(store, &DISTRIBUTION, Some("cmp_a")), of_a);
    assert_eq!(stored(store, &DISTRIBUTION, Some("cmp_b")), of_b);
    assert_eq!(stored(store, &DISTRIBUTION, Some("cmp_")), []);
    assert_eq!(stored(store, &DISTRIBUTION, None), [&of_a[..], &of_b[..]].concat());
    assert_eq!(rows(store), [Row::Coupon(coupon(1))]);
}

pub fn a_sum_below_zero_changes_nothing(store: &dyn Store) {
    let mut hand = Hand::of(store);
    hand.commit(vec![], vec![]);
    hand.try_add(vec![], added(&[sum(["cmp_a", "web", ""], [1, 0, 0, 5])])).expect("follows");
    hand.commit(vec![], vec![]);
    for wrong in [
        [sum(["cmp_a", "web", "new"], [1, 0, 0, 0]), sum(["cmp_a", "web", ""], [0, 0, 0, -6])],
        [sum(["cmp_a", "web", ""], [1, 0, 0, 0]), sum(["cmp_a", "web", "new"], [0, 0, -1, 0])],
        [sum(["cmp_a", "web", ""], [0, 0, 0, 1]), sum(["cmp_a", "web", ""], [0, 0, 0, i64::MAX])],
    ] {
        let before = all(store);
        let error = hand.try_add(vec![Row::Coupon(coupon(1))], added(&wrong)).expect_err("must be refused");
        assert!(matches!(error, StoreError::Damaged { .. }), "{error}");
        let named = wrong.iter().any(|sum| error.to_string() == DISTRIBUTION.out_of_range(sum).to_string());
        assert!(named, "whoever mends it is told of which row: {error}");
        assert_eq!(all(store), before);
    }
}

pub fn a_window_is_added_once(store: &dyn Store) {
    let mut hand = Hand::of(store);
    let (from, to) = (hand.followed, hand.commit(vec![], vec![]));
    let one = sum(["cmp_a", "web", ""], [1, 0, 0, 0]);
    let mut follower = store.projection(DISTRIBUTION.name).expect("follows");
    let window = Followed { bucket: hand.bucket, from, to, rows: Vec::new(), added: added(std::slice::from_ref(&one)) };
    follower.write(TableSet::Shown, &window).expect("follows");
    let error = follower.write(TableSet::Shown, &window).expect_err("it is done already");
    assert!(matches!(error, StoreError::Conflict { .. }), "{error}");
    assert_eq!(stored(store, &DISTRIBUTION, None), [one]);
}

pub fn a_row_without_figures_is_not_there(store: &dyn Store) {
    let mut hand = Hand::of(store);
    hand.commit(vec![], vec![]);
    let two = [sum(["cmp_a", "code", ""], [1, 0, 1, 0]), sum(["cmp_a", "web", ""], [1, 0, 0, 0])];
    hand.try_add(vec![], added(&two)).expect("follows");
    hand.commit(vec![], vec![]);
    let gone = [sum(["cmp_a", "code", ""], [-1, 0, -1, 0]), sum(["cmp_a", "system", ""], [0, 0, 0, 0])];
    hand.try_add(vec![], added(&gone)).expect("follows");
    assert_eq!(stored(store, &DISTRIBUTION, None), two[1..]);
    hand.commit(vec![], vec![]);
    hand.try_add(vec![], added(&two[..1])).expect("follows");
    assert_eq!(stored(store, &DISTRIBUTION, None), two);
}
