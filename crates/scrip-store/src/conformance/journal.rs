use scrip_core::{slot::Bucket, time::Timestamp};

use super::fixture::{Hand, batch, snapshot};
use crate::{
    Head, Store, StoreError,
    frame::Frame,
    secret::{ChainSecret, ChainSecrets},
};

/// Which first positions a store's frames have from a position on.
fn firsts(store: &dyn Store, bucket: Bucket, position: u64, limit: usize) -> Vec<u64> {
    let frames = snapshot(store).frames(bucket, position, limit).expect("reads");
    frames.iter().map(|bytes| Frame::decode(bytes).expect("as it was written").0.first).collect()
}

pub fn frames_are_read_from_the_one_that_has_a_position(store: &dyn Store) {
    let mut hand = Hand::of(store);
    // Positions 1 to 3, 4, 5 to 6.
    for count in [3, 1, 2] {
        let head = hand.writer.begin().expect("begins").head().expect("reads");
        hand.try_commit(&batch(hand.bucket, head, count, vec![])).expect("commits");
    }
    let firsts = |position, limit| firsts(store, hand.bucket, position, limit);
    assert_eq!(firsts(0, 9), [1, 4, 5]);
    assert_eq!(firsts(1, 9), [1, 4, 5]);
    assert_eq!(firsts(3, 9), [1, 4, 5]);
    assert_eq!(firsts(4, 9), [4, 5]);
    assert_eq!(firsts(5, 9), [5]);
    assert_eq!(firsts(6, 9), [5]);
    assert_eq!(firsts(7, 9), Vec::<u64>::new());
    assert_eq!(firsts(u64::MAX, 9), Vec::<u64>::new());
    assert_eq!(firsts(2, 2), [1, 4]);
    assert_eq!(firsts(2, 0), Vec::<u64>::new());
}

pub fn frames_are_stored_as_they_were_encoded(store: &dyn Store) {
    let mut hand = Hand::of(store);
    let mut written = Vec::new();
    for _ in 0..3 {
        let batch = hand.next(vec![]);
        hand.try_commit(&batch).expect("commits");
        let (bytes, hash) = batch.frame.encode();
        let head = Head::after(&batch.frame, hash);
        assert_eq!(hand.writer.begin().expect("begins").head().expect("reads"), head);
        assert_eq!(snapshot(store).head(hand.bucket).expect("reads"), head);
        written.push(bytes);
    }
    assert_eq!(snapshot(store).frames(hand.bucket, 0, usize::MAX).expect("reads"), written);
}

pub fn a_frame_that_does_not_continue_the_journal_changes_nothing(store: &dyn Store) {
    let mut hand = Hand::of(store);
    let stale = hand.next(vec![]);
    hand.commit(vec![], vec![]);
    let next = hand.next(vec![]);
    let with = |change: fn(&mut Frame)| {
        let mut batch = next.clone();
        change(&mut batch.frame);
        batch
    };
    for wrong in [
        stale,
        with(|frame| frame.first += 1),
        with(|frame| frame.first -= 1),
        with(|frame| frame.previous[31] ^= 1),
        with(|frame| frame.at = Timestamp::from_micros(999_999)),
    ] {
        let error = hand.refused_batch(store, &wrong);
        assert!(matches!(error, StoreError::Conflict { .. }), "{error}");
    }
    for wrong in [with(|frame| frame.bucket = Bucket::from_u16(frame.bucket.get() + 1)), with(|frame| frame.count = 0)]
    {
        let error = hand.refused_batch(store, &wrong);
        assert!(matches!(error, StoreError::Damaged { .. }), "{error}");
    }
    hand.try_commit(&next).expect("the right one goes through");
}

pub fn buckets_have_journals_of_their_own(store: &dyn Store) {
    for bucket in store.buckets().all() {
        let mut hand = Hand::of_bucket(store, bucket);
        assert_eq!(hand.commit(vec![], vec![]), 2);
        assert_eq!(hand.commit(vec![], vec![]), 4);
    }
    for bucket in store.buckets().all() {
        let frames = snapshot(store).frames(bucket, 0, 9).expect("reads");
        for (bytes, first) in frames.iter().zip([1, 3]) {
            let (frame, _) = Frame::decode(bytes).expect("as it was written");
            assert_eq!((frame.bucket, frame.first), (bucket, first));
        }
        assert_eq!(frames.len(), 2);
    }
}

/// A database's chain secrets: two numbers, and one that isn't its own.
fn secrets() -> (ChainSecrets, ChainSecret, ChainSecret) {
    let (first, second) = (ChainSecret::new(1, &[1; 32]), ChainSecret::new(2, &[2; 32]));
    (ChainSecrets::new(second.clone(), vec![first.clone()]), first, second)
}

pub fn sealed_frames_are_stored_with_their_seals(store: &dyn Store) {
    let (known, first, second) = secrets();
    let mut hand = Hand::of(store);
    hand.commit(vec![], vec![]);
    for secret in [&first, &second] {
        let mut batch = hand.next(vec![]);
        batch.frame = batch.frame.sealed(secret);
        hand.try_commit(&batch).expect("commits");
        assert!(hand.writer.begin().expect("begins").head().expect("reads").sealed);
    }
    let frames = snapshot(store).frames(hand.bucket, 0, 9).expect("reads");
    let frames: Vec<Frame> = frames.iter().map(|bytes| Frame::decode(bytes).expect("as written").0).collect();
    let numbers: Vec<_> = frames.iter().map(|frame| frame.seal.map(|seal| seal.secret)).collect();
    assert_eq!(numbers, [None, Some(1), Some(2)]);
    assert!(frames.iter().all(|frame| frame.check_seal(&known).is_ok()));
}

pub fn a_frame_without_a_seal_never_follows_a_sealed_one(store: &dyn Store) {
    let mut hand = Hand::of(store);
    let mut batch = hand.next(vec![]);
    batch.frame = batch.frame.sealed(&secrets().1);
    hand.try_commit(&batch).expect("commits");
    let bare = hand.next(vec![]);
    let error = hand.refused_batch(store, &bare);
    assert!(matches!(error, StoreError::Damaged { .. }), "{error}");
}
