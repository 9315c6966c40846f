//! A server that runs until somebody stops it: `serve`, and the demo's.

use std::{
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};

use axum::Router;
use scrip_desk::{Desk, DeskOptions, GuessLimits};
use scrip_engine::Engine;
use scrip_http::{ApiOptions, Routers, routers};
use tokio::{
    net::TcpListener,
    signal::unix::{Signal, SignalKind, signal},
};

use crate::{
    config::Settings,
    connections::{self, ConnectionLimits},
    failure::Failure,
    telemetry::Metrics,
};

/// A file that marks a folder as a demo's.
pub const DEMO_MARK: &str = "DEMO";

/// How long requests that have begun may take once we were told to stop.
const PATIENCE: Duration = Duration::from_secs(10);

/// The API on an engine as the settings have it.
pub fn api(engine: &Engine, settings: &Settings, metrics: Metrics, noop: bool) -> Routers {
    // Before anybody can read.
    engine.limit_reads(settings.limits.of_reads());
    routers(Desk::new(engine.clone(), &desk_options(settings)), api_options(settings, metrics, noop))
}

/// What the settings say of what callers may do.
fn desk_options(settings: &Settings) -> DeskOptions {
    let (guessing, limits) = (&settings.guessing, &settings.limits);
    DeskOptions {
        show_pending: settings.serving.show_pending,
        guesses: GuessLimits {
            account: guessing.guesses_account,
            address: guessing.guesses_address,
            key: guessing.guesses_key,
            seller: guessing.guesses_seller,
            minutes: guessing.guesses_minutes,
            ..GuessLimits::default()
        },
        seller_limits: settings.sellers.limits(),
        seller_exceptions: settings.sellers.seller_limits.0.clone(),
        exports: limits.of_exports(),
        waits: limits.of_waits(),
        bulk: limits.of_bulk(),
        attempts: limits.of_attempts(),
    }
}

/// What they say of the API.
fn api_options(settings: &Settings, metrics: Metrics, noop: bool) -> ApiOptions {
    ApiOptions {
        metrics,
        trusted_proxies: settings.serving.trusted_proxies.0.clone(),
        cors_origins: settings.serving.cors_origins.0.clone(),
        patience: ConnectionLimits::new(&settings.connections).patience,
        limits: settings.limits.of_http(),
        noop,
    }
}

/// Serves until Ctrl-C or a termination signal, finishing what has begun.
pub async fn until_stopped(
    listener: TcpListener,
    (engine, app): (Engine, Router),
    settings: &Settings,
    stop: StopSignal,
) {
    let limits = ConnectionLimits::new(&settings.connections);
    let (told, mut was_told) = tokio::sync::watch::channel(());
    let serving = connections::serve(listener, app, limits, async move {
        stop.came().await;
        drop(told);
    });
    let patience = async {
        // The sender is gone: we were told to stop.
        while was_told.changed().await.is_ok() {}
        tokio::time::sleep(PATIENCE).await;
    };
    tokio::select! {
        () = serving => {}
        () = patience => tracing::warn!("some connections didn't end in time and are cut off"),
    }
    tokio::task::spawn_blocking(move || engine.stop()).await.ok();
}

/// Ctrl-C or a termination signal, listened for from here on: before anybody is told that the server listens, or who stops it
/// at once would kill it.
pub struct StopSignal {
    interrupt: Signal,
    terminate: Signal,
}

impl StopSignal {
    pub fn listen() -> Result<Self, Failure> {
        let listened = |kind| signal(kind).map_err(|error| Failure::of("listening for signals", &error));
        Ok(Self { interrupt: listened(SignalKind::interrupt())?, terminate: listened(SignalKind::terminate())? })
    }

    async fn came(mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

/// An address by which this machine reaches what listens on one.
pub fn reachable(address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() { SocketAddr::from((Ipv4Addr::LOCALHOST, address.port())) } else { address }
}
