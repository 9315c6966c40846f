//! What events do to an account's coupons: which page of its wallet or of its history each stands on, and for whom it counts.

use crate::{
    id::{CampaignId, CouponId},
    individual::IndividualChange,
    name::{AccountId, IndividualId, OrderId},
    state::{Aggregate, Key, State},
    status::CouponStatus,
    time::Timestamp,
    wallet::{Coupon, CouponState, HISTORY_PAGE_MAX, History, PAGE_MAX, Wallet, WalletPage},
};

impl State {
    pub(super) fn coupon_claimed(&mut self, account: &AccountId, individual: &IndividualId, coupon: &Coupon) {
        self.count_coupon(account, individual, coupon);
        self.add_live(account, coupon.clone());
    }

    /// What is over goes where it stays.
    pub(super) fn coupon_imported(
        &mut self,
        account: &AccountId,
        individual: &IndividualId,
        coupon: &Coupon,
        at: Timestamp,
    ) {
        self.count_coupon(account, individual, coupon);
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

    pub(super) fn coupon_voided(&mut self, account: &AccountId, coupon: CouponId, campaign: CampaignId) {
        self.remove_live(account, coupon);
        let wallet = self.existing_wallet(account);
        wallet.uncounted(campaign);
        if wallet.linked {
            let individual = wallet.individual.clone();
            self.individual_changed(individual, IndividualChange::Uncounted(campaign));
        }
    }

    /// Onto an order. One that a late payment takes again may have expired since and left the live pages: back to them.
    pub(super) fn coupon_held(&mut self, account: &AccountId, id: CouponId, state: CouponState) {
        if self.live_coupons(account).any(|coupon| coupon.id == id) {
            self.set_coupon(account, id, state);
        } else if let Some(mut coupon) = self.remove_history(account, id) {
            coupon.state = state;
            self.add_live(account, coupon);
        }
    }

    pub(super) fn coupon_used(&mut self, account: &AccountId, id: CouponId, order: &OrderId) -> Option<u32> {
        let mut coupon = self.remove_live(account, id)?;
        coupon.state = CouponState::Used { order: order.clone() };
        Some(self.add_history(account, coupon))
    }

    /// Back to the live pages, or, expired, to where it stays.
    pub(super) fn coupon_came_back(&mut self, account: &AccountId, id: CouponId, at: Timestamp) {
        let found = self.remove_history(account, id).or_else(|| self.remove_live(account, id));
        let Some(mut coupon) = found else { return };
        coupon.state = CouponState::Valid;
        if at < coupon.expires_at {
            self.add_live(account, coupon);
        } else {
            self.add_history(account, coupon);
        }
    }

    /// Where a coupon is: on the head, a further page, or a page of history.
    pub(super) fn set_coupon(&mut self, account: &AccountId, id: CouponId, state: CouponState) {
        let wallet = self.existing_wallet(account);
        if let Some(coupon) = wallet.live.iter_mut().find(|coupon| coupon.id == id) {
            coupon.state = state;
            return;
        }
        let set = |coupons: &mut [Coupon]| {
            if let Some(coupon) = coupons.iter_mut().find(|coupon| coupon.id == id) {
                coupon.state = state;
            }
        };
        if let Some(page) = self.live_page_with(account, id) {
            if let Some(Aggregate::WalletPage(page)) = self.change(&Key::WalletPage(account.clone(), page)) {
                set(&mut page.live);
            }
        } else if let Some(page) = self.history_page_with(account, id)
            && let Some(Aggregate::History(page)) = self.change(&Key::History(account.clone(), page))
        {
            set(&mut page.coupons);
        }
    }

    /// The further page that has a live coupon.
    fn live_page_with(&self, account: &AccountId, id: CouponId) -> Option<u32> {
        let pages = u32::try_from(self.wallet(account)?.further.len()).expect("far fewer pages");
        let has_it = |page: &WalletPage| page.live.iter().any(|coupon| coupon.id == id);
        (0..pages).find(|page| self.wallet_page(account, *page).is_some_and(has_it))
    }

    /// The page of history that has a coupon; what comes back was nearly always used lately.
    fn history_page_with(&self, account: &AccountId, id: CouponId) -> Option<u32> {
        let pages = u32::try_from(self.wallet(account)?.history.len()).expect("far fewer pages");
        let has_it = |page: &History| page.coupons.iter().any(|coupon| coupon.id == id);
        (0..pages).rev().find(|page| self.history(account, *page).is_some_and(has_it))
    }

    /// One more coupon, for the wallet's count and the individual's.
    fn count_coupon(&mut self, account: &AccountId, individual: &IndividualId, coupon: &Coupon) {
        let wallet = self.wallet_mut(account, individual);
        wallet.counted(coupon.campaign);
        if wallet.linked {
            let individual = wallet.individual.clone();
            self.individual_changed(individual, IndividualChange::Counted(coupon.campaign, 1));
        }
    }

    /// One more coupon, for stock and counters.
    pub(super) fn coupon_given_out(&mut self, coupon: &Coupon) {
        let key = Key::Allowance(self.bucket(), coupon.campaign);
        let mut allowance = self.allowance(coupon.campaign).allowance;
        if let Some(campaign) = self.campaign(coupon.campaign) {
            allowance.claimed(&campaign.terms, coupon.source.as_ref());
        }
        self.set(key, Some(Aggregate::Allowance(allowance)));
    }

    pub(super) fn wallet_mut(&mut self, account: &AccountId, individual: &IndividualId) -> &mut Wallet {
        let key = Key::Wallet(account.clone());
        if self.get(&key).is_none() {
            self.set(key.clone(), Some(Aggregate::Wallet(Wallet::new(individual.clone()))));
        }
        let Some(Aggregate::Wallet(wallet)) = self.change(&key) else { unreachable!("it was just made") };
        wallet
    }

    pub(super) fn existing_wallet(&mut self, account: &AccountId) -> &mut Wallet {
        let individual = IndividualId::from(account);
        self.wallet_mut(account, &individual)
    }

    /// To the first page with room.
    pub(super) fn add_live(&mut self, account: &AccountId, coupon: Coupon) {
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

    pub(super) fn remove_live(&mut self, account: &AccountId, id: CouponId) -> Option<Coupon> {
        let wallet = self.existing_wallet(account);
        if let Some(index) = wallet.live.iter().position(|coupon| coupon.id == id) {
            return Some(wallet.live.remove(index));
        }
        let number = self.live_page_with(account, id)?;
        let key = Key::WalletPage(account.clone(), number);
        let Some(Aggregate::WalletPage(page)) = self.change(&key) else { return None };
        let index = page.live.iter().position(|coupon| coupon.id == id)?;
        let coupon = page.live.remove(index);
        self.existing_wallet(account).further[number as usize] -= 1;
        Some(coupon)
    }

    /// To the open page of history; answers which.
    pub(super) fn add_history(&mut self, account: &AccountId, coupon: Coupon) -> u32 {
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
        self.existing_wallet(account);
        let number = self.history_page_with(account, id)?;
        let key = Key::History(account.clone(), number);
        let Some(Aggregate::History(page)) = self.change(&key) else { return None };
        let index = page.coupons.iter().position(|coupon| coupon.id == id)?;
        let coupon = page.coupons.remove(index);
        self.existing_wallet(account).history[number as usize] -= 1;
        Some(coupon)
    }
}
