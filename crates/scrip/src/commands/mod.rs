//! The command line: `<noun>_<verb>.rs` or `<verb>.rs` each.

mod backup;
mod import;
mod keys;
mod migrate;
mod restore;
pub mod serve;
mod verify;

use std::process::ExitCode;

use crate::{
    bench,
    cli::{Cli, Command},
    config::DEFAULT_FILE,
    demo,
    failure::Failure,
};

pub fn run(cli: Cli) -> Result<ExitCode, Failure> {
    match cli.command {
        Command::Demo(arguments) => demo::run(&arguments),
        Command::Serve(settings) => serve::run(settings),
        Command::Keys(keys) => keys::run(keys),
        Command::Verify(arguments) => verify::run(&arguments),
        Command::Migrate(arguments) => migrate::run(&arguments),
        Command::Backup(arguments) => backup::run(&arguments),
        Command::Restore(arguments) => restore::run(&arguments),
        Command::Import(arguments) => import::run(&arguments),
        Command::Openapi => {
            print!("{}", scrip_http::document());
            Ok(ExitCode::SUCCESS)
        }
        Command::Bench(arguments) => bench::run(&arguments),
        Command::Config => {
            print!("{DEFAULT_FILE}");
            Ok(ExitCode::SUCCESS)
        }
    }
}
