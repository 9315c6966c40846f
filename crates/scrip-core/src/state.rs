//! The working set: the aggregates that a command looks at, and `evolve`, the only way that they change.

mod aggregate;
mod evolve;

use std::collections::HashMap;

pub use aggregate::{Aggregate, Due, DueOrder, RecentKeys, decode};

use crate::{
    campaign::{Allowance, Campaign},
    code::{Code, CodeHash, Job},
    event::ApiKey,
    id::{CampaignId, CouponId, JobId, KeyId},
    key::{Holder, Key},
    name::{AccountId, OrderId},
    order::Order,
    slot::{Bucket, Buckets},
    time::Timestamp,
    wallet::{Coupon, History, Wallet, WalletPage},
};

/// One loaded aggregate: its content, the version that was read, and whether it changed since.
#[derive(Clone, Debug)]
struct Loaded {
    value: Option<Aggregate>,
    version: Option<u64>,
    dirty: bool,
}

/// The aggregates of one bucket that were loaded, and those that are known not to exist.
#[derive(Clone, Debug)]
pub struct State {
    bucket: Bucket,
    buckets: Buckets,
    loaded: HashMap<Key, Loaded>,
}

/// A document to be saved: `None` deletes it. `read` is the version that was loaded; `None` means there was none.
#[derive(Clone, Debug)]
pub struct Change {
    pub key: Key,
    pub read: Option<u64>,
    pub value: Option<Aggregate>,
}

macro_rules! getters {
    ($($name:ident, $variant:ident, $type:ty, ($($arg:ident: $kind:ty),*), $key:expr;)*) => {$(
        pub fn $name(&self, $($arg: $kind),*) -> Option<&$type> {
            match self.get(&$key)? {
                Aggregate::$variant(value) => Some(value),
                _ => None,
            }
        }
    )*};
}

impl State {
    pub fn new(bucket: Bucket, buckets: Buckets) -> Self {
        Self { bucket, buckets, loaded: HashMap::new() }
    }

    pub const fn bucket(&self) -> Bucket {
        self.bucket
    }

    pub const fn buckets(&self) -> Buckets {
        self.buckets
    }

    pub fn has(&self, key: &Key) -> bool {
        self.loaded.contains_key(key)
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

    /// All that exists, for comparing a replay with a store.
    pub fn documents(&self) -> impl Iterator<Item = (&Key, &Aggregate)> {
        self.loaded.iter().filter_map(|(key, loaded)| loaded.value.as_ref().map(|value| (key, value)))
    }

    /// A copy of some of the aggregates, to try on what might be: it saves nothing.
    pub(crate) fn part(&self, keys: &[Key]) -> Self {
        let known = |key: &Key| Some((key.clone(), self.loaded.get(key)?.clone()));
        Self { bucket: self.bucket, buckets: self.buckets, loaded: keys.iter().filter_map(known).collect() }
    }

    fn get(&self, key: &Key) -> Option<&Aggregate> {
        self.loaded.get(key)?.value.as_ref()
    }

    fn set(&mut self, key: Key, value: Option<Aggregate>) {
        let loaded = self.loaded.entry(key).or_insert(Loaded { value: None, version: None, dirty: false });
        loaded.value = value;
        loaded.dirty = true;
    }

    fn change(&mut self, key: &Key) -> Option<&mut Aggregate> {
        let loaded = self.loaded.get_mut(key)?;
        let value = loaded.value.as_mut()?;
        loaded.dirty = true;
        Some(value)
    }

    getters! {
        wallet, Wallet, Wallet, (account: &AccountId), Key::Wallet(account.clone());
        wallet_page, WalletPage, WalletPage, (account: &AccountId, page: u8), Key::WalletPage(account.clone(), page);
        history, History, History, (account: &AccountId, page: u32), Key::History(account.clone(), page);
        order, Order, Order, (account: &AccountId, order: &OrderId), Key::Order(account.clone(), order.clone());
        campaign, Campaign, Campaign, (campaign: CampaignId), Key::Campaign(campaign);
        code, Code, Code, (hash: CodeHash), Key::Code(hash);
        recent_keys, RecentKeys, RecentKeys, (holder: &Holder, day: u32), Key::RecentKeys(holder.clone(), day);
        due, Due, Due, (key: &Key), key.clone();
        api_key, ApiKey, ApiKey, (id: KeyId), Key::ApiKey(id);
        job, Job, Job, (id: JobId), Key::Job(id);
    }

    /// What this bucket has given out of a campaign; nothing yet if there is no document.
    pub fn allowance(&self, campaign: CampaignId) -> Allowance {
        match self.get(&Key::Allowance(self.bucket, campaign)) {
            Some(Aggregate::Allowance(allowance)) => allowance.clone(),
            _ => Allowance::default(),
        }
    }

    /// All live coupons of an account on the pages that are loaded.
    pub fn live_coupons<'a>(&'a self, account: &AccountId) -> impl Iterator<Item = &'a Coupon> + use<'a> {
        let mut pages: Vec<&[Coupon]> = Vec::with_capacity(1);
        if let Some(wallet) = self.wallet(account) {
            pages.push(&wallet.live);
            for page in 0..wallet.further.len() {
                let page = u8::try_from(page).expect("a wallet has few pages");
                pages.extend(self.wallet_page(account, page).map(|page| &page.live[..]));
            }
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

    /// Whether the order is known to be lapsed but not settled.
    pub fn is_lapsed(&self, account: &AccountId, order: &OrderId, now: Timestamp) -> bool {
        self.order(account, order).is_some_and(|order| order.has_lapsed(now))
    }
}
