//! The engine's counters by name, and their beginning: one that is 0 is shown too, so that an alert can tell it from one that
//! isn't there.

use metrics::{counter, describe_counter, describe_gauge, gauge};

pub const BATCHES_FAILED: &str = "scrip_batches_failed_total";
const FOLLOWERS_FAILED: &str = "scrip_follower_failures_total";
const REBUILDS_FAILED: &str = "scrip_rebuild_failures_total";
const FOLLOWERS_BEHIND: &str = "scrip_follower_lag_events";
const REBUILDS_BEHIND: &str = "scrip_rebuild_lag_events";
const COMMANDS: &str = "scrip_commands_total";
pub const COMMANDS_FAILED: &str = "scrip_commands_failed_total";
pub const READS_LEFT: &str = "scrip_reads_left_total";
pub const READS_REFUSED: &str = "scrip_reads_refused_total";

/// Counts a command by what it came to.
pub fn command(name: &'static str, outcome: &'static str) {
    commands(name, outcome, 1);
}

/// So many of the same at once: a batch's commands are alike, and looking a counter up takes longer than adding.
pub fn commands(name: &'static str, outcome: &'static str, count: u64) {
    counter!(COMMANDS, "command" => name, "outcome" => outcome).increment(count);
}

/// Shows that a follower never failed so far, nor a rebuild of its tables.
pub fn announce_follower(follower: &'static str) {
    counter!(FOLLOWERS_FAILED, "follower" => follower).increment(0);
    counter!(REBUILDS_FAILED, "follower" => follower).increment(0);
}

/// Counts that a follower couldn't follow, for the moment or for longer.
pub fn follower_failed(follower: &'static str) {
    counter!(FOLLOWERS_FAILED, "follower" => follower).increment(1);
}

/// Counts that a follower's tables couldn't be made anew, for the moment or for longer.
pub fn rebuild_failed(follower: &'static str) {
    counter!(REBUILDS_FAILED, "follower" => follower).increment(1);
}

/// Says how many events of the journals a follower hasn't followed yet.
pub fn follower_is_behind(follower: &'static str, events: u64) {
    gauge!(FOLLOWERS_BEHIND, "follower" => follower).set(events as f64);
}

/// Says how many events tables lack that a follower makes anew; 0 where it makes none.
pub fn rebuild_is_behind(follower: &'static str, events: u64) {
    gauge!(REBUILDS_BEHIND, "follower" => follower).set(events as f64);
}

/// Shows every counter of the engine from now on. After the recorder was installed; whoever calls it twice changes nothing.
pub fn announce_metrics() {
    describe_counter!(COMMANDS, "Commands by what they came to: done, replayed, fault, or the code of a refusal.");
    describe_counter!(FOLLOWERS_FAILED, "How often a follower of the journal couldn't go on.");
    describe_counter!(REBUILDS_FAILED, "How often tables of older rules couldn't be made anew for the moment.");
    describe_gauge!(FOLLOWERS_BEHIND, "Events of the journals that a follower hasn't followed yet.");
    describe_gauge!(REBUILDS_BEHIND, "Events that tables lack which a follower makes anew by newer rules.");
    for (name, what) in [
        (BATCHES_FAILED, "Batches of which nothing was done, as the store couldn't take them."),
        (COMMANDS_FAILED, "Commands that failed unexpectedly: faults of ours."),
        (READS_LEFT, "Reads that weren't done as their caller had left before their turn."),
        (READS_REFUSED, "Reads that were refused as too many waited."),
    ] {
        describe_counter!(name, what);
        counter!(name).increment(0);
    }
}
