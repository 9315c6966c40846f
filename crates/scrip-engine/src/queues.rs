//! What waits for each bucket.

use std::{
    collections::HashMap,
    sync::{PoisonError, RwLock},
};

use scrip_core::slot::{Bucket, Buckets};
use tokio::sync::mpsc::{self, error::TrySendError};

use crate::{receipt::EngineError, waiting::Waiting};

/// Commands that may wait for one bucket; beyond, the store can't take more now.
const QUEUE_MAX: usize = 8_192;

/// Where commands are put. Empty once it was closed: sequencers end when their queues' senders are gone.
pub(crate) struct Queues(RwLock<HashMap<Bucket, mpsc::Sender<Waiting>>>);

impl Queues {
    /// One for each bucket, with the ends from which sequencers take.
    pub fn new(buckets: Buckets) -> (Self, Vec<(Bucket, mpsc::Receiver<Waiting>)>) {
        let (mut queues, mut ends) = (HashMap::new(), Vec::new());
        for bucket in buckets.all() {
            let (sender, end) = mpsc::channel(QUEUE_MAX);
            queues.insert(bucket, sender);
            ends.push((bucket, end));
        }
        (Self(RwLock::new(queues)), ends)
    }

    /// Errors: too many wait, or nothing is taken any more.
    pub fn put(&self, bucket: Bucket, waiting: Waiting) -> Result<(), EngineError> {
        let queues = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let queue = queues.get(&bucket).ok_or_else(|| EngineError::Unavailable("it is stopping".to_owned()))?;
        queue.try_send(waiting).map_err(|error| {
            EngineError::Unavailable(match error {
                TrySendError::Full(_) => "too many commands wait".to_owned(),
                TrySendError::Closed(_) => "the bucket's sequencer ended".to_owned(),
            })
        })
    }

    /// Takes nothing any more; what waits is still done.
    pub fn close(&self) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).clear();
    }
}
