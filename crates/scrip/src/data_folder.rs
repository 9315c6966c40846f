//! What lies where in a data folder, whatever opens it.

use std::{
    io::ErrorKind,
    path::{Path, PathBuf},
};

use crate::failure::Failure;

/// The database's name in the data folder.
pub const DATABASE: &str = "scrip.db";

/// Where a data folder has its database.
pub fn database(data: &Path) -> PathBuf {
    data.join(DATABASE)
}

/// What the system says, and who may.
pub fn not_let_in(path: &Path, error: &std::io::Error) -> Failure {
    let advice = match error.kind() {
        ErrorKind::PermissionDenied => ". Run this as the user whose folder it is",
        _ => "",
    };
    Failure::new(format!("looking at {}: {error}{advice}", path.display()))
}
