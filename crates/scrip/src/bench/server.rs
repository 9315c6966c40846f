//! The server that is measured, in a folder of its own, with something in it.

use std::{
    io::{BufRead, BufReader},
    net::SocketAddr,
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use tempfile::TempDir;

use super::connection::{NUMBER, ask};
use crate::failure::Failure;

/// How long followers may take after a measurement.
const FOLLOWED_WITHIN: Duration = Duration::from_secs(60);

/// Accounts that quotes and wallets are asked for.
pub(super) const ACCOUNTS: u32 = 1_000;

/// A server of our own binary, or of another build's.
pub(super) struct BenchServer {
    running: Running,
    _folder: TempDir,
    pub address: SocketAddr,
    pub key: String,
    open: String,
    sold_out: String,
    prepared: u32,
}

impl BenchServer {
    pub fn start(binary: &Path) -> Result<Self, Failure> {
        let failed = |error: std::io::Error| Failure::of(format!("measuring {}", binary.display()), &error);
        let folder = tempfile::Builder::new().prefix("scrip-bench-").tempdir().map_err(failed)?;
        let child = Command::new(binary)
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
        let made =
            Command::new(binary).args(["keys", "create", "--role", "operator", "--data"]).arg(folder.path()).output();
        let key = String::from_utf8_lossy(&made.map_err(failed)?.stdout).trim().to_owned();
        let (open, sold_out) = (String::new(), String::new());
        let mut server = Self { running, _folder: folder, address, key, open, sold_out, prepared: 0 };
        server.fill()?;
        Ok(server)
    }

    /// Processor time of the server so far, all its threads together.
    pub fn cpu_time(&self) -> Result<Duration, Failure> {
        let path = format!("/proc/{}/stat", self.running.0.id());
        let stat = std::fs::read_to_string(&path).map_err(|error| Failure::of(format!("reading {path}"), &error))?;
        // The name may hold spaces; what follows it doesn't: state is the third field, times are the 14th and 15th.
        let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
        let ticks: u64 = fields.skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum();
        Ok(Duration::from_micros(ticks * 1_000_000 / rustix::param::clock_ticks_per_second()))
    }

    /// Waits until what follows the journal beside the answers is done too: it is work of the same requests. Builds that have no
    /// followers say nothing of them.
    pub fn rest(&self) -> Result<(), Failure> {
        let failed = |error: std::io::Error| Failure::of("asking the server what is left to follow", &error);
        let until = Instant::now() + FOLLOWED_WITHIN;
        loop {
            let (_, metrics) = ask(self.address, &self.key, "/metrics", None).map_err(failed)?;
            let metrics = String::from_utf8_lossy(&metrics);
            let mut behind = metrics.lines().filter(|line| line.starts_with("scrip_follower_lag_events{"));
            if behind.all(|line| line.ends_with(" 0")) {
                return Ok(());
            }
            if Instant::now() > until {
                return Err(Failure::new("the server's followers come to no end"));
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Bytes of memory that it has.
    pub fn memory(&self) -> Result<u64, Failure> {
        let path = format!("/proc/{}/status", self.running.0.id());
        let status = std::fs::read_to_string(&path).map_err(|error| Failure::of(format!("reading {path}"), &error))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
        Ok(line.trim().trim_end_matches(" kB").parse::<u64>().unwrap_or_default() * 1024)
    }

    pub fn claim_body(&self) -> String {
        json!({"campaign": self.open, "channel": "web", "source": "homepage"}).to_string()
    }

    pub fn sold_out_body(&self) -> String {
        json!({"campaign": self.sold_out, "channel": "web", "source": "homepage"}).to_string()
    }

    /// Three lines of two sellers.
    pub fn cart() -> Value {
        let line = |id: &str, seller: &str, price: u32| json!({"id": id, "seller": seller, "product": format!("p-{id}"), "unit_price": price, "quantity": 2});
        json!({"currency": "USD", "lines": [line("l1", "luma", 1_999), line("l2", "luma", 2_500), line("l3", "tako", 999)]})
    }

    pub fn order_body() -> String {
        json!({"id": format!("o-{NUMBER}"), "cart": Self::cart()}).to_string()
    }

    /// Gives the next so many accounts a coupon each, for orders; the number of the first.
    pub fn prepare_orders(&mut self, count: u32) -> Result<u32, Failure> {
        let first = self.prepared;
        for from in (first..first + count).step_by(1_000) {
            let claims: Vec<Value> = (from..(from + 1_000).min(first + count))
                .map(|number| json!({"account": format!("p{number:08x}"), "campaign": self.open}))
                .collect();
            self.post("/v1/claims/batch", &json!({"claims": claims}))?;
        }
        self.prepared = first + count;
        Ok(first)
    }

    /// Campaigns, and wallets with coupons of them.
    fn fill(&mut self) -> Result<(), Failure> {
        let platform = json!({"type": "platform"});
        self.open = self.live(&platform, 500, &json!({"budget": "unlimited"}), 2_000)?;
        self.sold_out = self.live(&platform, 500, &json!({"budget": "unlimited", "stock": 1}), 1)?;
        self.post("/v1/accounts/first/coupons", &json!({"campaign": self.sold_out}))?;
        let mut campaigns = vec![self.open.clone()];
        for (seller, minimum) in [("luma", 1_000), ("tako", 2_000), ("luma", 5_000), ("tako", 9_000), ("nori", 1_000)] {
            let issuer = json!({"type": "seller", "seller": seller});
            campaigns.push(self.live(&issuer, 100, &json!({"budget": "unlimited"}), minimum)?);
        }
        for campaign in &campaigns {
            let claim = |number: u32| json!({"account": format!("w{number:08x}"), "campaign": campaign});
            let claims: Vec<Value> = (0..ACCOUNTS).map(claim).collect();
            self.post("/v1/claims/batch", &json!({"claims": claims}))?;
        }
        Ok(())
    }

    /// A live campaign, so much off an order of at least so much.
    fn live(&self, issuer: &Value, off: u32, limits: &Value, minimum: u32) -> Result<String, Failure> {
        let made = self.post(
            "/v1/campaigns",
            &json!({"name": "Bench", "issuer": issuer, "currency": "USD", "limits": limits,
                "benefit": {"type": "amount_off", "amount": off}, "minimum_spend": {"amount": minimum},
                "validity": {"type": "after_claim", "days": 30}}),
        )?;
        let id = made["id"].as_str().unwrap_or_default().to_owned();
        self.post(&format!("/v1/campaigns/{id}/publish"), &json!({}))?;
        Ok(id)
    }

    fn post(&self, path: &str, body: &Value) -> Result<Value, Failure> {
        let failed = |error: std::io::Error| Failure::of(format!("filling the server to measure: {path}"), &error);
        let (status, answer) = ask(self.address, &self.key, path, Some(&body.to_string())).map_err(failed)?;
        let document = serde_json::from_slice(&answer).unwrap_or_default();
        if (200..300).contains(&status) {
            return Ok(document);
        }
        Err(Failure::new(format!("filling the server to measure: {path} was answered {status}: {document}")))
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
