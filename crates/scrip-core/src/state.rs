//! The working set: the aggregates that a command looks at, and `evolve`, the only way that they change.

mod aggregate;
mod demand;
mod evolve;
mod key;
mod usage_elsewhere;

use std::{collections::HashMap, sync::Arc};

use foldhash::fast::RandomState;

pub use aggregate::{Aggregate, Key, Kind, decode};
pub use demand::Shortage;
use key::Lives;
pub use usage_elsewhere::UsageElsewhere;

use crate::{
    campaign::{Availability, Budget, Campaign, CampaignStage, Counters, Elsewhere, KnownCampaign, ScopeHashes},
    code::{Code, CodeKind},
    exchange::{PendingLeases, Pool, Quota},
    id::{CampaignId, CodeHash, CouponId},
    individual::{Individual, IndividualChange},
    money::Amount,
    name::{AccountId, IndividualId, OrderId, RefundName, SourceName},
    order::{GivenBack, Order, Refund, RefundPage},
    slot::{Bucket, Buckets},
    time::{Timestamp, Zones},
    wallet::Coupon,
};

/// One loaded aggregate: its content, the version that was read, and whether it changed since.
#[derive(Clone, Debug)]
struct Loaded {
    value: Option<Aggregate>,
    version: Option<u64>,
    dirty: bool,
}

/// Which of an event's effects a working set takes, where not all of them: together the parts make the whole.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Part {
    /// What one account has by itself: its wallet, orders, recent keys, and its share of the campaigns' counters. Each account's follows
    /// from its own events alone.
    Accounts,
    /// All else: campaigns, codes, what is given out of stock, quotas, leases, holds that run out. It follows from the events alone,
    /// whatever is in the accounts.
    Beside,
}

/// The aggregates of one bucket that were loaded, and those that are known not to exist.
#[derive(Clone, Debug)]
pub struct State {
    bucket: Bucket,
    buckets: Buckets,
    /// `None`: all.
    part: Option<Part>,
    /// What accounts changed of individuals, where [`Part::Accounts`] alone is taken: those are of many accounts.
    individual_changes: Vec<(IndividualId, IndividualChange)>,
    zones: Zones,
    loaded: HashMap<Key, Loaded, RandomState>,
    usage_elsewhere: Option<UsageElsewhere>,
    /// Campaigns that a reader found in memory as they are stored, instead of loading them.
    known: HashMap<CampaignId, Arc<KnownCampaign>>,
    /// Keys of those that are dirty, so that a long replay need not look at all for them.
    changed: Vec<Key>,
}

/// A document to be saved: `None` deletes it. `read` is the version that was loaded; `None` means there was none.
#[derive(Clone, Debug)]
pub struct Change {
    pub key: Key,
    pub read: Option<u64>,
    pub value: Option<Aggregate>,
}

impl State {
    pub fn new(bucket: Bucket, buckets: Buckets) -> Self {
        let zones = Zones::bundled();
        Self {
            bucket,
            buckets,
            part: None,
            individual_changes: Vec::new(),
            zones,
            loaded: HashMap::default(),
            usage_elsewhere: None,
            known: HashMap::new(),
            changed: Vec::new(),
        }
    }

    /// Takes a part of what events change, and nothing else.
    #[must_use]
    pub fn only(self, part: Part) -> Self {
        Self { part: Some(part), ..self }
    }

    /// What accounts changed of individuals since this was asked last, in order: [`Part::Accounts`] leaves it to
    /// [`State::change_individual`] of another working set.
    pub fn take_individual_changes(&mut self) -> Vec<(IndividualId, IndividualChange)> {
        std::mem::take(&mut self.individual_changes)
    }

    /// With other rules of time zones than those of the build.
    pub fn with_zones(self, zones: Zones) -> Self {
        Self { zones, ..self }
    }

    /// The rules that new coupons' ends are found by.
    pub const fn zones(&self) -> &Zones {
        &self.zones
    }

    pub const fn bucket(&self) -> Bucket {
        self.bucket
    }

    pub const fn buckets(&self) -> Buckets {
        self.buckets
    }

    pub fn has(&self, key: &Key) -> bool {
        self.loaded.contains_key(key) || matches!(key, Key::Campaign(id) if self.known.contains_key(id))
    }

    /// Takes in a campaign as it is stored under [`Key::Campaign`], for reading: nothing that changes it may follow.
    pub fn know(&mut self, known: Arc<KnownCampaign>) {
        self.known.insert(known.campaign.id, known);
    }

    /// The hashes of the campaign's scope, if it was found in memory.
    pub fn scope_hashes(&self, campaign: CampaignId) -> Option<&ScopeHashes> {
        self.known.get(&campaign).map(|known| &known.scope)
    }

    /// Takes in what the store had; `None`: it had nothing.
    pub fn insert(&mut self, key: Key, found: Option<(u64, Aggregate)>) {
        let (version, value) = found.map_or((None, None), |(version, value)| (Some(version), Some(value)));
        self.loaded.insert(key, Loaded { value, version, dirty: false });
    }

    /// What changed since it was loaded.
    pub fn changes(&self) -> Vec<Change> {
        self.loaded
            .iter()
            .filter(|(_, loaded)| loaded.dirty)
            .map(|(key, loaded)| Change { key: key.clone(), read: loaded.version, value: loaded.value.clone() })
            .collect()
    }

    /// What changed was saved with this version: from here on only what changes again is a change.
    pub fn saved(&mut self, version: u64) {
        for key in self.changed.drain(..) {
            if let Some(loaded) = self.loaded.get_mut(&key) {
                loaded.dirty = false;
                loaded.version = loaded.value.is_some().then_some(version);
            }
        }
    }

    /// The version that a document was loaded or saved with.
    pub fn version(&self, key: &Key) -> Option<u64> {
        self.loaded.get(key)?.version
    }

    /// All that exists, for comparing a replay with a store.
    pub fn documents(&self) -> impl Iterator<Item = (&Key, &Aggregate)> {
        self.loaded.iter().filter_map(|(key, loaded)| loaded.value.as_ref().map(|value| (key, value)))
    }

    /// A copy of some of the aggregates, to try on what might be: it saves nothing.
    pub(crate) fn part(&self, keys: &[Key]) -> Self {
        let known = |key: &Key| Some((key.clone(), self.loaded.get(key)?.clone()));
        Self {
            loaded: keys.iter().filter_map(known).collect(),
            usage_elsewhere: self.usage_elsewhere.clone(),
            ..Self::new(self.bucket, self.buckets).with_zones(self.zones.clone())
        }
    }

    fn get(&self, key: &Key) -> Option<&Aggregate> {
        self.loaded.get(key)?.value.as_ref()
    }

    fn set(&mut self, key: Key, value: Option<Aggregate>) {
        match self.loaded.get_mut(&key) {
            Some(loaded) => {
                loaded.value = value;
                if !loaded.dirty {
                    loaded.dirty = true;
                    self.changed.push(key);
                }
            }
            None => {
                self.changed.push(key.clone());
                self.loaded.insert(key, Loaded { value, version: None, dirty: true });
            }
        }
    }

    fn change(&mut self, key: &Key) -> Option<&mut Aggregate> {
        let loaded = self.loaded.get_mut(key)?;
        let value = loaded.value.as_mut()?;
        if !loaded.dirty {
            loaded.dirty = true;
            self.changed.push(key.clone());
        }
        Some(value)
    }

    /// A refund, in its order or on a page that was loaded.
    pub fn refund(&self, account: &AccountId, order: &OrderId, id: &RefundName) -> Option<&Refund> {
        let in_it = self.order(account, order)?.refund(id);
        in_it.or_else(|| {
            let location = self.refund_location(account, order, id)?;
            self.refund_page(account, order, location.page)?.refunds.iter().find(|refund| refund.id == *id)
        })
    }

    /// What an order's refunds before this one gave back.
    pub fn given_back_before(&self, order: &Order, id: &RefundName) -> GivenBack {
        let location = self.refund_location(&order.account, &order.id, id);
        let page = location.and_then(|location| self.refund_page(&order.account, &order.id, location.page));
        let (before, refunds) = match page {
            Some(page) => (page.before.clone(), &page.refunds),
            None => (GivenBack::nothing(order), &order.refunds),
        };
        before.and(order, refunds.iter().take_while(|refund| refund.id != *id))
    }

    /// An order with all its refunds, if its pages were loaded.
    pub fn whole_order(&self, order: Order) -> Order {
        let pages: Vec<&RefundPage> = (0..)
            .zip(&order.refund_pages)
            .filter_map(|(page, _)| self.refund_page(&order.account, &order.id, page))
            .collect();
        order.with_refunds_of(pages)
    }

    /// What an individual's linked accounts in this bucket have claimed.
    pub fn individual(&self, id: &IndividualId) -> Option<&Individual> {
        self.individual_in(self.bucket, id)
    }

    /// Tells what other buckets have given out, or that it isn't known.
    pub fn set_usage_elsewhere(&mut self, usage: Option<UsageElsewhere>) {
        self.usage_elsewhere = usage;
    }

    pub const fn usage_elsewhere(&self) -> Option<&UsageElsewhere> {
        self.usage_elsewhere.as_ref()
    }

    /// The document of a campaign in this bucket, be it its home or not.
    pub fn campaign_key(&self, campaign: CampaignId) -> Key {
        if self.lives_here(&campaign) { Key::Campaign(campaign) } else { Key::CampaignHere(self.bucket, campaign) }
    }

    /// The document of a code in this bucket, be it its home or not.
    pub fn code_key(&self, hash: CodeHash) -> Key {
        if self.is_home(hash) { Key::Code(hash) } else { Key::CodeHere(self.bucket, hash) }
    }

    /// Whether the code lives in this bucket.
    pub fn is_home(&self, hash: CodeHash) -> bool {
        self.lives_here(&hash)
    }

    fn lives_here(&self, what: &impl Lives) -> bool {
        what.bucket(self.buckets) == self.bucket
    }

    pub fn campaign(&self, campaign: CampaignId) -> Option<&Campaign> {
        self.campaign_or_deleted(campaign).filter(|campaign| campaign.stage != CampaignStage::Deleted)
    }

    /// Whether it is known to have been deleted: its codes are free.
    pub fn is_deleted(&self, campaign: CampaignId) -> bool {
        self.campaign_or_deleted(campaign).is_some_and(|campaign| campaign.stage == CampaignStage::Deleted)
    }

    /// Also one that nothing finds any more: for giving old answers again, and for telling other buckets that it is gone.
    pub fn campaign_or_deleted(&self, campaign: CampaignId) -> Option<&Campaign> {
        if let Some(known) = self.known.get(&campaign) {
            return Some(&known.campaign);
        }
        if self.lives_here(&campaign) {
            self.campaign_at_home(campaign)
        } else {
            self.campaign_here(self.bucket, campaign)
        }
    }

    pub fn code(&self, hash: CodeHash) -> Option<&Code> {
        if self.is_home(hash) { self.code_at_home(hash) } else { self.code_here(self.bucket, hash) }
    }

    /// Leases that wait for a step under one of the keys [`Key::leases_out`] and [`Key::leases_returning`].
    pub fn pending_leases(&self, key: &Key) -> Option<&PendingLeases> {
        let (Aggregate::LeasesOut(pending) | Aggregate::LeasesReturning(pending)) = self.get(key)? else { return None };
        Some(pending)
    }

    /// What this bucket has given out of a campaign and may still give out.
    pub fn allowance(&self, campaign: CampaignId) -> Availability {
        let allowance = self.allowance_in(self.bucket, campaign).cloned().unwrap_or_default();
        let elsewhere = match &self.usage_elsewhere {
            _ if self.buckets.is_one() => Elsewhere::Nowhere,
            None => Elsewhere::Unknown,
            Some(usage) => {
                let of_it = usage.used.iter().filter(|(pool, _)| pool.campaign() == Some(campaign));
                Elsewhere::Used(of_it.map(|(pool, used)| (pool.clone(), *used)).collect())
            }
        };
        Availability { campaign, allowance, elsewhere }
    }

    /// The most that one more discount of the campaign may be: what is left of its budget; without one, what its counters can
    /// still take, which over all buckets stay an amount.
    pub fn discount_left(&self, campaign: &Campaign) -> Amount {
        let available = self.allowance(campaign.id);
        available.budget_left(&campaign.terms).unwrap_or_else(|| {
            let counters = available.counters;
            let most = Amount::of(Amount::MAX.minor() / i64::from(self.buckets.count()));
            most.saturating_sub(counters.budget_held).saturating_sub(counters.budget_spent)
        })
    }

    /// Whether the campaign's counters can take a discount. A budget keeps them within what they can count.
    pub fn counts_discount(&self, campaign: &Campaign, discount: Amount) -> bool {
        matches!(campaign.terms.limits.budget, Some(Budget::Limited(_))) || discount <= self.discount_left(campaign)
    }

    /// Whether one more coupon may be given out by `source`. A campaign without a limit ends where its counter does.
    pub fn has_stock(&self, campaign: &Campaign, source: Option<&SourceName>) -> bool {
        let available = self.allowance(campaign.id);
        available.counters.claimed < u32::MAX / self.buckets.count() && available.has_stock(&campaign.terms, source)
    }

    /// A campaign's counters over all buckets, as far as others were looked at.
    pub fn counters(&self, campaign: CampaignId) -> Counters {
        let elsewhere = self.usage_elsewhere.as_ref().and_then(|usage| usage.counters.get(&campaign));
        self.allowance(campaign).counters.plus(elsewhere.copied().unwrap_or_default())
    }

    /// What is left of a shared code's uses; `None` if it has no limit of its own, or is no shared code.
    pub fn code_uses_left(&self, hash: CodeHash) -> Option<u64> {
        let CodeKind::Shared { max_uses: Some(max), uses, quota, .. } = &self.code(hash)?.kind else { return None };
        let (limit, here) = (u64::from(*max), u64::from(*uses));
        if self.buckets.is_one() {
            return Some(limit.saturating_sub(here));
        }
        Some(match &self.usage_elsewhere {
            None => quota.map_or(0, |quota| quota.received).saturating_sub(here),
            Some(usage) => {
                let elsewhere = usage.used.get(&Pool::CodeUses(hash)).copied().unwrap_or(0);
                limit.saturating_sub(here + elsewhere)
            }
        })
    }

    /// How many more coupons of a campaign an account's individual may have, given the terms' limit.
    pub fn individual_left(&self, account: &AccountId, campaign: CampaignId, limit: u32) -> u64 {
        let Some(wallet) = self.wallet(account) else { return u64::from(limit) };
        if !wallet.linked {
            return u64::from(limit.saturating_sub(wallet.count(campaign)));
        }
        let pool = Pool::Individual(wallet.individual.clone(), campaign);
        let here = self.given_out(&pool);
        let may_have = match &self.usage_elsewhere {
            _ if self.buckets.is_one() => u64::from(limit),
            None => self.quota(&pool).received,
            Some(usage) => u64::from(limit).saturating_sub(usage.used.get(&pool).copied().unwrap_or(0)),
        };
        may_have.saturating_sub(here)
    }

    /// This bucket's quota of a pool.
    pub fn quota(&self, pool: &Pool) -> Quota {
        match pool {
            Pool::CodeUses(hash) => match self.code(*hash).map(|code| &code.kind) {
                Some(CodeKind::Shared { quota, .. }) => quota.unwrap_or_default(),
                Some(CodeKind::Unique { .. }) | None => Quota::default(),
            },
            Pool::Individual(id, campaign) => {
                self.individual(id).map(|individual| individual.quota(*campaign)).unwrap_or_default()
            }
            Pool::Stock(campaign) | Pool::SourceStock(campaign, _) | Pool::Budget(campaign) => {
                self.allowance(*campaign).quota(pool)
            }
        }
    }

    /// How much of a pool is given out in this bucket.
    pub fn given_out(&self, pool: &Pool) -> u64 {
        match pool {
            Pool::CodeUses(hash) => match self.code(*hash).map(|code| &code.kind) {
                Some(CodeKind::Shared { uses, .. }) => u64::from(*uses),
                Some(CodeKind::Unique { .. }) | None => 0,
            },
            Pool::Individual(id, campaign) => {
                self.individual(id).map_or(0, |individual| u64::from(individual.count(*campaign)))
            }
            Pool::Stock(campaign) | Pool::SourceStock(campaign, _) | Pool::Budget(campaign) => {
                self.allowance(*campaign).used(pool)
            }
        }
    }

    /// A pool's whole limit, as known in this bucket. `None`: there is none.
    pub fn limit(&self, pool: &Pool) -> Option<u64> {
        match pool {
            Pool::CodeUses(hash) => match &self.code(*hash)?.kind {
                CodeKind::Shared { max_uses, .. } => max_uses.map(u64::from),
                CodeKind::Unique { .. } => None,
            },
            Pool::Stock(campaign)
            | Pool::SourceStock(campaign, _)
            | Pool::Budget(campaign)
            | Pool::Individual(_, campaign) => self.campaign(*campaign)?.terms.limit_of(pool),
        }
    }

    /// All live coupons of an account on the pages that are loaded.
    pub fn live_coupons<'a>(&'a self, account: &AccountId) -> impl Iterator<Item = &'a Coupon> + use<'a> {
        let mut pages: Vec<&[Coupon]> = Vec::with_capacity(1);
        if let Some(wallet) = self.wallet(account) {
            pages.push(&wallet.live);
            let further = (0..).zip(&wallet.further).filter_map(|(page, _)| self.wallet_page(account, page));
            pages.extend(further.map(|page| &page.live[..]));
        }
        pages.into_iter().flatten()
    }

    /// All coupons of an account on the pages of history that are loaded, the newest page first.
    pub fn past_coupons<'a>(&'a self, account: &AccountId) -> impl Iterator<Item = &'a Coupon> + use<'a> {
        let pages = self.wallet(account).map_or(0, |wallet| wallet.history.len());
        let pages: Vec<&[Coupon]> = (0..pages)
            .rev()
            .filter_map(|page| self.history(account, u32::try_from(page).ok()?))
            .map(|page| &page.coupons[..])
            .collect();
        pages.into_iter().flatten()
    }

    /// A coupon of the account on any page that is loaded.
    pub fn coupon<'a>(&'a self, account: &AccountId, id: CouponId) -> Option<&'a Coupon> {
        self.live_coupons(account).chain(self.past_coupons(account)).find(|coupon| coupon.id == id)
    }

    /// Whether the order is known to be lapsed, and nobody has written that down.
    pub fn is_lapsed(&self, account: &AccountId, order: &OrderId, now: Timestamp) -> bool {
        self.order(account, order).is_some_and(|order| order.has_lapsed(now))
    }
}
