//! `scrip bench`: durable claims over HTTP ÷ a no-op endpoint of the same server. The server is a process of its own, this
//! one makes the load; rounds are interleaved, the median counts.

#![expect(clippy::float_arithmetic, reason = "rates and ratios of a measurement, no money")]

mod load;
mod server;

use std::{process::ExitCode, time::Duration};

use load::{Measured, measure};
use server::BenchServer;

use crate::{cli::BenchArguments, failure::Failure};

pub fn run(arguments: &BenchArguments) -> Result<ExitCode, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::of("starting", &error))?;
    runtime.block_on(bench(arguments))?;
    Ok(ExitCode::SUCCESS)
}

async fn bench(arguments: &BenchArguments) -> Result<(), Failure> {
    let server = BenchServer::start().await?;
    let time = Duration::from_secs(arguments.seconds);
    say!("machine   {}", machine());
    say!(
        "version   scrip {} ({})",
        env!("CARGO_PKG_VERSION"),
        if cfg!(debug_assertions) { "debug" } else { "release" }
    );
    say!("each      {} s, {} interleaved rounds, median\n", arguments.seconds, arguments.rounds);
    say!(
        "{:>11}  {:>12}  {:>12}  {:>7}  {:>10}  {:>10}",
        "connections",
        "no-op/s",
        "claims/s",
        "ratio",
        "claim p50",
        "claim p99"
    );
    let mut number = 0_u64;
    for &connections in &arguments.connections {
        let mut noops = Vec::new();
        let mut claims = Vec::new();
        for _ in 0..arguments.rounds {
            let body = server.claim_body();
            let noop = |_| load::request(&server, "/noop", &body);
            noops.push(measure(&server, connections, time, noop).await?);
            let next = |_| {
                number += 1;
                load::request(&server, &format!("/v1/accounts/b{number:x}/coupons"), &body)
            };
            claims.push(measure(&server, connections, time, next).await?);
        }
        let (noop, claim) = (median(noops), median(claims));
        say!(
            "{connections:>11}  {:>12.0}  {:>12.0}  {:>7.3}  {:>8.2}ms  {:>8.2}ms",
            noop.per_second,
            claim.per_second,
            claim.per_second / noop.per_second,
            claim.p50.as_secs_f64() * 1e3,
            claim.p99.as_secs_f64() * 1e3,
        );
        if noop.refused + claim.refused > 0 {
            return Err(Failure::new(format!("{} answers weren't 201", noop.refused + claim.refused)));
        }
    }
    Ok(())
}

fn median(mut measured: Vec<Measured>) -> Measured {
    measured.sort_by(|a, b| a.per_second.total_cmp(&b.per_second));
    measured.swap_remove(measured.len() / 2)
}

fn machine() -> String {
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or("unknown processor");
    let cores = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
    format!("{} × {cores}", model.trim_start_matches([' ', '\t', ':']))
}
