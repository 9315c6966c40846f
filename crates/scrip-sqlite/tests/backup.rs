//! A backup is a whole database of one moment, made while writes go on.

mod harness;

use std::sync::atomic::{AtomicBool, Ordering};

use harness::{Disk, check_prefix, commit, writer};
use scrip_core::{slot::Bucket, state::Kind};
use scrip_sqlite::{DatabaseLock, Incoming, SqliteStore};
use scrip_store::{RepairedDocument, Store, StoreError};

#[test]
fn a_backup_made_while_writing_is_a_prefix_of_what_was_written() {
    let disk = Disk::new();
    let store = disk.open();
    let mut writer = writer(&store);
    let done = AtomicBool::new(false);
    let mut backed_up = Vec::new();
    std::thread::scope(|scope| {
        let writing = scope.spawn(|| {
            let mut last = commit(&mut *writer);
            while !done.load(Ordering::Acquire) {
                last = commit(&mut *writer);
            }
            last
        });
        for number in 0..5 {
            let before = check_prefix(&store);
            let to = disk.folder.path().join(format!("backup-{number}.db"));
            store.backup(&to).expect("copies");
            let copy = SqliteStore::open_read_only(&to).expect("a whole database");
            let has = check_prefix(&copy);
            assert!(has >= before, "what was committed before is in it");
            backed_up.push(has);
        }
        done.store(true, Ordering::Release);
        let last = writing.join().expect("writes");
        assert!(backed_up.is_sorted() && backed_up.last() <= Some(&last));
    });
    assert!(!disk.files().iter().any(|name| name.contains("partial")), "{:?}", disk.files());
}

#[test]
fn a_backup_can_be_served_from() {
    let (disk, other) = (Disk::new(), Disk::new());
    let store = disk.open();
    commit(&mut *writer(&store));
    store.backup(&other.path).expect("copies");
    let copy = other.open();
    assert_eq!(commit(&mut *writer(&copy)), 2);
    assert_eq!(check_prefix(&copy), 2);
    assert_eq!(check_prefix(&store), 1);
}

#[test]
fn a_backup_can_be_made_beside_the_server() {
    let (disk, other) = (Disk::new(), Disk::new());
    let store = disk.open();
    commit(&mut *writer(&store));
    SqliteStore::open_read_only(&disk.path).expect("opens").backup(&other.path).expect("copies");
    assert_eq!(check_prefix(&SqliteStore::open_read_only(&other.path).expect("opens")), 1);
}

#[test]
fn a_backup_overwrites_nothing_and_leaves_nothing_half_done() {
    let (disk, other) = (Disk::new(), Disk::new());
    let store = disk.open();
    std::fs::write(&other.path, "precious").expect("written");
    let refused = store.backup(&other.path).expect_err("something is there");
    assert!(matches!(refused, StoreError::Conflict { .. }), "{refused}");
    assert_eq!(std::fs::read(&other.path).expect("readable"), b"precious");
    let refused = store.backup(&other.folder.path().join("no/such/folder")).expect_err("no folder");
    assert!(matches!(refused, StoreError::Unavailable { .. }), "{refused}");
    assert_eq!(other.files(), ["scrip.db"]);
}

#[test]
fn a_database_is_copied_before_it_is_repaired_and_a_restores_own_copy_is_not() {
    let (disk, other) = (Disk::new(), Disk::new());
    let store = disk.open();
    commit(&mut *writer(&store));
    store.backup(&other.path).expect("copies");
    let document = RepairedDocument { bucket: Bucket::FIRST, kind: Kind::Wallet, key: b"ana".to_vec(), document: None };
    let repair = |store: &dyn Store, documents: &[&RepairedDocument]| {
        let mut repair = store.repair()?;
        documents.iter().try_for_each(|document| repair.write(document))?;
        repair.commit(1)
    };
    let copies = |disk: &Disk| disk.files().into_iter().filter(|name| name.contains("revision")).collect::<Vec<_>>();
    repair(&store, &[]).expect("nobody writes");
    assert_eq!(copies(&disk), <[&str; 0]>::default(), "nothing was written");
    repair(&store, &[&document, &document]).expect("nobody writes");
    assert_eq!(copies(&disk), ["scrip.db.revision-1"]);

    let restored = Disk::new();
    let lock = DatabaseLock::take(&restored.path).expect("nobody has it");
    let incoming = Incoming::copy(&other.path, &lock).expect("a whole database");
    let revision = incoming.change(|copy| {
        repair(copy, &[&document])?;
        assert_eq!(copies(&restored), <[&str; 0]>::default());
        copy.revision()
    });
    assert_eq!(revision.expect("nobody else has the copy"), 1);
}
