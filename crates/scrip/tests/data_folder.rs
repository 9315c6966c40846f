//! Whose a data folder is, what may lie in it, and what is told where it isn't as it should be.

mod support;

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::Path,
    process::{Command, Output},
};

use support::{BINARY, Server, assert_verified, folder, is_root, scrip, served_before};

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The binary as somebody whom a folder's mode keeps out: root without its capabilities, or whoever runs the tests.
fn kept_out(arguments: &[&str], data: &Path) -> Output {
    let is_root = is_root();
    let mut command = if is_root { Command::new("setpriv") } else { Command::new(BINARY) };
    if is_root {
        command.args(["--bounding-set", "-all", "--inh-caps", "-all", BINARY]);
    }
    support::without_harness(command.args(arguments)).env("SCRIP_DATA", data).output().expect("it runs")
}

#[test]
fn whoever_is_not_let_in_is_told_that_and_not_that_nothing_is_there() {
    let data = served_before();
    let other = folder();
    let copy = other.path().join("copy.db");
    let old = other.path().join("old.ndjson");
    fs::write(&old, "").expect("written");
    fs::set_permissions(data.path(), PermissionsExt::from_mode(0o000)).expect("own");
    for arguments in [
        &["serve", "--listen", "127.0.0.1:0"][..],
        &["config"],
        &["keys", "list"],
        &["clock", "accept"],
        &["verify"],
        &["migrate"],
        &["backup", "--to", copy.to_str().expect("UTF-8")],
        &["import", old.to_str().expect("UTF-8")],
        &["secrets", "rotate-master"],
    ] {
        let output = kept_out(arguments, data.path());
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {}", text(&output.stderr));
        let told = text(&output.stderr);
        assert!(told.contains("Permission denied") && told.contains("as the user"), "{arguments:?}: {told}");
        assert!(!told.contains("no database") && told.lines().count() == 1, "{arguments:?}: {told}");
    }
    fs::set_permissions(data.path(), PermissionsExt::from_mode(0o700)).expect("own");
    assert!(!copy.exists());
}

/// A user that has no files here.
const SOMEBODY: u32 = 10_001;

fn give(path: &Path, owner: u32) {
    std::os::unix::fs::chown(path, Some(owner), Some(owner)).expect("root may");
}

#[test]
fn root_leaves_no_files_in_the_folder_of_another_user() {
    if !is_root() {
        return;
    }
    let data = served_before();
    let backup = folder();
    let copy = backup.path().join("copy.db");
    let copy = copy.to_str().expect("UTF-8");
    assert!(scrip(&["backup", "--to", copy], data.path()).status.success());
    let secret = data.path().join("secret.key");
    let restore = ["restore", "--from", copy, "--secret-key", secret.to_str().expect("UTF-8")];
    let empty = folder();
    give(empty.path(), SOMEBODY);
    for entry in fs::read_dir(data.path()).expect("there") {
        give(&entry.expect("there").path(), SOMEBODY);
    }
    give(data.path(), SOMEBODY);
    let names = || -> Vec<_> {
        let mut names: Vec<_> =
            fs::read_dir(data.path()).expect("there").map(|entry| entry.expect("there").file_name()).collect();
        names.sort();
        names
    };
    let before = names();
    for (arguments, folder) in [
        (&restore[..], empty.path()),
        (&["serve", "--listen", "127.0.0.1:0"], empty.path()),
        (&["serve", "--listen", "127.0.0.1:0"], data.path()),
        (&["secrets", "rotate-master"], data.path()),
        (&["migrate"], data.path()),
        (&["keys", "create", "--role", "operator"], data.path()),
    ] {
        let output = scrip(arguments, folder);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        let told = text(&output.stderr);
        assert!(told.contains("sudo -u '#10001'"), "{arguments:?}: {told}");
    }
    assert_eq!(names(), before);
    assert_eq!(fs::read_dir(empty.path()).expect("there").count(), 0);
    assert!(scrip(&["verify"], data.path()).status.success(), "what only reads may be root's");
}

#[test]
fn a_file_of_another_user_is_named_with_what_to_do() {
    if !is_root() {
        return;
    }
    let data = served_before();
    // Where every user may run it.
    let binary = folder();
    let program = binary.path().join("scrip");
    fs::set_permissions(binary.path(), PermissionsExt::from_mode(0o755)).expect("own");
    fs::hard_link(BINARY, &program).or_else(|_| fs::copy(BINARY, &program).map(drop)).expect("copied");
    give(data.path(), SOMEBODY);
    for entry in fs::read_dir(data.path()).expect("there") {
        give(&entry.expect("there").path(), SOMEBODY);
    }
    for name in ["scrip.db.lock", "secret.key", "scrip.db"] {
        give(&data.path().join(name), 0);
        let mut command = Command::new("setpriv");
        command.args(["--reuid", "10001", "--regid", "10001", "--clear-groups"]).arg(&program);
        command.args(["serve", "--listen", "127.0.0.1:0"]).env("SCRIP_DATA", data.path());
        let output = command.output().expect("setpriv runs");
        assert_eq!(output.status.code(), Some(1), "{name}");
        let told = text(&output.stderr);
        assert!(told.contains("is user 0's") && told.contains(&format!("/{name})")), "{name}: {told}");
        give(&data.path().join(name), SOMEBODY);
    }
}

#[test]
fn a_backup_takes_no_name_that_means_something_in_the_folder() {
    let data = served_before();
    for name in ["secret.key.next", "secret.key.1", "scrip.db.restoring", "scrip.toml", "DEMO", "scrip.db-wal"] {
        let to = data.path().join(name);
        let output = scrip(&["backup", "--to", to.to_str().expect("UTF-8")], data.path());
        assert_eq!(output.status.code(), Some(1), "{name}");
        assert!(text(&output.stderr).contains("of Scrip's own"), "{name}: {}", text(&output.stderr));
        assert!(!to.exists(), "{name}");
    }
    let output = Command::new(BINARY)
        .args(["backup", "--to", "-"])
        .env("SCRIP_DATA", data.path())
        .current_dir(data.path())
        .output()
        .expect("the binary runs");
    assert!(text(&output.stderr).contains("not to standard output"), "{}", text(&output.stderr));
    assert!(!data.path().join("-").exists());
    let killed = data.path().join("killed.db");
    fs::write(&killed, "").expect("written");
    let told = text(&scrip(&["backup", "--to", killed.to_str().expect("UTF-8")], data.path()).stderr);
    assert!(told.contains("then remove it") && told.contains(".partial-journal"), "{told}");
}

#[test]
fn a_log_without_its_database_is_told_by_commands_that_make_none() {
    let data = folder();
    Server::start(data.path()).kill();
    let elsewhere = folder();
    fs::rename(data.path().join("scrip.db"), elsewhere.path().join("scrip.db")).expect("moved");
    assert!(fs::metadata(data.path().join("scrip.db-wal")).is_ok_and(|log| log.len() > 0));
    for arguments in [&["keys", "list"][..], &["verify"], &["migrate"]] {
        let told = text(&scrip(arguments, data.path()).stderr);
        assert!(told.contains("lies there without its") && !told.contains("makes one"), "{arguments:?}: {told}");
    }
}

#[test]
fn a_link_to_another_folders_database_is_refused() {
    let data = served_before();
    let other = folder();
    std::os::unix::fs::symlink(data.path().join("scrip.db"), other.path().join("scrip.db")).expect("linked");
    fs::copy(data.path().join("secret.key"), other.path().join("secret.key")).expect("copied");
    for arguments in [&["serve", "--listen", "127.0.0.1:0"][..], &["keys", "list"], &["verify"], &["migrate"]] {
        let output = scrip(arguments, other.path());
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        assert!(text(&output.stderr).contains("is a symbolic link"), "{arguments:?}: {}", text(&output.stderr));
    }
    // A folder may be one.
    let linked = other.path().join("linked");
    std::os::unix::fs::symlink(data.path(), &linked).expect("linked");
    assert_verified(&linked);
}

#[test]
fn of_a_journal_that_is_broken_only_the_break_is_told() {
    let data = served_before();
    for _ in 0..3 {
        assert!(scrip(&["keys", "create", "--role", "operator"], data.path()).status.success());
    }
    let path = data.path().join("scrip.db");
    let mut bytes = fs::read(&path).expect("there");
    let frames: Vec<usize> = (0..bytes.len() - 4).filter(|at| &bytes[*at..*at + 4] == b"SCJF").collect();
    for at in frames {
        bytes[at + 60] ^= 1;
    }
    fs::write(&path, bytes).expect("written");
    let output = scrip(&["verify"], data.path());
    assert_eq!(output.status.code(), Some(1));
    let told = text(&output.stdout);
    assert!(told.contains("weren't compared") && told.contains("keep a copy of the data folder"), "{told}");
    assert!(!told.contains("not in the journal") && !told.contains("no event yet"), "{told}");
    let told = text(&scrip(&["serve", "--listen", "127.0.0.1:0"], data.path()).stderr);
    assert!(told.contains("Keep a copy of the data folder") && told.contains("scrip verify"), "{told}");
}
