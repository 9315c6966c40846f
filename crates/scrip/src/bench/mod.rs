//! `scrip bench`: what each kind of request costs the server, beside an endpoint of the same server that does nothing.
//!
//! The server is a process of its own. This one writes prepared bytes on plain sockets from one thread, so that what is measured
//! is the server: the processor time is the server's, as the operating system has it, and rounds are interleaved.

#![expect(clippy::float_arithmetic, reason = "rates and ratios of a measurement, no money")]

mod connection;
mod kinds;
mod load;
mod report;
mod server;

use std::{process::ExitCode, time::Duration};

use kinds::Kind;
use load::{Measured, measure};
use report::Report;
use server::BenchServer;

use crate::{cli::BenchArguments, failure::Failure};

pub fn run(arguments: &BenchArguments) -> Result<ExitCode, Failure> {
    let own = std::env::current_exe().map_err(|error| Failure::of("finding this program", &error))?;
    let mut builds = vec![("this build".to_owned(), own)];
    if let Some(other) = &arguments.beside {
        builds.push((other.display().to_string(), other.clone()));
    }
    if !arguments.json {
        let build = if cfg!(debug_assertions) { "debug" } else { "release" };
        say!("{}, scrip {} ({build})", machine(), env!("CARGO_PKG_VERSION"));
        say!("{} s each, {} interleaved rounds, the median by processor time\n", arguments.seconds, arguments.rounds);
    }
    let mut all = Vec::new();
    for &connections in &arguments.connections {
        for report in reports(arguments, &builds, connections)? {
            if !arguments.json {
                report.lines().iter().for_each(|line| say!("{line}"));
            }
            all.push(report.json());
        }
    }
    if arguments.json {
        say!("{}", serde_json::json!({"machine": machine(), "seconds": arguments.seconds, "reports": all}));
    }
    Ok(ExitCode::SUCCESS)
}

/// A report of each build, their rounds interleaved.
fn reports(
    arguments: &BenchArguments,
    builds: &[(String, std::path::PathBuf)],
    connections: usize,
) -> Result<Vec<Report>, Failure> {
    let mut servers = builds.iter().map(|(_, path)| BenchServer::start(path)).collect::<Result<Vec<_>, _>>()?;
    let kinds = Kind::asked(arguments);
    let mut measured: Vec<Vec<Vec<Measured>>> = vec![vec![Vec::new(); kinds.len()]; builds.len()];
    let mut numbers = vec![0; builds.len()];
    for _ in 0..arguments.rounds {
        for (at, kind) in kinds.iter().enumerate() {
            for (build, server) in servers.iter_mut().enumerate() {
                measured[build][at].push(round(server, *kind, connections, arguments.seconds, &mut numbers[build])?);
            }
        }
    }
    let mut reports = Vec::new();
    for (((name, _), server), measured) in builds.iter().zip(&servers).zip(measured) {
        let rows = kinds.iter().copied().zip(measured.into_iter().map(median)).collect();
        reports.push(Report { build: name.clone(), connections, rows, memory: server.memory()? });
    }
    Ok(reports)
}

fn round(
    server: &mut BenchServer,
    kind: Kind,
    connections: usize,
    seconds: u64,
    number: &mut u32,
) -> Result<Measured, Failure> {
    let requests = kind.requests(server);
    let mut next = kind.numbers(server, seconds, number)?;
    let measured = measure(server, connections, Duration::from_secs(seconds), &requests, &mut next)?;
    if measured.unexpected > 0 {
        return Err(Failure::new(format!(
            "{} rounds of {} were answered otherwise than they should",
            measured.unexpected,
            kind.name()
        )));
    }
    Ok(measured)
}

fn median(mut measured: Vec<Measured>) -> Measured {
    measured.sort_by_key(|measured| measured.server_cpu);
    measured.swap_remove(measured.len() / 2)
}

fn machine() -> String {
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or("unknown processor");
    let cores = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
    format!("{} × {cores}", model.trim_start_matches([' ', '\t', ':']))
}
