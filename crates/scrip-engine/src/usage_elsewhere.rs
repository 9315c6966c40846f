//! What other buckets have given out, read from one consistent view.

use std::collections::BTreeSet;

use scrip_core::{
    campaign::Allowance,
    code::{Code, CodeKind},
    exchange::Pool,
    id::{CampaignId, CodeHash},
    name::IndividualId,
    slot::{Bucket, Buckets},
    state::{Key, State, UsageElsewhere},
};
use scrip_store::{Snapshot, StoreError};

use crate::load::load_all;

/// What a command may run out of.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Limited {
    pub campaigns: BTreeSet<CampaignId>,
    pub codes: BTreeSet<CodeHash>,
    pub individuals: BTreeSet<IndividualId>,
}

/// What a key names of which there may be only so much.
enum Named {
    Campaign(CampaignId),
    Allowance(CampaignId),
    Code(CodeHash),
    Individual(IndividualId),
}

fn named(key: &Key) -> Option<Named> {
    match key {
        Key::Campaign(campaign) | Key::CampaignHere(_, campaign) => Some(Named::Campaign(*campaign)),
        Key::Allowance(_, campaign) => Some(Named::Allowance(*campaign)),
        Key::Code(hash) | Key::CodeHere(_, hash) => Some(Named::Code(*hash)),
        Key::Individual(_, individual) => Some(Named::Individual(individual.clone())),
        // No other document has a part of a [`Pool`].
        _ => None,
    }
}

impl Limited {
    pub fn campaign(campaign: CampaignId) -> Self {
        Self { campaigns: BTreeSet::from([campaign]), ..Self::default() }
    }

    /// By a command: what it takes from a campaign it takes from its allowance.
    pub fn named_by(keys: Vec<Key>) -> Self {
        Self::of(keys.into_iter().filter_map(|key| named(&key)).filter(|named| !matches!(named, Named::Campaign(_))))
    }

    /// By a reader: all campaigns, whether or not anything of them was given out here.
    pub fn loaded_in(state: &State) -> Self {
        let keys = state.documents().map(|(key, _)| key);
        Self::of(keys.filter_map(named).filter(|named| !matches!(named, Named::Allowance(_))))
    }

    fn of(all: impl Iterator<Item = Named>) -> Self {
        let mut limited = Self::default();
        for named in all {
            match named {
                Named::Campaign(campaign) | Named::Allowance(campaign) => drop(limited.campaigns.insert(campaign)),
                Named::Code(hash) => drop(limited.codes.insert(hash)),
                Named::Individual(individual) => drop(limited.individuals.insert(individual)),
            }
        }
        limited
    }

    /// Where one bucket notes what it has given out of these.
    fn keys_in(&self, bucket: Bucket, buckets: Buckets) -> impl Iterator<Item = Key> {
        let campaigns = self.campaigns.iter().map(move |id| Key::Allowance(bucket, *id));
        let individuals = self.individuals.iter().map(move |id| Key::Individual(bucket, id.clone()));
        let codes = self.codes.iter().map(move |hash| {
            let home = hash.slot().bucket(buckets) == bucket;
            if home { Key::Code(*hash) } else { Key::CodeHere(bucket, *hash) }
        });
        campaigns.chain(individuals).chain(codes)
    }
}

/// Sums what every bucket but `here` has given out. One set-based read.
///
/// Errors: the store can't be read, or a document in it.
pub(crate) fn usage_elsewhere(
    snapshot: &mut dyn Snapshot,
    buckets: Buckets,
    here: Bucket,
    limited: &Limited,
) -> Result<UsageElsewhere, StoreError> {
    let others: Vec<Bucket> = buckets.all().filter(|bucket| *bucket != here).collect();
    let mut read = State::new(here, buckets);
    load_all(snapshot, &mut read, |_| others.iter().flat_map(|bucket| limited.keys_in(*bucket, buckets)).collect())?;
    let mut usage = UsageElsewhere::default();
    for bucket in others {
        for campaign in &limited.campaigns {
            if let Some(allowance) = read.allowance_in(bucket, *campaign) {
                add(&mut usage, *campaign, allowance);
            }
        }
        for hash in &limited.codes {
            let home = hash.slot().bucket(buckets) == bucket;
            let code = if home { read.code_at_home(*hash) } else { read.code_here(bucket, *hash) };
            if let Some(Code { kind: CodeKind::Shared { uses, .. }, .. }) = code {
                *usage.used.entry(Pool::CodeUses(*hash)).or_default() += u64::from(*uses);
            }
        }
        for id in &limited.individuals {
            for (campaign, count) in read.individual_in(bucket, id).iter().flat_map(|individual| &individual.counts) {
                *usage.used.entry(Pool::Individual(id.clone(), *campaign)).or_default() += u64::from(*count);
            }
        }
    }
    Ok(usage)
}

fn add(usage: &mut UsageElsewhere, campaign: CampaignId, allowance: &Allowance) {
    let sources = allowance.claimed_by_source.iter().map(|(source, _)| Pool::SourceStock(campaign, source.clone()));
    for pool in [Pool::Stock(campaign), Pool::Budget(campaign)].into_iter().chain(sources) {
        let used = allowance.used(&pool);
        *usage.used.entry(pool).or_default() += used;
    }
    let counters = usage.counters.entry(campaign).or_default();
    *counters = counters.plus(allowance.counters);
}
