use scrip_core::{
    slot::Bucket,
    state::{Key, Kind},
};

use super::fixture::{Hand, account_in, all, document, last_bucket, save, snapshot, wallet_in};
use crate::{Document, Head, RepairedDocument, Store, StoreError};

pub fn an_empty_store_has_nothing(store: &dyn Store) {
    let bucket = last_bucket(store);
    let key = wallet_in(store, bucket, 0);
    {
        let mut snapshot = snapshot(store);
        assert_eq!(snapshot.head(bucket).expect("reads"), Head::default());
        assert_eq!(snapshot.load(std::slice::from_ref(&key)).expect("reads"), [None]);
        assert_eq!(snapshot.load(&[]).expect("reads"), []);
        assert_eq!(snapshot.scan(bucket, Kind::Wallet, &[], &[], 10).expect("reads"), []);
        assert_eq!(snapshot.frames(bucket, 0, 10).expect("reads"), Vec::<Vec<u8>>::new());
        assert_eq!(snapshot.all_documents(bucket).expect("reads"), []);
        assert_eq!(snapshot.all_rows().expect("reads"), []);
        assert_eq!(snapshot.distribution(None).expect("reads"), []);
    }
    let mut hand = Hand::of(store);
    let mut transaction = hand.writer.begin().expect("begins");
    assert_eq!(transaction.head().expect("reads"), Head::default());
    assert_eq!(transaction.load(&[key]).expect("reads"), [None]);
}

pub fn what_is_committed_is_loaded_with_the_version_of_its_batch(store: &dyn Store) {
    let mut hand = Hand::of(store);
    let keys: Vec<Key> = (0..3).map(|number| wallet_in(store, hand.bucket, number)).collect();
    let version = hand.commit(vec![save(&keys[0], None, Some("one")), save(&keys[2], None, Some(""))], vec![]);
    assert_eq!(version, 2, "a version is the position of the batch's last event");
    let expected = [document(2, "one"), None, document(2, ""), document(2, "one")];
    let asked = [&keys[0], &keys[1], &keys[2], &keys[0]].map(Clone::clone);
    assert_eq!(hand.writer.begin().expect("begins").load(&asked).expect("reads"), expected);
    assert_eq!(snapshot(store).load(&asked).expect("reads"), expected);

    let version = hand.commit(vec![save(&keys[0], Some(2), Some("two"))], vec![]);
    assert_eq!(version, 4);
    assert_eq!(snapshot(store).load(&keys).expect("reads"), [document(4, "two"), None, document(2, "")]);
}

pub fn what_is_not_committed_never_was(store: &dyn Store) {
    let mut hand = Hand::of(store);
    let key = wallet_in(store, hand.bucket, 0);
    hand.commit(vec![save(&key, None, Some("one"))], vec![]);
    let before = all(store);
    let mut transaction = hand.writer.begin().expect("begins");
    transaction.load(std::slice::from_ref(&key)).expect("reads");
    drop(transaction);
    assert_eq!(all(store), before);
    // The next one begins where the last committed one ended.
    assert_eq!(hand.commit(vec![save(&key, Some(2), Some("two"))], vec![]), 4);
}

pub fn a_version_that_was_not_read_changes_nothing(store: &dyn Store) {
    let mut hand = Hand::of(store);
    let (one, two) = (wallet_in(store, hand.bucket, 0), wallet_in(store, hand.bucket, 1));
    hand.commit(vec![save(&one, None, Some("one"))], vec![]);
    for wrong in [1, 3] {
        for body in [Some("other"), None] {
            let error = hand.refused(store, vec![save(&two, None, Some("new")), save(&one, Some(wrong), body)]);
            assert!(matches!(error, StoreError::Conflict { .. }), "{error}");
        }
    }
}

pub fn a_document_that_should_not_exist_changes_nothing(store: &dyn Store) {
    let mut hand = Hand::of(store);
    let (one, two) = (wallet_in(store, hand.bucket, 0), wallet_in(store, hand.bucket, 1));
    hand.commit(vec![save(&one, None, Some("one"))], vec![]);
    for body in [Some("other"), None] {
        let error = hand.refused(store, vec![save(&two, None, Some("new")), save(&one, None, body)]);
        assert!(matches!(error, StoreError::Conflict { .. }), "{error}");
    }
    // Made and deleted in one batch: nothing to do.
    hand.commit(vec![save(&two, None, None)], vec![]);
    assert_eq!(snapshot(store).load(&[two]).expect("reads"), [None]);
}

pub fn a_document_that_is_missing_changes_nothing(store: &dyn Store) {
    let mut hand = Hand::of(store);
    let (one, two) = (wallet_in(store, hand.bucket, 0), wallet_in(store, hand.bucket, 1));
    hand.commit(vec![], vec![]);
    for body in [Some("other"), None] {
        let error = hand.refused(store, vec![save(&two, None, Some("new")), save(&one, Some(2), body)]);
        assert!(matches!(error, StoreError::Conflict { .. }), "{error}");
    }
}

pub fn a_document_saved_twice_in_a_batch_changes_nothing(store: &dyn Store) {
    let mut hand = Hand::of(store);
    let key = wallet_in(store, hand.bucket, 0);
    let error = hand.refused(store, vec![save(&key, None, Some("one")), save(&key, None, Some("two"))]);
    assert!(matches!(error, StoreError::Conflict { .. }), "{error}");
    hand.commit(vec![save(&key, None, Some("one"))], vec![]);
    let error = hand.refused(store, vec![save(&key, Some(2), Some("two")), save(&key, Some(2), Some("3"))]);
    assert!(matches!(error, StoreError::Conflict { .. }), "{error}");
}

pub fn a_document_of_another_bucket_changes_nothing(store: &dyn Store) {
    let mut hand = Hand::of(store);
    let elsewhere = Key::Due(Bucket::from_u16(hand.bucket.get() + 1), 1, 1);
    let own = wallet_in(store, hand.bucket, 0);
    let error = hand.refused(store, vec![save(&own, None, Some("own")), save(&elsewhere, None, Some("x"))]);
    assert!(matches!(error, StoreError::Damaged { .. }), "{error}");
}

pub fn a_deleted_document_is_gone_and_can_be_made_again(store: &dyn Store) {
    let mut hand = Hand::of(store);
    let key = wallet_in(store, hand.bucket, 0);
    hand.commit(vec![save(&key, None, Some("one"))], vec![]);
    hand.commit(vec![save(&key, Some(2), None)], vec![]);
    assert_eq!(snapshot(store).load(std::slice::from_ref(&key)).expect("reads"), [None]);
    assert_eq!(snapshot(store).all_documents(hand.bucket).expect("reads"), []);
    hand.commit(vec![save(&key, None, Some("again"))], vec![]);
    assert_eq!(snapshot(store).load(&[key]).expect("reads"), [document(6, "again")]);
}

pub fn a_scan_answers_a_range_in_byte_order(store: &dyn Store) {
    let mut hand = Hand::of(store);
    let bucket = hand.bucket;
    let key = |second, chunk| Key::Due(bucket, second, chunk);
    // A byte-wise order that isn't that of text: 0x7F, 0x80, 0xFF.
    let keys = [key(1, 0), key(1, 255), key(2, 0x7F), key(2, 0x80), key(256, 0)];
    let mut saves: Vec<_> = keys.iter().rev().map(|key| save(key, None, Some("due"))).collect();
    saves.push(save(&wallet_in(store, bucket, 0), None, Some("of another kind")));
    hand.commit(saves, vec![]);

    let mut snapshot = snapshot(store);
    let mut scan = |from: &[u8], to: &[u8], limit| -> Vec<Vec<u8>> {
        let found = snapshot.scan(bucket, Kind::Due, from, to, limit).expect("reads");
        found.iter().for_each(|(_, found)| assert_eq!(Some(found.clone()), document(2, "due")));
        found.into_iter().map(|(key, _)| key).collect()
    };
    let bytes: Vec<Vec<u8>> = keys.iter().map(Key::bytes).collect();
    assert_eq!(scan(&[], &[], usize::MAX), bytes);
    assert_eq!(scan(&[], &[], 2), bytes[..2]);
    assert_eq!(scan(&[], &[], 0), Vec::<Vec<u8>>::new());
    assert_eq!(scan(&bytes[1], &[], 9), bytes[1..], "from is included");
    assert_eq!(scan(&bytes[1], &bytes[3], 9), bytes[1..3], "to isn't");
    assert_eq!(scan(&[], &bytes[4][..7], 9), bytes[..4], "a bound may be a prefix");
    assert_eq!(scan(&bytes[3], &bytes[1], 9), Vec::<Vec<u8>>::new());
}

pub fn documents_are_listed_by_kind_and_key(store: &dyn Store) {
    let mut hand = Hand::of(store);
    let account = account_in(store.buckets(), hand.bucket, 0);
    let keys = [
        Key::Wallet(account.clone()),
        Key::WalletPage(account.clone(), 1),
        Key::WalletPage(account.clone(), 200),
        Key::History(account, 3),
        Key::Due(hand.bucket, 1, 2),
        Key::Due(hand.bucket, 1, 300),
    ];
    hand.commit(keys.iter().rev().map(|key| save(key, None, Some("x"))).collect(), vec![]);
    let listed = snapshot(store).all_documents(hand.bucket).expect("reads");
    let document = Document { version: 2, body: b"x".to_vec() };
    let expected = keys.iter().map(|key| (key.kind(), key.bytes(), document.clone()));
    assert_eq!(listed, expected.collect::<Vec<_>>());
}

pub fn a_snapshot_does_not_see_what_is_committed_after_it(store: &dyn Store) {
    let mut hand = Hand::of(store);
    let key = wallet_in(store, hand.bucket, 0);
    hand.commit(vec![save(&key, None, Some("one"))], super::fixture::one_of_each(hand.bucket));
    let head = snapshot(store).head(hand.bucket).expect("reads");
    let mut before = snapshot(store);
    // Nothing was read from it yet: it is of the time when it was taken all the same.
    hand.commit(
        vec![save(&key, Some(2), Some("two"))],
        vec![crate::people::Change::CouponGone(super::fixture::coupon_id(1)).into()],
    );
    assert_eq!(before.head(hand.bucket).expect("reads"), head);
    assert_eq!(before.load(std::slice::from_ref(&key)).expect("reads"), [document(2, "one")]);
    assert_eq!(before.frames(hand.bucket, 0, 9).expect("reads").len(), 1);
    assert!(before.coupon_owner(super::fixture::coupon_id(1)).expect("reads").is_some());
    drop(before);
    assert_eq!(snapshot(store).load(&[key]).expect("reads"), [document(4, "two")]);
}

pub fn a_bucket_has_one_writer(store: &dyn Store) {
    let hand = Hand::of(store);
    let refused = store.writer(hand.bucket).err().expect("one lives");
    assert!(matches!(refused, StoreError::Conflict { .. }), "{refused}");
    for other in store.buckets().all().filter(|bucket| *bucket != hand.bucket) {
        store.writer(other).expect("each bucket has its own");
    }
    drop(hand);
    let mut hand = Hand::of(store);
    hand.commit(vec![], vec![]);
}

pub fn an_unknown_bucket_has_no_writer(store: &dyn Store) {
    let unknown = Bucket::from_u16(last_bucket(store).get() + 1);
    assert!(store.writer(unknown).is_err());
}

pub fn documents_are_put_right_all_or_none(store: &dyn Store) {
    let mut hand = Hand::of(store);
    let (bucket, keys) = (hand.bucket, [0, 1, 2].map(|number| wallet_in(store, hand.bucket, number)));
    let two = [save(&keys[0], None, Some("right")), save(&keys[1], None, Some("too many"))];
    let version = hand.commit(two.to_vec(), vec![]);
    let refused = store.repair().err().expect("somebody writes");
    assert!(matches!(refused, StoreError::Conflict { .. }), "{refused}");
    drop(hand);
    let put = |key: &Key, document| RepairedDocument { bucket, kind: key.kind(), key: key.bytes(), document };
    let repaired = [
        put(&keys[0], document(version, "put right")),
        put(&keys[1], None),
        put(&keys[2], document(version - 1, "missing")),
    ];
    let before = all(store);
    let mut repair = store.repair().expect("nobody writes");
    repaired.iter().for_each(|repaired| repair.write(repaired).expect("writes"));
    drop(repair);
    assert_eq!((all(store), store.revision().expect("reads")), (before, 0));
    let mut repair = store.repair().expect("nobody writes");
    repaired.iter().for_each(|repaired| repair.write(repaired).expect("writes"));
    repair.commit(7).expect("commits");
    let found = snapshot(store).load(&keys).expect("reads");
    assert_eq!(found, repaired.map(|repaired| repaired.document));
    assert_eq!(store.revision().expect("reads"), 7);
    // Commands go on from there.
    Hand::of(store).commit(vec![save(&keys[0], Some(version), Some("and on"))], vec![]);
}
