//! Hostile but harmless traffic beside honest load: whatever strangers send, claims go on, memory stays, and `/readyz` answers.
//!
//! For each kind of abuse there are quiet windows and disturbed ones in turn, so that what else the machine does falls on both.
//! Honest claims' p99 is taken of each window, and the medians of both are compared; where that fails it is measured again, as what
//! is wrong with a server is wrong each time. Memory, threads and the server's own processor time are judged at once. All of it on
//! loopback, bounded in count and time.

mod honest;
mod kinds;
mod market;
mod process;
mod refunds;
mod wire;

use std::{
    fmt::Write as _,
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};

use kinds::{Hostile, KINDS, Kind};
use market::Market;
use refunds::Cost;
use tempfile::TempDir;

use crate::{
    Trouble,
    caller::Caller,
    result::Outcome,
    server::{Program, Server},
    shim::folder,
};
use honest::{Honest, Window, is_served};

/// Pairs of windows, quiet and disturbed, for each kind.
const ROUNDS: u32 = 3;
/// Honest claims' p99 may grow by so much.
const GROWTH_MAX: u32 = 3;
/// What is quicker than this counts as this: of two milliseconds three are no harm, and a machine of two processors is busy with
/// the abuser's own work besides.
const NOTICED: Duration = Duration::from_millis(10);
/// Of the server's memory.
const RESIDENT_MAX: u64 = 300 * 1024 * 1024;
const READY_MAX: Duration = Duration::from_secs(1);
/// Threads that a kind of abuse may have the server begin, beside those that it had: whoever reads waits for a turn.
const THREADS_MORE_MAX: u64 = 32;
/// A measure that noise can spoil is taken again, so often at most: what is wrong with the server is wrong each time.
const ATTEMPTS: u32 = 3;
/// Set-up and what is between the windows are not counted; each kind gets this share of the seconds.
const WINDOWS: u32 = 2 * ROUNDS;

/// How long, and of which kinds.
#[derive(Clone, Debug)]
pub struct Options {
    /// Of windows, in all.
    pub seconds: u32,
    pub seed: u64,
    /// Only this kind.
    pub kind: Option<String>,
}

/// # Errors
/// The server can't be started at all, refuses what sets the market up, or there is no such kind.
pub async fn run(program: &Program, options: Options) -> Result<Outcome, Trouble> {
    let kinds: Vec<&Kind> =
        KINDS.iter().filter(|kind| options.kind.as_deref().is_none_or(|name| name == kind.name)).collect();
    let count = u32::try_from(kinds.len()).expect("a handful");
    if count == 0 {
        return Err(Trouble::other(format!("no such kind: {:?}", options.kind)));
    }
    let data: TempDir = folder()?;
    let server = program.serve(data.path(), None)?;
    let market = Market::open(program, data.path(), &server).await?;
    let window = Duration::from_secs(options.seconds.into()) / (count * WINDOWS);
    let mut outcome = Outcome::begin("abuse", "kinds of abuse", options.seed);
    let mut notes = String::new();
    // What is slow once only, such as the first pages of a file, falls on nobody.
    Honest::start(&server, &market, "warm").window(window).await;
    for kind in kinds {
        let mut found = abused(kind, &server, &market, window, 0).await?;
        for attempt in 1..ATTEMPTS {
            if found.unsteady().is_empty() || !found.certain().is_empty() {
                break;
            }
            found = abused(kind, &server, &market, window, attempt).await?;
        }
        let comma = if notes.is_empty() { "" } else { ", " };
        write!(notes, "{comma}{}", found.told(kind.name)).expect("writing to memory doesn't fail");
        outcome.trial(kind.name, &found.wrong());
    }
    let resident = process::resident(&server);
    write!(notes, "; {} MB at the end", resident / (1024 * 1024)).expect("writing to memory doesn't fail");
    let ended = server.terminate()?;
    if !ended.status.success() {
        outcome.beside("the server's end", &[ended.said]);
    }
    if let Some(found) = program.verify(data.path())? {
        outcome.beside("verify", &[found]);
    }
    Ok(outcome.ended(notes))
}

/// What one kind of abuse came to.
struct Found {
    quiet: Vec<Window>,
    disturbed: Vec<Window>,
    threads_before: u64,
    watched: Watched,
    hostile: Hostile,
    refunds: Option<Cost>,
    is_served: bool,
}

/// The most that was seen.
#[derive(Clone, Copy, Default)]
struct Watched {
    resident: u64,
    threads: u64,
    ready_slowest: Duration,
}

async fn abused(
    kind: &Kind,
    server: &Server,
    market: &Market,
    window: Duration,
    attempt: u32,
) -> Result<Found, Trouble> {
    let mut found = Found {
        quiet: Vec::new(),
        disturbed: Vec::new(),
        threads_before: process::threads(server),
        watched: Watched::default(),
        hostile: Hostile::default(),
        refunds: None,
        is_served: false,
    };
    for round in attempt * ROUNDS..(attempt + 1) * ROUNDS {
        let name = format!("{}-{round}", kind.name);
        found.quiet.push(Honest::start(server, market, &format!("{name}-q")).window(window).await);
        let honest = Honest::start(server, market, &format!("{name}-d"));
        let abuse = kinds::start(kind, server, market, round);
        // To the end of the abuse, which may be after the window's.
        let over = AtomicBool::new(false);
        let (watched, ended) = tokio::join!(watch(server, &over), async {
            let (disturbed, hostile) = (honest.window(window).await, abuse.end().await);
            // The next quiet window is to be one.
            let ended = market.jobs_end(server, &hostile.jobs).await.map(|()| (disturbed, hostile));
            over.store(true, Ordering::SeqCst);
            ended
        });
        let (disturbed, hostile) = ended?;
        found.hostile.add(&hostile);
        found.disturbed.push(disturbed);
        found.watched = found.watched.most(watched);
    }
    found.is_served = is_served(server, market).await;
    if kind.refunds() && found.is_served {
        found.refunds = Some(Cost::measure(server, market, &format!("{}-{attempt}", kind.name)).await?);
    }
    Ok(found)
}

impl Watched {
    fn most(self, other: Self) -> Self {
        Self {
            resident: self.resident.max(other.resident),
            threads: self.threads.max(other.threads),
            ready_slowest: self.ready_slowest.max(other.ready_slowest),
        }
    }
}

impl Found {
    fn medians(&self) -> (Duration, Duration) {
        let median = |windows: &[Window]| {
            let mut all: Vec<Duration> = windows.iter().map(|window| window.claims_p99).collect();
            all.sort_unstable();
            all[all.len() / 2]
        };
        (median(&self.quiet), median(&self.disturbed))
    }

    fn wrong(&self) -> Vec<String> {
        [self.certain(), self.unsteady()].concat()
    }

    /// What no noise makes: counted, or in the server's own processor time.
    fn certain(&self) -> Vec<String> {
        let mut wrong = self.hostile.wrong.clone();
        if self.watched.resident > RESIDENT_MAX {
            wrong.push(format!("the server has {} MB", self.watched.resident / (1024 * 1024)));
        }
        if self.watched.threads > self.threads_before + THREADS_MORE_MAX {
            wrong.push(format!("the server has {} threads, {} before", self.watched.threads, self.threads_before));
        }
        let failed: u32 = self.disturbed.iter().map(|window| window.claims_failed).sum();
        if failed > 0 {
            wrong.push(format!("{failed} honest claims weren't done"));
        }
        if !self.is_served {
            wrong.push("a shopper isn't shown its wallet when all is over".to_owned());
        }
        wrong.extend(self.refunds.as_ref().and_then(Cost::wrong));
        wrong
    }

    /// What takes time, of which others on the machine take some.
    fn unsteady(&self) -> Vec<String> {
        let mut wrong = Vec::new();
        let (quiet, disturbed) = self.medians();
        let most = quiet.max(NOTICED) * GROWTH_MAX;
        if disturbed > most {
            wrong.push(format!("honest claims' p99 is {disturbed:?}, undisturbed {quiet:?}"));
        }
        if self.watched.ready_slowest > READY_MAX {
            wrong.push(format!("/readyz took {:?}", self.watched.ready_slowest));
        }
        if self.disturbed.iter().all(|window| window.reads == 0) {
            wrong.push("no honest wallet or quote was answered".to_owned());
        }
        wrong
    }

    /// `quotes_hung_up 1.9 → 3.0 ms p99, 64 MB`.
    fn told(&self, name: &str) -> String {
        let (quiet, disturbed) = self.medians();
        let ms = |time: Duration| format!("{}.{}", time.as_millis(), time.subsec_micros() % 1_000 / 100);
        let (sent, resident) = (self.hostile.sent, self.watched.resident / (1024 * 1024));
        let refunds = self.refunds.as_ref().map_or(String::new(), |cost| {
            format!(", a refund {} µs of processor, of a new order {} µs", cost.old_order, cost.new_order)
        });
        format!("{name}: {sent} sent, p99 {} → {} ms, {resident} MB{refunds}", ms(quiet), ms(disturbed))
    }
}

/// The server's largest memory, its threads and slowest `/readyz` until it is over.
async fn watch(server: &Server, over: &AtomicBool) -> Watched {
    let mut watched = Watched::default();
    let balancer = Caller::new(&server.base, "");
    while !over.load(Ordering::SeqCst) {
        let asked = Instant::now();
        let ready = balancer.get("/readyz").await;
        // No answer is as slow as can be.
        let took = if ready.is_some_and(|ready| ready.status == 200) { asked.elapsed() } else { Duration::MAX };
        watched = watched.most(Watched {
            resident: process::resident(server),
            threads: process::threads(server),
            ready_slowest: took,
        });
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    watched
}
