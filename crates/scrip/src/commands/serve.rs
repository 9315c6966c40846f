use std::{net::SocketAddr, path::Path, process::ExitCode};

use clap::CommandFactory as _;
use scrip_engine::Engine;
use tokio::net::TcpListener;

use crate::{
    admin,
    backend::{self, Missing},
    cli::{Cli, ServeArguments},
    config::{self, Listen, Settings},
    connections::ConnectionLimits,
    data_folder::database,
    failure::Failure,
    heads,
    serving::{DEMO_MARK, StopSignal, api, reachable, until_stopped},
    telemetry, terminal, time_zones,
};

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
    config::unknown_variables(&Cli::command()).iter().for_each(|unknown| tracing::warn!("{unknown}"));
    let runtime = tokio::runtime::Runtime::new().map_err(|error| Failure::of("starting", &error))?;
    runtime.block_on(serve(data, &settings, arguments.noop))?;
    Ok(ExitCode::SUCCESS)
}

async fn serve(data: &Path, settings: &Settings, noop: bool) -> Result<(), Failure> {
    let metrics = telemetry::start_metrics()?;
    admin::check_name(data)?;
    let bound = bind(&settings.serving.listen).await;
    let is_new = !database(data).exists();
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
    let api = api(&engine, settings, metrics, noop);
    admin::serve(data, api.machine, ConnectionLimits::new(&settings.connections).patience)?;
    let address = listener.local_addr().map_err(|error| Failure::of("listening", &error))?;
    let stop = StopSignal::listen()?;
    announce(address, data, is_new, &engine);
    until_stopped(listener, (engine, api.public), settings, stop).await;
    hourly.abort();
    heads::log(&*store, "stop");
    tracing::info!("stopped");
    if !telemetry::is_json() {
        say!("scrip stopped.");
    }
    Ok(())
}

/// A clock that can't be right is said at once, by whoever reads the log first.
fn tell_of_the_clock(engine: &Engine) -> Result<(), Failure> {
    let trouble = engine.clock_trouble().map_err(|error| Failure::of("reading the journal", &error))?;
    if let Some(trouble) = trouble {
        tracing::error!(%trouble, "the clock can't be right: nothing is written");
    }
    Ok(())
}

async fn bind(listen: &Listen) -> Result<TcpListener, Failure> {
    let failed = |error: std::io::Error| {
        Failure::of(format!("listening on {listen} (another address: --listen, or SCRIP_LISTEN)"), &error)
    };
    TcpListener::bind(&listen.addresses().map_err(failed)?[..]).await.map_err(failed)
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
