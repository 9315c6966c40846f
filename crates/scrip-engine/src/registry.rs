use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, RwLock},
};

use scrip_core::{
    campaign::Campaign,
    event::{ApiKey, Event, Recorded},
    id::{CampaignId, KeyId},
    key::Kind,
    state::{Aggregate, State, decode},
};
use scrip_store::{Store, StoreError};

/// Campaigns and API keys as committed, in memory: few, small, and asked for by every request. Sequencers keep it
/// current before they answer.
#[derive(Default)]
pub struct Registry {
    campaigns: RwLock<BTreeMap<CampaignId, Arc<Campaign>>>,
    keys: RwLock<HashMap<KeyId, ApiKey>>,
}

/// Documents read at once while starting.
const PAGE: usize = 1_000;

impl Registry {
    pub(crate) fn load(store: &dyn Store) -> Result<Self, StoreError> {
        let registry = Self::default();
        let mut snapshot = store.snapshot()?;
        for bucket in store.buckets().all() {
            for kind in [Kind::Campaign, Kind::ApiKey] {
                let mut from = Vec::new();
                loop {
                    let page = snapshot.scan(bucket, kind, &from, &[], PAGE)?;
                    for (_, document) in &page {
                        let aggregate = decode(kind, &document.body).map_err(|error| StoreError::Damaged {
                            what: format!("a {kind:?} document can't be read: {error}"),
                        })?;
                        registry.take(aggregate);
                    }
                    let Some((last, _)) = page.last().filter(|_| page.len() == PAGE) else { break };
                    from.clone_from(last);
                    from.push(0);
                }
            }
        }
        Ok(registry)
    }

    fn take(&self, aggregate: Aggregate) {
        match aggregate {
            Aggregate::Campaign(campaign) => {
                self.campaigns.write().expect("nobody panics holding it").insert(campaign.id, Arc::new(campaign));
            }
            Aggregate::ApiKey(key) => {
                self.keys.write().expect("nobody panics holding it").insert(key.id, key);
            }
            _ => {}
        }
    }

    /// Takes over what committed events changed.
    pub(crate) fn committed(&self, state: &State, events: &[Recorded]) {
        for recorded in events {
            match &recorded.event {
                Event::CampaignCreated { campaign, .. }
                | Event::CampaignChanged { campaign, .. }
                | Event::CampaignPublished { campaign, .. }
                | Event::CampaignPaused { campaign, .. }
                | Event::CampaignResumed { campaign, .. }
                | Event::CampaignEnded { campaign, .. } => {
                    if let Some(campaign) = state.campaign(*campaign) {
                        self.take(Aggregate::Campaign(campaign.clone()));
                    }
                }
                Event::ApiKeyCreated { key } => self.take(Aggregate::ApiKey(key.clone())),
                Event::ApiKeyRevoked { key, .. } => {
                    if let Some(key) = state.api_key(*key) {
                        self.take(Aggregate::ApiKey(key.clone()));
                    }
                }
                _ => {}
            }
        }
    }

    pub fn campaign(&self, id: CampaignId) -> Option<Arc<Campaign>> {
        self.campaigns.read().expect("nobody panics holding it").get(&id).cloned()
    }

    /// All campaigns after `after`, oldest first.
    pub fn campaigns_after(&self, after: Option<CampaignId>) -> Vec<Arc<Campaign>> {
        let campaigns = self.campaigns.read().expect("nobody panics holding it");
        campaigns.iter().filter(|(id, _)| after.is_none_or(|after| **id > after)).map(|(_, c)| c.clone()).collect()
    }

    pub fn api_key(&self, id: KeyId) -> Option<ApiKey> {
        self.keys.read().expect("nobody panics holding it").get(&id).cloned()
    }

    pub fn api_keys(&self) -> Vec<ApiKey> {
        let mut keys: Vec<ApiKey> = self.keys.read().expect("nobody panics holding it").values().cloned().collect();
        keys.sort_by_key(|key| key.id);
        keys
    }
}
