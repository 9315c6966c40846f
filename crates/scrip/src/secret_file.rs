//! The master secret: in a file beside the database, never in it.

use std::{
    fs::{self, OpenOptions},
    io::{ErrorKind, Write},
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::Path,
};

use scrip_engine::Secrets;

use crate::failure::Failure;

/// Its name in the data folder.
pub const NAME: &str = "secret.key";

/// Reads the master secret, making it on first use.
///
/// Errors: a file that others may read, or that isn't 64 hexadecimal digits; a missing one beside a database that exists.
pub fn read_or_make(data: &Path, database_exists: bool) -> Result<Secrets, Failure> {
    let path = data.join(NAME);
    let shown = path.display();
    match fs::read_to_string(&path) {
        Ok(text) => {
            let mode = fs::metadata(&path).map_err(|error| Failure::of(format!("looking at {shown}"), &error))?;
            if mode.permissions().mode() & 0o077 != 0 {
                return Err(Failure::new(format!("others may read {shown}; make it yours alone: chmod 600 {shown}")));
            }
            let master = parse(text.trim()).ok_or_else(|| {
                Failure::new(format!("{shown} isn't 64 hexadecimal digits; restore it from its copy"))
            })?;
            Ok(Secrets::from_master(&master))
        }
        Err(error) if error.kind() == ErrorKind::NotFound && database_exists => Err(Failure::new(format!(
            "{shown} is missing beside a database that needs it: codes can't be looked up without it. Restore it from \
             its copy"
        ))),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let master = Secrets::new_master();
            let text: String = master.iter().map(|byte| format!("{byte:02x}")).collect();
            // Whole or not at all: it gets its name when its bytes are on the device.
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
                .and_then(|()| fs::rename(&partial, &path))
                .and_then(|()| fs::File::open(data)?.sync_all())
                .map_err(|error| Failure::of(format!("writing {shown}"), &error))?;
            Ok(Secrets::from_master(&master))
        }
        Err(error) => Err(Failure::of(format!("reading {shown}"), &error)),
    }
}

fn parse(text: &str) -> Option<[u8; 32]> {
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    let mut master = [0; 32];
    for (byte, digits) in master.iter_mut().zip(text.as_bytes().chunks(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
    }
    Some(master)
}
