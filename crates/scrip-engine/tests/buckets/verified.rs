//! A store that is verified some accounts at a time is found as it is found whole.

use rand::{Rng, SeedableRng, rngs::StdRng, seq::IndexedRandom as _};
use scrip_core::{
    id::{CouponId, Uid},
    state::Kind,
};
use scrip_engine::{
    PEOPLE,
    verify::{Outside, PROBLEMS_MAX, Report, verify, verify_in_lanes},
};
use scrip_store::{Document, Rederived, RederivedDocument, Store, people::Row};

use crate::differential::walked;

fn sorted(mut report: Report) -> Report {
    report.problems.sort_unstable();
    report
}

/// Changes, removes and adds documents and rows of every kind, behind the journal's back.
fn damage(store: &dyn Store, random: &mut StdRng) {
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
                documents.push(RederivedDocument { bucket, kind, key, document });
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
    let changes = Rederived { revision: 1, documents, gone, rows: other, follower: PEOPLE, followed };
    store.rederive(&changes).expect("nobody writes");
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
