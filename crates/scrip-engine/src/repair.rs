//! Files that an earlier build derived otherwise: documents and rows are worked out anew from the journal where they differ.
//!
//! The journal is the truth and replays under the rules of this build; what was derived from it by an older revision may say
//! something else (decision 0015). It is judged once, on opening, by the revision that the store keeps.

use std::collections::BTreeMap;

use scrip_core::state::State;
use scrip_store::{Document, Rederived, RederivedDocument, Store, StoreError, memory::Tables, people::Row};

use crate::{
    follow::{self, PEOPLE},
    verify::{Report, hex, replay},
};

/// Of the rules by which documents and rows are derived from the journal. Raised whenever `evolve` or the projection comes to
/// make something else of events that were written before.
pub const REVISION: u32 = 1;

/// Repairs that are written to the log; the others are counted.
const LOGGED: usize = 100;

/// What was worked out anew.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Repaired {
    /// The revision that the store had.
    pub from: u32,
    pub documents: usize,
    pub rows: usize,
    /// In words, at most a hundred.
    pub what: Vec<String>,
}

/// Brings documents and rows to [`REVISION`], all or nothing; a backend with files copies them first. Does nothing, and reads
/// next to nothing, where they are of it already. Needs memory for all documents and rows.
///
/// Errors: [`StoreError::Damaged`] if the journal doesn't verify, or a newer Scrip derived them; those of the store. Then
/// everything is as it was.
pub fn repair(store: &dyn Store) -> Result<Repaired, StoreError> {
    check_revisions(store)?;
    let from = store.revision()?;
    let mut repaired = Repaired { from, ..Repaired::default() };
    if from == REVISION {
        return Ok(repaired);
    }
    let changes = differences(store, &mut repaired)?;
    (repaired.documents, repaired.rows) = (changes.documents.len(), changes.gone.len() + changes.rows.len());
    store.rederive(&changes)?;
    if repaired.documents + repaired.rows > 0 {
        tracing::warn!(
            from,
            to = REVISION,
            documents = repaired.documents,
            rows = repaired.rows,
            "an earlier build had derived documents and rows otherwise: worked out anew from the journal"
        );
        repaired.what.iter().for_each(|what| tracing::info!("repaired: {what}"));
    }
    Ok(repaired)
}

/// Whether no newer Scrip made the documents, or a follower's tables.
///
/// Errors: [`StoreError::Damaged`] if one did; those of the store.
pub fn check_revisions(store: &dyn Store) -> Result<(), StoreError> {
    let revision = store.revision()?;
    if revision > REVISION {
        let what = format!("documents are of revision {revision}, which a newer Scrip made; this one knows {REVISION}");
        return Err(StoreError::Damaged { what });
    }
    let mut snapshot = store.snapshot()?;
    follow::all().iter().try_for_each(|projector| {
        let name = projector.name();
        snapshot.made_by(name)?.check(name, projector.revision())
    })
}

impl Repaired {
    fn note(&mut self, what: impl FnOnce() -> String) {
        if self.what.len() < LOGGED {
            self.what.push(what());
        }
    }
}

fn differences(store: &dyn Store, repaired: &mut Repaired) -> Result<Rederived, StoreError> {
    let mut snapshot = store.snapshot()?;
    let (mut report, mut tables) = (Report::default(), Tables::default());
    let mut changes = Rederived {
        revision: REVISION,
        documents: Vec::new(),
        gone: Vec::new(),
        rows: Vec::new(),
        follower: PEOPLE,
        followed: Vec::new(),
    };
    for bucket in store.buckets().all() {
        let state = replay(store, &mut *snapshot, bucket, &mut tables, &mut report)?;
        // Nothing is worked out from a journal that isn't whole.
        if let Some(problem) = report.problems.first() {
            return Err(StoreError::Damaged { what: problem.clone() });
        }
        changes.followed.push((bucket, snapshot.head(bucket)?.position));
        let stored = snapshot.all_documents(bucket)?;
        for (kind, key, document) in derived(&state).changes(stored) {
            repaired.note(|| format!("{kind:?} {}", hex(&key)));
            changes.documents.push(RederivedDocument { bucket, kind, key, document });
        }
    }
    let replayed = tables.all().into_iter();
    let mut replayed: BTreeMap<String, Row> = replayed.map(|row| (row.called(), row)).collect();
    for row in snapshot.all_rows()? {
        let key = row.called();
        match replayed.remove(&key) {
            Some(now) if now == row => {}
            Some(now) => {
                repaired.note(|| key);
                changes.rows.push(now);
            }
            None => {
                repaired.note(|| format!("{key}, which isn't there"));
                changes.gone.push(row);
            }
        }
    }
    changes.rows.extend(replayed.into_iter().map(|(key, row): (String, Row)| {
        repaired.note(|| format!("{key}, which was missing"));
        row
    }));
    Ok(changes)
}

type DocumentKey = (scrip_core::state::Kind, Vec<u8>);

/// All documents of a bucket, as they follow from its journal.
struct Derived(BTreeMap<DocumentKey, Document>);

fn derived(state: &State) -> Derived {
    let document = |(key, value): (&scrip_core::state::Key, &scrip_core::state::Aggregate)| {
        let version = state.version(key).unwrap_or_default();
        ((key.kind(), key.bytes()), Document { version, body: value.encode() })
    };
    Derived(state.documents().map(document).collect())
}

impl Derived {
    /// What is to be written over, deleted (`None`) or added, given what is stored.
    fn changes(
        mut self,
        stored: Vec<(scrip_core::state::Kind, Vec<u8>, Document)>,
    ) -> Vec<(scrip_core::state::Kind, Vec<u8>, Option<Document>)> {
        let mut changes = Vec::new();
        for (kind, key, before) in stored {
            match self.0.remove(&(kind, key.clone())) {
                Some(now) if now == before => {}
                now => changes.push((kind, key, now)),
            }
        }
        changes.extend(self.0.into_iter().map(|((kind, key), document)| (kind, key, Some(document))));
        changes
    }
}
