use std::{sync::Arc, time::Duration};

use axum::Router;
use scrip_core::id::CampaignId;
use scrip_engine::{Engine, EngineError, Reader};

use crate::{
    SellerLimit, SellerLimits, TrustedProxy,
    answer_room::AnswerRoom,
    attempt_log::AttemptLog,
    body::Reading,
    concurrent::Concurrent,
    cors::{Origin, Origins},
    counted,
    guesses::{GuessLimits, Guesses},
    limits::{DrainLimits, Limits},
    middleware,
    rates::Rates,
    readiness::Readiness,
    routes,
    seller_limits::Sellers,
    shares::AtOnce,
    tokens::Tokens,
};

/// What every handler has.
#[derive(Clone)]
pub struct Api {
    pub(crate) engine: Engine,
    pub(crate) tokens: Tokens,
    pub(crate) guesses: Arc<Guesses>,
    pub(crate) log: AttemptLog,
    pub(crate) metrics: Arc<dyn Fn() -> String + Send + Sync>,
    pub(crate) show_pending: bool,
    pub(crate) trusted_proxies: Arc<[TrustedProxy]>,
    pub(crate) origins: Origins,
    pub(crate) reading: Reading,
    pub(crate) answers: Arc<AnswerRoom>,
    pub(crate) sellers: Arc<Sellers>,
    pub(crate) rates: Arc<Rates>,
    pub(crate) exports: Arc<Concurrent>,
    pub(crate) export_time: Duration,
    /// Callers that wait for something to happen.
    pub(crate) waits: Arc<Concurrent>,
    pub(crate) readiness: Readiness,
    pub(crate) drain: DrainLimits,
}

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
    let api = Api {
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
        readiness: Readiness::start(engine.clone()),
        drain: options.limits.drain,
        engine,
    };
    let (routes, _) = routes::all().split_for_parts();
    let mut routes = routes;
    if options.noop {
        routes = routes.route("/noop", axum::routing::post(routes::noop));
    }
    middleware::around(routes, &api).with_state(api)
}

impl Api {
    /// What a campaign is called now.
    pub(crate) fn name_of(&self, campaign: CampaignId) -> String {
        self.engine.registry().campaign(campaign).map_or(String::new(), |campaign| campaign.terms.name.clone())
    }

    /// Reads committed state on a thread that may block, in turn. Not done if nobody waits for it any more.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Reader<'_>) -> Result<T, EngineError> + Send + 'static,
    ) -> Result<T, EngineError> {
        self.engine.read_aside(work).await
    }
}
