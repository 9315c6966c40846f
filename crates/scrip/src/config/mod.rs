//! Settings: flag before environment before file before default.

mod file;
mod server;

pub use file::{DEFAULT_FILE, FileSettings};
pub use server::{Server, ServerSettings};
