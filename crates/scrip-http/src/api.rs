//! What handlers and middleware have in common.

use std::{ops::Deref, sync::Arc, time::Duration};

use scrip_core::id::CampaignId;
use scrip_engine::{Engine, EngineError, Reader};

use crate::{
    TrustedProxy, answer_room::AnswerRoom, attempt_log::AttemptLog, body::Reading, bulk::Bulk, concurrent::Concurrent,
    cors::Origins, guesses::Guesses, limits::DrainLimits, rates::Rates, readiness::Readiness, seller_limits::Sellers,
    tokens::Tokens,
};

/// What every handler has. Each request clones it several times.
#[derive(Clone)]
pub(crate) struct Api(Arc<Common>);

/// What all handlers share.
pub(crate) struct Common {
    pub engine: Engine,
    pub tokens: Tokens,
    pub guesses: Arc<Guesses>,
    pub log: AttemptLog,
    pub metrics: Arc<dyn Fn() -> String + Send + Sync>,
    pub show_pending: bool,
    pub trusted_proxies: Arc<[TrustedProxy]>,
    pub origins: Origins,
    pub reading: Reading,
    pub answers: Arc<AnswerRoom>,
    pub sellers: Arc<Sellers>,
    pub rates: Arc<Rates>,
    pub exports: Arc<Concurrent>,
    pub export_time: Duration,
    /// Callers that wait for something to happen.
    pub waits: Arc<Concurrent>,
    /// Requests that come to many commands.
    pub bulk: Bulk,
    pub readiness: Readiness,
    pub drain: DrainLimits,
}

impl Deref for Api {
    type Target = Common;

    fn deref(&self) -> &Common {
        &self.0
    }
}

impl Api {
    pub fn new(common: Common) -> Self {
        Self(Arc::new(common))
    }

    /// What a campaign is called now.
    pub fn name_of(&self, campaign: CampaignId) -> String {
        self.engine.registry().campaign(campaign).map_or(String::new(), |campaign| campaign.terms.name.clone())
    }

    /// Reads committed state on a thread that may block, in turn. Not done if nobody waits for it any more.
    pub async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Reader<'_>) -> Result<T, EngineError> + Send + 'static,
    ) -> Result<T, EngineError> {
        self.engine.read_aside(work).await
    }
}
