//! `scrip demo`: a small marketplace on the embedded database, a walk through the rules with figures from the answers,
//! and the service left running.

mod seed;
mod shop;
mod walk;

use std::{io::ErrorKind, net::SocketAddr, path::Path, process::ExitCode};

use scrip_core::{api_key::Role, command::CreateApiKey, name::SellerId};
use scrip_desk::new_key;
use scrip_engine::Engine;
use tokio::net::TcpListener;

use crate::{
    admin, backend,
    cli::DemoArguments,
    config::{Listen, Settings},
    connections::ConnectionLimits,
    failure::Failure,
    serving::{DEMO_MARK, StopSignal, api, reachable, until_stopped},
    telemetry, terminal,
};

/// The keys of the demo's callers.
pub(crate) struct DemoKeys {
    pub operator: String,
    pub storefront: String,
    pub luma: String,
}

/// `scrip demo [--check]`: exits 1 if a figure isn't what it should be.
pub fn run(arguments: &DemoArguments) -> Result<ExitCode, Failure> {
    telemetry::start_logging("warn", false)?;
    let folder = tempfile::Builder::new()
        .prefix("scrip-demo-")
        .tempdir()
        .map_err(|error| Failure::of("making a folder for the demo", &error))?;
    let runtime = tokio::runtime::Runtime::new().map_err(|error| Failure::of("starting", &error))?;
    runtime.block_on(demo(arguments, folder.path()))
}

async fn demo(arguments: &DemoArguments, folder: &Path) -> Result<ExitCode, Failure> {
    std::fs::write(folder.join(DEMO_MARK), "made by scrip demo\n")
        .map_err(|error| Failure::of("marking the demo's folder", &error))?;
    let (engine, _store) = backend::start(folder, backend::Missing::Make)?;
    let settings = Settings::default();
    let api = api(&engine, &settings, telemetry::start_metrics()?, false);
    admin::serve(folder, api.machine, ConnectionLimits::new(&settings.connections).patience)?;
    let keys = DemoKeys {
        operator: key(&engine, Role::Operator, None).await?,
        storefront: key(&engine, Role::Storefront, None).await?,
        luma: key(&engine, Role::Seller, Some("luma")).await?,
    };
    let wanted = if arguments.check { Listen::on_loopback(0) } else { arguments.listen.clone() };
    let listener = listen(wanted).await?;
    let address = listener.local_addr().map_err(|error| Failure::of("listening", &error))?;
    let address = reachable(address);
    let stop = StopSignal::listen()?;
    let server = tokio::spawn(async move {
        until_stopped(listener, (engine, api.public), &settings, stop).await;
    });

    say!("scrip {}  ·  SQLite  {}\n", env!("CARGO_PKG_VERSION"), folder.display());
    let mut walk = walk::Walk::new(shop::Shop::new(address, &keys));
    let campaigns = seed::seed(&walk.shop).await?;
    walk.through(&campaigns).await?;
    let right = walk.report();
    if arguments.check {
        server.abort();
        return Ok(if right { ExitCode::SUCCESS } else { ExitCode::FAILURE });
    }
    announce(address, folder, &keys, &campaigns);
    match server.await {
        Ok(()) => {}
        Err(_) => return Err(Failure::new("the server stopped unexpectedly")),
    }
    say!(
        "\nThe demo's folder is gone. To keep data:  {}",
        terminal::command(&["serve", "--data"], Path::new("scrip-data"))
    );
    Ok(if right { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn key(engine: &Engine, role: Role, seller: Option<&str>) -> Result<String, Failure> {
    let seller = seller.map(|seller| SellerId::new(seller).expect("a valid name"));
    let new = new_key(role, seller, engine.now());
    engine
        .submit(CreateApiKey { key: new.key }, None)
        .await
        .map_err(|error| Failure::of("making a key for the demo", &error))?;
    Ok(new.text)
}

/// A busy port moves to the next, ten times.
async fn listen(wanted: Listen) -> Result<TcpListener, Failure> {
    let mut place = wanted.clone();
    for _ in 0..10 {
        let failed = |error: &std::io::Error| Failure::of(format!("listening on {place}"), error);
        let addresses = place.addresses().map_err(|error| failed(&error))?;
        match TcpListener::bind(&addresses[..]).await {
            Ok(listener) => return Ok(listener),
            Err(error) if error.kind() == ErrorKind::AddrInUse => {
                say!("Port {} is busy, trying the next.", place.port());
                place = place.with_port(place.port().wrapping_add(1));
            }
            Err(error) => return Err(failed(&error)),
        }
    }
    Err(Failure::new(format!("ports from {} on are busy; choose one with --listen", wanted.port())))
}

fn announce(address: SocketAddr, folder: &Path, keys: &DemoKeys, campaigns: &seed::Campaigns) {
    let base = format!("http://{address}");
    say!("\nThe service goes on at {base} until Ctrl-C.\n");
    say!("  API reference   {base}/docs");
    say!("  Metrics         {base}/metrics");
    say!("  Operator key    {}", keys.operator);
    say!("  Storefront key  {}", keys.storefront);
    say!("  Seller key      {}  (luma)\n", keys.luma);
    say!("Try it:\n");
    say!("  export SCRIP={base} KEY={}", keys.storefront);
    say!("  curl -s $SCRIP/v1/accounts/zoe/offers -H \"Authorization: Bearer $KEY\"");
    say!(
        "  curl -s $SCRIP/v1/accounts/zoe/coupons -H \"Authorization: Bearer $KEY\" -d '{{\"campaign\":\"{}\"}}'",
        campaigns.welcome
    );
    say!("  {}", terminal::command(&["verify", "--data"], folder));
}
