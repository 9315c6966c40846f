//! The engine's counters by name, and their beginning: one that is 0 is shown too, so that an alert can tell it from one that
//! isn't there.

use metrics::{counter, describe_counter};

pub const BATCHES_FAILED: &str = "scrip_batches_failed_total";
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

/// Shows every counter of the engine from now on. After the recorder was installed; whoever calls it twice changes nothing.
pub fn announce_metrics() {
    describe_counter!(COMMANDS, "Commands by what they came to: done, replayed, fault, or the code of a refusal.");
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
