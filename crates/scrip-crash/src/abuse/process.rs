//! What the server takes up, as Linux counts it.

use std::fs;

use crate::server::Server;

/// Resident memory in bytes.
pub fn resident(server: &Server) -> u64 {
    status(server, "VmRSS:") * 1024
}

pub fn threads(server: &Server) -> u64 {
    status(server, "Threads:")
}

/// The first number of a line of `/proc/<pid>/status`.
fn status(server: &Server, name: &str) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", server.id())).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

/// Processor time of all its threads that are still there.
pub fn cpu_nanoseconds(server: &Server) -> u64 {
    let Ok(threads) = fs::read_dir(format!("/proc/{}/task", server.id())) else { return 0 };
    let of_thread = |thread: fs::DirEntry| {
        let text = fs::read_to_string(thread.path().join("schedstat")).ok()?;
        text.split_whitespace().next()?.parse::<u64>().ok()
    };
    threads.flatten().filter_map(of_thread).sum()
}
