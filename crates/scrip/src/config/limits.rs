use std::{num::NonZeroUsize, time::Duration};

use scrip_desk::{AttemptLimits, BulkLimits, ExportLimits, WaitLimits};
use scrip_engine::ReadLimits;
use scrip_http::{AnswerLimits, BodyLimits, DrainLimits, RequestRates};

use super::setting::settings;

settings! {
    /// Callers. What they may take up: what goes beyond is refused with `rate_limited` (429, with Retry-After) and counted in a metric.
    Limits {
        /// Requests a second of one operator's or storefront's key, five seconds' worth at once; 0: no limit. A shop's server speaks
        /// for all its shoppers.
        key_requests_per_second: u32 = RequestRates::default().per_key, in 0..=1_000_000;
        /// Requests a second of one seller's key; 0: no limit.
        seller_requests_per_second: u32 = RequestRates::default().per_seller_key, in 0..=1_000_000;
        /// Requests a second of one account's shopper tokens together; 0: no limit.
        shopper_requests_per_second: u32 = RequestRates::default().per_shopper, in 0..=1_000_000;
        /// Reads (quotes, wallets, lists) done at once; 0: as many as there are processors, two at least. The rest waits in order.
        reads_at_once: u32 = 0, in 0..=10_000;
        /// Reads that may wait for their turn.
        reads_waiting_max: u32 = 512, in 0..=1_000_000;
        /// Exports (CSV) at once for one key.
        exports_per_key: u32 = 2, in 1..=1_000;
        /// Exports at once for all operators' and storefronts' keys, and for as many sellers'.
        exports_at_once: u32 = 16, in 1..=10_000;
        /// Seconds that one export may take in all; then it is broken off.
        export_seconds: u32 = 1_800, in 1..=86_400;
        /// Callers with one key that wait for events (`wait`) at once.
        waits_per_key: u32 = 8, in 1..=100_000;
        /// Callers that wait for events at once with operators' and storefronts' keys, and as many with sellers'.
        waits_at_once: u32 = 128, in 1..=1_000_000;
        /// Grants to lists of accounts that go on at once with one seller's key.
        grants_per_key: u32 = 2, in 1..=1_000;
        /// And with all sellers' keys.
        grants_at_once: u32 = 16, in 1..=10_000;
        /// Refused requests that are kept for "why did this fail?".
        attempts_max: u32 = 10_000, in 0..=10_000_000;
        /// Bytes of memory that they take at most, about.
        attempts_bytes_max: u32 = 16_777_216, in 0..=4_294_967_295;
        /// Bytes of bodies of more than 16 KiB that requests of operators' and storefronts' keys may have at once, as many those of
        /// sellers' keys, and as many those of shoppers; others wait.
        bodies_bytes_max: u32 = 16_777_216, in 1_048_576..=4_294_967_295;
        /// Of them those of one seller's key or of one account's shopper tokens together.
        bodies_bytes_per_caller: u32 = 4_194_304, in 1_048_576..=4_294_967_295;
        /// Bytes of answers of more than 16 KiB that wait for their clients to take them: of operators' and storefronts' keys together,
        /// as many of sellers' keys, of shoppers, and of all who need no key. Beyond it large reads of that side are refused.
        answers_bytes_max: u32 = 25_165_824, in 1_048_576..=4_294_967_295;
        /// Of them those of one seller's key or of one account's shopper tokens together. Who has as many is answered nothing new.
        answers_bytes_per_caller: u32 = 8_388_608, in 1_048_576..=4_294_967_295;
        /// Bytes that are read of the body of a request that was refused before it came; with more left the connection ends.
        unread_bytes_max: u32 = 262_144, in 0..=1_048_576;
    }
}

impl Limits {
    pub fn of_http(&self) -> scrip_http::Limits {
        scrip_http::Limits {
            requests: RequestRates {
                per_key: self.key_requests_per_second,
                per_seller_key: self.seller_requests_per_second,
                per_shopper: self.shopper_requests_per_second,
            },
            bodies: BodyLimits {
                bytes_at_once: count(self.bodies_bytes_max),
                bytes_per_caller: count(self.bodies_bytes_per_caller),
            },
            answers: AnswerLimits {
                bytes_at_once: count(self.answers_bytes_max),
                bytes_per_caller: count(self.answers_bytes_per_caller),
            },
            drain: DrainLimits { bytes: self.unread_bytes_max.into(), ..DrainLimits::default() },
        }
    }

    pub fn of_exports(&self) -> ExportLimits {
        ExportLimits {
            per_key: count(self.exports_per_key),
            at_once: count(self.exports_at_once),
            time: Duration::from_secs(self.export_seconds.into()),
        }
    }

    pub fn of_waits(&self) -> WaitLimits {
        WaitLimits { per_caller: count(self.waits_per_key), at_once: count(self.waits_at_once) }
    }

    pub fn of_bulk(&self) -> BulkLimits {
        BulkLimits { per_caller: count(self.grants_per_key), at_once: count(self.grants_at_once) }
    }

    pub fn of_attempts(&self) -> AttemptLimits {
        AttemptLimits { rows: count(self.attempts_max), bytes: count(self.attempts_bytes_max) }
    }

    pub fn of_reads(&self) -> ReadLimits {
        let given = usize::try_from(self.reads_at_once).ok().and_then(NonZeroUsize::new);
        ReadLimits {
            at_once: given.map_or(ReadLimits::default().at_once, NonZeroUsize::get),
            waiting: count(self.reads_waiting_max),
        }
    }
}

fn count(count: u32) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}
