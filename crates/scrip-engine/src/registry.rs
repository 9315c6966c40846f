use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::{Arc, Mutex, RwLock},
};

use scrip_core::{
    campaign::Campaign,
    event::{ApiKey, Event, Recorded},
    id::{CampaignId, KeyId},
    key::Kind,
    slot::{Bucket, Buckets},
    state::{Aggregate, State, decode},
};
use scrip_store::{Snapshot, Store, StoreError};

/// Campaigns and API keys as committed, in memory: few, small, and asked for by every request. Sequencers keep it
/// current before they answer.
#[derive(Default)]
pub struct Registry {
    campaigns: RwLock<BTreeMap<CampaignId, Arc<Campaign>>>,
    keys: RwLock<HashMap<KeyId, ApiKey>>,
    /// Which revision of a campaign a bucket that isn't its home knows.
    heard: RwLock<HashMap<(CampaignId, Bucket), u64>>,
    /// Buckets of which it isn't known whether the last batch was committed.
    doubted: Mutex<BTreeSet<Bucket>>,
}

/// Documents read at once while starting.
const PAGE: usize = 1_000;

impl Registry {
    pub(crate) fn load(store: &dyn Store) -> Result<Self, StoreError> {
        let registry = Self::default();
        let mut snapshot = store.snapshot()?;
        for bucket in store.buckets().all() {
            registry.take_all(&mut *snapshot, bucket)?;
        }
        Ok(registry)
    }

    fn take_all(&self, snapshot: &mut dyn Snapshot, bucket: Bucket) -> Result<(), StoreError> {
        for kind in [Kind::Campaign, Kind::ApiKey, Kind::CampaignHere] {
            let mut from = Vec::new();
            loop {
                let page = snapshot.scan(bucket, kind, &from, &[], PAGE)?;
                for (_, document) in &page {
                    let aggregate = decode(kind, &document.body).map_err(|error| StoreError::Damaged {
                        what: format!("a {kind:?} document can't be read: {error}"),
                    })?;
                    self.take(bucket, aggregate);
                }
                let Some((last, _)) = page.last().filter(|_| page.len() == PAGE) else { break };
                from.clone_from(last);
                from.push(0);
            }
        }
        Ok(())
    }

    /// A commit in this bucket failed, and may have been done all the same.
    pub(crate) fn doubt(&self, bucket: Bucket) {
        self.doubted.lock().expect("nobody panics holding it").insert(bucket);
    }

    /// Buckets whose sequencers have something to read anew.
    pub(crate) fn doubted(&self) -> Vec<Bucket> {
        self.doubted.lock().expect("nobody panics holding it").iter().copied().collect()
    }

    /// Reads anew what a failed commit left in doubt, nearly always nothing. Only the bucket's sequencer may, once it has the
    /// bucket: then nothing is underway, and nobody else writes here what it would overwrite.
    pub(crate) fn settle_doubt(&self, store: &dyn Store, bucket: Bucket) -> Result<(), StoreError> {
        if self.doubted.lock().expect("nobody panics holding it").contains(&bucket) {
            self.take_all(&mut *store.snapshot()?, bucket)?;
            self.doubted.lock().expect("nobody panics holding it").remove(&bucket);
        }
        Ok(())
    }

    fn take(&self, bucket: Bucket, aggregate: Aggregate) {
        match aggregate {
            Aggregate::Campaign(campaign) => {
                self.campaigns.write().expect("nobody panics holding it").insert(campaign.id, Arc::new(campaign));
            }
            Aggregate::ApiKey(key) => {
                self.keys.write().expect("nobody panics holding it").insert(key.id, key);
            }
            Aggregate::CampaignHere(campaign) => {
                let mut heard = self.heard.write().expect("nobody panics holding it");
                heard.insert((campaign.id, bucket), campaign.revision);
            }
            _ => {}
        }
    }

    /// Campaigns that some bucket doesn't know as they are.
    pub(crate) fn not_known_everywhere(&self, buckets: Buckets) -> Vec<CampaignId> {
        if buckets.is_one() {
            return Vec::new();
        }
        let heard = self.heard.read().expect("nobody panics holding it");
        let campaigns = self.campaigns.read().expect("nobody panics holding it");
        let knows = |campaign: &Campaign, bucket: Bucket| {
            campaign.id.uid().slot().bucket(buckets) == bucket
                || heard.get(&(campaign.id, bucket)).is_some_and(|revision| *revision >= campaign.revision)
        };
        let lacking = |campaign: &&Arc<Campaign>| buckets.all().any(|bucket| !knows(campaign, bucket));
        campaigns.values().filter(lacking).map(|campaign| campaign.id).collect()
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
                        self.take(state.bucket(), Aggregate::Campaign(campaign.clone()));
                    }
                }
                Event::CampaignLearned { campaign } => {
                    self.take(state.bucket(), Aggregate::CampaignHere(campaign.clone()));
                }
                Event::ApiKeyCreated { key } => self.take(state.bucket(), Aggregate::ApiKey(key.clone())),
                Event::ApiKeyRevoked { key, .. } => {
                    if let Some(key) = state.api_key(*key) {
                        self.take(state.bucket(), Aggregate::ApiKey(key.clone()));
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
