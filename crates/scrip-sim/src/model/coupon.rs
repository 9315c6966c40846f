use scrip_core::{
    campaign::{CampaignStage, Channel, Terms, Validity},
    exchange::Pool,
    id::{CampaignId, CodeHash, CouponId},
    name::{AccountId, OrderId, SourceName},
    time::Timestamp,
    wallet::{Coupon, CouponState, Origin},
};

use super::{Batch, Checked, Model, must};

/// A coupon, for as long as it exists.
#[derive(Debug)]
pub struct CouponModel {
    pub account: AccountId,
    pub campaign: CampaignId,
    pub source: Option<SourceName>,
    pub starts_at: Timestamp,
    pub expires_at: Timestamp,
    pub direct: bool,
    pub code: Option<CodeHash>,
    pub status: Status,
    /// What an import counted it as besides the claim.
    pub past: Past,
    /// In commits.
    pub made: u64,
    /// When it last left an order or came onto one, in commits.
    pub moved: u64,
    /// Orders that it has left, and when, in commits.
    pub orders: Vec<(u64, OrderId)>,
}

/// Where a coupon is in its life, the clock aside.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Status {
    Valid,
    On(OrderId),
    Used(OrderId),
    /// By an import, for ever: used by nobody knows which order, taken back, or never to be used.
    UsedBefore,
    Reclaimed,
    Pending,
    /// Its claim never was.
    Gone,
}

/// What an imported coupon was already when it came.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Past {
    None,
    Used,
    Reclaimed,
}

impl CouponModel {
    pub(super) fn leaves(&mut self, seq: u64, order: &OrderId) {
        self.moved = seq;
        self.orders.push((seq, order.clone()));
    }
}

impl Model {
    pub(super) fn claimed(
        &mut self,
        batch: Batch,
        account: &AccountId,
        coupon: &Coupon,
        code: Option<CodeHash>,
    ) -> Checked {
        let (id, campaign) = (coupon.id, coupon.campaign);
        must!(self.bucket_of(account) == batch.bucket, "{account} claims in another bucket than its own");
        must!(!self.coupons.contains_key(&id), "{id} is there already");
        let known = self.campaigns.get(&campaign).and_then(|known| known.known_in(batch.bucket));
        let known = known.ok_or_else(|| format!("{campaign} isn't known in {:?}", batch.bucket))?.clone();
        let direct = coupon.origin == Origin::DirectCode;
        // A code on an order: judged when the order is placed; a payment that comes late takes it again whatever the campaign is.
        must!(
            direct || known.stage == CampaignStage::Published,
            "S8: a coupon is given out while {campaign} is {:?}",
            known.stage
        );
        must!(coupon.state == CouponState::Valid && coupon.claimed_at == batch.at, "a new coupon is valid from now on");
        let window = window(&known.terms, batch.at);
        must!((coupon.starts_at, coupon.expires_at) == window, "S8: {id} is valid in {window:?}");
        must!(direct || batch.at < coupon.expires_at, "S8: {id} is given out expired");
        must!(known.offers(coupon.channel), "S1: {campaign} isn't offered on {:?}", coupon.channel);
        must!((coupon.channel == Channel::Code) == code.is_some(), "S1: the channel of codes is theirs alone");
        self.counts(batch, account, campaign, coupon.source.as_ref(), &known.terms)?;
        if let Some(hash) = code {
            let known = self.codes.get(&hash).ok_or("a coupon of a code that isn't there")?;
            must!(
                known.campaign == campaign && known.source == coupon.source,
                "a code gives another campaign's coupon"
            );
            must!(known.is_enterable(batch.bucket), "a code gives {id} that was taken back: {known:?}");
            if known.unique {
                self.code_taken(batch, hash, account, id)?;
            } else {
                self.take(batch.bucket, &Pool::CodeUses(hash), 1)?;
            }
        }
        self.in_wallet(account, coupon, code, Status::Valid, Past::None);
        Ok(())
    }

    /// S3: however it came, one more of the stock, of the counters and of what the individual may have.
    pub(super) fn counts(
        &mut self,
        batch: Batch,
        account: &AccountId,
        campaign: CampaignId,
        source: Option<&SourceName>,
        terms: &Terms,
    ) -> Checked {
        self.take(batch.bucket, &stock_pool(campaign, terms, source), 1)?;
        let seq = self.seq;
        let had = self.had.entry((account.clone(), campaign)).or_default();
        let count = had.now() + 1;
        had.set(seq, count);
        if let Some(individual) = self.individuals.get(account).cloned() {
            self.take(batch.bucket, &Pool::Individual(individual, campaign), 1)?;
        } else if let Some(limit) = terms.limits.per_individual {
            must!(count <= u64::from(limit), "I1: {account} has {count} of {campaign}, and may have {limit}");
        }
        if let Some(known) = self.campaigns.get_mut(&campaign) {
            known.counted_in(batch.bucket).claimed += 1;
        }
        Ok(())
    }

    pub(super) fn in_wallet(
        &mut self,
        account: &AccountId,
        coupon: &Coupon,
        code: Option<CodeHash>,
        status: Status,
        past: Past,
    ) {
        let made = CouponModel {
            account: account.clone(),
            campaign: coupon.campaign,
            source: coupon.source.clone(),
            starts_at: coupon.starts_at,
            expires_at: coupon.expires_at,
            direct: coupon.origin == Origin::DirectCode,
            code,
            status,
            past,
            made: self.seq,
            moved: self.seq,
            orders: Vec::new(),
        };
        self.coupons.insert(coupon.id, made);
        self.wallets.entry(account.clone()).or_default().push(coupon.id);
    }

    pub(super) fn archived(&mut self, batch: Batch, account: &AccountId, coupons: &[CouponId]) -> Checked {
        for id in coupons {
            let coupon = self.own_coupon(account, *id)?;
            must!(coupon.status == Status::Valid, "{id} is archived as {:?}", coupon.status);
            must!(batch.at >= coupon.expires_at, "{id} is archived before it expires");
        }
        Ok(())
    }

    /// I7: of this account.
    pub(super) fn own_coupon(&mut self, account: &AccountId, id: CouponId) -> Checked<&mut CouponModel> {
        let coupon = self.coupons.get_mut(&id).ok_or_else(|| format!("{id} isn't there"))?;
        must!(coupon.account == *account, "I7: {id} is {}'s, not {account}'s", coupon.account);
        Ok(coupon)
    }

    /// The claim of a code that was used directly never was.
    pub(super) fn voided(
        &mut self,
        batch: Batch,
        account: &AccountId,
        id: CouponId,
        source: Option<&SourceName>,
    ) -> Checked {
        let coupon = self.own_coupon(account, id)?;
        must!(coupon.direct, "{id} isn't of a code used directly");
        coupon.status = Status::Gone;
        let (campaign, code) = (coupon.campaign, coupon.code);
        must!(coupon.source.as_ref() == source, "{id} goes back to another source");
        let terms = self.campaigns.get(&campaign).map(|known| known.now.terms.clone()).ok_or("no campaign")?;
        self.give_back(batch.bucket, &stock_pool(campaign, &terms, source), 1)?;
        let seq = self.seq;
        if let Some(had) = self.had.get_mut(&(account.clone(), campaign)) {
            must!(had.now() > 0, "{account} gives back what it never had");
            had.set(seq, had.now() - 1);
        }
        if let Some(individual) = self.individuals.get(account).cloned() {
            self.give_back(batch.bucket, &Pool::Individual(individual, campaign), 1)?;
        }
        let hash = code.ok_or("a code used directly is known")?;
        if self.codes.get(&hash).is_some_and(|code| code.unique) {
            self.code_given_back(hash, id)?;
        } else {
            self.give_back(batch.bucket, &Pool::CodeUses(hash), 1)?;
        }
        if let Some(wallet) = self.wallets.get_mut(account) {
            wallet.retain(|known| *known != id);
        }
        if let Some(known) = self.campaigns.get_mut(&campaign) {
            known.counted_in(batch.bucket).claimed -= 1;
        }
        Ok(())
    }
}

/// The pool that a claim takes from: what is set aside for its source, or what isn't set aside.
pub fn stock_pool(campaign: CampaignId, terms: &Terms, source: Option<&SourceName>) -> Pool {
    match source.filter(|source| terms.claims.sources.iter().any(|known| known.source == **source)) {
        Some(source) => Pool::SourceStock(campaign, source.clone()),
        None => Pool::Stock(campaign),
    }
}

/// When a coupon claimed then can be used.
pub fn window(terms: &Terms, at: Timestamp) -> (Timestamp, Timestamp) {
    match &terms.validity {
        Validity::Fixed { starts_at, expires_at } => (*starts_at, *expires_at),
        Validity::AfterClaim { days, .. } => {
            (at, Timestamp::from_micros(at.micros() + i64::from(*days) * 24 * 3_600 * 1_000_000))
        }
    }
}
