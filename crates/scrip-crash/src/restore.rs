//! Restores as hands do them when something went wrong: beside a running server, with the log left behind, with another
//! secret, of a broken backup, killed midway, and without any command: another file copied over the database. After each, everything that was answered is in the files that belong together, or
//! nothing was restored; and no command that starts on what is left takes anything away.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use rand::{Rng, SeedableRng, rngs::StdRng};
use tempfile::TempDir;

use crate::{
    Trouble,
    answered::{Answered, Fact},
    load::Load,
    market::Market,
    power::open_and_judge,
    result::Outcome,
    server::{Program, Server},
    shim::folder,
};

/// A database's files, which belong together.
const TOGETHER: [&str; 3] = ["scrip.db", "scrip.db-wal", "scrip.db-shm"];
const SECRET: &str = "secret.key";

/// How much, and with which choices.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    pub restores: u64,
    pub seed: u64,
    pub clients: u32,
}

/// What is done wrong.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Misuse {
    /// The server goes on meanwhile.
    BesideTheServer,
    /// The same, and `scrip.db` alone was moved away under it.
    UnderTheServer,
    /// Killed, and `scrip.db` alone was moved away.
    LogLeft,
    /// Killed, and all files were moved away together: right, so it must work, and nothing may be missing from what was moved.
    AllMoved,
    /// All moved, and the folder has another database's secret.
    AnotherSecret,
    /// All moved, and the backup is cut off.
    CutOff,
    /// Killed, and restored elsewhere from the database itself, beside its log.
    FromTheDatabase,
    /// All moved, and the restore is killed.
    Killed,
    /// Killed, and the backup copied over `scrip.db` beside the log.
    CopiedOver,
    /// Killed, and a copy of `scrip.db` from before put over it.
    OlderCopy,
    /// The server goes on, and the backup takes the place of `scrip.db`; then it is started again.
    ReplacedUnder,
    /// Killed, and the backup copied over a fresh server's `scrip.db`, which was killed too.
    OverAFresh,
}

use Misuse::{
    AllMoved, AnotherSecret, BesideTheServer, CopiedOver, CutOff, FromTheDatabase, Killed, LogLeft, OlderCopy,
    OverAFresh, ReplacedUnder, UnderTheServer,
};

const MISUSES: [Misuse; 12] = [
    BesideTheServer,
    UnderTheServer,
    LogLeft,
    AllMoved,
    AnotherSecret,
    CutOff,
    FromTheDatabase,
    Killed,
    CopiedOver,
    OlderCopy,
    ReplacedUnder,
    OverAFresh,
];

/// # Errors
/// The server can't be started, or refuses what sets the market up.
pub async fn run(program: &Program, options: Options) -> Result<Outcome, Trouble> {
    let mut rng = StdRng::seed_from_u64(options.seed);
    let mut outcome = Outcome::begin("restore", "restores", options.seed);
    let mut looked_for = 0;
    while outcome.trials < options.restores {
        let misuse = MISUSES[usize::try_from(outcome.trials).unwrap_or_default() % MISUSES.len()];
        let mut trial = Trial::begin(program, options.clients, rng.random()).await?;
        let wrong = trial.run(misuse).await?;
        looked_for += trial.log.log().facts.len();
        let name = format!("restore {}, {misuse:?}", outcome.trials + 1);
        outcome.trial(&name, &wrong);
        outcome.beside(&name, &trial.log.log().wrong);
    }
    Ok(outcome.ended(format!("{looked_for} answers looked for")))
}

/// A server after some load, with a backup of some way through, which goes on.
struct Trial<'p> {
    program: &'p Program,
    rng: StdRng,
    data: TempDir,
    place: TempDir,
    server: Option<Server>,
    load: Option<Load>,
    log: Arc<Answered>,
    in_backup: Vec<Fact>,
}

impl<'p> Trial<'p> {
    async fn begin(program: &'p Program, clients: u32, seed: u64) -> Result<Self, Trouble> {
        let mut rng = StdRng::seed_from_u64(seed);
        let (data, place, log) = (folder()?, folder()?, Arc::new(Answered::default()));
        let server = program.serve(data.path(), None)?;
        let market = Market::open(program, data.path(), &server, 50, &log).await?;
        let load = Load::start(clients, &server.base, "r", rng.random(), &market, &log);
        tokio::time::sleep(Duration::from_millis(rng.random_range(30..150))).await;
        let in_backup = log.log().facts.clone();
        let trial = Self { program, rng, data, place, server: Some(server), load: Some(load), log, in_backup };
        let output = trial.program.run(&["backup", "--to", &trial.backup()], trial.data.path())?;
        if !output.status.success() {
            return Err(Trouble::other(format!("no backup: {}", String::from_utf8_lossy(&output.stderr))));
        }
        Ok(trial)
    }

    fn backup(&self) -> String {
        self.place.path().join("backup.db").display().to_string()
    }

    /// Answers what went wrong.
    async fn run(&mut self, misuse: Misuse) -> Result<Vec<String>, Trouble> {
        // What was answered since is in the log, and not in the backup.
        tokio::time::sleep(Duration::from_millis(self.rng.random_range(30..150))).await;
        match misuse {
            BesideTheServer => {
                let mut wrong = self.must_refuse(self.data.path(), &self.backup())?;
                tokio::time::sleep(Duration::from_millis(30)).await;
                self.stop().await?;
                wrong.extend(self.judge_all(self.data.path()));
                Ok(wrong)
            }
            UnderTheServer => {
                let aside = folder()?;
                move_files(self.data.path(), aside.path(), &TOGETHER[..1])?;
                let mut wrong = self.must_refuse(self.data.path(), &self.backup())?;
                tokio::time::sleep(Duration::from_millis(30)).await;
                self.stop().await?;
                wrong.extend(self.put_back(aside.path())?);
                Ok(wrong)
            }
            LogLeft => {
                self.stop().await?;
                let aside = folder()?;
                move_files(self.data.path(), aside.path(), &TOGETHER[..1])?;
                let mut wrong = self.must_refuse(self.data.path(), &self.backup())?;
                wrong.extend(self.nothing_may_start()?);
                wrong.extend(self.put_back(aside.path())?);
                Ok(wrong)
            }
            AllMoved => {
                let aside = self.move_all().await?;
                let mut wrong = self.must_restore(self.data.path(), &self.backup(), &[])?;
                wrong.extend(open_and_judge(self.data.path(), &self.in_backup));
                wrong.extend(self.judge_all(aside.path()));
                Ok(wrong)
            }
            AnotherSecret => {
                let aside = self.move_all().await?;
                let secret = self.data.path().join(SECRET);
                let other: String =
                    (0..64).map(|_| char::from(b"0123456789abcdef"[self.rng.random_range(0..16)])).collect();
                fs::write(&secret, other).map_err(Trouble::io("writing another secret"))?;
                let mut wrong = self.must_refuse(self.data.path(), &self.backup())?;
                wrong.extend(self.must_be_empty());
                wrong.extend(self.judge_all(aside.path()));
                Ok(wrong)
            }
            CutOff => {
                let aside = self.move_all().await?;
                let backup = PathBuf::from(self.backup());
                let whole = fs::read(&backup).map_err(Trouble::io("reading the backup"))?;
                let cut = self.rng.random_range(0..whole.len());
                fs::write(&backup, &whole[..cut]).map_err(Trouble::io("cutting the backup"))?;
                let mut wrong = self.must_refuse(self.data.path(), &self.backup())?;
                wrong.extend(self.must_be_empty());
                wrong.extend(self.judge_all(aside.path()));
                Ok(wrong)
            }
            FromTheDatabase => {
                self.stop().await?;
                let (elsewhere, from) = (folder()?, self.data.path().join(TOGETHER[0]));
                let secret = self.data.path().join(SECRET).display().to_string();
                let more = ["--secret-key", &secret];
                let mut wrong = self.must_restore(elsewhere.path(), &from.display().to_string(), &more)?;
                wrong.extend(self.judge_all(elsewhere.path()));
                wrong.extend(self.judge_all(self.data.path()));
                Ok(wrong)
            }
            Killed => {
                let aside = self.move_all().await?;
                let milliseconds = self.rng.random_range(0..60);
                self.program.run_and_kill(
                    &["restore", "--from", &self.backup()],
                    self.data.path(),
                    Duration::from_millis(milliseconds),
                )?;
                let mut wrong = Vec::new();
                if !self.data.path().join(TOGETHER[0]).exists() {
                    wrong = self.must_restore(self.data.path(), &self.backup(), &[])?;
                }
                wrong.extend(open_and_judge(self.data.path(), &self.in_backup));
                wrong.extend(self.judge_all(aside.path()));
                Ok(wrong)
            }
            CopiedOver => {
                self.stop().await?;
                self.other_file(Path::new(&self.backup()))
            }
            OlderCopy => {
                let older = self.place.path().join("older.db");
                fs::copy(self.data.path().join(TOGETHER[0]), &older).map_err(Trouble::io("copying the database"))?;
                tokio::time::sleep(Duration::from_millis(30)).await;
                self.stop().await?;
                // The log of then is ended, and a newer one begun: the copy and the log of then would be the whole together.
                self.must_run(&["migrate"])?;
                let server = self.program.serve(self.data.path(), None)?;
                self.must_run(&["keys", "create", "--role", "operator"])?;
                server.kill()?;
                self.other_file(&older)
            }
            ReplacedUnder => {
                let aside = folder()?;
                move_files(self.data.path(), aside.path(), &TOGETHER[..1])?;
                let file = self.data.path().join(TOGETHER[0]);
                fs::copy(self.backup(), &file).map_err(Trouble::io("replacing the database"))?;
                tokio::time::sleep(Duration::from_millis(30)).await;
                self.stop().await?;
                let wrong = self.nothing_may_start()?;
                fs::remove_file(&file).map_err(Trouble::io("taking the other file away"))?;
                Ok([wrong, self.put_back(aside.path())?].concat())
            }
            OverAFresh => {
                self.stop().await?;
                let fresh = folder()?;
                self.program.serve(fresh.path(), None)?.kill()?;
                let file = fresh.path().join(TOGETHER[0]);
                fs::copy(self.backup(), &file).map_err(Trouble::io("copying over the database"))?;
                let before = fs::read(&file).map_err(Trouble::io("reading the copy"))?;
                let mut wrong = self.nothing_may_start_in(fresh.path())?;
                if fs::read(&file).map_err(Trouble::io("reading the copy"))? != before {
                    wrong.push("what was copied over was changed".to_owned());
                }
                wrong.extend(self.judge_all(self.data.path()));
                Ok(wrong)
            }
        }
    }

    /// With another file in the database's place nothing starts, and with its own back nothing is missing.
    fn other_file(&self, other: &Path) -> Result<Vec<String>, Trouble> {
        let aside = folder()?;
        move_files(self.data.path(), aside.path(), &TOGETHER[..1])?;
        let file = self.data.path().join(TOGETHER[0]);
        fs::copy(other, &file).map_err(Trouble::io("copying over the database"))?;
        let wrong = self.nothing_may_start()?;
        fs::remove_file(&file).map_err(Trouble::io("taking the other file away"))?;
        Ok([wrong, self.put_back(aside.path())?].concat())
    }

    /// Kills the server and waits until the clients have noticed.
    async fn stop(&mut self) -> Result<(), Trouble> {
        if let Some(server) = self.server.take() {
            server.kill()?;
        }
        if let Some(load) = self.load.take() {
            load.end().await;
        }
        Ok(())
    }

    /// What the message of a refused restore says to do.
    async fn move_all(&mut self) -> Result<TempDir, Trouble> {
        self.stop().await?;
        let aside = folder()?;
        move_files(self.data.path(), aside.path(), &TOGETHER)?;
        Ok(aside)
    }

    fn must_run(&self, arguments: &[&str]) -> Result<(), Trouble> {
        let output = self.program.run(arguments, self.data.path())?;
        if output.status.success() {
            return Ok(());
        }
        Err(Trouble::other(format!("{}: {}", arguments.join(" "), String::from_utf8_lossy(&output.stderr))))
    }

    fn must_refuse(&self, data: &Path, from: &str) -> Result<Vec<String>, Trouble> {
        let output = self.program.run(&["restore", "--from", from], data)?;
        Ok(if output.status.success() { vec!["it restored".to_owned()] } else { Vec::new() })
    }

    fn must_restore(&self, data: &Path, from: &str, more: &[&str]) -> Result<Vec<String>, Trouble> {
        let output = self.program.run(&[&["restore", "--from", from], more].concat(), data)?;
        let said = String::from_utf8_lossy(&output.stderr);
        Ok(if output.status.success() { Vec::new() } else { vec![format!("it didn't restore: {}", said.trim())] })
    }

    /// Commands that make or open a database must leave a log alone whose database is away, or another.
    fn nothing_may_start(&self) -> Result<Vec<String>, Trouble> {
        self.nothing_may_start_in(self.data.path())
    }

    fn nothing_may_start_in(&self, data: &Path) -> Result<Vec<String>, Trouble> {
        let mut wrong = Vec::new();
        for arguments in [&["keys", "list"][..], &["migrate"], &["verify"], &["serve", "--listen", "127.0.0.1:0"]] {
            let output = self.program.run_and_kill(arguments, data, Duration::from_secs(10))?;
            if output.is_none_or(|status| status.success()) {
                wrong.push(format!("scrip {} began beside a log that isn't its database's", arguments.join(" ")));
            }
        }
        Ok(wrong)
    }

    /// Moves back what was moved, and judges the whole. Where a restore took its place, what was moved is judged as it is.
    fn put_back(&self, aside: &Path) -> Result<Vec<String>, Trouble> {
        if self.data.path().join(TOGETHER[0]).exists() {
            return Ok(self.judge_all(aside));
        }
        move_files(aside, self.data.path(), &TOGETHER)?;
        Ok(self.judge_all(self.data.path()))
    }

    fn must_be_empty(&self) -> Vec<String> {
        let left = TOGETHER.iter().filter(|name| self.data.path().join(name).exists());
        left.map(|name| format!("nothing was restored, and {name} is there")).collect()
    }

    fn judge_all(&self, folder: &Path) -> Vec<String> {
        open_and_judge(folder, &self.log.log().facts)
    }
}

/// Those that are there.
fn move_files(from: &Path, to: &Path, names: &[&str]) -> Result<(), Trouble> {
    for name in names.iter().filter(|name| from.join(name).exists()) {
        fs::rename(from.join(name), to.join(name)).map_err(Trouble::io("moving a database's files"))?;
    }
    Ok(())
}
