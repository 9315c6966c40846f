//! The counters' beginning: one that is 0 is shown too, so that an alert can tell it from one that isn't there.

use metrics::{counter, describe_counter};

use crate::{
    bounds::SellerLimits,
    counted::{ATTEMPTS_DISPLACED, ATTEMPTS_DROPPED, BULK_REFUSED, EXPORTS_REFUSED, LIMITS_REACHED, WAITS_REFUSED},
};

/// Shows every counter of the desk from now on. After the recorder was installed; whoever calls it twice changes nothing.
pub fn announce_metrics() {
    for (name, what) in [
        (ATTEMPTS_DISPLACED, "Refused requests that gave way in the log of attempts to newer ones."),
        (ATTEMPTS_DROPPED, "Refused requests that the log of attempts was too busy for."),
        (BULK_REFUSED, "Grants that were refused as their seller, or all sellers, had enough going on."),
        (EXPORTS_REFUSED, "Exports that were refused as too many went on."),
        (WAITS_REFUSED, "Waits for events that were refused as too many waited."),
    ] {
        describe_counter!(name, what);
        counter!(name).increment(0);
    }
    describe_counter!(LIMITS_REACHED, "Refusals of what a seller asked for beyond its limits.");
    for limit in SellerLimits::NAMES {
        counter!(LIMITS_REACHED, "limit" => limit).increment(0);
    }
}
