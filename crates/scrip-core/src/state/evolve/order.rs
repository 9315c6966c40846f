//! What events do to orders: to an order's own document, to its pages of refunds, to when holds run out, and to what budgets hold.

use crate::{
    discount::Applied,
    event::Event,
    id::CouponId,
    metadata::Metadata,
    name::{AccountId, OrderId, RefundName},
    order::{
        Due, DueOrder, GivenBack, Order, OrderCoupon, OrderCouponState, OrderStage, Refund, RefundLocation, RefundPage,
    },
    state::{Aggregate, Key, State},
    time::Timestamp,
    wallet::CouponState,
};

impl Order {
    /// Applies one of its own events. Others leave it alone.
    pub fn apply(&mut self, position: u64, event: &Event) {
        if !self.is_of_a_page(event) {
            self.events.push(position);
        }
        match event {
            Event::OrderPaid { at, .. } => self.paid(*at),
            Event::HoldExtended { hold_expires_at, .. } => self.hold_expires_at = *hold_expires_at,
            Event::OrderCancelled { timed_out, .. } => self.cancelled(*timed_out),
            Event::OrderRevised { cart, coupons, .. } => self.revised(cart, coupons),
            Event::OrderRetaken { coupons, .. } => self.retaken(coupons),
            Event::SellerCancelled { seller, applied, .. } => self.seller_cancelled(seller, applied),
            Event::TransactionsClosed { sellers, .. } => self.transactions_closed(sellers),
            Event::OrderRefunded { refund, .. } => self.refund_recorded(refund),
            Event::OrderMetadataChanged { metadata, .. } => self.metadata_changed(metadata),
            Event::RefundMetadataChanged { refund, metadata, .. } => self.refund_metadata_changed(refund, metadata),
            Event::CouponUsed { coupon, .. } => self.coupon_used(*coupon),
            Event::CouponReturned { coupon, .. } => self.coupon_returned(*coupon),
            Event::CouponReleased { coupon, .. } | Event::CouponVoided { coupon, .. } => self.coupon_came_off(*coupon),
            // Booked elsewhere, of the wallet, or of others.
            Event::CampaignCreated { .. }
            | Event::CampaignChanged { .. }
            | Event::CampaignPublished { .. }
            | Event::CampaignPaused { .. }
            | Event::CampaignResumed { .. }
            | Event::CampaignEnded { .. }
            | Event::SharedCodeAdded { .. }
            | Event::CodesRequested { .. }
            | Event::UniqueCodesAdded { .. }
            | Event::CouponClaimed { .. }
            | Event::CouponImported { .. }
            | Event::CouponsArchived { .. }
            | Event::OrderPlaced { .. }
            | Event::CouponHeld { .. }
            | Event::DiscountFunded { .. }
            | Event::DiscountReversed { .. }
            | Event::DueSwept { .. }
            | Event::KeyUsed { .. }
            | Event::ApiKeyCreated { .. }
            | Event::ApiKeyRevoked { .. }
            | Event::SurplusBooked { .. }
            | Event::CampaignLearned { .. }
            | Event::QuotaGranted { .. }
            | Event::QuotaReceived { .. }
            | Event::QuotaReturned { .. }
            | Event::QuotaTakenBack { .. }
            | Event::CodeLeased { .. }
            | Event::CodeLearned { .. }
            | Event::LeaseClosed { .. }
            | Event::LeaseReleased { .. }
            | Event::LeaseConfirmed { .. }
            | Event::LeaseForgotten { .. }
            | Event::SharedCodeNoted { .. }
            | Event::AccountLinked { .. }
            | Event::CampaignCoded { .. }
            | Event::CampaignDeleted { .. }
            | Event::JobCancelled { .. }
            | Event::SharedCodeCounted { .. }
            | Event::CodeRevoked { .. }
            | Event::GrantsRequested { .. }
            | Event::CodeRevokedHere { .. }
            | Event::KeysForgotten { .. }
            | Event::ApiKeyMetadataChanged { .. }
            | Event::ApiKeySeen { .. } => {}
        }
    }

    /// Whether it is one of the events of which there are as many as refunds: with those on pages. What they reversed in the
    /// books changes nothing of an order.
    fn is_of_a_page(&self, event: &Event) -> bool {
        if let Event::OrderRefunded { refund, .. } = event {
            return refund.page.is_some();
        }
        matches!(event, Event::DiscountReversed { .. }) && !self.refund_pages.is_empty()
    }
}

impl State {
    pub(super) fn order_placed(&mut self, order: &Order, position: u64) {
        let mut order = order.clone();
        order.events.push(position);
        self.set(Key::Order(order.account.clone(), order.id.clone()), Some(Aggregate::Order(order)));
    }

    pub(super) fn with_order(&mut self, account: &AccountId, order: &OrderId, change: impl FnOnce(&mut Order)) {
        if let Some(Aggregate::Order(order)) = self.change(&Key::Order(account.clone(), order.clone())) {
            change(order);
        }
    }

    pub(super) fn order_paid(&mut self, account: &AccountId, order: &OrderId) {
        let Some(paid) = self.order(account, order) else { return };
        let held: Vec<_> = paid
            .coupons
            .iter()
            .filter(|coupon| coupon.state == OrderCouponState::Held)
            .map(|coupon| (coupon.id(), coupon.applied.campaign, coupon.applied.discount))
            .collect();
        for (coupon, campaign, discount) in held {
            self.set_coupon(account, coupon, CouponState::Inactive { order: order.clone(), held_until: None });
            self.with_allowance(campaign, |allowance| allowance.discount_spent(discount));
        }
    }

    /// Whether there is such an order.
    pub(super) fn order_hold_extended(&mut self, account: &AccountId, id: &OrderId, until: Timestamp) -> bool {
        let Some(order) = self.order(account, id) else { return false };
        let held: Vec<CouponId> =
            order.coupons.iter().filter(|coupon| coupon.state == OrderCouponState::Held).map(OrderCoupon::id).collect();
        for coupon in held {
            self.set_coupon(account, coupon, CouponState::Inactive { order: id.clone(), held_until: Some(until) });
        }
        true
    }

    /// The budget holds what the coupons that stay come to now. Of an order whose hold ran out it holds nothing.
    pub(super) fn order_judged_again(&mut self, account: &AccountId, order: &OrderId, applied: &[Applied]) {
        let Some(order) = self.order(account, order).filter(|order| order.stage == OrderStage::Placed) else { return };
        let changes: Vec<_> = applied
            .iter()
            .filter_map(|now| {
                let before = order.coupons.iter().find(|coupon| coupon.applied.coupon == now.coupon)?;
                Some((now.campaign, before.applied.discount, now.discount))
            })
            .collect();
        for (campaign, before, now) in changes {
            self.with_allowance(campaign, |allowance| allowance.discount_changed(before, now));
        }
    }

    /// Before its order changes: what was given back until then stands on the page.
    pub(super) fn order_refunded_on_page(
        &mut self,
        account: &AccountId,
        order: &OrderId,
        page: u32,
        position: u64,
        refund: &Refund,
    ) {
        let Some(before) = self.order(account, order).map(GivenBack::by) else { return };
        let key = Key::RefundPage(account.clone(), order.clone(), page);
        if self.get(&key).is_none() {
            self.set(key.clone(), Some(Aggregate::RefundPage(RefundPage { before, ..RefundPage::default() })));
        }
        if let Some(Aggregate::RefundPage(page)) = self.change(&key) {
            page.refunds.push(refund.clone());
            page.events.push(position);
        }
        let location = Key::RefundLocation(account.clone(), order.clone(), refund.id.clone());
        self.set(location, Some(Aggregate::RefundLocation(RefundLocation { page })));
    }

    /// To the orders whose hold runs out then.
    pub(super) fn add_due(&mut self, until: Timestamp, account: &AccountId, order: &OrderId) {
        let key = Key::due(self.bucket(), until, account);
        let due = DueOrder { account: account.clone(), order: order.clone() };
        if let Some(Aggregate::Due(known)) = self.change(&key) {
            known.orders.push(due);
        } else {
            self.set(key, Some(Aggregate::Due(Due { orders: vec![due] })));
        }
    }

    /// Of a refund that stands on a page.
    pub(super) fn refund_metadata_changed(
        &mut self,
        account: &AccountId,
        order: &OrderId,
        refund: &RefundName,
        metadata: &Metadata,
    ) {
        let location = self.refund_location(account, order, refund).copied();
        let page = location.map(|location| Key::RefundPage(account.clone(), order.clone(), location.page));
        if let Some(Aggregate::RefundPage(page)) = page.and_then(|page| self.change(&page))
            && let Some(on_page) = page.refunds.iter_mut().find(|on_page| on_page.id == *refund)
        {
            on_page.metadata = metadata.clone();
        }
    }
}
