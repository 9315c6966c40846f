//! A log is joined to the file that it belongs to, and to no other.

mod harness;

use std::{fs, path::Path, time::Duration};

use harness::{Place, check_prefix, commit, writer};
use scrip_sqlite::{Options, SqliteStore};
use scrip_store::{StoreError, Writer};

const LOG: &str = "scrip.db-wal";

/// The log begins anew as soon as all of it was copied.
fn restless() -> Options {
    Options { checkpoint_every: Duration::from_millis(1), log_bytes_max: 64 << 10, ..Options::default() }
}

/// The files as they are: what a killed process leaves.
fn as_killed(place: &Place) -> Place {
    let after = Place::new();
    for name in ["scrip.db", LOG] {
        fs::copy(place.folder.path().join(name), after.folder.path().join(name)).expect("copied");
    }
    after
}

fn log(place: &Place) -> Vec<u8> {
    fs::read(place.folder.path().join(LOG)).expect("there is a log")
}

/// Commits until the log began anew.
fn begin_anew(place: &Place, writer: &mut dyn Writer) {
    let before = log(place);
    let anew = (0..100_000).any(|_| {
        commit(writer);
        log(place)[..32] != before[..32]
    });
    assert!(anew, "the log only grows");
}

fn assert_refused(place: &Place) {
    let files = || (fs::read(&place.path).expect("there"), log(place));
    let before = files();
    for refused in [
        SqliteStore::open(&place.path, Options::default()).expect_err("another's log"),
        SqliteStore::migrate(&place.path).expect_err("another's log"),
        SqliteStore::open_read_only(&place.path).expect_err("another's log"),
    ] {
        assert!(matches!(refused, StoreError::Damaged { .. }), "{refused}");
        for name in ["scrip.db-wal isn't the log of", "scrip.db-shm", "Nothing was changed"] {
            assert!(refused.to_string().contains(name), "{refused}");
        }
    }
    assert!(files() == before, "neither was touched");
}

/// Puts a file where the log is, and asserts that it is refused and that the right one still has everything.
fn assert_alone_with_its_own(killed: &Place, other: &Path, commits: u64) {
    let own = fs::read(&killed.path).expect("there");
    fs::copy(other, &killed.path).expect("put there");
    assert_refused(killed);
    fs::write(&killed.path, own).expect("put back");
    assert_eq!(check_prefix(&killed.open()), commits);
}

#[test]
fn a_backup_is_not_joined_to_the_log_of_the_file_it_was_made_of() {
    let place = Place::new();
    let store = place.open();
    let mut writer = writer(&store);
    commit(&mut *writer);
    let backup = place.folder.path().join("backup.db");
    store.backup(&backup).expect("copies");
    let commits = commit(&mut *writer);
    assert_alone_with_its_own(&as_killed(&place), &backup, commits);

    // The first log of a new file, before anything of it was copied.
    let new = Place::new();
    let store = new.open();
    let commits = commit(&mut *harness::writer(&store));
    assert_alone_with_its_own(&as_killed(&new), &backup, commits);
}

#[test]
fn an_older_copy_is_not_joined_to_a_newer_log() {
    let place = Place::new();
    let store = SqliteStore::open(&place.path, restless()).expect("opens");
    let mut writer = writer(&store);
    commit(&mut *writer);
    let older = place.folder.path().join("older.db");
    fs::copy(&place.path, &older).expect("copied");
    for _ in 0..3 {
        begin_anew(&place, &mut *writer);
    }
    drop((writer, store));
    let store = place.open();
    let commits = commit(&mut *harness::writer(&store));
    assert_alone_with_its_own(&as_killed(&place), &older, commits);
}

#[test]
fn a_log_is_known_however_much_of_it_was_copied_and_whoever_began_it() {
    let place = Place::new();
    for round in 0..20 {
        let store = SqliteStore::open(&place.path, restless()).expect("opens");
        let mut writer = writer(&store);
        for _ in 0..round {
            commit(&mut *writer);
        }
        let commits = commit(&mut *writer);
        // Nothing is copied any more once this has been waited for, so the files don't change while they are copied.
        drop(store);
        let options = Options { checkpoint_every: Duration::from_secs(1000), ..Options::default() };
        drop(writer);
        let store = SqliteStore::open(&place.path, options).expect("opens");
        assert_eq!(check_prefix(&store), commits);
        let commits = commit(&mut *harness::writer(&store));
        let killed = as_killed(&place);
        // Killed again while it starts, and once more after a part was copied.
        let checkpoint = rusqlite::Connection::open(&place.path).expect("opens");
        checkpoint.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(())).expect("copied");
        let copied = as_killed(&place);
        for killed in [killed, copied] {
            let whole = as_killed(&killed);
            assert_eq!(check_prefix(&SqliteStore::open_read_only(&whole.path).expect("its own")), commits);
            assert_eq!(check_prefix(&killed.open()), commits);
        }
    }
}

#[test]
fn a_log_in_which_nothing_was_committed_is_nobodys() {
    let place = Place::new();
    let store = place.open();
    commit(&mut *writer(&store));
    let killed = as_killed(&place);
    let whole = log(&killed);
    let log = killed.folder.path().join(LOG);
    for left in [0, 31, 32, 100] {
        fs::write(&log, &whole[..left]).expect("cut");
        SqliteStore::open_read_only(&killed.path).expect("the log has nothing");
    }
    // A frame of it that isn't whole ends it.
    let mut broken = whole.clone();
    broken[32 + 24 + 70] ^= 1;
    fs::write(&log, broken).expect("written");
    killed.open();
}

#[test]
fn a_store_whose_file_was_taken_away_deletes_no_log_that_lies_there_now() {
    let (place, other) = (Place::new(), Place::new());
    let store = place.open();
    commit(&mut *writer(&store));
    let there = other.open();
    commit(&mut *writer(&there));
    let killed = as_killed(&other);
    for name in ["scrip.db", LOG] {
        fs::rename(killed.folder.path().join(name), place.folder.path().join(name)).expect("moved over");
    }
    let before = log(&place);
    drop(store);
    assert!(log(&place) == before, "it isn't that store's");
}
