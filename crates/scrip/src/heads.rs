//! The journal's head for whoever collects this process's log: kept out of reach of the database's files, it finds that they
//! were written anew.

use std::{sync::Arc, time::Duration};

use scrip_engine::KeptHead;
use scrip_store::Store;

/// How often it is logged. What was written anew is found up to the last one that was kept.
const EVERY: Duration = Duration::from_secs(60 * 60);

/// Logs where the journal ends.
pub fn log(store: &dyn Store, when: &'static str) {
    match KeptHead::all(store) {
        Ok(heads) => {
            for (head, last_event) in heads {
                tracing::info!(%head, %last_event, when, "the journal's head");
            }
        }
        Err(error) => tracing::warn!(%error, "the journal's head can't be read"),
    }
}

/// Logs it every hour, for ever.
pub async fn log_hourly(store: Arc<dyn Store>) {
    loop {
        tokio::time::sleep(EVERY).await;
        let store = store.clone();
        let _ = tokio::task::spawn_blocking(move || log(&*store, "hourly")).await;
    }
}

/// For people: where a database's journal ends, and when its last event was.
pub fn shown(heads: &[(KeptHead, scrip_core::time::Timestamp)]) -> String {
    if heads.is_empty() {
        return "It has no event yet.".to_owned();
    }
    let lines = heads.iter().map(|(head, at)| format!("Head {head}, last event at {at}"));
    lines.collect::<Vec<_>>().join("\n")
}
