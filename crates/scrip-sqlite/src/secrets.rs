//! Table `secret`.

use rusqlite::{Connection, Row, TransactionBehavior, params};
use scrip_store::{
    StoreError,
    secret::{Purpose, WrappedSecret},
};

use crate::{
    column::{bytes, text},
    error::{during, during_commit},
    mark,
};

/// By purpose and number.
pub(crate) fn all(connection: &Connection) -> Result<Vec<WrappedSecret>, StoreError> {
    const OPERATION: &str = "reading the wrapped secrets";
    let read = |row: &Row<'_>| Ok((text(row, 0)?.to_owned(), row.get(1)?, bytes(row, 2)?));
    let stored = || -> rusqlite::Result<Vec<(String, u32, Vec<u8>)>> {
        let sql = "SELECT purpose, number, wrapped FROM secret ORDER BY purpose, number";
        connection.prepare_cached(sql)?.query_map([], read)?.collect()
    };
    let known = |(purpose, number, wrapped): (String, u32, Vec<u8>)| {
        let unknown = || StoreError::Damaged { what: format!("a secret is for {purpose:?}, which nobody knows") };
        Ok(WrappedSecret { purpose: Purpose::from_word(&purpose).ok_or_else(unknown)?, number, wrapped })
    };
    stored().map_err(during(OPERATION))?.into_iter().map(known).collect()
}

/// Errors: [`StoreError::Conflict`] if those in the table aren't `read`.
pub(crate) fn replace(
    connection: &mut Connection,
    read: &[WrappedSecret],
    new: &[WrappedSecret],
) -> Result<(), StoreError> {
    const OPERATION: &str = "replacing the wrapped secrets";
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate);
    let transaction = transaction.map_err(during(OPERATION))?;
    if all(&transaction)? != read {
        return Err(WrappedSecret::conflict());
    }
    transaction.execute("DELETE FROM secret", []).map_err(during(OPERATION))?;
    for secret in new {
        let sql = "INSERT INTO secret (purpose, number, wrapped) VALUES (?1, ?2, ?3)";
        let values = params![secret.purpose.as_str(), secret.number, secret.wrapped];
        transaction.execute(sql, values).map_err(during(OPERATION))?;
    }
    mark::renew(&transaction).map_err(during(OPERATION))?;
    transaction.commit().map_err(during_commit)
}
