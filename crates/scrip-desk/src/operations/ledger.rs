use scrip_engine::Positions;
use scrip_store::people::LedgerEntryRow;

use crate::{callers::Caller, desk::Desk, done::Listed, not_done::NotDone, rights::Operation};

impl Desk {
    /// Ledger entries, oldest first. `None`: there is no such place in the journal.
    ///
    /// Errors: `forbidden`.
    pub async fn list_ledger_entries(
        &self,
        caller: &Caller,
        after: Positions,
        limit: usize,
    ) -> Result<Option<Listed<LedgerEntryRow, Positions>>, NotDone> {
        caller.may(Operation::ListLedgerEntries)?;
        let mut next = after.clone();
        let Some(mut items) = self.read_list(move |reader| reader.ledger_entries(&after, limit + 1)).await? else {
            return Ok(None);
        };
        let more = items.len() > limit;
        items.truncate(limit);
        items.iter().for_each(|row| next.passed(row.bucket, row.position));
        Ok(Some(Listed { items, next: more.then_some(next), at: self.now() }))
    }
}
