//! Wrong codes, limited: guessing must not pay.

use std::time::Duration;

use moka::sync::Cache;
use scrip_core::{name::AccountId, reason::Reason};

use crate::problem::Problem;

/// Wrong codes of an account before it has to wait.
const PER_ACCOUNT: u32 = 5;
/// Wrong codes through one key: a shop's server speaks for many accounts.
const PER_CALLER: u32 = 1_000;
/// How long a series of wrong codes counts.
const WINDOW: Duration = Duration::from_mins(10);

/// Wrong codes of the last ten minutes.
pub struct Attempts {
    accounts: Cache<AccountId, u32>,
    callers: Cache<String, u32>,
}

impl Default for Attempts {
    fn default() -> Self {
        Self {
            accounts: Cache::builder().max_capacity(1_000_000).time_to_live(WINDOW).build(),
            callers: Cache::builder().max_capacity(100_000).time_to_live(WINDOW).build(),
        }
    }
}

impl Attempts {
    /// Counts an attempt before the code is looked at, so that many at once can't slip through.
    ///
    /// Errors: `too_many_attempts`.
    pub fn begin(&self, account: &AccountId, caller: &str) -> Result<(), Problem> {
        let by_account = *self
            .accounts
            .entry_by_ref(account)
            .and_upsert_with(|entry| entry.map_or(1, |entry| entry.into_value() + 1))
            .value();
        let by_caller = *self
            .callers
            .entry_by_ref(caller)
            .and_upsert_with(|entry| entry.map_or(1, |entry| entry.into_value() + 1))
            .value();
        if by_account > PER_ACCOUNT || by_caller > PER_CALLER {
            self.was_no_guess(account, caller);
            let seconds = u32::try_from(WINDOW.as_secs()).expect("minutes");
            return Err(Problem::from(Reason::TooManyAttempts).retry_after(seconds));
        }
        Ok(())
    }

    /// The code was known: not counted.
    pub fn was_no_guess(&self, account: &AccountId, caller: &str) {
        let less = |entry: Option<moka::Entry<_, u32>>| entry.map_or(0, |entry| entry.into_value().saturating_sub(1));
        self.accounts.entry_by_ref(account).and_upsert_with(less);
        let less = |entry: Option<moka::Entry<_, u32>>| entry.map_or(0, |entry| entry.into_value().saturating_sub(1));
        self.callers.entry_by_ref(caller).and_upsert_with(less);
    }
}
