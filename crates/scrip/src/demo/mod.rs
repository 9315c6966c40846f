//! `scrip demo`: a small marketplace on the embedded database, a walk through the rules with figures from the answers,
//! and the service left running.

mod seed;
mod shop;
mod walk;

use std::{
    io::ErrorKind,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::ExitCode,
};

use scrip_core::{command::CreateApiKey, event::Role, name::SellerId};
use scrip_engine::Engine;
use scrip_http::{ApiOptions, new_key};
use tokio::net::TcpListener;

use crate::{
    admin, backend,
    cli::DemoArguments,
    commands::serve::{DEMO_MARK, until_stopped},
    connections::ConnectionLimits,
    failure::Failure,
    telemetry,
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
    let (engine, _store) = backend::start(folder)?;
    admin::serve(folder, &engine)?;
    let keys = DemoKeys {
        operator: key(&engine, Role::Operator, None).await?,
        storefront: key(&engine, Role::Storefront, None).await?,
        luma: key(&engine, Role::Seller, Some("luma")).await?,
    };
    let listener =
        listen(if arguments.check { SocketAddr::from(([127, 0, 0, 1], 0)) } else { arguments.listen }).await?;
    let address = listener.local_addr().map_err(|error| Failure::of("listening", &error))?;
    let limits = ConnectionLimits::new(None, None);
    let options = ApiOptions {
        metrics: telemetry::start_metrics()?,
        show_pending: true,
        trusted_proxies: Vec::new(),
        patience: limits.patience,
        noop: false,
    };
    let server = tokio::spawn(until_stopped(listener, engine, options, limits));

    println!("scrip {}  ·  SQLite  {}\n", env!("CARGO_PKG_VERSION"), folder.display());
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
    println!("\nThe demo's folder is gone. To keep data:  scrip serve --data ./scrip-data");
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
async fn listen(wanted: SocketAddr) -> Result<TcpListener, Failure> {
    let mut address = wanted;
    for _ in 0..10 {
        match TcpListener::bind(address).await {
            Ok(listener) => return Ok(listener),
            Err(error) if error.kind() == ErrorKind::AddrInUse => {
                println!("Port {} is busy, trying the next.", address.port());
                address.set_port(address.port().wrapping_add(1));
            }
            Err(error) => return Err(Failure::of(format!("listening on {address}"), &error)),
        }
    }
    Err(Failure::new(format!("ports from {} on are busy; choose one with --listen", wanted.port())))
}

fn announce(address: SocketAddr, folder: &Path, keys: &DemoKeys, campaigns: &seed::Campaigns) {
    let base = format!("http://{address}");
    println!("\nThe service goes on at {base} until Ctrl-C.\n");
    println!("  API reference   {base}/docs");
    println!("  Metrics         {base}/metrics");
    println!("  Operator key    {}", keys.operator);
    println!("  Storefront key  {}", keys.storefront);
    println!("  Seller key      {}  (luma)\n", keys.luma);
    println!("Try it:\n");
    println!("  export SCRIP={base} KEY={}", keys.storefront);
    println!("  curl -s $SCRIP/v1/accounts/zoe/offers -H \"Authorization: Bearer $KEY\"");
    println!(
        "  curl -s $SCRIP/v1/accounts/zoe/coupons -H \"Authorization: Bearer $KEY\" -d '{{\"campaign\":\"{}\"}}'",
        campaigns.welcome
    );
    println!("  scrip verify --data {}", shown(folder));
}

fn shown(folder: &Path) -> String {
    PathBuf::from(folder).display().to_string()
}
