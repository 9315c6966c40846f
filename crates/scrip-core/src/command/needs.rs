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
    }
}

pub(super) fn code_alone(state: &State, hash: CodeHash, keys: &mut Vec<Key>) {
    keys.push(state.code_key(hash));
    if !state.is_home(hash) {
        keys.push(Key::homing(state.bucket(), hash));
    }
}

/// All pages of a wallet's history.
pub(super) fn whole_history(state: &State, account: &AccountId, keys: &mut Vec<Key>) {
    let pages = state.wallet(account).map_or(0, |wallet| wallet.history.len());
    keys.extend((0..pages).map(|page| Key::History(account.clone(), u32::try_from(page).expect("far fewer pages"))));
}

/// A wallet with all its live pages, and the orders whose hold ran out.
pub(super) fn whole_wallet(state: &State, account: &AccountId, now: Timestamp, keys: &mut Vec<Key>) {
    individual(state, account, keys);
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
            code(state, account, hash, keys);
        }
        keys.extend(coupon.history_page.map(|page| Key::History(account.clone(), page)));
    }
}
