//! One refill of a pool at a time.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use scrip_core::exchange::Pool;

/// One refill of a pool at a time: two recalls at once would take from each other what they found.
#[derive(Default)]
pub(crate) struct Gates(Mutex<HashMap<Pool, Arc<tokio::sync::Mutex<()>>>>);

impl Gates {
    /// The gate of a pool. Gates that nobody holds are dropped on the way.
    pub fn of(&self, pool: &Pool) -> Arc<tokio::sync::Mutex<()>> {
        let mut gates = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        gates.retain(|known, gate| known == pool || Arc::strong_count(gate) > 1);
        gates.entry(pool.clone()).or_default().clone()
    }
}
