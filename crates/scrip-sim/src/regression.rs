//! Walks that found something once: each is a file that a test walks again for ever.

use std::{fs, io, path::Path};

use crate::{Failure, Setting};

/// Reads a file back.
///
/// Errors: a line that is missing or no number.
pub fn parse(text: &str) -> Result<Setting, String> {
    let number = |name: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
        line.ok_or(format!("there is no line {name}"))?
            .trim()
            .parse::<u64>()
            .map_err(|error| format!("{name}: {error}"))
    };
    Ok(Setting {
        seed: number("seed")?,
        buckets: u32::try_from(number("buckets")?).map_err(|error| error.to_string())?,
        nodes: usize::try_from(number("nodes")?).map_err(|error| error.to_string())?,
        commands: number("commands")?,
    })
}

/// Writes a failure to `folder`, unless it is there already.
pub fn write(folder: &Path, failure: &Failure) -> io::Result<()> {
    let Setting { seed, buckets, nodes, commands } = failure.setting;
    let path = folder.join(format!("{seed}-{buckets}-{nodes}.txt"));
    if path.exists() {
        return Ok(());
    }
    fs::create_dir_all(folder)?;
    let what = failure.what.replace('\n', " ");
    let what: String = what.chars().take(300).collect();
    fs::write(path, format!("seed: {seed}\nbuckets: {buckets}\nnodes: {nodes}\ncommands: {commands}\nfound: {what}\n"))
}
