//! kill -9 in the middle of mixed load: what was answered is there after the restart, what is asked again under its key is
//! answered as before and done once, and nothing stays held.
//!
//! A folder lives through some kills. Then its holds are let run out, by a server whose clock is ahead, and what they
//! held must be back. So a run doesn't wait for a minute to pass, and a folder's history stays short enough to be replayed
//! after every kill.

use std::{
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use rand::{Rng, SeedableRng, rngs::StdRng};
use scrip_core::order::OrderStage;
use scrip_sqlite::SqliteStore;
use tempfile::TempDir;

use crate::{
    Trouble,
    answered::{Answered, Keyed, Log},
    caller::Caller,
    compare::{self, doubled},
    documents::Documents,
    load::Load,
    market::Market,
    result::Outcome,
    server::{Program, Server},
    shim::{Library, folder},
};

/// Kills that one folder lives through.
const KILLS_PER_FOLDER: u64 = 25;
/// Answered requests of a round that are asked again under their keys; those without an answer all are.
const ASKED_AGAIN: usize = 25;
/// Holds are of one minute, extended by one at most.
const PAST_EVERY_HOLD_SECONDS: i64 = 180;
/// What was held is given back within 5 s of the end of its hold.
const SWEEP_PATIENCE: Duration = Duration::from_secs(6);

/// How much, and with which choices.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    pub kills: u64,
    pub seed: u64,
    pub clients: u32,
}

/// # Errors
/// The server can't be started at all, or refuses what sets the market up.
pub async fn run(program: &Program, options: Options) -> Result<Outcome, Trouble> {
    let library = Library::compile()?;
    let mut rng = StdRng::seed_from_u64(options.seed);
    let mut outcome = Outcome::begin("kill", "kills", options.seed);
    let mut total = Log::default();
    while outcome.trials < options.kills {
        let kills = KILLS_PER_FOLDER.min(options.kills - outcome.trials);
        let life = Life::begin(program, &library, options, rng.random()).await?;
        let log = life.run(kills, &mut outcome).await?;
        total.facts.extend(log.facts);
        for (what, count) in log.counts {
            *total.counts.entry(what).or_default() += count;
        }
    }
    Ok(outcome.ended(total.summary()))
}

/// One folder, from its first start to the end of its holds.
struct Life<'p> {
    program: &'p Program,
    library: &'p Library,
    options: Options,
    rng: StdRng,
    data: TempDir,
    server: Server,
    market: Market,
    log: Arc<Answered>,
    /// Of the log, what was asked again already.
    keyed_seen: usize,
    wrong_seen: usize,
}

impl<'p> Life<'p> {
    async fn begin(program: &'p Program, library: &'p Library, options: Options, seed: u64) -> Result<Self, Trouble> {
        let data = folder()?;
        let log = Arc::new(Answered::default());
        let server = program.serve(data.path(), None)?;
        let market = Market::open(program, data.path(), &server, 2_000, &log).await?;
        let rng = StdRng::seed_from_u64(seed);
        Ok(Self { program, library, options, rng, data, server, market, log, keyed_seen: 0, wrong_seen: 0 })
    }

    async fn run(mut self, kills: u64, outcome: &mut Outcome) -> Result<Log, Trouble> {
        for kill in 0..kills {
            let name = format!("kill {}", outcome.trials + 1);
            let seed = self.rng.random();
            let load = Load::start(
                self.options.clients,
                &self.server.base,
                &format!("k{kill}"),
                seed,
                &self.market,
                &self.log,
            );
            tokio::time::sleep(Duration::from_millis(self.rng.random_range(50..400))).await;
            self.server.kill()?;
            load.end().await;
            self.server = match self.program.serve(self.data.path(), None) {
                Ok(server) => server,
                Err(trouble) => {
                    outcome.trial(&name, &[trouble.to_string()]);
                    return Ok(std::mem::take(&mut *self.log.log()));
                }
            };
            let mut wrong = self.ask_again().await;
            wrong.extend(self.judge()?);
            if kill + 1 == kills {
                self = self.rest(&mut wrong)?;
            }
            outcome.trial(&name, &wrong);
        }
        Ok(std::mem::take(&mut *self.log.log()))
    }

    /// Asks again what was sent under keys since the last kill.
    async fn ask_again(&mut self) -> Vec<String> {
        let mut keyed: Vec<Keyed> = self.log.log().keyed[self.keyed_seen..].to_vec();
        self.keyed_seen += keyed.len();
        let (answered, doubtful): (Vec<Keyed>, Vec<Keyed>) = keyed.drain(..).partition(|one| one.answered.is_some());
        let caller = Caller::new(&self.server.base, &self.market.operator);
        let mut wrong = Vec::new();
        // The last ones answered are the likeliest to be lost.
        for one in answered.iter().rev().filter(|one| one.made).take(ASKED_AGAIN) {
            match caller.post(&one.path, Some(&one.key), &one.body).await {
                Some(again) if again.replayed && Some(&again.body) == one.answered.as_ref() => {}
                Some(again) => wrong.push(format!(
                    "{} was answered {}, and asked again {} {}",
                    one.path,
                    one.answered.as_ref().unwrap_or_default(),
                    again.status,
                    again.body
                )),
                None => wrong.push(format!("{} asked again got no answer", one.path)),
            }
        }
        for one in doubtful {
            let first = caller.post(&one.path, Some(&one.key), &one.body).await;
            let Some(first) = first else {
                wrong.push(format!("{} asked again got no answer", one.path));
                continue;
            };
            if first.status != 201 {
                continue;
            }
            self.log.count("done or done before, unanswered");
            match caller.post(&one.path, Some(&one.key), &one.body).await {
                Some(second) if second.replayed && second.body == first.body => {}
                second => wrong.push(format!("{} was done again: {:?}, then {second:?}", one.path, first.body)),
            }
        }
        wrong
    }

    /// Reads beside the server, as `scrip verify` does.
    fn judge(&mut self) -> Result<Vec<String>, Trouble> {
        let path = self.data.path().join("scrip.db");
        let log = self.log.log();
        let judged = SqliteStore::open_read_only(&path).and_then(|store| {
            let mut wrong = compare::judge(&store, log.facts.iter())?;
            wrong.extend(doubled(&Documents::read(&store)?, &log.coupons_max));
            Ok(wrong)
        });
        let mut wrong = judged.unwrap_or_else(|error| vec![error.to_string()]);
        wrong.extend_from_slice(&log.wrong[self.wrong_seen..]);
        self.wrong_seen = log.wrong.len();
        Ok(wrong)
    }

    /// Lets every hold run out.
    fn rest(mut self, wrong: &mut Vec<String>) -> Result<Self, Trouble> {
        let ended = self.server.terminate()?;
        if !ended.status.success() {
            wrong.push(format!("told to stop it ended with {}: {}", ended.status, ended.said.trim()));
        }
        let mut shim = self.library.shim();
        shim.clock_seconds = PAST_EVERY_HOLD_SECONDS;
        self.server = self.program.serve(self.data.path(), Some(&shim))?;
        let started = Instant::now();
        let held = loop {
            let held = still_held(&self.data.path().join("scrip.db"));
            if held.is_empty() || started.elapsed() > SWEEP_PATIENCE {
                break held;
            }
            std::thread::sleep(Duration::from_millis(100));
        };
        wrong.extend(held);
        wrong.extend(self.judge()?);
        wrong.extend(self.program.verify(self.data.path())?);
        Ok(self)
    }
}

/// Orders that are still open though their hold ran out, and budget that is still held.
fn still_held(path: &Path) -> Vec<String> {
    let documents = match SqliteStore::open_read_only(path).and_then(|store| Documents::read(&store)) {
        Ok(documents) => documents,
        Err(error) => return vec![error.to_string()],
    };
    let open = documents.orders.values().filter(|order| order.stage == OrderStage::Placed);
    let mut held: Vec<String> =
        open.map(|order| format!("the order {}/{} is held after its time", order.account, order.id)).collect();
    let counters = documents.allowances.values().map(|allowance| allowance.counters.budget_held.minor());
    let budget: i64 = counters.sum();
    if budget != 0 {
        held.push(format!("{budget} of budgets are held by nothing"));
    }
    held
}
