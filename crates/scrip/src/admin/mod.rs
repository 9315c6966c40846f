//! Commands of the command line that must reach a running server: the API itself on a socket in the data folder, as an operator.
//! Whoever may open the folder may ask; there is no other key to it.

mod client;
mod server;

use std::path::{Path, PathBuf};

use crate::failure::Failure;

pub use client::{Admin, Answer};
pub use server::serve;

/// Bytes of a socket's path that the system takes, without the one that ends it.
const SOCKET_PATH_MAX: usize = 107;

fn socket(data: &Path) -> PathBuf {
    data.join("scrip.sock")
}

/// Whether the command line could reach a server on this folder: asked before anything is made in it.
///
/// Errors: the name is longer than a socket's may be.
pub fn check_name(data: &Path) -> Result<(), Failure> {
    let path = socket(data);
    if path.as_os_str().len() <= SOCKET_PATH_MAX {
        return Ok(());
    }
    Err(Failure::new(format!(
        "{} is the name of a socket and may have {SOCKET_PATH_MAX} bytes: choose a shorter --data, or a relative one",
        path.display()
    )))
}
