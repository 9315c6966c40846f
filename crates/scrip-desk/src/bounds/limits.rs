//! Limits on what lasts, and on what comes to many commands. Every one is a setting.

use std::time::Duration;

/// Answers that are streamed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ExportLimits {
    /// At once for one key.
    pub per_key: usize,
    /// At once for all.
    pub at_once: usize,
    /// How long one may take in all; then it is broken off.
    pub time: Duration,
}

/// Callers that wait for something to happen (`GET /v1/events?wait=`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct WaitLimits {
    /// At once for one caller.
    pub per_caller: usize,
    /// At once for all operators' and storefronts' keys, and for as many sellers'.
    pub at_once: usize,
}

/// Requests by sellers that come to many commands (`POST /v1/campaigns/{campaign}/grants`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BulkLimits {
    /// At once for one seller's key.
    pub per_caller: usize,
    /// At once for all sellers'.
    pub at_once: usize,
}

impl Default for ExportLimits {
    fn default() -> Self {
        Self { per_key: 2, at_once: 16, time: Duration::from_secs(30 * 60) }
    }
}

impl Default for WaitLimits {
    fn default() -> Self {
        Self { per_caller: 8, at_once: 128 }
    }
}

impl Default for BulkLimits {
    fn default() -> Self {
        Self { per_caller: 2, at_once: 16 }
    }
}
