use std::{
    io::{BufRead, BufReader},
    net::SocketAddr,
    process::{Child, Command, Stdio},
};

use serde_json::json;
use tempfile::TempDir;

use crate::{
    admin::{Admin, Answer},
    bench::load,
    failure::Failure,
};

/// A server of our own binary in a folder of its own.
pub(super) struct BenchServer {
    _running: Running,
    _folder: TempDir,
    pub address: SocketAddr,
    pub key: String,
    campaign: String,
}

impl BenchServer {
    pub async fn start() -> Result<Self, Failure> {
        let failed = |error: std::io::Error| Failure::of("starting a server to measure", &error);
        let folder = tempfile::Builder::new().prefix("scrip-bench-").tempdir().map_err(failed)?;
        let child = Command::new(std::env::current_exe().map_err(failed)?)
            .args(["serve", "--noop", "--listen", "127.0.0.1:0", "--log", "warn", "--data"])
            .arg(folder.path())
            .stdout(Stdio::piped())
            .spawn();
        let mut running = Running(child.map_err(failed)?);
        let mut line = String::new();
        let stdout = running.0.stdout.take().ok_or_else(|| Failure::new("the server has no output"))?;
        BufReader::new(stdout).read_line(&mut line).map_err(failed)?;
        let address = line
            .split("http://")
            .nth(1)
            .and_then(|rest| rest.split_whitespace().next())
            .and_then(|address| address.parse().ok())
            .ok_or_else(|| Failure::new(format!("the server said {line:?}")))?;
        let data = folder.path().to_owned();
        let asked =
            tokio::task::spawn_blocking(move || Admin::server(&data)?.post("/v1/keys", &json!({"role": "operator"})));
        let key = match asked.await {
            Ok(Ok(Answer::Done(made))) => made["secret"].as_str().unwrap_or_default().to_owned(),
            _ => return Err(Failure::new("the server made no key")),
        };
        let mut server = Self { _running: running, _folder: folder, address, key, campaign: String::new() };
        server.campaign = server.publish().await?;
        Ok(server)
    }

    /// A campaign without a limit that a measurement could reach.
    async fn publish(&self) -> Result<String, Failure> {
        let terms = json!({"name": "Bench", "issuer": {"type": "platform"}, "currency": "USD",
            "benefit": {"type": "amount_off", "amount": 500}, "limits": {"stock": 4_000_000_000_u32, "budget": "unlimited"},
            "validity": {"type": "after_claim", "days": 30}});
        let made = load::once(self, "/v1/campaigns", &terms.to_string()).await?;
        let id = made["id"].as_str().ok_or_else(|| Failure::new(format!("no campaign: {made}")))?.to_owned();
        load::once(self, &format!("/v1/campaigns/{id}/publish"), "").await?;
        Ok(id)
    }

    pub fn claim_body(&self) -> String {
        json!({"campaign": self.campaign, "channel": "web", "source": "homepage"}).to_string()
    }
}

/// Ends with us, however the measurement ends.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
