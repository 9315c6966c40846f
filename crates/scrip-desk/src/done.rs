//! What an operation came to.

use scrip_core::time::Timestamp;
use scrip_engine::{Answer, EngineError, Receipt};

use crate::not_done::NotDone;

/// Something that was done, and what became of it.
#[derive(Clone, Debug)]
pub struct Done<T> {
    pub of: T,
    /// Made by this, or under the same id or key before; else it was there and is as it is now.
    pub created: bool,
    /// Done before under the same idempotency key; this is the answer of then.
    pub replayed: bool,
    /// When it was done: what the clock decides about the answer was decided then.
    pub at: Timestamp,
}

impl<T> Done<T> {
    /// From a command's receipt, whose answer is of the command's kind.
    pub(crate) fn from(
        receipt: Receipt,
        of: impl FnOnce(Answer) -> Result<(T, bool), EngineError>,
    ) -> Result<Self, NotDone> {
        let Receipt { answer, replayed, at } = receipt;
        let (of, created) = of(answer)?;
        Ok(Self { of, created, replayed, at })
    }
}

/// A page of a list, and where the next one begins.
#[derive(Clone, Debug)]
pub struct Listed<T, C> {
    pub items: Vec<T>,
    /// `None`: it was the last.
    pub next: Option<C>,
    /// When it was judged what belongs to it: what the clock decides about its items is told as of then.
    pub at: Timestamp,
}
