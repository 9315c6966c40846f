use std::{
    net::{Ipv4Addr, SocketAddr},
    path::Path,
    process::ExitCode,
    time::Duration,
};

use scrip_engine::Engine;
use scrip_http::{ApiOptions, GuessLimits, router};
use tokio::{
    net::TcpListener,
    signal::unix::{Signal, SignalKind, signal},
};

use crate::{
    admin,
    backend::{self, Missing},
    cli::ServeArguments,
    config::{self, Listen, Settings},
    connections::{self, ConnectionLimits},
    failure::Failure,
    heads,
    telemetry::{self, Metrics},
    terminal, time_zones,
};

/// A file that marks a folder as a demo's.
pub const DEMO_MARK: &str = "DEMO";

/// How long requests that have begun may take once we were told to stop.
const PATIENCE: Duration = Duration::from_secs(10);

/// `scrip serve`
pub fn run(arguments: &ServeArguments) -> Result<ExitCode, Failure> {
    let (settings, _) = arguments.settings.resolve()?;
    let data = &arguments.settings.data;
    if arguments.database_url.is_some() {
        return Err(Failure::new(
            "PostgreSQL isn't in this version yet. Leave --database-url and SCRIP_DATABASE_URL out to use the embedded database.",
        ));
    }
    if data.join(DEMO_MARK).exists() && !arguments.allow_demo {
        return Err(Failure::new(format!("{} was made by scrip demo; give another --data folder", data.display())));
    }
    telemetry::start_logging(settings.serving.log.as_str(), settings.serving.log_json)?;
    config::unknown_variables().iter().for_each(|unknown| tracing::warn!("{unknown}"));
    let runtime = tokio::runtime::Runtime::new().map_err(|error| Failure::of("starting", &error))?;
    runtime.block_on(serve(data, &settings, arguments.noop))?;
    Ok(ExitCode::SUCCESS)
}

async fn serve(data: &Path, settings: &Settings, noop: bool) -> Result<(), Failure> {
    let metrics = telemetry::start_metrics()?;
    admin::check_name(data)?;
    let bound = bind(&settings.serving.listen).await;
    let is_new = !backend::database(data).exists();
    if bound.is_err() && is_new {
        // A mistyped address makes no database. Where one is, that somebody has it open says more than that the port is taken.
        return bound.map(drop);
    }
    let (engine, store) = backend::start(data, Missing::Make)?;
    let listener = bound?;
    heads::log(&*store, "start");
    let hourly = tokio::spawn(heads::log_hourly(store.clone()));
    time_zones::tell(&engine);
    tell_of_the_clock(&engine)?;
    admin::serve(data, &engine)?;
    let address = listener.local_addr().map_err(|error| Failure::of("listening", &error))?;
    let stop = StopSignal::listen()?;
    announce(address, data, is_new, &engine);
    until_stopped(listener, engine, settings, api_options(settings, metrics, noop), stop).await;
    hourly.abort();
    heads::log(&*store, "stop");
    tracing::info!("stopped");
    if !telemetry::is_json() {
        say!("scrip stopped.");
    }
    Ok(())
}

pub fn api_options(settings: &Settings, metrics: Metrics, noop: bool) -> ApiOptions {
    let guessing = &settings.guessing;
    ApiOptions {
        guesses: GuessLimits {
            account: guessing.guesses_account,
            address: guessing.guesses_address,
            key: guessing.guesses_key,
            seller: guessing.guesses_seller,
            minutes: guessing.guesses_minutes,
            ..GuessLimits::default()
        },
        metrics,
        show_pending: settings.serving.show_pending,
        trusted_proxies: settings.serving.trusted_proxies.0.clone(),
        cors_origins: settings.serving.cors_origins.0.clone(),
        patience: ConnectionLimits::new(&settings.connections).patience,
        seller_limits: settings.sellers.limits(),
        seller_exceptions: settings.sellers.seller_limits.0.clone(),
        limits: settings.limits.of_http(),
        noop,
    }
}

/// A clock that can't be right is said at once, by whoever reads the log first.
fn tell_of_the_clock(engine: &Engine) -> Result<(), Failure> {
    let trouble = engine.clock_trouble().map_err(|error| Failure::of("reading the journal", &error))?;
    if let Some(trouble) = trouble {
        tracing::error!(%trouble, "the clock can't be right: nothing is written");
    }
    Ok(())
}

/// Serves until Ctrl-C or a termination signal, finishing what has begun.
pub async fn until_stopped(
    listener: TcpListener,
    engine: Engine,
    settings: &Settings,
    options: ApiOptions,
    stop: StopSignal,
) {
    engine.limit_reads(settings.limits.of_reads());
    let app = router(engine.clone(), options);
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

async fn bind(listen: &Listen) -> Result<TcpListener, Failure> {
    let failed = |error: std::io::Error| {
        Failure::of(format!("listening on {listen} (another address: --listen, or SCRIP_LISTEN)"), &error)
    };
    TcpListener::bind(&listen.addresses().map_err(failed)?[..]).await.map_err(failed)
}

/// An address by which this machine reaches what listens on one.
pub fn reachable(address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() { SocketAddr::from((Ipv4Addr::LOCALHOST, address.port())) } else { address }
}

/// Says where it listens, and what to do next: in the log, and for people who don't collect that.
fn announce(address: SocketAddr, data: &Path, is_new: bool, engine: &Engine) {
    tracing::info!(%address, data = %data.display(), "listening");
    let first_key = (!engine.registry().has_api_keys())
        .then(|| terminal::command(&["keys", "create", "--role", "operator", "--data"], data));
    if telemetry::is_json() {
        // Whoever collects lines of JSON may collect both outputs.
        if is_new {
            tracing::warn!(data = %data.display(), "the folder had no database: a new one was made");
        }
        if let Some(command) = first_key {
            tracing::info!(command, "there is no API key yet");
        }
        return;
    }
    let address = reachable(address);
    let mut text = format!("scrip {}  ·  http://{address}  ·  {}\n", env!("CARGO_PKG_VERSION"), data.display());
    if is_new {
        // A mistyped folder is noticed by it.
        text.push_str("  The folder had no database: a new one was made.\n");
    }
    text.push_str(&format!("  API reference  http://{address}/docs\n"));
    if let Some(command) = first_key {
        text.push_str(&format!("  No API key yet. In another terminal:\n    {command}\n"));
    }
    text.push_str("  Ctrl-C stops.\n");
    terminal::out(format_args!("{text}"));
}
