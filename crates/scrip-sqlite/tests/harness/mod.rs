//! Batches for tests that look at the file rather than at what is in it.

#![allow(dead_code, reason = "each test file uses its own part")]

use std::path::PathBuf;

use scrip_core::{
    campaign::Channel,
    event::Event,
    id::{CampaignId, CouponId, Uid},
    name::{AccountId, IndividualId},
    slot::Bucket,
    state::Key,
    time::Timestamp,
};
use scrip_sqlite::{Options, SqliteStore};
use scrip_store::{
    Batch, Followed, Head, Save, Snapshot, Store, TableSet, Writer,
    frame::Frame,
    people::{
        CouponRow, Row,
        coupon::{OfOrder, State},
    },
};
use tempfile::TempDir;

/// A folder with a path for a database.
pub struct Disk {
    pub folder: TempDir,
    pub path: PathBuf,
}

impl Disk {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("scrip.db");
        Self { folder, path }
    }

    pub fn open(&self) -> SqliteStore {
        SqliteStore::open(&self.path, Options::default()).expect("opens")
    }

    pub fn files(&self) -> Vec<String> {
        let files = self.folder.path().read_dir().expect("readable");
        let mut names: Vec<String> =
            files.map(|file| file.expect("readable").file_name().into_string().expect("plain")).collect();
        names.sort();
        names
    }
}

pub fn writer(store: &SqliteStore) -> Box<dyn Writer> {
    store.writer(Bucket::FIRST).expect("nobody else writes")
}

/// The document that every batch writes: its version is always the head.
pub fn counter() -> Key {
    Key::Wallet(account())
}

pub fn account() -> AccountId {
    AccountId::new("ana").expect("a name")
}

/// Who follows with a coupon for each batch.
pub const FOLLOWER: &str = "people";

/// A batch with one event and the counter.
pub fn batch(head: Head) -> Batch {
    let first = head.position + 1;
    let mut id = [0; 16];
    id[8..].copy_from_slice(&first.to_be_bytes());
    let at = Timestamp::from_micros(head.at.micros() + 1);
    let event = Event::DueSwept { second: first, chunk: 0 };
    Batch {
        frame: Frame::new(Bucket::FIRST, first, at, id, head.hash, &[&event]),
        saves: vec![Save {
            key: counter(),
            read: (first > 1).then_some(first - 1),
            body: Some(first.to_be_bytes().to_vec()),
        }],
    }
}

/// What a coupon's row for each batch after the position is written by.
pub fn rows(from: u64, to: u64) -> Followed {
    let rows = (from + 1..=to).map(|number| Row::Coupon(coupon(number))).collect();
    Followed { bucket: Bucket::FIRST, from, to, rows, added: Vec::new() }
}

/// Follows the journal to its end.
pub fn follow(store: &SqliteStore) {
    let mut snapshot = store.snapshot().expect("reads");
    let from = snapshot.followed(FOLLOWER, Bucket::FIRST).expect("reads");
    let to = snapshot.head(Bucket::FIRST).expect("reads").position;
    drop(snapshot);
    store.projection(FOLLOWER).expect("open for writing").write(TableSet::Shown, &rows(from, to)).expect("follows");
}

pub fn coupon(number: u64) -> CouponRow {
    let mut id = [0; 16];
    id[8..].copy_from_slice(&number.to_be_bytes());
    CouponRow {
        id: CouponId::from_uid(Uid::from_bytes(id)),
        account: account(),
        individual: IndividualId::from(&account()),
        campaign: CampaignId::from_uid(Uid::from_bytes([1; 16])),
        claimed_at: Timestamp::from_micros(1),
        starts_at: Timestamp::from_micros(1),
        expires_at: Timestamp::MAX,
        channel: Channel::Web,
        source: None,
        state: State::Valid,
        order: OfOrder::None,
        held_until: None,
    }
}

pub fn commit(writer: &mut dyn Writer) -> u64 {
    let mut transaction = writer.begin().expect("begins");
    let batch = batch(transaction.head().expect("reads"));
    transaction.commit(&batch).expect("commits");
    batch.frame.last_position()
}

/// Checks that the store has the first batches, whole and nothing else, and answers how many.
pub fn check_prefix(store: &SqliteStore) -> u64 {
    let mut snapshot = store.snapshot().expect("reads");
    let head = snapshot.head(Bucket::FIRST).expect("reads");
    check_snapshot(&mut *snapshot, head);
    head.position
}

fn check_snapshot(snapshot: &mut dyn Snapshot, head: Head) {
    let mut expected = Head::default();
    for bytes in snapshot.frames(Bucket::FIRST, 0, usize::MAX).expect("reads") {
        let batch = batch(expected);
        let (frame, hash) = Frame::decode(&bytes).expect("whole");
        assert_eq!(frame, batch.frame);
        expected = Head::after(&frame, hash);
    }
    assert_eq!(expected, head);
    let counted = snapshot.load(&[counter()]).expect("reads").remove(0);
    assert_eq!(counted.map_or(0, |counted| counted.version), head.position);
    let followed = snapshot.followed(FOLLOWER, Bucket::FIRST).expect("reads");
    assert!(followed <= head.position, "rows of what isn't in the journal");
    assert_eq!(snapshot.all_rows().expect("reads"), rows(0, followed).rows);
}
