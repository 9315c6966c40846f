//! Reading committed state: wallets, quotes, orders, lists.

use std::{collections::BTreeMap, sync::Arc};

use scrip_core::{
    campaign::{Availability, Campaign, Counters},
    candidate::Candidate,
    cart::Cart,
    code::{Code, CodeKind, CodeText, EnteredCode, Job},
    command::{code_candidate, code_needs, given_back, order_needs, refund_needs, wallet_candidate, whole_order_needs},
    event::{Event, Recorded},
    exchange::LeaseState,
    id::{CampaignId, CodeHash, CouponId, JobId},
    idempotency::AnswerKind,
    money::Amount,
    name::{AccountId, OrderId, RefundName},
    order::{GivenBack, Order, OrderStage, Refund},
    quote::{Choice, NotApplied, Quote, quote_by},
    reason::{Reason, UsedBy},
    slot::Bucket,
    state::{Aggregate, Key, State},
    status::CouponStatus,
    time::Timestamp,
    wallet::{Coupon, CouponState, Wallet},
};
use scrip_store::{
    Snapshot, StoreError,
    people::{CodeRow, DistributionRow, LedgerEntryRow, OrderCursor, OrderFilter},
    sums::DISTRIBUTION,
};

use crate::{
    answer::{Answer, replayed},
    follow::distribution_row,
    known::lacking,
    load::{load_all, wallet_keys},
    receipt::EngineError,
    shared::Shared,
    usage_elsewhere::{Limited, usage_elsewhere},
};

/// A part of the journals.
pub struct EventsAfter {
    pub events: Vec<(Bucket, Recorded)>,
    /// If not, these are all by now.
    pub may_be_more: bool,
}

/// Frames of the journal read at once at most, and one after so many bytes.
const FRAMES_AT_ONCE: usize = 8;
const LARGE_BYTES: usize = 256 * 1024;
/// Orders read at once at most: each may have as much as a body, and refunds besides.
const ORDERS_AT_ONCE: usize = 8;
/// Lines and refunds of one that isn't small.
const LARGE_ORDER: usize = 64;

/// One consistent view of an account's bucket, with what was loaded of it so far.
pub struct Reader<'a> {
    shared: &'a Shared,
    snapshot: Box<dyn Snapshot + 'a>,
    state: Option<State>,
    now: Timestamp,
}

/// How far a reader of journals has come in each bucket.
#[derive(Clone, PartialEq, Eq, Debug, Default, serde::Serialize, serde::Deserialize)]
pub struct Positions(BTreeMap<u16, u64>);

impl Positions {
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
    pub(crate) fn new(shared: &'a Shared, snapshot: Box<dyn Snapshot + 'a>) -> Self {
        Self { shared, snapshot, state: None, now: shared.now() }
    }

    pub const fn now(&self) -> Timestamp {
        self.now
    }

    /// Loads what `needs` names, until it names nothing new.
    pub(crate) fn load(&mut self, needs: impl FnMut(&State) -> Vec<Key>) -> Result<(), StoreError> {
        let shared = self.shared;
        let state = self.state.get_or_insert_with(|| shared.state(Bucket::FIRST));
        load_all(&mut *self.snapshot, state, needs)
    }

    /// The same, but for campaigns that are in memory as they are stored.
    fn load_with_known(&mut self, needs: impl Fn(&State) -> Vec<Key>) -> Result<(), StoreError> {
        // With many buckets a campaign's document tells what has to be asked of others: it is loaded.
        if self.shared.buckets().is_one() {
            let others = |state: &State| {
                let mut keys = needs(state);
                keys.retain(|key| !matches!(key, Key::Campaign(_)));
                keys
            };
            self.load(others)?;
            let wanted = lacking(self.state(), needs(self.state()));
            let shared = self.shared;
            let state = self.state.as_mut().expect("something was loaded");
            shared.known.load(&mut *self.snapshot, state, &shared.registry, &wanted)?;
        }
        self.load(needs)
    }

    /// Reads as a bucket sees it from here on.
    pub(crate) fn enter(&mut self, bucket: Bucket) {
        // Another node may have written there, with a clock that is ahead of ours. A head that can't be read is said by
        // the read that follows.
        if !self.shared.buckets().is_one()
            && let Ok(head) = self.snapshot.head(bucket)
        {
            self.shared.time.saw(head.at);
            self.now = self.now.max(self.shared.now());
        }
        if self.state.as_ref().is_none_or(|state| state.bucket() != bucket) {
            self.state = Some(self.shared.state(bucket));
        }
    }

    /// Reads as the account's bucket sees it from here on.
    fn visit(&mut self, account: &AccountId) {
        self.enter(account.slot().bucket(self.shared.buckets()));
    }

    /// Looks at what other buckets have given out of campaigns and codes, so that what is left is told exactly.
    fn look_elsewhere(&mut self, limited: &Limited) -> Result<(), StoreError> {
        let buckets = self.shared.buckets();
        if !buckets.is_one() {
            let here = self.state().bucket();
            let usage = usage_elsewhere(&mut *self.snapshot, buckets, here, limited)?;
            self.state_mut().set_usage_elsewhere(Some(usage));
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

    /// A code used directly on an order whose hold ran out: gone, whether or not anybody has written that down.
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

    /// An order with all its refunds.
    pub fn order(&mut self, account: &AccountId, order: &OrderId) -> Result<Option<Order>, EngineError> {
        self.load(|state| whole_order_needs(state, account, order))?;
        let state = self.state();
        Ok(state.order(account, order).cloned().map(|order| state.whole_order(order)))
    }

    /// The same without those that stand on pages: enough to say whether, and whose, it is.
    pub fn order_alone(&mut self, account: &AccountId, order: &OrderId) -> Result<Option<Order>, EngineError> {
        let key = Key::Order(account.clone(), order.clone());
        self.load(|_| vec![key.clone()])?;
        Ok(self.state().order(account, order).cloned())
    }

    /// One refund of an order, and what had been given back before it.
    pub fn refund(&mut self, order: &Order, id: &RefundName) -> Result<Option<(Refund, GivenBack)>, EngineError> {
        self.load(|state| refund_needs(state, &order.account, &order.id, id))?;
        let state = self.state();
        let refund = state.refund(&order.account, &order.id, id).cloned();
        Ok(refund.map(|refund| (refund, state.given_back_before(order, id))))
    }

    /// An order of the bucket as a command answered it, with all the refunds that it had then.
    pub(crate) fn with_all_refunds(&mut self, bucket: Bucket, order: Order) -> Result<Order, EngineError> {
        self.enter(bucket);
        self.load(|_| Key::refund_pages(&order).collect())?;
        Ok(self.state().whole_order(order))
    }

    /// What a command was answered that was done before.
    pub(crate) fn answer_again(
        &mut self,
        bucket: Bucket,
        position: u64,
        count: u32,
        kind: AnswerKind,
    ) -> Result<Answer, EngineError> {
        Ok(replayed(&mut *self.snapshot, self.shared.state(bucket), position, count, kind)?)
    }

    /// A campaign's counters, exact once the command that changed them was answered.
    pub fn counters(&mut self, campaign: CampaignId) -> Result<Counters, EngineError> {
        self.allowance(campaign)?;
        Ok(self.state().counters(campaign))
    }

    /// What was given out of a campaign and is left of it, over all buckets.
    pub fn allowance(&mut self, campaign: CampaignId) -> Result<Availability, EngineError> {
        self.load(|state| vec![Key::Allowance(state.bucket(), campaign)])?;
        self.look_elsewhere(&Limited::campaign(campaign))?;
        Ok(self.state().allowance(campaign))
    }

    pub fn job(&mut self, job: JobId) -> Result<Option<Job>, EngineError> {
        self.load(|_| vec![Key::Job(job)])?;
        Ok(self.state().job(job).cloned())
    }

    pub fn campaign(&self, campaign: CampaignId) -> Option<Arc<Campaign>> {
        self.shared.registry.campaign(campaign)
    }

    /// At most `limit`, as long as they `fit`; and whether there are more. No more are read than a few beyond.
    pub fn orders(
        &mut self,
        filter: &OrderFilter,
        limit: usize,
        mut fits: impl FnMut(&Order) -> bool,
    ) -> Result<(Vec<Order>, bool), EngineError> {
        let mut cursors = self.snapshot.orders(filter, limit + 1)?;
        let has_more = cursors.len() > limit;
        cursors.truncate(limit);
        let (mut orders, mut rest, mut at_once) = (Vec::with_capacity(cursors.len()), &cursors[..], 1);
        while !rest.is_empty() {
            let (next, after) = rest.split_at(at_once.min(rest.len()));
            for order in self.orders_at(next)? {
                // After a large one few are read that may not be shown.
                let is_large = order.cart.lines().len() + order.refunds.len() > LARGE_ORDER;
                at_once = if is_large { 1 } else { (at_once + 1).min(ORDERS_AT_ONCE) };
                if !fits(&order) {
                    return Ok((orders, true));
                }
                orders.push(order);
            }
            rest = after;
        }
        Ok((orders, has_more))
    }

    fn orders_at(&mut self, cursors: &[OrderCursor]) -> Result<Vec<Order>, EngineError> {
        self.load(|state| cursors.iter().flat_map(|at| whole_order_needs(state, &at.account, &at.order)).collect())?;
        let state = self.state();
        let found = cursors.iter().filter_map(|at| state.order(&at.account, &at.order).cloned());
        Ok(found.map(|order| state.whole_order(order)).collect())
    }

    /// Whether the journal comes to all these positions: what a caller gives back as a cursor may be anything, or of a
    /// database that has since been restored.
    fn has(&mut self, positions: &Positions) -> Result<bool, EngineError> {
        for (bucket, position) in &positions.0 {
            let bucket = Bucket::from_u16(*bucket);
            let known = self.shared.buckets().all().any(|known| known == bucket);
            if !known || *position > self.snapshot.head(bucket)?.position {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Ledger entries after a position in every bucket, oldest first, at most `limit`; `None` for positions that aren't there.
    pub fn ledger_entries(
        &mut self,
        after: &Positions,
        limit: usize,
    ) -> Result<Option<Vec<LedgerEntryRow>>, EngineError> {
        if !self.has(after)? {
            return Ok(None);
        }
        let mut rows = Vec::new();
        for bucket in self.shared.buckets().all() {
            rows.extend(self.snapshot.ledger_entries(bucket, after.of(bucket), limit)?);
        }
        rows.sort_by_key(|row| (row.at, row.bucket, row.position));
        rows.truncate(limit);
        Ok(Some(rows))
    }

    pub fn codes(
        &mut self,
        campaign: CampaignId,
        after: Option<(u64, u32)>,
        limit: usize,
    ) -> Result<Vec<CodeRow>, EngineError> {
        Ok(self.snapshot.codes(campaign, after, limit)?)
    }

    /// Claims, redemptions and cost by channel and source. `kept`: from sums, if [`Engine::sums_followed`](crate::Engine::sums_followed)
    /// says that they are complete; else all rows are read.
    pub fn distribution(
        &mut self,
        campaign: Option<CampaignId>,
        kept: bool,
    ) -> Result<Vec<DistributionRow>, EngineError> {
        if !kept {
            return Ok(self.snapshot.distribution(campaign)?);
        }
        let campaign = campaign.map(|campaign| campaign.to_string());
        let sums = self.snapshot.sums(&DISTRIBUTION, campaign.as_deref())?;
        Ok(sums.iter().map(distribution_row).collect::<Result<_, StoreError>>()?)
    }

    /// Events after a position in every bucket, oldest first, at most `limit`, and of the journals `bytes` and a few frames more of each
    /// bucket; `None` for positions that aren't there.
    pub fn events(
        &mut self,
        after: &Positions,
        limit: usize,
        bytes: usize,
    ) -> Result<Option<EventsAfter>, EngineError> {
        if !self.has(after)? {
            return Ok(None);
        }
        let mut events = Vec::new();
        let mut complete_until = None;
        let bytes = bytes / self.shared.buckets().all().count();
        for bucket in self.shared.buckets().all() {
            let (of_bucket, is_all) = self.events_of(bucket, after.of(bucket), limit, bytes)?;
            if let Some(last) = of_bucket.last().filter(|_| !is_all) {
                let ends = (last.at, bucket);
                complete_until = complete_until.map_or(Some(ends), |until| Some(ends.min(until)));
            }
            events.extend(of_bucket.into_iter().map(|recorded| (bucket, recorded)));
        }
        // Stable, so that within a bucket its own order stays.
        events.sort_by_key(|(bucket, recorded)| (recorded.at, *bucket));
        // Older ones of a bucket that has more may follow.
        events.retain(|(bucket, recorded)| complete_until.is_none_or(|until| (recorded.at, *bucket) <= until));
        let may_be_more = complete_until.is_some() || events.len() >= limit;
        events.truncate(limit);
        Ok(Some(EventsAfter { events, may_be_more }))
    }

    /// And whether those are all that there are, or as many as may be.
    fn events_of(
        &mut self,
        bucket: Bucket,
        after: u64,
        limit: usize,
        mut bytes_left: usize,
    ) -> Result<(Vec<Recorded>, bool), EngineError> {
        let mut events = Vec::new();
        let mut next = after + 1;
        let mut at_once = 1;
        while events.len() < limit {
            if bytes_left == 0 {
                return Ok((events, false));
            }
            let frames = self.snapshot.frames(bucket, next, at_once)?;
            if frames.is_empty() {
                break;
            }
            let read: usize = frames.iter().map(Vec::len).sum();
            bytes_left = bytes_left.saturating_sub(read);
            // Few are large.
            at_once = if read > LARGE_BYTES { 1 } else { (at_once * 2).min(FRAMES_AT_ONCE) };
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
        Ok((events, true))
    }

    /// Takes in the codes of other buckets that the account's bucket doesn't know, or has closed: as their home has them.
    fn codes_from_home(&mut self, account: &AccountId, codes: &[EnteredCode]) -> Result<(), StoreError> {
        let foreign = |state: &State, code: &EnteredCode| {
            // A code of a draft that was deleted may be another campaign's by now.
            let over = |known: &Code| known.is_closed() || state.is_deleted(known.campaign);
            !state.is_home(code.hash) && state.code(code.hash).is_none_or(over)
        };
        let unknown: Vec<CodeHash> =
            codes.iter().filter(|code| foreign(self.state(), code)).map(|code| code.hash).collect();
        for hash in unknown {
            let home = hash.slot().bucket(self.shared.buckets());
            let mut state = self.shared.state(home);
            load_all(&mut *self.snapshot, &mut state, |_| vec![Key::Code(hash)])?;
            let Some(mut code) = state.code(hash).cloned() else { continue };
            match &mut code.kind {
                CodeKind::Shared { uses, quota, .. } => (*uses, *quota) = (0, None),
                // Leased to this very account: as if the account had it already.
                CodeKind::Unique { state, .. } => *state = seen_by(account, state),
            }
            let key = Key::CodeHere(self.state().bucket(), hash);
            self.state_mut().insert(key, Some((0, Aggregate::CodeHere(code))));
        }
        Ok(())
    }

    /// Looks at what other buckets have given out of all campaigns and codes that were loaded.
    fn look_elsewhere_for_all(&mut self) -> Result<(), StoreError> {
        let limited = Limited::loaded_in(self.state());
        self.look_elsewhere(&limited)
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

    /// Codes by the spelling that there is: as typed, or only if that is none, as Crockford's base 32 is read. Of two that are
    /// the same code then, the later one stays as it was typed.
    pub fn as_spelled(&mut self, texts: Vec<CodeText>) -> Result<Vec<EnteredCode>, EngineError> {
        let secrets = &self.shared.secrets;
        let mut codes: Vec<EnteredCode> = texts.into_iter().map(|text| secrets.entered(text)).collect();
        for index in 0..codes.len() {
            let Some(read) = codes[index].text.as_crockford() else { continue };
            let other = secrets.entered(read).hash;
            if self.code_at_home(codes[index].hash)?.is_none()
                && codes.iter().all(|code| code.hash != other)
                && self.code_at_home(other)?.is_some()
            {
                codes[index].hash = other;
            }
        }
        Ok(codes)
    }

    /// The campaign whose code it is.
    pub fn campaign_of_code(&mut self, hash: CodeHash) -> Result<Option<Arc<Campaign>>, EngineError> {
        Ok(self.code_at_home(hash)?.and_then(|code| self.campaign(code.campaign)))
    }

    fn code_at_home(&mut self, hash: CodeHash) -> Result<Option<Code>, StoreError> {
        let mut state = State::new(hash.slot().bucket(self.shared.buckets()), self.shared.buckets());
        load_all(&mut *self.snapshot, &mut state, |_| vec![Key::Code(hash)])?;
        Ok(state.code(hash).cloned())
    }

    /// Whether the account had a coupon or an order before `at`.
    pub fn was_known_before(&mut self, account: &AccountId, at: Timestamp) -> Result<bool, EngineError> {
        let older = |coupon: &Coupon| coupon.claimed_at < at;
        self.visit(account);
        self.load(|state| wallet_keys(state, account, false))?;
        if self.state().live_coupons(account).any(older) {
            return Ok(true);
        }
        let pages = self.state().wallet(account).map_or(0, |wallet| wallet.history.len());
        for page in 0..pages {
            let page = u32::try_from(page).expect("far fewer pages");
            self.load(|_| vec![Key::History(account.clone(), page)])?;
            if self.state().history(account, page).is_some_and(|page| page.coupons.iter().any(older)) {
                return Ok(true);
            }
        }
        // All descending: what comes after a cursor just before that time is older.
        let placed_at = Timestamp::from_micros(at.micros() - 1);
        let order = OrderId::new("0").expect("a name");
        let after = Some(OrderCursor { placed_at, account: account.clone(), order });
        let (account, now) = (Some(account.clone()), self.now);
        let filter = OrderFilter { account, now, after, ..OrderFilter::default() };
        Ok(!self.snapshot.orders(&filter, 1)?.is_empty())
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
        self.load_with_known(|state| quote_keys(state, account, named, codes, now))?;
        self.codes_from_home(account, codes)?;
        self.load_with_known(|state| quote_keys(state, account, named, codes, now))?;
        self.look_elsewhere_for_all()?;
        let state = self.state();
        let mut candidates: Vec<Candidate<'_>> = Vec::new();
        let mut chosen: Vec<usize> = Vec::new();
        let mut unknown = Vec::new();
        for coupon in state.live_coupons(account) {
            let is_named = named.contains(&coupon.id);
            if (coupon.status(now) == CouponStatus::Valid && !self.never_was(coupon)) || is_named {
                candidates.extend(wallet_candidate(state, coupon, now).map(|candidate| candidate.on(cart)));
            }
        }
        for coupon in state.past_coupons(account).filter(|coupon| named.contains(&coupon.id)) {
            candidates.extend(wallet_candidate(state, coupon, now).map(|candidate| candidate.on(cart)));
        }
        for id in named {
            match candidates.iter().position(|candidate| candidate.used_by == UsedBy::Coupon(*id)) {
                Some(index) => chosen.push(index),
                None => unknown.push((UsedBy::Coupon(*id), Reason::CouponNotFound)),
            }
        }
        for code in codes {
            match code_candidate(state, account, code, now) {
                Ok(candidate) => {
                    chosen.push(candidates.len());
                    candidates.push(candidate.on(cart));
                }
                Err(reason) => unknown.push((UsedBy::Code(code.text.as_str().to_owned()), reason)),
            }
        }
        let choice = match r#use {
            Use::Best => Choice::Best,
            Use::Named(_) => Choice::Named(&chosen),
        };
        let quote = quote_by(cart, &candidates, choice, now, |candidate| state.scope_hashes(candidate.campaign));
        Ok(QuoteAnswer { quote, unknown })
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

/// A code's state at home as its lease's own account sees it: the lease stands in nobody's way.
fn seen_by(account: &AccountId, state: &LeaseState) -> LeaseState {
    match state {
        LeaseState::Leased(lease) | LeaseState::Closed(lease) if lease.account == *account => LeaseState::Free,
        LeaseState::ClaimedUnder(lease, by) if lease.account == *account => LeaseState::Claimed(by.clone()),
        LeaseState::Free
        | LeaseState::Claimed(_)
        | LeaseState::Leased(_)
        | LeaseState::ClaimedUnder(..)
        | LeaseState::Closed(_) => state.clone(),
    }
}
