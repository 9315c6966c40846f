//! Reading committed state: wallets, quotes, orders, lists.

use std::{collections::BTreeMap, sync::Arc};

use scrip_core::{
    campaign::{Campaign, Counters, Standing},
    cart::Cart,
    code::{Code, CodeHash, CodeKind, EnteredCode, Job},
    command::{code_candidate, code_needs, given_back, order_needs, wallet_candidate},
    event::{Event, Recorded},
    id::{CampaignId, CouponId, JobId},
    key::Key,
    money::Amount,
    name::{AccountId, OrderId},
    order::{Order, OrderStage},
    quote::{Candidate, Choice, NotApplied, Quote, quote},
    reason::{Reason, UsedBy},
    slot::Bucket,
    state::{Aggregate, State},
    time::Timestamp,
    wallet::{Coupon, CouponState, CouponStatus, Wallet},
};
use scrip_store::{
    Snapshot, StoreError,
    people::{CodeRow, DistributionRow, LedgerEntryRow, OrderFilter, OrderPlace},
};

use crate::{
    beyond::{Limited, beyond},
    engine::{Engine, EngineError},
    load::load_all,
};

/// One consistent view of an account's bucket, with what was loaded of it so far.
pub struct Reader<'a> {
    engine: &'a Engine,
    snapshot: Box<dyn Snapshot + 'a>,
    state: Option<State>,
    now: Timestamp,
}

/// How far a reader of journals has come in each bucket.
#[derive(Clone, PartialEq, Eq, Debug, Default, serde::Serialize, serde::Deserialize)]
pub struct Places(BTreeMap<u16, u64>);

impl Places {
    pub fn of(&self, bucket: Bucket) -> u64 {
        self.0.get(&bucket.get()).copied().unwrap_or(0)
    }

    pub fn passed(&mut self, bucket: Bucket, position: u64) {
        self.0.insert(bucket.get(), position);
    }
}

/// Which of an account's coupons a cart is to use.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Use {
    /// The joint optimum over the wallet and the given codes.
    Best,
    /// Exactly these, and the given codes.
    Named(Vec<CouponId>),
}

/// A quote with what was named and isn't there.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct QuoteAnswer {
    pub quote: Quote,
    pub unknown: Vec<(UsedBy, Reason)>,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(engine: &'a Engine, snapshot: Box<dyn Snapshot + 'a>) -> Self {
        let now = engine.now();
        Self { engine, snapshot, state: None, now }
    }

    pub const fn now(&self) -> Timestamp {
        self.now
    }

    /// Loads what `needs` names, until it names nothing new.
    pub(crate) fn load(&mut self, needs: impl FnMut(&State) -> Vec<Key>) -> Result<(), StoreError> {
        let buckets = self.engine.buckets();
        let state = self.state.get_or_insert_with(|| State::new(Bucket::FIRST, buckets));
        load_all(&mut *self.snapshot, state, needs)
    }

    /// Reads as a bucket sees it from here on.
    pub(crate) fn enter(&mut self, bucket: Bucket) {
        if self.state.as_ref().is_none_or(|state| state.bucket() != bucket) {
            self.state = Some(State::new(bucket, self.engine.buckets()));
        }
    }

    /// Reads as the account's bucket sees it from here on.
    fn visit(&mut self, account: &AccountId) {
        self.enter(account.slot().bucket(self.engine.buckets()));
    }

    /// Looks at what other buckets have given out of campaigns and codes, so that what is left is told exactly.
    fn look_beyond(&mut self, limited: &Limited) -> Result<(), StoreError> {
        let buckets = self.engine.buckets();
        if !buckets.is_one() {
            let here = self.state().bucket();
            let seen = beyond(&mut *self.snapshot, buckets, here, limited)?;
            self.state_mut().look_beyond(Some(seen));
        }
        Ok(())
    }

    /// What was loaded. Empty before the first load.
    pub(crate) fn state(&self) -> &State {
        self.state.as_ref().expect("something was loaded")
    }

    pub(crate) fn state_mut(&mut self) -> &mut State {
        self.state.as_mut().expect("something was loaded")
    }

    /// The live coupons of an account, with their campaigns; `past` also those of its history.
    pub fn wallet(&mut self, account: &AccountId, past: bool) -> Result<Vec<Coupon>, EngineError> {
        self.visit(account);
        self.load(|state| wallet_keys(state, account, past))?;
        let state = self.state();
        let mut coupons: Vec<Coupon> =
            state.live_coupons(account).filter(|coupon| !self.never_was(coupon)).cloned().collect();
        if past {
            coupons.extend(state.past_coupons(account).cloned());
        }
        Ok(coupons)
    }

    /// A code used directly on an order whose hold ran out: gone, whether or not anybody has settled that.
    fn never_was(&self, coupon: &Coupon) -> bool {
        coupon.origin == scrip_core::wallet::Origin::DirectCode && coupon.lapsed_order(self.now).is_some()
    }

    /// One coupon of an account; `None` for one that doesn't exist or is somebody else's.
    pub fn coupon(&mut self, account: &AccountId, coupon: CouponId) -> Result<Option<Coupon>, EngineError> {
        Ok(self.wallet(account, true)?.into_iter().find(|known| known.id == coupon))
    }

    pub fn coupon_owner(&mut self, coupon: CouponId) -> Result<Option<AccountId>, EngineError> {
        Ok(self.snapshot.coupon_owner(coupon)?)
    }

    /// How many of a campaign's coupons the account has had; 0 without a wallet.
    pub fn claimed_by(&mut self, account: &AccountId, campaign: CampaignId) -> Result<u32, EngineError> {
        self.visit(account);
        self.load(|_| vec![Key::Wallet(account.clone())])?;
        Ok(self.state().wallet(account).map_or(0, |wallet: &Wallet| wallet.count(campaign)))
    }

    pub fn order(&mut self, account: &AccountId, order: &OrderId) -> Result<Option<Order>, EngineError> {
        let key = Key::Order(account.clone(), order.clone());
        self.load(|_| vec![key.clone()])?;
        Ok(self.state().order(account, order).cloned())
    }

    /// A campaign's counters, exact once the command that changed them was answered.
    pub fn counters(&mut self, campaign: CampaignId) -> Result<Counters, EngineError> {
        self.allowance(campaign)?;
        Ok(self.state().counters(campaign))
    }

    /// What was given out of a campaign and is left of it, over all buckets.
    pub fn allowance(&mut self, campaign: CampaignId) -> Result<Standing, EngineError> {
        self.load(|state| vec![Key::Allowance(state.bucket(), campaign)])?;
        self.look_beyond(&Limited::campaign(campaign))?;
        Ok(self.state().allowance(campaign))
    }

    pub fn job(&mut self, job: JobId) -> Result<Option<Job>, EngineError> {
        self.load(|_| vec![Key::Job(job)])?;
        Ok(self.state().job(job).cloned())
    }

    pub fn campaign(&self, campaign: CampaignId) -> Option<Arc<Campaign>> {
        self.engine.registry().campaign(campaign)
    }

    pub fn orders(&mut self, filter: &OrderFilter, limit: usize) -> Result<Vec<Order>, EngineError> {
        let places = self.snapshot.orders(filter, limit)?;
        self.orders_at(&places)
    }

    fn orders_at(&mut self, places: &[OrderPlace]) -> Result<Vec<Order>, EngineError> {
        self.load(|_| places.iter().map(|place| Key::Order(place.account.clone(), place.order.clone())).collect())?;
        let state = self.state();
        Ok(places.iter().filter_map(|place| state.order(&place.account, &place.order).cloned()).collect())
    }

    /// How far this machine's clock is behind the last batch of any bucket, in microseconds; 0 if it isn't.
    pub fn clock_behind_micros(&mut self) -> Result<i64, EngineError> {
        let mut behind = 0;
        for bucket in self.engine.buckets().all() {
            behind = behind.max(self.snapshot.head(bucket)?.at.micros() - self.now.micros());
        }
        Ok(behind)
    }

    /// Ledger entries after a place in every bucket, oldest first, at most `limit`.
    pub fn ledger_entries(&mut self, after: &Places, limit: usize) -> Result<Vec<LedgerEntryRow>, EngineError> {
        let mut rows = Vec::new();
        for bucket in self.engine.buckets().all() {
            rows.extend(self.snapshot.ledger_entries(bucket, after.of(bucket), limit)?);
        }
        rows.sort_by_key(|row| (row.at, row.bucket, row.position));
        rows.truncate(limit);
        Ok(rows)
    }

    pub fn codes(
        &mut self,
        campaign: CampaignId,
        after: Option<(u64, u32)>,
        limit: usize,
    ) -> Result<Vec<CodeRow>, EngineError> {
        Ok(self.snapshot.codes(campaign, after, limit)?)
    }

    pub fn distribution(&mut self, campaign: Option<CampaignId>) -> Result<Vec<DistributionRow>, EngineError> {
        Ok(self.snapshot.distribution(campaign)?)
    }

    /// Events after a place in every bucket, oldest first, at most `limit`.
    pub fn events(&mut self, after: &Places, limit: usize) -> Result<Vec<(Bucket, Recorded)>, EngineError> {
        let mut events = Vec::new();
        for bucket in self.engine.buckets().all() {
            let of_bucket = self.events_of(bucket, after.of(bucket), limit)?;
            events.extend(of_bucket.into_iter().map(|recorded| (bucket, recorded)));
        }
        // Stable, so that within a bucket its own order stays.
        events.sort_by_key(|(bucket, recorded)| (recorded.at, *bucket));
        events.truncate(limit);
        Ok(events)
    }

    fn events_of(&mut self, bucket: Bucket, after: u64, limit: usize) -> Result<Vec<Recorded>, EngineError> {
        let mut events = Vec::new();
        let mut next = after + 1;
        while events.len() < limit {
            let frames = self.snapshot.frames(bucket, next, 16)?;
            if frames.is_empty() {
                break;
            }
            for bytes in frames {
                let (frame, _) = scrip_store::frame::Frame::decode(&bytes)
                    .map_err(|error| StoreError::Damaged { what: format!("the journal at {next}: {error}") })?;
                next = frame.last_position() + 1;
                let recorded = frame
                    .events()
                    .map_err(|error| StoreError::Damaged { what: format!("the journal at {next}: {error}") })?;
                events.extend(recorded.into_iter().filter(|recorded| recorded.position > after));
            }
        }
        events.truncate(limit);
        Ok(events)
    }

    /// Codes that live elsewhere as their own bucket has them, where the account's doesn't know them, or no more.
    fn codes_from_home(&mut self, account: &AccountId, codes: &[EnteredCode]) -> Result<(), StoreError> {
        let foreign = |state: &State, code: &EnteredCode| {
            let over = |known: &Code| known.lent().is_some_and(|lent| lent.closed);
            !state.is_home(code.hash) && state.code(code.hash).is_none_or(over)
        };
        let unknown: Vec<CodeHash> =
            codes.iter().filter(|code| foreign(self.state(), code)).map(|code| code.hash).collect();
        for hash in unknown {
            let home = hash.slot().bucket(self.engine.buckets());
            let mut state = State::new(home, self.engine.buckets());
            load_all(&mut *self.snapshot, &mut state, |_| vec![Key::Code(hash)])?;
            let Some(mut code) = state.code(hash).cloned() else { continue };
            match &mut code.kind {
                CodeKind::Shared { uses, share, .. } => (*uses, *share) = (0, None),
                // On its way to this very account: as if it were here.
                CodeKind::Unique { lent, .. } => *lent = lent.take().filter(|lent| lent.account != *account),
            }
            let key = Key::CodeHere(self.state().bucket(), hash);
            self.state_mut().insert(key, Some((0, Aggregate::CodeHere(code))));
        }
        Ok(())
    }

    /// What other buckets have given out of all campaigns and codes that were loaded.
    fn look_beyond_all(&mut self) -> Result<(), StoreError> {
        let state = self.state();
        let limited = state.documents().filter_map(|(key, aggregate)| match aggregate {
            Aggregate::Campaign(campaign) | Aggregate::CampaignHere(campaign) => {
                Some(Key::Allowance(state.bucket(), campaign.id))
            }
            Aggregate::Code(_) | Aggregate::CodeHere(_) | Aggregate::Individual(_) => Some(key.clone()),
            _ => None,
        });
        let limited = Limited::named_by(limited.collect());
        self.look_beyond(&limited)
    }

    /// Judges as for a new order, only that what a placed order holds counts as free: what revising it would come to.
    pub fn quote_instead_of(
        &mut self,
        account: &AccountId,
        order: &OrderId,
        cart: &Cart,
        r#use: &Use,
        codes: &[EnteredCode],
    ) -> Result<QuoteAnswer, EngineError> {
        let now = self.now;
        self.visit(account);
        self.load(|state| order_needs(state, account, order, now))?;
        let held: Vec<Event> = match self.state().order(account, order) {
            Some(order) if order.stage == OrderStage::Placed => given_back(order).collect(),
            _ => Vec::new(),
        };
        for event in held {
            self.state_mut().evolve(&Recorded { position: 0, at: now, event });
        }
        self.quote(account, cart, r#use, codes)
    }

    /// Which of the codes this account may know nothing of, whatever the cart: the wrong guesses among them.
    pub fn unusable_codes(
        &mut self,
        account: &AccountId,
        codes: &[EnteredCode],
    ) -> Result<Vec<EnteredCode>, EngineError> {
        let now = self.now;
        let needs = |state: &State| {
            let mut keys = wallet_keys(state, account, false);
            codes.iter().for_each(|code| code_needs(state, account, code.hash, &mut keys));
            keys
        };
        self.visit(account);
        self.load(needs)?;
        self.codes_from_home(account, codes)?;
        self.load(needs)?;
        let state = self.state();
        let unusable = |code: &&EnteredCode| code_candidate(state, account, code, now).is_err();
        Ok(codes.iter().filter(unusable).cloned().collect())
    }

    /// Judges the wallet's coupons and the codes on a cart. Commits nothing, holds nothing: the order decides.
    pub fn quote(
        &mut self,
        account: &AccountId,
        cart: &Cart,
        r#use: &Use,
        codes: &[EnteredCode],
    ) -> Result<QuoteAnswer, EngineError> {
        let now = self.now;
        let named: &[CouponId] = if let Use::Named(named) = r#use { named } else { &[] };
        self.visit(account);
        self.load(|state| quote_keys(state, account, named, codes, now))?;
        self.codes_from_home(account, codes)?;
        self.load(|state| quote_keys(state, account, named, codes, now))?;
        self.look_beyond_all()?;
        let state = self.state();
        let mut candidates: Vec<Candidate<'_>> = Vec::new();
        let mut chosen: Vec<usize> = Vec::new();
        let mut unknown = Vec::new();
        for coupon in state.live_coupons(account) {
            let is_named = named.contains(&coupon.id);
            if (coupon.status(now) == CouponStatus::Valid && !self.never_was(coupon)) || is_named {
                candidates.extend(wallet_candidate(state, coupon, now));
            }
        }
        for coupon in state.past_coupons(account).filter(|coupon| named.contains(&coupon.id)) {
            candidates.extend(wallet_candidate(state, coupon, now));
        }
        for id in named {
            match candidates.iter().position(|candidate| candidate.used_by == UsedBy::Coupon(*id)) {
                Some(place) => chosen.push(place),
                None => unknown.push((UsedBy::Coupon(*id), Reason::CouponNotFound)),
            }
        }
        for code in codes {
            match code_candidate(state, account, code, now) {
                Ok(candidate) => {
                    chosen.push(candidates.len());
                    candidates.push(candidate);
                }
                Err(reason) => unknown.push((UsedBy::Code(code.text.as_str().to_owned()), reason)),
            }
        }
        let choice = match r#use {
            Use::Best => Choice::Best,
            Use::Named(_) => Choice::Named(&chosen),
        };
        Ok(QuoteAnswer { quote: quote(cart, &candidates, choice, now), unknown })
    }
}

/// Coupons that are named or given and can't be found.
impl QuoteAnswer {
    /// Reasons without a campaign, in the shape of the others.
    pub fn not_applied(&self) -> impl Iterator<Item = (&UsedBy, Option<CampaignId>, Amount, &[Reason])> {
        let known = self
            .quote
            .not_applied
            .iter()
            .map(|entry: &NotApplied| (&entry.used_by, Some(entry.campaign), entry.would_save, &entry.reasons[..]));
        let unknown =
            self.unknown.iter().map(|(used_by, reason)| (used_by, None, Amount::ZERO, std::slice::from_ref(reason)));
        known.chain(unknown)
    }
}

fn wallet_keys(state: &State, account: &AccountId, past: bool) -> Vec<Key> {
    let mut keys = vec![Key::Wallet(account.clone())];
    if let Some(wallet) = state.wallet(account) {
        if wallet.linked {
            keys.push(Key::Individual(state.bucket(), wallet.individual.clone()));
        }
        for page in 0..wallet.further.len() {
            keys.push(Key::WalletPage(account.clone(), u8::try_from(page).expect("a wallet has few pages")));
        }
        if past {
            for page in 0..wallet.history.len() {
                keys.push(Key::History(account.clone(), u32::try_from(page).expect("far fewer pages")));
            }
        }
    }
    keys
}

fn quote_keys(
    state: &State,
    account: &AccountId,
    named: &[CouponId],
    codes: &[EnteredCode],
    now: Timestamp,
) -> Vec<Key> {
    let live: Vec<&Coupon> = state.live_coupons(account).collect();
    let past = named.iter().any(|id| live.iter().all(|coupon| coupon.id != *id));
    let mut keys = wallet_keys(state, account, past);
    let campaign = |keys: &mut Vec<Key>, campaign: CampaignId| {
        keys.push(state.campaign_key(campaign));
        keys.push(Key::Allowance(state.bucket(), campaign));
    };
    for coupon in live {
        if coupon.status(now) == CouponStatus::Valid || named.contains(&coupon.id) {
            campaign(&mut keys, coupon.campaign);
        }
    }
    for coupon in state.past_coupons(account) {
        if named.contains(&coupon.id) && coupon.state != CouponState::Pending {
            campaign(&mut keys, coupon.campaign);
        }
    }
    for code in codes {
        code_needs(state, account, code.hash, &mut keys);
    }
    keys
}
