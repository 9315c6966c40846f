//! Followers that write rows, beside the answers: what a projector is, and how it is fed.
//!
//! A projector says what rows follow from a window of events; [`following`] hands it one window after the other in the order of
//! each bucket's journal, and has the store write the rows together with how far it came. It is fed from memory ([`crate::feed`])
//! with what this process commits, and from the journal with all else: what was committed while it wasn't there, by another
//! process, or longer ago than memory reaches. One more projector is one more file here and a line in [`all`]; one that keeps a
//! report's sums a file and a line in [`SUMS`].
//!
//! Followers that only learn, such as the registry, are [`crate::feed::Follower`]s: told before answers are given.

mod distribution;
mod following;
mod people;
mod sums;

use scrip_core::{
    event::Recorded,
    state::{Key, State},
};
use scrip_store::{StoreError, people::Row, sums::Added};

pub(crate) use self::{distribution::row as distribution_row, following::run, people::People, sums::Sums};
pub use self::{following::Following, people::PEOPLE};

/// What makes something of the journal. It has no memory of its own: a window may come again, after a crash for example, and
/// windows may be cut between any two batches.
pub(crate) trait Projector: Send + Sync {
    /// Under which the store keeps how far it came.
    fn name(&self) -> &'static str;

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
pub(crate) fn all() -> Vec<Box<dyn Projector>> {
    let mut all: Vec<Box<dyn Projector>> = vec![Box::new(People)];
    all.extend(SUMS.iter().map(|sums| Box::new(sums::Keeping(*sums)) as Box<dyn Projector>));
    all
}
