use std::collections::BTreeMap;

use crate::{campaign::Counters, exchange::Pool, id::CampaignId};

/// What the other buckets had given out when somebody last looked. It makes a refusal exact; how much a bucket may give out is
/// decided by its own quota alone.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct UsageElsewhere {
    pub used: BTreeMap<Pool, u64>,
    pub counters: BTreeMap<CampaignId, Counters>,
}
