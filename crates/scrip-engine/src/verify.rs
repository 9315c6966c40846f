//! Whether a store says the truth: the journal's chain verifies, and its replay equals documents and tables.
//!
//! The journal is read once. What follows from all events in their order is replayed at once ([`journal`]); what each account has by
//! itself is put aside, a lane of accounts at a time ([`lanes`], [`spill`]), and then replayed and compared lane after lane
//! ([`accounts`]): memory is what one lane needs, however many accounts there are.

mod accounts;
mod aside;
mod chain;
mod compare;
mod journal;
mod lanes;
mod rows;
mod spill;
mod sums;
mod unfollowed;

use scrip_core::{
    slot::{Bucket, Buckets},
    time::Timestamp,
};
use scrip_store::{RepairedDocument, Snapshot, Store, StoreError, secret::ChainSecrets};

pub(crate) use self::lanes::LANE_BYTES;
use self::{compare::Found, rows::RowStreams, unfollowed::Unfollowed};
use crate::{
    follow::{self, is_older},
    kept::KeptHead,
};

/// What was found.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Report {
    pub events: u64,
    pub documents: u64,
    pub rows: u64,
    /// Events that the tables for people don't have yet. What they are about wasn't compared with them.
    pub behind: u64,
    /// Followers whose tables were made by older rules, and how many events those lack that are made beside them: a server makes them anew.
    /// They weren't compared.
    pub rebuilding: Vec<(&'static str, u64)>,
    /// The tables of sums that weren't compared with the rows, as their follower or that of the rows isn't at the journal's end.
    pub uncompared: Vec<&'static str>,
    /// Frames whose seals were checked. What stands before the first is sealed by it.
    pub sealed: u64,
    /// Where the journals end, with the time of the last batch; of buckets that have any event.
    pub heads: Vec<(KeptHead, Timestamp)>,
    /// What is wrong, in words; empty when all is well. At most [`PROBLEMS_MAX`] of them.
    pub problems: Vec<String>,
    /// Where sums of reports aren't what the rows come to, in words; at most as many. They can be worked out anew: nothing is lost.
    pub sums: Vec<String>,
    /// A journal can't be replayed beyond a broken frame. Documents and rows then weren't compared: most would differ for that alone.
    pub is_cut_short: bool,
}

/// Problems that are written out.
pub const PROBLEMS_MAX: usize = 100;

impl Report {
    pub const fn is_clean(&self) -> bool {
        self.problems.is_empty() && self.sums.is_empty()
    }

    fn problem(&mut self, text: String) {
        if self.problems.len() < PROBLEMS_MAX {
            self.problems.push(text);
        }
    }

    /// Of a frame that can't be replayed.
    fn cut_short(&mut self, text: String) {
        self.problem(text);
        self.is_cut_short = true;
    }
}

/// What a store is compared with, besides itself.
#[derive(Clone, Copy, Default)]
pub struct Outside<'o> {
    /// `None`: seals aren't checked.
    pub seals: Option<&'o ChainSecrets>,
    /// Each must be where the journal says.
    pub heads: &'o [KeptHead],
}

/// [`verify_with`] nothing from outside.
///
/// Errors: the store can't be read. What is wrong in it is in the report instead.
pub fn verify(store: &dyn Store) -> Result<Report, StoreError> {
    verify_with(store, Outside::default())
}

/// Replays every bucket's journal from the first event and compares, then asks the store for what only it sees. Needs memory for some
/// thousand accounts with all they have, for every campaign and code, for the orders whose hold is still to run out, and for the names of
/// accounts that the tables for people lag behind with. What it puts aside, about as much as the journal and the coupons' rows, is in a
/// file without a name in the folder for temporary files.
///
/// Errors: the store can't be read, or nothing can be put aside. What is wrong in the store is in the report instead.
pub fn verify_with(store: &dyn Store, outside: Outside<'_>) -> Result<Report, StoreError> {
    verify_in_lanes(store, outside, LANE_BYTES)
}

/// The same, dividing accounts so that a lane has about `lane_bytes` of the journal: for trying with a small store what a large one needs.
/// What is found doesn't depend on it, but that a row which was moved from one account to another may be told as missing there and too
/// many here.
///
/// Errors: those of [`verify_with`].
pub fn verify_in_lanes(store: &dyn Store, outside: Outside<'_>, lane_bytes: u64) -> Result<Report, StoreError> {
    let (report, contradictions) = std::thread::scope(|scope| {
        // On a thread and a view of its own: it takes as long as a fifth of the rest, and asks for nothing that the rest knows.
        let contradictions = scope.spawn(|| {
            let mut snapshot = store.snapshot()?;
            let older = rebuilding(&mut *snapshot, store.buckets())?;
            snapshot.contradictions(&older.iter().map(|(follower, _)| *follower).collect::<Vec<_>>())
        });
        let report = verify_replay(store, outside, lane_bytes);
        (report, contradictions.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    });
    let mut report = report?;
    contradictions?.into_iter().for_each(|contradiction| report.problem(contradiction));
    Ok(report)
}

fn verify_replay(store: &dyn Store, outside: Outside<'_>, lane_bytes: u64) -> Result<Report, StoreError> {
    let mut snapshot = store.snapshot()?;
    let snapshot = &mut *snapshot;
    let buckets = store.buckets();
    let unfollowed = Unfollowed::of(snapshot, buckets)?;
    let (mut found, mut streams) = (Found::default(), RowStreams::default());
    found.report.rebuilding = rebuilding(snapshot, buckets)?;
    let how = How { buckets, outside, lane_bytes, unfollowed: &unfollowed };
    for bucket in buckets.all() {
        verify_bucket(snapshot, bucket, how, (&mut found, &mut streams), &mut |_| Ok(()))?;
    }
    if !found.report.is_cut_short {
        streams.end(snapshot, &unfollowed, &mut found)?;
        sums::compare(snapshot, buckets, &mut found)?;
    }
    Ok(found.ended())
}

/// Hands every document that isn't as it follows from the journal to `put_right`, some thousand accounts at a time, and looks at no row.
/// Needs memory and room for temporary files as [`verify_with`].
///
/// Errors: [`StoreError::Damaged`] if the journal doesn't verify, maybe after some were handed out; those of the store and of `put_right`.
pub(crate) fn each_wrong_document(
    store: &dyn Store,
    lane_bytes: u64,
    mut put_right: impl FnMut(&RepairedDocument) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let mut snapshot = store.snapshot()?;
    let (buckets, unfollowed) = (store.buckets(), Unfollowed::everything());
    let (mut found, mut streams) = (Found::repairing(), RowStreams::default());
    let how = How { buckets, outside: Outside::default(), lane_bytes, unfollowed: &unfollowed };
    for bucket in buckets.all() {
        verify_bucket(&mut *snapshot, bucket, how, (&mut found, &mut streams), &mut |found| {
            found.take_repairs().iter().try_for_each(&mut put_right)
        })?;
        // Nothing is worked out from a journal that isn't whole.
        if let Some(problem) = found.report.problems.first() {
            return Err(StoreError::Damaged { what: problem.clone() });
        }
    }
    Ok(())
}

/// With what a bucket is compared, and how.
#[derive(Clone, Copy)]
struct How<'h> {
    buckets: Buckets,
    outside: Outside<'h>,
    lane_bytes: u64,
    unfollowed: &'h Unfollowed,
}

/// `looked_at` is called after each lane.
fn verify_bucket(
    snapshot: &mut dyn Snapshot,
    bucket: Bucket,
    How { buckets, outside, lane_bytes, unfollowed }: How<'_>,
    (found, streams): (&mut Found, &mut RowStreams),
    looked_at: &mut dyn FnMut(&mut Found) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let lanes = lanes::Lanes::sampled(snapshot, bucket, lane_bytes)?;
    let mut replayed = journal::Replayed::new(bucket, buckets, &lanes);
    let head = chain::read(snapshot, bucket, outside, &mut found.report, |snapshot, frame, events| {
        replayed.take(snapshot, frame.last_position(), events, (unfollowed, streams))
    })?;
    found.follows(unfollowed, bucket, &head);
    if found.report.is_cut_short {
        return Ok(());
    }
    replayed.find_days(snapshot)?;
    if !unfollowed.is_everything() {
        replayed.put_rows_aside(snapshot)?;
    }
    for lane in 0..lanes.count() {
        accounts::compare(snapshot, &mut replayed, lane, unfollowed, found)?;
        looked_at(found)?;
    }
    accounts::compare_individuals(snapshot, &mut replayed, found)?;
    replayed.compare(snapshot, found)?;
    looked_at(found)
}

/// See [`Report::rebuilding`].
fn rebuilding(snapshot: &mut dyn Snapshot, buckets: Buckets) -> Result<Vec<(&'static str, u64)>, StoreError> {
    let mut found = Vec::new();
    for projector in follow::all() {
        if !is_older(snapshot, buckets, &*projector)? {
            continue;
        }
        let mut lacks = 0;
        for bucket in buckets.all() {
            lacks += snapshot.head(bucket)?.position.saturating_sub(snapshot.rebuilt(projector.name(), bucket)?);
        }
        found.push((projector.name(), lacks));
    }
    Ok(found)
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use scrip_core::{
        api_key::{ApiKey, Role},
        event::Event,
        id::{KeyId, Uid},
        metadata::Metadata,
        state::{Aggregate, Key},
    };
    use scrip_store::{Batch, Save, frame::Frame, memory::MemoryStore, secret::ChainSecret};

    use super::*;

    fn commit(store: &MemoryStore, event: &Event, save: Save) {
        let mut writer = store.writer(Bucket::FIRST).expect("nobody else writes");
        let mut transaction = writer.begin().expect("begins");
        let head = transaction.head().expect("reads");
        let frame = Frame::new(Bucket::FIRST, head.position + 1, Timestamp::default(), [0; 16], head.hash, &[event]);
        transaction.commit(&Batch { frame, saves: vec![save] }).expect("commits");
    }

    #[test]
    fn a_document_of_another_version_than_its_last_event_is_found() {
        let id = KeyId::from_uid(Uid::from_bytes([3; 16]));
        let key = ApiKey {
            id,
            role: Role::Operator,
            seller: None,
            secret_hash: [0; 32],
            created_at: Timestamp::default(),
            revoked_at: None,
            name: None,
            expires_at: None,
            last_used_at: None,
            metadata: Metadata::default(),
        };
        let body = Some(Aggregate::ApiKey(key.clone()).encode());
        let store = MemoryStore::new(Buckets::ONE);
        let save = Save { key: Key::ApiKey(id), read: None, body: body.clone() };
        commit(&store, &Event::ApiKeyCreated { key }, save);
        assert_eq!(verify(&store).expect("reads").problems, Vec::<String>::new());
        // Written again by a batch whose events don't touch it.
        let save = Save { key: Key::ApiKey(id), read: Some(1), body };
        commit(&store, &Event::DueSwept { second: 0, chunk: 0 }, save);
        let problems = verify(&store).expect("reads").problems;
        assert!(problems[0].ends_with("of version 2, replayed 1"), "{problems:?}");
    }

    /// Seals from the second batch on.
    fn sealed_later(secret: &ChainSecret) -> (MemoryStore, Vec<KeptHead>) {
        let store = MemoryStore::new(Buckets::ONE);
        let mut heads = Vec::new();
        for number in 0..4 {
            let mut writer = store.writer(Bucket::FIRST).expect("nobody else writes");
            let mut transaction = writer.begin().expect("begins");
            let head = transaction.head().expect("reads");
            let events = [Event::DueSwept { second: number, chunk: 0 }, Event::DueSwept { second: number, chunk: 1 }];
            let events: Vec<&Event> = events.iter().collect();
            let at = Timestamp::default();
            let mut frame = Frame::new(Bucket::FIRST, head.position + 1, at, [0; 16], head.hash, &events);
            if number > 0 {
                frame = frame.sealed(secret);
            }
            transaction.commit(&Batch { frame, saves: Vec::new() }).expect("commits");
            heads.extend(KeptHead::all(&store).expect("reads").into_iter().map(|(head, _)| head));
        }
        (store, heads)
    }

    fn problems(store: &MemoryStore, seals: Option<&ChainSecrets>, heads: &[KeptHead]) -> Vec<String> {
        verify_with(store, Outside { seals, heads }).expect("reads").problems
    }

    #[test]
    fn frames_that_were_sealed_with_another_secret_are_found() {
        let secret = ChainSecret::new(1, &[1; 32]);
        let (store, _) = sealed_later(&secret);
        let ours = ChainSecrets::new(secret, Vec::new());
        let report = verify_with(&store, Outside { seals: Some(&ours), heads: &[] }).expect("reads");
        assert_eq!((report.sealed, report.problems), (3, Vec::new()));
        let others = ChainSecrets::new(ChainSecret::new(1, &[2; 32]), Vec::new());
        let found = problems(&store, Some(&others), &[]);
        assert!(found[0].contains("at 3") && found[0].contains("3 frames"), "{found:?}");
        assert_eq!(found.len(), 1);
    }

    #[test]
    fn a_kept_head_finds_what_was_written_anew_and_a_missing_tail() {
        let (store, heads) = sealed_later(&ChainSecret::new(1, &[1; 32]));
        assert_eq!(heads.iter().map(|head| head.position).collect::<Vec<_>>(), [2, 4, 6, 8]);
        assert_eq!(problems(&store, None, &heads), Vec::<String>::new());
        // The same positions, sealed with another secret: what somebody with the file and the master could do.
        let (other, _) = sealed_later(&ChainSecret::new(1, &[2; 32]));
        let found = problems(&other, None, &heads);
        assert!(found.len() == 3 && found.iter().all(|problem| problem.contains("written anew")), "{found:?}");
        let within = KeptHead { position: 3, ..heads[1] };
        assert!(problems(&store, None, &[within])[0].contains("written anew"));
        let further = KeptHead { position: 9, ..heads[3] };
        assert!(problems(&store, None, &[further])[0].contains("tail is missing"));
        assert!(problems(&MemoryStore::new(Buckets::ONE), None, &heads[..1])[0].contains("tail is missing"));
    }
}
