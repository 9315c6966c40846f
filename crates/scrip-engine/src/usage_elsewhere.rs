//! What other buckets have given out, read from one consistent view.

use scrip_core::{
    campaign::Allowance,
    code::{CodeHash, CodeKind},
    exchange::{Pool, UsageElsewhere},
    id::CampaignId,
    key::Key,
    name::IndividualId,
    slot::{Bucket, Buckets},
    state::{Aggregate, decode},
};
use scrip_store::{Snapshot, StoreError};

/// What a command may run out of.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Limited {
    pub campaigns: Vec<CampaignId>,
    pub codes: Vec<CodeHash>,
    pub individuals: Vec<IndividualId>,
}

impl Limited {
    pub fn campaign(campaign: CampaignId) -> Self {
        Self { campaigns: vec![campaign], ..Self::default() }
    }

    /// As far as the keys of its aggregates tell.
    pub fn named_by(keys: Vec<Key>) -> Self {
        let mut limited = Self::default();
        for key in keys {
            match key {
                Key::Allowance(_, campaign) => limited.campaigns.push(campaign),
                Key::Code(hash) | Key::CodeHere(_, hash) => limited.codes.push(hash),
                Key::Individual(_, individual) => limited.individuals.push(individual),
                _ => {}
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
pub(crate) fn usage_elsewhere(
    snapshot: &mut dyn Snapshot,
    buckets: Buckets,
    here: Bucket,
    limited: &Limited,
) -> Result<UsageElsewhere, StoreError> {
    let mut usage = UsageElsewhere::default();
    let others = buckets.all().filter(|bucket| *bucket != here);
    let mut keys: Vec<Key> = others.flat_map(|bucket| limited.keys_in(bucket, buckets)).collect();
    keys.sort_unstable();
    keys.dedup();
    let documents = snapshot.load(&keys)?;
    for (key, document) in keys.into_iter().zip(documents) {
        let Some(document) = document else { continue };
        let aggregate = decode(key.kind(), &document.body)
            .map_err(|error| StoreError::Damaged { what: format!("{key:?} can't be read: {error}") })?;
        match (key, aggregate) {
            (Key::Allowance(_, campaign), Aggregate::Allowance(allowance)) => add(&mut usage, campaign, &allowance),
            (Key::Code(hash) | Key::CodeHere(_, hash), Aggregate::Code(code) | Aggregate::CodeHere(code)) => {
                if let CodeKind::Shared { uses, .. } = code.kind {
                    *usage.used.entry(Pool::CodeUses(hash)).or_default() += u64::from(uses);
                }
            }
            (Key::Individual(_, id), Aggregate::Individual(individual)) => {
                for (campaign, count) in individual.counts {
                    *usage.used.entry(Pool::Individual(id.clone(), campaign)).or_default() += u64::from(count);
                }
            }
            _ => {}
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
