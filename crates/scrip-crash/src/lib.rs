//! Harnesses for what no test in a process can show: the real server is killed, loses power, gets a full or broken disk,
//! a flipped bit, or is backed up while it is written to. Clients talk to it over HTTP and remember what they were
//! answered; afterwards all of that must be there, and everything must add up.
//!
//! One file each: [`kill`], [`power`], [`disk`], [`flip`], [`backup`], [`restore`], [`clock`]; [`abuse`] sends what strangers
//! send. They share the clients ([`load`]), what the clients
//! know ([`answered`]), the comparison with the database ([`compare`]) and the sums ([`invariants`]). Every run is of a seed
//! as far as choices go; what the operating system does in between differs from run to run.

pub mod abuse;
pub mod answered;
pub mod backup;
pub mod binary;
pub mod caller;
pub mod clock;
pub mod compare;
pub mod disk;
pub mod documents;
pub mod flip;
pub mod invariants;
pub mod kill;
pub mod load;
pub mod market;
pub mod power;
pub mod restore;
pub mod result;
pub mod server;
pub mod shim;

/// Why a harness couldn't run. What it found is in its [`result::Outcome`] instead.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    #[error("{0}: {1}")]
    Io(String, #[source] std::io::Error),
    #[error("{0}")]
    Other(String),
}

impl Trouble {
    /// For `map_err`: what was being done.
    pub fn io(doing: impl Into<String>) -> impl FnOnce(std::io::Error) -> Self {
        let doing = doing.into();
        move |error| Self::Io(doing, error)
    }

    pub fn other(text: impl Into<String>) -> Self {
        Self::Other(text.into())
    }
}
