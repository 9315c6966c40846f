//! The master secret: in a file beside the database, never in it. What it opens is the database's secrets.

use std::{
    fs::{self, File, OpenOptions},
    io::{ErrorKind, Write},
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

use scrip_engine::{Master, Secrets};

use crate::failure::Failure;

/// Its name in the data folder.
pub const NAME: &str = "secret.key";
/// The one that is about to take its place: from before the database's secrets are wrapped anew until after.
const NEXT: &str = "secret.key.next";

/// Where a data folder has it.
pub fn path(data: &Path) -> PathBuf {
    data.join(NAME)
}

/// The master secret of a data folder; `None` if there is none.
///
/// Errors: as [`read_from`].
pub fn read(data: &Path) -> Result<Option<Master>, Failure> {
    read_from(&path(data))
}

/// The master secret in a file; `None` if there is no such file.
///
/// Errors: a file that others may read, or that isn't 64 hexadecimal digits.
pub fn read_from(path: &Path) -> Result<Option<Master>, Failure> {
    let shown = path.display();
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Failure::of(format!("reading {shown}"), &error)),
    };
    let mode = fs::metadata(path).map_err(|error| Failure::of(format!("looking at {shown}"), &error))?;
    if mode.permissions().mode() & 0o077 != 0 {
        return Err(Failure::new(format!("others may read {shown}; make it yours alone: chmod 600 {shown}")));
    }
    let malformed =
        || Failure::new(format!("{shown} isn't 64 hexadecimal digits; put its copy there (docs/operate/backup.md)"));
    parse(text.trim()).map(Some).ok_or_else(malformed)
}

/// Makes one on the first start. It is on the device before a database needs it.
pub fn make(data: &Path) -> Result<Master, Failure> {
    let master = Secrets::new_master();
    put(data, &master)?;
    Ok(master)
}

/// Puts one where there is none.
pub fn put(data: &Path, master: &Master) -> Result<(), Failure> {
    write_whole(data, NAME, master)
}

/// The one that was about to take the place of the data folder's when the process ended.
pub fn read_next(data: &Path) -> Result<Option<Master>, Failure> {
    read_from(&data.join(NEXT))
}

/// Puts a new one beside the one in force.
pub fn put_next(data: &Path, master: &Master) -> Result<(), Failure> {
    write_whole(data, NEXT, master)
}

/// The new one takes its place, whole or not at all.
pub fn accept_next(data: &Path) -> Result<(), Failure> {
    fs::rename(data.join(NEXT), path(data))
        .and_then(|()| File::open(data)?.sync_all())
        .map_err(|error| Failure::of(format!("renaming {}", data.join(NEXT).display()), &error))
}

/// Whether a change of the master secret was cut off.
pub fn next(data: &Path) -> Option<PathBuf> {
    Some(data.join(NEXT)).filter(|next| next.exists())
}

/// Gives a new one that doesn't open this database a free name, `secret.key.1` or the first such: it may be the only one that
/// opens a database that was moved away.
pub fn set_next_aside(data: &Path) -> Result<(), Failure> {
    let Some(next) = next(data) else { return Ok(()) };
    let mut names = (1..).map(|number| data.join(format!("{NAME}.{number}")));
    let aside = names.find(|name| !name.exists()).expect("a folder has fewer files than there are numbers");
    fs::rename(&next, &aside)
        .and_then(|()| File::open(data)?.sync_all())
        .map_err(|error| Failure::of(format!("renaming {}", next.display()), &error))?;
    tracing::warn!(
        next = %next.display(), aside = %aside.display(),
        "a change of the master secret was cut off before this database needed it: set aside"
    );
    Ok(())
}

/// Keeps the one in force under a free name, `secret.key.1` or the first such: backups of before need it.
pub fn keep(data: &Path, master: &Master) -> Result<PathBuf, Failure> {
    let mut number = 1;
    loop {
        let name = format!("{NAME}.{number}");
        let kept = data.join(&name);
        match read_from(&kept) {
            // Of a try that didn't come to its end.
            Ok(Some(same)) if same == *master => return Ok(kept),
            Ok(None) => return write_whole(data, &name, master).map(|()| kept),
            Ok(Some(_)) | Err(_) => number += 1,
        }
    }
}

/// Whole or not at all: it gets its name when its bytes are on the device.
fn write_whole(data: &Path, name: &str, master: &Master) -> Result<(), Failure> {
    let text: String = master.iter().map(|byte| format!("{byte:02x}")).collect();
    let partial = data.join(format!("{NAME}.new"));
    OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&partial)
        .and_then(|mut file| {
            file.write_all(format!("{text}\n").as_bytes())?;
            file.sync_all()
        })
        .and_then(|()| fs::rename(&partial, data.join(name)))
        .inspect_err(|_| drop(fs::remove_file(&partial)))
        .and_then(|()| File::open(data)?.sync_all())
        .map_err(|error| Failure::of(format!("writing {}", data.join(name).display()), &error))
}

fn parse(text: &str) -> Option<Master> {
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    let mut master = [0; 32];
    for (byte, digits) in master.iter_mut().zip(text.as_bytes().chunks(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
    }
    Some(master)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_that_cannot_be_written_leaves_nothing() {
        let data = tempfile::tempdir().expect("a folder can be made");
        // Nothing takes the place of a folder.
        fs::create_dir(path(data.path())).expect("made");
        put(data.path(), &[7; 32]).expect_err("it has no place");
        assert_eq!(fs::read_dir(data.path()).expect("there").count(), 1);
    }
}
