//! A store that is verified some accounts at a time is found as it is found whole.

use rand::{Rng, SeedableRng, rngs::StdRng, seq::IndexedRandom as _};
use scrip_core::{
    id::{CouponId, Uid},
    slot::Bucket,
    state::Kind,
};
use scrip_engine::{
    PEOPLE,
    repair::{REVISION, repair_in_lanes},
    verify::{Outside, PROBLEMS_MAX, Report, verify, verify_in_lanes},
};
use scrip_store::{Document, Followed, Rebuild, RepairedDocument, Store, TableSet, memory::MemoryStore, people::Row};

use crate::differential::walked;

fn sorted(mut report: Report) -> Report {
    report.problems.sort_unstable();
    report
}

/// Changes, removes and adds documents and rows of every kind, behind the journal's back.
fn damage(store: &MemoryStore, random: &mut StdRng) {
    let mut snapshot = store.snapshot().expect("readable");
    let (mut documents, mut followed) = (Vec::new(), Vec::new());
    let buckets = store.buckets().count();
    for bucket in store.buckets().all() {
        followed.push((bucket, snapshot.followed(PEOPLE, bucket).expect("readable")));
        let stored = snapshot.all_documents(bucket).expect("readable");
        for &kind in Kind::ALL {
            let of_kind: Vec<_> = stored.iter().filter(|(found, ..)| *found == kind).collect();
            for (_, key, document) in of_kind.choose_multiple(random, 1) {
                if buckets > 1 && random.random_bool(0.8) {
                    continue;
                }
                let (key, document) = (key.clone(), document.clone());
                let (key, document) = match random.random_range(0..5) {
                    0 => (key, None),
                    1 => (key, Some(Document { version: document.version + 1, ..document })),
                    2 => (key, Some(Document { body: vec![0xff], ..document })),
                    3 => {
                        let other = of_kind.choose(random).expect("not empty").2.body.clone();
                        (key, Some(Document { body: other, ..document }))
                    }
                    _ => ([&key[..], b"x"].concat(), Some(document)),
                };
                documents.push(RepairedDocument { bucket, kind, key, document });
            }
        }
    }
    let rows = snapshot.all_rows().expect("readable");
    let gone: Vec<Row> = rows.choose_multiple(random, 5).cloned().collect();
    let mut other = Vec::new();
    for row in rows.choose_multiple(random, 20) {
        match row.clone() {
            Row::Coupon(mut row) if random.random_bool(0.5) => {
                row.id = CouponId::from_uid(Uid::from_bytes(random.random()));
                other.push(Row::Coupon(row));
            }
            Row::Coupon(mut row) => {
                row.source = Some(scrip_core::name::SourceName::stored("elsewhere"));
                other.push(Row::Coupon(row));
            }
            Row::LedgerEntry(mut row) => {
                row.position += random.random_range(0..2);
                row.at = scrip_core::time::Timestamp::from_micros(1);
                other.push(Row::LedgerEntry(row));
            }
            Row::Code(mut row) => {
                row.number += random.random_range(0..2);
                row.label.push('x');
                other.push(Row::Code(row));
            }
            Row::Campaign(mut row) => {
                row.name.push('x');
                other.push(Row::Campaign(row));
            }
            Row::Order(mut row) => {
                row.id = scrip_core::name::OrderId::stored("another");
                other.push(Row::Order(row));
            }
            _ => {}
        }
    }
    drop(snapshot);
    let mut repair = store.repair().expect("nobody writes");
    documents.iter().for_each(|document| repair.write(document).expect("writes"));
    repair.commit(1).expect("commits");
    // Whatever rows may be shown as if a follower had made them anew.
    let mut projection = store.projection(PEOPLE).expect("follows");
    store.made_by_older_rules(PEOPLE);
    assert_eq!(projection.rebuild(1).expect("of older rules"), Rebuild::Underway);
    // With an order what belongs to it.
    let is_of = |row: &Row, gone: &Row| match gone {
        Row::Order(gone) => row.order() == Some((&gone.account, &gone.id)),
        _ => false,
    };
    let stays = |row: &Row| !gone.iter().any(|gone| row == gone || is_of(row, gone));
    let left: Vec<Row> = rows.into_iter().filter(stays).chain(other).collect();
    for (bucket, to) in followed {
        let rows = if bucket == Bucket::FIRST { left.clone() } else { Vec::new() };
        let followed = Followed { bucket, from: 0, to, rows, added: Vec::new() };
        projection.write(TableSet::Rebuilt, &followed).expect("writes");
    }
    assert!(projection.show_rebuilt().expect("as far"));
}

#[test]
fn lanes_of_accounts_find_what_is_found_in_all_of_them_together() {
    let mut found = 0;
    for seed in 0..6 {
        for buckets in [1, 8] {
            let store = walked(buckets, seed);
            let whole = verify(&store).expect("readable");
            assert_eq!(whole.problems, Vec::<String>::new(), "{buckets} buckets, seed {seed}");
            let in_lanes = |bytes| verify_in_lanes(&store, Outside::default(), bytes).expect("readable");
            for lane_bytes in [1, 4_096, 100_000] {
                assert_eq!(in_lanes(lane_bytes), whole, "{buckets} buckets, seed {seed}");
            }
            damage(&store, &mut StdRng::seed_from_u64(seed));
            let whole = sorted(verify(&store).expect("readable"));
            assert!((1..PROBLEMS_MAX).contains(&whole.problems.len()), "{}", whole.problems.len());
            found += whole.problems.len();
            assert_eq!(sorted(in_lanes(1)), whole, "{buckets} buckets, seed {seed}");
        }
    }
    assert!(found > 200, "only {found} problems were looked at");
}

#[test]
fn documents_of_older_rules_are_put_right_as_they_were_whatever_fits_into_memory() {
    for seed in 0..3 {
        for (buckets, lane_bytes) in [(1, 1), (1, 4_096), (8, 1), (8, u64::MAX)] {
            let store = walked(buckets, seed);
            let all = |store: &MemoryStore| {
                let mut snapshot = store.snapshot().expect("readable");
                store
                    .buckets()
                    .all()
                    .map(|bucket| snapshot.all_documents(bucket).expect("readable"))
                    .collect::<Vec<_>>()
            };
            let right = all(&store);
            damage(&store, &mut StdRng::seed_from_u64(seed));
            let wrong = all(&store);
            assert_ne!(wrong, right);
            // By which rules isn't known.
            store.repair().expect("nobody writes").commit(0).expect("commits");
            let repaired = repair_in_lanes(&store, lane_bytes).expect("the journal is whole");
            assert_eq!(all(&store), right, "{buckets} buckets, seed {seed}, lanes of {lane_bytes} bytes");
            assert!(repaired.documents > 0 && store.revision().expect("readable") == REVISION, "{repaired:?}");
            assert_eq!(repair_in_lanes(&store, lane_bytes).expect("nothing to do").documents, 0);
        }
    }
}
