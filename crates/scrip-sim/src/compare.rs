//! What is stored against what must be there: after every step what it touched, at the end everything.

use std::collections::BTreeMap;

use scrip_core::{
    campaign::{Allowance, CampaignStage},
    exchange::Pool,
    id::{CampaignId, CodeHash, CouponId},
    name::{AccountId, OrderId},
    order::{Order, OrderStage, TransactionState},
    slot::Bucket,
    state::{Aggregate, Key, Kind, decode},
    wallet::{Coupon, CouponState, Wallet},
};
use scrip_engine::{
    PEOPLE,
    agreement::Rows,
    verify::{Outside, verify, verify_in_lanes},
};
use scrip_store::{Snapshot, Store, memory::MemoryStore};

use crate::model::{Checked, Counted, Model, OnOrderState, Past, Stage, Status, Touched, Tx, must};

/// Pages of a wallet that are looked through after a step.
const PAGES_MAX: usize = 16;
/// Bytes of the journal that one lane of accounts has, where a store is verified in lanes: so few that there are several.
const LANE_BYTES: u64 = 8_192;

fn load(snapshot: &mut dyn Snapshot, key: &Key) -> Checked<Option<Aggregate>> {
    let found = snapshot.load(std::slice::from_ref(key)).map_err(|error| error.to_string())?;
    let Some(document) = found.into_iter().next().flatten() else { return Ok(None) };
    decode(key.kind(), &document.body).map(Some).map_err(|error| format!("{key:?} can't be read: {error}"))
}

/// Compares what a commit touched; with the tables for people, if they have followed it and aren't of older rules.
pub fn touched(model: &Model, store: &MemoryStore, bucket: Bucket, touched: &Touched) -> Checked {
    let mut snapshot = store.snapshot().map_err(|error| error.to_string())?;
    let head = snapshot.head(bucket).map_err(|error| error.to_string())?.position;
    let made_by = snapshot.made_by(PEOPLE).map_err(|error| error.to_string())?;
    let is_at_head = snapshot.followed(PEOPLE, bucket).map_err(|error| error.to_string())? == head;
    let followed = is_at_head && made_by.shown > 0;
    for (bucket, campaign) in &touched.allowances {
        allowance_is(model, &mut *snapshot, *bucket, *campaign)?;
    }
    for (account, order) in &touched.orders {
        order_is(model, followed.then_some(store), &mut *snapshot, account, order)?;
    }
    for account in &touched.wallets {
        head_is(model, followed.then_some(store), &mut *snapshot, account)?;
    }
    for (account, coupon) in touched.coupons.iter().filter(|_| followed) {
        row_is(store, &mut *snapshot, account, *coupon)?;
    }
    Ok(())
}

/// On whatever page the coupon is: its row says the same; one that is gone has none.
fn row_is(store: &MemoryStore, snapshot: &mut dyn Snapshot, account: &AccountId, id: CouponId) -> Checked {
    let Some(Aggregate::Wallet(wallet)) = load(snapshot, &Key::Wallet(account.clone()))? else {
        return Err(format!("I3: the wallet of {account} isn't stored"));
    };
    // A script fills hundreds: those are compared at the end, by `verify`.
    if wallet.further.len() + wallet.history.len() > PAGES_MAX {
        return Ok(());
    }
    let rows: Vec<_> = store.row_of_coupon(id).into_iter().collect();
    let stored = all_coupons(snapshot, account, &wallet)?;
    let Some(coupon) = stored.iter().find(|coupon| coupon.id == id) else {
        must!(rows.is_empty(), "tables and API disagree: {id} is gone, and has a row");
        return Ok(());
    };
    let disagree = Rows::of(rows.iter()).of_coupon(account, &wallet.individual, coupon);
    must!(disagree.is_none(), "tables and API disagree: {disagree:?}");
    Ok(())
}

/// On every page of a wallet, those of history too.
fn all_coupons(snapshot: &mut dyn Snapshot, account: &AccountId, wallet: &Wallet) -> Checked<Vec<Coupon>> {
    let mut stored: Vec<Coupon> = wallet.live.clone();
    for key in Key::wallet_pages(account, wallet.further.len()) {
        if let Some(Aggregate::WalletPage(page)) = load(snapshot, &key)? {
            stored.extend(page.live);
        }
    }
    for key in Key::history_pages(account, wallet.history.len()) {
        if let Some(Aggregate::History(page)) = load(snapshot, &key)? {
            stored.extend(page.coupons);
        }
    }
    Ok(stored)
}

/// I1 per bucket: the counters that the engine decides by are what happened.
fn allowance_is(model: &Model, snapshot: &mut dyn Snapshot, bucket: Bucket, campaign: CampaignId) -> Checked {
    let found = match load(snapshot, &Key::Allowance(bucket, campaign))? {
        Some(Aggregate::Allowance(found)) => found,
        _ => Allowance::default(),
    };
    let known = model.campaigns.get(&campaign).ok_or_else(|| format!("{campaign} isn't there"))?;
    let counters = found.counters;
    let stored = Counted {
        claimed: counters.claimed,
        on_orders: counters.on_orders,
        used: counters.used,
        returned: counters.returned,
        reclaimed: counters.reclaimed,
        held: counters.budget_held.minor().unsigned_abs(),
        spent: counters.budget_spent.minor().unsigned_abs(),
    };
    let expected = known.counted[usize::from(bucket.get())];
    must!(stored == expected, "the counters of {campaign} in {bucket:?} are {stored:?}, not {expected:?}");
    let sources =
        known.now.terms.claims.sources.iter().map(|source| Pool::SourceStock(campaign, source.source.clone()));
    for pool in [Pool::Stock(campaign), Pool::Budget(campaign)].into_iter().chain(sources) {
        let expected = model.pools.get(&pool).map(|held| *held.of(bucket)).unwrap_or_default();
        let used = found.used(&pool);
        must!(used == expected.used, "{used} of {pool:?} are used in {bucket:?}, not {}", expected.used);
        let quota = found.quota(&pool);
        let same =
            (quota.received, quota.grants, quota.returns) == (expected.received, expected.got, expected.returned);
        must!(same, "{bucket:?} has {quota:?} of {pool:?}, not {expected:?}");
    }
    Ok(())
}

fn order_is(
    model: &Model,
    followed: Option<&MemoryStore>,
    snapshot: &mut dyn Snapshot,
    account: &AccountId,
    id: &OrderId,
) -> Checked {
    let Some(Aggregate::Order(stored)) = load(snapshot, &Key::Order(account.clone(), id.clone()))? else {
        return Err(format!("I3: order {id} isn't stored"));
    };
    let mut pages = Vec::new();
    for key in Key::refund_pages(&stored) {
        let Some(Aggregate::RefundPage(page)) = load(snapshot, &key)? else {
            return Err(format!("I3: a page of order {id}'s refunds isn't stored"));
        };
        pages.push(page);
    }
    let stored = stored.with_refunds_of(&pages);
    let expected = model.orders.get(&(account.clone(), id.clone())).ok_or("an order that isn't there")?;
    let stage = match stored.stage {
        OrderStage::Placed => Stage::Placed,
        OrderStage::Paid => Stage::Paid,
        OrderStage::Cancelled => Stage::Cancelled,
        OrderStage::TimedOut => Stage::TimedOut,
    };
    must!(stage == expected.stage, "order {id} is {stage:?}, not {:?}", expected.stage);
    must!(stored.hold_expires_at == expected.hold_until, "order {id} is held until {}", stored.hold_expires_at);
    must!(stored.cart == expected.cart, "order {id} has another cart");
    must!(
        stored.coupons.iter().map(|coupon| &coupon.applied).eq(expected.coupons.iter().map(|coupon| &coupon.applied)),
        "I6: order {id} has other shares: {:?}",
        stored.coupons
    );
    same_transactions(&stored, expected)?;
    same_figures(&stored, expected)?;
    if let Some(store) = followed {
        let rows = store.rows_of_order(account, id);
        let disagree = Rows::of(rows.iter()).of_order(&stored);
        must!(disagree.is_empty(), "tables and API disagree: {disagree:?}");
    }
    for (line, money) in stored.lines.iter().enumerate() {
        let same = (money.units, money.cash.minor()) == (expected.units[line], expected.cash[line]);
        must!(same, "line {line} of order {id} has given back {money:?}");
    }
    let states = stored.coupons.iter().map(|coupon| {
        use scrip_core::order::OrderCouponState as State;
        match coupon.state {
            State::Held => OnOrderState::Held,
            State::Used => OnOrderState::Used,
            State::Returned => OnOrderState::Returned,
            State::Released => OnOrderState::Released,
            State::Lapsed => OnOrderState::Lapsed,
        }
    });
    must!(
        states.eq(expected.coupons.iter().map(|coupon| coupon.state)),
        "the coupons of order {id} are {:?}",
        stored.coupons
    );
    Ok(())
}

fn same_transactions(stored: &Order, expected: &crate::model::OrderModel) -> Checked {
    let states = stored.transactions.iter().map(|transaction| {
        let state = match transaction.state {
            TransactionState::Open => Tx::Open,
            TransactionState::Closed => Tx::Closed,
            TransactionState::Refunded => Tx::Refunded,
            TransactionState::Cancelled => Tx::Cancelled,
        };
        (transaction.seller.clone(), state)
    });
    must!(
        states.eq(expected.sellers.iter().cloned()),
        "I8: order {} is {:?}, not {:?}",
        stored.id,
        stored.transactions,
        expected.sellers
    );
    Ok(())
}

/// What everybody is shown, line by line and seller by seller.
fn same_figures(stored: &Order, expected: &crate::model::OrderModel) -> Checked {
    let (shown, figures) = (stored.figures(), expected.figures());
    let lines: Vec<_> = shown.lines.iter().map(|line| (line.subtotal.minor(), line.discount.minor())).collect();
    must!(lines == figures.lines, "the lines of {} come to {lines:?}, not {:?}", stored.id, figures.lines);
    for (index, of) in shown.sellers.iter().enumerate() {
        let own = stored.cart.lines().iter().zip(&figures.lines).filter(|(line, _)| line.seller == of.seller);
        let (goods, off) = own.fold((0, 0), |sum, (_, line)| (sum.0 + line.0, sum.1 + line.1));
        let (shipping, off_shipping) = figures.shipping[index];
        let told = [of.subtotal, of.shipping, of.discount, of.total].map(scrip_core::money::Amount::minor);
        let expected = [goods, shipping, off + off_shipping, goods + shipping - off - off_shipping];
        must!(told == expected, "{} of order {} comes to {told:?}, not {expected:?}", of.seller, stored.id);
    }
    let total = figures.total();
    must!(shown.total.minor() == total, "order {} comes to {}, not {total}", stored.id, shown.total);
    Ok(())
}

/// The wallet's head: counts, and each coupon on it.
fn head_is(model: &Model, followed: Option<&MemoryStore>, snapshot: &mut dyn Snapshot, account: &AccountId) -> Checked {
    let Some(Aggregate::Wallet(wallet)) = load(snapshot, &Key::Wallet(account.clone()))? else { return Ok(()) };
    for (campaign, count) in &wallet.counts {
        let had = model.had.get(&(account.clone(), *campaign)).map_or(0, crate::model::Log::now);
        must!(u64::from(*count) == had, "I1: {account} counts {count} of {campaign}, not {had}");
    }
    for coupon in &wallet.live {
        coupon_is(model, account, coupon)?;
        let Some(store) = followed else { continue };
        let rows: Vec<_> = store.row_of_coupon(coupon.id).into_iter().collect();
        let disagree = Rows::of(rows.iter()).of_coupon(account, &wallet.individual, coupon);
        must!(disagree.is_none(), "tables and API disagree: {disagree:?}");
    }
    Ok(())
}

pub fn coupon_is(model: &Model, account: &AccountId, coupon: &Coupon) -> Checked {
    let known = model.coupons.get(&coupon.id).ok_or_else(|| format!("{} never was", coupon.id))?;
    must!(known.account == *account, "I7: {} is in the wallet of {account}", coupon.id);
    must!(known.expires_at == coupon.expires_at, "S8: {} expires at {}", coupon.id, coupon.expires_at);
    let stored = match &coupon.state {
        CouponState::Valid => Status::Valid,
        CouponState::Inactive { order, .. } => Status::On(order.clone()),
        CouponState::Used { order } => Status::Used(order.clone()),
        CouponState::UsedBefore => Status::UsedBefore,
        CouponState::Reclaimed => Status::Reclaimed,
        CouponState::Pending => Status::Pending,
    };
    must!(stored == known.status, "I8: {} is {stored:?}, not {:?}", coupon.id, known.status);
    Ok(())
}

/// Verification finds nothing, and the same where it takes the accounts lane by lane, as of a store that is too large for one.
pub fn verified(store: &dyn Store) -> Checked {
    let report = verify(store).map_err(|error| error.to_string())?;
    must!(report.is_clean(), "I9: verify finds {:?}", report.problems);
    must!(report.rebuilding.is_empty(), "{:?} are still rebuilt", report.rebuilding);
    must!(report.behind == 0, "{} events weren't followed", report.behind);
    must!(report.uncompared.is_empty(), "{:?} weren't compared", report.uncompared);
    let in_lanes = verify_in_lanes(store, Outside::default(), LANE_BYTES).map_err(|error| error.to_string())?;
    must!(in_lanes == report, "I9: verify finds {:?} in lanes, {in_lanes:?} beside {report:?}", in_lanes.problems);
    Ok(())
}

/// Once nothing is underway any more: no orphan, nothing lost, and all that is stored is what happened.
pub fn at_rest(model: &Model, store: &MemoryStore) -> Checked {
    let mut snapshot = store.snapshot().map_err(|error| error.to_string())?;
    for (key, order) in &model.orders {
        must!(order.stage != Stage::Placed, "R8: order {} of {} still holds", key.1, key.0);
        order_is(model, Some(store), &mut *snapshot, &key.0, &key.1)?;
    }
    for (id, campaign) in &model.campaigns {
        for bucket in model.buckets.all() {
            let known = campaign.known_in(bucket).map_or(0, |known| known.revision);
            must!(
                known == campaign.now.revision,
                "{bucket:?} knows revision {known} of {id}, which is at {}",
                campaign.now.revision
            );
            allowance_is(model, &mut *snapshot, bucket, *id)?;
        }
    }
    for bucket in model.buckets.all() {
        for kind in [Kind::Due, Kind::LeasesOut, Kind::LeasesReturning] {
            let left = snapshot.scan(bucket, kind, &[], &[], 8).map_err(|error| error.to_string())?;
            must!(left.is_empty(), "{} {kind:?} documents are left in {bucket:?}", left.len());
        }
    }
    for (job, (total, done)) in &model.jobs {
        must!(total == done, "{job} has made {done} of {total} codes");
    }
    codes_are_free_or_taken(model)?;
    codes_are_taken_back(model, &mut *snapshot)?;
    grant_books_are(model, &mut *snapshot)?;
    for account in model.wallets.keys() {
        wallet_is(model, &mut *snapshot, account)?;
    }
    figures_add_up(model)
}

fn codes_are_free_or_taken(model: &Model) -> Checked {
    for (hash, code) in &model.codes {
        let orphan = code.lease.is_some() && code.coupon.is_none();
        must!(!orphan, "a code of {} is leased for ever: {code:?} {hash:?}", code.campaign);
    }
    Ok(())
}

/// Wherever somebody could enter it, once that was answered.
fn codes_are_taken_back(model: &Model, snapshot: &mut dyn Snapshot) -> Checked {
    for (hash, code) in model.codes.iter().filter(|(_, code)| code.is_over) {
        // A unique one is brought from its home.
        for bucket in model.buckets.all().filter(|bucket| *bucket == code.home || !code.unique) {
            let key = if bucket == code.home { Key::Code(*hash) } else { Key::CodeHere(bucket, *hash) };
            let enterable = match load(snapshot, &key)? {
                Some(Aggregate::Code(known) | Aggregate::CodeHere(known)) => known.revoked_at.is_none(),
                _ => false,
            };
            must!(!enterable, "a code that was taken back isn't in {bucket:?}: {code:?}");
        }
    }
    Ok(())
}

/// What is granted, at home and in the buckets, is one and the same.
fn grant_books_are(model: &Model, snapshot: &mut dyn Snapshot) -> Checked {
    for (pool, held) in &model.pools {
        let book = match load(snapshot, &Key::GrantBook(pool.clone()))? {
            Some(Aggregate::GrantBook(book)) => book,
            _ => Default::default(),
        };
        for bucket in model.buckets.all() {
            let (granted, quota) = (book.of(bucket), held.of(bucket));
            let known = quota.received + quota.to_come + quota.going_back;
            must!(
                granted.amount == known,
                "{} of {pool:?} are granted to {bucket:?}, which has {known}",
                granted.amount
            );
        }
        if let Pool::CodeUses(hash) = pool {
            uses_are(model, snapshot, *hash)?;
        }
    }
    Ok(())
}

fn uses_are(model: &Model, snapshot: &mut dyn Snapshot, hash: CodeHash) -> Checked {
    use scrip_core::code::CodeKind;
    let held = &model.pools[&Pool::CodeUses(hash)];
    for bucket in model.buckets.all() {
        let home = hash.slot().bucket(model.buckets) == bucket;
        let key = if home { Key::Code(hash) } else { Key::CodeHere(bucket, hash) };
        let found = load(snapshot, &key)?;
        let uses = match found {
            Some(Aggregate::Code(code) | Aggregate::CodeHere(code)) => match code.kind {
                CodeKind::Shared { uses, .. } => u64::from(uses),
                CodeKind::Unique { .. } => return Err("a shared code became a unique one".to_owned()),
            },
            _ => 0,
        };
        must!(uses == held.of(bucket).used, "{uses} uses of a code in {bucket:?}, not {}", held.of(bucket).used);
    }
    Ok(())
}

/// Every coupon is there once, and no other.
fn wallet_is(model: &Model, snapshot: &mut dyn Snapshot, account: &AccountId) -> Checked {
    let Some(Aggregate::Wallet(wallet)) = load(snapshot, &Key::Wallet(account.clone()))? else {
        return Err(format!("I3: the wallet of {account} isn't stored"));
    };
    let stored = all_coupons(snapshot, account, &wallet)?;
    for coupon in &stored {
        coupon_is(model, account, coupon)?;
    }
    let mut ids: Vec<_> = stored.iter().map(|coupon| coupon.id).collect();
    let mut expected = model.wallets[account].clone();
    ids.sort_unstable();
    expected.sort_unstable();
    must!(ids == expected, "I3: {account} has {} coupons, not {}", ids.len(), expected.len());
    Ok(())
}

/// Counters are what coupons and orders add up to.
fn figures_add_up(model: &Model) -> Checked {
    let mut sums: BTreeMap<CampaignId, Counted> = BTreeMap::new();
    for coupon in model.wallets.values().flatten().filter_map(|id| model.coupons.get(id)) {
        let sum = sums.entry(coupon.campaign).or_default();
        sum.claimed += 1;
        sum.used += u32::from(coupon.past == Past::Used);
        sum.reclaimed += u32::from(coupon.past == Past::Reclaimed);
    }
    for order in model.orders.values() {
        for coupon in order.counted() {
            let sum = sums.entry(coupon.applied.campaign).or_default();
            match coupon.state {
                OnOrderState::Held => sum.on_orders += 1,
                OnOrderState::Used => sum.used += 1,
                OnOrderState::Returned => sum.returned += 1,
                OnOrderState::Named | OnOrderState::Released | OnOrderState::Lapsed => {}
            }
            sum.spent += coupon.applied.discount.minor().unsigned_abs();
        }
    }
    let reversed: i64 = model.orders.values().map(|order| order.reversed).sum();
    let (mut spent, mut granted) = (0, 0);
    for (id, campaign) in &model.campaigns {
        let sum = sums.get(id).copied().unwrap_or_default();
        let of = |figure: fn(&Counted) -> u32| campaign.counted.iter().map(figure).sum::<u32>();
        let counted = (
            of(|counted| counted.claimed),
            of(|counted| counted.on_orders),
            of(|counted| counted.used),
            of(|counted| counted.returned),
            of(|counted| counted.reclaimed),
        );
        let expected = (sum.claimed, sum.on_orders, sum.used, sum.returned, sum.reclaimed);
        must!(counted == expected, "{id} counts {counted:?}, its coupons and orders are {expected:?}");
        must!(campaign.counted.iter().all(|counted| counted.held == 0), "R8: {id} still holds budget");
        spent += campaign.counted.iter().map(|counted| counted.spent).sum::<u64>();
        granted += sum.spent;
        must!(campaign.now.stage != CampaignStage::Draft || sum.claimed == 0, "a draft gave something out");
    }
    must!(spent + reversed.unsigned_abs() == granted, "I1: {spent} are spent and {reversed} reversed of {granted}");
    Ok(())
}
