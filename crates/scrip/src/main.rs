//! The binary: settings, choice of backend, telemetry, command line.
#![deny(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "they panic when nobody reads: `say!` and `complain!` don't"
)]

// First, as its macros are for all.
#[macro_use]
mod terminal;

mod admin;
mod backend;
mod bench;
mod cli;
mod commands;
mod config;
mod connections;
mod data_folder;
mod demo;
mod failure;
mod heads;
mod owner;
mod secret_file;
mod secret_opened;
mod serving;
mod telemetry;
mod time_zones;

use std::process::ExitCode;

use clap::Parser;
use rustix::fs::Mode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    // Every file that is made from here on is its owner's alone: databases, logs, backups, the socket.
    rustix::process::umask(Mode::RWXG | Mode::RWXO);
    let cli = match cli::Cli::try_parse() {
        Ok(cli) => cli,
        // Help and version are no errors.
        Err(error) if !error.use_stderr() || !telemetry::json_is_asked_for() => error.exit(),
        Err(error) => {
            telemetry::fatal(&error);
            return ExitCode::from(2);
        }
    };
    match commands::run(cli).and_then(|code| terminal::written().map(|()| code)) {
        Ok(code) => code,
        Err(failure) => {
            telemetry::fatal(&failure);
            ExitCode::FAILURE
        }
    }
}
