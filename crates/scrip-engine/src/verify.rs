//! Whether a store says the truth: the journal's chain verifies, and its replay equals documents and tables.

use std::collections::{BTreeMap, HashSet};

use scrip_core::{
    event::{Event, Recorded},
    id::CampaignId,
    name::AccountId,
    slot::Bucket,
    state::{Aggregate, State, decode},
    time::Timestamp,
};
use scrip_store::{Head, Snapshot, Store, StoreError, frame::Frame, memory::Tables, people::Row, secret::ChainSecrets};

use crate::{
    agreement::{self, Asked},
    follow::{PEOPLE, People, Projector as _},
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
    /// Frames whose seals were checked. What stands before the first is sealed by it.
    pub sealed: u64,
    /// Where the journals end, with the time of the last batch; of buckets that have any event.
    pub heads: Vec<(KeptHead, Timestamp)>,
    /// What is wrong, in words; empty when all is well. At most [`PROBLEMS_MAX`] of them.
    pub problems: Vec<String>,
    /// A journal can't be replayed beyond a broken frame. Documents and rows then weren't compared: most would differ for that alone.
    pub is_cut_short: bool,
}

/// Problems that are written out.
pub const PROBLEMS_MAX: usize = 100;
/// Frames read at once.
const PAGE: usize = 256;

impl Report {
    pub const fn is_clean(&self) -> bool {
        self.problems.is_empty()
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

/// Replays every bucket's journal from the first event and compares, then asks the store for what only it sees. Needs memory
/// for all documents and rows.
///
/// Errors: the store can't be read. What is wrong in it is in the report instead.
pub fn verify_with(store: &dyn Store, outside: Outside<'_>) -> Result<Report, StoreError> {
    let mut report = Report::default();
    let mut tables = Replayed::default();
    let mut snapshot = store.snapshot()?;
    let stored = snapshot.all_rows()?;
    let mut asked = Asked::new(agreement::Rows::of(stored.iter()));
    for bucket in store.buckets().all() {
        let state = replay(store, &mut *snapshot, bucket, outside, &mut tables, &mut report)?;
        if !report.is_cut_short {
            compare_documents(&mut *snapshot, bucket, &state, (&mut asked, &tables.unfollowed), &mut report)?;
        }
    }
    if !report.is_cut_short {
        let Replayed { tables, unfollowed } = tables;
        compare_rows(stored, tables.all(), &unfollowed, &mut report);
        asked.left(|account| !unfollowed.accounts.contains(account)).for_each(|problem| report.problem(problem));
    }
    for contradiction in snapshot.contradictions()? {
        report.problem(contradiction);
    }
    Ok(report)
}

/// The tables for people as they follow from the journals, to their ends.
#[derive(Default)]
pub(crate) struct Replayed {
    pub tables: Tables,
    pub unfollowed: Unfollowed,
}

/// What the events are about that the tables in the store don't have yet: its rows may be as they were, or as they are.
#[derive(Default)]
pub(crate) struct Unfollowed {
    accounts: HashSet<AccountId>,
    campaigns: HashSet<CampaignId>,
}

impl Unfollowed {
    fn note(&mut self, event: &Event) {
        self.accounts.extend(event.account().cloned());
        self.campaigns.extend(event.campaign());
    }

    fn has(&self, row: &Row) -> bool {
        row.account().is_some_and(|account| self.accounts.contains(account))
            || row.of_campaign().is_some_and(|campaign| self.campaigns.contains(&campaign))
    }

    fn has_document(&self, key: &[u8]) -> bool {
        let account = key.split(|&byte| byte == 0).next().unwrap_or(key);
        !self.accounts.is_empty()
            && std::str::from_utf8(account).is_ok_and(|account| self.accounts.contains(&AccountId::stored(account)))
    }
}

pub(crate) fn replay(
    store: &dyn Store,
    snapshot: &mut dyn Snapshot,
    bucket: Bucket,
    outside: Outside<'_>,
    replayed: &mut Replayed,
    report: &mut Report,
) -> Result<State, StoreError> {
    let mut state = State::new(bucket, store.buckets());
    let mut chain = Chain::new(bucket, outside);
    let followed = snapshot.followed(PEOPLE, bucket)?;
    loop {
        let next = chain.head.position + 1;
        let frames = snapshot.frames(bucket, next, PAGE)?;
        if frames.is_empty() {
            break;
        }
        for bytes in frames {
            let next = chain.head.position + 1;
            let (frame, hash) = match Frame::decode(&bytes) {
                Ok(decoded) => decoded,
                Err(error) => {
                    report.cut_short(format!("journal of bucket {}, at {next}: {error}", bucket.get()));
                    return Ok(state);
                }
            };
            if !chain.goes_on_with(&frame, report) {
                return Ok(state);
            }
            match frame.events() {
                Ok(events) => {
                    for recorded in &events {
                        state.evolve(recorded);
                        report.events += 1;
                        if recorded.position > followed {
                            replayed.unfollowed.note(&recorded.event);
                            report.behind += 1;
                        }
                    }
                    let window: Vec<&Recorded> = events.iter().collect();
                    replayed.tables.write(&People.rows(&window, &state));
                }
                Err(error) => {
                    report.cut_short(format!("journal of bucket {}, at {next}: {error}", bucket.get()));
                    return Ok(state);
                }
            }
            state.saved(frame.last_position());
            chain.goes_on_from(&frame, hash);
        }
    }
    if followed > chain.head.position {
        let (bucket, ends) = (bucket.get(), chain.head.position);
        report.problem(format!(
            "the tables have followed bucket {bucket} to {followed}, where its journal ends at {ends}"
        ));
    }
    chain.end(report);
    Ok(state)
}

/// A bucket's journal while it is read.
struct Chain<'o> {
    bucket: Bucket,
    head: Head,
    seals: Option<&'o ChainSecrets>,
    /// Heads of this bucket that weren't passed yet.
    heads: Vec<KeptHead>,
    /// Of the first frame whose seal is wrong, and how many there are.
    unsealed: Option<(String, u64)>,
    sealed: u64,
    wrong_heads: Vec<KeptHead>,
}

impl<'o> Chain<'o> {
    fn new(bucket: Bucket, outside: Outside<'o>) -> Self {
        let heads = outside.heads.iter().filter(|head| head.bucket == bucket).copied().collect();
        Self {
            bucket,
            head: Head::default(),
            seals: outside.seals,
            heads,
            unsealed: None,
            sealed: 0,
            wrong_heads: Vec::new(),
        }
    }

    /// Whether the frame continues the chain. A wrong seal is noted and doesn't end it: what was written without the secret
    /// is replayed all the same.
    fn goes_on_with(&mut self, frame: &Frame, report: &mut Report) -> bool {
        let (bucket, next) = (self.bucket.get(), self.head.position + 1);
        let continues = frame.first == next && frame.previous == self.head.hash;
        if !continues || frame.bucket != self.bucket || frame.at < self.head.at || frame.count == 0 {
            let first = frame.first;
            report.cut_short(format!(
                "journal of bucket {bucket}: the frame at {first} doesn't continue the chain at {next}"
            ));
            return false;
        }
        if self.head.sealed && frame.seal.is_none() {
            report.cut_short(format!(
                "journal of bucket {bucket}: the frame at {next} has no seal, those before it have"
            ));
            return false;
        }
        if let (Some(secrets), Some(_)) = (self.seals, frame.seal) {
            match frame.check_seal(secrets) {
                Ok(()) => self.sealed += 1,
                Err(error) => {
                    self.unsealed.get_or_insert_with(|| (format!("at {next}: {error}"), 0)).1 += 1;
                }
            }
        }
        true
    }

    fn goes_on_from(&mut self, frame: &Frame, hash: scrip_store::frame::Hash) {
        self.head = Head::after(frame, hash);
        let passed = self.heads.extract_if(.., |head| head.position <= frame.last_position());
        self.wrong_heads.extend(passed.filter(|head| head.position != frame.last_position() || head.hash != hash));
    }

    fn end(self, report: &mut Report) {
        let bucket = self.bucket.get();
        if let Some((first, count)) = self.unsealed {
            report.problem(format!("journal of bucket {bucket}, {first} ({count} frames from there on)"));
        }
        for head in self.wrong_heads {
            report.problem(format!(
                "journal of bucket {bucket}: it isn't the one whose head was {head}: it was written anew"
            ));
        }
        for head in self.heads {
            let ends = self.head.position;
            report.problem(format!(
                "journal of bucket {bucket}: it ends at {ends}, before the head {head}: its tail is missing"
            ));
        }
        report.sealed += self.sealed;
        if self.head.position > 0 {
            report.heads.push((KeptHead::of(self.bucket, &self.head), self.head.at));
        }
    }
}

fn compare_documents(
    snapshot: &mut dyn Snapshot,
    bucket: Bucket,
    state: &State,
    (asked, unfollowed): (&mut Asked, &Unfollowed),
    report: &mut Report,
) -> Result<(), StoreError> {
    struct Expected<'s> {
        value: &'s Aggregate,
        version: Option<u64>,
    }
    let mut replayed: BTreeMap<(u8, Vec<u8>), Expected<'_>> = state
        .documents()
        .map(|(key, value)| ((key.kind().number(), key.bytes()), Expected { value, version: state.version(key) }))
        .collect();
    for (kind, key, document) in snapshot.all_documents(bucket)? {
        report.documents += 1;
        let Some(Expected { value, version }) = replayed.remove(&(kind.number(), key.clone())) else {
            report.problem(format!("{kind:?} {}: stored, but not in the journal", hex(&key)));
            continue;
        };
        if value.encode() != document.body {
            match decode(kind, &document.body) {
                Ok(_) => report.problem(format!("{kind:?} {}: stored and replayed differ", hex(&key))),
                Err(error) => report.problem(format!("{kind:?} {}: can't be read: {error}", hex(&key))),
            }
        } else if version != Some(document.version) {
            let (stored, version) = (document.version, version.unwrap_or_default());
            report.problem(format!("{kind:?} {}: of version {stored}, replayed {version}", hex(&key)));
        }
        // What a document says is what the API says: a row that a replay makes wrongly again is found by it. What is replayed is
        // asked: figures of a damaged document may not even add up.
        if !unfollowed.has_document(&key) {
            asked.compare(&key, value).into_iter().for_each(|problem| report.problem(problem));
        }
    }
    for (kind, key) in replayed.into_keys() {
        report.problem(format!("document of kind {kind}, {}: in the journal, but not stored", hex(&key)));
    }
    Ok(())
}

fn compare_rows(stored: Vec<Row>, replayed: Vec<Row>, unfollowed: &Unfollowed, report: &mut Report) {
    let mut replayed: BTreeMap<String, Row> = replayed.into_iter().map(|row| (row_key(&row), row)).collect();
    for row in stored {
        report.rows += 1;
        let key = row_key(&row);
        let expected = replayed.remove(&key);
        if unfollowed.has(&row) {
            continue;
        }
        match expected {
            None => report.problem(format!("{key}: in the tables, but not in the journal")),
            Some(expected) if expected != row => report.problem(format!("{key}: table and journal differ")),
            Some(_) => {}
        }
    }
    for (key, _) in replayed.into_iter().filter(|(_, row)| !unfollowed.has(row)) {
        report.problem(format!("{key}: in the journal, but not in the tables"));
    }
}

/// One row's name. Ids in it are percent-encoded: `a/b` with order `c` isn't `a` with order `b/c`.
pub(crate) fn row_key(row: &Row) -> String {
    match row {
        Row::Campaign(row) => format!("campaign {}", row.id),
        Row::Coupon(row) => format!("coupon {}", row.id),
        Row::CampaignGone(campaign) => format!("campaign {campaign}"),
        Row::CouponState { coupon, .. } | Row::CouponGone(coupon) => format!("coupon {coupon}"),
        Row::OrderEmptied { account, order } => format!("order {}/{}", account.encoded(), order.encoded()),
        Row::Order(row) => format!("order {}/{}", row.account.encoded(), row.id.encoded()),
        Row::OrderLine(row) => {
            format!("order line {}/{}/{}", row.account.encoded(), row.order.encoded(), row.line.encoded())
        }
        Row::OrderTransaction(row) => {
            format!("transaction {}/{}/{}", row.account.encoded(), row.order.encoded(), row.seller.encoded())
        }
        Row::Redemption(row) => {
            format!("redemption {}/{}/{}", row.account.encoded(), row.order.encoded(), row.coupon)
        }
        Row::RedemptionChanged { account, order, coupon, .. } => {
            format!("redemption {}/{}/{coupon}", account.encoded(), order.encoded())
        }
        Row::RefundMetadata { account, order, refund, .. } => {
            format!("refund {}/{}/{}", account.encoded(), order.encoded(), refund.encoded())
        }
        Row::Refund(row) => {
            format!("refund {}/{}/{}", row.account.encoded(), row.order.encoded(), row.id.encoded())
        }
        Row::LedgerEntry(row) => format!("ledger entry {}/{}", row.bucket.get(), row.position),
        Row::Code(row) => format!("code {}/{}/{}", row.campaign, row.position, row.number),
    }
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use scrip_core::{
        event::{ApiKey, Role},
        id::{KeyId, Uid},
        key::Key,
        metadata::Metadata,
        slot::Buckets,
    };
    use scrip_store::{Batch, Save, memory::MemoryStore, secret::ChainSecret};

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
