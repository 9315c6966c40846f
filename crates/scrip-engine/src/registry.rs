use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    ops::Bound,
    sync::{
        Arc, RwLock,
        atomic::{AtomicI64, Ordering},
    },
};

use scrip_core::{
    api_key::ApiKey,
    campaign::{Campaign, CampaignStage},
    code::Job,
    event::{Event, Recorded},
    id::{CampaignId, JobId, KeyId},
    name::SellerId,
    slot::{Bucket, Buckets},
    state::{Aggregate, Key, Kind, State, decode},
    time::Timestamp,
};
use scrip_store::{Snapshot, StoreError};

use crate::feed::Follower;

/// Campaigns and API keys as committed, in memory: few, small, and asked for by every request.
pub struct Registry {
    campaigns: RwLock<Campaigns>,
    keys: RwLock<BTreeMap<KeyId, Arc<KnownKey>>>,
    /// Which revision of a campaign a bucket that isn't its home knows, and whether that it has codes.
    heard: RwLock<HashMap<(CampaignId, Bucket), (u64, bool)>>,
    jobs: RwLock<Jobs>,
    /// With one nobody has to hear of anything.
    buckets: Buckets,
}

/// An API key as committed, and when it was used since.
#[derive(Debug)]
pub struct KnownKey {
    pub key: ApiKey,
    /// Microseconds since 1970; 0: not since this process runs.
    used: AtomicI64,
}

impl KnownKey {
    /// Somebody called with it. Kept in memory; what is noted in the journal follows at most once an hour.
    pub fn use_at(&self, now: Timestamp) {
        // Most calls read, so that cores don't take the line from each other.
        if now.micros() - self.used.load(Ordering::Relaxed) >= USE_GRAIN_MICROS {
            self.used.store(now.micros(), Ordering::Relaxed);
        }
    }

    /// To the second; after a restart to the hour.
    pub fn last_used_at(&self) -> Option<Timestamp> {
        let used = self.used.load(Ordering::Relaxed);
        let since = (used > 0).then(|| Timestamp::from_micros(used));
        since.max(self.key.last_used_at)
    }

    /// What the journal should know of its use, if that is more than it does.
    pub(crate) fn use_to_note(&self) -> Option<Timestamp> {
        let used = self.last_used_at()?;
        let is_due = self.key.last_used_at.is_none_or(|noted| noted.plus_minutes(NOTED_EVERY_MINUTES) <= used);
        is_due.then_some(used)
    }
}

/// What `last_used_at` is exact to.
const USE_GRAIN_MICROS: i64 = 1_000_000;
/// How often the use of a key is noted in the journal.
const NOTED_EVERY_MINUTES: u32 = 60;

/// Campaigns by id, which is the order of lists, and by issuer, so that a seller's list costs what the seller has.
#[derive(Default)]
struct Campaigns {
    all: BTreeMap<CampaignId, Arc<Campaign>>,
    /// `None`: the platform's.
    by_issuer: HashMap<Option<SellerId>, BTreeSet<CampaignId>>,
    /// The last revision of those that were deleted: other buckets have to hear of it.
    deleted: BTreeMap<CampaignId, u64>,
}

impl Campaigns {
    fn take(&mut self, campaign: Campaign) {
        let (id, issuer) = (campaign.id, campaign.terms.issuer.seller().cloned());
        if let Some(before) = self.all.remove(&id) {
            let before = before.terms.issuer.seller().cloned();
            if let Some(ids) = self.by_issuer.get_mut(&before) {
                ids.remove(&id);
            }
        }
        if campaign.stage == CampaignStage::Deleted {
            self.deleted.insert(id, campaign.revision);
        } else {
            self.by_issuer.entry(issuer).or_default().insert(id);
            self.all.insert(id, Arc::new(campaign));
        }
    }
}

/// The making of codes: what is left to do, and how much was asked for.
#[derive(Default)]
struct Jobs {
    open: BTreeMap<JobId, Job>,
    /// Codes made or to be made, by campaign and by the seller who asked (`None`: the platform). Of deleted drafts too: they
    /// take the same room.
    asked: BTreeMap<CampaignId, BTreeMap<Option<SellerId>, u64>>,
    by_seller: BTreeMap<SellerId, u64>,
}

impl Jobs {
    /// A new job, or how far one is that was open.
    fn take(&mut self, job: &Job) {
        let codes = |job: &Job| u64::from(if job.is_open() { job.total } else { job.done });
        let before = self.open.remove(&job.id).map_or(0, |before| codes(&before));
        self.add(job.campaign, job.seller.as_ref(), codes(job), before);
        if job.is_open() {
            self.open.insert(job.id, job.clone());
        }
    }

    fn add(&mut self, campaign: CampaignId, seller: Option<&SellerId>, more: u64, less: u64) {
        let asked = self.asked.entry(campaign).or_default().entry(seller.cloned()).or_default();
        *asked = (*asked + more).saturating_sub(less);
        if let Some(seller) = seller {
            let asked = self.by_seller.entry(seller.clone()).or_default();
            *asked = (*asked + more).saturating_sub(less);
        }
    }
}

/// What a seller has, as far as the platform limits it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct SellerUse {
    /// Campaigns in all, drafts and ended ones too.
    pub campaigns: u64,
    pub drafts: u64,
    /// Published, neither ended nor closed by the clock.
    pub live: u64,
    /// Unique codes that it asked for, made or to be made, of deleted drafts too.
    pub codes: u64,
    /// Shared codes that it added, those that were taken back too.
    pub shared_codes: u64,
    /// Jobs of its own that have codes to make.
    pub jobs: u64,
    /// Of the scopes of all its campaigns, drafts and ended ones too.
    pub scope_entries: u64,
}

/// Documents read at once while starting.
const PAGE: usize = 1_000;
/// Campaigns that a list looks at before it lets others to the registry.
const LOOK: usize = 256;

impl Registry {
    /// As it is in a snapshot; what is committed after that it is told.
    pub(crate) fn load(snapshot: &mut dyn Snapshot, buckets: Buckets) -> Result<Self, StoreError> {
        let registry = Self {
            campaigns: RwLock::default(),
            keys: RwLock::default(),
            heard: RwLock::default(),
            jobs: RwLock::default(),
            buckets,
        };
        for bucket in buckets.all() {
            registry.take_kinds(snapshot, bucket, &[Kind::Job, Kind::Campaign, Kind::ApiKey, Kind::CampaignHere])?;
        }
        Ok(registry)
    }

    fn take_kinds(&self, snapshot: &mut dyn Snapshot, bucket: Bucket, kinds: &[Kind]) -> Result<(), StoreError> {
        for &kind in kinds {
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

    fn take(&self, bucket: Bucket, aggregate: Aggregate) {
        match aggregate {
            Aggregate::Campaign(campaign) => {
                let mut campaigns = self.campaigns.write().expect("nobody panics holding it");
                campaigns.take(campaign);
                if self.buckets.is_one() {
                    campaigns.deleted.clear();
                }
            }
            Aggregate::Job(job) => self.jobs.write().expect("nobody panics holding it").take(&job),
            Aggregate::ApiKey(key) => {
                let mut keys = self.keys.write().expect("nobody panics holding it");
                let used = keys.get(&key.id).map_or(0, |known| known.used.load(Ordering::Relaxed));
                keys.insert(key.id, Arc::new(KnownKey { used: AtomicI64::new(used), key }));
            }
            Aggregate::CampaignHere(campaign) => {
                let mut heard = self.heard.write().expect("nobody panics holding it");
                heard.insert((campaign.id, bucket), (campaign.revision, campaign.coded));
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
        let knows = |(id, revision, coded): (CampaignId, u64, bool), bucket: Bucket| {
            let has = |heard: &(u64, bool)| heard.0 >= revision && (heard.1 || !coded);
            id.uid().slot().bucket(buckets) == bucket || heard.get(&(id, bucket)).is_some_and(has)
        };
        let now = campaigns.all.values().map(|campaign| (campaign.id, campaign.revision, campaign.coded));
        let deleted = campaigns.deleted.iter().map(|(id, revision)| (*id, *revision, false));
        let lacking = |known: &(CampaignId, u64, bool)| buckets.all().any(|bucket| !knows(*known, bucket));
        now.chain(deleted).filter(lacking).map(|known| known.0).collect()
    }

    /// What is known, with what the event made of it. Nothing is read: of one that isn't known the event says all.
    fn evolved(&self, bucket: Bucket, recorded: &Recorded, key: Key, known: Option<Aggregate>) -> State {
        let mut state = State::new(bucket, self.buckets);
        state.insert(key, known.map(|known| (recorded.position, known)));
        state.evolve(recorded);
        state
    }

    fn learn(&self, bucket: Bucket, aggregate: Option<Aggregate>) {
        if let Some(aggregate) = aggregate {
            self.take(bucket, aggregate);
        }
    }

    fn open_job(&self, id: JobId) -> Option<Job> {
        self.jobs.read().expect("nobody panics holding it").open.get(&id).cloned()
    }

    pub fn campaign(&self, id: CampaignId) -> Option<Arc<Campaign>> {
        self.campaigns.read().expect("nobody panics holding it").all.get(&id).cloned()
    }

    /// The first `limit` campaigns after `after` that are wanted, oldest first; of one issuer alone where one is given
    /// (`Some(None)`: the platform). Nobody else is held up meanwhile, and no more is copied than is answered.
    pub fn campaigns(
        &self,
        after: Option<CampaignId>,
        issuer: Option<&Option<SellerId>>,
        limit: usize,
        mut is_wanted: impl FnMut(&Campaign) -> bool,
    ) -> Vec<Arc<Campaign>> {
        let (mut after, mut found) = (after, Vec::new());
        loop {
            let next = self.next_after(after, issuer);
            let is_last = next.len() < LOOK;
            after = next.last().map(|campaign| campaign.id).or(after);
            found.extend(next.into_iter().filter(|campaign| is_wanted(campaign)).take(limit - found.len()));
            if is_last || found.len() >= limit {
                return found;
            }
        }
    }

    fn next_after(&self, after: Option<CampaignId>, issuer: Option<&Option<SellerId>>) -> Vec<Arc<Campaign>> {
        let campaigns = self.campaigns.read().expect("nobody panics holding it");
        let range = (after.map_or(Bound::Unbounded, Bound::Excluded), Bound::Unbounded);
        match issuer {
            None => campaigns.all.range(range).take(LOOK).map(|(_, campaign)| campaign.clone()).collect(),
            Some(issuer) => {
                let ids = campaigns.by_issuer.get(issuer).into_iter().flat_map(|ids| ids.range(range));
                ids.take(LOOK).filter_map(|id| campaigns.all.get(id)).cloned().collect()
            }
        }
    }

    /// What a seller has of what the platform limits.
    pub fn seller_use(&self, seller: &SellerId, now: Timestamp) -> SellerUse {
        let mut r#use = SellerUse::default();
        let campaigns = self.campaigns(None, Some(&Some(seller.clone())), usize::MAX, |_| true);
        for campaign in campaigns {
            r#use.campaigns += 1;
            r#use.shared_codes += u64::from(campaign.shared_codes);
            r#use.scope_entries += campaign.terms.scope.entries();
            match campaign.stage {
                CampaignStage::Draft => r#use.drafts += 1,
                CampaignStage::Published | CampaignStage::Paused if campaign.closed_at(now).is_none() => {
                    r#use.live += 1;
                }
                _ => {}
            }
        }
        let jobs = self.jobs.read().expect("nobody panics holding it");
        r#use.codes = jobs.by_seller.get(seller).copied().unwrap_or(0);
        r#use.jobs = jobs.open.values().filter(|job| job.seller.as_ref() == Some(seller)).count() as u64;
        r#use
    }

    /// How many unique codes of a campaign were made or are to be made.
    pub fn codes_asked(&self, campaign: CampaignId) -> u64 {
        let jobs = self.jobs.read().expect("nobody panics holding it");
        jobs.asked.get(&campaign).map_or(0, |asked| asked.values().sum())
    }

    /// Jobs that have codes to make, the oldest of each of those who asked. `None`: the platform.
    pub(crate) fn next_jobs(&self) -> BTreeMap<Option<SellerId>, Job> {
        let jobs = self.jobs.read().expect("nobody panics holding it");
        let mut next = BTreeMap::new();
        for job in jobs.open.values() {
            next.entry(job.seller.clone()).or_insert_with(|| job.clone());
        }
        next
    }

    pub fn api_key(&self, id: KeyId) -> Option<Arc<KnownKey>> {
        self.keys.read().expect("nobody panics holding it").get(&id).cloned()
    }

    /// So many keys after this one, by id, which is by age.
    pub fn api_keys(&self, after: Option<KeyId>, limit: usize) -> Vec<Arc<KnownKey>> {
        let after = after.map_or(Bound::Unbounded, Bound::Excluded);
        let keys = self.keys.read().expect("nobody panics holding it");
        keys.range((after, Bound::Unbounded)).take(limit).map(|(_, key)| key.clone()).collect()
    }

    pub fn has_api_keys(&self) -> bool {
        !self.keys.read().expect("nobody panics holding it").is_empty()
    }
}

impl Follower for Registry {
    fn apply(&self, bucket: Bucket, recorded: &Recorded) {
        match &recorded.event {
            Event::CampaignCreated { campaign, .. }
            | Event::CampaignChanged { campaign, .. }
            | Event::CampaignPublished { campaign, .. }
            | Event::CampaignPaused { campaign, .. }
            | Event::CampaignResumed { campaign, .. }
            | Event::CampaignEnded { campaign, .. }
            | Event::CampaignCoded { campaign }
            | Event::SharedCodeCounted { campaign }
            | Event::CampaignDeleted { campaign } => {
                let known = self.campaign(*campaign).map(|known| Aggregate::Campaign((*known).clone()));
                let state = self.evolved(bucket, recorded, Key::Campaign(*campaign), known);
                self.learn(bucket, state.campaign_or_deleted(*campaign).cloned().map(Aggregate::Campaign));
            }
            Event::CampaignLearned { campaign } => {
                self.take(bucket, Aggregate::CampaignHere(campaign.clone()));
            }
            Event::CodesRequested { job, .. }
            | Event::UniqueCodesAdded { job, .. }
            | Event::JobCancelled { job, .. } => {
                let known = self.open_job(*job).map(Aggregate::Job);
                let state = self.evolved(bucket, recorded, Key::Job(*job), known);
                self.learn(bucket, state.job(*job).cloned().map(Aggregate::Job));
            }
            Event::ApiKeyCreated { key } => self.take(bucket, Aggregate::ApiKey(key.clone())),
            Event::ApiKeyRevoked { key, .. }
            | Event::ApiKeyMetadataChanged { key, .. }
            | Event::ApiKeySeen { key, .. } => {
                let known = self.api_key(*key).map(|known| Aggregate::ApiKey(known.key.clone()));
                let state = self.evolved(bucket, recorded, Key::ApiKey(*key), known);
                self.learn(bucket, state.api_key(*key).cloned().map(Aggregate::ApiKey));
            }
            // Nothing that the registry knows of.
            Event::SharedCodeAdded { .. }
            | Event::CouponClaimed { .. }
            | Event::CouponImported { .. }
            | Event::CouponsArchived { .. }
            | Event::OrderPlaced { .. }
            | Event::CouponHeld { .. }
            | Event::HoldExtended { .. }
            | Event::OrderPaid { .. }
            | Event::DiscountFunded { .. }
            | Event::TransactionsClosed { .. }
            | Event::OrderCancelled { .. }
            | Event::SellerCancelled { .. }
            | Event::OrderRefunded { .. }
            | Event::DiscountReversed { .. }
            | Event::CouponUsed { .. }
            | Event::CouponReturned { .. }
            | Event::CouponReleased { .. }
            | Event::CouponVoided { .. }
            | Event::DueSwept { .. }
            | Event::KeyUsed { .. }
            | Event::SurplusBooked { .. }
            | Event::OrderRevised { .. }
            | Event::OrderRetaken { .. }
            | Event::QuotaGranted { .. }
            | Event::QuotaReceived { .. }
            | Event::QuotaReturned { .. }
            | Event::QuotaTakenBack { .. }
            | Event::CodeLeased { .. }
            | Event::CodeLearned { .. }
            | Event::LeaseClosed { .. }
            | Event::LeaseReleased { .. }
            | Event::LeaseConfirmed { .. }
            | Event::LeaseForgotten { .. }
            | Event::SharedCodeNoted { .. }
            | Event::AccountLinked { .. }
            | Event::CodeRevoked { .. }
            | Event::GrantsRequested { .. }
            | Event::CodeRevokedHere { .. }
            | Event::KeysForgotten { .. }
            | Event::OrderMetadataChanged { .. }
            | Event::RefundMetadataChanged { .. } => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use scrip_core::{api_key::Role, id::Uid, metadata::Metadata};

    use super::*;

    fn known(last_used_at: Option<Timestamp>) -> KnownKey {
        let id = KeyId::from_uid(Uid::from_bytes([3; 16]));
        let (created_at, secret_hash) = (Timestamp::default(), [0; 32]);
        let (seller, revoked_at, name, expires_at) = (None, None, None, None);
        let role = Role::Operator;
        let metadata = Metadata::default();
        let key =
            ApiKey { id, role, seller, secret_hash, created_at, revoked_at, name, expires_at, last_used_at, metadata };
        KnownKey { key, used: AtomicI64::new(0) }
    }

    #[test]
    fn the_use_of_a_key_is_noted_at_once_and_then_at_most_once_an_hour() {
        let noon = Timestamp::parse("2026-11-10T12:00:00Z").expect("a time");
        let never = known(None);
        assert_eq!((never.last_used_at(), never.use_to_note()), (None, None));
        never.use_at(noon);
        assert_eq!(never.use_to_note(), Some(noon));
        let noted = known(Some(noon));
        assert_eq!((noted.last_used_at(), noted.use_to_note()), (Some(noon), None));
        noted.use_at(noon.plus_minutes(59));
        assert_eq!((noted.last_used_at(), noted.use_to_note()), (Some(noon.plus_minutes(59)), None));
        noted.use_at(noon.plus_minutes(60));
        assert_eq!(noted.use_to_note(), Some(noon.plus_minutes(60)));
        // A clock that was set back changes nothing.
        noted.use_at(noon);
        assert_eq!(noted.last_used_at(), Some(noon.plus_minutes(60)));
    }
}
