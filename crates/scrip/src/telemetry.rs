use std::{sync::Arc, thread, time::Duration};

use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tracing_subscriber::EnvFilter;

use crate::failure::Failure;

/// How often samples are added up.
const UPKEEP: Duration = Duration::from_secs(5);

/// Starts logging to standard error.
///
/// Errors: a filter that can't be understood.
pub fn start_logging(filter: &str, json: bool) -> Result<(), Failure> {
    let filter = EnvFilter::try_new(filter).map_err(|error| Failure::of("the setting log", &error))?;
    let subscriber = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let started = if json { subscriber.json().try_init() } else { subscriber.with_target(false).try_init() };
    // Only a second start in one process can fail; the first one's settings stay.
    drop(started);
    Ok(())
}

/// Starts metrics; answers what renders them.
pub fn start_metrics() -> Result<Arc<dyn Fn() -> String + Send + Sync>, Failure> {
    let seconds = [0.000_5, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0];
    let sizes = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0];
    let handle: PrometheusHandle = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &seconds)
        .and_then(|builder| builder.set_buckets_for_metric(Matcher::Suffix("_commands".to_owned()), &sizes))
        .and_then(PrometheusBuilder::install_recorder)
        .map_err(|error| Failure::of("starting metrics", &error))?;
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
