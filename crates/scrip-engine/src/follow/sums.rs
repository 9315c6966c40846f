//! Sums that are kept for reports: what one is, and the projector that keeps it.

use scrip_core::{
    event::Recorded,
    state::{Key, State},
};
use scrip_store::{
    Snapshot, StoreError,
    sums::{Added, Sum, SumTable},
};

use super::{Follows, Projector};

/// What is kept for one report.
pub(crate) trait Sums: Sync {
    fn table(&self) -> &'static SumTable;

    /// As that of a [`Projector`].
    fn revision(&self) -> u32;

    /// As those of a [`Projector`].
    fn needs(&self, window: &[&Recorded], state: &State) -> Vec<Key>;

    /// What the window adds, each event once and for ever the same: from events, and of documents from what never changes after them.
    /// `state` has the documents as they were when the window ended, or later: what they say of later events is added with those.
    ///
    /// Errors: [`StoreError::Damaged`] if a document that an event tells of isn't there.
    fn added(&self, window: &[&Recorded], state: &State) -> Result<Vec<Sum>, StoreError>;

    /// The same figures from the rows of the tables for people: reads all of them.
    ///
    /// Errors: those of the store.
    fn added_up(&self, snapshot: &mut dyn Snapshot) -> Result<Vec<Sum>, StoreError>;
}

/// The follower that keeps them.
pub(crate) struct Keeping(pub &'static dyn Sums);

impl Projector for Keeping {
    fn name(&self) -> &'static str {
        self.0.table().name
    }

    fn revision(&self) -> u32 {
        self.0.revision()
    }

    fn needs(&self, window: &[&Recorded], state: &State) -> Vec<Key> {
        self.0.needs(window, state)
    }

    fn follows(&self, window: &[&Recorded], state: &State) -> Result<Follows, StoreError> {
        Ok(Follows::Sums(Added { to: self.0.table(), sums: self.0.added(window, state)? }))
    }
}
