//! What must be true, written from the rules and not from the engine: it is told what was committed, in that order, and
//! says no where the rules do. It knows neither `decide` nor `evolve`.

mod campaign;
mod code;
mod coupon;
mod import;
mod log;
mod money;
mod order;
mod pool;
mod transfers;

use std::collections::{BTreeMap, BTreeSet, HashMap};

pub use self::{
    campaign::{CampaignModel, Counted, Known},
    code::CodeModel,
    coupon::{CouponModel, Past, Status, stock_pool, window},
    import::Imports,
    log::Log,
    money::check_applied,
    order::{OnOrder, OnOrderState, OrderModel, Stage, Tx, Version},
    pool::PoolModel,
};
use scrip_core::{
    campaign::CampaignStage,
    command::Command,
    event::{Event, Recorded},
    exchange::Pool,
    id::{CampaignId, CodeHash, CouponId, JobId, KeyId},
    idempotency::UsedKey,
    name::{AccountId, IndividualId, OrderId},
    slot::{Bucket, Buckets},
    time::Timestamp,
};
use scrip_engine::Answer;
use scrip_store::frame::Frame;

use crate::ask::Wish;

/// What is wrong, in words.
pub type Checked<T = ()> = Result<T, String>;

/// Says no in words unless it holds.
macro_rules! must {
    ($holds:expr, $($text:tt)+) => {
        if !$holds {
            return Err(format!($($text)+));
        }
    };
}
pub(crate) use must;

/// The whole marketplace, as the rules see it.
#[derive(Debug)]
pub struct Model {
    pub buckets: Buckets,
    /// Counts commits: the model's own time.
    pub seq: u64,
    /// The latest time of any batch.
    pub latest: Timestamp,
    /// The latest that any clock has shown.
    pub clock: Timestamp,
    heads: Vec<(u64, Timestamp)>,
    /// The events of each bucket's last batch.
    last: Vec<Vec<Recorded>>,
    /// Accounts that count together, by whom.
    pub individuals: HashMap<AccountId, IndividualId>,
    pub campaigns: BTreeMap<CampaignId, CampaignModel>,
    pub pools: BTreeMap<Pool, PoolModel>,
    pub coupons: HashMap<CouponId, CouponModel>,
    /// Coupons that exist, by account, oldest first.
    pub wallets: BTreeMap<AccountId, Vec<CouponId>>,
    /// How many of a campaign's coupons somebody has had.
    pub had: HashMap<(AccountId, CampaignId), Log>,
    pub orders: BTreeMap<(AccountId, OrderId), OrderModel>,
    pub codes: BTreeMap<CodeHash, CodeModel>,
    pub imports: Imports,
    pub keys: HashMap<[u8; 16], Effect>,
    pub jobs: BTreeMap<JobId, (u32, u32)>,
    /// API keys, and whether they are revoked.
    pub api_keys: BTreeMap<KeyId, bool>,
    pub recalls: u64,
    pub grants: u64,
}

/// What an idempotency key stands for.
#[derive(Clone, Debug)]
pub struct Effect {
    pub entry: UsedKey,
    pub seq: u64,
    pub coupon: Option<CouponId>,
    pub order: Option<(AccountId, OrderId)>,
}

impl Effect {
    /// Whether an answer is of this effect: a copy of the command that found nothing to do before isn't.
    pub fn is_answered_by(&self, answer: &Answer) -> bool {
        let range = self.entry.position..self.entry.position + u64::from(self.entry.count);
        match answer {
            Answer::Order { order, .. } => order.events.iter().any(|position| range.contains(position)),
            _ => true,
        }
    }
}

/// What a commit touched, to be compared with what is stored.
#[derive(Default, Debug)]
pub struct Touched {
    pub allowances: BTreeSet<(Bucket, CampaignId)>,
    pub orders: BTreeSet<(AccountId, OrderId)>,
    pub wallets: BTreeSet<AccountId>,
    pub coupons: BTreeSet<(AccountId, CouponId)>,
}

/// Where and when an event stands.
#[derive(Clone, Copy, Debug)]
pub struct Batch {
    pub bucket: Bucket,
    pub at: Timestamp,
}

impl Model {
    pub fn new(buckets: Buckets) -> Self {
        Self {
            buckets,
            seq: 0,
            latest: Timestamp::default(),
            clock: Timestamp::default(),
            heads: vec![(0, Timestamp::default()); buckets.count() as usize],
            last: vec![Vec::new(); buckets.count() as usize],
            individuals: HashMap::new(),
            campaigns: BTreeMap::new(),
            pools: BTreeMap::new(),
            coupons: HashMap::new(),
            wallets: BTreeMap::new(),
            had: HashMap::new(),
            orders: BTreeMap::new(),
            codes: BTreeMap::new(),
            imports: Imports::default(),
            keys: HashMap::new(),
            jobs: BTreeMap::new(),
            api_keys: BTreeMap::new(),
            recalls: 0,
            grants: 0,
        }
    }

    /// Takes in a batch. Errors: what of it the rules forbid.
    pub fn commit(&mut self, frame: &Frame) -> Checked<Touched> {
        self.seq += 1;
        let head = &mut self.heads[usize::from(frame.bucket.get())];
        must!(
            frame.first == head.0 + 1,
            "I9: the journal of {:?} goes from {} to {}",
            frame.bucket,
            head.0,
            frame.first
        );
        must!(frame.at >= head.1, "time went back in {:?}: {} after {}", frame.bucket, frame.at, head.1);
        *head = (frame.last_position(), frame.at);
        self.latest = self.latest.max(frame.at);
        let mut touched = Touched::default();
        let events = frame.events().map_err(|error| format!("I9: an event can't be read: {error}"))?;
        for (number, recorded) in events.iter().enumerate() {
            touched.coupons.extend(coupons_of(&recorded.event));
            let batch = Batch { bucket: frame.bucket, at: recorded.at };
            self.event(batch, &recorded.event, &mut touched).map_err(|what| {
                format!("{what} [{} in {:?} at {}]", recorded.event.type_name(), batch.bucket, batch.at)
            })?;
            if let Event::KeyUsed { entry, .. } = &recorded.event {
                self.key_used(frame.bucket, entry, &events[..number])?;
            }
        }
        self.last[usize::from(frame.bucket.get())] = events;
        for order in &touched.orders {
            self.coupons_have_their_outcomes(order)?;
        }
        Ok(touched)
    }

    /// A client sends this.
    pub fn sent(&mut self, wish: &Wish) {
        if let Wish::Command(command) = wish
            && let Command::ImportCoupon(line) = &**command
        {
            self.imports.sent(line);
        }
    }

    /// A client was answered that this is done.
    pub fn heard(&mut self, wish: &Wish) {
        if let Wish::Command(command) = wish
            && let Command::RevokeCode(command) = &**command
            && let Some(code) = self.codes.get_mut(&command.hash)
        {
            code.is_over = true;
        }
    }

    fn event(&mut self, batch: Batch, event: &Event, touched: &mut Touched) -> Checked {
        match event {
            Event::CampaignCreated { .. }
            | Event::CampaignChanged { .. }
            | Event::CampaignPublished { .. }
            | Event::CampaignPaused { .. }
            | Event::CampaignResumed { .. }
            | Event::CampaignEnded { .. }
            | Event::CampaignCoded { .. }
            | Event::CampaignDeleted { .. }
            | Event::CampaignLearned { .. } => self.campaign_event(batch, event),
            Event::QuotaGranted { .. }
            | Event::QuotaReceived { .. }
            | Event::QuotaReturned { .. }
            | Event::QuotaTakenBack { .. } => self.transfer_event(batch, event, touched),
            Event::SharedCodeAdded { .. }
            | Event::CodesRequested { .. }
            | Event::UniqueCodesAdded { .. }
            | Event::JobCancelled { .. }
            | Event::CodeLeased { .. }
            | Event::CodeLearned { .. }
            | Event::LeaseClosed { .. }
            | Event::LeaseReleased { .. }
            | Event::LeaseConfirmed { .. }
            | Event::CodeRevoked { .. }
            | Event::CodeRevokedHere { .. }
            | Event::LeaseForgotten { .. } => self.code_event(batch, event),
            Event::CouponClaimed { account, individual, coupon, code } => {
                touched.allowances.insert((batch.bucket, coupon.campaign));
                touched.wallets.insert(account.clone());
                self.is_counted_by(account, individual)?;
                self.claimed(batch, account, coupon, *code)
            }
            Event::AccountLinked { account, individual } => self.linked(batch, account, individual),
            Event::CouponsArchived { account, coupons } => self.archived(batch, account, coupons),
            Event::CouponImported { account, individual, coupon, counted } => {
                touched.allowances.insert((batch.bucket, coupon.campaign));
                touched.wallets.insert(account.clone());
                self.is_counted_by(account, individual)?;
                must!(*counted == Some(true), "S17: {} counts for nothing", coupon.id);
                self.imported(batch, account, coupon)
            }
            Event::GrantsRequested { campaign, .. } => {
                let known = self.campaigns.get(campaign).ok_or("grants of a campaign that isn't there")?;
                must!(known.now.stage != CampaignStage::Deleted, "grants of {campaign}, which is gone");
                Ok(())
            }
            Event::ApiKeyCreated { key } => {
                must!(self.api_keys.insert(key.id, false).is_none(), "{} is made twice", key.id);
                Ok(())
            }
            Event::ApiKeyRevoked { key, .. } => {
                must!(self.api_keys.insert(*key, true) == Some(false), "{key} is revoked twice, or isn't there");
                Ok(())
            }
            Event::ApiKeyMetadataChanged { .. } | Event::ApiKeySeen { .. } => Err("nobody asked for this".to_owned()),
            Event::SharedCodeNoted { .. }
            | Event::SharedCodeCounted { .. }
            | Event::DueSwept { .. }
            | Event::KeyUsed { .. }
            | Event::KeysForgotten { .. } => Ok(()),
            Event::OrderPlaced { .. }
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
            | Event::SurplusBooked { .. }
            | Event::OrderRevised { .. }
            | Event::OrderRetaken { .. }
            | Event::OrderMetadataChanged { .. }
            | Event::RefundMetadataChanged { .. } => self.order_event(batch, event, touched),
        }
    }

    fn is_counted_by(&self, account: &AccountId, individual: &IndividualId) -> Checked {
        let known = self.individuals.get(account).map_or(account.as_str(), IndividualId::as_str);
        must!(individual.as_str() == known, "S3: {account} is {known}, not {individual}");
        Ok(())
    }

    /// I4: one effect for one key.
    fn key_used(&mut self, bucket: Bucket, entry: &UsedKey, before: &[Recorded]) -> Checked {
        let range = entry.position..entry.position + u64::from(entry.count);
        let last = &self.last[usize::from(bucket.get())];
        let own = || {
            last.iter()
                .chain(before)
                .filter(|recorded| range.contains(&recorded.position))
                .map(|recorded| &recorded.event)
        };
        must!(own().count() == entry.count as usize, "I4: a key names events that aren't there");
        let claim = own().find(|event| matches!(event, Event::CouponClaimed { .. }));
        let coupon = claim.and_then(Event::coupon);
        let order = own().find_map(order_of);
        let effect = Effect { entry: entry.clone(), seq: self.seq, coupon, order };
        let earlier = self.keys.insert(entry.key_hash, effect);
        must!(earlier.is_none(), "I4: a key has a second effect: first {earlier:?}");
        Ok(())
    }

    /// S3: what the account has counts with the others' from here on.
    fn linked(&mut self, batch: Batch, account: &AccountId, individual: &IndividualId) -> Checked {
        let earlier = self.individuals.insert(account.clone(), individual.clone());
        must!(earlier.is_none(), "{account} is linked twice");
        let had = self.had.iter().filter(|(key, had)| key.0 == *account && had.now() > 0);
        let mut had: Vec<_> = had.map(|(key, had)| (key.1, had.now())).collect();
        had.sort_unstable();
        for (campaign, count) in had {
            self.overdraw(batch.bucket, &Pool::Individual(individual.clone(), campaign), count);
        }
        Ok(())
    }

    /// The accounts' bucket.
    pub fn bucket_of(&self, account: &AccountId) -> Bucket {
        account.slot().bucket(self.buckets)
    }

    /// What is limited of a campaign at home, or as a bucket knows it.
    pub fn limit(&self, pool: &Pool, known_in: Option<Bucket>) -> Option<u64> {
        match pool {
            Pool::CodeUses(hash) => self.codes.get(hash).and_then(|code| code.max_uses),
            Pool::Stock(id) | Pool::SourceStock(id, _) | Pool::Budget(id) | Pool::Individual(_, id) => {
                let campaign = self.campaigns.get(id)?;
                let terms = match known_in {
                    Some(bucket) => &campaign.known[usize::from(bucket.get())].as_ref()?.terms,
                    None => &campaign.now.terms,
                };
                campaign::limit_of(pool, terms)
            }
        }
    }

    pub fn pool_mut(&mut self, pool: &Pool) -> &mut PoolModel {
        let buckets = self.buckets;
        self.pools.entry(pool.clone()).or_insert_with(|| PoolModel::new(buckets))
    }

    /// Takes from a pool in a bucket, and says no where a limit forbids it (I1).
    pub fn take(&mut self, bucket: Bucket, pool: &Pool, amount: u64) -> Checked {
        let (limit, known) = (self.limit(pool, None), self.limit(pool, Some(bucket)));
        let (seq, one) = (self.seq, self.buckets.is_one());
        let held = self.pool_mut(pool);
        held.take(bucket, amount, seq);
        if let Some(limit) = limit {
            let (used, over) = (held.used, held.overdrawn());
            must!(used <= limit + over, "I1: {used} of {limit} are given out of {pool:?}");
        }
        if known.is_some() && !one {
            let quota = held.of(bucket);
            let (used, received, over) = (quota.used, quota.received, quota.overdrawn);
            must!(used <= received + over, "{bucket:?} gives out {used} of its {received} of {pool:?}");
        }
        Ok(())
    }

    pub fn give_back(&mut self, bucket: Bucket, pool: &Pool, amount: u64) -> Checked {
        let (seq, own) = (self.seq, self.own_part(bucket, pool));
        let held = self.pool_mut(pool);
        must!(held.give_back(bucket, amount, seq), "I5: more goes back to {pool:?} than was taken");
        let quota = held.of_mut(bucket);
        quota.overdrawn = quota.overdrawn.min(quota.used.saturating_sub(own));
        Ok(())
    }

    /// Takes from a budget whatever it has: cancelling one seller before payment judges amounts alone.
    pub fn overdraw(&mut self, bucket: Bucket, pool: &Pool, amount: u64) {
        let (seq, own) = (self.seq, self.own_part(bucket, pool));
        let held = self.pool_mut(pool);
        held.take(bucket, amount, seq);
        let quota = held.of_mut(bucket);
        quota.overdrawn = quota.overdrawn.max(quota.used.saturating_sub(own));
    }

    /// I1 of what is judged again without being taken again: all that others have leaves room for it.
    pub fn fits_still(&self, bucket: Bucket, pool: &Pool, amount: u64) -> Checked {
        let (Some(limit), Some(held)) = (self.limit(pool, None), self.pools.get(pool)) else { return Ok(()) };
        let quota = held.of(bucket);
        let own = self.own_part(bucket, pool);
        let over = quota.overdrawn.min(quota.used.saturating_sub(amount).saturating_sub(own));
        let over = held.overdrawn() - quota.overdrawn + over;
        must!(
            held.used <= limit + over,
            "I1: {} of {limit} of {pool:?} are given out, {amount} of them stay",
            held.used
        );
        Ok(())
    }

    /// What a bucket may give out of a pool: what it was granted; with one bucket all.
    fn own_part(&self, bucket: Bucket, pool: &Pool) -> u64 {
        if self.buckets.is_one() {
            return self.limit(pool, None).unwrap_or(u64::MAX);
        }
        self.pools.get(pool).map_or(0, |held| held.of(bucket).received)
    }
}

/// The coupons that an event moves or makes.
fn coupons_of(event: &Event) -> Vec<(AccountId, CouponId)> {
    let Some(account) = event.account() else { return Vec::new() };
    let one = event.coupon();
    let coupons = if let Event::CouponsArchived { coupons, .. } = event { &coupons[..] } else { one.as_slice() };
    coupons.iter().map(|coupon| (account.clone(), *coupon)).collect()
}

fn order_of(event: &Event) -> Option<(AccountId, OrderId)> {
    Some((event.account()?.clone(), event.order()?.clone()))
}
