use crate::{
    id::{CampaignId, CodeHash},
    name::{AccountId, OrderId, RefundName},
    order::Order,
    state::{Key, State},
    time::Timestamp,
};

/// A campaign and what this bucket has given out of it.
pub(crate) fn campaign(state: &State, campaign: CampaignId, keys: &mut Vec<Key>) {
    keys.push(state.campaign_key(campaign));
    keys.push(Key::Allowance(state.bucket(), campaign));
}

/// A wallet's head, and what its individual has together if it is linked.
pub(super) fn individual(state: &State, account: &AccountId, keys: &mut Vec<Key>) {
    keys.push(Key::Wallet(account.clone()));
    if let Some(wallet) = state.wallet(account).filter(|wallet| wallet.linked) {
        keys.push(Key::Individual(state.bucket(), wallet.individual.clone()));
    }
}

/// A code as this bucket has it and, if this account may know of it, its campaign. For a stranger nothing more is loaded than
/// for a code that doesn't exist: the answer says no more, and neither does the work behind it.
pub fn code(state: &State, account: &AccountId, hash: CodeHash, keys: &mut Vec<Key>) {
    code_alone(state, hash, keys);
    if let Some(code) = state.code(hash).filter(|code| !code.is_anothers(account)) {
        campaign(state, code.campaign, keys);
        // Whether the account has a coupon by it.
        if code.revoked_at.is_some() && code.is_shared() {
            pages(state, account, keys);
            whole_history(state, account, keys);
        }
    }
}

pub(crate) fn code_alone(state: &State, hash: CodeHash, keys: &mut Vec<Key>) {
    keys.push(state.code_key(hash));
    if !state.is_home(hash) {
        keys.push(Key::leases_returning(state.bucket(), hash));
    }
}

/// All pages of a wallet's history.
pub(super) fn whole_history(state: &State, account: &AccountId, keys: &mut Vec<Key>) {
    let pages = state.wallet(account).map_or(0, |wallet| wallet.history.len());
    keys.extend(Key::history_pages(account, pages));
}

/// A wallet with all its live pages, and the orders whose hold ran out.
pub(super) fn whole_wallet(state: &State, account: &AccountId, now: Timestamp, keys: &mut Vec<Key>) {
    individual(state, account, keys);
    pages(state, account, keys);
    lapsed(state, account, now, keys);
}

fn pages(state: &State, account: &AccountId, keys: &mut Vec<Key>) {
    let pages = state.wallet(account).map_or(0, |wallet| wallet.further.len());
    keys.extend(Key::wallet_pages(account, pages));
}

/// What settling the lapsed orders of an account needs, as far as its loaded coupons name them.
pub(super) fn lapsed(state: &State, account: &AccountId, now: Timestamp, keys: &mut Vec<Key>) {
    let orders: Vec<OrderId> =
        state.live_coupons(account).filter_map(|coupon| coupon.lapsed_order(now)).cloned().collect();
    for order in orders {
        order_alone(state, account, &order, keys);
    }
}

/// An order, its account's live pages, and all that its coupons touch.
pub(super) fn order(state: &State, account: &AccountId, id: &OrderId, now: Timestamp, keys: &mut Vec<Key>) {
    whole_wallet(state, account, now, keys);
    order_alone(state, account, id, keys);
    let Some(wallet) = state.wallet(account) else { return };
    let open = wallet.open_history_page();
    if (open as usize) < wallet.history.len() {
        keys.push(Key::History(account.clone(), open));
    }
}

/// Where one more refund of an order goes to.
pub(super) fn open_refund_page(state: &State, account: &AccountId, id: &OrderId, keys: &mut Vec<Key>) {
    let page = state.order(account, id).and_then(Order::open_refund_page);
    keys.extend(page.map(|page| Key::RefundPage(account.clone(), id.clone(), page)));
}

/// The same, and a refund that may have been made before, if it stands on a page.
pub fn refund(state: &State, account: &AccountId, order: &OrderId, id: &RefundName, keys: &mut Vec<Key>) {
    open_refund_page(state, account, order, keys);
    if state.order(account, order).is_none_or(Order::has_all_refunds) {
        return;
    }
    keys.push(Key::RefundLocation(account.clone(), order.clone(), id.clone()));
    let location = state.refund_location(account, order, id);
    keys.extend(location.map(|location| Key::RefundPage(account.clone(), order.clone(), location.page)));
}

/// An order and all its refunds.
pub fn whole_order(state: &State, account: &AccountId, id: &OrderId) -> Vec<Key> {
    let mut keys = vec![Key::Order(account.clone(), id.clone())];
    keys.extend(state.order(account, id).into_iter().flat_map(Key::refund_pages));
    keys
}

/// An order and one of its refunds, with those on the same page.
pub fn order_refund(state: &State, account: &AccountId, order: &OrderId, id: &RefundName) -> Vec<Key> {
    let mut keys = vec![Key::Order(account.clone(), order.clone())];
    refund(state, account, order, id, &mut keys);
    keys
}

/// What `order` adds, for those who look at it outside of a command.
pub fn order_needs(state: &State, account: &AccountId, id: &OrderId, now: Timestamp) -> Vec<Key> {
    let mut keys = Vec::new();
    order(state, account, id, now, &mut keys);
    keys
}

fn order_alone(state: &State, account: &AccountId, id: &OrderId, keys: &mut Vec<Key>) {
    keys.push(Key::Order(account.clone(), id.clone()));
    let Some(order) = state.order(account, id) else { return };
    for coupon in &order.coupons {
        campaign(state, coupon.applied.campaign, keys);
        if let Some(hash) = coupon.direct_code {
            code_alone(state, hash, keys);
        }
        keys.extend(coupon.history_page.map(|page| Key::History(account.clone(), page)));
    }
}
