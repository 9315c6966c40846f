//! The command line beside a running server.

mod support;

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    os::unix::net::UnixStream,
    path::Path,
    process::{Child, ChildStdout, Command, Output, Stdio},
};

use serde_json::json;
use support::{BINARY, Caller, Server, assert_verified, cart, folder, scrip, served_before, without_harness};

#[tokio::test]
async fn a_key_made_beside_the_server_works_at_once_and_a_revoked_one_no_more() {
    let data = folder();
    let server = Server::start(data.path());
    let key = server.key(&["operator"]);
    let caller = Caller::new(&server, &key);
    let listed = caller.get("/v1/keys").await;
    assert_eq!(listed.status, 200);
    let id = listed.text("/data/0/id").to_owned();
    let output = scrip(&["keys", "revoke", &id], data.path());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(caller.get("/v1/keys").await.text("/code"), "unauthenticated");
    let list = scrip(&["keys", "list"], data.path());
    assert!(String::from_utf8_lossy(&list.stdout).contains("revoked"));
}

#[test]
fn an_origin_that_is_none_is_refused_at_the_start_with_its_text() {
    let data = folder();
    for bad in ["https://shop.example/", "*", "https://shop.example,shop.example"] {
        let refused = scrip(&["serve", "--listen", "127.0.0.1:0", "--cors-origins", bad], data.path());
        assert!(!refused.status.success());
        let error = String::from_utf8_lossy(&refused.stderr);
        let text = bad.rsplit(',').next().expect("one");
        assert!(error.contains(text) && error.contains("not an origin"), "{error}");
    }
}

#[test]
fn a_key_is_listed_with_its_name_and_its_end() {
    let data = served_before();
    let create = ["keys", "create", "--role", "storefront", "--name", "Shop, Madrid", "--expires-at"];
    let made = scrip(&[&create[..], &["9000-01-01T00:00:00Z"]].concat(), data.path());
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let list = scrip(&["keys", "list"], data.path());
    let list = String::from_utf8_lossy(&list.stdout);
    assert!(list.trim_end().ends_with("  never used  expires 9000-01-01T00:00:00Z  Shop, Madrid"), "{list}");
    for (bad, told) in [("2020-01-01T00:00:00Z", "/expires_at must be in the future"), ("soon", "RFC 3339")] {
        let refused = scrip(&[&create[..], &[bad]].concat(), data.path());
        assert!(!refused.status.success());
        let error = String::from_utf8_lossy(&refused.stderr);
        assert!(error.contains(told), "{error}");
    }
}

#[test]
fn a_key_can_be_made_while_no_server_runs() {
    let data = served_before();
    let output = scrip(&["keys", "create", "--role", "seller", "--seller", "luma"], data.path());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(String::from_utf8_lossy(&output.stdout).starts_with("scrip_"));
    assert_eq!(String::from_utf8_lossy(&output.stdout).lines().count(), 1, "the key alone");
    let refused = scrip(&["keys", "create", "--role", "operator", "--seller", "luma"], data.path());
    assert!(!refused.status.success());
}

#[tokio::test]
async fn a_second_server_on_one_folder_is_refused() {
    let data = folder();
    let _server = Server::start(data.path());
    let second = scrip(&["serve", "--listen", "127.0.0.1:0"], data.path());
    assert!(!second.status.success());
    let told = String::from_utf8_lossy(&second.stderr).to_lowercase();
    assert!(told.contains("another"), "{told}");
}

/// What a server answers to a request on its folder's socket.
fn over_socket(data: &Path, request: &str) -> String {
    let mut socket = UnixStream::connect(data.join("scrip.sock")).expect("a server listens");
    write!(socket, "{request} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").expect("sent");
    let mut answer = String::new();
    socket.read_to_string(&mut answer).expect("answered");
    answer
}

#[tokio::test]
async fn whoever_has_the_folder_asks_anything_as_operator_and_the_network_nothing_of_the_machine() {
    let data = folder();
    let server = Server::start(data.path());
    let campaigns = over_socket(data.path(), "GET /v1/campaigns");
    assert!(
        campaigns.starts_with("HTTP/1.1 200") && campaigns.ends_with("{\"data\":[],\"next_cursor\":null}"),
        "{campaigns}"
    );
    assert!(over_socket(data.path(), "GET /v1/nothing").starts_with("HTTP/1.1 404"));
    assert!(over_socket(data.path(), "GET /machine/clock").starts_with("HTTP/1.1 405"));
    let caller = Caller::new(&server, &server.key(&["operator"]));
    for path in ["/machine/clock", "/machine/coupons", "/machine/campaigns"] {
        assert_eq!(caller.get(path).await.status, 404, "{path}");
        assert_eq!(caller.post(path, json!({})).await.status, 404, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_under_load_restores_to_a_consistent_prefix() {
    let data = folder();
    let server = Server::start(data.path());
    let key = server.key(&["operator"]);
    let caller = Caller::new(&server, &key);
    let campaign = caller.campaign(500, json!({"budget": "unlimited"})).await;
    let load = tokio::spawn({
        let (caller, campaign) = (caller.clone(), campaign.clone());
        async move {
            for number in 0..400 {
                let account = format!("/v1/accounts/l{number}");
                caller.post(&format!("{account}/coupons"), json!({"campaign": campaign})).await;
                caller.post(&format!("{account}/orders"), json!({"id": "A", "cart": cart(&["luma"])})).await;
            }
        }
    });
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    let copy = data.path().join("copy.db");
    let target = copy.to_str().expect("UTF-8");
    let output = scrip(&["backup", "--to", target], data.path());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(!scrip(&["backup", "--to", target], data.path()).status.success(), "never overwritten");
    load.await.expect("the load ends");
    drop(server);

    let restored = folder();
    let output = scrip(&["restore", "--from", target, "--without-secret"], restored.path());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(scrip(&["verify", "--without-secret"], restored.path()).status.success());
    assert!(!scrip(&["verify"], restored.path()).status.success(), "its secret is missing");
    assert!(!scrip(&["serve", "--listen", "127.0.0.1:0"], restored.path()).status.success(), "its secret is missing");
    fs::copy(data.path().join("secret.key"), restored.path().join("secret.key")).expect("copied");
    let server = Server::start(restored.path());
    let claimed =
        Caller::new(&server, &key).get(&format!("/v1/campaigns/{campaign}")).await.number("/counters/claimed");
    assert!((1..=400).contains(&claimed), "{claimed} claims were in the backup");
}

#[tokio::test]
async fn a_server_that_is_told_to_stop_finishes_and_ends() {
    let data = folder();
    let server = Server::start(data.path());
    let caller = Caller::new(&server, &server.key(&["operator"]));
    caller.campaign(500, json!({"budget": "unlimited"})).await;
    drop(caller);
    assert!(server.terminate().success());
    assert_verified(data.path());
}

#[test]
fn a_flipped_byte_is_found() {
    let data = served_before();
    let made = scrip(&["keys", "create", "--role", "operator"], data.path());
    assert!(made.status.success());
    assert_verified(data.path());
    let path = data.path().join("scrip.db");
    let mut bytes = fs::read(&path).expect("there");
    let frame = bytes.windows(4).rposition(|window| window == b"SCJF").expect("a frame");
    bytes[frame + 60] ^= 1;
    fs::write(&path, bytes).expect("written");
    let output = scrip(&["verify"], data.path());
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stdout).contains("wrong: "));
}

#[tokio::test]
async fn s17_a_pending_coupon_of_old_data_is_kept_hidden_and_never_usable() {
    let data = folder();
    let server = Server::start(data.path());
    let caller = Caller::new(&server, &server.key(&["operator"]));
    let campaign = caller.campaign(500, json!({"budget": "unlimited"})).await;
    let line = json!({"account": "ana", "campaign": campaign, "status": "pending", "claimed_at": "2020-01-01T00:00:00Z",
        "starts_at": "2020-01-01T00:00:00Z", "expires_at": "2035-01-01T00:00:00Z", "as_is": true});
    let file = data.path().join("old.ndjson");
    fs::write(&file, format!("{line}\nnot json\n")).expect("written");
    let output = scrip(&["import", file.to_str().expect("UTF-8")], data.path());
    assert!(!output.status.success(), "a bad line is told by the exit code");
    assert!(String::from_utf8_lossy(&output.stdout).contains("1 lines taken, 0 there before, 1 refused"));
    assert!(String::from_utf8_lossy(&output.stderr).contains("line 2"));
    let count = async |query: &str| {
        let list = caller.get(&format!("/v1/accounts/ana/coupons{query}")).await;
        list.body["data"].as_array().expect("a list").len()
    };
    assert_eq!(count("").await, 0);
    assert_eq!(count("?status=pending").await, 1);
    let quote = caller.post("/v1/accounts/ana/quotes", json!({"cart": cart(&["luma"])})).await;
    assert_eq!(quote.number("/discount"), 0);
}

#[test]
fn the_demo_walk_is_right() {
    let output = Command::new(BINARY).args(["demo", "--check"]).output().expect("the binary runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}

#[test]
fn the_openapi_document_is_printed() {
    let output = Command::new(BINARY).arg("openapi").output().expect("the binary runs");
    assert_eq!(String::from_utf8(output.stdout).expect("text"), scrip_http::document());
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Runs a command whose reader went away before it wrote anything.
fn unread(arguments: &[&str], data: &Path) -> Output {
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    let mut command = Command::new(BINARY);
    command.args(arguments).env("SCRIP_DATA", data).stdout(writer).stderr(Stdio::piped());
    without_harness(&mut command);
    command.spawn().expect("the binary runs").wait_with_output().expect("it ends")
}

#[test]
fn a_command_whose_output_nobody_reads_ends_quietly_as_it_would_have() {
    let data = served_before();
    let copy = data.path().join("copy.db");
    let old = data.path().join("old.ndjson");
    fs::write(&old, "").expect("written");
    for arguments in [
        &["openapi"][..],
        &["config"],
        &["keys", "create", "--role", "operator"],
        &["keys", "list"],
        &["verify"],
        &["migrate"],
        &["backup", "--to", copy.to_str().expect("UTF-8")],
        &["import", old.to_str().expect("UTF-8")],
        &["completions", "bash"],
        &["man"],
        &["--help"],
        &["--version"],
        &["serve", "--help"],
    ] {
        let output = unread(arguments, data.path());
        assert!(output.status.success(), "{arguments:?}: {:?} {}", output.status, text(&output.stderr));
        assert_eq!(text(&output.stderr), "", "{arguments:?}");
    }
    // What it found wrong is still told by the exit code, and complaints that nobody reads hold up nothing.
    fs::write(&old, "not json\n".repeat(1_000)).expect("written");
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    let mut import = Command::new(BINARY);
    import.arg("import").arg(&old).env("SCRIP_DATA", data.path()).stdout(Stdio::null()).stderr(writer);
    assert_eq!(import.status().expect("the binary runs").code(), Some(1));
}

#[test]
fn an_output_that_cannot_be_written_is_a_failure() {
    let full = fs::OpenOptions::new().write(true).open("/dev/full").expect("Linux has it");
    let output = Command::new(BINARY).arg("openapi").stdout(full).output().expect("the binary runs");
    assert!(!output.status.success());
    assert!(text(&output.stderr).contains("writing to standard output"), "{}", text(&output.stderr));
}

#[test]
fn a_mistyped_folder_is_told_and_stays_as_it_is() {
    let parent = folder();
    let missing = parent.path().join("scrip-dtaa");
    let empty = parent.path().join("empty");
    fs::create_dir(&empty).expect("made");
    let copy = parent.path().join("copy.db");
    let old = parent.path().join("old.ndjson");
    fs::write(&old, "").expect("written");
    for data in [&missing, &empty] {
        for arguments in [
            &["keys", "create", "--role", "operator"][..],
            &["keys", "list"],
            &["keys", "revoke", "key_00000000000000000000000000"],
            &["verify"],
            &["migrate"],
            &["backup", "--to", copy.to_str().expect("UTF-8")],
            &["import", old.to_str().expect("UTF-8")],
        ] {
            let output = scrip(arguments, data);
            assert_eq!(output.status.code(), Some(1), "{arguments:?}");
            let told = text(&output.stderr);
            assert!(told.contains(data.to_str().expect("UTF-8")) && told.contains("--data"), "{arguments:?}: {told}");
            assert_eq!(text(&output.stdout), "", "{arguments:?}");
        }
    }
    assert!(!missing.exists() && !copy.exists());
    assert_eq!(fs::read_dir(&empty).expect("there").count(), 0);
}

#[test]
fn a_log_level_that_is_none_is_refused_with_those_that_are() {
    let data = folder();
    for (flag, variable) in [(Some("loud"), None), (None, Some("info,loud"))] {
        let mut command = Command::new(BINARY);
        command.args(["serve", "--listen", "127.0.0.1:0"]).env("SCRIP_DATA", data.path());
        command.args(flag.iter().flat_map(|filter| ["--log", filter]));
        command.envs(variable.iter().map(|filter| ("SCRIP_LOG", filter)));
        let output = command.output().expect("the binary runs");
        assert!(!output.status.success());
        let told = text(&output.stderr);
        assert!(told.contains("loud") && told.contains("error, warn, info, debug"), "{told}");
    }
    assert_eq!(fs::read_dir(data.path()).expect("there").count(), 0, "and nothing was made");
}

#[test]
fn a_log_file_has_no_colours_and_its_last_line_says_stopped() {
    let data = folder();
    let log = data.path().join("log");
    let mut command = Command::new(BINARY);
    command.args(["serve", "--listen", "localhost:0", "--log", "info"]).env("SCRIP_DATA", data.path());
    command.stdout(Stdio::piped()).stderr(fs::File::create(&log).expect("made"));
    let mut child = command.spawn().expect("the binary runs");
    let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines();
    let first = lines.next().expect("a line").expect("text");
    assert!(first.contains("http://127.0.0.1:"), "{first}");
    assert!(Command::new("kill").args(["-TERM", &child.id().to_string()]).status().expect("kill runs").success());
    assert!(child.wait().expect("it ends").success());
    assert_eq!(lines.last().expect("a line").expect("text"), "scrip stopped.");
    let log = fs::read_to_string(log).expect("text");
    assert!(!log.contains('\u{1b}'), "{log}");
    assert!(log.lines().last().expect("a line").contains("stopped"), "{log}");
}

#[tokio::test]
async fn a_port_alone_is_every_address_of_the_machine() {
    let data = folder();
    let mut child = Command::new(BINARY)
        .args(["serve", "--listen", ":0", "--log", "off"])
        .env("SCRIP_DATA", data.path())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the binary runs");
    let mut first = String::new();
    BufReader::new(child.stdout.take().expect("piped")).read_line(&mut first).expect("a line");
    let base = first.split_whitespace().find(|word| word.starts_with("http://")).expect("an address").to_owned();
    assert!(base.contains("//127.0.0.1:"), "one can follow it: {base}");
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().expect("a client");
    let home = client.get(&base).send().await.expect("an answer");
    assert_eq!((home.status().as_u16(), &home.headers()["location"]), (303, &"/docs".parse().expect("a header")));
    assert!(home.text().await.expect("text").contains("/openapi.json"));
    child.kill().expect("it was running");
    child.wait().expect("it ended");
}

#[test]
fn what_ends_the_process_is_json_where_logs_are() {
    let data = folder();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("an address").to_string();
    for (arguments, code) in [
        (&["serve", "--listen", &address[..], "--log-json", "true", "--log", "off"][..], 1),
        (&["serve", "--log", "loud", "--log-json=true"], 1),
        (&["serve", "--lissen", "here", "--log-json=true"], 2),
        (&["serve", "--lissen", "here", "--log-json"], 2),
    ] {
        let output = Command::new(BINARY).args(arguments).env("SCRIP_DATA", data.path()).output().expect("it runs");
        assert_eq!(output.status.code(), Some(code), "{arguments:?}");
        let told = text(&output.stderr);
        assert_eq!(told.lines().count(), 1, "{told}");
        let line: serde_json::Value = serde_json::from_str(&told).expect("JSON");
        assert_eq!(line["level"], "ERROR");
        assert!(line["fields"]["message"].as_str().is_some_and(|message| message.len() > 20), "{told}");
    }
}

#[test]
fn completions_and_manual_pages_know_every_command() {
    let run = |arguments: &[&str]| {
        let output = Command::new(BINARY).args(arguments).output().expect("the binary runs");
        assert!(output.status.success(), "{arguments:?}: {}", text(&output.stderr));
        text(&output.stdout)
    };
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = run(&["completions", shell]);
        assert!(script.contains("backup") && script.contains("--data") | script.contains("data"), "{shell}");
    }
    assert!(run(&["man"]).contains(".TH scrip 1"));
    assert!(run(&["man", "keys", "create"]).contains("scrip keys create"));
    assert!(!Command::new(BINARY).args(["man", "nothing"]).output().expect("it runs").status.success());
    let pages = folder();
    run(&["man", "--to", pages.path().join("man1").to_str().expect("UTF-8")]);
    for page in ["scrip.1", "scrip-serve.1", "scrip-keys-create.1"] {
        assert!(pages.path().join("man1").join(page).exists(), "{page}");
    }
}

/// The commands that a help page lists, but for `help` itself.
fn commands_of(help: &str) -> Vec<String> {
    help.lines()
        .skip_while(|line| *line != "Commands:")
        .skip(1)
        .take_while(|line| !line.is_empty())
        .filter_map(|line| line.strip_prefix("  ")?.split(' ').next().map(str::to_owned))
        .filter(|name| !name.is_empty() && name != "help")
        .collect()
}

#[test]
fn every_commands_help_has_an_example() {
    let help = |command: &[&str]| {
        text(&Command::new(BINARY).args(command).arg("--help").output().expect("the binary runs").stdout)
    };
    let names = commands_of(&help(&[]));
    assert!(names.len() > 12, "{names:?}");
    for name in &names {
        let page = help(&[name]);
        assert!(page.contains(&format!("  scrip {name}")), "{page}");
        for below in commands_of(&page) {
            let page = help(&[name, &below]);
            assert!(page.contains(&format!("  scrip {name} {below}")), "{page}");
        }
    }
}

#[test]
fn an_address_that_cannot_be_had_makes_no_database() {
    let parent = folder();
    let data = parent.path().join("new");
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("an address").to_string();
    let output = scrip(&["serve", "--listen", &address], &data);
    assert_eq!(output.status.code(), Some(1));
    let told = text(&output.stderr);
    assert!(told.contains(&address) && told.contains("--listen") && told.lines().count() == 1, "{told}");
    assert!(!data.exists());
    // Where somebody serves the folder already, that is what is told.
    let _server = Server::start(parent.path());
    let told = text(&scrip(&["serve", "--listen", &address], parent.path()).stderr);
    assert!(told.contains("another server has") && told.contains("stop it first"), "{told}");
}

#[test]
fn a_folder_that_no_socket_fits_into_is_told_before_anything_is_made() {
    let parent = folder();
    let data = parent.path().join("x".repeat(120));
    let copy = parent.path().join("copy.db");
    fs::write(&copy, "").expect("written");
    for arguments in [
        &["serve", "--listen", "127.0.0.1:0"][..],
        &["restore", "--without-secret", "--from", copy.to_str().expect("UTF-8")],
    ] {
        let output = scrip(arguments, &data);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        let told = text(&output.stderr);
        assert!(told.contains("107 bytes") && told.contains("shorter --data"), "{told}");
        assert!(!data.exists(), "{arguments:?}");
    }
}

#[test]
fn a_file_in_the_place_of_the_folder_is_told_and_stays() {
    let parent = folder();
    let file = parent.path().join("file");
    fs::write(&file, "mine").expect("written");
    for arguments in [&["serve", "--listen", "127.0.0.1:0"][..], &["config"], &["verify"], &["keys", "list"]] {
        let output = scrip(arguments, &file);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        let told = text(&output.stderr);
        assert!(told.contains(file.to_str().expect("UTF-8")) && told.contains("--data"), "{arguments:?}: {told}");
        assert_eq!(text(&output.stdout), "", "{arguments:?}");
    }
    assert_eq!(fs::read(&file).expect("there"), b"mine");
    assert_eq!(fs::read_dir(parent.path()).expect("there").count(), 1);
}

#[test]
fn a_restore_that_fails_leaves_no_folder_behind() {
    let parent = folder();
    let data = parent.path().join("new");
    for (name, content) in [("empty.db", ""), ("text.db", "a backup this isn't, whatever its name says of it")] {
        let from = parent.path().join(name);
        fs::write(&from, content).expect("written");
        let output = scrip(&["restore", "--without-secret", "--from", from.to_str().expect("UTF-8")], &data);
        assert_eq!(output.status.code(), Some(1), "{name}");
        let told = text(&output.stderr);
        assert!(told.contains(name) && told.trim_end().ends_with("Nothing was restored"), "{told}");
        assert!(!data.exists(), "{name}");
    }
}

#[test]
fn commands_that_a_running_server_or_a_file_stands_against_say_what_to_do() {
    let data = folder();
    let _server = Server::start(data.path());
    let there = data.path().join("there.db");
    fs::write(&there, "mine").expect("written");
    let nowhere = data.path().join("nowhere/copy.db");
    for (arguments, said) in [
        (&["migrate"][..], "stop it first"),
        (&["secrets", "rotate-master"], "stop it first"),
        (&["backup", "--to", there.to_str().expect("UTF-8")], "choose another --to"),
        (&["backup", "--to", nowhere.to_str().expect("UTF-8")], "make it first"),
        (&["import", data.path().to_str().expect("UTF-8")], "is a folder; name a file"),
    ] {
        let output = scrip(arguments, data.path());
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        assert!(text(&output.stderr).contains(said), "{arguments:?}: {}", text(&output.stderr));
    }
    assert_eq!(fs::read(&there).expect("there"), b"mine");
}

#[test]
fn what_is_to_be_measured_must_be_something() {
    for arguments in [["--connections", "0"], ["--connections", "64,x"], ["--seconds", "0"], ["--rounds", "0"]] {
        let output = Command::new(BINARY).arg("bench").args(arguments).output().expect("it runs");
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {}", text(&output.stderr));
        assert!(text(&output.stderr).contains(arguments[0]), "{}", text(&output.stderr));
    }
}

/// Whoever has just built it has no `scrip` on the PATH, and folders have names with spaces.
#[test]
fn the_command_that_serve_prints_is_one_that_works() {
    let parent = folder();
    let data = parent.path().join("my data");
    let mut child = Command::new(BINARY)
        .args(["serve", "--listen", "127.0.0.1:0", "--log", "off"])
        .env("SCRIP_DATA", &data)
        .stdout(Stdio::piped())
        .spawn()
        .expect("the binary runs");
    let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines().map(|line| line.expect("text"));
    assert!(lines.any(|line| line.contains("a new one was made")), "a mistyped folder is noticed");
    let command = lines.find(|line| line.contains("keys create")).expect("a command");
    let output = Command::new("/bin/sh").args(["-c", &command]).env("PATH", "/nowhere").output().expect("a shell runs");
    assert!(text(&output.stdout).starts_with("scrip_"), "{command}: {}", text(&output.stderr));
    child.kill().expect("it was running");
    child.wait().expect("it ended");
}

/// A server that has said where it listens; standard error is what is given.
fn serving(flags: &[&str], data: &Path, stderr: impl Into<Stdio>) -> (Child, BufReader<ChildStdout>, String) {
    let mut command = Command::new(BINARY);
    command.args(["serve", "--listen", "127.0.0.1:0"]).args(flags).env("SCRIP_DATA", data);
    let mut child = command.stdout(Stdio::piped()).stderr(stderr).spawn().expect("the binary runs");
    let mut stdout = BufReader::new(child.stdout.take().expect("piped"));
    let mut first = String::new();
    stdout.read_line(&mut first).expect("text");
    let base = first.split_whitespace().find(|word| word.starts_with("http://"));
    let base = base.unwrap_or_else(|| panic!("no address in {first:?}: {:?}", child.wait())).to_owned();
    (child, stdout, base)
}

fn terminated(mut child: Child) -> Option<i32> {
    assert!(Command::new("kill").args(["-TERM", &child.id().to_string()]).status().expect("kill runs").success());
    child.wait().expect("it ends").code()
}

#[tokio::test]
async fn a_log_that_cannot_be_written_cuts_no_answer() {
    let (reader, gone) = std::io::pipe().expect("a pipe");
    drop(reader);
    let full = fs::OpenOptions::new().write(true).open("/dev/full").expect("Linux has it");
    for (what, stderr) in [("a full device", Stdio::from(full)), ("a reader that went", Stdio::from(gone))] {
        let data = folder();
        let (child, _stdout, base) = serving(&["--log", "debug"], data.path(), stderr);
        let answer = reqwest::get(format!("{base}/livez")).await.unwrap_or_else(|error| panic!("{what}: {error}"));
        assert_eq!(answer.status().as_u16(), 200, "{what}");
        assert_eq!(terminated(child), Some(0), "{what}");
    }
}

#[test]
fn a_server_whose_log_is_json_says_nothing_else() {
    let data = folder();
    let log = data.path().join("log");
    let mut command = Command::new(BINARY);
    command.args(["serve", "--listen", "127.0.0.1:0", "--log-json"]).env("SCRIP_DATA", data.path());
    command.stdout(Stdio::piped()).stderr(fs::File::create(&log).expect("made"));
    let child = command.spawn().expect("the binary runs");
    let lines = || fs::read_to_string(&log).expect("text");
    // It ends by our signal or by itself; either way its outputs are whole then.
    while !lines().contains("no API key yet") && fs::metadata(format!("/proc/{}/exe", child.id())).is_ok() {
        std::thread::yield_now();
    }
    assert!(Command::new("kill").args(["-TERM", &child.id().to_string()]).status().expect("kill runs").success());
    let output = child.wait_with_output().expect("it ends");
    assert!(output.status.success());
    assert_eq!(text(&output.stdout), "");
    let messages: Vec<String> = lines()
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).expect("JSON")["fields"]["message"].to_string())
        .collect();
    for said in ["listening", "a new one was made", "no API key yet", "stopped"] {
        assert!(messages.iter().any(|message| message.contains(said)), "{said}: {messages:?}");
    }
}

#[test]
fn an_argument_that_is_no_text_is_refused_with_words() {
    use std::os::unix::ffi::OsStrExt;

    let parent = folder();
    let data = served_before();
    let bytes = std::ffi::OsStr::from_bytes(b"\xff.db");
    let run = |arguments: &[&str], last: &std::ffi::OsStr| {
        let output = Command::new(BINARY).args(arguments).arg(last).env("SCRIP_DATA", data.path()).output();
        let output = output.expect("the binary runs");
        let told = text(&output.stderr);
        assert!(!told.contains("panicked") && !told.is_empty(), "{arguments:?}: {told}");
        output.status.code()
    };
    assert_eq!(run(&[], bytes), Some(2));
    assert_eq!(run(&["keys", "list", "--log-json"], bytes), Some(2));
    assert_eq!(run(&["backup", "--to"], parent.path().join(bytes).as_os_str()), Some(1));
    assert_eq!(run(&["keys", "list", "--data"], bytes), Some(1), "no such folder");
    assert_eq!(fs::read_dir(parent.path()).expect("there").count(), 0);
}

#[test]
fn a_mistyped_variable_is_told_by_whoever_reads_settings() {
    let data = folder();
    let mut config = Command::new(BINARY);
    config.arg("config").env("SCRIP_DATA", data.path()).env("SCRIP_TRUSTED_PROXY", "10.0.0.1");
    let output = config.output().expect("the binary runs");
    assert!(output.status.success());
    assert!(text(&output.stderr).contains("SCRIP_TRUSTED_PROXY"), "{}", text(&output.stderr));
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("an address").to_string();
    let mut serve = Command::new(BINARY);
    serve.args(["serve", "--listen", &address]).env("SCRIP_DATA", data.path()).env("SCRIP_LISTN", ":9000");
    let told = text(&serve.output().expect("the binary runs").stderr);
    assert!(told.contains("WARN SCRIP_LISTN") && told.contains("is SCRIP_LISTEN meant?"), "{told}");
}
