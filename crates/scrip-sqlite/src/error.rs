//! From SQLite's result codes to [`StoreError`], by code and never by the text of a message.

use rusqlite::{Error, ErrorCode, ffi};
use scrip_store::StoreError;

type Source = Box<dyn std::error::Error + Send + Sync>;

/// Of a statement.
pub(crate) fn during(operation: &'static str) -> impl FnOnce(Error) -> StoreError {
    move |error| match &error {
        Error::SqliteFailure(failure, _) => match failure.code {
            _ if is_of_the_device(&error) => failed(operation, error),
            ErrorCode::ConstraintViolation => constraint(operation, failure.extended_code, &error),
            ErrorCode::DatabaseCorrupt
            | ErrorCode::NotADatabase
            | ErrorCode::SchemaChanged
            | ErrorCode::TypeMismatch
            | ErrorCode::Unknown => damaged(operation, &error),
            // Busy, locked, out of memory, can't be opened: none says anything about what is stored.
            _ => unavailable(operation, error),
        },
        // A column that isn't what the schema and this code agreed on.
        _ => damaged(operation, &error),
    }
}

/// Whether the device is full, or failed a write or a sync.
pub(crate) fn is_of_the_device(error: &Error) -> bool {
    let code = error.sqlite_error_code();
    matches!(code, Some(ErrorCode::DiskFull | ErrorCode::SystemIoFailure | ErrorCode::ReadOnly))
}

/// Of a commit: unless SQLite says that it did nothing, the device didn't do what it was told.
pub(crate) fn during_commit(error: Error) -> StoreError {
    const OPERATION: &str = "committing";
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::ConstraintViolation | ErrorCode::DatabaseCorrupt) => {
            during(OPERATION)(error)
        }
        _ => failed(OPERATION, error),
    }
}

/// Of a copy to another place: whatever goes wrong there, this file isn't touched and may be written on.
pub(crate) fn during_copy(error: Error) -> StoreError {
    const OPERATION: &str = "copying the database";
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => damaged(OPERATION, &error),
        _ => unavailable(OPERATION, error),
    }
}

/// A count of changed rows that isn't one, where it must be.
pub(crate) fn not_one(operation: &'static str, changed: usize) -> StoreError {
    StoreError::Damaged { what: format!("{operation} changed {changed} rows instead of one") }
}

pub(crate) fn unavailable(operation: &'static str, source: impl Into<Source>) -> StoreError {
    StoreError::Unavailable { operation, source: source.into() }
}

pub(crate) fn failed(operation: &'static str, source: impl Into<Source>) -> StoreError {
    StoreError::Failed { operation, source: source.into() }
}

fn damaged(operation: &'static str, error: &Error) -> StoreError {
    StoreError::Damaged { what: format!("{operation}: {error}") }
}

fn constraint(operation: &'static str, extended_code: i32, error: &Error) -> StoreError {
    match extended_code {
        ffi::SQLITE_CONSTRAINT_PRIMARYKEY | ffi::SQLITE_CONSTRAINT_UNIQUE | ffi::SQLITE_CONSTRAINT_ROWID => {
            StoreError::Conflict { what: format!("{operation}: {error}") }
        }
        // A row that contradicts itself or belongs to nothing: a fault before the store.
        _ => damaged(operation, error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(code: i32) -> Error {
        Error::SqliteFailure(ffi::Error::new(code), None)
    }

    #[test]
    fn a_full_or_broken_device_is_told_from_a_busy_one() {
        let kind = |code| during("testing")(of(code));
        assert!(matches!(kind(ffi::SQLITE_FULL), StoreError::Failed { .. }));
        assert!(matches!(kind(ffi::SQLITE_IOERR_FSYNC), StoreError::Failed { .. }));
        assert!(matches!(kind(ffi::SQLITE_BUSY), StoreError::Unavailable { .. }));
        assert!(matches!(kind(ffi::SQLITE_LOCKED_SHAREDCACHE), StoreError::Unavailable { .. }));
        assert!(matches!(kind(ffi::SQLITE_CONSTRAINT_PRIMARYKEY), StoreError::Conflict { .. }));
        assert!(matches!(kind(ffi::SQLITE_CONSTRAINT_CHECK), StoreError::Damaged { .. }));
        assert!(matches!(kind(ffi::SQLITE_CORRUPT), StoreError::Damaged { .. }));
    }

    #[test]
    fn a_commit_that_fails_for_an_unknown_reason_stops_writing() {
        assert!(matches!(during_commit(of(ffi::SQLITE_ERROR)), StoreError::Failed { .. }));
        assert!(matches!(during_commit(of(ffi::SQLITE_IOERR)), StoreError::Failed { .. }));
        assert!(matches!(during_commit(of(ffi::SQLITE_CONSTRAINT_FOREIGNKEY)), StoreError::Damaged { .. }));
    }

    #[test]
    fn a_full_device_of_a_backup_does_not_stop_writing() {
        assert!(matches!(during_copy(of(ffi::SQLITE_FULL)), StoreError::Unavailable { .. }));
    }
}
