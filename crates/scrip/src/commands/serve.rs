use std::{io::Write, net::SocketAddr, path::Path, process::ExitCode, time::Duration};

use scrip_engine::Engine;
use scrip_http::{ApiOptions, router};
use tokio::net::TcpListener;

use crate::{
    admin, backend,
    config::{Server, ServerSettings},
    connections::{self, ConnectionLimits},
    failure::Failure,
    telemetry,
};

/// A file that marks a folder as a demo's.
pub const DEMO_MARK: &str = "DEMO";

/// How long requests that have begun may take once we were told to stop.
const PATIENCE: Duration = Duration::from_secs(10);

/// `scrip serve`
pub fn run(settings: ServerSettings) -> Result<ExitCode, Failure> {
    let allow_demo = settings.allow_demo;
    let server = settings.resolve()?;
    if server.data.join(DEMO_MARK).exists() && !allow_demo {
        return Err(Failure::new(format!(
            "{} was made by `scrip demo`; give another --data folder",
            server.data.display()
        )));
    }
    telemetry::start_logging(&server.log, server.log_json)?;
    let runtime = tokio::runtime::Runtime::new().map_err(|error| Failure::of("starting", &error))?;
    runtime.block_on(serve(server))?;
    Ok(ExitCode::SUCCESS)
}

async fn serve(server: Server) -> Result<(), Failure> {
    let metrics = telemetry::start_metrics()?;
    let (engine, _store) = backend::start(&server.data)?;
    admin::serve(&server.data, &engine)?;
    let listener = bind(server.listen).await?;
    let address = listener.local_addr().map_err(|error| Failure::of("listening", &error))?;
    announce(address, &server.data, &engine);
    let options = ApiOptions {
        metrics,
        show_pending: server.show_pending,
        trusted_proxies: server.trusted_proxies,
        patience: server.connections.patience,
        noop: server.noop,
    };
    until_stopped(listener, engine, options, server.connections).await;
    Ok(())
}

/// Serves until Ctrl-C or a termination signal, finishing what has begun.
pub async fn until_stopped(listener: TcpListener, engine: Engine, options: ApiOptions, limits: ConnectionLimits) {
    let app = router(engine.clone(), options);
    let (told, mut was_told) = tokio::sync::watch::channel(());
    let serving = connections::serve(listener, app, limits, async move {
        stop_signal().await;
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

async fn stop_signal() {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut terminate) = signal(SignalKind::terminate()) else {
        let _ = tokio::signal::ctrl_c().await;
        return;
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate.recv() => {}
    }
}

async fn bind(listen: SocketAddr) -> Result<TcpListener, Failure> {
    TcpListener::bind(listen).await.map_err(|error| {
        Failure::of(format!("listening on {listen} (another address: --listen, or SCRIP_LISTEN)"), &error)
    })
}

fn announce(address: SocketAddr, data: &Path, engine: &Engine) {
    tracing::info!(%address, data = %data.display(), "listening");
    let mut text = format!("scrip {}  ·  http://{address}  ·  {}\n", env!("CARGO_PKG_VERSION"), data.display());
    text.push_str(&format!("  API reference  http://{address}/docs\n"));
    if engine.registry().api_keys().is_empty() {
        text.push_str("  No API key yet. In another terminal:\n");
        text.push_str(&format!("    scrip keys create --role operator --data {}\n", data.display()));
    }
    text.push_str("  Ctrl-C stops.\n");
    // Whoever started it may have stopped reading: no reason not to serve.
    let _ = std::io::stdout().write_all(text.as_bytes());
}
