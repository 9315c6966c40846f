//! The counters' beginning: one that is 0 is shown too, so that an alert can tell it from one that isn't there.

use metrics::{counter, describe_counter};
use scrip_core::api_key::Role;

use crate::counted::{ANSWERS_REFUSED, BODIES_LEFT_UNREAD, BODIES_REFUSED, EXPORTS_CUT, HTTP_REQUESTS, RATE_LIMITED};

/// Statuses that somebody may want to be told of, and the ordinary one.
const STATUSES: [&str; 4] = ["200", "429", "500", "503"];

/// Shows every counter of the HTTP side from now on. After the recorder was installed; whoever calls it twice changes nothing.
pub fn announce_metrics() {
    for (name, what) in [
        (ANSWERS_REFUSED, "Requests that were refused as too much that was answered before isn't taken."),
        (BODIES_LEFT_UNREAD, "Connections that ended as a refused request's body was too long or too slow to be read."),
        (BODIES_REFUSED, "Requests that were refused as there was no room for their large body."),
        (EXPORTS_CUT, "Exports that were broken off as they took too long."),
    ] {
        describe_counter!(name, what);
        counter!(name).increment(0);
    }
    describe_counter!(HTTP_REQUESTS, "Requests by the status of their answer.");
    for status in STATUSES {
        counter!(HTTP_REQUESTS, "status" => status).increment(0);
    }
    describe_counter!(RATE_LIMITED, "Requests that were refused as their caller had sent too many.");
    for role in [Role::Operator, Role::Seller, Role::Storefront, Role::Shopper] {
        counter!(RATE_LIMITED, "role" => role.as_str()).increment(0);
    }
}
