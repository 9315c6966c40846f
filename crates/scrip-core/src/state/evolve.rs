use super::{Aggregate, Due, DueOrder, RecentKeys, State};
use crate::{
    campaign::{Allowance, Campaign, CampaignStage, PausedBy},
    code::{Code, CodeHash, CodeKind, Job},
    event::{Event, Recorded},
    exchange::{ClaimedBy, Transfer},
    id::{CampaignId, CouponId},
    key::Key,
    name::{AccountId, IndividualId, OrderId, SourceName},
    order::{GivenBack, Order, OrderCouponState, OrderStage, Refund, RefundLocation, RefundPage},
    time::Timestamp,
    wallet::{Coupon, CouponState, CouponStatus, HISTORY_PAGE_MAX, History, PAGE_MAX, Wallet, WalletPage},
};

impl State {
    /// Applies an event. What it touches must be loaded; [`crate::command::Command::needs`] sees to that.
    pub fn evolve(&mut self, recorded: &Recorded) {
        let position = recorded.position;
        match &recorded.event {
            Event::CampaignCreated { campaign, terms, at, metadata } => {
                let created = Campaign {
                    id: *campaign,
                    terms: terms.clone(),
                    terms_version: 1,
                    stage: CampaignStage::Draft,
                    revision: 1,
                    created_at: *at,
                    events: vec![position],
                    shared_codes: 0,
                    coded: false,
                    paused_by: None,
                    metadata: metadata.clone().unwrap_or_default(),
                };
                self.set(Key::Campaign(*campaign), Some(Aggregate::Campaign(created)));
            }
            Event::CampaignChanged { campaign, terms, metadata, same_lists, .. } => {
                self.with_campaign(*campaign, position, |campaign| {
                    let before = std::mem::take(&mut campaign.terms.scope);
                    campaign.terms = terms.clone();
                    campaign.terms.scope.keep_same(before, same_lists.unwrap_or(0));
                    if let Some(metadata) = metadata {
                        campaign.metadata = metadata.clone();
                    }
                });
            }
            Event::CampaignPublished { campaign, .. } | Event::CampaignResumed { campaign, .. } => {
                self.moved(*campaign, position, CampaignStage::Published, None);
            }
            Event::CampaignPaused { campaign, by, .. } => {
                self.moved(*campaign, position, CampaignStage::Paused, *by);
            }
            Event::CampaignEnded { campaign, .. } => self.moved(*campaign, position, CampaignStage::Ended, None),
            Event::CampaignDeleted { campaign } => self.moved(*campaign, position, CampaignStage::Deleted, None),
            // No step of its life: the ETag stays.
            Event::CampaignCoded { campaign } => {
                if let Some(Aggregate::Campaign(campaign)) = self.change(&Key::Campaign(*campaign)) {
                    campaign.coded = true;
                    campaign.events.push(position);
                }
            }
            Event::JobCancelled { job, .. } => {
                if let Some(Aggregate::Job(job)) = self.change(&Key::Job(*job)) {
                    job.cancelled = true;
                }
            }
            Event::SharedCodeAdded { campaign, hash, text, max_uses, source, request, secret } => {
                let kind = CodeKind::Shared { text: text.clone(), max_uses: *max_uses, uses: 0, quota: None };
                let (source, request) = (source.clone(), request.map(Into::into));
                let secret = secret.unwrap_or_default();
                let made = Code { campaign: *campaign, source, kind, request, revoked_at: None, secret };
                self.add_code(*hash, made);
            }
            Event::SharedCodeNoted { .. } | Event::GrantsRequested { .. } => {}
            // No revision of its terms.
            Event::SharedCodeCounted { campaign } => {
                if let Some(Aggregate::Campaign(campaign)) = self.change(&Key::Campaign(*campaign)) {
                    campaign.shared_codes += 1;
                }
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
                    let (source, secret) = (source.clone(), code.secret);
                    let made = Code { campaign: *campaign, source, kind, request: None, revoked_at: None, secret };
                    self.add_code(code.hash, made);
                }
                if let Some(Aggregate::Job(job)) = self.change(&Key::Job(*job)) {
                    job.done += u32::try_from(codes.len()).expect("a batch is short");
                }
            }
            Event::CouponClaimed { account, individual, coupon, code } => {
                self.claimed(account, individual, coupon, *code);
            }
            Event::CouponImported { account, individual, coupon, counted: Some(true) } => {
                self.imported(account, individual, coupon, recorded.at);
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
                let due = Key::due(self.bucket, order.hold_expires_at, &order.account);
                self.add_due(due, &order.account, &order.id);
                let mut order = order.clone();
                order.events.push(position);
                self.set(Key::Order(order.account.clone(), order.id.clone()), Some(Aggregate::Order(order)));
            }
            Event::CouponHeld { account, coupon, order, campaign, discount, held_until } => {
                let state = CouponState::Inactive { order: order.clone(), held_until: Some(*held_until) };
                self.held(account, *coupon, state);
                self.with_allowance(*campaign, |allowance| {
                    allowance.counters.on_orders += 1;
                    allowance.counters.budget_held += *discount;
                });
            }
            Event::HoldExtended { account, order, hold_expires_at } => {
                self.hold_extended(account, order, *hold_expires_at);
                self.with_order(account, order, |order| order.apply(position, &recorded.event));
            }
            Event::OrderPaid { account, order, .. } => {
                self.with_order(account, order, |order| order.apply(position, &recorded.event));
                self.paid(account, order);
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
                self.judged_again(account, order, applied);
                self.with_order(account, order, |order| order.apply(position, &recorded.event));
            }
            Event::OrderRefunded { account, order, refund } => {
                if let Some(page) = refund.page {
                    self.refunded_on_page(account, order, page, position, refund);
                }
                self.with_order(account, order, |order| order.apply(position, &recorded.event));
                for (campaign, amount) in &refund.campaigns {
                    self.with_allowance(*campaign, |allowance| allowance.counters.budget_spent -= *amount);
                }
            }
            Event::RefundMetadataChanged { account, order, refund, metadata } => {
                self.with_order(account, order, |order| order.apply(position, &recorded.event));
                let location = self.refund_location(account, order, refund).copied();
                let page = location.map(|location| Key::RefundPage(account.clone(), order.clone(), location.page));
                if let Some(Aggregate::RefundPage(page)) = page.and_then(|page| self.change(&page))
                    && let Some(on_page) = page.refunds.iter_mut().find(|on_page| on_page.id == *refund)
                {
                    on_page.metadata = metadata.clone();
                }
            }
            Event::CouponUsed { account, coupon, order, campaign } => {
                let page = self.used(account, *coupon, order);
                self.with_order(account, order, |order| {
                    order.apply(position, &recorded.event);
                    order.set_history_page(*coupon, page);
                });
                self.with_allowance(*campaign, |allowance| {
                    allowance.counters.on_orders -= 1;
                    allowance.counters.used += 1;
                });
            }
            Event::CouponReturned { account, coupon, order, campaign } => {
                let was_used = self.order(account, order).is_some_and(|order| order.has_used(*coupon));
                self.came_back(account, *coupon, recorded.at);
                self.with_order(account, order, |order| order.apply(position, &recorded.event));
                self.with_allowance(*campaign, |allowance| {
                    allowance.counters.returned = allowance.counters.returned.saturating_add(1);
                    if was_used {
                        allowance.counters.used -= 1;
                    } else {
                        allowance.counters.on_orders -= 1;
                    }
                });
            }
            Event::CouponReleased { account, coupon, order, campaign, discount } => {
                self.set_coupon(account, *coupon, CouponState::Valid);
                self.with_order(account, order, |order| order.apply(position, &recorded.event));
                self.with_allowance(*campaign, |allowance| {
                    allowance.counters.on_orders -= 1;
                    allowance.counters.budget_held -= *discount;
                });
            }
            Event::CouponVoided { account, coupon, order, campaign, discount, code, source } => {
                self.voided(account, *coupon, *campaign, *code, source.as_ref());
                self.with_order(account, order, |order| order.apply(position, &recorded.event));
                self.with_allowance(*campaign, |allowance| {
                    allowance.counters.on_orders -= 1;
                    allowance.counters.budget_held -= *discount;
                });
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

    fn with_campaign(&mut self, campaign: CampaignId, position: u64, change: impl FnOnce(&mut Campaign)) {
        if let Some(Aggregate::Campaign(campaign)) = self.change(&Key::Campaign(campaign)) {
            change(campaign);
            campaign.revision += 1;
            campaign.events.push(position);
        }
    }

    fn moved(&mut self, campaign: CampaignId, position: u64, stage: CampaignStage, paused_by: Option<PausedBy>) {
        self.with_campaign(campaign, position, |campaign| (campaign.stage, campaign.paused_by) = (stage, paused_by));
    }

    fn with_order(&mut self, account: &AccountId, order: &OrderId, change: impl FnOnce(&mut Order)) {
        if let Some(Aggregate::Order(order)) = self.change(&Key::Order(account.clone(), order.clone())) {
            change(order);
        }
    }

    /// Before its order changes: what was given back until then stands on the page.
    fn refunded_on_page(&mut self, account: &AccountId, order: &OrderId, page: u32, position: u64, refund: &Refund) {
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

    pub(crate) fn with_allowance(&mut self, campaign: CampaignId, change: impl FnOnce(&mut Allowance)) {
        let key = Key::Allowance(self.bucket, campaign);
        if self.get(&key).is_none() {
            self.set(key.clone(), Some(Aggregate::Allowance(Allowance::default())));
        }
        if let Some(Aggregate::Allowance(allowance)) = self.change(&key) {
            change(allowance);
        }
    }

    fn wallet_mut(&mut self, account: &AccountId, individual: &IndividualId) -> &mut Wallet {
        let key = Key::Wallet(account.clone());
        if self.get(&key).is_none() {
            self.set(key.clone(), Some(Aggregate::Wallet(Wallet::new(individual.clone()))));
        }
        match self.change(&key) {
            Some(Aggregate::Wallet(wallet)) => wallet,
            _ => unreachable!("it was just made"),
        }
    }

    pub(crate) fn existing_wallet(&mut self, account: &AccountId) -> &mut Wallet {
        let individual = IndividualId::from(account);
        self.wallet_mut(account, &individual)
    }

    fn add_code(&mut self, hash: CodeHash, code: Code) {
        self.set(Key::Code(hash), Some(Aggregate::Code(code)));
    }

    /// One more coupon, for stock, counters and the individual's count.
    fn counted(&mut self, account: &AccountId, individual: &IndividualId, coupon: &Coupon) {
        let wallet = self.wallet_mut(account, individual);
        wallet.counted(coupon.campaign);
        if wallet.linked {
            let individual = wallet.individual.clone();
            self.with_individual(&individual, |individual| individual.counted(coupon.campaign, 1));
        }
        let key = Key::Allowance(self.bucket, coupon.campaign);
        let mut allowance = self.allowance(coupon.campaign).allowance;
        if let Some(campaign) = self.campaign(coupon.campaign) {
            allowance.claimed(&campaign.terms, coupon.source.as_ref());
        }
        self.set(key, Some(Aggregate::Allowance(allowance)));
    }

    /// What is over goes where it stays.
    fn imported(&mut self, account: &AccountId, individual: &IndividualId, coupon: &Coupon, at: Timestamp) {
        self.counted(account, individual, coupon);
        match coupon.status(at) {
            CouponStatus::Valid | CouponStatus::Inactive | CouponStatus::Pending => {
                self.add_live(account, coupon.clone());
                return;
            }
            CouponStatus::Used => self.with_allowance(coupon.campaign, |allowance| allowance.counters.used += 1),
            CouponStatus::Reclaimed => {
                self.with_allowance(coupon.campaign, |allowance| allowance.counters.reclaimed += 1);
            }
            CouponStatus::Expired => {}
        }
        self.add_history(account, coupon.clone());
    }

    fn claimed(&mut self, account: &AccountId, individual: &IndividualId, coupon: &Coupon, code: Option<CodeHash>) {
        self.counted(account, individual, coupon);
        self.add_live(account, coupon.clone());
        let Some(hash) = code else { return };
        let mut leased_under = None;
        if let Some(code) = self.code_mut(hash) {
            match &mut code.kind {
                CodeKind::Shared { uses, .. } => *uses += 1,
                CodeKind::Unique { state, .. } => {
                    *state = state.claimed(ClaimedBy { account: account.clone(), coupon: coupon.id });
                    leased_under = state.lease().map(|lease| lease.fencing);
                }
            }
        }
        if let Some(fencing) = leased_under {
            self.remove_pending(&Key::leases_returning(self.bucket, hash), hash, fencing);
        }
    }

    fn voided(
        &mut self,
        account: &AccountId,
        coupon: CouponId,
        campaign: CampaignId,
        code: CodeHash,
        source: Option<&SourceName>,
    ) {
        self.remove_live(account, coupon);
        let wallet = self.existing_wallet(account);
        wallet.uncounted(campaign);
        if wallet.linked {
            let individual = wallet.individual.clone();
            self.with_individual(&individual, |individual| individual.uncounted(campaign));
        }
        self.with_allowance(campaign, |allowance| allowance.given_back(source));
        let mut returning = None;
        if let Some(code) = self.code_mut(code) {
            match &mut code.kind {
                CodeKind::Shared { uses, .. } => *uses -= 1,
                CodeKind::Unique { state, .. } => {
                    *state = state.unclaimed();
                    returning = state.lease().map(|lease| (lease.clone(), state.is_closed()));
                }
            }
        }
        if let Some((lease, closed)) = returning {
            self.add_pending(Key::leases_returning(self.bucket, code), code, &lease, closed);
        }
    }

    /// To the first page with room.
    fn add_live(&mut self, account: &AccountId, coupon: Coupon) {
        let wallet = self.existing_wallet(account);
        if wallet.live.len() < PAGE_MAX {
            wallet.live.push(coupon);
            return;
        }
        let page = match wallet.further.iter().position(|&count| usize::from(count) < PAGE_MAX) {
            Some(page) => page,
            None => {
                wallet.further.push(0);
                wallet.further.len() - 1
            }
        };
        wallet.further[page] += 1;
        let key = Key::WalletPage(account.clone(), u32::try_from(page).expect("a page a byte: far fewer"));
        if let Some(Aggregate::WalletPage(page)) = self.change(&key) {
            page.live.push(coupon);
        } else {
            self.set(key, Some(Aggregate::WalletPage(WalletPage { live: vec![coupon] })));
        }
    }

    fn remove_live(&mut self, account: &AccountId, id: CouponId) -> Option<Coupon> {
        let wallet = self.existing_wallet(account);
        if let Some(index) = wallet.live.iter().position(|coupon| coupon.id == id) {
            return Some(wallet.live.remove(index));
        }
        let pages = wallet.further.len();
        for (number, key) in Key::wallet_pages(account, pages).enumerate() {
            let has_it =
                matches!(self.get(&key), Some(Aggregate::WalletPage(page)) if page.live.iter().any(|c| c.id == id));
            if has_it && let Some(Aggregate::WalletPage(page)) = self.change(&key) {
                let index = page.live.iter().position(|coupon| coupon.id == id)?;
                let coupon = page.live.remove(index);
                self.existing_wallet(account).further[number] -= 1;
                return Some(coupon);
            }
        }
        None
    }

    /// To the open page of history; answers which.
    fn add_history(&mut self, account: &AccountId, coupon: Coupon) -> u32 {
        let wallet = self.existing_wallet(account);
        let page = wallet.open_history_page();
        match wallet.history.get_mut(page as usize) {
            Some(count) => *count += 1,
            None => wallet.history.push(1),
        }
        debug_assert!(wallet.history.iter().all(|&count| usize::from(count) <= HISTORY_PAGE_MAX));
        let key = Key::History(account.clone(), page);
        if let Some(Aggregate::History(history)) = self.change(&key) {
            history.coupons.push(coupon);
        } else {
            self.set(key, Some(Aggregate::History(History { coupons: vec![coupon] })));
        }
        page
    }

    fn remove_history(&mut self, account: &AccountId, id: CouponId) -> Option<Coupon> {
        let pages = self.existing_wallet(account).history.len();
        let keys: Vec<Key> = Key::history_pages(account, pages).collect();
        for (number, key) in keys.into_iter().enumerate().rev() {
            let has_it =
                matches!(self.get(&key), Some(Aggregate::History(page)) if page.coupons.iter().any(|c| c.id == id));
            if has_it && let Some(Aggregate::History(page)) = self.change(&key) {
                let index = page.coupons.iter().position(|coupon| coupon.id == id)?;
                let coupon = page.coupons.remove(index);
                self.existing_wallet(account).history[number] -= 1;
                return Some(coupon);
            }
        }
        None
    }

    /// Where a coupon is: on the head, a further page, or a page of history.
    fn set_coupon(&mut self, account: &AccountId, id: CouponId, state: CouponState) {
        let wallet = self.existing_wallet(account);
        if let Some(coupon) = wallet.live.iter_mut().find(|coupon| coupon.id == id) {
            coupon.state = state;
            return;
        }
        let (further, history) = (wallet.further.len(), wallet.history.len());
        let pages = Key::wallet_pages(account, further).chain(Key::history_pages(account, history));
        for key in pages.collect::<Vec<_>>() {
            let has_it = match self.get(&key) {
                Some(Aggregate::WalletPage(page)) => page.live.iter().any(|coupon| coupon.id == id),
                Some(Aggregate::History(page)) => page.coupons.iter().any(|coupon| coupon.id == id),
                _ => false,
            };
            if !has_it {
                continue;
            }
            let coupons = match self.change(&key) {
                Some(Aggregate::WalletPage(page)) => &mut page.live,
                Some(Aggregate::History(page)) => &mut page.coupons,
                _ => continue,
            };
            if let Some(coupon) = coupons.iter_mut().find(|coupon| coupon.id == id) {
                coupon.state = state;
            }
            return;
        }
    }

    /// Onto an order. One that a late payment takes again may have expired since and left the live pages: back to them.
    fn held(&mut self, account: &AccountId, id: CouponId, state: CouponState) {
        if self.live_coupons(account).any(|coupon| coupon.id == id) {
            self.set_coupon(account, id, state);
        } else if let Some(mut coupon) = self.remove_history(account, id) {
            coupon.state = state;
            self.add_live(account, coupon);
        }
    }

    fn used(&mut self, account: &AccountId, id: CouponId, order: &OrderId) -> Option<u32> {
        let mut coupon = self.remove_live(account, id)?;
        coupon.state = CouponState::Used { order: order.clone() };
        Some(self.add_history(account, coupon))
    }

    /// Back to the live pages, or, expired, to where it stays.
    fn came_back(&mut self, account: &AccountId, id: CouponId, at: Timestamp) {
        let found = self.remove_history(account, id).or_else(|| self.remove_live(account, id));
        let Some(mut coupon) = found else { return };
        coupon.state = CouponState::Valid;
        if at < coupon.expires_at {
            self.add_live(account, coupon);
        } else {
            self.add_history(account, coupon);
        }
    }

    fn paid(&mut self, account: &AccountId, order: &OrderId) {
        let Some(paid) = self.order(account, order) else { return };
        let held: Vec<_> = paid
            .coupons
            .iter()
            .filter(|coupon| coupon.state == OrderCouponState::Held)
            .map(|coupon| (coupon.id(), coupon.applied.campaign, coupon.applied.discount))
            .collect();
        for (coupon, campaign, discount) in held {
            self.set_coupon(account, coupon, CouponState::Inactive { order: order.clone(), held_until: None });
            self.with_allowance(campaign, |allowance| {
                allowance.counters.budget_held -= discount;
                allowance.counters.budget_spent += discount;
            });
        }
    }

    fn hold_extended(&mut self, account: &AccountId, id: &OrderId, until: Timestamp) {
        let Some(order) = self.order(account, id) else { return };
        let held: Vec<CouponId> = order
            .coupons
            .iter()
            .filter(|coupon| coupon.state == OrderCouponState::Held)
            .map(crate::order::OrderCoupon::id)
            .collect();
        for coupon in held {
            self.set_coupon(account, coupon, CouponState::Inactive { order: id.clone(), held_until: Some(until) });
        }
        self.add_due(Key::due(self.bucket, until, account), account, id);
    }

    /// The budget holds what the coupons that stay come to now. Of an order whose hold ran out it holds nothing.
    fn judged_again(&mut self, account: &AccountId, order: &OrderId, applied: &[crate::quote::Applied]) {
        let Some(order) = self.order(account, order).filter(|order| order.stage == OrderStage::Placed) else { return };
        let changes: Vec<_> = applied
            .iter()
            .filter_map(|now| {
                let before = order.coupons.iter().find(|coupon| coupon.applied.coupon == now.coupon)?;
                Some((now.campaign, before.applied.discount, now.discount))
            })
            .collect();
        for (campaign, before, now) in changes {
            self.with_allowance(campaign, |allowance| {
                allowance.counters.budget_held -= before;
                allowance.counters.budget_held += now;
            });
        }
    }

    fn add_due(&mut self, key: Key, account: &AccountId, order: &OrderId) {
        let due = DueOrder { account: account.clone(), order: order.clone() };
        if let Some(Aggregate::Due(known)) = self.change(&key) {
            known.orders.push(due);
        } else {
            self.set(key, Some(Aggregate::Due(Due { orders: vec![due] })));
        }
    }
}
