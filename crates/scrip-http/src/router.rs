//! The API put together.

use std::{sync::Arc, time::Duration};

use axum::Router;
use scrip_engine::Engine;

use crate::{
    SellerLimit, SellerLimits, TrustedProxy,
    answer_room::AnswerRoom,
    api::{Api, Common},
    attempt_log::AttemptLog,
    body::Reading,
    bulk::Bulk,
    concurrent::Concurrent,
    cors::{Origin, Origins},
    counted,
    guesses::{GuessLimits, Guesses},
    limits::Limits,
    middleware,
    rates::Rates,
    readiness::Readiness,
    routes,
    seller_limits::Sellers,
    shares::AtOnce,
    tokens::Tokens,
};

/// What the server decides about the API.
pub struct ApiOptions {
    /// Renders `/metrics`.
    pub metrics: Arc<dyn Fn() -> String + Send + Sync>,
    /// Whether pending coupons of old data can be listed at all (S17).
    pub show_pending: bool,
    /// Whose word is taken for where a request comes from.
    pub trusted_proxies: Vec<TrustedProxy>,
    /// Whose pages may use shopper tokens.
    pub cors_origins: Vec<Origin>,
    /// How many wrong codes are looked at.
    pub guesses: GuessLimits,
    /// How long a request's body may take to arrive.
    pub patience: Duration,
    /// What every seller may have.
    pub seller_limits: SellerLimits,
    /// What one may have instead.
    pub seller_exceptions: Vec<SellerLimit>,
    /// What callers may take up.
    pub limits: Limits,
    /// Adds `POST /noop`: the same middleware and body, no key check, no engine. For benchmarks only.
    pub noop: bool,
}

/// All routes with their middleware.
pub fn router(engine: Engine, options: ApiOptions) -> Router {
    let (exports, waits) = (options.limits.exports, options.limits.waits);
    let at_once = |per_caller, in_all, refused| Arc::new(Concurrent::new(AtOnce { per_caller, in_all }, refused));
    let api = Api::new(Common {
        tokens: Tokens::new(engine.secrets().token_key()),
        guesses: Arc::new(Guesses::new(options.guesses)),
        log: AttemptLog::start(options.limits.attempts),
        metrics: options.metrics,
        show_pending: options.show_pending,
        trusted_proxies: options.trusted_proxies.into(),
        origins: Origins::new(options.cors_origins),
        answers: Arc::new(AnswerRoom::new(options.limits.answers)),
        reading: Reading::new(options.patience, options.limits.bodies),
        sellers: Arc::new(Sellers::new(options.seller_limits, &options.seller_exceptions)),
        rates: Arc::new(Rates::new(&options.limits.requests)),
        exports: at_once(exports.per_key, exports.at_once, counted::EXPORTS_REFUSED),
        export_time: exports.time,
        waits: at_once(waits.per_caller, waits.at_once, counted::WAITS_REFUSED),
        bulk: Bulk::new(options.limits.bulk),
        readiness: Readiness::start(engine.clone()),
        drain: options.limits.drain,
        engine,
    });
    let (routes, _) = routes::all().split_for_parts();
    let mut routes = routes;
    if options.noop {
        routes = routes.route("/noop", axum::routing::post(routes::noop));
    }
    middleware::around(routes, &api).with_state(api)
}
