//! A command that waits for its bucket, and what it comes to there.

use scrip_core::{
    command::Command,
    id::CodeHash,
    idempotency::{AnswerKind, Holder},
    reason::Refusal,
    state::{Shortage, UsageElsewhere},
    time::Timestamp,
};
use tokio::sync::oneshot;

use crate::{
    answer::Answer,
    receipt::{EngineError, Receipt},
    usage_elsewhere::Limited,
};

/// An idempotency key's scope and command, both hashed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KeyUse {
    pub holder: Holder,
    /// Of caller, operation and key.
    pub key_hash: [u8; 16],
    /// Of the parsed command.
    pub command_hash: [u8; 16],
}

/// A command that waits for its batch, and who waits for its answer.
pub(crate) struct Waiting {
    pub command: Command,
    pub key: Option<KeyUse>,
    /// `None`: nothing.
    pub seen: Option<Box<Seen>>,
    /// `None` once it was answered.
    pub reply: Option<oneshot::Sender<Reply>>,
}

impl Waiting {
    /// Whoever doesn't wait any more finds the answer by asking again.
    pub fn answer(&mut self, reply: Reply) {
        if let Some(waits) = self.reply.take() {
            let _ = waits.send(reply);
        }
    }
}

/// With many buckets: what is known of the others.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seen {
    pub usage_elsewhere: Option<UsageElsewhere>,
    /// All that could be granted was: what may be done without is done without.
    pub overdraw: bool,
    /// What stands against the command besides: only a repetition of an earlier one is answered.
    pub barred: Option<Refusal>,
}

/// What a command came to in its bucket.
pub(crate) struct Reply {
    pub verdict: Verdict,
    /// Codes of other buckets whose claims were given back on the way: their leases return.
    pub freed: Vec<CodeHash>,
}

pub(crate) enum Verdict {
    Done(Result<Receipt, EngineError>),
    /// Done before under its key: the answer is in the journal from this position on. It is read outside of the sequencer, where
    /// nobody waits for it.
    Again {
        position: u64,
        count: u32,
        kind: AnswerKind,
        at: Timestamp,
    },
    /// With many buckets: refused by what this bucket has alone. Nothing was done; ask again with the usage elsewhere.
    NeedsRemoteUsage(Limited),
    /// With many buckets: the rules allow it, but the bucket's quotas don't suffice. Nothing was done.
    NeedsQuota(Vec<Shortage>),
}

impl Verdict {
    /// What whoever asked is told, where nothing of other buckets can have been wanting.
    pub fn done(self) -> Result<Receipt, EngineError> {
        match self {
            Self::Done(result) => result,
            Self::Again { .. } | Self::NeedsRemoteUsage(_) | Self::NeedsQuota(_) => Err(EngineError::Fault),
        }
    }
}

impl Reply {
    pub const fn of(verdict: Verdict) -> Self {
        Self { verdict, freed: Vec::new() }
    }
}

/// What a command came to within its batch.
pub(crate) enum Done {
    Fresh {
        answer: Box<Answer>,
        at: Timestamp,
    },
    /// Done before: the answer is in the journal from this position on.
    Again {
        position: u64,
        count: u32,
        kind: AnswerKind,
        at: Timestamp,
    },
    Refused(Refusal),
    NeedsRemoteUsage(Limited),
    NeedsQuota(Vec<Shortage>),
    /// Nothing is written now.
    Hindered(String),
    /// It failed unexpectedly and was taken out.
    Fault,
}

/// And codes of other buckets whose claims were given back on the way.
pub(crate) type DoneAndFreed = (Done, Vec<CodeHash>);

/// Waits on this thread for what sequencers answer.
pub(crate) fn wait_for<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().expect("it takes no more than memory").block_on(work)
}
