//! The real binary on a folder of its own, and callers with connections of their own.
#![allow(dead_code, reason = "each test binary uses its part")]

use std::{
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
};

use reqwest::{Client, Method};
use serde_json::{Value, json};
use tempfile::TempDir;

pub const BINARY: &str = env!("CARGO_BIN_EXE_scrip");

/// A running server. Killed when dropped.
pub struct Server {
    child: Child,
    data: PathBuf,
    pub base: String,
}

impl Server {
    /// Starts on any free port and waits until it listens.
    pub fn start(data: &Path) -> Self {
        Self::start_with(data, &[])
    }

    /// The same with more flags.
    pub fn start_with(data: &Path, flags: &[&str]) -> Self {
        let mut command = Command::new(BINARY);
        command.args(["serve", "--listen", "127.0.0.1:0", "--log", "warn", "--data"]).arg(data).args(flags);
        Self::of(&mut command, data)
    }

    /// What a command that serves this folder starts.
    pub fn of(command: &mut Command, data: &Path) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().expect("the binary starts");
        let mut line = String::new();
        let stdout = child.stdout.take().expect("its output was asked for");
        BufReader::new(stdout).read_line(&mut line).expect("it says where it listens");
        let base = line.split_whitespace().find(|word| word.starts_with("http://"));
        let base = base.unwrap_or_else(|| panic!("no address in {line:?}")).to_owned();
        Self { child, data: data.to_owned(), base }
    }

    /// kill -9.
    pub fn kill(mut self) {
        self.child.kill().expect("it was running");
        self.child.wait().expect("it ended");
    }

    /// Asks it to stop, as a service manager does, and waits until it has.
    pub fn terminate(mut self) -> std::process::ExitStatus {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().expect("kill runs").success());
        self.child.wait().expect("it ended")
    }

    /// Waits until it has ended by itself.
    pub fn ended(mut self) -> std::process::ExitStatus {
        self.child.wait().expect("it ended")
    }

    /// A new key, made beside the running server.
    pub fn key(&self, role: &[&str]) -> String {
        let mut arguments = vec!["keys", "create", "--role"];
        arguments.extend(role);
        let output = scrip(&arguments, &self.data);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("text").trim().to_owned()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs the binary with `--data`.
pub fn scrip(arguments: &[&str], data: &Path) -> Output {
    without_harness(Command::new(BINARY).args(arguments)).arg("--data").arg(data).output().expect("the binary runs")
}

/// Without what tests themselves are told by the environment, which `serve` would warn of.
pub fn without_harness(command: &mut Command) -> &mut Command {
    command.env_remove("SCRIP_LAW_CASES").env_remove("SCRIP_WALKS").env_remove("SCRIP_BLESS")
}

/// `scrip verify`, which must find nothing wrong.
pub fn assert_verified(data: &Path) {
    let output = scrip(&["verify"], data);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}

/// Waits until the server of this folder has made anew what older rules had made.
pub fn until_rebuilt(data: &Path) {
    loop {
        let output = scrip(&["verify"], data);
        let told = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{told}");
        if !told.contains("made by older rules") {
            return;
        }
    }
}

pub fn folder() -> TempDir {
    tempfile::Builder::new().prefix("scrip-test-").tempdir().expect("a folder can be made")
}

/// A folder with a database that no server has open.
pub fn served_before() -> TempDir {
    let data = folder();
    assert!(Server::start(data.path()).terminate().success());
    data
}

/// Whether the tests run as root, who alone can make files of two users.
pub fn is_root() -> bool {
    std::os::unix::fs::MetadataExt::uid(&std::fs::metadata("/proc/self").expect("Linux has it")) == 0
}

/// A caller with a key; each clone made by [`Caller::apart`] has its own connection.
#[derive(Clone)]
pub struct Caller {
    client: Client,
    base: String,
    key: String,
}

pub struct Answer {
    pub status: u16,
    pub replayed: bool,
    pub body: Value,
}

impl Answer {
    pub fn text(&self, pointer: &str) -> &str {
        self.body.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
    }

    pub fn number(&self, pointer: &str) -> i64 {
        self.body.pointer(pointer).and_then(Value::as_i64).unwrap_or_else(|| panic!("no {pointer} in {}", self.body))
    }
}

impl Caller {
    pub fn new(server: &Server, key: &str) -> Self {
        Self { client: Client::new(), base: server.base.clone(), key: key.to_owned() }
    }

    /// The same caller at another server.
    pub fn at(&self, server: &Server) -> Self {
        Self { client: Client::new(), base: server.base.clone(), ..self.clone() }
    }

    /// The same caller on a connection of its own, which is open when this returns.
    pub async fn apart(&self) -> Self {
        let apart = Self { client: Client::new(), ..self.clone() };
        apart.client.get(format!("{}/livez", self.base)).send().await.expect("the server lives");
        apart
    }

    /// `None` if the connection broke before the answer: nobody knows whether it was done.
    pub async fn try_ask(
        &self,
        method: Method,
        path: &str,
        idempotency_key: Option<&str>,
        body: Option<&Value>,
    ) -> Option<Answer> {
        let mut request = self.client.request(method, format!("{}{path}", self.base)).bearer_auth(&self.key);
        if let Some(key) = idempotency_key {
            request = request.header("Idempotency-Key", key);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        let response = request.send().await.ok()?;
        let status = response.status().as_u16();
        let replayed = response.headers().contains_key("idempotent-replayed");
        let body = response.bytes().await.ok()?;
        Some(Answer { status, replayed, body: serde_json::from_slice(&body).unwrap_or(Value::Null) })
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.try_ask(Method::POST, path, None, Some(&body)).await.expect("an answer")
    }

    /// An answer that isn't JSON.
    pub async fn text(&self, path: &str) -> String {
        let request = self.client.get(format!("{}{path}", self.base)).bearer_auth(&self.key);
        request.send().await.expect("an answer").text().await.expect("text")
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.try_ask(Method::GET, path, None, None).await.expect("an answer")
    }

    /// A published campaign of the platform: `amount` off, with these limits.
    pub async fn campaign(&self, amount: i64, limits: Value) -> String {
        let terms = json!({"name": "Test", "issuer": {"type": "platform"}, "currency": "USD",
            "benefit": {"type": "amount_off", "amount": amount}, "limits": limits,
            "validity": {"type": "after_claim", "days": 30}});
        let made = self.post("/v1/campaigns", terms).await;
        assert_eq!(made.status, 201, "{}", made.body);
        let id = made.text("/id").to_owned();
        let published = self.post(&format!("/v1/campaigns/{id}/publish"), json!({})).await;
        assert_eq!(published.status, 200, "{}", published.body);
        id
    }
}

/// A cart of one unit a seller, 50.00 each.
pub fn cart(sellers: &[&str]) -> Value {
    let lines: Vec<Value> = sellers
        .iter()
        .map(|seller| json!({"id": seller, "seller": seller, "product": "lamp", "unit_price": 5_000, "quantity": 1}))
        .collect();
    json!({"currency": "USD", "lines": lines})
}
