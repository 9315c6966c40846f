use scrip_http::{Origin, TrustedProxy};

use super::{
    listen::Listen,
    log_filter::LogFilter,
    setting::{List, settings},
};

settings! {
    /// Serving.
    Serving {
        /// Where to listen: an address or a name, and a port; without the first, every address. Plain HTTP: keep it on loopback or behind a
        /// proxy that speaks TLS.
        listen: Listen = Listen::on_loopback(8_080);
        /// What is logged: error, warn, info, debug, trace or off, or per module as in info,scrip_http=debug.
        log: LogFilter = LogFilter::info();
        /// Logs as JSON, one object a line.
        log_json: bool = false;
        /// Whether pending coupons of old data can be listed at all.
        show_pending: bool = true;
        /// Proxies whose X-Forwarded-For is believed: addresses or networks. Wrong codes are limited per address; without the proxy
        /// here all its clients count as one.
        trusted_proxies: List<TrustedProxy> = List::NONE;
        /// Origins whose pages may use shopper tokens from a browser, such as https://shop.example: what those may do, and nothing else.
        cors_origins: List<Origin> = List::NONE;
    }
}
