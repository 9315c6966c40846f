use super::setting::settings;

settings! {
    /// Connections.
    Connections {
        /// Seconds that a request's head may take to arrive, again its body, and again a client to take more of an answer. An idle
        /// connection is closed after as many.
        request_seconds: u32 = 30, in 1..=3_600;
        /// Connections at once; more wait to be accepted. At most what the system lets one process open. Each takes 17 KiB of memory,
        /// up to 50 KiB while its client is slow.
        connections_max: u32 = 4_096, in 1..=1_000_000;
    }
}
