//! What an order holds: as it is placed and revised, and when a late payment takes it again.

use std::collections::{BTreeMap, BTreeSet};

use scrip_core::{
    campaign::{CampaignStage, Validity},
    cart::Cart,
    discount::Applied,
    exchange::Pool,
    id::CouponId,
    name::{AccountId, OrderId, SellerId},
    order::{Order, OrderCoupon, OrderCouponState},
};

use super::{HOLD_MICROS_MAX, OnOrder, OnOrderState, OrderModel, Stage, Tx, Version};
use crate::model::{Batch, Checked, Model, Status, check_applied, must, stock_pool};

/// How long after its hold an order may still be paid.
const LATE_MICROS_MAX: i64 = 30 * 24 * 3_600 * 1_000_000;

impl Model {
    pub(super) fn placed(&mut self, batch: Batch, order: &Order) -> Checked {
        let key = (order.account.clone(), order.id.clone());
        must!(!self.orders.contains_key(&key), "S7: order {} of {} is there already", key.1, key.0);
        must!(self.bucket_of(&order.account) == batch.bucket, "an order in another bucket than its account's");
        let hold = order.hold_expires_at.micros() - batch.at.micros();
        must!(order.placed_at == batch.at && hold > 0 && hold <= HOLD_MICROS_MAX, "an order is held for {hold} µs");
        let mut coupons: Vec<OnOrder> = Vec::with_capacity(order.coupons.len());
        for known in &order.coupons {
            must!(coupons.iter().all(|other| other.id != known.id()), "I2: {} is on the order twice", known.id());
            coupons.push(self.goes_on(batch, &key, known, None)?);
        }
        self.check(&order.cart, coupons.iter().map(|coupon| &coupon.applied))?;
        let lines = order.cart.lines().len();
        let sellers: Vec<_> = order.cart.sellers().into_iter().map(|seller| (seller.clone(), Tx::Open)).collect();
        let made = OrderModel {
            versions: vec![version(self.seq, &order.cart, &coupons)],
            lifted: Vec::new(),
            held: BTreeMap::new(),
            cart: order.cart.clone(),
            placed_at: order.placed_at,
            hold_until: order.hold_expires_at,
            stage: Stage::Placed,
            coupons,
            units: vec![0; lines],
            cash: vec![0; lines],
            respread: vec![false; lines],
            shipping: vec![(0, false); sellers.len()],
            sellers,
            gone: BTreeSet::new(),
            refunds: BTreeMap::new(),
            fingerprint: order.fingerprint,
            funded: 0,
            reversed: 0,
            late: false,
            placed: self.seq,
            paid: None,
            changed: self.seq,
            changes: 0,
        };
        self.orders.insert(key, made);
        Ok(())
    }

    /// What goes on an order, or stays on it: judged now either way (I2, S8).
    fn goes_on(
        &mut self,
        batch: Batch,
        (account, order): &(AccountId, OrderId),
        known: &OrderCoupon,
        stays: Option<&OnOrder>,
    ) -> Checked<OnOrder> {
        let (id, campaign, seq) = (known.id(), known.applied.campaign, self.seq);
        let known_here = self.campaigns.get(&campaign).and_then(|campaign| campaign.known_in(batch.bucket));
        let stage = known_here.map(|known| known.stage);
        let usable = match stage {
            Some(CampaignStage::Published) => true,
            Some(CampaignStage::Ended) => known.direct_code.is_none(),
            _ => false,
        };
        must!(usable, "S8: a coupon of a {stage:?} campaign goes on an order");
        // A code that stays is the same claim, and judged as a new one: that would begin now.
        let begins_now = stays.is_some() && known.direct_code.is_some();
        let fixed = known_here.and_then(|known| match known.terms.validity {
            Validity::Fixed { starts_at, expires_at } => Some((starts_at, expires_at)),
            Validity::AfterClaim { .. } => None,
        });
        let still_on = stays.is_some_and(|before| before.state == OnOrderState::Held);
        let coupon = self.own_coupon(account, id)?;
        let status = if still_on { Status::On(order.clone()) } else { Status::Valid };
        must!(coupon.status == status, "I2: {id} goes on an order as {:?}", coupon.status);
        must!(coupon.campaign == campaign, "{id} discounts for another campaign");
        let window = if begins_now { fixed } else { Some((coupon.starts_at, coupon.expires_at)) };
        let in_time = window.is_none_or(|(starts_at, expires_at)| starts_at <= batch.at && batch.at < expires_at);
        must!(in_time, "S8: {id} goes on an order outside of its time");
        let direct = known.direct_code.is_some();
        must!(coupon.direct == direct && (!direct || coupon.code == known.direct_code), "{id} is another code's");
        if !still_on {
            coupon.moved = seq;
        }
        let state = if still_on { OnOrderState::Held } else { OnOrderState::Named };
        Ok(OnOrder { id, applied: known.applied.clone(), direct: known.direct_code, state })
    }

    /// Another checkout under the same id: what comes off has been given back, what stays is judged as if it had been.
    pub(super) fn revised(
        &mut self,
        batch: Batch,
        key: &(AccountId, OrderId),
        cart: &Cart,
        revised: &[OrderCoupon],
    ) -> Checked {
        let order = self.orders.get_mut(key).expect("looked up before");
        must!(
            order.stage == Stage::Placed && batch.at < order.hold_until,
            "I8: a {:?} order, held until {}, is revised",
            order.stage,
            order.hold_until
        );
        let before = std::mem::take(&mut order.coupons);
        let lifted = std::mem::take(&mut order.lifted);
        let named = |id: CouponId| revised.iter().any(|now| now.id() == id);
        for known in before.iter().filter(|known| known.state == OnOrderState::Held) {
            must!(named(known.id), "{} stays held for an order that it isn't on", known.id);
        }
        for (id, voided) in &lifted {
            let known = before.iter().find(|known| known.id == *id).ok_or("what came off was on")?;
            must!(
                known.direct.is_none() || *voided != named(*id),
                "the claim of {id} isn't given back, or is and stays"
            );
            let again = *voided && revised.iter().any(|now| now.direct_code == known.direct);
            must!(!again, "a code that stays is the same claim: {id} is given back, and its code claimed anew");
            let as_before = |now: &OrderCoupon| now.id() == *id && now.applied.discount == known.applied.discount;
            must!(!revised.iter().any(as_before), "{id} stays as it was, and came off");
        }
        let mut coupons: Vec<OnOrder> = Vec::with_capacity(revised.len());
        for now in revised {
            let id = now.id();
            must!(coupons.iter().all(|other| other.id != id), "I2: {id} is on the order twice");
            must!(now.state == OrderCouponState::Held, "{id} goes on an order as {:?}", now.state);
            let was_held = |known: &&OnOrder| {
                known.id == id && (known.state == OnOrderState::Held || lifted.iter().any(|other| other.0 == id))
            };
            let stays = before.iter().find(was_held);
            let on = self.goes_on(batch, key, now, stays)?;
            if let Some(before) = stays {
                self.stays_within_limits(batch, key, before, &on)?;
            }
            coupons.push(on);
        }
        self.check(cart, coupons.iter().map(|coupon| &coupon.applied))?;
        let (seq, lines) = (self.seq, cart.lines().len());
        let order = self.orders.get_mut(key).expect("looked up before");
        order.versions.push(version(seq, cart, &coupons));
        (order.cart, order.coupons) = (cart.clone(), coupons);
        order.sellers = cart.sellers().into_iter().map(|seller| (seller.clone(), Tx::Open)).collect();
        order.gone.clear();
        (order.units, order.cash, order.respread) = (vec![0; lines], vec![0; lines], vec![false; lines]);
        order.shipping = vec![(0, false); order.sellers.len()];
        Ok(())
    }

    /// I1 of what isn't taken anew: a claim that a code made, and a budget of which as much is held as before.
    fn stays_within_limits(
        &self,
        batch: Batch,
        key: &(AccountId, OrderId),
        before: &OnOrder,
        now: &OnOrder,
    ) -> Checked {
        let campaign = now.applied.campaign;
        if before.state == OnOrderState::Held {
            must!(before.applied.discount == now.applied.discount, "{} holds another budget than it takes", now.id);
            let amount = now.applied.discount.minor().unsigned_abs();
            self.fits_still(batch.bucket, &Pool::Budget(campaign), amount)?;
        }
        let Some(hash) = now.direct else { return Ok(()) };
        must!(before.direct == now.direct, "{} is another code's", now.id);
        let coupon = self.coupons.get(&now.id).ok_or("a coupon that isn't there")?;
        let terms = &self.campaigns.get(&campaign).ok_or("a campaign that isn't there")?.now.terms;
        self.fits_still(batch.bucket, &stock_pool(campaign, terms, coupon.source.as_ref()), 1)?;
        if let Some(individual) = self.individuals.get(&key.0) {
            self.fits_still(batch.bucket, &Pool::Individual(individual.clone(), campaign), 1)?;
        }
        self.fits_still(batch.bucket, &Pool::CodeUses(hash), 1)
    }

    /// A payment within 30 days of the time-out finds all free that the order held.
    pub(super) fn retaken(&mut self, batch: Batch, key: &(AccountId, OrderId), coupons: &[OrderCoupon]) -> Checked {
        let order = self.orders.get_mut(key).expect("looked up before");
        let since = batch.at.micros() - order.hold_until.micros();
        must!(order.stage == Stage::TimedOut, "I8: a {:?} order is taken again", order.stage);
        must!((0..LATE_MICROS_MAX).contains(&since), "an order is paid {since} µs after its hold");
        must!(coupons.len() == order.coupons.len(), "a late payment takes other coupons");
        (order.stage, order.late) = (Stage::Placed, true);
        let placed_at = order.placed_at;
        let mut again = Vec::new();
        for (before, now) in
            order.coupons.iter_mut().zip(coupons).filter(|(known, _)| known.state == OnOrderState::Lapsed)
        {
            let same = before.applied.shares == now.applied.shares && before.direct == now.direct_code;
            must!(same && (before.direct.is_some() || before.id == now.id()), "a late payment takes other coupons");
            (before.id, before.state) = (now.id(), OnOrderState::Named);
            before.applied.coupon = Some(before.id);
            again.push((before.id, before.direct.is_some()));
        }
        for (id, direct) in again {
            let coupon = self.own_coupon(&key.0, id)?;
            must!(coupon.status == Status::Valid, "I2: {id} is taken again as {:?}", coupon.status);
            must!(direct || placed_at < coupon.expires_at, "S8: {id} had expired when the order was placed");
        }
        Ok(())
    }

    /// I5, I6 of what is applied to a cart.
    pub fn check<'a>(&self, cart: &Cart, applied: impl Iterator<Item = &'a Applied>) -> Checked {
        self.check_again(cart, &[], applied, |_| None)
    }

    /// The same of what is left of a cart, where none may take off more than `most`.
    pub fn check_again<'a>(
        &self,
        cart: &Cart,
        gone: &[&SellerId],
        applied: impl Iterator<Item = &'a Applied>,
        most: impl Fn(&Applied) -> Option<i64>,
    ) -> Checked {
        let mut all = Vec::new();
        for applied in applied {
            let campaign =
                self.campaigns.get(&applied.campaign).ok_or_else(|| format!("{} isn't there", applied.campaign))?;
            all.push((applied, &*campaign.now.terms, most(applied)));
        }
        check_applied(cart, gone, all.into_iter())
    }
}

fn version(since: u64, cart: &Cart, coupons: &[OnOrder]) -> Version {
    let coupons = coupons.iter().map(|coupon| (coupon.id, coupon.applied.discount.minor())).collect();
    Version { since, cart: cart.clone(), coupons }
}
