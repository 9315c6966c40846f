//! Which events touch which aggregates. What becomes of an aggregate is said by its own methods (`campaign/changes.rs`,
//! `order/changes.rs`, `code.rs` …), which know no event; the files here, one for each, find what of the working set an event changes.

mod campaign;
mod code;
mod individual;
mod order;
mod quota;
mod wallet;

use super::{Aggregate, Key, Part, State};
use crate::{
    campaign::{Allowance, Campaign, CampaignStage},
    code::{Code, CodeKind, Job},
    event::{Event, Recorded},
    exchange::Transfer,
    idempotency::RecentKeys,
    wallet::CouponState,
};

impl State {
    /// Applies an event. What it touches must be loaded; [`crate::command::Command::needs`] sees to that.
    pub fn evolve(&mut self, recorded: &Recorded) {
        let position = recorded.position;
        if self.part == Some(Part::Beside) && recorded.event.account().is_some() {
            return self.evolve_beside(&recorded.event);
        }
        match &recorded.event {
            Event::CampaignCreated { campaign, terms, at, metadata } => {
                let created = Campaign::created(*campaign, terms, *at, metadata.as_ref(), position);
                self.set(Key::Campaign(*campaign), Some(Aggregate::Campaign(created)));
            }
            Event::CampaignChanged { campaign, terms, metadata, same_lists, .. } => {
                self.with_campaign(*campaign, |campaign| {
                    campaign.change_terms(terms, *same_lists, position);
                    if let Some(metadata) = metadata {
                        campaign.metadata = metadata.clone();
                    }
                });
            }
            Event::CampaignPublished { campaign, .. } | Event::CampaignResumed { campaign, .. } => {
                self.with_campaign(*campaign, |campaign| campaign.move_to(CampaignStage::Published, None, position));
            }
            Event::CampaignPaused { campaign, by, .. } => {
                self.with_campaign(*campaign, |campaign| campaign.move_to(CampaignStage::Paused, *by, position));
            }
            Event::CampaignEnded { campaign, .. } => {
                self.with_campaign(*campaign, |campaign| campaign.move_to(CampaignStage::Ended, None, position));
            }
            Event::CampaignDeleted { campaign } => {
                self.with_campaign(*campaign, |campaign| campaign.move_to(CampaignStage::Deleted, None, position));
            }
            Event::CampaignCoded { campaign } => {
                self.with_campaign(*campaign, |campaign| campaign.first_coded(position));
            }
            Event::JobCancelled { job, .. } => {
                if let Some(Aggregate::Job(job)) = self.change(&Key::Job(*job)) {
                    job.cancelled = true;
                }
            }
            Event::SharedCodeAdded { campaign, hash, text, max_uses, source, request, secret } => {
                let kind = CodeKind::Shared { text: text.clone(), max_uses: *max_uses, uses: 0, quota: None };
                let made = Code::made(*campaign, source.as_ref(), kind, secret.unwrap_or_default());
                let made = Code { request: request.map(Into::into), ..made };
                self.set(Key::Code(*hash), Some(Aggregate::Code(made)));
            }
            Event::SharedCodeNoted { .. } | Event::GrantsRequested { .. } => {}
            // No revision of its terms.
            Event::SharedCodeCounted { campaign } => {
                self.with_campaign(*campaign, |campaign| campaign.shared_codes += 1);
            }
            Event::CodeRevoked { hash, at, .. } => {
                if let Some(code) = self.code_mut(*hash) {
                    code.revoked_at = Some(*at);
                }
            }
            Event::CodesRequested { campaign, job, total, prefix, source, at, seller } => {
                let job = Job {
                    id: *job,
                    campaign: *campaign,
                    total: *total,
                    done: 0,
                    prefix: prefix.clone(),
                    source: source.clone(),
                    created_at: *at,
                    seller: seller.clone(),
                    cancelled: false,
                };
                self.set(Key::Job(job.id), Some(Aggregate::Job(job)));
            }
            Event::UniqueCodesAdded { campaign, job, codes, source } => {
                for code in codes {
                    let kind = CodeKind::unique(code.last4.clone());
                    let made = Code::made(*campaign, source.as_ref(), kind, code.secret);
                    self.set(Key::Code(code.hash), Some(Aggregate::Code(made)));
                }
                if let Some(Aggregate::Job(job)) = self.change(&Key::Job(*job)) {
                    job.done += u32::try_from(codes.len()).expect("a batch is short");
                }
            }
            Event::CouponClaimed { account, individual, coupon, .. } => {
                self.coupon_claimed(account, individual, coupon);
                self.evolve_beside(&recorded.event);
            }
            Event::CouponImported { account, individual, coupon, counted: Some(true) } => {
                self.coupon_imported(account, individual, coupon, recorded.at);
                self.evolve_beside(&recorded.event);
            }
            // By an earlier build: it counts for nothing.
            Event::CouponImported { account, individual, coupon, .. } => {
                self.wallet_mut(account, individual);
                self.add_live(account, coupon.clone());
            }
            Event::CouponsArchived { account, coupons } => {
                for id in coupons {
                    if let Some(coupon) = self.remove_live(account, *id) {
                        self.add_history(account, coupon);
                    }
                }
            }
            Event::OrderPlaced { order } => {
                self.order_placed(order, position);
                self.evolve_beside(&recorded.event);
            }
            Event::CouponHeld { account, coupon, order, campaign, discount, held_until } => {
                let state = CouponState::Inactive { order: order.clone(), held_until: Some(*held_until) };
                self.coupon_held(account, *coupon, state);
                self.with_allowance(*campaign, |allowance| allowance.coupon_held(*discount));
            }
            Event::HoldExtended { account, order, hold_expires_at } => {
                if self.order_hold_extended(account, order, *hold_expires_at) {
                    self.evolve_beside(&recorded.event);
                }
                self.with_order(account, order, |order| order.apply(position, &recorded.event));
            }
            Event::OrderPaid { account, order, .. } => {
                self.with_order(account, order, |order| order.apply(position, &recorded.event));
                self.order_paid(account, order);
            }
            Event::DiscountFunded { account, order, .. }
            | Event::DiscountReversed { account, order, .. }
            | Event::SurplusBooked { account, order, .. }
            | Event::TransactionsClosed { account, order, .. }
            | Event::OrderRevised { account, order, .. }
            | Event::OrderRetaken { account, order, .. }
            | Event::OrderMetadataChanged { account, order, .. }
            | Event::OrderCancelled { account, order, .. } => {
                self.with_order(account, order, |order| order.apply(position, &recorded.event));
            }
            Event::SellerCancelled { account, order, applied, .. } => {
                self.order_judged_again(account, order, applied);
                self.with_order(account, order, |order| order.apply(position, &recorded.event));
            }
            Event::OrderRefunded { account, order, refund } => {
                if let Some(page) = refund.page {
                    self.order_refunded_on_page(account, order, page, position, refund);
                }
                self.with_order(account, order, |order| order.apply(position, &recorded.event));
                for (campaign, amount) in &refund.campaigns {
                    self.with_allowance(*campaign, |allowance| allowance.discount_reversed(*amount));
                }
            }
            Event::RefundMetadataChanged { account, order, refund, metadata } => {
                self.with_order(account, order, |order| order.apply(position, &recorded.event));
                self.refund_metadata_changed(account, order, refund, metadata);
            }
            Event::CouponUsed { account, coupon, order, campaign } => {
                let page = self.coupon_used(account, *coupon, order);
                self.with_order(account, order, |order| {
                    order.apply(position, &recorded.event);
                    order.set_history_page(*coupon, page);
                });
                self.with_allowance(*campaign, Allowance::coupon_used);
            }
            Event::CouponReturned { account, coupon, order, campaign } => {
                let was_used = self.order(account, order).is_some_and(|order| order.has_used(*coupon));
                self.coupon_came_back(account, *coupon, recorded.at);
                self.with_order(account, order, |order| order.apply(position, &recorded.event));
                self.with_allowance(*campaign, |allowance| allowance.coupon_returned(was_used));
            }
            Event::CouponReleased { account, coupon, order, campaign, discount } => {
                self.set_coupon(account, *coupon, CouponState::Valid);
                self.with_order(account, order, |order| order.apply(position, &recorded.event));
                self.with_allowance(*campaign, |allowance| allowance.coupon_came_off(*discount));
            }
            Event::CouponVoided { account, coupon, order, campaign, discount, .. } => {
                self.coupon_voided(account, *coupon, *campaign);
                self.evolve_beside(&recorded.event);
                self.with_order(account, order, |order| order.apply(position, &recorded.event));
                self.with_allowance(*campaign, |allowance| allowance.coupon_came_off(*discount));
            }
            Event::DueSwept { second, chunk } => self.set(Key::Due(self.bucket, *second, *chunk), None),
            Event::KeyUsed { holder, day, entry } => {
                let key = Key::RecentKeys(holder.clone(), *day);
                if let Some(Aggregate::RecentKeys(keys)) = self.change(&key) {
                    keys.used.push(entry.clone());
                } else {
                    self.set(key, Some(Aggregate::RecentKeys(RecentKeys { used: vec![entry.clone()] })));
                }
            }
            Event::KeysForgotten { documents } => {
                for (holder, day) in documents {
                    self.set(Key::RecentKeys(holder.clone(), *day), None);
                }
            }
            Event::AccountLinked { account, individual } => self.account_linked(account, individual),
            Event::CampaignLearned { campaign } => self.campaign_learned(campaign),
            Event::QuotaGranted { pool, bucket, number, amount } => {
                self.quota_granted(pool, *bucket, Transfer { number: *number, amount: *amount });
            }
            Event::QuotaReceived { pool, number, amount } => {
                self.quota_received(pool, Transfer { number: *number, amount: *amount });
            }
            Event::QuotaReturned { pool, number, amount } => {
                self.quota_returned(pool, Transfer { number: *number, amount: *amount });
            }
            Event::QuotaTakenBack { pool, bucket, number, amount } => {
                self.quota_taken_back(pool, *bucket, Transfer { number: *number, amount: *amount });
            }
            Event::CodeLeased { hash, lease } => self.code_leased(*hash, lease),
            Event::CodeLearned { hash, code } => self.code_learned(*hash, code),
            Event::LeaseClosed { hash, code } => self.lease_closed(*hash, code),
            Event::LeaseReleased { hash, fencing } => self.lease_released(*hash, *fencing),
            Event::LeaseConfirmed { hash, fencing, coupon } => self.lease_confirmed(*hash, *fencing, *coupon),
            Event::LeaseForgotten { hash, fencing } => self.lease_forgotten(*hash, *fencing),
            Event::CodeRevokedHere { hash, code } => self.code_revoked_here(*hash, code),
            Event::ApiKeyCreated { key } => self.set(Key::ApiKey(key.id), Some(Aggregate::ApiKey(key.clone()))),
            Event::ApiKeyRevoked { key, at } => {
                if let Some(Aggregate::ApiKey(key)) = self.change(&Key::ApiKey(*key)) {
                    key.revoked_at = Some(*at);
                }
            }
            Event::ApiKeyMetadataChanged { key, metadata } => {
                if let Some(Aggregate::ApiKey(key)) = self.change(&Key::ApiKey(*key)) {
                    key.metadata = metadata.clone();
                }
            }
            Event::ApiKeySeen { key, at } => {
                if let Some(Aggregate::ApiKey(key)) = self.change(&Key::ApiKey(*key)) {
                    key.last_used_at = Some(*at);
                }
            }
        }
    }

    /// What an account's event changes beside the account ([`Part::Beside`]). It asks nothing of what the account has: an event tells of
    /// what there is.
    fn evolve_beside(&mut self, event: &Event) {
        if self.part == Some(Part::Accounts) {
            return;
        }
        match event {
            Event::CouponClaimed { account, coupon, code, .. } => {
                self.coupon_given_out(coupon);
                if let Some(hash) = code {
                    self.code_claimed(account, coupon.id, *hash);
                }
            }
            Event::CouponImported { coupon, counted: Some(true), .. } => self.coupon_given_out(coupon),
            Event::CouponVoided { campaign, code, source, .. } => {
                self.with_allowance(*campaign, |allowance| allowance.given_back(source.as_ref()));
                self.code_given_back(*code);
            }
            Event::OrderPlaced { order } => self.add_due(order.hold_expires_at, &order.account, &order.id),
            Event::HoldExtended { account, order, hold_expires_at } => self.add_due(*hold_expires_at, account, order),
            _ => {}
        }
    }
}
