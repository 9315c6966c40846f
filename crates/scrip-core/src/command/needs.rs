use crate::{
    code::CodeHash,
    id::CampaignId,
    key::Key,
    name::{AccountId, OrderId},
    state::State,
    time::Timestamp,
};

/// A campaign and what this bucket has given out of it.
pub(super) fn campaign(state: &State, campaign: CampaignId, keys: &mut Vec<Key>) {
    keys.push(Key::Campaign(campaign));
    keys.push(Key::Allowance(state.bucket(), campaign));
}

/// A code and, if this account may know of it, its campaign. For a stranger nothing more is loaded than for a code that
/// doesn't exist: the answer says no more, and neither does the work behind it.
pub fn code(state: &State, account: &AccountId, hash: CodeHash, keys: &mut Vec<Key>) {
    keys.push(Key::Code(hash));
    if let Some(code) = state.code(hash).filter(|code| !code.is_anothers(account)) {
        campaign(state, code.campaign, keys);
    }
}

/// A wallet with all its live pages, and the orders whose hold ran out.
pub(super) fn whole_wallet(state: &State, account: &AccountId, now: Timestamp, keys: &mut Vec<Key>) {
    keys.push(Key::Wallet(account.clone()));
    let Some(wallet) = state.wallet(account) else { return };
    for page in 0..wallet.further.len() {
        keys.push(Key::WalletPage(account.clone(), u8::try_from(page).expect("a wallet has few pages")));
    }
    lapsed(state, account, now, keys);
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

fn order_alone(state: &State, account: &AccountId, id: &OrderId, keys: &mut Vec<Key>) {
    keys.push(Key::Order(account.clone(), id.clone()));
    let Some(order) = state.order(account, id) else { return };
    for coupon in &order.coupons {
        campaign(state, coupon.applied.campaign, keys);
        keys.extend(coupon.direct_code.map(Key::Code));
        keys.extend(coupon.history_page.map(|page| Key::History(account.clone(), page)));
    }
}
