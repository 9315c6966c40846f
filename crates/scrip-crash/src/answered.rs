//! What the clients were answered: the only truth that counts.

use std::{
    collections::BTreeMap,
    fs::File,
    io::Write,
    sync::{Mutex, MutexGuard, PoisonError},
};

use serde_json::Value;

/// One thing that an answer with 2xx said. Each stays true whatever is done afterwards.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Fact {
    /// The account holds the coupon.
    Coupon { account: String, coupon: String },
    /// The order exists and came at least so far.
    Order { account: String, order: String, known: Known },
    /// The refund was made, for this much.
    Refund { account: String, order: String, refund: String, amount: i64 },
    /// The campaign's terms or stage changed at least so often.
    Campaign { campaign: String, revision: u64 },
}

/// How far an order was answered to be.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Known {
    Placed,
    Cancelled,
    Paid,
    /// These sellers' transactions have ended.
    Ended(Vec<String>),
}

/// A request that was sent under an idempotency key.
#[derive(Clone, PartialEq, Debug)]
pub struct Keyed {
    pub path: String,
    pub key: String,
    pub body: Value,
    /// What it was answered; `None`: the connection broke before.
    pub answered: Option<Value>,
    /// Something was made (201), so that the same comes again whenever it is asked for. A step that changed nothing
    /// isn't kept under its key.
    pub made: bool,
}

/// The log of all clients of one run.
#[derive(Debug, Default)]
pub struct Answered {
    log: Mutex<Log>,
    /// Where answers are marked in a recording of the server's writes.
    marks: Option<File>,
}

/// What is in it.
#[derive(Clone, Debug, Default)]
pub struct Log {
    /// In the order of their answers.
    pub facts: Vec<Fact>,
    pub keyed: Vec<Keyed>,
    /// The most coupons that an account can have come to: it asked no more often.
    pub coupons_max: BTreeMap<String, u32>,
    /// Answers by what they were, for showing that there was load.
    pub counts: BTreeMap<String, u64>,
    /// Answers that no server should give.
    pub wrong: Vec<String>,
}

/// The kind of a record in the shim's recording that marks an answer.
pub const MARK: u8 = 8;

impl Answered {
    /// Marks each answer in the recording, so that it is known what was written before.
    pub fn marking(marks: File) -> Self {
        Self { log: Mutex::default(), marks: Some(marks) }
    }

    pub fn log(&self) -> MutexGuard<'_, Log> {
        // A client that panicked has noted what it had to.
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn note(&self, fact: Fact) {
        let mut log = self.log();
        log.facts.push(fact);
        if let Some(mut marks) = self.marks.as_ref() {
            let count = u64::try_from(log.facts.len()).expect("facts fit in memory");
            let mut record = vec![MARK];
            record.extend_from_slice(&8_u32.to_le_bytes());
            record.extend_from_slice(&count.to_le_bytes());
            // One write, as the file is open for appending: it doesn't mix with the server's records.
            marks.write_all(&record).expect("the recording can be written");
        }
    }

    pub fn count(&self, what: &str) {
        *self.log().counts.entry(what.to_owned()).or_default() += 1;
    }

    pub fn into_log(self) -> Log {
        self.log.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Log {
    pub fn counted(&self, what: &str) -> u64 {
        self.counts.get(what).copied().unwrap_or_default()
    }

    /// One line for people.
    pub fn summary(&self) -> String {
        let counts: Vec<String> = self.counts.iter().map(|(what, count)| format!("{what} {count}")).collect();
        format!("{} facts; {}", self.facts.len(), counts.join(", "))
    }
}
