//! What every operation has in common.

use std::{ops::Deref, sync::Arc, time::Duration};

use scrip_core::{
    campaign::Campaign,
    id::CampaignId,
    time::{Timestamp, Zones},
};
use scrip_engine::{Engine, EngineError, Reader, Tenure};

use crate::{
    attempts::{AttemptLimits, AttemptLog},
    bounds::{AtOnce, Bulk, BulkLimits, Concurrent, ExportLimits, WaitLimits},
    bounds::{SellerLimit, SellerLimits, Sellers},
    callers::Tokens,
    counted,
    guessing::{GuessLimits, Guesses},
};

/// What the server decides about what callers may do.
#[derive(Clone, Debug, Default)]
pub struct DeskOptions {
    /// Whether pending coupons of old data can be listed at all (S17).
    pub show_pending: bool,
    /// How many wrong codes are looked at.
    pub guesses: GuessLimits,
    /// What every seller may have.
    pub seller_limits: SellerLimits,
    /// What one may have instead.
    pub seller_exceptions: Vec<SellerLimit>,
    pub exports: ExportLimits,
    pub waits: WaitLimits,
    pub bulk: BulkLimits,
    pub attempts: AttemptLimits,
}

/// The one way to the engine for whoever has callers: HTTP, the console, the command line. Cheap to clone.
#[derive(Clone)]
pub struct Desk(Arc<Common>);

/// What all clones share.
pub struct Common {
    pub(crate) engine: Engine,
    pub(crate) tokens: Tokens,
    pub(crate) guesses: Arc<Guesses>,
    pub(crate) attempts: AttemptLog,
    pub(crate) show_pending: bool,
    pub(crate) sellers: Sellers,
    pub(crate) exports: Concurrent,
    pub(crate) export_time: Duration,
    /// Callers that wait for something to happen.
    pub(crate) waits: Concurrent,
    /// Requests that come to many commands.
    pub(crate) bulk: Bulk,
}

impl Deref for Desk {
    type Target = Common;

    fn deref(&self) -> &Common {
        &self.0
    }
}

impl Desk {
    pub fn new(engine: Engine, options: &DeskOptions) -> Self {
        let at_once = |per_caller, in_all, refused| Concurrent::new(AtOnce { per_caller, in_all }, refused);
        let (exports, waits) = (options.exports, options.waits);
        Self(Arc::new(Common {
            tokens: Tokens::new(engine.secrets().token_key()),
            guesses: Arc::new(Guesses::new(options.guesses, engine.clone())),
            attempts: AttemptLog::new(options.attempts),
            show_pending: options.show_pending,
            sellers: Sellers::new(options.seller_limits, &options.seller_exceptions),
            export_time: exports.time,
            exports: at_once(exports.per_key, exports.at_once, counted::EXPORTS_REFUSED),
            waits: at_once(waits.per_caller, waits.at_once, counted::WAITS_REFUSED),
            bulk: Bulk::new(options.bulk),
            engine,
        }))
    }

    /// What it is now, by the one clock that everything is judged by.
    pub fn now(&self) -> Timestamp {
        self.engine.now()
    }

    /// The rules of time zones that are in force.
    pub fn zones(&self) -> &Zones {
        self.engine.zones()
    }

    /// A campaign as it is now, whoever asks: for what an answer says of it.
    pub fn campaign(&self, campaign: CampaignId) -> Option<Arc<Campaign>> {
        self.engine.registry().campaign(campaign)
    }

    /// What a campaign is called now.
    pub fn name_of(&self, campaign: CampaignId) -> String {
        self.campaign(campaign).map_or(String::new(), |campaign| campaign.terms.name.clone())
    }

    /// Whether requests should be sent here: the store takes writes, can be read, and the clock can be right. Blocks.
    ///
    /// Errors: why not, in words.
    pub fn ready(&self) -> Result<(), String> {
        match self.engine.clock_trouble() {
            _ if !self.engine.is_ready() => Err("the store takes no writes".to_owned()),
            Err(_) => Err("the store can't be read".to_owned()),
            Ok(_) if self.engine.tenure().is_err() => {
                Err("other processes that serve go on without this one".to_owned())
            }
            Ok(Some(trouble)) => Err(trouble.to_string()),
            Ok(None) => Ok(()),
        }
    }

    /// Whether lists and reports answer from tables that were made by older rules than this build's, and are rebuilt.
    pub fn is_rebuilding(&self) -> bool {
        self.engine.is_rebuilding()
    }

    /// Begins an answer, before anything is looked at: of callers and campaigns there is much in memory.
    ///
    /// Errors: several processes serve, and this one has fallen behind.
    pub fn tenure(&self) -> Result<Tenure, EngineError> {
        self.engine.tenure()
    }

    /// Asked before the answer is given.
    ///
    /// Errors: it has fallen behind, be it for a time.
    pub fn still_serves(&self, tenure: Tenure) -> Result<(), EngineError> {
        self.engine.still(tenure)
    }

    /// Reads committed state on a thread that may block, in turn. Not done if nobody waits for it any more.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Reader<'_>) -> Result<T, EngineError> + Send + 'static,
    ) -> Result<T, EngineError> {
        self.engine.read_aside(work).await
    }

    /// The same for lists and reports, which come from the tables for people: with what was answered before.
    pub(crate) async fn read_list<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Reader<'_>) -> Result<T, EngineError> + Send + 'static,
    ) -> Result<T, EngineError> {
        self.engine.followed().await;
        self.read(work).await
    }
}
