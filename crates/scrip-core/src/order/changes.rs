//! What becomes of an order: each step that an event tells of, on the order's own document.

use super::{
    LineMoney, Order, OrderCoupon, OrderCouponState, OrderStage, Refund, ShippingMoney, TransactionState,
    open_transactions,
};
use crate::{
    cart::Cart,
    discount::Applied,
    id::CouponId,
    metadata::Metadata,
    name::{RefundName, SellerId},
    time::Timestamp,
};

impl Order {
    pub(crate) const fn paid(&mut self, at: Timestamp) {
        self.stage = OrderStage::Paid;
        self.paid_at = Some(at);
    }

    /// Whole, before payment. A time-out leaves its transactions as they were, for a payment that comes late.
    pub(crate) fn cancelled(&mut self, timed_out: bool) {
        if timed_out {
            self.stage = OrderStage::TimedOut;
            return;
        }
        self.stage = OrderStage::Cancelled;
        for transaction in &mut self.transactions {
            transaction.state = TransactionState::Cancelled;
        }
    }

    /// Placed again by a payment that came late: what it holds from here on.
    pub(crate) fn retaken(&mut self, coupons: &[OrderCoupon]) {
        self.stage = OrderStage::Placed;
        self.coupons = coupons.to_vec();
    }

    pub(crate) fn transactions_closed(&mut self, sellers: &[SellerId]) {
        for transaction in &mut self.transactions {
            if sellers.contains(&transaction.seller) {
                transaction.state = TransactionState::Closed;
            }
        }
    }

    pub(crate) fn metadata_changed(&mut self, metadata: &Metadata) {
        self.metadata = metadata.clone();
        self.metadata_changes += 1;
    }

    /// Of a refund that stands in it, or on a page.
    pub(crate) fn refund_metadata_changed(&mut self, refund: &RefundName, metadata: &Metadata) {
        if let Some(refund) = self.refunds.iter_mut().find(|known| known.id == *refund) {
            refund.metadata = metadata.clone();
        }
        self.metadata_changes += 1;
    }

    pub(crate) fn coupon_used(&mut self, id: CouponId) {
        self.set_coupon(id, OrderCouponState::Used);
    }

    /// By a refund.
    pub(crate) fn coupon_returned(&mut self, id: CouponId) {
        self.set_coupon(id, OrderCouponState::Returned);
    }

    /// Before payment: alone, while the order goes on, or with the whole order.
    pub(crate) fn coupon_came_off(&mut self, id: CouponId) {
        let goes_on = self.stage == OrderStage::Placed;
        let state = if goes_on { OrderCouponState::Released } else { OrderCouponState::Lapsed };
        self.set_coupon(id, state);
    }

    /// `applied`: what the coupons that stay come to on what is left. Of an order whose hold ran out what isn't among them
    /// comes off now: nothing is held that could be given back first.
    pub(crate) fn seller_cancelled(&mut self, seller: &SellerId, applied: &[Applied]) {
        for transaction in self.transactions.iter_mut().filter(|transaction| transaction.seller == *seller) {
            transaction.state = TransactionState::Cancelled;
            transaction.gone = true;
        }
        for coupon in &mut self.coupons {
            match applied.iter().find(|applied| applied.coupon == coupon.applied.coupon) {
                Some(applied) => coupon.applied = applied.clone(),
                None if coupon.state == OrderCouponState::Lapsed => coupon.state = OrderCouponState::Released,
                None => {}
            }
        }
    }

    /// Another checkout under the same id: nothing of it is cancelled or given back yet.
    pub(crate) fn revised(&mut self, cart: &Cart, coupons: &[OrderCoupon]) {
        let sellers = cart.sellers();
        self.shipping = vec![ShippingMoney::default(); sellers.len()];
        self.transactions = open_transactions(&sellers);
        self.lines = vec![LineMoney::default(); cart.lines().len()];
        self.cart = cart.clone();
        self.coupons = coupons.to_vec();
    }

    fn set_coupon(&mut self, id: CouponId, state: OrderCouponState) {
        for coupon in &mut self.coupons {
            if coupon.id() == id {
                coupon.state = state;
            }
        }
    }

    pub(crate) fn set_history_page(&mut self, id: CouponId, page: Option<u32>) {
        for coupon in &mut self.coupons {
            if coupon.id() == id {
                coupon.history_page = page;
            }
        }
    }

    pub(crate) fn refund_recorded(&mut self, refund: &Refund) {
        for part in &refund.lines {
            self.lines[usize::from(part.line)].give_units(part.quantity, part.amount);
        }
        for part in &refund.amounts {
            let paid = self.paid_for_line(usize::from(part.line));
            self.lines[usize::from(part.line)].give_amount(part.amount, paid);
        }
        for part in &refund.shipping {
            let paid = self.paid_for_shipping(&part.seller);
            if let Some(index) = self.transaction_of(&part.seller) {
                self.shipping[index].cash += part.amount;
                self.shipping[index].done = self.shipping[index].cash == paid;
            }
        }
        for index in 0..self.transactions.len() {
            if self.transactions[index].state != TransactionState::Open {
                continue;
            }
            let seller = &self.transactions[index].seller;
            if refund.cancelled.contains(seller) {
                self.transactions[index].state = TransactionState::Cancelled;
            } else if self.all_units_refunded(seller) {
                self.transactions[index].state = TransactionState::Refunded;
            }
        }
        match refund.page {
            None => self.refunds.push(refund.clone()),
            Some(page) => self.count_on_page(page, refund),
        }
    }

    fn all_units_refunded(&self, seller: &SellerId) -> bool {
        let mut own = self.cart.lines().iter().zip(&self.lines).filter(|(line, _)| line.seller == *seller);
        own.all(|(line, money)| money.units == line.quantity)
    }
}
