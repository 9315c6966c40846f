//! `scrip-crash <harness>`: runs one harness on the real server and says what it found in one line.

use std::{path::PathBuf, process::ExitCode, time::Duration};

use clap::{Args, Parser, Subcommand};
use scrip_crash::{
    Trouble, abuse, backup, binary, clock, disk, flip, kill, power, restore, result::Outcome, server::Program,
};

/// Crashes the real server in every way that a machine can, and checks that nothing answered is lost.
///
/// Exit status 0: nothing was wrong. 1: something was. 2: the harness couldn't run.
#[derive(Parser)]
#[command(version)]
struct Cli {
    #[command(subcommand)]
    harness: Harness,
    #[command(flatten)]
    common: Common,
}

#[derive(Args)]
struct Common {
    /// Of all choices. What the operating system does in between isn't chosen.
    #[arg(long, global = true, default_value_t = 1)]
    seed: u64,
    /// Clients at once.
    #[arg(long, global = true, default_value_t = 6)]
    clients: u32,
    /// The server, instead of the one that cargo builds of this workspace.
    #[arg(long, global = true)]
    binary: Option<PathBuf>,
    /// Seeds this fault in the server, by its name in scrip-faults; then the harness must fail, and exits 0 if it does.
    #[arg(long, global = true)]
    fault: Option<String>,
    /// Appends the figures to this page.
    #[arg(long, global = true)]
    report: Option<PathBuf>,
}

#[derive(Subcommand)]
enum Harness {
    /// Kill -9 under mixed load, restart, compare with what the clients were answered.
    Kill {
        #[arg(long, default_value_t = 100)]
        kills: u64,
    },
    /// Power loss: record writes and syncs, cut anywhere, drop and tear what wasn't synced, open.
    Power {
        #[arg(long, default_value_t = 1_000)]
        states: u64,
        /// Milliseconds of each of a recording's three bursts of load.
        #[arg(long, default_value_t = 150)]
        burst: u64,
        /// Keeps the files of states that aren't right in this folder.
        #[arg(long)]
        keep: Option<PathBuf>,
    },
    /// A full disk, failed writes, failed syncs.
    Disk {
        #[arg(long, default_value_t = 30)]
        trials: u64,
    },
    /// Flipped bits in the database file.
    Flip {
        #[arg(long, default_value_t = 1_000)]
        trials: u64,
    },
    /// Hostile but harmless traffic beside honest load.
    Abuse {
        /// Of windows in all; setting up takes some more.
        #[arg(long, default_value_t = 54)]
        seconds: u32,
        /// Only this kind.
        #[arg(long)]
        kind: Option<String>,
    },
    /// Backup and restore under load.
    Backup {
        #[arg(long, default_value_t = 20)]
        backups: u64,
    },
    /// The machine's clock: far ahead, back again, set while the server runs, accepted.
    Clock {
        #[arg(long, default_value_t = 12)]
        trials: u64,
    },
    /// Restores as hands do them: beside a running server, with the log left, with another secret, of a broken backup.
    Restore {
        #[arg(long, default_value_t = 24)]
        restores: u64,
    },
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let runtime = tokio::runtime::Runtime::new().expect("a runtime can be made");
    match runtime.block_on(run(&cli)) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(trouble) => {
            eprintln!("scrip-crash: {trouble}");
            ExitCode::from(2)
        }
    }
}

/// Whether all is as it must be.
async fn run(cli: &Cli) -> Result<bool, Trouble> {
    let common = &cli.common;
    let program = match &common.fault {
        None => Program::new(binary::find(common.binary.as_deref())?),
        Some(fault) => Program::with_fault(binary::find_seeded(common.binary.as_deref())?, fault),
    };
    let (seed, clients) = (common.seed, common.clients);
    let outcome = match &cli.harness {
        Harness::Kill { kills } => kill::run(&program, kill::Options { kills: *kills, seed, clients }).await?,
        Harness::Power { states, burst, keep } => {
            let (states, burst, keep) = (*states, Duration::from_millis(*burst), keep.clone());
            power::run(&program, power::Options { states, seed, clients, burst, keep }).await?
        }
        Harness::Disk { trials } => disk::run(&program, disk::Options { trials: *trials, seed, clients }).await?,
        Harness::Flip { trials } => flip::run(&program, flip::Options { trials: *trials, seed }).await?,
        Harness::Abuse { seconds, kind } => {
            abuse::run(&program, abuse::Options { seconds: *seconds, seed, kind: kind.clone() }).await?
        }
        Harness::Backup { backups } => {
            backup::run(&program, backup::Options { backups: *backups, seed, clients }).await?
        }
        Harness::Clock { trials } => clock::run(&program, clock::Options { trials: *trials, seed }).await?,
        Harness::Restore { restores } => {
            restore::run(&program, restore::Options { restores: *restores, seed, clients }).await?
        }
    };
    report(&outcome, common)
}

fn report(outcome: &Outcome, common: &Common) -> Result<bool, Trouble> {
    let command = command();
    outcome.print(&command);
    if let Some(page) = &common.report {
        outcome.append(page, &command)?;
    }
    Ok(match &common.fault {
        None => outcome.is_good(),
        Some(fault) => {
            let caught = outcome.failed > 0;
            println!("{fault}: {}", if caught { "caught" } else { "NOT CAUGHT: this harness proves nothing" });
            caught
        }
    })
}

/// As it would be typed, without what is of this machine.
fn command() -> String {
    let mut words = vec!["scrip-crash".to_owned()];
    let mut arguments = std::env::args().skip(1);
    while let Some(word) = arguments.next() {
        match word.as_str() {
            "--report" | "--binary" => drop(arguments.next()),
            other if other.starts_with("--report=") || other.starts_with("--binary=") => {}
            _ => words.push(word),
        }
    }
    words.join(" ")
}
