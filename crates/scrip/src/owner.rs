//! Whose a data folder is. Its files are their owner's alone, so what another user puts there stops the owner's server.

use std::{
    fs,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

use rustix::fs::Access;
use scrip_sqlite::files_of;

use crate::{data_folder::database, failure::Failure, secret_file};

const ROOT: u32 = 0;

/// Asked before anything is written.
///
/// Errors: this is root, and the database, or the folder without one, is another user's, whose server couldn't open what root
/// makes there. Or this isn't root, and a file there is another's and closed.
pub fn check(data: &Path) -> Result<(), Failure> {
    let database = database(data);
    let me = rustix::process::geteuid().as_raw();
    if me == ROOT {
        let theirs = [&database, data].into_iter().find_map(|path| Some((path, fs::metadata(path).ok()?.uid())));
        return match theirs {
            Some((path, owner)) if owner != ROOT => Err(Failure::new(format!(
                "{} is user {owner}'s, and this is root: that user's server couldn't open what root makes there. Run this as \
                 that user: sudo -u '#{owner}' …",
                path.display()
            ))),
            _ => Ok(()),
        };
    }
    let mut files: Vec<PathBuf> = files_of(&database).into();
    files.extend([database.with_extension("db.lock"), secret_file::path(data)]);
    for file in files {
        let Ok(metadata) = fs::metadata(&file) else { continue };
        let owner = metadata.uid();
        if owner != me && rustix::fs::access(&file, Access::READ_OK | Access::WRITE_OK).is_err() {
            let file = file.display();
            return Err(Failure::new(format!(
                "{file} is user {owner}'s, and this is user {me}, who may not open it. Where it was made by a command that ran \
                 as the wrong user, give it to this one (chown {me} {file}); else run this as user {owner}"
            )));
        }
    }
    Ok(())
}
