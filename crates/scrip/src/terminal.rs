//! What whoever runs a command is told. `println!` panics when nobody reads any more, as in `scrip openapi | head -1`.

use std::{
    fmt,
    io::{ErrorKind, IsTerminal, Write},
    path::Path,
    sync::OnceLock,
};

use crate::failure::Failure;

/// Why standard output took no more, if it was for another reason than that nobody reads it.
static UNWRITTEN: OnceLock<String> = OnceLock::new();

/// A line to standard output. A reader that has gone misses it; what the command does, and how it ends, stays the same.
macro_rules! say {
    ($($text:tt)*) => { $crate::terminal::out(format_args!("{}\n", format_args!($($text)*))) };
}

/// A line to standard error, for whoever still reads it.
macro_rules! complain {
    ($($text:tt)*) => { $crate::terminal::err(format_args!("{}\n", format_args!($($text)*))) };
}

/// To standard output, as it is.
pub fn out(text: fmt::Arguments<'_>) {
    let mut out = std::io::stdout().lock();
    if let Err(error) = out.write_fmt(text).and_then(|()| out.flush())
        && error.kind() != ErrorKind::BrokenPipe
    {
        UNWRITTEN.get_or_init(|| error.to_string());
    }
}

/// To standard error, as it is.
pub fn err(text: fmt::Arguments<'_>) {
    // Whom should one tell that it failed?
    let _ = std::io::stderr().lock().write_fmt(text);
}

/// Errors: standard output took no more, as on a full disk.
pub fn written() -> Result<(), Failure> {
    match UNWRITTEN.get() {
        Some(why) => Err(Failure::new(format!("writing to standard output: {why}"))),
        None => Ok(()),
    }
}

/// A command of this program as a shell takes it, by the name that it was called by here: it needn't be on the PATH.
pub fn command(arguments: &[&str], folder: &Path) -> String {
    let program =
        std::env::args_os().next().map_or_else(|| "scrip".to_owned(), |name| name.to_string_lossy().into_owned());
    let words = std::iter::once(program).chain(arguments.iter().map(|word| (*word).to_owned()));
    words.chain([folder.display().to_string()]).map(|word| shell_word(&word)).collect::<Vec<_>>().join(" ")
}

/// In single quotes where a shell would take it apart.
fn shell_word(word: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "-_./:=@%+,".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

/// Whether the log may be coloured: on a terminal, unless <https://no-color.org> is asked for.
pub fn has_colours() -> bool {
    std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_goes_through_a_shell_as_it_is() {
        assert_eq!(shell_word("./target/debug/scrip"), "./target/debug/scrip");
        assert_eq!(shell_word("my data"), "'my data'");
        assert_eq!(shell_word("it's $HOME"), "'it'\\''s $HOME'");
        assert_eq!(shell_word(""), "''");
    }
}
