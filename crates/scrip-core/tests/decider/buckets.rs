//! One bucket of eight, by itself: commands run on what they name alone, as the engine runs them.

use std::collections::{BTreeMap, BTreeSet};

use scrip_core::{
    campaign::{Campaign, CampaignStage},
    code::{Code, CodeKind, SecretNumber},
    command::{Command, Decision},
    event::{Event, Recorded},
    exchange::{Pool, Quota},
    id::{CampaignId, CodeHash, IdSource, Uid},
    metadata::Metadata,
    name::{AccountId, IndividualId},
    reason::Refusal,
    slot::{Bucket, Buckets},
    state::{Aggregate, Key, State, UsageElsewhere, decode},
    time::Timestamp,
};
use serde_json::Value;

use crate::build::{account, at, source, terms};

pub const HASH: CodeHash = CodeHash::from_bytes([5; 16]);

pub fn campaign_id() -> CampaignId {
    CampaignId::from_uid(Uid::from_bytes([1; 16]))
}

pub fn eight() -> Buckets {
    Buckets::new(8).expect("a power of two")
}

/// Some bucket that isn't this one.
pub fn away_from(home: Bucket) -> Bucket {
    eight().all().find(|bucket| *bucket != home).expect("eight buckets")
}

/// An account that lives in the bucket.
pub fn account_in(bucket: Bucket) -> AccountId {
    let names = (0..).map(|number: u32| account(&format!("a{number}")));
    names.into_iter().find(|account| account.slot().bucket(eight()) == bucket).expect("one of many")
}

/// An individual who lives in the bucket.
pub fn individual_in(bucket: Bucket) -> IndividualId {
    IndividualId::from(&account_in(bucket))
}

/// Every pool there can be of the campaign, its code and this individual.
pub fn pools_with(individual: IndividualId) -> [Pool; 5] {
    let id = campaign_id();
    [
        Pool::Stock(id),
        Pool::SourceStock(id, source("mail")),
        Pool::Budget(id),
        Pool::CodeUses(HASH),
        Pool::Individual(individual, id),
    ]
}

/// A published campaign; see [`terms`].
pub fn campaign(patch: &Value) -> Campaign {
    Campaign {
        id: campaign_id(),
        terms: terms(patch).checked().expect("valid terms"),
        terms_version: 1,
        stage: CampaignStage::Published,
        revision: 2,
        created_at: at("2026-06-01T00:00:00Z"),
        events: vec![1, 2],
        coded: false,
        paused_by: None,
        metadata: Metadata::default(),
        shared_codes: 0,
    }
}

pub fn shared_code(max_uses: Option<u32>, uses: u32, quota: Option<Quota>) -> Code {
    Code {
        campaign: campaign_id(),
        source: None,
        kind: CodeKind::Shared { text: "SAVE10".to_owned(), max_uses, uses, quota },
        request: None,
        revoked_at: None,
        secret: SecretNumber::FIRST,
    }
}

#[derive(Clone)]
struct Counter(u64);

impl IdSource for Counter {
    fn random(&mut self) -> u64 {
        self.0 += 1;
        self.0
    }
}

pub struct OneOfEight {
    pub bucket: Bucket,
    pub now: Timestamp,
    pub usage_elsewhere: Option<UsageElsewhere>,
    documents: BTreeMap<Key, (u64, Aggregate)>,
    ids: Counter,
}

impl OneOfEight {
    pub fn new(bucket: Bucket) -> Self {
        let now = at("2026-06-01T00:00:00Z");
        Self { bucket, now, usage_elsewhere: None, documents: BTreeMap::new(), ids: Counter(0) }
    }

    /// With a campaign as this bucket knows it, be it its home or not.
    pub fn knowing(bucket: Bucket, campaign: &Campaign) -> Self {
        let mut side = Self::new(bucket);
        match side.state().campaign_key(campaign.id) {
            key @ Key::Campaign(_) => side.put(key, Aggregate::Campaign(campaign.clone())),
            key => side.put(key, Aggregate::CampaignHere(campaign.clone())),
        }
        side
    }

    /// Puts a document there.
    pub fn put(&mut self, key: Key, value: Aggregate) {
        self.documents.insert(key, (1, value));
    }

    /// Puts a code there.
    pub fn put_code(&mut self, hash: CodeHash, code: Code) {
        match self.state().code_key(hash) {
            key @ Key::Code(_) => self.put(key, Aggregate::Code(code)),
            key => self.put(key, Aggregate::CodeHere(code)),
        }
    }

    fn empty(&self) -> State {
        let mut state = State::new(self.bucket, eight());
        state.set_usage_elsewhere(self.usage_elsewhere.clone());
        state
    }

    /// All that the bucket has.
    pub fn state(&self) -> State {
        let mut state = self.empty();
        for (key, (version, value)) in &self.documents {
            state.insert(key.clone(), Some((*version, value.clone())));
        }
        state
    }

    /// Decides on what the command names alone, which gives the same answer as all there is, and saves what changed, which must have been
    /// named.
    pub fn run(&mut self, command: impl Into<Command>) -> Result<Decision, Refusal> {
        let command = command.into();
        assert_eq!(command.bucket(eight()), self.bucket, "{command:?}");
        let mut named = self.empty();
        loop {
            let needs: BTreeSet<Key> = command.needs(&named, self.now).into_iter().collect();
            let missing: Vec<Key> = needs.into_iter().filter(|key| !named.has(key)).collect();
            if missing.is_empty() {
                break;
            }
            for key in missing {
                let found = self.documents.get(&key).cloned();
                named.insert(key, found);
            }
        }
        let with_all = command.decide(&self.state(), self.now, &mut self.ids.clone());
        let decision = command.decide(&named, self.now, &mut self.ids);
        assert_eq!(decision, with_all, "{command:?} looks at more than it names");
        self.apply(named, &decision.as_ref().map(|decision| decision.events.clone()).unwrap_or_default());
        decision
    }

    /// Applies events to what was loaded, and to all there is, and saves.
    fn apply(&mut self, mut loaded: State, events: &[Event]) {
        let mut all = self.state();
        for event in events {
            let recorded = Recorded { position: 1, at: self.now, event: event.clone() };
            loaded.evolve(&recorded);
            all.evolve(&recorded);
        }
        for change in loaded.changes() {
            let version = self.documents.get(&change.key).map(|(version, _)| *version);
            assert_eq!(change.read, version, "{:?} was written without having been read", change.key);
            match change.value {
                Some(value) => {
                    let read = decode(change.key.kind(), &value.encode()).expect("what was written can be read");
                    assert_eq!(read, value);
                    self.documents.insert(change.key, (version.unwrap_or(0) + 1, value));
                }
                None => drop(self.documents.remove(&change.key)),
            }
        }
        let there: BTreeMap<&Key, &Aggregate> = all.documents().collect();
        let saved: BTreeMap<&Key, &Aggregate> = self.documents.iter().map(|(key, (_, value))| (key, value)).collect();
        assert_eq!(saved, there, "what is saved is what follows from all there is");
    }
}
