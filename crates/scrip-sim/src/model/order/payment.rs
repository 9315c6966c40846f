//! What is paid, and cancelled before that.

use scrip_core::{
    discount::Applied,
    exchange::Pool,
    id::{CampaignId, CouponId},
    name::{AccountId, OrderId, SellerId},
};

use super::{OnOrderState, Stage, Tx, on_order};
use crate::model::{Batch, Checked, Model, Touched, must};

impl Model {
    pub(super) fn paid(&mut self, batch: Batch, key: &(AccountId, OrderId), touched: &mut Touched) -> Checked {
        let seq = self.seq;
        let order = self.orders.get_mut(key).expect("looked up before");
        must!(
            order.stage == Stage::Placed && (batch.at < order.hold_until || order.late),
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
            touched.allowances.insert((batch.bucket, campaign));
            self.count(batch, campaign, |counted| {
                counted.held -= amount;
                counted.spent += amount;
            })?;
        }
        Ok(())
    }

    pub(super) fn seller_cancelled(
        &mut self,
        batch: Batch,
        key: &(AccountId, OrderId),
        seller: &SellerId,
        applied: &[Applied],
        touched: &mut Touched,
    ) -> Checked {
        let order = self.orders.get_mut(key).expect("looked up before");
        let late = order.stage == Stage::TimedOut;
        must!(
            late || (order.stage == Stage::Placed && batch.at < order.hold_until),
            "I8: a seller of a {:?} order is cancelled",
            order.stage
        );
        let own = order.seller(seller).ok_or("a seller that isn't there")?;
        must!(order.sellers[own].1 == Tx::Open, "I8: a {:?} transaction is cancelled", order.sellers[own].1);
        order.sellers[own].1 = Tx::Cancelled;
        order.gone.insert(seller.clone());
        let stays = |id: CouponId| applied.iter().any(|now| now.coupon == Some(id));
        // What came off went first, and its claim with it.
        for (id, voided) in std::mem::take(&mut order.lifted) {
            must!(!stays(id), "{id} came off, and stays");
            let direct = on_order(order, id)?.direct.is_some();
            must!(direct == voided, "the claim of {id} isn't given back, or is and stays");
        }
        let mut less: Vec<(CampaignId, i64)> = Vec::new();
        let mut before: Vec<(CouponId, i64)> = Vec::new();
        let on_it = if late { OnOrderState::Lapsed } else { OnOrderState::Held };
        for now in applied {
            let id = now.coupon.ok_or("a coupon without its id")?;
            let known = on_order(order, id)?;
            must!(known.state == on_it, "a {:?} coupon is judged again", known.state);
            let by = known.applied.discount.minor() - now.discount.minor();
            must!(by >= 0, "{id} takes off {} where it took {}", now.discount, known.applied.discount);
            less.push((known.applied.campaign, by));
            before.push((id, known.applied.discount.minor()));
            known.applied = now.clone();
        }
        for known in order.coupons.iter_mut().filter(|known| known.state == on_it && !stays(known.id)) {
            must!(late, "{} doesn't apply any more, and is still on the order", known.id);
            // Nothing of it is held: a late payment just doesn't take it again.
            known.state = OnOrderState::Released;
        }
        let cart = order.cart.clone();
        let gone: Vec<SellerId> =
            order.sellers.iter().filter(|known| known.1 == Tx::Cancelled).map(|known| known.0.clone()).collect();
        let most = |now: &Applied| before.iter().find(|known| now.coupon == Some(known.0)).map(|known| known.1);
        self.check_again(&cart, &gone.iter().collect::<Vec<_>>(), applied.iter(), most)?;
        for (campaign, by) in less.into_iter().filter(|_| !late) {
            touched.allowances.insert((batch.bucket, campaign));
            self.holds(key, campaign, -by);
            let amount = by.unsigned_abs();
            self.count(batch, campaign, |counted| counted.held -= amount)?;
            self.give_back(batch.bucket, &Pool::Budget(campaign), amount)?;
        }
        Ok(())
    }
}
