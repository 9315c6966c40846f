//! What comes back after payment, and what becomes of coupons by it.

use scrip_core::{
    campaign::OnFullRefund,
    exchange::Pool,
    name::{AccountId, OrderId},
    order::{Refund, RefundedOrder},
};

use super::{OnOrder, OnOrderState, OrderModel, Stage, Tx};
use crate::model::{Batch, Checked, Model, Touched, must};

impl Model {
    pub(super) fn refunded(
        &mut self,
        batch: Batch,
        key: &(AccountId, OrderId),
        refund: &Refund,
        touched: &mut Touched,
    ) -> Checked {
        let order = self.orders.get_mut(key).expect("looked up before");
        must!(order.stage == Stage::Paid, "I8: a {:?} order is refunded", order.stage);
        let known = (refund.amount.minor(), refund.fingerprint);
        must!(order.refunds.insert(refund.id.clone(), known).is_none(), "refund {} is there already", refund.id);
        let mut cash = 0;
        let mut reversed = 0;
        for part in &refund.lines {
            let line = usize::from(part.line);
            must!(
                part.quantity <= order.units_left(line),
                "{} units of line {line} are refunded, {} are left",
                part.quantity,
                order.units_left(line)
            );
            let (from, to) = (order.units[line], order.units[line] + part.quantity);
            let off: i64 = order
                .counted()
                .flat_map(|coupon| &coupon.applied.shares)
                .filter(|share| usize::from(share.line) == line)
                .map(|share| share.units.sum(from, to).minor())
                .sum();
            reversed += off;
            if !order.respread[line] {
                let expected = order.cart.lines()[line].unit_price.minor() * i64::from(part.quantity) - off;
                must!(
                    part.amount.minor() == expected,
                    "I6: units {from} to {to} of line {line} give back {}, not {expected}",
                    part.amount
                );
            }
            order.units[line] = to;
            order.cash[line] += part.amount.minor();
            cash += part.amount.minor();
        }
        for part in &refund.amounts {
            let line = usize::from(part.line);
            order.cash[line] += part.amount.minor();
            order.respread[line] = true;
            cash += part.amount.minor();
        }
        for line in 0..order.cash.len() {
            let paid = order.paid_for_line(line);
            must!(order.cash[line] <= paid, "S9: line {line} gives back {} of {paid}", order.cash[line]);
            let all = order.units[line] == order.cart.lines()[line].quantity;
            must!(
                !all || order.cash[line] == paid,
                "I6: all units of line {line} give back {} of {paid}",
                order.cash[line]
            );
        }
        for part in &refund.shipping {
            let seller = order.seller(&part.seller).ok_or("a seller that isn't there")?;
            let paid = order.paid_for_shipping(&part.seller);
            let given = &mut order.shipping[seller];
            must!(!given.1, "the shipping of {} comes back twice", part.seller);
            given.0 += part.amount.minor();
            must!(given.0 <= paid, "S9: the shipping of {} gives back {} of {paid}", part.seller, given.0);
            given.1 = given.0 == paid;
            cash += part.amount.minor();
        }
        must!(cash == refund.amount.minor(), "I6: parts of {cash} for a refund of {}", refund.amount);
        for index in 0..order.sellers.len() {
            if order.sellers[index].1 != Tx::Open {
                continue;
            }
            let seller = order.sellers[index].0.clone();
            let mut own = order.cart.lines().iter().zip(&order.units).filter(|(line, _)| line.seller == seller);
            if refund.cancelled.contains(&seller) {
                order.sellers[index].1 = Tx::Cancelled;
            } else if own.all(|(line, units)| *units == line.quantity) {
                order.sellers[index].1 = Tx::Refunded;
            }
        }
        let expected = if order.is_full() { RefundedOrder::Full } else { RefundedOrder::Partial };
        must!(refund.order_refunded == expected, "the refund is {:?}, not {expected:?}", refund.order_refunded);
        let funding: i64 = refund.funding.iter().map(|part| part.1.minor()).sum();
        let budgets: i64 = refund.campaigns.iter().map(|part| part.1.minor()).sum();
        must!(funding == budgets, "I6: funders get {funding} back, budgets {budgets}");
        must!(
            refund.shipping.is_empty() && funding == reversed || funding >= reversed,
            "I6: funders get {funding} back, units carry {reversed}"
        );
        for (campaign, amount) in &refund.campaigns {
            touched.allowances.insert((batch.bucket, *campaign));
            let amount = amount.minor().unsigned_abs();
            self.count(batch, *campaign, |counted| counted.spent -= amount)?;
            self.give_back(batch.bucket, &Pool::Budget(*campaign), amount)?;
        }
        Ok(())
    }

    /// The refund matrix, and that nothing is left over, once a batch is in.
    pub(in crate::model) fn coupons_have_their_outcomes(&self, key: &(AccountId, OrderId)) -> Checked {
        let order = self.orders.get(key).ok_or("an order that isn't there")?;
        let paid = order.stage == Stage::Paid;
        must!(order.lifted.is_empty(), "{:?} came off order {} for nothing", order.lifted, key.1);
        for coupon in &order.coupons {
            let expected = match order.stage {
                // It came off while the order went on.
                _ if coupon.state == OnOrderState::Released => continue,
                Stage::Placed => OnOrderState::Held,
                Stage::Cancelled | Stage::TimedOut => OnOrderState::Lapsed,
                Stage::Paid if coupon.state == OnOrderState::Returned => continue,
                Stage::Paid => self.expected_after_payment(order, coupon)?,
            };
            must!(
                coupon.state == expected,
                "S18, S19: {} of order {} is {:?}, not {expected:?}",
                coupon.id,
                key.1,
                coupon.state
            );
        }
        let discount: i64 = order.counted().map(|coupon| coupon.applied.discount.minor()).sum();
        must!(!paid || order.funded == discount, "I6: {} of {discount} are funded", order.funded);
        must!(order.reversed <= order.funded, "I6: {} of {} are reversed", order.reversed, order.funded);
        let all_back = order.is_full() && order.counted().all(|coupon| order.shipping_is_back(coupon));
        must!(
            !paid || !all_back || order.reversed == discount,
            "I6: refunds of everything reverse {} of {discount}",
            order.reversed
        );
        Ok(())
    }

    fn expected_after_payment(&self, order: &OrderModel, coupon: &OnOrder) -> Checked<OnOrderState> {
        let campaign = self.campaigns.get(&coupon.applied.campaign).ok_or("a campaign that isn't there")?;
        let terms = &campaign.now.terms;
        let returns = match terms.refund_policy {
            Some(policy) => policy.full_refund == OnFullRefund::Return,
            None => terms.issuer.seller().is_none(),
        };
        if returns && coupon.direct.is_none() && order.is_full() && order.shipping_is_back(coupon) {
            return Ok(OnOrderState::Returned);
        }
        let ended = order.sellers.iter().all(|(seller, tx)| *tx != Tx::Open || !order.discounts(coupon, seller));
        Ok(if ended { OnOrderState::Used } else { OnOrderState::Held })
    }
}
