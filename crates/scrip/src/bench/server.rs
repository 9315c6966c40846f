use std::{
    io::{BufRead, BufReader},
    net::SocketAddr,
    process::{Child, Command, Stdio},
};

use serde_json::json;
use tempfile::TempDir;

use crate::{
    admin::{self, Request, Response},
    bench::load,
    failure::Failure,
};

/// A server of our own binary in a folder of its own.
pub(super) struct BenchServer {
    child: Child,
    folder: TempDir,
    pub address: SocketAddr,
    pub key: String,
    campaign: String,
}

impl BenchServer {
    pub async fn start() -> Result<Self, Failure> {
        let failed = |error: std::io::Error| Failure::of("starting a server to measure", &error);
        let folder = tempfile::Builder::new().prefix("scrip-bench-").tempdir().map_err(failed)?;
        let mut child = Command::new(std::env::current_exe().map_err(failed)?)
            .args(["serve", "--noop", "--listen", "127.0.0.1:0", "--log", "warn", "--data"])
            .arg(folder.path())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(failed)?;
        let mut line = String::new();
        let stdout = child.stdout.take().ok_or_else(|| Failure::new("the server has no output"))?;
        BufReader::new(stdout).read_line(&mut line).map_err(failed)?;
        let address = line
            .split("http://")
            .nth(1)
            .and_then(|rest| rest.split_whitespace().next())
            .and_then(|address| address.parse().ok())
            .ok_or_else(|| Failure::new(format!("the server said {line:?}")))?;
        let request = Request::CreateKey { role: scrip_core::event::Role::Operator, seller: None };
        let key = match admin::ask(folder.path(), std::iter::once(request))?.pop() {
            Some(Response::Done(key)) => key,
            _ => return Err(Failure::new("the server made no key")),
        };
        let mut server = Self { child, folder, address, key, campaign: String::new() };
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

    pub fn stop(mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        drop(self.folder);
    }
}
