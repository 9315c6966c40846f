//! The schema's version and its migrations: all or nothing, with a copy of the file first.

use std::path::{Path, PathBuf};

use refinery::Runner;
use rusqlite::{Connection, OptionalExtension as _};
use scrip_store::StoreError;

use crate::{
    backup,
    error::{during, failed},
    mark,
};

mod embedded {
    refinery::embed_migrations!("migrations");
}

/// "Scrp", as in the first migration.
const APPLICATION_ID: u32 = 0x5363_7270;

/// What a migration did. `from` 0: the file was new.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Migrated {
    pub from: u32,
    pub to: u32,
    /// The copy of the file as it was; `None` if there was nothing to change or nothing to lose.
    pub backup: Option<PathBuf>,
}

pub(crate) fn runner() -> Runner {
    embedded::migrations::runner()
}

/// 0 of an empty file.
///
/// Errors: [`StoreError::Damaged`] if the file has tables and isn't Scrip's.
pub(crate) fn version(connection: &Connection) -> Result<u32, StoreError> {
    const OPERATION: &str = "reading the schema's version";
    let read = || -> rusqlite::Result<(i64, u32, Option<u32>)> {
        // The history and its index are made by a commit of their own: a crash may leave them alone in the file.
        let tables: i64 = connection.query_row(
            "SELECT count(*) FROM sqlite_schema WHERE tbl_name <> 'refinery_schema_history'",
            [],
            |row| row.get(0),
        )?;
        let application = connection.pragma_query_value(None, "application_id", |row| row.get(0))?;
        let history = connection
            .query_row("SELECT 1 FROM sqlite_schema WHERE name = 'refinery_schema_history'", [], |_| Ok(()))
            .optional()?;
        let version = match history {
            Some(()) => {
                connection.query_row("SELECT max(version) FROM refinery_schema_history", [], |row| row.get(0))?
            }
            None => None,
        };
        Ok((tables, application, version))
    };
    match read().map_err(during(OPERATION))? {
        (0, _, None) => Ok(0),
        (_, APPLICATION_ID, Some(version)) => Ok(version),
        _ => Err(StoreError::Damaged { what: "the file is an SQLite database, but not Scrip's".to_owned() }),
    }
}

fn newest(runner: &Runner) -> u32 {
    runner.get_migrations().iter().map(|migration| u32::try_from(migration.version()).unwrap_or(0)).max().unwrap_or(0)
}

/// Errors: [`StoreError::Damaged`] unless the schema is this Scrip's.
pub(crate) fn check_newest(connection: &Connection, runner: &Runner) -> Result<(), StoreError> {
    let (found, newest) = (version(connection)?, newest(runner));
    if found == newest {
        return Ok(());
    }
    Err(StoreError::Damaged { what: format!("the file has schema {found}, this Scrip reads {newest}") })
}

/// Whether the file has an older schema than this Scrip's.
///
/// Errors: [`StoreError::Damaged`] if it has no tables, or a schema that this Scrip can't bring to its own.
pub(crate) fn is_older(connection: &Connection, runner: &Runner) -> Result<bool, StoreError> {
    match from_and_to(connection, runner)? {
        (0, _) => Err(StoreError::Damaged { what: "the file is empty".to_owned() }),
        (from, to) => Ok(from < to),
    }
}

/// The schema's version, and the newest.
fn from_and_to(connection: &Connection, runner: &Runner) -> Result<(u32, u32), StoreError> {
    let (from, to) = (version(connection)?, newest(runner));
    if from > to {
        let what = format!("the file has schema {from}, which a newer Scrip made; this one knows {to}");
        return Err(StoreError::Damaged { what });
    }
    Ok((from, to))
}

pub(crate) fn migrate(connection: &mut Connection, path: &Path, runner: &Runner) -> Result<Migrated, StoreError> {
    let (from, to) = from_and_to(connection, runner)?;
    let backup = if from == 0 || from == to { None } else { Some(copy_first(connection, path, from)?) };
    migrate_copy(connection, runner)?;
    Ok(Migrated { from, to, backup })
}

/// [`migrate`] of a file that is itself a copy.
pub(crate) fn migrate_copy(connection: &mut Connection, runner: &Runner) -> Result<(), StoreError> {
    let (from, to) = from_and_to(connection, runner)?;
    if from == to {
        return Ok(());
    }
    if from != 0 {
        // The log may begin here, and a migration needn't write the page that has the mark.
        mark::renew(connection).map_err(during("marking the database"))?;
    }
    let runner = Runner::new(runner.get_migrations()).set_grouped(true);
    runner.run(connection).map_err(|error| failed("migrating the schema", error))?;
    tracing::info!(from, to, "migrated the database's schema");
    Ok(())
}

/// Copies to `scrip.db.schema-1`, or the first such name with a number that is free.
fn copy_first(connection: &Connection, path: &Path, version: u32) -> Result<PathBuf, StoreError> {
    backup::copy_beside(connection, path, &format!("schema-{version}"))
}

#[cfg(test)]
mod tests {
    use refinery::Migration;

    use super::*;
    use crate::{
        connection::{Access, open},
        options::Options,
    };

    /// This Scrip's migrations and more.
    fn with(extra: &[(&str, &str)]) -> Runner {
        let mut migrations = runner().get_migrations().clone();
        let numbered = (newest(&runner()) + 1..).zip(extra);
        let more = numbered.map(|(number, (name, sql))| Migration::unapplied(&format!("V{number}__{name}"), sql));
        migrations.extend(more.map(|migration| migration.expect("a migration's name")));
        Runner::new(&migrations)
    }

    #[test]
    fn an_older_schema_is_copied_then_migrated_all_or_nothing() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("scrip.db");
        let mut connection = open(&path, Access::Write, &Options::default()).expect("opens");
        let made = migrate(&mut connection, &path, &runner()).expect("migrates");
        let now = newest(&runner());
        assert_eq!(made, Migrated { from: 0, to: now, backup: None });
        assert_eq!(migrate(&mut connection, &path, &runner()).expect("nothing to do").backup, None);

        // The second of two fails: the first isn't there either, and the copy has the old schema.
        let half = with(&[("more", "CREATE TABLE more (id INTEGER) STRICT"), ("wrong", "CREATE TABLE more (")]);
        migrate(&mut connection, &path, &half).expect_err("the second is no SQL");
        assert_eq!(version(&connection).expect("readable"), now);
        connection.execute_batch("SELECT * FROM more").expect_err("nothing of it stays");

        let whole = with(&[("more", "CREATE TABLE more (id INTEGER) STRICT")]);
        let migrated = migrate(&mut connection, &path, &whole).expect("migrates");
        assert_eq!((migrated.from, migrated.to), (now, now + 1));
        let copy = migrated.backup.expect("an older schema is copied");
        assert_eq!(copy, folder.path().join(format!("scrip.db.schema-{now}-2")), "the first try's copy is kept");
        let copy = open(&copy, Access::Read, &Options::default()).expect("a whole database");
        assert_eq!(version(&copy).expect("readable"), now);

        // What a newer Scrip wrote isn't touched by an older one.
        let newer = migrate(&mut connection, &path, &runner()).expect_err("newer");
        assert!(matches!(newer, StoreError::Damaged { .. }), "{newer}");
        check_newest(&connection, &runner()).expect_err("newer");
    }

    #[test]
    fn what_a_crash_during_the_first_start_leaves_is_migrated() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("scrip.db");
        let mut connection = open(&path, Access::Write, &Options::default()).expect("opens");
        // Fails after the commit that makes the history.
        migrate(&mut connection, &path, &with(&[("wrong", "CREATE TABLE more (")])).expect_err("it is no SQL");
        connection.execute_batch("SELECT * FROM refinery_schema_history").expect("this much is there");
        assert_eq!(version(&connection).expect("readable"), 0);
        assert_eq!(migrate(&mut connection, &path, &runner()).expect("migrates").to, newest(&runner()));
    }

    #[test]
    fn somebody_elses_database_is_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("other.db");
        let mut connection = open(&path, Access::Write, &Options::default()).expect("opens");
        connection.execute_batch("CREATE TABLE t (id INTEGER)").expect("a table");
        let refused = migrate(&mut connection, &path, &runner()).expect_err("not ours");
        assert!(matches!(refused, StoreError::Damaged { .. }), "{refused}");
    }
}
