//! The command line: `<noun>_<verb>.rs` or `<verb>.rs` each.

mod backup;
mod clock;
mod completions;
mod import;
mod keys;
mod lines;
mod man;
mod migrate;
mod restore;
mod secrets;
mod serve;
mod verify;

use std::process::ExitCode;

use clap::CommandFactory as _;

use crate::{
    bench,
    cli::{Cli, Command},
    config, demo,
    failure::Failure,
    terminal,
};

pub fn run(cli: Cli) -> Result<ExitCode, Failure> {
    match cli.command {
        Command::Demo(arguments) => demo::run(&arguments),
        Command::Serve(arguments) => serve::run(&arguments),
        Command::Keys(keys) => keys::run(keys),
        Command::Clock(clock) => clock::run(&clock),
        Command::Verify(arguments) => verify::run(&arguments),
        Command::Migrate(arguments) => migrate::run(&arguments),
        Command::Backup(arguments) => backup::run(&arguments),
        Command::Restore(arguments) => restore::run(&arguments),
        Command::Secrets(command) => secrets::run(&command),
        Command::Import(arguments) => import::run(&arguments),
        Command::Openapi => {
            terminal::out(format_args!("{}", scrip_http::document()));
            Ok(ExitCode::SUCCESS)
        }
        Command::Bench(arguments) => bench::run(&arguments),
        Command::Completions(arguments) => completions::run(&arguments),
        Command::Man(arguments) => man::run(&arguments),
        Command::Config(arguments) => {
            let (_, shown) = arguments.resolve()?;
            config::unknown_variables(&Cli::command()).iter().for_each(|unknown| complain!("scrip: {unknown}"));
            terminal::out(format_args!("{}", config::show(&shown)));
            Ok(ExitCode::SUCCESS)
        }
    }
}
