//! What reading bodies takes, of all requests together.

use std::{sync::Arc, time::Duration};

use tokio::{
    sync::{Semaphore, SemaphorePermit},
    task::yield_now,
};

use crate::{body_room::BodyRoom, limits::BodyLimits};

/// What reading a body takes.
pub struct Reading {
    /// How long a body may take.
    pub patience: Duration,
    pub room: Arc<BodyRoom>,
    /// How many large bodies are being parsed.
    parsing: Arc<Semaphore>,
}

impl Reading {
    pub fn new(patience: Duration, limits: BodyLimits) -> Self {
        let processors = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
        Self {
            patience,
            room: Arc::new(BodyRoom::new(limits)),
            parsing: Arc::new(Semaphore::new((processors / 2).max(1))),
        }
    }

    /// A turn to go through a large body. Whoever is ready by then goes first.
    pub async fn parsing(&self) -> SemaphorePermit<'_> {
        let turn = self.parsing.acquire().await.expect("never closed");
        yield_now().await;
        turn
    }
}
