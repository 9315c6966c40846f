//! What handlers and middleware have in common.

use std::{sync::Arc, time::Duration};

use scrip_core::id::CampaignId;
use scrip_engine::{Engine, EngineError, Reader};

use crate::{
    TrustedProxy, answer_room::AnswerRoom, attempt_log::AttemptLog, body::Reading, concurrent::Concurrent,
    cors::Origins, guesses::Guesses, limits::DrainLimits, rates::Rates, readiness::Readiness, seller_limits::Sellers,
    tokens::Tokens,
};

/// What every handler has.
#[derive(Clone)]
pub struct Api {
    pub(crate) engine: Engine,
    pub(crate) tokens: Tokens,
    pub(crate) guesses: Arc<Guesses>,
    pub(crate) log: AttemptLog,
    pub(crate) metrics: Arc<dyn Fn() -> String + Send + Sync>,
    pub(crate) show_pending: bool,
    pub(crate) trusted_proxies: Arc<[TrustedProxy]>,
    pub(crate) origins: Origins,
    pub(crate) reading: Reading,
    pub(crate) answers: Arc<AnswerRoom>,
    pub(crate) sellers: Arc<Sellers>,
    pub(crate) rates: Arc<Rates>,
    pub(crate) exports: Arc<Concurrent>,
    pub(crate) export_time: Duration,
    /// Callers that wait for something to happen.
    pub(crate) waits: Arc<Concurrent>,
    pub(crate) readiness: Readiness,
    pub(crate) drain: DrainLimits,
}

impl Api {
    /// What a campaign is called now.
    pub(crate) fn name_of(&self, campaign: CampaignId) -> String {
        self.engine.registry().campaign(campaign).map_or(String::new(), |campaign| campaign.terms.name.clone())
    }

    /// Reads committed state on a thread that may block, in turn. Not done if nobody waits for it any more.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Reader<'_>) -> Result<T, EngineError> + Send + 'static,
    ) -> Result<T, EngineError> {
        self.engine.read_aside(work).await
    }
}
