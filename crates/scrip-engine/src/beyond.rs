//! What other buckets have given out, read from one consistent view.

use scrip_core::{
    campaign::{Allowance, Pool},
    code::{CodeHash, CodeKind},
    id::CampaignId,
    key::Key,
    slot::{Bucket, Buckets},
    state::{Aggregate, Beyond, decode},
};
use scrip_store::{Snapshot, StoreError};

/// Sums what every bucket but `here` has given out of these campaigns and codes. One set-based read.
pub(crate) fn beyond(
    snapshot: &mut dyn Snapshot,
    buckets: Buckets,
    here: Bucket,
    campaigns: &[CampaignId],
    codes: &[CodeHash],
) -> Result<Beyond, StoreError> {
    let mut beyond = Beyond::default();
    let others = || buckets.all().filter(|bucket| *bucket != here);
    let allowances = campaigns.iter().flat_map(|id| others().map(|bucket| Key::Allowance(bucket, *id)));
    let codes = codes.iter().flat_map(|hash| {
        others().map(|bucket| {
            let home = hash.slot().bucket(buckets) == bucket;
            if home { Key::Code(*hash) } else { Key::CodeHere(bucket, *hash) }
        })
    });
    let mut keys: Vec<Key> = allowances.chain(codes).collect();
    keys.sort_unstable();
    keys.dedup();
    let documents = snapshot.load(&keys)?;
    for (key, document) in keys.into_iter().zip(documents) {
        let Some(document) = document else { continue };
        let aggregate = decode(key.kind(), &document.body)
            .map_err(|error| StoreError::Damaged { what: format!("{key:?} can't be read: {error}") })?;
        match (key, aggregate) {
            (Key::Allowance(_, campaign), Aggregate::Allowance(allowance)) => add(&mut beyond, campaign, &allowance),
            (Key::Code(hash) | Key::CodeHere(_, hash), Aggregate::Code(code) | Aggregate::CodeHere(code)) => {
                if let CodeKind::Shared { uses, .. } = code.kind {
                    *beyond.used.entry(Pool::CodeUses(hash)).or_default() += u64::from(uses);
                }
            }
            _ => {}
        }
    }
    Ok(beyond)
}

fn add(beyond: &mut Beyond, campaign: CampaignId, allowance: &Allowance) {
    let sources = allowance.claimed_by_source.iter().map(|(source, _)| Pool::SourceStock(campaign, source.clone()));
    for pool in [Pool::Stock(campaign), Pool::Budget(campaign)].into_iter().chain(sources) {
        let used = allowance.used(&pool);
        *beyond.used.entry(pool).or_default() += used;
    }
    let counters = beyond.counters.entry(campaign).or_default();
    *counters = counters.plus(allowance.counters);
}
