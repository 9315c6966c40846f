use crate::{
    attempts::{Attempt, AttemptFilter},
    callers::Caller,
    desk::Desk,
    done::Listed,
    not_done::NotDone,
    rights::Operation,
};

impl Desk {
    /// Keeps a request that was refused, for whoever asks why. Nobody waits for it.
    pub fn note_attempt(&self, attempt: Attempt) {
        self.attempts.note(attempt);
    }

    /// Refused requests, newest first, each with its number, by which the next page goes on.
    ///
    /// Errors: `forbidden`.
    pub async fn list_attempts(&self, caller: &Caller, wanted: AttemptFilter) -> Result<Listed<Attempt, u64>, NotDone> {
        caller.may(Operation::ListAttempts)?;
        Ok(self.found_attempts(wanted).await)
    }

    /// The same for a code that was entered.
    ///
    /// Errors: `forbidden`.
    pub async fn search_attempts(
        &self,
        caller: &Caller,
        wanted: AttemptFilter,
    ) -> Result<Listed<Attempt, u64>, NotDone> {
        caller.may(Operation::SearchAttempts)?;
        Ok(self.found_attempts(wanted).await)
    }

    async fn found_attempts(&self, wanted: AttemptFilter) -> Listed<Attempt, u64> {
        let (limit, at) = (wanted.limit, wanted.now);
        let mut rows = self.attempts.read(AttemptFilter { limit: limit + 1, ..wanted }).await;
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next = rows.last().filter(|_| more).map(|(number, _)| *number);
        Listed { items: rows.into_iter().map(|(_, row)| row).collect(), next, at }
    }
}
