//! All routes with what surrounds them.

use std::{sync::Arc, time::Duration};

use axum::{Extension, Router};
use scrip_desk::{Caller, Desk};

use crate::{
    address::TrustedProxy,
    answer_room::AnswerRoom,
    api::{Api, Common},
    cors::{Origin, Origins},
    limits::Limits,
    machine, middleware,
    rates::Rates,
    readiness::Readiness,
    reading::Reading,
    routes,
};

/// What the server decides about the API.
pub struct ApiOptions {
    /// Renders `/metrics`.
    pub metrics: Arc<dyn Fn() -> String + Send + Sync>,
    /// Whose word is taken for where a request comes from.
    pub trusted_proxies: Vec<TrustedProxy>,
    /// Whose pages may use shopper tokens.
    pub cors_origins: Vec<Origin>,
    /// How long a request's body may take to arrive.
    pub patience: Duration,
    /// What callers may take up.
    pub limits: Limits,
    /// Adds `POST /noop`: the same middleware and body, no key check, no engine. For benchmarks only.
    pub noop: bool,
}

impl Default for ApiOptions {
    /// For whoever asks this process alone.
    fn default() -> Self {
        Self {
            metrics: Arc::new(String::new),
            trusted_proxies: Vec::new(),
            cors_origins: Vec::new(),
            patience: Duration::MAX,
            limits: Limits::default(),
            noop: false,
        }
    }
}

/// All routes with their middleware, by who reaches them.
pub struct Routers {
    /// For the network.
    pub public: Router,
    /// For whoever has the machine: an operator without a key.
    pub machine: Router,
}

/// All routes with their middleware, for the network.
pub fn router(desk: Desk, options: ApiOptions) -> Router {
    routers(desk, options).public
}

/// The same for the network, and for whoever has the machine.
pub fn routers(desk: Desk, options: ApiOptions) -> Routers {
    let api = Api::new(Common {
        metrics: options.metrics,
        trusted_proxies: options.trusted_proxies.into(),
        origins: Origins::new(options.cors_origins),
        answers: Arc::new(AnswerRoom::new(options.limits.answers)),
        reading: Reading::new(options.patience, options.limits.bodies),
        rates: Arc::new(Rates::new(&options.limits.requests)),
        readiness: Readiness::start(desk.clone()),
        drain: options.limits.drain,
        desk,
    });
    let (routes, _) = routes::all().split_for_parts();
    let mut routes = routes;
    if options.noop {
        routes = routes.route("/noop", axum::routing::post(routes::noop));
    }
    let machine = middleware::around(routes.clone().merge(machine::routes()), &api)
        .layer(Extension(Arc::new(Caller::of_this_machine())))
        .with_state(api.clone());
    Routers { public: middleware::around(routes, &api).with_state(api), machine }
}
