//! The machine's clock, set wrong: nothing may be written then that can't be taken back, and nobody may lose a coupon by it.
//!
//! Each trial is one of three, by turns. *While it runs*: the clock jumps ahead or back; writes stop, an order stays held and a
//! coupon valid; then the clock is set right, or accepted. *From the start*: a server starts with the clock ahead, which
//! nothing can tell, and writes; the next one has the right clock, and must not write the past after the future until an operator
//! says that time may stand still. *A little*: the clock goes back by some seconds, and everything goes on in order.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use rand::{Rng, SeedableRng, rngs::StdRng};
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    Trouble,
    caller::{Answer, Caller},
    result::Outcome,
    server::{Program, Server},
    shim::{Library, Shim, folder},
};

const HOUR: i64 = 3_600;
const DAY: i64 = 24 * HOUR;
/// Holds are looked after every second.
const SWEPT: Duration = Duration::from_millis(1_500);

/// How much, and with which choices.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    pub trials: u64,
    pub seed: u64,
}

/// # Errors
/// The server can't be started, or refuses what sets the market up.
pub async fn run(program: &Program, options: Options) -> Result<Outcome, Trouble> {
    let mut rng = StdRng::seed_from_u64(options.seed);
    let mut outcome = Outcome::begin("clock", "trials", options.seed);
    let library = Library::compile()?;
    while outcome.trials < options.trials {
        let data = folder()?;
        let dial = Dial::new(&library)?;
        let (what, wrong) = match outcome.trials % 4 {
            0 => (
                "ahead",
                while_running(program, data.path(), &dial, rng.random_range(2 * HOUR..60 * DAY), &mut rng).await?,
            ),
            1 => {
                ("from the start", from_the_start(program, data.path(), &dial, rng.random_range(DAY..60 * DAY)).await?)
            }
            2 => (
                "back",
                while_running(program, data.path(), &dial, -rng.random_range(2 * HOUR..60 * DAY), &mut rng).await?,
            ),
            _ => ("a little back", a_little(program, data.path(), &dial, rng.random_range(1..4)).await?),
        };
        let mut wrong = wrong;
        wrong.extend(program.verify(data.path())?.map(|found| format!("verify: {found}")));
        outcome.trial(&format!("trial {}, {what}", outcome.trials + 1), &wrong);
    }
    Ok(outcome.ended("ahead, from the start, back, a little back by turns"))
}

/// What moves the clock of a running server.
struct Dial {
    _folder: tempfile::TempDir,
    file: PathBuf,
    shim: Shim,
}

impl Dial {
    fn new(library: &Library) -> Result<Self, Trouble> {
        let folder = folder()?;
        let file = folder.path().join("ahead");
        let mut shim = library.shim();
        shim.clock_file = Some(file.clone());
        let dial = Self { shim, file, _folder: folder };
        dial.set(0)?;
        Ok(dial)
    }

    fn set(&self, seconds: i64) -> Result<(), Trouble> {
        use std::io::Write;
        // Never cut: it is mapped by a running server.
        let file = std::fs::OpenOptions::new().write(true).create(true).truncate(false).open(&self.file);
        let written = file.and_then(|mut file| file.write_all(&seconds.to_ne_bytes()));
        written.map_err(Trouble::io("moving the clock"))
    }
}

/// A shop with one campaign, and an account that has a coupon and an order.
struct Shop {
    owner: Caller,
    campaign: String,
    claims: u32,
}

impl Shop {
    async fn open(program: &Program, data: &Path, server: &Server) -> Result<Self, Trouble> {
        let owner = Caller::new(&server.base, &program.key(data, &["operator"])?);
        let terms = json!({"name": "Clock", "issuer": {"type": "platform"}, "currency": "USD",
            "benefit": {"type": "amount_off", "amount": 500}, "limits": {"per_individual": null, "budget": "unlimited"},
            "validity": {"type": "after_claim", "days": 1}});
        let campaign = owner.must(Method::POST, "/v1/campaigns", Some(&terms)).await?.text("/id").to_owned();
        let path = format!("/v1/campaigns/{campaign}/publish");
        owner.must(Method::POST, &path, Some(&json!({}))).await?;
        Ok(Self { owner, campaign, claims: 0 })
    }

    async fn ask(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Answer, Trouble> {
        self.owner.ask(method, path, None, body).await.ok_or_else(|| Trouble::other("the server gave no answer"))
    }

    /// One more coupon for ana.
    async fn claim(&mut self) -> Result<Answer, Trouble> {
        self.claims += 1;
        self.ask(Method::POST, "/v1/accounts/ana/coupons", Some(&json!({"campaign": self.campaign}))).await
    }

    async fn status(&self, path: &str) -> Result<String, Trouble> {
        Ok(self.ask(Method::GET, path, None).await?.text("/status").to_owned())
    }
}

const CART: &str =
    r#"{"currency":"USD","lines":[{"id":"l","seller":"s","product":"p","unit_price":5000,"quantity":1}]}"#;

async fn while_running(
    program: &Program,
    data: &Path,
    dial: &Dial,
    jump: i64,
    rng: &mut StdRng,
) -> Result<Vec<String>, Trouble> {
    let mut wrong = Vec::new();
    let server = program.serve(data, Some(&dial.shim))?;
    let mut shop = Shop::open(program, data, &server).await?;
    let coupon = must_be(&shop.claim().await?, 201, "a claim before", &mut wrong).text("/id").to_owned();
    let coupon = format!("/v1/accounts/ana/coupons/{coupon}");
    let cart: Value = serde_json::from_str(CART).expect("JSON");
    let order = json!({"id": "A", "cart": cart, "use": "none"});
    must_be(&shop.ask(Method::POST, "/v1/accounts/ana/orders", Some(&order)).await?, 201, "an order", &mut wrong);

    dial.set(jump)?;
    refused(&shop.claim().await?, "a claim", &mut wrong);
    let pay = "/v1/accounts/ana/orders/A/pay";
    refused(&shop.ask(Method::POST, pay, Some(&json!({}))).await?, "a payment", &mut wrong);
    must_be(&shop.ask(Method::GET, "/readyz", None).await?, 503, "readiness", &mut wrong);
    tokio::time::sleep(SWEPT).await;
    for (path, expected) in [(coupon.as_str(), "valid"), ("/v1/accounts/ana/orders/A", "placed")] {
        let is = shop.status(path).await?;
        if is != expected {
            wrong.push(format!("{path} is {is} while the clock is wrong by {jump} s, and was {expected}"));
        }
    }

    if jump > 0 && rng.random_bool(0.5) {
        let accepted = program.run(&["clock", "accept"], data)?;
        if !accepted.status.success() {
            wrong.push(format!("a clock that is ahead isn't accepted: {}", String::from_utf8_lossy(&accepted.stderr)));
        }
    } else {
        dial.set(0)?;
        must_be(&shop.ask(Method::POST, pay, Some(&json!({}))).await?, 200, "a payment afterwards", &mut wrong);
    }
    must_be(&shop.claim().await?, 201, "a claim afterwards", &mut wrong);
    must_be(&shop.ask(Method::GET, "/readyz", None).await?, 200, "readiness afterwards", &mut wrong);
    server.terminate()?;
    Ok(wrong)
}

async fn from_the_start(program: &Program, data: &Path, dial: &Dial, ahead: i64) -> Result<Vec<String>, Trouble> {
    let mut wrong = Vec::new();
    dial.set(ahead)?;
    let server = program.serve(data, Some(&dial.shim))?;
    let mut shop = Shop::open(program, data, &server).await?;
    let first = must_be(&shop.claim().await?, 201, "a claim with the clock ahead", &mut wrong).clone();
    server.kill()?;

    dial.set(0)?;
    let server = program.serve(data, Some(&dial.shim))?;
    shop.owner = Caller::new(&server.base, shop.owner.key());
    refused(&shop.claim().await?, "a claim behind what is written", &mut wrong);
    must_be(&shop.ask(Method::GET, "/readyz", None).await?, 503, "readiness", &mut wrong);
    let listed = shop.ask(Method::GET, "/v1/accounts/ana/coupons", None).await?;
    must_be(&listed, 200, "a wallet", &mut wrong);
    if program.run(&["clock", "accept"], data)?.status.success() {
        wrong.push("a clock behind what is written is accepted: time in the journal would go back".to_owned());
    }
    let accepted = program.run(&["clock", "accept", "--stand-still"], data)?;
    if !accepted.status.success() {
        wrong.push(format!("time may not stand still: {}", String::from_utf8_lossy(&accepted.stderr)));
    }
    let claimed = shop.claim().await?;
    must_be(&claimed, 201, "a claim while time stands still", &mut wrong);
    if claimed.text("/claimed_at") < first.text("/claimed_at") {
        wrong.push(format!("{} is after {}", claimed.text("/claimed_at"), first.text("/claimed_at")));
    }
    server.terminate()?;
    Ok(wrong)
}

async fn a_little(program: &Program, data: &Path, dial: &Dial, back: i64) -> Result<Vec<String>, Trouble> {
    let mut wrong = Vec::new();
    let server = program.serve(data, Some(&dial.shim))?;
    let mut shop = Shop::open(program, data, &server).await?;
    let mut last = String::new();
    for step in 0..6 {
        if step == 3 {
            dial.set(-back)?;
        }
        let claimed = shop.claim().await?;
        let at = must_be(&claimed, 201, "a claim", &mut wrong).text("/claimed_at").to_owned();
        // A whole second is written without its fraction.
        if at.trim_end_matches('Z') < last.as_str() {
            wrong.push(format!("{at} comes after {last}"));
        }
        last = at.trim_end_matches('Z').to_owned();
    }
    must_be(&shop.ask(Method::GET, "/readyz", None).await?, 200, "readiness", &mut wrong);
    server.terminate()?;
    Ok(wrong)
}

fn must_be<'a>(answer: &'a Answer, status: u16, what: &str, wrong: &mut Vec<String>) -> &'a Answer {
    if answer.status != status {
        wrong.push(format!("{what} is answered {}, not {status}: {}", answer.status, answer.body));
    }
    answer
}

/// Refused, with the clock named.
fn refused(answer: &Answer, what: &str, wrong: &mut Vec<String>) {
    must_be(answer, 503, what, wrong);
    if answer.text("/code") != "store_unavailable" || !answer.text("/detail").contains("clock") {
        wrong.push(format!("{what} isn't told why: {}", answer.body));
    }
}
