//! Puts in one seeded fault after the other and runs the harness that must catch it: `cargo run -p xtask -- faults`.

use std::{
    fmt::Write as _,
    path::{Path, PathBuf},
    process::{Command, ExitCode, Stdio},
};

use scrip_faults::{Fault, VARIABLE};

/// A fault, and the harness that must catch it.
struct Catch {
    fault: Fault,
    /// For people: which harness it is.
    harness: &'static str,
    how: How,
}

/// Each passes without a fault, and must fail with this one.
#[derive(Clone, Copy, PartialEq, Eq)]
enum How {
    /// Tests of a target by a part of their names.
    Tests(&'static str, &'static str),
    /// The simulator, with these arguments.
    Simulates(&'static str),
    /// The harness that runs the real server, with these arguments. That it passes without a fault `.ci/proof` shows.
    Crashes(&'static str),
}

use How::{Crashes, Simulates, Tests};

const fn catch(fault: Fault, harness: &'static str, how: How) -> Catch {
    Catch { fault, harness, how }
}

const WALKS: How = Simulates("--commands 20000 --walk 2000");
const TOGETHER: How = Simulates("--commands 20000 --walk 2000 --nodes 3");
const SCRIPTS: How = Simulates("--scripts 300");

const CATCHES: &[Catch] = &[
    catch(Fault::AnswerBeforeCommit, "the simulator: what was answered is there after a crash", WALKS),
    catch(Fault::CounterOutsideTheTransaction, "the simulator: counters are what wallets say", WALKS),
    catch(
        Fault::SoldOutForEver,
        "claims of what was sold out, after its stock was raised",
        Tests("http", "what_is_sold_out"),
    ),
    catch(Fault::RowsNotChecked, "the simulator, with several nodes", WALKS),
    catch(Fault::SynchronousNormal, "power cuts on the real server", Crashes("power --states 200")),
    catch(
        Fault::LostReleaseAfterACrash,
        "a crash before every batch of what takes several",
        Tests("buckets", "crashes"),
    ),
    catch(Fault::MissingSellerFilter, "what a seller sees of others' orders", Tests("http", "sellers")),
    catch(Fault::HoldNotSwept, "kills of the real server: nothing stays held", Crashes("kill --kills 5")),
    catch(Fault::ClockBelieved, "a clock set wrong under the real server", Crashes("clock --trials 4")),
    catch(Fault::RestoreBesideALog, "restores as hands do them, on the real server", Crashes("restore --restores 8")),
    catch(Fault::ReplayAppliedTwice, "the simulator: one effect for one key", WALKS),
    catch(Fault::ReasonSwallowed, "every reason produced over HTTP", Tests("http", "reasons")),
    catch(
        Fault::ReadsUnbounded,
        "abuse: expensive quotes by clients that hang up",
        Crashes("abuse --seconds 6 --kind quotes_hung_up"),
    ),
    catch(
        Fault::AttemptsUnbounded,
        "abuse: long texts from throw-away accounts",
        Crashes("abuse --seconds 6 --kind long_texts"),
    ),
    catch(
        Fault::ExportKeepsItsPlace,
        "abuse: exports that nobody reads on",
        Crashes("abuse --seconds 6 --kind slow_exports"),
    ),
    catch(
        Fault::BodiesUnbounded,
        "abuse: large bodies that don't end",
        Crashes("abuse --seconds 6 --kind slow_bodies"),
    ),
    catch(
        Fault::AnswersUnbounded,
        "abuse: large answers that nobody takes",
        Crashes("abuse --seconds 6 --kind slow_answers"),
    ),
    catch(
        Fault::GrantsUnbounded,
        "abuse: grants to thousands with a seller's key",
        Crashes("abuse --seconds 6 --kind grants"),
    ),
    catch(
        Fault::RefundsInTheOrder,
        "abuse: an order refunded by cents",
        Crashes("abuse --seconds 6 --kind many_refunds"),
    ),
    catch(Fault::ShareRoundedTwice, "the laws of quotes: shares add up", Tests("laws", "")),
    catch(Fault::TakesMoreThanBefore, "the simulator's scripts: what is judged again takes no more", SCRIPTS),
    catch(Fault::ComesOffLast, "the simulator: figures hold after every event", WALKS),
    catch(Fault::GoneSellerCounts, "the simulator: figures against what was placed", WALKS),
    catch(Fault::RowsLeftBehind, "the simulator: tables against what the API says", WALKS),
    catch(Fault::CursorBeforeItsRows, "the simulator: a follower interrupted between any two steps", WALKS),
    catch(Fault::AddedAgain, "the simulator: sums against rows, whoever was faster", WALKS),
    catch(Fault::RebuiltShownEarly, "the simulator: tables made anew, interrupted between any two steps", WALKS),
    catch(Fault::ListsDontWait, "a list right after what it should have", Tests("buckets", "followers")),
    catch(Fault::AnswersWithoutMembership, "the simulator: nodes that were held up answer nobody", TOGETHER),
    catch(Fault::AnsweredBeforeFollowed, "the simulator: no node shows what was before an answer", TOGETHER),
    catch(
        Fault::PagesBeyondAByte,
        "the simulator's scripts: a wallet of more pages than a byte can number",
        Simulates("--scripts 8300"),
    ),
];

/// Where the table is committed.
const PAGE: &str = "docs/reference/proof/faults.md";
/// Where programs with faults in them are put, so that nobody takes them for others.
const SEEDED: &str = "seeded";

/// Builds the programs with faults once, runs every harness with its fault, and once each without any, and writes the table. With
/// `but` all others, and no table.
///
/// Panics where a file can't be written or cargo not be started.
pub fn run(root: &Path, but: &[String]) -> ExitCode {
    let Some(seeded) = Seeded::build(root) else {
        println!("the programs with faults in them can't be built");
        return ExitCode::FAILURE;
    };
    let mut rows = String::new();
    let mut missed = 0;
    let mut sound: Vec<How> = Vec::new();
    for catch in CATCHES.iter().filter(|catch| !but.iter().any(|name| name == catch.fault.name())) {
        let name = catch.fault.name();
        if !matches!(catch.how, Crashes(_)) && !sound.contains(&catch.how) {
            println!("== without a fault: {}", catch.harness);
            if !seeded.passes(catch.how, None) {
                println!("{} fails without any fault: it proves nothing", catch.harness);
                return ExitCode::FAILURE;
            }
            sound.push(catch.how);
        }
        let caught = !seeded.passes(catch.how, Some(name));
        missed += u32::from(!caught);
        let verdict = if caught { "caught" } else { "MISSED" };
        println!("== {name}: {verdict} by {}", catch.harness);
        let command = by_hand(catch.how, name);
        writeln!(rows, "| `{name}` | {} | {} | {verdict} | `{command}` |", catch.fault.what(), catch.harness)
            .expect("writing to memory doesn't fail");
    }
    if but.is_empty() {
        std::fs::write(root.join(PAGE), format!("{INTRODUCTION}{rows}")).expect("the page can be written");
    }
    println!("{} faults, {missed} missed", CATCHES.len() - but.len());
    if missed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

const INTRODUCTION: &str = "\
# Seeded faults

A harness that can't fail proves nothing. Each of these faults is put in on purpose, one at a time, by a feature that no release has;
the harness named passes without it and must notice it. Made by `cargo run -p xtask -- faults`, which fails if one is missed;
`.ci/proof` runs it.

| fault | what is wrong with it on | harness | result | command |
|---|---|---|---|---|
";

/// The command that a person may give.
fn by_hand(how: How, fault: &str) -> String {
    match how {
        Tests(target, names) => {
            let command = format!(
                "{VARIABLE}={fault} cargo test --workspace --features scrip-faults/seeded --test {target} {names}"
            );
            command.trim_end().to_owned()
        }
        Simulates(arguments) => {
            format!("{VARIABLE}={fault} cargo run --release -p scrip-sim --features seeded-faults -- {arguments}")
        }
        Crashes(arguments) => format!("cargo run --release -p scrip-crash -- {arguments} --fault {fault}"),
    }
}

/// The programs that a fault can be put in.
struct Seeded<'r> {
    root: &'r Path,
    programs: PathBuf,
}

impl<'r> Seeded<'r> {
    /// In the profile of `.ci/proof`, whose dependencies are there then.
    fn build(root: &'r Path) -> Option<Self> {
        let target =
            std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), |target| root.join(target));
        let programs = target.join(SEEDED);
        let packages = ["scrip", "scrip-crash", "scrip-sim"];
        let mut build = Command::new(env!("CARGO"));
        build.args(["build", "--quiet", "--locked", "--profile", "proof", "-p", "scrip-faults", "--features"]);
        build.arg("scrip-faults/seeded").args(packages.iter().flat_map(|package| ["-p", *package]));
        if !succeeds(build.current_dir(root)) {
            return None;
        }
        std::fs::create_dir_all(&programs).expect("a folder can be made");
        for package in packages {
            let (built, copy) = (target.join("proof").join(package), programs.join(package));
            std::fs::copy(&built, &copy).expect("a program can be copied");
            // Nobody should find one with faults where the one without is expected.
            std::fs::remove_file(&built).expect("a program can be removed");
        }
        Some(Self { root, programs })
    }

    fn passes(&self, how: How, fault: Option<&str>) -> bool {
        let mut command = match how {
            Tests(target, names) => {
                let mut command = Command::new(env!("CARGO"));
                command.args([
                    "test",
                    "--locked",
                    "--workspace",
                    "--features",
                    "scrip-faults/seeded",
                    "--test",
                    target,
                ]);
                command.args(["--", names]);
                command
            }
            Simulates(arguments) => {
                let mut command = Command::new(self.programs.join("scrip-sim"));
                command.args(arguments.split(' '));
                command
            }
            Crashes(arguments) => {
                let mut command = Command::new(self.programs.join("scrip-crash"));
                command.args(arguments.split(' ')).arg("--binary").arg(self.programs.join("scrip"));
                // It says itself whether the fault was noticed.
                let noticed = succeeds(command.args(["--fault", fault.unwrap_or_default()]).current_dir(self.root));
                return !noticed;
            }
        };
        command.current_dir(self.root).env_remove(VARIABLE).stdout(Stdio::null()).stderr(Stdio::null());
        if let Some(fault) = fault {
            command.env(VARIABLE, fault);
        }
        succeeds(&mut command)
    }
}

fn succeeds(command: &mut Command) -> bool {
    command.status().expect("the program can be started").success()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_has_a_harness_that_must_catch_it() {
        for fault in Fault::ALL {
            assert!(CATCHES.iter().any(|catch| catch.fault == *fault), "nobody catches {fault:?}");
        }
    }
}
