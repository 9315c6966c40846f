//! Whether a store says the truth: the journal's chain verifies, and its replay equals documents and tables.

use std::collections::BTreeMap;

use scrip_core::{
    slot::Bucket,
    state::{Aggregate, State},
};
use scrip_store::{Snapshot, Store, StoreError, frame::Frame, people::Row};

use crate::projection::project;

/// What was found.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Report {
    pub events: u64,
    pub documents: u64,
    pub rows: u64,
    /// What is wrong, in words; empty when all is well. At most [`PROBLEMS_MAX`] of them.
    pub problems: Vec<String>,
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
}

/// Replays every bucket's journal from the first event and compares, then asks the store for what only it sees. Needs memory for all documents and rows.
///
/// Errors: the store can't be read. What is wrong in it is in the report instead.
pub fn verify(store: &dyn Store) -> Result<Report, StoreError> {
    let mut report = Report::default();
    let mut rows: BTreeMap<String, Row> = BTreeMap::new();
    let mut snapshot = store.snapshot()?;
    for bucket in store.buckets().all() {
        let state = replay(store, &mut *snapshot, bucket, &mut rows, &mut report)?;
        compare_documents(&mut *snapshot, bucket, &state, &mut report)?;
    }
    compare_rows(&mut *snapshot, rows, &mut report)?;
    for contradiction in snapshot.contradictions()? {
        report.problem(contradiction);
    }
    Ok(report)
}

fn replay(
    store: &dyn Store,
    snapshot: &mut dyn Snapshot,
    bucket: Bucket,
    rows: &mut BTreeMap<String, Row>,
    report: &mut Report,
) -> Result<State, StoreError> {
    let mut state = State::new(bucket, store.buckets());
    let (mut next, mut previous, mut at) = (1, [0; 32], scrip_core::time::Timestamp::default());
    loop {
        let frames = snapshot.frames(bucket, next, PAGE)?;
        if frames.is_empty() {
            break;
        }
        for bytes in frames {
            let (frame, hash) = match Frame::decode(&bytes) {
                Ok(decoded) => decoded,
                Err(error) => {
                    report.problem(format!("journal of bucket {}, at {next}: {error}", bucket.get()));
                    return Ok(state);
                }
            };
            if frame.first != next || frame.previous != previous || frame.bucket != bucket || frame.at < at {
                report.problem(format!(
                    "journal of bucket {}: the frame at {} doesn't continue the chain at {next}",
                    bucket.get(),
                    frame.first
                ));
                return Ok(state);
            }
            match frame.events() {
                Ok(events) => {
                    let mut changed = Vec::new();
                    for recorded in &events {
                        state.evolve(recorded);
                        project(&state, recorded, &mut changed);
                        report.events += 1;
                    }
                    for row in changed {
                        upsert(rows, row);
                    }
                }
                Err(error) => {
                    report.problem(format!("journal of bucket {}, at {next}: {error}", bucket.get()));
                    return Ok(state);
                }
            }
            state.saved(frame.last_position());
            next = frame.last_position() + 1;
            previous = hash;
            at = frame.at;
        }
    }
    Ok(state)
}

fn compare_documents(
    snapshot: &mut dyn Snapshot,
    bucket: Bucket,
    state: &State,
    report: &mut Report,
) -> Result<(), StoreError> {
    struct Replayed<'s> {
        value: &'s Aggregate,
        version: Option<u64>,
    }
    let mut replayed: BTreeMap<(u8, Vec<u8>), Replayed<'_>> = state
        .documents()
        .map(|(key, value)| ((key.kind().number(), key.bytes()), Replayed { value, version: state.version(key) }))
        .collect();
    for (kind, key, document) in snapshot.all_documents(bucket)? {
        report.documents += 1;
        match replayed.remove(&(kind.number(), key.clone())) {
            None => report.problem(format!("{kind:?} {}: stored, but not in the journal", hex(&key))),
            Some(replayed) if replayed.value.encode() != document.body => {
                report.problem(format!("{kind:?} {}: stored and replayed differ", hex(&key)));
            }
            Some(Replayed { version, .. }) if version != Some(document.version) => {
                let (stored, version) = (document.version, version.unwrap_or_default());
                report.problem(format!("{kind:?} {}: of version {stored}, replayed {version}", hex(&key)));
            }
            Some(_) => {}
        }
    }
    for (kind, key) in replayed.into_keys() {
        report.problem(format!("document of kind {kind}, {}: in the journal, but not stored", hex(&key)));
    }
    Ok(())
}

fn compare_rows(
    snapshot: &mut dyn Snapshot,
    mut replayed: BTreeMap<String, Row>,
    report: &mut Report,
) -> Result<(), StoreError> {
    for row in snapshot.all_rows()? {
        report.rows += 1;
        let key = row_key(&row);
        match replayed.remove(&key) {
            None => report.problem(format!("{key}: in the tables, but not in the journal")),
            Some(expected) if expected != row => report.problem(format!("{key}: table and journal differ")),
            Some(_) => {}
        }
    }
    for key in replayed.into_keys() {
        report.problem(format!("{key}: in the journal, but not in the tables"));
    }
    Ok(())
}

fn upsert(rows: &mut BTreeMap<String, Row>, row: Row) {
    match &row {
        Row::CouponGone(coupon) => drop(rows.remove(&format!("coupon {coupon}"))),
        Row::OrderEmptied { account, order } => {
            for table in ["order line", "transaction"] {
                let prefix = format!("{table} {account}/{order}/");
                let keys = rows.range(prefix.clone()..).map(|(key, _)| key);
                let gone: Vec<String> = keys.take_while(|key| key.starts_with(&prefix)).cloned().collect();
                gone.iter().for_each(|key| drop(rows.remove(key)));
            }
        }
        _ => drop(rows.insert(row_key(&row), row)),
    }
}

fn row_key(row: &Row) -> String {
    match row {
        Row::Campaign(row) => format!("campaign {}", row.id),
        Row::Coupon(row) => format!("coupon {}", row.id),
        Row::CouponGone(coupon) => format!("coupon {coupon}"),
        Row::OrderEmptied { account, order } => format!("order {account}/{order}"),
        Row::Order(row) => format!("order {}/{}", row.account, row.id),
        Row::OrderLine(row) => format!("order line {}/{}/{}", row.account, row.order, row.line),
        Row::OrderTransaction(row) => format!("transaction {}/{}/{}", row.account, row.order, row.seller),
        Row::Redemption(row) => format!("redemption {}/{}/{}", row.account, row.order, row.coupon),
        Row::Refund(row) => format!("refund {}/{}/{}", row.account, row.order, row.id),
        Row::LedgerEntry(row) => format!("ledger entry {}/{}", row.bucket.get(), row.position),
        Row::Code(row) => format!("code {}/{}/{}", row.campaign, row.position, row.number),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use scrip_core::{
        event::{ApiKey, Event, Role},
        id::{KeyId, Uid},
        key::Key,
        slot::Buckets,
        time::Timestamp,
    };
    use scrip_store::{Batch, Save, memory::MemoryStore};

    use super::*;

    fn commit(store: &MemoryStore, event: &Event, save: Save) {
        let mut writer = store.writer(Bucket::FIRST).expect("nobody else writes");
        let mut transaction = writer.begin().expect("begins");
        let head = transaction.head().expect("reads");
        let frame = Frame::new(Bucket::FIRST, head.position + 1, Timestamp::default(), [0; 16], head.hash, &[event]);
        transaction.commit(&Batch { frame, saves: vec![save], rows: Vec::new() }).expect("commits");
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
}
