//! Puts in one seeded fault after the other and runs the harness that must catch it: `cargo run -p xtask -- faults`.

use std::{
    fmt::Write as _,
    path::Path,
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

enum How {
    /// Arguments of cargo, with the feature that lets faults in: passes without a fault, and must fail with this one.
    Fails(&'static [&'static str]),
    /// Arguments of cargo for a harness that builds a server with the fault itself, and passes if it noticed.
    Notices(&'static [&'static str]),
}

use How::{Fails, Notices};

const fn catch(fault: Fault, harness: &'static str, how: How) -> Catch {
    Catch { fault, harness, how }
}

const HTTP: &[&str] = &["test", "-p", "scrip-http", "--features", "scrip-faults/seeded", "--test", "http"];
const SIMULATION: &[&str] =
    &["run", "-p", "scrip-sim", "--features", "seeded-faults", "--", "--commands", "20000", "--walk", "2000"];

const CATCHES: &[Catch] = &[
    catch(Fault::AnswerBeforeCommit, "the simulator: what was answered is there after a crash", Fails(SIMULATION)),
    catch(Fault::CounterOutsideTheTransaction, "the simulator: counters are what wallets say", Fails(SIMULATION)),
    catch(Fault::RowsNotChecked, "the simulator, with several nodes", Fails(SIMULATION)),
    catch(
        Fault::SynchronousNormal,
        "power cuts on the real server",
        Notices(&["run", "-p", "scrip-crash", "--", "power", "--states", "200", "--fault", "synchronous_normal"]),
    ),
    catch(
        Fault::LostReleaseAfterACrash,
        "a crash before every batch of what takes several",
        Fails(&["test", "-p", "scrip-engine", "--features", "scrip-faults/seeded", "--test", "buckets", "crashes"]),
    ),
    catch(Fault::MissingSellerFilter, "the route × role table, asked by every role", Fails(HTTP)),
    catch(
        Fault::HoldNotSwept,
        "kills of the real server: nothing stays held",
        Notices(&["run", "-p", "scrip-crash", "--", "kill", "--kills", "5", "--fault", "hold_not_swept"]),
    ),
    catch(Fault::ReplayAppliedTwice, "the simulator: one effect for one key", Fails(SIMULATION)),
    catch(Fault::ReasonSwallowed, "every reason produced over HTTP", Fails(HTTP)),
    catch(
        Fault::ShareRoundedTwice,
        "the laws of quotes: shares add up",
        Fails(&["test", "-p", "scrip-core", "--features", "scrip-faults/seeded", "--test", "laws"]),
    ),
];

/// Where the table is committed.
const PAGE: &str = "docs/reference/proof/faults.md";

/// Runs every harness with its fault, and once each without any, and writes the table.
pub fn run(root: &Path) -> ExitCode {
    let mut rows = String::new();
    let mut missed = 0;
    let mut sound: Vec<&[&str]> = Vec::new();
    for catch in CATCHES {
        let name = catch.fault.name();
        let (caught, command) = match catch.how {
            Notices(cargo) => (passes(root, cargo, None), format!("cargo {}", cargo.join(" "))),
            Fails(cargo) => {
                if !sound.contains(&cargo) {
                    println!("== without a fault: {}", catch.harness);
                    if !passes(root, cargo, None) {
                        println!("{} fails without any fault: it proves nothing", catch.harness);
                        return ExitCode::FAILURE;
                    }
                    sound.push(cargo);
                }
                (!passes(root, cargo, Some(name)), format!("{VARIABLE}={name} cargo {}", cargo.join(" ")))
            }
        };
        missed += u32::from(!caught);
        let verdict = if caught { "caught" } else { "MISSED" };
        println!("== {name}: {verdict} by {}", catch.harness);
        writeln!(rows, "| `{name}` | {} | {} | {verdict} | `{command}` |", catch.fault.what(), catch.harness)
            .expect("writing to memory doesn't fail");
    }
    std::fs::write(root.join(PAGE), format!("{INTRODUCTION}{rows}")).expect("the page can be written");
    println!("{} faults, {missed} missed", CATCHES.len());
    if missed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

const INTRODUCTION: &str = "\
# Seeded faults

A harness that can't fail proves nothing. Each of these faults is put in on purpose, one at a time, by a feature that no release has;
the harness named passes without it and must notice it. Made by `cargo run -p xtask -- faults`, which fails if one is missed;
`.ci/proof` runs it.

| fault | what is wrong with it on | harness | | command |
|---|---|---|---|---|
";

fn passes(root: &Path, cargo: &[&str], fault: Option<&str>) -> bool {
    let mut command = Command::new(env!("CARGO"));
    command.current_dir(root).args(cargo).stdout(Stdio::null()).stderr(Stdio::null()).env_remove(VARIABLE);
    if let Some(fault) = fault {
        command.env(VARIABLE, fault);
    }
    command.status().expect("cargo can be started").success()
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
