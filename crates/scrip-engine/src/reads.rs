//! Reads of committed state, in turn.

use std::{ops::Deref, sync::Arc};

use crate::{read::Reader, receipt::EngineError, room::aside, shared::Shared};

/// Whoever may read.
#[derive(Clone)]
pub(crate) struct Reads(pub Arc<Shared>);

impl Deref for Reads {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

impl Reads {
    /// Blocks.
    pub fn blocking<T>(&self, work: impl FnOnce(&mut Reader<'_>) -> Result<T, EngineError>) -> Result<T, EngineError> {
        work(&mut Reader::new(self, self.store.snapshot()?))
    }

    /// In turn, without holding up whoever waits for it. Dropped before its turn it isn't done.
    ///
    /// Errors: those of the work; `rate_limited` if too many reads wait.
    pub async fn in_turn<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Reader<'_>) -> Result<T, EngineError> + Send + 'static,
    ) -> Result<T, EngineError> {
        if self.by_hand {
            return self.blocking(work);
        }
        let turn = self.room().turn().await?;
        let reads = self.clone();
        aside(turn, move || reads.blocking(work)).await
    }

    /// The same for one of few that has begun, such as a page of an export or a command that was done: it is never refused for
    /// those that wait.
    pub async fn in_line<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Reader<'_>) -> Result<T, EngineError> + Send + 'static,
    ) -> Result<T, EngineError> {
        if self.by_hand {
            return self.blocking(work);
        }
        if scrip_faults::is(scrip_faults::Fault::ExportKeepsItsPlace) {
            self.room().turn_in_line().await.forget();
        }
        let turn = self.room().turn_in_line().await;
        let reads = self.clone();
        aside(turn, move || reads.blocking(work)).await
    }

    /// The same for what may take long, one at once.
    pub async fn long<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Reader<'_>) -> Result<T, EngineError> + Send + 'static,
    ) -> Result<T, EngineError> {
        if self.by_hand {
            return self.blocking(work);
        }
        let turn = self.room().turn_for_long().await;
        let reads = self.clone();
        aside(turn, move || reads.blocking(work)).await
    }
}
