//! Followers that write rows, beside the answers: what a projector is, and how it is fed.
//!
//! A projector says what rows follow from a window of events; [`following`] hands it one window after the other in the order of
//! each bucket's journal, and has the store write the rows together with how far it came. It is fed from memory ([`crate::feed`])
//! with what this process commits, and from the journal with all else: what was committed while it wasn't there, by another
//! process, or longer ago than memory reaches. One more projector is one more file here and a line in [`all`]; one that keeps a
//! report's sums a file and a line in [`SUMS`].
//!
//! Where a follower's rules have a newer revision than those by which its tables were made, [`rebuilding`] has it make them anew beside
//! those that are shown (decision 0037).
//!
//! Followers that only learn, such as the registry, are [`crate::feed::Follower`]s: told before answers are given.

mod distribution;
mod following;
mod patience;
mod people;
mod rebuilding;
mod sums;

use std::sync::Arc;

use scrip_core::{
    event::Recorded,
    slot::Buckets,
    state::{Key, State},
};
use scrip_store::{ReadTables, StoreError, people::Row, sums::Added};

pub(crate) use self::{
    distribution::row as distribution_row,
    following::run,
    people::People,
    rebuilding::rebuild,
    sums::{Keeping, Sums},
};
pub use self::{following::Following, people::PEOPLE, rebuilding::Rebuilding};

/// What makes something of the journal. It has no memory of its own: a window may come again, after a crash for example, and
/// windows may be cut between any two batches.
pub(crate) trait Projector: Send + Sync {
    /// Under which the store keeps how far it came.
    fn name(&self) -> &'static str;

    /// Of its rules. Raised whenever they come to make something else of events that were written before: then its tables are made anew.
    fn revision(&self) -> u32;

    /// The documents that it has to see besides the events, given those that were loaded.
    fn needs(&self, window: &[&Recorded], state: &State) -> Vec<Key>;

    /// What follows. `state` has the documents as they were when the window ended, or later: then what they say of later events is
    /// written again with those.
    ///
    /// Errors: [`StoreError::Damaged`] if a document that an event tells of isn't there.
    fn follows(&self, window: &[&Recorded], state: &State) -> Result<Follows, StoreError>;
}

/// What a window leads to.
pub(crate) enum Follows {
    Rows(Vec<Row>),
    /// See [`sums::Sums::added`].
    Sums(Added),
}

/// What is kept for each report.
pub(crate) static SUMS: &[&dyn Sums] = &[&distribution::Distribution];

/// Every projector.
pub(crate) fn all() -> Vec<Arc<dyn Projector>> {
    let mut all: Vec<Arc<dyn Projector>> = vec![Arc::new(People)];
    all.extend(SUMS.iter().map(|sums| Arc::new(Keeping(*sums)) as Arc<dyn Projector>));
    all
}

/// Whether what a follower's tables have was made by older rules than this build's.
///
/// Errors: those of the store.
pub(crate) fn is_older(
    snapshot: &mut (impl ReadTables + ?Sized),
    buckets: Buckets,
    projector: &dyn Projector,
) -> Result<bool, StoreError> {
    let name = projector.name();
    if snapshot.made_by(name)?.shown >= projector.revision() {
        return Ok(false);
    }
    let mut has_followed = false;
    for bucket in buckets.all() {
        has_followed |= snapshot.followed(name, bucket)? > 0;
    }
    Ok(has_followed)
}
