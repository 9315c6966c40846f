//! Puts in one seeded fault after the other and runs the harness that must catch it: `cargo run -p xtask -- faults`.

use std::{
    fmt::Write as _,
    path::Path,
    process::{Command, ExitCode, Stdio},
};

use scrip_faults::{Fault, VARIABLE};

/// A fault, and a cargo command that passes without it and must fail with it.
struct Catch {
    fault: Fault,
    /// For people: which harness it is.
    harness: &'static str,
    /// Arguments of cargo, with the feature that lets faults in.
    cargo: &'static [&'static str],
}

const fn catch(fault: Fault, harness: &'static str, cargo: &'static [&'static str]) -> Catch {
    Catch { fault, harness, cargo }
}

const CATCHES: &[Catch] = &[];

/// Where the table is committed.
const PAGE: &str = "docs/reference/proof/faults.md";

/// Runs every harness with its fault, and once each without any, and writes the table.
pub fn run(root: &Path) -> ExitCode {
    let mut rows = String::new();
    let mut missed = 0;
    let mut sound: Vec<&[&str]> = Vec::new();
    for catch in CATCHES {
        if !sound.contains(&catch.cargo) {
            println!("== without a fault: {}", catch.harness);
            if !passes(root, catch.cargo, None) {
                println!("{} fails without any fault: it proves nothing", catch.harness);
                return ExitCode::FAILURE;
            }
            sound.push(catch.cargo);
        }
        let name = catch.fault.name();
        let caught = !passes(root, catch.cargo, Some(name));
        missed += u32::from(!caught);
        let verdict = if caught { "caught" } else { "MISSED" };
        println!("== {name}: {verdict} by {}", catch.harness);
        let command = format!("{VARIABLE}={name} cargo {}", catch.cargo.join(" "));
        writeln!(rows, "| `{name}` | {} | {} | {verdict} | `{command}` |", catch.fault.what(), catch.harness)
            .expect("writing to memory doesn't fail");
    }
    let page = format!(
        "# Seeded faults\n\nA harness that can't fail proves nothing. Each of these faults is put in on purpose, one at a time, by a feature that no \
         release has;\nthe harness named must pass without it and fail with it. Made by `cargo run -p xtask -- faults`, which fails if \
         one is missed; `.ci/run` runs it.\n\n| fault | what is wrong with it on | harness | | command |\n|---|---|---|---|---|\n{rows}"
    );
    std::fs::write(root.join(PAGE), page).expect("the page can be written");
    println!("{} faults, {missed} missed", CATCHES.len());
    if missed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

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
