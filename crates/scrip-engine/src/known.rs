//! Campaigns that readers have in memory as they are stored: a quote looks at hundreds, each with lists of thousands.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use scrip_core::{
    campaign::KnownCampaign,
    id::CampaignId,
    state::{Key, State},
};
use scrip_store::{Snapshot, StoreError};

use crate::{load::load_all, registry::Registry};

/// What is kept at most: [`weight`] of it, 8 bytes each. Then all are let go of, and come again with the next quotes.
const WEIGHT_MAX: usize = 4_000_000;
/// A campaign without any list, in entries of one: its terms and its place here.
const WEIGHT_ALONE: usize = 64;

/// By campaign: the version of the document and what it says.
#[derive(Default)]
pub(crate) struct Known(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    campaigns: HashMap<CampaignId, (u64, Arc<KnownCampaign>)>,
    weight: usize,
}

impl Kept {
    fn keep(&mut self, id: CampaignId, version: u64, known: Arc<KnownCampaign>) {
        let added = weight(&known);
        if self.weight + added > WEIGHT_MAX {
            *self = Self::default();
        }
        self.weight += added;
        if let Some((_, before)) = self.campaigns.insert(id, (version, known)) {
            self.weight -= weight(&before);
        }
    }
}

fn weight(known: &KnownCampaign) -> usize {
    WEIGHT_ALONE + known.scope.count()
}

impl Known {
    /// Puts those campaigns into the state that it lacks: from memory where the stored document still has that version, else from
    /// the store.
    pub fn load(
        &self,
        snapshot: &mut dyn Snapshot,
        state: &mut State,
        registry: &Registry,
        wanted: &[CampaignId],
    ) -> Result<(), StoreError> {
        let keys: Vec<Key> = wanted.iter().map(|campaign| Key::Campaign(*campaign)).collect();
        let versions = snapshot.versions(&keys)?;
        let mut unknown = Vec::new();
        {
            let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            for ((campaign, key), version) in wanted.iter().zip(keys).zip(versions) {
                match kept.campaigns.get(campaign) {
                    Some((known, campaign)) if Some(*known) == version => state.know(campaign.clone()),
                    _ => unknown.push((*campaign, key)),
                }
            }
        }
        if unknown.is_empty() {
            return Ok(());
        }
        let mut read = State::new(state.bucket(), state.buckets());
        load_all(snapshot, &mut read, |_| unknown.iter().map(|(_, key)| key.clone()).collect())?;
        for (id, key) in unknown {
            let version = read.version(&key);
            let (Some(version), Some(campaign)) = (version, read.campaign(id)) else {
                state.insert(key, None);
                continue;
            };
            // Nearly always the one that the registry has: one copy in memory is enough.
            let campaign = match registry.campaign(id) {
                Some(same) if *same == *campaign => same,
                _ => Arc::new(campaign.clone()),
            };
            let known = Arc::new(KnownCampaign::new(campaign));
            state.know(known.clone());
            self.0.lock().unwrap_or_else(PoisonError::into_inner).keep(id, version, known);
        }
        Ok(())
    }
}

/// The campaigns among the keys that the state lacks.
pub(crate) fn lacking(state: &State, keys: Vec<Key>) -> Vec<CampaignId> {
    let lacks = |key: &Key| !state.has(key);
    let mut lacking: Vec<CampaignId> = keys
        .into_iter()
        .filter(lacks)
        .filter_map(|key| if let Key::Campaign(id) = key { Some(id) } else { None })
        .collect();
    lacking.sort_unstable();
    lacking.dedup();
    lacking
}

#[cfg(test)]
mod tests {
    use super::*;
    use scrip_core::{
        campaign::{Campaign, CampaignStage},
        id::Uid,
        metadata::Metadata,
        time::Timestamp,
    };
    use serde_json::json;

    fn known(products: &[String]) -> Arc<KnownCampaign> {
        let terms = json!({
            "name": "Test", "issuer": {"type": "platform"}, "currency": "USD",
            "benefit": {"type": "amount_off", "amount": 500}, "scope": {"products": products},
            "validity": {"type": "after_claim", "days": 7, "time_zone": null},
        });
        Arc::new(KnownCampaign::new(Arc::new(Campaign {
            id: id(0),
            terms: serde_json::from_value(terms).expect("valid terms"),
            terms_version: 1,
            stage: CampaignStage::Published,
            revision: 1,
            created_at: Timestamp::from_micros(0),
            events: Vec::new(),
            coded: false,
            paused_by: None,
            shared_codes: 0,
            metadata: Metadata::default(),
        })))
    }

    fn id(number: usize) -> CampaignId {
        CampaignId::from_uid(Uid::from_bytes((number as u128).to_be_bytes()))
    }

    #[test]
    fn campaigns_without_lists_are_let_go_of_too() {
        let (mut kept, known) = (Kept::default(), known(&[]));
        let most = WEIGHT_MAX / WEIGHT_ALONE;
        (0..most).for_each(|number| kept.keep(id(number), 1, known.clone()));
        assert_eq!(kept.campaigns.len(), most);
        kept.keep(id(most), 1, known);
        assert_eq!((kept.campaigns.len(), kept.weight), (1, WEIGHT_ALONE));
    }

    #[test]
    fn lists_weigh_what_they_are_long_and_a_newer_version_takes_the_place_of_the_one_before() {
        let products: Vec<String> = (0..100).map(|number| format!("p{number}")).collect();
        let mut kept = Kept::default();
        kept.keep(id(1), 1, known(&products));
        kept.keep(id(2), 1, known(&[]));
        assert_eq!(kept.weight, 2 * WEIGHT_ALONE + 100);
        kept.keep(id(1), 2, known(&products[..10]));
        assert_eq!((kept.campaigns.len(), kept.weight), (2, 2 * WEIGHT_ALONE + 10));
    }
}
