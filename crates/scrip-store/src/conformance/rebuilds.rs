//! Tables that are made anew beside those that are shown.

use super::{
    fixture::{FOLLOWER, Hand, all, coupon, coupon_id, of_each, one_of_each, order, order_id, part, snapshot},
    rows::rows,
};
use crate::{
    Followed, MadeBy, Projection, Rebuild, Store, StoreError, TableSet,
    people::{Change, CouponRow, OrderFilter, Page, Row, TableName, coupon},
    sums::{Added, DISTRIBUTION, Sum},
};

fn made_by(store: &dyn Store, follower: &str) -> MadeBy {
    snapshot(store).made_by(follower).expect("reads")
}

fn window(hand: &Hand, from: u64, rows: Vec<Row>) -> Followed {
    Followed { bucket: hand.bucket, from, to: hand.followed, rows, added: Vec::new() }
}

/// Removes what is left beside the tables that are shown. Answers in how many calls.
fn cleared(projection: &mut dyn Projection, revision: u32) -> usize {
    (0..).find(|_| projection.rebuild(revision).expect("clears") != Rebuild::Clearing).expect("it ends")
}

/// A follower that wrote these rows by rules of revision 1.
fn followed(store: &dyn Store, rows: Vec<Row>) -> Hand {
    let mut hand = Hand::of(store);
    assert_eq!(hand.projection.rebuild(1).expect("nothing was followed"), Rebuild::Over);
    hand.write(rows);
    hand
}

pub fn what_followed_nothing_yet_has_nothing_to_rebuild(store: &dyn Store) {
    assert_eq!(made_by(store, FOLLOWER), MadeBy::default());
    let mut hand = Hand::of(store);
    for revision in [1, 3] {
        assert_eq!(hand.projection.rebuild(revision).expect("nothing was followed"), Rebuild::Over);
        assert_eq!(made_by(store, FOLLOWER), MadeBy { shown: revision, rebuilt: None });
    }
    hand.write(vec![Row::Coupon(coupon(1))]);
    assert_eq!(hand.projection.rebuild(3).expect("they are of it"), Rebuild::Over);
    assert_eq!(rows(store), [Row::Coupon(coupon(1))]);
    let nothing = window(&hand, 0, Vec::new());
    let error = hand.projection.write(TableSet::Rebuilt, &nothing).expect_err("none are made");
    assert!(matches!(error, StoreError::Conflict { .. }), "{error}");
    let error = hand.projection.show_rebuilt().expect_err("none are made");
    assert!(matches!(error, StoreError::Conflict { .. }), "{error}");
}

pub fn rebuilt_tables_take_the_place_of_those_that_are_shown_at_once(store: &dyn Store) {
    let mut hand = followed(store, one_of_each(crate::conformance::fixture::last_bucket(store)));
    let first = hand.followed;
    hand.write(vec![Row::Coupon(coupon(9))]);
    let before = rows(store);
    let mut projection = store.projection(FOLLOWER).expect("follows");
    assert_eq!(projection.rebuild(2).expect("of older rules"), Rebuild::Underway);
    assert_eq!(made_by(store, FOLLOWER), MadeBy { shown: 1, rebuilt: Some(2) });
    assert!(!projection.show_rebuilt().expect("is asked too early"), "nothing was followed");

    // What those rules make of the first batch; of which nobody sees anything.
    let mut made = of_each(hand.bucket, "zoe", 7);
    made.extend([Row::Coupon(coupon(1)), Row::Order(order("zoe", "o2")), Row::Coupon(coupon(2))]);
    let one = Followed { to: first, ..window(&hand, 0, made) };
    projection.write(TableSet::Rebuilt, &one).expect("follows");
    let error = projection.write(TableSet::Rebuilt, &one).expect_err("it is done already");
    assert!(matches!(error, StoreError::Conflict { .. }), "{error}");
    assert_eq!(rows(store), before);
    assert!(!projection.show_rebuilt().expect("is asked too early"), "those that are shown have more");
    let bucket = hand.bucket;
    let positions = |store: &dyn Store| {
        let mut snapshot = snapshot(store);
        (snapshot.followed(FOLLOWER, bucket).expect("reads"), snapshot.rebuilt(FOLLOWER, bucket).expect("reads"))
    };
    assert_eq!(positions(store), (hand.followed, first));

    // Those that are shown go on meanwhile.
    let held = CouponRow { state: coupon::State::Reclaimed, ..coupon(9) };
    hand.write(vec![Row::Coupon(held.clone())]);
    assert!(rows(store).contains(&Row::Coupon(held)));
    let gone = vec![Change::CouponGone(coupon_id(2)).into(), Row::OrderTransaction(part(&order("zoe", "o2"), "s9"))];
    projection.write(TableSet::Rebuilt, &Followed { rows: gone, ..window(&hand, first, Vec::new()) }).expect("follows");
    let mut earlier = snapshot(store);
    let shown = earlier.all_rows().expect("reads");
    assert!(projection.show_rebuilt().expect("as far"));

    let mut expected = of_each(bucket, "zoe", 7);
    let more = [
        Row::Coupon(coupon(1)),
        Row::Order(order("zoe", "o2")),
        Row::OrderTransaction(part(&order("zoe", "o2"), "s9")),
    ];
    expected.extend(more);
    let sorted = |mut rows: Vec<Row>| {
        rows.sort_by_key(|row| (row.table(), row.called()));
        rows
    };
    assert_eq!(sorted(rows(store)), sorted(expected.clone()));
    assert_eq!(earlier.all_rows().expect("reads"), shown, "whoever reads goes on with what was there");
    drop(earlier);
    assert_eq!(made_by(store, FOLLOWER), MadeBy { shown: 2, rebuilt: None });
    assert_eq!(positions(store), (hand.followed, 0));
    // Lists go by what is there now.
    let mut reading = snapshot(store);
    let found = reading.orders(&OrderFilter::default(), 9).expect("reads");
    assert!(found.len() == 2 && found.iter().any(|found| found.order == order_id("o2")), "{found:?}");
    for &table in TableName::ALL {
        for list in table.shape().lists {
            let of = expected.iter().find(|row| row.table() == Some(table)).map(|row| row.values(list.of));
            let page = Page { list: *list, of: of.expect("one of each"), after: None, limit: 9 };
            assert!(!reading.page(table, &page).expect("reads").is_empty(), "{table:?}");
        }
    }
    assert_eq!(reading.coupon_owner(coupon_id(9)).expect("reads"), None);
    drop(reading);

    // What was shown goes, and nothing else; then it is as if it had never been.
    let made = all(store);
    cleared(&mut *projection, 2);
    assert_eq!(projection.rebuild(2).expect("of these rules"), Rebuild::Over);
    assert_eq!(all(store), made);
    hand.write(vec![Row::Coupon(coupon(3))]);
    assert_eq!(projection.rebuild(3).expect("of older rules"), Rebuild::Underway);
    projection.write(TableSet::Rebuilt, &window(&hand, 0, vec![Row::Coupon(coupon(4))])).expect("follows");
    assert!(projection.show_rebuilt().expect("as far"));
    assert_eq!(rows(store), [Row::Coupon(coupon(4))]);
    assert_eq!(snapshot(store).contradictions(&[]).expect("reads"), Vec::<String>::new());
}

pub fn a_rebuild_goes_on_where_it_is(store: &dyn Store) {
    let mut hand = followed(store, vec![Row::Coupon(coupon(1))]);
    let first = hand.followed;
    hand.write(vec![Row::Coupon(coupon(2))]);
    let begun = |revision| {
        let mut projection = store.projection(FOLLOWER).expect("follows");
        let mut rebuild = projection.rebuild(revision).expect("of older rules");
        while rebuild == Rebuild::Clearing {
            rebuild = projection.rebuild(revision).expect("clears");
        }
        assert_eq!(rebuild, Rebuild::Underway);
        let at = snapshot(store).rebuilt(FOLLOWER, hand.bucket).expect("reads");
        (projection, at)
    };
    let (mut projection, at) = begun(2);
    assert_eq!(at, 0);
    let one = Followed { to: first, ..window(&hand, 0, vec![Row::Coupon(coupon(5))]) };
    projection.write(TableSet::Rebuilt, &one).expect("follows");
    // The process ends; the next one goes on.
    drop(projection);
    let (mut projection, at) = begun(2);
    assert_eq!(at, first);
    // What contradicts itself, or belongs to nothing, changes nothing.
    for wrong in [
        Row::Coupon(CouponRow { state: coupon::State::Used, ..coupon(6) }),
        Row::OrderTransaction(part(&order("ana", "o1"), "s1")),
    ] {
        let error = projection.write(TableSet::Rebuilt, &window(&hand, first, vec![Row::Coupon(coupon(7)), wrong]));
        assert!(matches!(error, Err(StoreError::Damaged { .. })), "{error:?}");
        assert_eq!(begun(2).1, first);
    }
    // Rules changed once more: what was made by those before is gone.
    let (mut projection, at) = begun(3);
    assert_eq!((at, made_by(store, FOLLOWER)), (0, MadeBy { shown: 1, rebuilt: Some(3) }));
    projection.write(TableSet::Rebuilt, &window(&hand, 0, vec![Row::Coupon(coupon(8))])).expect("follows");
    assert!(projection.show_rebuilt().expect("as far"));
    assert_eq!(rows(store), [Row::Coupon(coupon(8))]);
    cleared(&mut *projection, 3);
}

pub fn tables_of_a_newer_revision_are_left_alone(store: &dyn Store) {
    let mut hand = followed(store, vec![Row::Coupon(coupon(1))]);
    let before = all(store);
    assert_eq!(hand.projection.rebuild(4).expect("of older rules"), Rebuild::Underway);
    let error = hand.projection.rebuild(0).expect_err("a newer build made them");
    assert!(matches!(error, StoreError::Damaged { .. }), "{error}");
    assert!(all(store) == before, "nothing changed");
    assert_eq!(made_by(store, FOLLOWER), MadeBy { shown: 1, rebuilt: Some(4) });
    // One that a newer build only began is given up by the build before.
    assert_eq!(cleared(&mut *hand.projection, 1), 0);
    assert_eq!((all(store), made_by(store, FOLLOWER)), (before, MadeBy { shown: 1, rebuilt: None }));
}

pub fn sums_are_rebuilt_beside_the_rows(store: &dyn Store) {
    let mut hand = followed(store, vec![Row::Coupon(coupon(1))]);
    let added = |claimed| {
        let key = ["cmp_a", "web", ""].map(str::to_owned).to_vec();
        vec![Added { to: &DISTRIBUTION, sums: vec![Sum { key, figures: vec![claimed, 0, 0, 0] }] }]
    };
    let stored = || snapshot(store).sums(&DISTRIBUTION, None).expect("reads");
    let mut keeper = store.projection(DISTRIBUTION.name).expect("follows");
    assert_eq!(keeper.rebuild(1).expect("nothing was followed"), Rebuild::Over);
    let whole = window(&hand, 0, Vec::new());
    keeper.write(TableSet::Shown, &Followed { added: added(5), ..whole.clone() }).expect("follows");
    assert_eq!(keeper.rebuild(2).expect("of older rules"), Rebuild::Underway);
    keeper.write(TableSet::Rebuilt, &Followed { added: added(3), ..whole.clone() }).expect("follows");
    let below = Followed { added: added(-4), from: hand.followed, ..whole.clone() };
    let error = keeper.write(TableSet::Rebuilt, &below).expect_err("below zero");
    assert!(matches!(error, StoreError::Damaged { .. }), "{error}");
    assert_eq!(stored(), added(5)[0].sums);
    // Two followers rebuild, each its own.
    assert_eq!(hand.projection.rebuild(2).expect("of older rules"), Rebuild::Underway);
    assert!(keeper.show_rebuilt().expect("as far"));
    cleared(&mut *keeper, 2);
    assert_eq!((stored(), rows(store)), (added(3)[0].sums.clone(), vec![Row::Coupon(coupon(1))]));
    hand.projection.write(TableSet::Rebuilt, &whole).expect("follows");
    assert!(hand.projection.show_rebuilt().expect("as far"));
    cleared(&mut *hand.projection, 2);
    assert_eq!((stored(), rows(store)), (added(3)[0].sums.clone(), Vec::new()));
    assert_eq!(snapshot(store).contradictions(&[]).expect("reads"), Vec::<String>::new());
}
