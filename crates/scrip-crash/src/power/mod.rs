//! Power loss. A real server is recorded under load: every write, sync and change of a name in its data folder, and in
//! between what clients were answered. The power is then cut after any of these events, as often as wanted: a device is
//! made of what was synced and of any part of what wasn't, and opened with the real code. Everything answered before the cut
//! must be there, the journal must verify, and everything must add up.

mod device;
mod recording;

use std::{
    collections::BTreeMap,
    fs::OpenOptions,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError, mpsc},
    time::Duration,
};

use rand::{Rng, SeedableRng, rngs::StdRng};
use scrip_sqlite::SqliteStore;
use tempfile::TempDir;

pub use device::{Device, Image, Mood};
pub use recording::{Event, FOLDER, Recording};

use crate::{
    Trouble,
    answered::{Answered, Fact, Log},
    compare,
    load::Load,
    market::Market,
    result::Outcome,
    server::Program,
    shim::{Library, folder},
};

/// States that are made of one recording: other states need other recordings.
const STATES_PER_RECORDING: u64 = 500;
/// Unique codes of a recording: enough to be used, few enough to be read a thousand times.
const UNIQUE_CODES: u32 = 40;
/// Longer than the server waits between checkpoints, so that the log begins anew.
const CHECKPOINT: Duration = Duration::from_millis(1_300);

/// How much, and with which choices.
#[derive(Clone, Debug)]
pub struct Options {
    pub states: u64,
    pub seed: u64,
    pub clients: u32,
    /// Of each of the three bursts of load in a recording.
    pub burst: Duration,
    /// Where the files of a state that isn't right are kept, to be looked at.
    pub keep: Option<PathBuf>,
}

/// # Errors
/// The server can't be recorded.
pub async fn run(program: &Program, options: Options) -> Result<Outcome, Trouble> {
    let library = Library::compile()?;
    let mut outcome = Outcome::begin("power", "states", options.seed);
    let mut rng = StdRng::seed_from_u64(options.seed);
    let (mut recordings, mut events, mut syncs, mut answered) = (0_u64, 0, 0, 0);
    let mut checking = Duration::ZERO;
    while outcome.trials < options.states {
        let states = STATES_PER_RECORDING.min(options.states - outcome.trials);
        let (recording, log) = record(program, &library, &options, rng.random()).await?;
        recordings += 1;
        events += recording.events.len();
        syncs += recording.events.iter().filter(|event| matches!(event, Event::Synced { .. })).count();
        answered += log.facts.len();
        let name = format!("recording {recordings}");
        outcome.beside(&name, &log.wrong);
        let started = std::time::Instant::now();
        let cut = Cut { recording: &recording, log: &log, keep: options.keep.as_deref() };
        cut.run(states, &name, rng.random(), &mut outcome)?;
        checking += started.elapsed();
    }
    let rate = u128::from(outcome.trials) * 1_000 / checking.as_millis().max(1);
    let notes = format!(
        "{recordings} recordings of {events} events, {syncs} syncs and {answered} answers; {rate} states/s on {} threads",
        threads()
    );
    Ok(outcome.ended(notes))
}

/// A run from an empty folder: three bursts of load, the log beginning anew between the first two, a stop, a start.
async fn record(
    program: &Program,
    library: &Library,
    options: &Options,
    seed: u64,
) -> Result<(Recording, Log), Trouble> {
    let (data, beside) = (folder()?, folder()?);
    let file = beside.path().join("recording");
    let mut shim = library.shim();
    shim.record = Some(file.clone());
    let marks =
        OpenOptions::new().append(true).create(true).open(&file).map_err(Trouble::io("making the recording"))?;
    let log = Arc::new(Answered::marking(marks));

    let server = program.serve(data.path(), Some(&shim))?;
    let market = Market::open(program, data.path(), &server, UNIQUE_CODES, &log).await?;
    for burst in 0..2 {
        let name = format!("p{burst}");
        Load::start(options.clients, &server.base, &name, seed ^ burst, &market, &log).run_for(options.burst).await;
        tokio::time::sleep(CHECKPOINT).await;
    }
    server.terminate()?;
    let server = program.serve(data.path(), Some(&shim))?;
    let load = Load::start(options.clients, &server.base, "p2", seed ^ 2, &market, &log);
    load.run_for(options.burst).await;
    server.kill()?;
    Ok((Recording::read(&file)?, std::mem::take(&mut *log.log())))
}

/// One device to be looked at.
struct State {
    name: String,
    image: Image,
    answered: usize,
}

/// A recording and all that is cut out of it.
struct Cut<'r> {
    recording: &'r Recording,
    log: &'r Log,
    keep: Option<&'r Path>,
}

impl Cut<'_> {
    /// Cuts the power `states` times, half of them right after an answer.
    fn run(&self, states: u64, name: &str, seed: u64, outcome: &mut Outcome) -> Result<(), Trouble> {
        let mut rng = StdRng::seed_from_u64(seed);
        let places = self.places(states, &mut rng);
        let found = Mutex::new(Vec::new());
        std::thread::scope(|scope| -> Result<(), Trouble> {
            let (sender, receiver) = mpsc::sync_channel::<State>(threads());
            let receiver = Arc::new(Mutex::new(receiver));
            let mut workers = Vec::new();
            for _ in 0..threads() {
                let (receiver, found) = (receiver.clone(), &found);
                workers.push(scope.spawn(move || self.work(&receiver, found)));
            }
            drop(receiver);
            let (mut device, mut done) = (Device::new(self.recording, []), 0);
            for place in places {
                while done < place && device.step() {
                    done += 1;
                }
                let mood = Mood::random(&mut rng);
                let image = device.after_a_cut(mood, &mut rng);
                let name = format!("{name}, cut after event {place}, {mood:?}");
                if sender.send(State { name, image, answered: device.answered }).is_err() {
                    break;
                }
            }
            drop(sender);
            workers.into_iter().try_for_each(|worker| worker.join().expect("a worker doesn't panic"))
        })?;
        for (name, wrong) in found.into_inner().unwrap_or_else(PoisonError::into_inner) {
            outcome.trial(&name, &wrong);
        }
        Ok(())
    }

    /// In the order of the run.
    fn places(&self, states: u64, rng: &mut StdRng) -> Vec<usize> {
        let events = &self.recording.events;
        let answers: Vec<usize> = (0..events.len())
            .filter(|place| matches!(events[*place], Event::Answered { .. }))
            .map(|place| place + 1)
            .collect();
        let mut places: Vec<usize> = (0..states)
            .map(|state| match state % 2 {
                0 if !answers.is_empty() => answers[rng.random_range(0..answers.len())],
                _ => rng.random_range(0..=events.len()),
            })
            .collect();
        places.sort_unstable();
        places
    }

    fn work(
        &self,
        states: &Mutex<mpsc::Receiver<State>>,
        found: &Mutex<Vec<(String, Vec<String>)>>,
    ) -> Result<(), Trouble> {
        let place = in_memory()?;
        loop {
            let next = states.lock().unwrap_or_else(PoisonError::into_inner).recv();
            let Ok(state) = next else { return Ok(()) };
            let wrong = look(place.path(), &state, &self.log.facts)?;
            if let (Some(keep), false) = (self.keep, wrong.is_empty()) {
                let folder = keep.join(state.name.replace(' ', "-"));
                std::fs::create_dir_all(&folder).map_err(Trouble::io("keeping a state"))?;
                put(&folder, &state.image)?;
            }
            found.lock().unwrap_or_else(PoisonError::into_inner).push((state.name, wrong));
        }
    }
}

/// Puts the files there, opens them as a server does, and judges.
fn look(folder: &Path, state: &State, facts: &[Fact]) -> Result<Vec<String>, Trouble> {
    put(folder, &state.image)?;
    let has = |name: &str, length: usize| state.image.get(name).is_some_and(|content| content.len() >= length);
    let mut wrong = Vec::new();
    // 64 digits and a line's end.
    if has("scrip.db", 1) && !has("secret.key", 65) {
        wrong.push("the database is there without its secret: no server starts".to_owned());
    }
    wrong.extend(open_and_judge(folder, &facts[..state.answered]));
    Ok(wrong)
}

/// Opens a folder's database for writing, so that SQLite recovers it, and judges it.
pub fn open_and_judge(folder: &Path, facts: &[Fact]) -> Vec<String> {
    let store = SqliteStore::open(&folder.join("scrip.db"), scrip_sqlite::Options::default());
    let judged = store.and_then(|store| compare::judge(&store, facts.iter()));
    judged.unwrap_or_else(|error| vec![format!("it can't be opened: {error}")])
}

/// Makes a folder hold these files and no others, and the remains of a shared-memory index, as a crash leaves one.
pub fn put(folder: &Path, image: &Image) -> Result<(), Trouble> {
    let doing = || Trouble::io("making a device's files");
    for entry in std::fs::read_dir(folder).map_err(doing())? {
        std::fs::remove_file(entry.map_err(doing())?.path()).map_err(doing())?;
    }
    for (name, content) in image {
        std::fs::write(folder.join(name), content).map_err(doing())?;
    }
    if image.contains_key("scrip.db-wal") {
        std::fs::write(folder.join("scrip.db-shm"), [0xA5; 32_768]).map_err(doing())?;
    }
    Ok(())
}

/// The files of a folder by name, with their inodes: where a recording begins.
pub fn files_of(folder: &Path) -> Result<Vec<(String, u64, Vec<u8>)>, Trouble> {
    use std::os::unix::fs::MetadataExt;
    let doing = || Trouble::io("reading a data folder");
    let mut files = BTreeMap::new();
    for entry in std::fs::read_dir(folder).map_err(doing())? {
        let entry = entry.map_err(doing())?;
        let metadata = entry.metadata().map_err(doing())?;
        if metadata.is_file() {
            let name = entry.file_name().to_string_lossy().into_owned();
            files.insert(name, (metadata.ino(), std::fs::read(entry.path()).map_err(doing())?));
        }
    }
    Ok(files.into_iter().map(|(name, (inode, content))| (name, inode, content)).collect())
}

/// A folder in memory where there is one: these files needn't survive anything.
pub fn in_memory() -> Result<TempDir, Trouble> {
    let memory = PathBuf::from("/dev/shm");
    match tempfile::Builder::new().prefix("scrip-crash-").tempdir_in(&memory) {
        Ok(folder) => Ok(folder),
        Err(_) => folder(),
    }
}

fn threads() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}
