//! What is paid, and cancelled before that.

use scrip_core::{
    campaign::Pool,
    id::{CampaignId, CouponId},
    name::{AccountId, OrderId, SellerId},
    quote::Applied,
};

use super::{OnOrderState, Stage, Tx, on_order};
use crate::model::{Checked, Model, Place, Touched, must};

impl Model {
    pub(super) fn paid(&mut self, place: Place, key: &(AccountId, OrderId), touched: &mut Touched) -> Checked {
        let seq = self.seq;
        let order = self.orders.get_mut(key).expect("looked up before");
        must!(
            order.stage == Stage::Placed && (place.at < order.hold_until || order.late),
            "I8: a {:?} order, held until {}, is paid",
            order.stage,
            order.hold_until
        );
        order.stage = Stage::Paid;
        order.paid = Some(seq);
        let held: Vec<_> = order
            .coupons
            .iter()
            .filter(|coupon| coupon.state == OnOrderState::Held)
            .map(|coupon| (coupon.applied.campaign, coupon.applied.discount.minor().unsigned_abs()))
            .collect();
        for (campaign, amount) in held {
            touched.allowances.insert((place.bucket, campaign));
            self.count(place, campaign, |counted| {
                counted.held -= amount;
                counted.spent += amount;
            })?;
        }
        Ok(())
    }

    pub(super) fn seller_cancelled(
        &mut self,
        place: Place,
        key: &(AccountId, OrderId),
        seller: &SellerId,
        applied: &[Applied],
        touched: &mut Touched,
    ) -> Checked {
        let order = self.orders.get_mut(key).expect("looked up before");
        must!(
            order.stage == Stage::Placed && place.at < order.hold_until,
            "I8: a seller of a {:?} order is cancelled",
            order.stage
        );
        let own = order.seller(seller).ok_or("a seller that isn't there")?;
        must!(order.sellers[own].1 == Tx::Open, "I8: a {:?} transaction is cancelled", order.sellers[own].1);
        order.sellers[own].1 = Tx::Cancelled;
        let mut grown: Vec<(CampaignId, i64)> = Vec::new();
        for now in applied {
            let id = now.coupon.ok_or("a coupon without its id")?;
            let known = on_order(order, id)?;
            must!(known.state == OnOrderState::Held, "a {:?} coupon is judged again", known.state);
            grown.push((known.applied.campaign, now.discount.minor() - known.applied.discount.minor()));
            known.applied = now.clone();
        }
        let stays = |id: CouponId| applied.iter().any(|now| now.coupon == Some(id));
        let held = order.coupons.iter().filter(|known| known.state == OnOrderState::Held);
        order.dropped = held.map(|known| known.id).filter(|id| !stays(*id)).collect();
        let cart = order.cart.clone();
        let gone: Vec<SellerId> =
            order.sellers.iter().filter(|known| known.1 == Tx::Cancelled).map(|known| known.0.clone()).collect();
        self.check(&cart, &gone.iter().collect::<Vec<_>>(), applied.iter())?;
        for (campaign, by) in grown {
            touched.allowances.insert((place.bucket, campaign));
            let amount = by.unsigned_abs();
            self.holds(key, campaign, by);
            let pool = Pool::Budget(campaign);
            self.count(
                place,
                campaign,
                |counted| {
                    if by > 0 { counted.held += amount } else { counted.held -= amount }
                },
            )?;
            if by > 0 {
                self.overdraw(place.bucket, &pool, amount);
            } else {
                self.give_back(place.bucket, &pool, amount)?;
            }
        }
        Ok(())
    }
}
