use std::{
    ffi::OsString,
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tracing_subscriber::EnvFilter;

use crate::{failure::Failure, terminal};

/// Renders `/metrics`.
pub type Metrics = Arc<dyn Fn() -> String + Send + Sync>;

/// How often samples are added up.
const UPKEEP: Duration = Duration::from_secs(5);

/// Whether the log is JSON, so that what ends the process is too.
static JSON: AtomicBool = AtomicBool::new(false);

/// Starts logging to standard error.
///
/// Errors: a filter that can't be understood.
pub fn start_logging(filter: &str, json: bool) -> Result<(), Failure> {
    // What a library says of each step of a migration is said in one line of ours. A filter that names it goes before this.
    let filter = format!("refinery_core=warn,{filter}");
    let filter = EnvFilter::try_new(filter).map_err(|error| Failure::of("the setting log", &error))?;
    JSON.store(json, Ordering::Relaxed);
    let colours = !json && terminal::has_colours();
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(colours)
        .with_writer(std::io::stderr)
        // Of a line that can't be written it would tell on standard error, which is what can't be written, and panic.
        .log_internal_errors(false);
    let started = if json { subscriber.json().try_init() } else { subscriber.with_target(false).try_init() };
    // Only a second start in one process can fail; the first one's settings stay.
    drop(started);
    Ok(())
}

/// Whether flags or environment ask for JSON, for what goes wrong before the settings are read.
pub fn json_is_asked_for() -> bool {
    let arguments: Vec<OsString> = std::env::args_os().collect();
    asks_for_json(&arguments) || std::env::var_os("SCRIP_LOG_JSON").is_some_and(|value| value == "true")
}

/// Whether the flag is among them: alone, or with its value.
fn asks_for_json(arguments: &[OsString]) -> bool {
    let flag = arguments.iter().position(|argument| argument == "--log-json");
    let value = |at: usize| arguments.get(at + 1).filter(|next| !next.as_encoded_bytes().starts_with(b"-"));
    arguments.iter().any(|argument| argument == "--log-json=true")
        || flag.is_some_and(|at| value(at).is_none_or(|value| value == "true"))
}

/// Whether the log is JSON.
pub fn is_json() -> bool {
    JSON.load(Ordering::Relaxed)
}

/// Says what ends the process: where logs are JSON as one of them, whatever the filter, so that whoever collects them finds it.
pub fn fatal(why: &impl fmt::Display) {
    if is_json() || json_is_asked_for() {
        let json = tracing_subscriber::fmt().json().with_writer(std::io::stderr).log_internal_errors(false).finish();
        tracing::subscriber::with_default(json, || tracing::error!("{}", why.to_string().trim_end()));
    } else {
        complain!("scrip: {why}");
    }
}

/// Starts metrics; answers what renders them.
pub fn start_metrics() -> Result<Metrics, Failure> {
    let seconds = [0.000_5, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0];
    let sizes = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0];
    let handle: PrometheusHandle = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &seconds)
        .and_then(|builder| builder.set_buckets_for_metric(Matcher::Suffix("_commands".to_owned()), &sizes))
        .and_then(PrometheusBuilder::install_recorder)
        .map_err(|error| Failure::of("starting metrics", &error))?;
    scrip_engine::announce_metrics();
    scrip_desk::announce_metrics();
    scrip_http::announce_metrics();
    // Samples wait in memory until somebody adds them up: a server that nobody scrapes must not grow.
    let upkeep = handle.clone();
    thread::Builder::new()
        .name("metrics".to_owned())
        .spawn(move || {
            loop {
                thread::sleep(UPKEEP);
                upkeep.run_upkeep();
            }
        })
        .map_err(|error| Failure::of("starting metrics", &error))?;
    Ok(Arc::new(move || handle.render()))
}
