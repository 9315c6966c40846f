//! A disk that is full, fails a write or fails a sync: the server stops writing, answers 503 to those who wait, ends with
//! a message and a status that isn't 0, and after a restart on a good disk nothing answered is lost.
//!
//! After a failed sync nobody knows what the device has: the operating system may have thrown away what wasn't written. So
//! such a device is also judged as after a power cut, without anything that wasn't synced.

use std::{path::Path, sync::Arc, time::Duration};

use rand::{Rng, SeedableRng, rngs::StdRng};

use crate::{
    Trouble,
    answered::{Answered, Fact},
    load::Load,
    market::Market,
    power::{self, Device, Event, Mood, Recording, open_and_judge},
    result::Outcome,
    server::{Program, Server},
    shim::{Fail, Library, folder},
};

/// The status of a server that stopped because its disk failed, as `docs/operate/recovery.md` says.
const STATUS: i32 = 70;
/// How long the clients go on where the failure doesn't come.
const LOAD: Duration = Duration::from_millis(1_500);

/// Long enough for a client to write something.
const ONE_MORE_WRITE: Duration = Duration::from_millis(200);

/// How much, and with which choices.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    pub trials: u64,
    pub seed: u64,
    pub clients: u32,
}

#[derive(Debug, Default)]
struct Counts {
    at_start: u64,
    under_load: u64,
    not_struck: u64,
    unavailable: u64,
}

/// # Errors
/// No data folder can be filled.
pub async fn run(program: &Program, options: Options) -> Result<Outcome, Trouble> {
    let library = Library::compile()?;
    let mut rng = StdRng::seed_from_u64(options.seed);
    let mut outcome = Outcome::begin("disk", "failures", options.seed);
    let mut counts = Counts::default();
    let filled = Filled::make(program).await?;
    let mut tried = 0;
    while outcome.trials < options.trials {
        // Every fifth time the folder is empty, and the failures come one after the other while the server makes it its own.
        let first_start = tried % 5 == 4;
        let number = tried / 10 + 1;
        let fail = match (first_start, rng.random_range(0..3)) {
            (true, _) if tried % 10 == 4 => Fail::Sync(number),
            (true, _) => Fail::Write(number),
            (false, 0) => Fail::Write(rng.random_range(1..400)),
            (false, 1) => Fail::Sync(rng.random_range(1..60)),
            (false, _) => Fail::Full(rng.random_range(0..400_000)),
        };
        tried += 1;
        let file = if first_start { "" } else { ["-wal", ".db", ""][rng.random_range(0..3)] };
        let filled = (!first_start).then_some(&filled);
        let trial = Trial { program, library: &library, options, fail, file, seed: rng.random() };
        if let Some(wrong) = trial.run(filled, &mut counts).await? {
            outcome.trial(&format!("{fail:?} of *{file}"), &wrong);
        } else if counts.not_struck > 10 * options.trials {
            return Err(Trouble::other("no failure strikes"));
        }
    }
    Ok(outcome.ended(format!(
        "{} struck at the start, {} under load, {} not at all (not counted); {} answers of 503",
        counts.at_start, counts.under_load, counts.not_struck, counts.unavailable
    )))
}

/// A folder with a market in it, closed in order, that trials begin with.
struct Filled {
    data: tempfile::TempDir,
    market: Market,
    facts: Vec<Fact>,
}

impl Filled {
    async fn make(program: &Program) -> Result<Self, Trouble> {
        let data = folder()?;
        let log = Answered::default();
        let server = program.serve(data.path(), None)?;
        let market = Market::open(program, data.path(), &server, 100, &log).await?;
        server.terminate()?;
        Ok(Self { data, market, facts: log.into_log().facts })
    }

    fn copy(&self, to: &Path) -> Result<(), Trouble> {
        for name in ["scrip.db", "secret.key"] {
            std::fs::copy(self.data.path().join(name), to.join(name)).map_err(Trouble::io("copying a data folder"))?;
        }
        Ok(())
    }
}

struct Trial<'p> {
    program: &'p Program,
    library: &'p Library,
    options: Options,
    fail: Fail,
    file: &'static str,
    seed: u64,
}

impl Trial<'_> {
    fn load(&self, name: &str, server: &Server, filled: &Filled, log: &Arc<Answered>) -> Load {
        Load::start(self.options.clients, &server.base, name, self.seed, &filled.market, log)
    }

    /// `None`: the failure didn't strike.
    async fn run(&self, filled: Option<&Filled>, counts: &mut Counts) -> Result<Option<Vec<String>>, Trouble> {
        let (data, beside) = (folder()?, folder()?);
        if let Some(filled) = filled {
            filled.copy(data.path())?;
        }
        let files = power::files_of(data.path())?;
        let record = beside.path().join("recording");
        let mut shim = self.library.shim();
        (shim.record, shim.fail, shim.fail_file) = (Some(record.clone()), Some(self.fail), self.file);
        let log = Arc::new(Answered::default());
        let mut wrong = Vec::new();

        match self.program.serve(data.path(), Some(&shim)) {
            Ok(mut server) => {
                if let Some(filled) = filled {
                    let load = self.load("d", &server, filled, &log);
                    let mut waited = Duration::ZERO;
                    while waited < LOAD && !server.is_gone() {
                        tokio::time::sleep(Duration::from_millis(20)).await;
                        waited += Duration::from_millis(20);
                    }
                    load.end().await;
                }
                if !struck(&record)? {
                    counts.not_struck += 1;
                    return Ok(None);
                }
                // A checkpoint that failed stops the next write at the latest.
                if !server.is_gone() {
                    match filled {
                        Some(filled) => self.load("e", &server, filled, &log).run_for(ONE_MORE_WRITE).await,
                        // It is refused, or it is made and stays.
                        None => drop(self.program.key(data.path(), &["operator"])),
                    }
                }
                counts.under_load += 1;
                wrong.extend(ended_well(server));
            }
            // It says why on its way out.
            Err(Trouble::Other(text)) if text.contains("exit status") && text.contains("scrip:") => {
                counts.at_start += 1;
            }
            Err(trouble) => wrong.push(trouble.to_string()),
        }
        let recording = Recording::read(&record)?;
        wrong.extend(wrote_on(&recording));
        let log = log.log();
        counts.unavailable += log.counted("unavailable");
        wrong.extend(log.wrong.iter().cloned());
        let facts: Vec<Fact> = filled.into_iter().flat_map(|filled| &filled.facts).chain(&log.facts).cloned().collect();
        drop(log);
        if matches!(self.fail, Fail::Sync(_)) {
            wrong.extend(without_what_was_not_synced(&recording, files, &facts)?);
        }
        wrong.extend(restarts(self.program, data.path(), &facts));
        Ok(Some(wrong))
    }
}

/// Whether something was made to fail by now.
fn struck(record: &Path) -> Result<bool, Trouble> {
    Ok(Recording::read(record)?.events.iter().any(|event| matches!(event, Event::Failed { .. })))
}

fn ended_well(server: Server) -> Option<String> {
    match server.ended() {
        Ok(ended) if ended.status.code() != Some(STATUS) => {
            Some(format!("it ended with {} and said {:?}", ended.status, ended.said.trim()))
        }
        Ok(ended) if !ended.said.contains("the store failed") => Some(format!("it said {:?}", ended.said.trim())),
        Ok(_) => None,
        Err(trouble) => Some(format!("after the failure: {trouble}")),
    }
}

/// Whether commits went on after the failure: the log was synced again.
fn wrote_on(recording: &Recording) -> Option<String> {
    let failed = recording.events.iter().position(|event| matches!(event, Event::Failed { .. }))?;
    let Event::Failed { inode } = recording.events[failed] else { return None };
    let later = &recording.events[failed + 1..];
    let begun =
        later.iter().filter(|event| matches!(event, Event::SyncBegun { inode: of, .. } if *of == inode)).count();
    // One may have been on its way.
    (begun > 1).then(|| format!("the file that failed was synced {begun} times more"))
}

/// The device when the operating system threw away what the failed sync didn't bring to it.
fn without_what_was_not_synced(
    recording: &Recording,
    files: Vec<(String, u64, Vec<u8>)>,
    facts: &[Fact],
) -> Result<Vec<String>, Trouble> {
    let mut device = Device::new(recording, files);
    while device.step() {}
    let image = device.after_a_cut(Mood::NothingElse, &mut StdRng::seed_from_u64(0));
    let place = power::in_memory()?;
    power::put(place.path(), &image)?;
    Ok(open_and_judge(place.path(), facts)
        .into_iter()
        .map(|wrong| format!("without what wasn't synced: {wrong}"))
        .collect())
}

/// On a good disk it starts, has everything, and writes again.
fn restarts(program: &Program, data: &Path, facts: &[Fact]) -> Vec<String> {
    let server = match program.serve(data, None) {
        Ok(server) => server,
        Err(trouble) => return vec![format!("on a good disk: {trouble}")],
    };
    let key = program.key(data, &["storefront"]);
    drop(server);
    let mut wrong: Vec<String> = key.err().map(|trouble| format!("it writes nothing: {trouble}")).into_iter().collect();
    wrong.extend(open_and_judge(data, facts));
    wrong
}
