//! What handlers and middleware have in common.

use std::{ops::Deref, sync::Arc};

use scrip_core::id::CampaignId;
use scrip_desk::{Desk, NotDone};

use crate::{
    TrustedProxy, answer_room::AnswerRoom, cors::Origins, limits::DrainLimits, problem::Problem, rates::Rates,
    readiness::Readiness, reading::Reading, wire::QuoteDocument,
};

/// What every handler has. Each request clones it several times.
#[derive(Clone)]
pub(crate) struct Api(Arc<Common>);

/// What all handlers share.
pub(crate) struct Common {
    pub desk: Desk,
    pub metrics: Arc<dyn Fn() -> String + Send + Sync>,
    pub trusted_proxies: Arc<[TrustedProxy]>,
    pub origins: Origins,
    pub reading: Reading,
    pub answers: Arc<AnswerRoom>,
    pub rates: Arc<Rates>,
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
    pub fn names(&self) -> impl Fn(CampaignId) -> String {
        |campaign| self.desk.name_of(campaign)
    }

    /// A refusal, with the new quote where there is one.
    pub fn problem(&self, mut error: NotDone) -> Problem {
        let quote = error.quote.take();
        let problem = Problem::from(error);
        match quote {
            None => problem,
            Some(quote) => problem.with("quote", &QuoteDocument::new(&quote.0, &quote.1, &self.names())),
        }
    }
}
