use std::{sync::Arc, time::Duration};

use axum::Router;
use scrip_engine::{Engine, EngineError, Reader};

use crate::{TrustedProxy, attempt_log::AttemptLog, attempts::Attempts, middleware, routes, tokens::Tokens};

/// What every handler has.
#[derive(Clone)]
pub struct Api {
    pub(crate) engine: Engine,
    pub(crate) tokens: Tokens,
    pub(crate) attempts: Arc<Attempts>,
    pub(crate) log: AttemptLog,
    pub(crate) metrics: Arc<dyn Fn() -> String + Send + Sync>,
    pub(crate) show_pending: bool,
    pub(crate) trusted_proxies: Arc<[TrustedProxy]>,
    pub(crate) patience: Duration,
}

/// What the server decides about the API.
pub struct ApiOptions {
    /// Renders `/metrics`.
    pub metrics: Arc<dyn Fn() -> String + Send + Sync>,
    /// Whether pending coupons of old data can be listed at all (S17).
    pub show_pending: bool,
    /// Whose word is taken for where a request comes from.
    pub trusted_proxies: Vec<TrustedProxy>,
    /// How long a request's body may take to arrive.
    pub patience: Duration,
    /// Adds `POST /noop`: the same middleware and body, no key check, no engine. For benchmarks only.
    pub noop: bool,
}

/// All routes with their middleware.
pub fn router(engine: Engine, options: ApiOptions) -> Router {
    let api = Api {
        tokens: Tokens::new(engine.secrets().token_key()),
        attempts: Arc::default(),
        log: AttemptLog::start(),
        metrics: options.metrics,
        show_pending: options.show_pending,
        trusted_proxies: options.trusted_proxies.into(),
        patience: options.patience,
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
    /// Reads committed state on a thread that may block.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Reader<'_>) -> Result<T, EngineError> + Send + 'static,
    ) -> Result<T, EngineError> {
        let engine = self.engine.clone();
        tokio::task::spawn_blocking(move || engine.read(work)).await.unwrap_or(Err(EngineError::Fault))
    }
}
