//! What an order holds: as it is placed, and when a late payment takes it again.

use std::collections::BTreeMap;

use scrip_core::{
    campaign::CampaignStage,
    cart::Cart,
    name::{AccountId, OrderId, SellerId},
    order::{Order, OrderCoupon},
    quote::Applied,
};

use super::{HOLD_MICROS_MAX, OnOrder, OnOrderState, OrderModel, Stage, Tx};
use crate::model::{Checked, Model, Place, Standing, check_applied, must};

/// How long after its hold an order may still be paid.
const LATE_MICROS_MAX: i64 = 30 * 24 * 3_600 * 1_000_000;

impl Model {
    pub(super) fn placed(&mut self, place: Place, order: &Order) -> Checked {
        let key = (order.account.clone(), order.id.clone());
        must!(!self.orders.contains_key(&key), "S7: order {} of {} is there already", key.1, key.0);
        must!(self.bucket_of(&order.account) == place.bucket, "an order in another bucket than its account's");
        let hold = order.hold_expires_at.micros() - place.at.micros();
        must!(order.placed_at == place.at && hold > 0 && hold <= HOLD_MICROS_MAX, "an order is held for {hold} µs");
        let mut coupons: Vec<OnOrder> = Vec::with_capacity(order.coupons.len());
        let seq = self.seq;
        for known in &order.coupons {
            let id = known.id();
            must!(coupons.iter().all(|other| other.id != id), "I2: {id} is on the order twice");
            let campaign = known.applied.campaign;
            let stage = self
                .campaigns
                .get(&campaign)
                .and_then(|campaign| campaign.known_in(place.bucket))
                .map(|known| known.stage);
            let usable = match stage {
                Some(CampaignStage::Published) => true,
                Some(CampaignStage::Ended) => known.direct_code.is_none(),
                _ => false,
            };
            must!(usable, "S8: a coupon of a {stage:?} campaign goes on an order");
            let coupon = self.own_coupon(&order.account, id)?;
            must!(coupon.standing == Standing::Valid, "I2: {id} goes on an order as {:?}", coupon.standing);
            must!(coupon.campaign == campaign, "{id} discounts for another campaign");
            must!(
                coupon.starts_at <= place.at && place.at < coupon.expires_at,
                "S8: {id} goes on an order outside of its time"
            );
            must!(coupon.direct == known.direct_code.is_some(), "{id} goes on an order as what it isn't");
            coupon.moved = seq;
            coupons.push(OnOrder {
                id,
                applied: known.applied.clone(),
                direct: known.direct_code,
                state: OnOrderState::Named,
            });
        }
        self.check(&order.cart, &[], coupons.iter().map(|coupon| &coupon.applied))?;
        let lines = order.cart.lines().len();
        let sellers: Vec<_> = order.cart.sellers().into_iter().map(|seller| (seller.clone(), Tx::Open)).collect();
        let made = OrderModel {
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

    /// A payment within 30 days of the time-out finds all free that the order held.
    pub(super) fn retaken(&mut self, place: Place, key: &(AccountId, OrderId), coupons: &[OrderCoupon]) -> Checked {
        let order = self.orders.get_mut(key).expect("looked up before");
        let since = place.at.micros() - order.hold_until.micros();
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
            must!(coupon.standing == Standing::Valid, "I2: {id} is taken again as {:?}", coupon.standing);
            must!(direct || placed_at < coupon.expires_at, "S8: {id} had expired when the order was placed");
        }
        Ok(())
    }

    /// I5, I6 of what is applied to a cart.
    pub fn check<'a>(&self, cart: &Cart, gone: &[&SellerId], applied: impl Iterator<Item = &'a Applied>) -> Checked {
        let mut all = Vec::new();
        for applied in applied {
            let campaign =
                self.campaigns.get(&applied.campaign).ok_or_else(|| format!("{} isn't there", applied.campaign))?;
            all.push((applied, &*campaign.now.terms));
        }
        check_applied(cart, gone, all.into_iter())
    }
}
