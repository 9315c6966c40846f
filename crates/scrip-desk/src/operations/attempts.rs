use crate::{
    attempts::{Attempt, Wanted},
    caller::Caller,
    desk::Desk,
    done::Listed,
    not_done::NotDone,
    operation::Operation,
};

impl Desk {
    /// Refused requests, newest first, each with its number, by which the next page goes on.
    ///
    /// Errors: `forbidden`.
    pub async fn attempts(
        &self,
        caller: &Caller,
        operation: Operation,
        wanted: Wanted,
    ) -> Result<Listed<Attempt, u64>, NotDone> {
        caller.may(operation)?;
        let limit = wanted.limit;
        let mut rows = self.attempts.read(Wanted { limit: limit + 1, ..wanted }).await;
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next = rows.last().filter(|_| more).map(|(number, _)| *number);
        Ok(Listed { items: rows.into_iter().map(|(_, row)| row).collect(), next })
    }
}
