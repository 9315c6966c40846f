//! The binary: settings, choice of backend, telemetry, command line.

mod admin;
mod backend;
mod bench;
mod cli;
mod commands;
mod config;
mod connections;
mod demo;
mod failure;
mod secret_file;
mod telemetry;

use std::process::ExitCode;

use clap::Parser;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    match commands::run(cli::Cli::parse()) {
        Ok(code) => code,
        Err(failure) => {
            eprintln!("scrip: {failure}");
            ExitCode::FAILURE
        }
    }
}
