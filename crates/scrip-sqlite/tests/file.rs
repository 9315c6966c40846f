//! The file: what survives closing, who may open it, and what is said of a damaged one.

mod harness;

use harness::{Disk, FOLLOWER, check_prefix, commit, follow, rows, writer};
use scrip_core::{slot::Bucket, time::Timestamp};
use scrip_sqlite::{Migrated, Options, SqliteStore};
use scrip_store::{Store, StoreError, TableSet, people::Row};

#[test]
fn what_was_committed_is_there_when_the_file_is_opened_again() {
    let disk = Disk::new();
    for round in 1..=3 {
        let store = disk.open();
        let mut writer = writer(&store);
        for _ in 0..10 {
            commit(&mut *writer);
        }
        // The store may go before its writer.
        drop(store);
        commit(&mut *writer);
        drop(writer);
        assert_eq!(disk.files(), ["scrip.db", "scrip.db.lock"], "closing leaves one file and its lock");
        assert_eq!(check_prefix(&disk.open()), round * 11);
    }
}

#[test]
fn what_was_committed_is_there_when_the_process_just_ended() {
    let disk = Disk::new();
    let store = disk.open();
    let mut writer = writer(&store);
    for _ in 0..10 {
        commit(&mut *writer);
    }
    // A copy of the files as they are is what a killed process leaves.
    let after = Disk::new();
    for file in ["scrip.db", "scrip.db-wal"] {
        std::fs::copy(disk.folder.path().join(file), after.folder.path().join(file)).expect("copied");
    }
    assert_eq!(check_prefix(&after.open()), 10);
}

#[test]
fn a_second_server_is_refused() {
    let disk = Disk::new();
    let store = disk.open();
    let refused = SqliteStore::open(&disk.path, Options::default()).expect_err("one has it");
    assert!(matches!(refused, StoreError::Conflict { .. }), "{refused}");
    assert!(refused.to_string().contains("scrip.db"), "{refused}");
    SqliteStore::migrate(&disk.path).expect_err("one has it");
    let writer = writer(&store);
    drop(store);
    SqliteStore::open(&disk.path, Options::default()).expect_err("its writer lives");
    drop(writer);
    disk.open();
}

#[test]
fn a_file_is_read_beside_its_server() {
    let disk = Disk::new();
    let store = disk.open();
    let mut writer = writer(&store);
    commit(&mut *writer);
    let reader = SqliteStore::open_read_only(&disk.path).expect("opens");
    assert_eq!(check_prefix(&reader), 1);
    commit(&mut *writer);
    assert_eq!(check_prefix(&reader), 2);
    let refused = reader.writer(Bucket::FIRST).err().expect("read-only");
    assert!(matches!(refused, StoreError::Conflict { .. }), "{refused}");
    drop((writer, store));
    assert_eq!(check_prefix(&reader), 2, "it may outlive the server");
    drop(reader);
    let alone = SqliteStore::open_read_only(&disk.path).expect("opens without a server");
    assert_eq!(check_prefix(&alone), 2);
}

#[test]
fn what_is_not_a_database_of_this_schema_is_not_opened() {
    let disk = Disk::new();
    let missing = SqliteStore::open_read_only(&disk.path).expect_err("nothing there");
    assert!(matches!(missing, StoreError::Unavailable { .. }), "{missing}");
    assert!(disk.files().is_empty(), "looking makes nothing");

    std::fs::write(&disk.path, [b'x'; 4096]).expect("written");
    for refused in [
        SqliteStore::open_read_only(&disk.path).expect_err("no database"),
        SqliteStore::open(&disk.path, Options::default()).expect_err("no database"),
    ] {
        assert!(matches!(refused, StoreError::Damaged { .. }), "{refused}");
    }
}

#[test]
fn a_new_file_gets_the_newest_schema() {
    let disk = Disk::new();
    let made = SqliteStore::migrate(&disk.path).expect("migrates");
    let newest = made.to;
    assert_eq!(made, Migrated { from: 0, to: newest, backup: None });
    let again = SqliteStore::migrate(&disk.path).expect("nothing to do");
    assert_eq!(again, Migrated { from: newest, to: newest, backup: None });
    assert_eq!(disk.open().schema_version().expect("reads"), newest);
}

#[test]
fn a_row_that_breaks_a_constraint_is_loud_and_undoes_what_was_followed_with_it() {
    let disk = Disk::new();
    let store = disk.open();
    let mut writer = writer(&store);
    commit(&mut *writer);
    follow(&store);
    commit(&mut *writer);
    let mut wrong = rows(1, 2);
    let Row::Coupon(coupon) = &mut wrong.rows[0] else { unreachable!("each batch has a coupon's row") };
    coupon.held_until = Some(Timestamp::from_micros(5));
    let mut projection = store.projection(FOLLOWER).expect("open for writing");
    let error = projection.write(TableSet::Shown, &wrong).expect_err("held without being inactive");
    assert!(matches!(error, StoreError::Damaged { .. }), "{error}");
    assert!(error.to_string().contains("coupon"), "it says which table: {error}");
    assert_eq!(check_prefix(&store), 2);
    assert_eq!(commit(&mut *writer), 3, "writing goes on");
    projection.write(TableSet::Shown, &rows(1, 3)).expect("and so does following");
    assert_eq!(check_prefix(&store), 3);
}

#[test]
fn a_changed_last_frame_is_found_before_anything_is_chained_to_it() {
    for damage in [
        "UPDATE journal SET frame = zeroblob(length(frame)) WHERE first_position = 2",
        "UPDATE journal SET hash = zeroblob(32) WHERE first_position = 2",
        "UPDATE journal SET at_us = at_us + 1 WHERE first_position = 2",
        "UPDATE journal SET last_position = 7 WHERE first_position = 2",
    ] {
        let disk = Disk::new();
        let store = disk.open();
        let mut writer = writer(&store);
        commit(&mut *writer);
        commit(&mut *writer);
        drop((writer, store));
        let file = rusqlite::Connection::open(&disk.path).expect("opens");
        assert_eq!(file.execute(damage, []).expect("changes"), 1);
        drop(file);

        let store = disk.open();
        let mut writer = harness::writer(&store);
        let error = writer.begin().expect("begins").head().expect_err("damaged");
        assert!(matches!(error, StoreError::Damaged { .. }), "{damage}: {error}");
    }
}

#[test]
fn the_log_begins_anew_while_writing_goes_on() {
    let disk = Disk::new();
    let options = Options {
        checkpoint_every: std::time::Duration::from_millis(1),
        log_bytes_max: 64 << 10,
        ..Options::default()
    };
    let store = SqliteStore::open(&disk.path, options).expect("opens");
    let mut writer = writer(&store);
    commit(&mut *writer);
    // A log that began anew has other salts in its header.
    let header = || std::fs::read(disk.folder.path().join("scrip.db-wal")).expect("readable")[..32].to_vec();
    let first = header();
    let anew = (0..100_000).any(|number| {
        commit(&mut *writer);
        if number % 3 == 0 {
            follow(&store);
        }
        header() != first
    });
    assert!(anew, "the log only grows");
    check_prefix(&store);
}

#[test]
fn the_logs_file_is_cut_when_nothing_is_written_any_more() {
    let disk = Disk::new();
    let options = Options {
        checkpoint_every: std::time::Duration::from_millis(1),
        idle_log_bytes_max: 64 << 10,
        ..Options::default()
    };
    let store = SqliteStore::open(&disk.path, options).expect("opens");
    let bytes = || std::fs::metadata(disk.folder.path().join("scrip.db-wal")).expect("there is a log").len();
    let mut writer = writer(&store);
    let mut commits = 0;
    while bytes() <= 64 << 10 {
        commits = commit(&mut *writer);
    }
    let cut = (0..10_000).any(|_| {
        std::thread::sleep(std::time::Duration::from_millis(1));
        bytes() == 0
    });
    assert!(cut, "the log keeps {} bytes", bytes());
    assert_eq!(check_prefix(&store), commits);
    assert_eq!(commit(&mut *writer), commits + 1);
    check_prefix(&store);
}

#[test]
fn a_lock_of_another_process_is_waited_for_and_then_unavailable() {
    let disk = Disk::new();
    let options = Options { busy_timeout: std::time::Duration::from_millis(1), ..Options::default() };
    let store = SqliteStore::open(&disk.path, options).expect("opens");
    let mut writer = writer(&store);
    commit(&mut *writer);
    let other = rusqlite::Connection::open(&disk.path).expect("opens");
    other.execute_batch("BEGIN IMMEDIATE").expect("locks");
    let error = writer.begin().err().expect("locked");
    assert!(matches!(error, StoreError::Unavailable { .. }), "{error}");
    assert_eq!(check_prefix(&store), 1, "reading goes on");
    other.execute_batch("ROLLBACK").expect("unlocks");
    assert_eq!(commit(&mut *writer), 2);
}

#[test]
fn a_log_without_its_database_is_not_touched() {
    let disk = Disk::new();
    let store = disk.open();
    let mut writer = writer(&store);
    commit(&mut *writer);
    let after = Disk::new();
    let log = |disk: &Disk| disk.folder.path().join("scrip.db-wal");
    std::fs::copy(log(&disk), log(&after)).expect("copied");
    for database in [None, Some(&[][..])] {
        if let Some(content) = database {
            std::fs::write(&after.path, content).expect("written");
        }
        for refused in [
            SqliteStore::open(&after.path, Options::default()).expect_err("its database is away"),
            SqliteStore::open_read_only(&after.path).expect_err("its database is away"),
            SqliteStore::migrate(&after.path).expect_err("its database is away"),
        ] {
            assert!(matches!(refused, StoreError::Damaged { .. }), "{refused}");
        }
        assert_eq!(std::fs::read(log(&after)).expect("there"), std::fs::read(log(&disk)).expect("there"));
    }
    std::fs::copy(&disk.path, &after.path).expect("copied");
    assert_eq!(check_prefix(&after.open()), 1);
}

#[test]
fn files_that_were_moved_away_or_replaced_are_not_written_to() {
    for name in ["scrip.db", "scrip.db-wal"] {
        let (disk, aside) = (Disk::new(), Disk::new());
        let store = disk.open();
        let mut writer = writer(&store);
        commit(&mut *writer);
        let (here, there) = (disk.folder.path().join(name), aside.folder.path().join(name));
        std::fs::rename(&here, &there).expect("moved");
        let refuse = |writer: &mut dyn scrip_store::Writer| match writer.begin() {
            Err(StoreError::Failed { source, .. }) => assert!(source.to_string().contains(name), "{source}"),
            other => panic!("{name}: it went on ({})", other.is_ok()),
        };
        refuse(&mut *writer);
        std::fs::copy(&there, &here).expect("another in its disk");
        match writer.begin() {
            Err(StoreError::Failed { .. }) => {}
            other => panic!("{name}: it went on ({})", other.is_ok()),
        }
        drop((writer, store));
        std::fs::rename(&there, &here).expect("moved back");
        assert_eq!(check_prefix(&disk.open()), 1, "{name}");
    }
}

#[test]
fn a_file_and_its_log_are_their_owners_alone() {
    use std::os::unix::fs::PermissionsExt;
    let disk = Disk::new();
    let store = disk.open();
    commit(&mut *writer(&store));
    store.backup(&disk.folder.path().join("copy.db")).expect("copies");
    for name in disk.files() {
        let mode = std::fs::metadata(disk.folder.path().join(&name)).expect("there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
}
