//! What a command's caller gets: an answer, or why there is none.

use std::pin::Pin;

use scrip_core::{reason::Refusal, time::Timestamp};
use scrip_store::StoreError;

use crate::answer::Answer;

/// Why a command wasn't done.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum EngineError {
    /// The rules refuse it; nothing changed.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The store can't take it. Nothing was done, or asking again with the same key tells.
    #[error("the store can't take it: {0}")]
    Unavailable(String),
    /// Nothing is written until somebody mends what is said here. Nothing was done; whoever asked may read it.
    #[error("{0}")]
    Hindered(String),
    /// It failed unexpectedly; nothing was done.
    #[error("an unexpected fault")]
    Fault,
}

impl From<StoreError> for EngineError {
    fn from(error: StoreError) -> Self {
        tracing::error!(error = %chain(&error), "reading failed");
        Self::Unavailable(error.to_string())
    }
}

/// A command's answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Receipt {
    pub answer: Answer,
    /// Done before under the same idempotency key; this is the answer of then.
    pub replayed: bool,
    /// When it was done: what the clock decides about the answer was decided then.
    pub at: Timestamp,
}

/// A command that was handed over.
pub struct Pending(Pin<Box<dyn Future<Output = Result<Receipt, EngineError>> + Send>>);

impl Pending {
    pub(crate) fn new(answer: impl Future<Output = Result<Receipt, EngineError>> + Send + 'static) -> Self {
        Self(Box::pin(answer))
    }

    /// Waits for its answer.
    pub async fn answer(self) -> Result<Receipt, EngineError> {
        self.0.await
    }
}

/// An error with its causes, for the log.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}
