use std::collections::BTreeMap;

use scrip_core::{
    campaign::Channel,
    money::Amount,
    name::RefundName,
    slot::Bucket,
    state::{Key, Kind},
    status::OrderStatus,
};

use super::fixture::{
    Hand, account_in, all, batch, campaign, campaign_id, coupon, coupon_id, entry, line, metadata, order, order_id,
    paid, part, redemption, refund, save, seconds, seller, shared_code, snapshot, unique_code,
};
use crate::{
    Batch, Save, Store,
    memory::MemoryStore,
    people::{
        CampaignRow, Change, CouponRow, OrderFilter, OrderRow, RedemptionRow, Row, Word as _, campaign::Stage, coupon,
        coupon::OfOrder, redemption,
    },
    sums::{Added, DISTRIBUTION, Sum},
};

/// Batches of the history. Everything is compared after each eighth.
const BATCHES: u64 = 192;

/// The same batches, good and bad, to the store and to the memory store: the same answers, the same errors, the same
/// content. The history is the same at every run.
pub fn a_random_history_reads_as_from_the_memory_store(store: &dyn Store) {
    let oracle = MemoryStore::new(store.buckets());
    let mut hands: Vec<(Hand, Hand)> = store
        .buckets()
        .all()
        .take(4)
        .map(|bucket| (Hand::of_bucket(store, bucket), Hand::of_bucket(&oracle, bucket)))
        .collect();
    let mut random = Random(0x5C81_9B07);
    let (mut versions, mut refused) = (BTreeMap::new(), 0);
    for number in 1..=BATCHES {
        let (hand, oracle_hand) = random.one_of_mut(&mut hands);
        let batch = random_batch(&mut random, store, hand, &versions);
        let (done, expected) = (hand.try_commit(&batch), oracle_hand.try_commit(&batch));
        match (&done, &expected) {
            (Ok(()), Ok(())) => {
                for save in &batch.saves {
                    let version = save.body.is_some().then(|| batch.frame.last_position());
                    versions.insert(save.key.clone(), version);
                }
            }
            (Err(error), Err(expected)) => {
                refused += 1;
                assert_eq!(std::mem::discriminant(error), std::mem::discriminant(expected), "{error} <> {expected}");
            }
            _ => panic!("batch {number}: the store answers {done:?}, the oracle {expected:?}"),
        }
        let rows: Vec<Row> =
            (0..random.below(8)).flat_map(|_| random_rows(&mut random, hand.bucket, batch.frame.first)).collect();
        let added = random_sums(&mut random);
        let (done, expected) = (hand.try_add(rows.clone(), added.clone()), oracle_hand.try_add(rows, added));
        match (&done, &expected) {
            (Ok(()), Ok(())) => {}
            (Err(error), Err(expected)) => {
                refused += 1;
                assert_eq!(std::mem::discriminant(error), std::mem::discriminant(expected), "{error} <> {expected}");
            }
            _ => panic!("after batch {number}: the store answers {done:?}, the oracle {expected:?}"),
        }
        if number % 8 == 0 {
            compare(store, &oracle, &versions, &mut random);
        }
    }
    assert!((BATCHES / 16..BATCHES / 2).contains(&refused), "{refused} refused: the history says little");
}

fn random_batch(
    random: &mut Random,
    store: &dyn Store,
    hand: &mut Hand,
    versions: &BTreeMap<Key, Option<u64>>,
) -> Batch {
    let head = hand.writer.begin().expect("begins").head().expect("reads");
    let mut saves: Vec<Save> = Vec::new();
    for _ in 0..random.below(6) {
        let key = random_key(random, store, hand.bucket);
        if saves.iter().any(|save| save.key == key) {
            continue;
        }
        let known = versions.get(&key).copied().flatten();
        // Now and then a version that isn't there.
        let read = if random.below(16) == 0 { Some(random.below(9) + 1) } else { known };
        let body = (random.below(4) > 0).then(|| format!("body {}", random.below(1_000)));
        saves.push(save(&key, read, body.as_deref()));
    }
    let mut batch = batch(hand.bucket, head, random.below(4) + 1, saves);
    if random.below(20) == 0 {
        batch.frame.first += 1;
    }
    batch
}

fn random_key(random: &mut Random, store: &dyn Store, bucket: Bucket) -> Key {
    let number = random.below(5) as usize;
    let account = account_in(store.buckets(), bucket, number);
    match random.below(5) {
        // Campaigns' versions may stand in a place of their own.
        4 => {
            let campaigns = (0..=u8::MAX).map(campaign_id);
            let mut here = campaigns.filter(|campaign| campaign.uid().slot().bucket(store.buckets()) == bucket);
            here.nth(number).map_or(Key::Wallet(account), Key::Campaign)
        }
        0 => Key::Wallet(account),
        1 => Key::Order(account, order_id(&format!("o{}", random.below(3)))),
        2 => Key::History(account, random.below(300) as u32),
        _ => Key::Due(bucket, random.below(5), random.below(300)),
    }
}

/// Rows that may contradict themselves or lack their order, seldom enough that most batches go through.
fn random_rows(random: &mut Random, bucket: Bucket, position: u64) -> Vec<Row> {
    let number = random.below(6) as u8;
    let seen = order(random.one_of(&["ana", "bob"]), random.one_of(&["o1", "o2", "o3"]));
    // When an order was placed never changes; some are of one second.
    let name = [seen.account.as_str(), seen.id.as_str()].concat();
    let placed_at = seconds(name.bytes().map(i64::from).sum::<i64>() % 4 * 5);
    let seen = OrderRow { placed_at, ..if random.below(2) == 0 { paid(seen) } else { seen } };
    match random.below(10) {
        0 => vec![Row::Campaign(CampaignRow { stage: random.one_of(Stage::ALL), ..campaign(number) })],
        9 => vec![random_change(random, seen, number).into()],
        1 if random.below(2) == 0 => vec![Change::CouponGone(coupon_id(number)).into()],
        1 => vec![Change::OrderEmptied { account: seen.account, order: seen.id }.into()],
        2 => {
            let channel = random.one_of(&Channel::ALL);
            vec![Row::Coupon(CouponRow { campaign: campaign_id(number % 2), channel, ..coupon(number) })]
        }
        3 => vec![
            Row::OrderTransaction(part(&seen, random.one_of(&["s1", "s2"]))),
            Row::OrderLine(line(&seen, random.one_of(&["l1", "l2"]))),
            Row::Order(seen),
        ],
        4 => vec![
            Row::Redemption(RedemptionRow {
                state: random.one_of(redemption::State::ALL),
                reversed: Amount::of(random.below(705) as i64),
                ..redemption(&seen, number)
            }),
            Row::Order(seen),
        ],
        5 => vec![Row::Refund(refund(&seen, random.one_of(&["r1", "r2"]))), Row::Order(seen)],
        6 => vec![Row::LedgerEntry(entry(bucket, position))],
        7 => vec![Row::Code(unique_code(number % 2, position, random.below(20) as u32))],
        _ if random.below(20) == 0 => vec![Row::Refund(refund(&order("ana", "nowhere"), "r1"))],
        _ => vec![Row::Code(shared_code(number % 2, position))],
    }
}

/// Seldom less than there is.
fn random_sums(random: &mut Random) -> Vec<Added> {
    let sums = (0..random.below(3)).map(|_| {
        let campaign = campaign_id(random.below(2) as u8).to_string();
        let (channel, source) = (random.one_of(&Channel::ALL).as_str(), random.one_of(&["", "home"]));
        let least = if random.below(20) == 0 { -1 } else { 0 };
        let figures = DISTRIBUTION.figures.iter().map(|_| random.below(4) as i64 + least).collect();
        Sum { key: vec![campaign, channel.to_owned(), source.to_owned()], figures }
    });
    vec![Added { to: &DISTRIBUTION, sums: sums.collect() }]
}

/// Of a row that may be there.
fn random_change(random: &mut Random, order: OrderRow, number: u8) -> Change {
    let OrderRow { account, id, .. } = order;
    match random.below(4) {
        0 => Change::CouponState {
            coupon: coupon_id(number),
            state: coupon::State::Used,
            order: random.one_of(&[&OfOrder::Known(id), &OfOrder::Elsewhere]).clone(),
            held_until: None,
        },
        1 => Change::CouponState {
            coupon: coupon_id(number),
            state: coupon::State::Valid,
            order: OfOrder::None,
            held_until: None,
        },
        2 => Change::RefundMetadata {
            account,
            order: id,
            refund: RefundName::stored("r1"),
            metadata: metadata(&[("note", random.one_of(&["a", "'b'"]))]),
        },
        _ => Change::Redemption {
            account,
            order: id,
            coupon: coupon_id(number),
            // Not less than was reversed.
            discount: (random.below(2) == 0).then(|| Amount::of(705 + random.below(2_000) as i64)),
            state: (random.below(2) == 0).then(|| random.one_of(redemption::State::ALL)),
        },
    }
}

fn compare(store: &dyn Store, oracle: &dyn Store, versions: &BTreeMap<Key, Option<u64>>, random: &mut Random) {
    assert_eq!(format!("{:?}", all(store)), format!("{:?}", all(oracle)));
    let (mut found, mut expected) = (snapshot(store), snapshot(oracle));
    let keys: Vec<Key> = versions.keys().cloned().collect();
    let documents = expected.load(&keys).expect("reads");
    assert_eq!(found.load(&keys).expect("reads"), documents);
    let versions: Vec<Option<u64>> = documents.iter().map(|document| Some(document.as_ref()?.version)).collect();
    assert_eq!(found.versions(&keys).expect("reads"), versions);
    for bucket in store.buckets().all().take(4) {
        let (position, limit) = (random.below(60), random.below(9) as usize);
        let frames = |snapshot: &mut dyn crate::Snapshot| snapshot.frames(bucket, position, limit).expect("reads");
        assert_eq!(frames(&mut *found), frames(&mut *expected));
        let (from, to) = (random.below(5).to_be_bytes(), random.below(6).to_be_bytes());
        let scan =
            |snapshot: &mut dyn crate::Snapshot| snapshot.scan(bucket, Kind::Due, &from, &to, limit).expect("reads");
        assert_eq!(scan(&mut *found), scan(&mut *expected));
        let entries =
            |snapshot: &mut dyn crate::Snapshot| snapshot.ledger_entries(bucket, position, limit).expect("reads");
        assert_eq!(entries(&mut *found), entries(&mut *expected));
    }
    for campaign in [None, Some(campaign_id(0)), Some(campaign_id(1))] {
        let first = campaign.map(|campaign| campaign.to_string());
        let sums = |snapshot: &mut dyn crate::Snapshot| snapshot.sums(&DISTRIBUTION, first.as_deref()).expect("reads");
        assert_eq!(sums(&mut *found), sums(&mut *expected));
        assert_eq!(found.distribution(campaign).expect("reads"), expected.distribution(campaign).expect("reads"));
    }
    let after = Some((random.below(60), random.below(20) as u32));
    let codes = |snapshot: &mut dyn crate::Snapshot| snapshot.codes(campaign_id(1), after, 5).expect("reads");
    assert_eq!(codes(&mut *found), codes(&mut *expected));
    for _ in 0..8 {
        let mut maybe = |filter: &mut OrderFilter, set: fn(&mut OrderFilter, &mut Random)| {
            if random.below(3) == 0 {
                set(filter, random);
            }
        };
        let mut filter = OrderFilter { now: seconds(100), ..OrderFilter::default() };
        maybe(&mut filter, |filter, _| filter.account = Some(super::fixture::account("ana")));
        maybe(&mut filter, |filter, _| filter.seller = Some(seller("s1")));
        maybe(&mut filter, |filter, random| filter.status = Some(random.one_of(OrderStatus::ALL)));
        maybe(&mut filter, |filter, random| filter.from = Some(seconds(random.below(20) as i64)));
        maybe(&mut filter, |filter, random| filter.until = Some(seconds(random.below(20) as i64)));
        maybe(&mut filter, |filter, random| filter.id = Some(order_id(random.one_of(&["o1", "o2"]))));
        maybe(&mut filter, |filter, _| filter.now = seconds(99));
        let mut pages = Vec::new();
        loop {
            let page = found.orders(&filter, 2).expect("reads");
            assert_eq!(page, expected.orders(&filter, 2).expect("reads"), "{filter:?}");
            let Some(last) = page.last() else { break };
            filter.after = Some(last.clone());
            pages.extend(page);
        }
        filter.after = None;
        assert_eq!(pages, found.orders(&filter, usize::MAX).expect("reads"), "pages leave nothing out");
    }
}

/// Knuth's generator: numbers that look random, the same at every run.
struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }

    fn one_of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len() as u64) as usize]
    }

    fn one_of_mut<'a, T>(&mut self, all: &'a mut [T]) -> &'a mut T {
        let number = self.below(all.len() as u64) as usize;
        &mut all[number]
    }
}
