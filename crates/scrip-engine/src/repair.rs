//! Files that an earlier build derived otherwise: documents are put right where they differ from what follows from the journal.
//!
//! The journal is the truth and replays under the rules of this build; what was derived from it by an older revision may say something
//! else (decision 0015). Decisions are made of documents, so they are right before the first, on opening. Tables aren't needed for that:
//! their followers make them anew beside the running server (`follow/rebuilding.rs`, decision 0037).

use scrip_store::{RepairedDocument, Store, StoreError};

use crate::{
    follow,
    verify::{LANE_BYTES, each_wrong_document, hex},
};

/// Of the rules by which documents follow from the journal. Raised whenever `evolve` comes to make something else of events that were
/// written before.
pub const REVISION: u32 = 1;

/// Repairs that are written to the log; the others are counted.
const LOGGED: usize = 100;

/// What was put right.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Repaired {
    /// The revision that the store had.
    pub from: u32,
    pub documents: usize,
    /// In words, at most a hundred.
    pub what: Vec<String>,
}

/// Brings documents to [`REVISION`], all or nothing; a backend with files copies them first. Does nothing, and reads next to nothing,
/// where they are of it already. Needs memory for some thousand accounts with all they have, as verification does, and about as much room
/// as the journal in the folder for temporary files.
///
/// Errors: [`StoreError::Damaged`] if the journal doesn't verify, or a newer Scrip derived them; those of the store. Then
/// everything is as it was.
pub fn repair(store: &dyn Store) -> Result<Repaired, StoreError> {
    repair_in_lanes(store, LANE_BYTES)
}

/// The same, dividing accounts as [`verify_in_lanes`](crate::verify::verify_in_lanes): for trying with a small store what a large one
/// needs.
///
/// Errors: those of [`repair`].
pub fn repair_in_lanes(store: &dyn Store, lane_bytes: u64) -> Result<Repaired, StoreError> {
    check_revisions(store)?;
    let from = store.revision()?;
    let mut repaired = Repaired { from, ..Repaired::default() };
    if from == REVISION {
        return Ok(repaired);
    }
    let mut repair = store.repair()?;
    each_wrong_document(store, lane_bytes, |document| {
        repaired.note(document);
        repair.write(document)
    })?;
    repair.commit(REVISION)?;
    if repaired.documents > 0 {
        let documents = repaired.documents;
        tracing::warn!(from, to = REVISION, documents, "an earlier build had derived documents otherwise: put right");
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
    fn note(&mut self, document: &RepairedDocument) {
        self.documents += 1;
        if self.what.len() < LOGGED {
            let RepairedDocument { kind, key, document, .. } = document;
            let gone = if document.is_none() { ", which isn't there" } else { "" };
            self.what.push(format!("{kind:?} {}{gone}", hex(key)));
        }
    }
}
