//! Every file with a database's content is its owner's alone, whatever the folder and the umask say.

mod support;

use std::{
    collections::BTreeMap,
    fs,
    io::Read,
    os::unix::fs::PermissionsExt,
    path::Path,
    process::{Command, Stdio},
};

use support::{BINARY, Server, folder, scrip};

/// The mode of every file in a folder that was 0755 before.
fn modes(folder: &Path) -> BTreeMap<String, u32> {
    let mut modes = BTreeMap::new();
    for entry in fs::read_dir(folder).expect("readable") {
        let entry = entry.expect("readable");
        let mode = entry.metadata().expect("readable").permissions().mode() & 0o777;
        modes.insert(entry.file_name().into_string().expect("UTF-8"), mode);
    }
    modes
}

fn assert_private(modes: &BTreeMap<String, u32>, names: &[&str]) {
    for name in names {
        assert!(modes.contains_key(*name), "{name} isn't there: {modes:?}");
    }
    for (name, mode) in modes {
        assert_eq!(mode & 0o077, 0, "{name} is {mode:o}");
    }
}

fn open_to_all(folder: &Path) {
    fs::set_permissions(folder, fs::Permissions::from_mode(0o755)).expect("ours");
}

/// The binary in a shell with the usual umask, and with none.
fn under_umask(umask: &str, arguments: &[&str], data: &Path) -> Command {
    let mut command = Command::new("sh");
    let script = format!("umask {umask}; exec \"$0\" \"$@\"");
    command.args(["-c", &script, BINARY]).args(arguments).arg("--data").arg(data);
    command
}

#[test]
fn files_are_their_owners_alone_in_a_folder_that_others_may_enter() {
    for umask in ["022", "000"] {
        let (data, other) = (folder(), folder());
        open_to_all(data.path());
        open_to_all(other.path());
        let serve = ["serve", "--listen", "127.0.0.1:0", "--log", "warn"];
        let mut server = under_umask(umask, &serve, data.path());
        let mut server = server.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("sh runs");
        let mut first = [0; 1];
        server.stdout.as_mut().expect("asked for").read_exact(&mut first).expect("it says where it listens");
        let made = scrip(&["keys", "create", "--role", "operator"], data.path());
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        assert_private(&modes(data.path()), &["scrip.db", "scrip.db-wal", "scrip.db-shm", "scrip.sock", "secret.key"]);

        let copy = other.path().join("copy.db");
        let backup = ["backup", "--to", copy.to_str().expect("UTF-8")];
        assert!(under_umask(umask, &backup, data.path()).output().expect("sh runs").status.success());
        assert_private(&modes(other.path()), &["copy.db"]);
        // Copied by hand, as everybody may read it.
        fs::set_permissions(&copy, fs::Permissions::from_mode(0o644)).expect("ours");
        let restored = other.path().join("restored");
        fs::create_dir(&restored).expect("made");
        open_to_all(&restored);
        let secret = data.path().join("secret.key");
        let restore =
            ["restore", "--from", copy.to_str().expect("UTF-8"), "--secret-key", secret.to_str().expect("UTF-8")];
        let output = under_umask(umask, &restore, &restored).output().expect("sh runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        assert_private(&modes(&restored), &["scrip.db", "secret.key"]);

        server.kill().expect("it was running");
        server.wait().expect("it ended");
        let mut said = String::new();
        server.stderr.take().expect("asked for").read_to_string(&mut said).expect("text");
        assert!(said.contains("others may enter") && said.contains("755"), "{said}");
    }
}

/// As earlier builds left them in such a folder.
#[test]
fn files_that_others_could_read_are_taken_from_them_at_the_start() {
    let data = folder();
    let server = Server::start(data.path());
    server.key(&["operator"]);
    server.kill();
    for name in ["scrip.db", "scrip.db-wal", "scrip.db-shm", "scrip.db.lock"] {
        fs::set_permissions(data.path().join(name), fs::Permissions::from_mode(0o644)).expect("ours");
    }
    let _server = Server::start(data.path());
    assert_private(&modes(data.path()), &["scrip.db", "scrip.db-wal", "scrip.db-shm", "scrip.db.lock"]);
}
