//! Flipped bits: a bit of the database file that changes anything stored is found by `scrip verify`.
//!
//! Whether a flip changes anything is decided by a dump of every value of every table that knows nothing of what they mean.
//! Flips in unused bytes change nothing. What SQLite's own housekeeping says when a migration was applied has no second
//! copy anywhere; such flips are counted apart.

use std::{
    collections::BTreeMap,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    sync::Arc,
    time::Duration,
};

use rand::{Rng, SeedableRng, rngs::StdRng};
use scrip_engine::{
    Master, Secrets,
    verify::{Outside, verify_with},
};
use scrip_sqlite::{Dump, SqliteStore};

use crate::{
    Trouble, answered::Answered, load::Load, market::Market, power::in_memory, result::Outcome, server::Program,
    shim::folder,
};

/// Trials of which one is also shown to the binary, to see that it says the same.
const SHOWN_TO_THE_BINARY: u64 = 100;

/// The table that refinery keeps its own history in.
const HOUSEKEEPING: &str = "refinery_schema_history";

/// How much, and with which choices.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    pub trials: u64,
    pub seed: u64,
}

/// What became of one flip.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Kind {
    /// Nothing that is stored changed.
    Harmless,
    /// The file couldn't be opened or read any more.
    Unreadable,
    /// Values changed, and it was found.
    Found,
    /// Only the migrations' own history changed.
    Housekeeping,
    /// Values of this table changed, or couldn't be read, and nothing was found.
    Missed(String),
    /// The check panicked instead of saying what it found.
    Panicked,
}

/// # Errors
/// No database can be filled, or a copy can't be written.
pub async fn run(program: &Program, options: Options) -> Result<Outcome, Trouble> {
    let mut outcome = Outcome::begin("flip", "flips", options.seed);
    let mut rng = StdRng::seed_from_u64(options.seed);
    let place = in_memory()?;
    let (whole, master) = fill(program, rng.random(), place.path()).await?;
    let path = place.path().join("scrip.db");
    write(&path, &whole)?;
    let before = match look(&path, &master) {
        Ok((dump, true)) => dump,
        Ok((_, false)) => return Err(Trouble::other("the database is damaged before anything was flipped")),
        Err(error) => return Err(Trouble::other(error)),
    };
    let mut kinds: BTreeMap<&'static str, u64> = BTreeMap::new();
    let mut flipped = whole.clone();
    while outcome.trials < options.trials {
        let (byte, bit) = (rng.random_range(0..whole.len()), rng.random_range(0..8));
        flipped[byte] ^= 1 << bit;
        write(&path, &flipped)?;
        flipped[byte] = whole[byte];
        let kind = judge(&path, &master, &before);
        let mut wrong = Vec::new();
        match &kind {
            Kind::Missed(table) => wrong.push(format!("{table} changed and nothing was found")),
            Kind::Panicked => wrong.push("the check panicked".to_owned()),
            Kind::Harmless | Kind::Unreadable | Kind::Found | Kind::Housekeeping => {}
        }
        if outcome.trials.is_multiple_of(SHOWN_TO_THE_BINARY) {
            let found = program.verify(place.path())?.is_some();
            if found != matches!(kind, Kind::Found | Kind::Unreadable) && kind != Kind::Harmless {
                wrong.push(format!("{kind:?}, and the binary says found: {found}"));
            }
        }
        *kinds.entry(kind.name()).or_default() += 1;
        outcome.trial(&format!("bit {bit} of byte {byte}"), &wrong);
    }
    let kinds: Vec<String> = kinds.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
    Ok(outcome.ended(format!("{} of a file of {} KiB", kinds.join(", "), whole.len() / 1_024)))
}

impl Kind {
    const fn name(&self) -> &'static str {
        match self {
            Self::Harmless => "harmless",
            Self::Unreadable => "unreadable",
            Self::Found => "found",
            Self::Housekeeping => "in the migrations' history",
            Self::Missed(_) => "missed",
            Self::Panicked => "panicked",
        }
    }
}

/// A database after some load, closed in order: one file. Its secret is copied to a folder.
async fn fill(program: &Program, seed: u64, to: &Path) -> Result<(Vec<u8>, Master), Trouble> {
    let data = folder()?;
    let log = Arc::new(Answered::default());
    let server = program.serve(data.path(), None)?;
    let market = Market::open(program, data.path(), &server, 200, &log).await?;
    Load::start(4, &server.base, "f", seed, &market, &log).run_for(Duration::from_millis(250)).await;
    server.terminate()?;
    let whole = std::fs::read(data.path().join("scrip.db")).map_err(Trouble::io("reading the database"))?;
    let secret = data.path().join("secret.key");
    std::fs::copy(&secret, to.join("secret.key")).map_err(Trouble::io("copying the secret"))?;
    let text = std::fs::read_to_string(&secret).map_err(Trouble::io("reading the secret"))?;
    Ok((whole, master(text.trim()).ok_or_else(|| Trouble::other("the secret isn't 64 hexadecimal digits"))?))
}

fn master(digits: &str) -> Option<Master> {
    let mut bytes = Vec::new();
    for place in (0..digits.len()).step_by(2) {
        bytes.push(u8::from_str_radix(digits.get(place..place + 2)?, 16).ok()?);
    }
    bytes.try_into().ok()
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), Trouble> {
    for suffix in ["-wal", "-shm"] {
        let mut beside = path.as_os_str().to_owned();
        beside.push(suffix);
        let _ = std::fs::remove_file(beside);
    }
    std::fs::write(path, bytes).map_err(Trouble::io("writing a flipped copy"))
}

/// What is stored, and whether it verifies.
fn look(path: &Path, master: &Master) -> Result<(Dump, bool), String> {
    let store = SqliteStore::open_read_only(path).map_err(|error| error.to_string())?;
    let dump = store.dump().map_err(|error| error.to_string())?;
    Ok((dump, verifies(&store, master).unwrap_or_default()))
}

/// `None`: it panicked.
fn verifies(store: &SqliteStore, master: &Master) -> Option<bool> {
    let is_clean = || {
        let Ok(Some(secrets)) = Secrets::read(store, master) else { return false };
        let outside = Outside { seals: Some(secrets.chain()), heads: &[] };
        verify_with(store, outside).is_ok_and(|report| report.is_clean())
    };
    catch_unwind(AssertUnwindSafe(is_clean)).ok()
}

fn judge(path: &Path, master: &Master, before: &Dump) -> Kind {
    let Ok(store) = SqliteStore::open_read_only(path) else { return Kind::Unreadable };
    let Some(clean) = verifies(&store, master) else { return Kind::Panicked };
    let dump = match store.dump() {
        Ok(dump) => dump,
        Err(_) if !clean => return Kind::Unreadable,
        Err(error) => return Kind::Missed(error.to_string()),
    };
    let tables = before.keys().chain(dump.keys());
    let changed: Vec<&String> = tables.filter(|table| before.get(*table) != dump.get(*table)).collect();
    match (changed.first(), clean) {
        (None, _) => Kind::Harmless,
        (Some(_), false) => Kind::Found,
        (Some(_), true) if changed.iter().all(|table| *table == HOUSEKEEPING) => Kind::Housekeeping,
        (Some(table), true) => Kind::Missed((*table).clone()),
    }
}
