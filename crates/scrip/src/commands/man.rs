use std::process::ExitCode;

use clap::CommandFactory;
use clap_mangen::Man;

use crate::{
    cli::{Cli, ManArguments},
    failure::Failure,
    terminal,
};

/// `scrip man`: one command's page, or with `--to` the files of all.
pub fn run(arguments: &ManArguments) -> Result<ExitCode, Failure> {
    let mut command = Cli::command();
    command.build();
    if let Some(folder) = &arguments.to {
        let doing = || format!("writing man pages to {}", folder.display());
        if folder.exists() && !folder.is_dir() {
            return Err(Failure::new(format!("{} isn't a folder; name one with --to", folder.display())));
        }
        std::fs::create_dir_all(folder).map_err(|error| Failure::of(doing(), &error))?;
        clap_mangen::generate_to(Cli::command(), folder).map_err(|error| Failure::of(doing(), &error))?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut name = command.get_name().to_owned();
    for word in &arguments.command {
        let found = command.find_subcommand(word).cloned();
        command = found.ok_or_else(|| Failure::new(format!("there is no command {name} {word}: see scrip --help")))?;
        name = format!("{name} {word}");
    }
    let mut page = Vec::new();
    let written = Man::new(command.display_name(name.replace(' ', "-")).bin_name(name)).render(&mut page);
    written.map_err(|error| Failure::of("writing a man page", &error))?;
    terminal::out(format_args!("{}", String::from_utf8_lossy(&page)));
    Ok(ExitCode::SUCCESS)
}
