use std::collections::BTreeMap;

use scrip_core::{
    campaign::{CampaignStage, OnFullRefund, Pool},
    cart::Cart,
    code::CodeHash,
    event::Event,
    id::{CampaignId, CouponId},
    ledger::{Entry, LedgerAccount},
    name::{AccountId, OrderId, RefundName, SellerId},
    order::{Order, OrderCoupon, Refund, RefundedOrder},
    quote::Applied,
    time::Timestamp,
};

use super::{Checked, Model, Place, Standing, Touched, check_applied, must};

/// How long after its hold an order may still be paid.
const LATE_MICROS_MAX: i64 = 30 * 24 * 3_600 * 1_000_000;

/// The most time to pay, in all.
const HOLD_MICROS_MAX: i64 = 7 * 24 * 3_600 * 1_000_000;

/// A checkout and what became of it.
#[derive(Debug)]
pub struct OrderModel {
    pub cart: Cart,
    pub placed_at: Timestamp,
    pub hold_until: Timestamp,
    pub stage: Stage,
    pub coupons: Vec<OnOrder>,
    pub sellers: Vec<(SellerId, Tx)>,
    pub units: Vec<u32>,
    pub cash: Vec<i64>,
    /// Lines that gave cash back without units.
    pub respread: Vec<bool>,
    /// By seller: what was given back, and whether it was all.
    pub shipping: Vec<(i64, bool)>,
    pub refunds: BTreeMap<RefundName, (i64, [u8; 16])>,
    pub fingerprint: [u8; 16],
    pub funded: i64,
    pub reversed: i64,
    /// Paid, or about to be, after its hold had run out.
    pub late: bool,
    /// In commits.
    pub placed: u64,
    pub paid: Option<u64>,
    pub changed: u64,
    pub changes: u64,
}

/// A coupon on an order.
#[derive(Debug)]
pub struct OnOrder {
    pub id: CouponId,
    pub applied: Applied,
    pub direct: Option<CodeHash>,
    pub state: OnOrderState,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum OnOrderState {
    /// The order is placed, its hold not yet written down.
    Named,
    Held,
    Used,
    Returned,
    Released,
    /// Released as the hold ran out: a payment that comes late takes it again.
    Lapsed,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stage {
    Placed,
    Paid,
    Cancelled,
    TimedOut,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Tx {
    Open,
    Closed,
    Refunded,
    Cancelled,
}

impl OrderModel {
    pub fn seller(&self, seller: &SellerId) -> Option<usize> {
        self.sellers.iter().position(|known| known.0 == *seller)
    }

    fn never_paid(&self, line: usize) -> bool {
        let seller = self.seller(&self.cart.lines()[line].seller).expect("every line's seller is there");
        self.sellers[seller].1 == Tx::Cancelled && self.units[line] == 0
    }

    pub fn units_left(&self, line: usize) -> u32 {
        if self.never_paid(line) { 0 } else { self.cart.lines()[line].quantity - self.units[line] }
    }

    pub fn paid_for_line(&self, line: usize) -> i64 {
        let known = &self.cart.lines()[line];
        let off: i64 = self
            .counted()
            .flat_map(|coupon| &coupon.applied.shares)
            .filter(|share| usize::from(share.line) == line)
            .map(|share| share.amount.minor())
            .sum();
        known.unit_price.minor() * i64::from(known.quantity) - off
    }

    pub fn paid_for_shipping(&self, seller: &SellerId) -> i64 {
        let shares = self.counted().flat_map(|coupon| &coupon.applied.shipping_shares);
        let off: i64 = shares.filter(|share| share.seller == *seller).map(|share| share.amount.minor()).sum();
        self.cart.shipping_of(seller).minor() - off
    }

    /// The cash that a refund of everything would give back now.
    pub fn left_to_refund(&self) -> i64 {
        let lines = (0..self.cash.len()).filter(|&line| self.units_left(line) > 0);
        let goods: i64 = lines.map(|line| self.paid_for_line(line) - self.cash[line]).sum();
        let open = self.sellers.iter().zip(&self.shipping).filter(|((_, tx), given)| *tx != Tx::Cancelled && !given.1);
        goods + open.map(|((seller, _), given)| self.paid_for_shipping(seller) - given.0).sum::<i64>()
    }

    /// Coupons that the order's figures contain.
    pub fn counted(&self) -> impl Iterator<Item = &OnOrder> {
        self.coupons.iter().filter(|coupon| !matches!(coupon.state, OnOrderState::Released | OnOrderState::Lapsed))
    }

    fn discounts(&self, coupon: &OnOrder, seller: &SellerId) -> bool {
        let goods =
            coupon.applied.shares.iter().any(|share| self.cart.lines()[usize::from(share.line)].seller == *seller);
        goods || coupon.applied.shipping_shares.iter().any(|share| share.seller == *seller)
    }

    pub fn is_full(&self) -> bool {
        (0..self.units.len()).all(|line| self.units_left(line) == 0)
    }

    fn shipping_is_back(&self, coupon: &OnOrder) -> bool {
        coupon.applied.shipping_shares.iter().all(|share| {
            let place = self.seller(&share.seller).expect("a share's seller is there");
            self.shipping[place].1 || self.sellers[place].1 == Tx::Cancelled
        })
    }

    pub fn has_open(&self) -> bool {
        (0..self.sellers.len()).any(|seller| self.transaction(seller) == Tx::Open)
    }

    /// What everybody sees: of a timed out order all are cancelled, whatever a late payment would find.
    pub fn transaction(&self, seller: usize) -> Tx {
        if self.stage == Stage::TimedOut { Tx::Cancelled } else { self.sellers[seller].1 }
    }
}

impl Model {
    pub(super) fn order_event(&mut self, place: Place, event: &Event, touched: &mut Touched) -> Checked {
        if let Event::OrderPlaced { order } = event {
            touched.orders.insert((order.account.clone(), order.id.clone()));
            return self.placed(place, order);
        }
        let (account, id) = account_and_order(event).ok_or("an event that no rule knows")?;
        touched.orders.insert((account.clone(), id.clone()));
        touched.wallets.insert(account.clone());
        must!(self.bucket_of(account) == place.bucket, "an order of {account} in another bucket than its own");
        let seq = self.seq;
        let key = (account.clone(), id.clone());
        let order = self.orders.get_mut(&key).ok_or_else(|| format!("order {id} isn't there"))?;
        order.changed = seq;
        order.changes += 1;
        match event {
            Event::CouponHeld { coupon, campaign, discount, held_until, .. } => {
                must!(
                    *held_until == order.hold_until,
                    "a coupon is held until {held_until}, its order until {}",
                    order.hold_until
                );
                let known = on_order(order, *coupon)?;
                must!(
                    known.state == OnOrderState::Named && known.applied.discount == *discount,
                    "{coupon} is held otherwise than it was placed"
                );
                known.state = OnOrderState::Held;
                touched.allowances.insert((place.bucket, *campaign));
                self.own_coupon(account, *coupon)?.standing = Standing::On(id.clone());
                let amount = discount.minor().unsigned_abs();
                self.count(place, *campaign, |counted| {
                    counted.on_orders += 1;
                    counted.held += amount;
                })?;
                self.take(place.bucket, &Pool::Budget(*campaign), amount)
            }
            Event::HoldExtended { hold_expires_at, .. } => {
                must!(
                    order.stage == Stage::Placed && place.at < order.hold_until,
                    "I8: a {:?} order is extended",
                    order.stage
                );
                let most = order.placed_at.micros() + HOLD_MICROS_MAX;
                let fits = *hold_expires_at >= order.hold_until && hold_expires_at.micros() <= most;
                must!(fits, "a hold until {} goes on until {hold_expires_at}", order.hold_until);
                order.hold_until = *hold_expires_at;
                Ok(())
            }
            Event::OrderPaid { .. } => self.paid(place, &key, touched),
            Event::DiscountFunded { entry, .. } => {
                order.funded += to_shopper(entry)?;
                Ok(())
            }
            Event::DiscountReversed { entry, .. } => {
                order.reversed -= to_shopper(entry)?;
                Ok(())
            }
            Event::SurplusBooked { entry, .. } => to_shopper(entry).map(|_| ()),
            Event::TransactionsClosed { sellers, .. } => {
                must!(order.stage == Stage::Paid, "I8: a transaction of a {:?} order is closed", order.stage);
                for seller in sellers {
                    let seller = order.seller(seller).ok_or("a seller that isn't there")?;
                    must!(
                        order.sellers[seller].1 == Tx::Open,
                        "I8: a {:?} transaction is closed",
                        order.sellers[seller].1
                    );
                    order.sellers[seller].1 = Tx::Closed;
                }
                Ok(())
            }
            Event::OrderCancelled { timed_out, .. } => {
                let lapsed = order.stage == Stage::TimedOut && !timed_out;
                must!(order.stage == Stage::Placed || lapsed, "I8: a {:?} order is cancelled", order.stage);
                order.coupons.iter_mut().filter(|_| lapsed).for_each(|coupon| {
                    if coupon.state == OnOrderState::Lapsed {
                        coupon.state = OnOrderState::Released;
                    }
                });
                let over = place.at >= order.hold_until && !lapsed;
                must!(
                    over == *timed_out,
                    "an order held until {} is cancelled (timed out: {timed_out})",
                    order.hold_until
                );
                order.stage = if over { Stage::TimedOut } else { Stage::Cancelled };
                // One that timed out may still be paid.
                for seller in order.sellers.iter_mut().filter(|_| !over) {
                    seller.1 = Tx::Cancelled;
                }
                Ok(())
            }
            Event::OrderRetaken { coupons, .. } => self.retaken(place, &key, coupons),
            Event::SellerCancelled { seller, applied, .. } => {
                self.seller_cancelled(place, &key, seller, applied, touched)
            }
            Event::OrderRefunded { refund, .. } => self.refunded(place, &key, refund, touched),
            Event::CouponUsed { coupon, campaign, .. } => {
                let known = on_order(order, *coupon)?;
                must!(known.state == OnOrderState::Held, "I8: a {:?} coupon is used", known.state);
                known.state = OnOrderState::Used;
                let own = self.own_coupon(account, *coupon)?;
                own.standing = Standing::Used(id.clone());
                own.leaves(seq, id);
                touched.allowances.insert((place.bucket, *campaign));
                self.count(place, *campaign, |counted| {
                    counted.on_orders -= 1;
                    counted.used += 1;
                })
            }
            Event::CouponReturned { coupon, campaign, .. } => {
                let known = on_order(order, *coupon)?;
                let was = known.state;
                must!(matches!(was, OnOrderState::Held | OnOrderState::Used), "R10: a {was:?} coupon comes back");
                known.state = OnOrderState::Returned;
                self.back_in_wallet(account, *coupon, id)?;
                touched.allowances.insert((place.bucket, *campaign));
                self.count(place, *campaign, |counted| {
                    counted.returned += 1;
                    if was == OnOrderState::Used { counted.used -= 1 } else { counted.on_orders -= 1 }
                })
            }
            Event::CouponReleased { coupon, campaign, discount, .. }
            | Event::CouponVoided { coupon, campaign, discount, .. } => {
                must!(order.stage != Stage::Paid, "a coupon comes off a paid order");
                let known = on_order(order, *coupon)?;
                must!(
                    known.state == OnOrderState::Held && known.applied.discount == *discount,
                    "{coupon} comes off as it wasn't on: {known:?}"
                );
                must!(
                    known.direct.is_some() == matches!(event, Event::CouponVoided { .. }),
                    "{coupon} comes off in the wrong way"
                );
                let timed_out = order.stage == Stage::TimedOut;
                let known = on_order(order, *coupon)?;
                known.state = if timed_out { OnOrderState::Lapsed } else { OnOrderState::Released };
                self.back_in_wallet(account, *coupon, id)?;
                touched.allowances.insert((place.bucket, *campaign));
                let amount = discount.minor().unsigned_abs();
                self.count(place, *campaign, |counted| {
                    counted.on_orders -= 1;
                    counted.held -= amount;
                })?;
                self.give_back(place.bucket, &Pool::Budget(*campaign), amount)?;
                match event {
                    Event::CouponVoided { source, .. } => self.voided(place, account, *coupon, source.as_ref()),
                    _ => Ok(()),
                }
            }
            _ => Err("an event that no rule knows".to_owned()),
        }
    }

    /// A payment within 30 days of the time-out finds all free that the order held.
    fn retaken(&mut self, place: Place, key: &(AccountId, OrderId), coupons: &[OrderCoupon]) -> Checked {
        let order = self.orders.get_mut(key).expect("looked up before");
        let since = place.at.micros() - order.hold_until.micros();
        must!(order.stage == Stage::TimedOut, "I8: a {:?} order is taken again", order.stage);
        must!((0..LATE_MICROS_MAX).contains(&since), "an order is paid {since} µs after its hold");
        must!(coupons.len() == order.coupons.len(), "a late payment takes other coupons");
        (order.stage, order.late) = (Stage::Placed, true);
        let placed_at = order.placed_at;
        let mut again = Vec::new();
        for (before, now) in
            order.coupons.iter_mut().zip(coupons).filter(|(known, _)| known.state == OnOrderState::Lapsed)
        {
            let same = before.applied.shares == now.applied.shares && before.direct == now.direct_code;
            must!(same && (before.direct.is_some() || before.id == now.id()), "a late payment takes other coupons");
            (before.id, before.state) = (now.id(), OnOrderState::Named);
            before.applied.coupon = Some(before.id);
            again.push((before.id, before.direct.is_some()));
        }
        for (id, direct) in again {
            let coupon = self.own_coupon(&key.0, id)?;
            must!(coupon.standing == Standing::Valid, "I2: {id} is taken again as {:?}", coupon.standing);
            must!(direct || placed_at < coupon.expires_at, "S8: {id} had expired when the order was placed");
        }
        Ok(())
    }

    fn count(&mut self, place: Place, campaign: CampaignId, count: impl FnOnce(&mut super::Counted)) -> Checked {
        let known = self.campaigns.get_mut(&campaign).ok_or_else(|| format!("{campaign} isn't there"))?;
        count(known.counted_in(place.bucket));
        Ok(())
    }

    fn back_in_wallet(&mut self, account: &AccountId, coupon: CouponId, order: &OrderId) -> Checked {
        let seq = self.seq;
        let coupon = self.own_coupon(account, coupon)?;
        coupon.standing = Standing::Valid;
        coupon.leaves(seq, order);
        Ok(())
    }

    fn placed(&mut self, place: Place, order: &Order) -> Checked {
        let key = (order.account.clone(), order.id.clone());
        must!(!self.orders.contains_key(&key), "S7: order {} of {} is there already", key.1, key.0);
        must!(self.bucket_of(&order.account) == place.bucket, "an order in another bucket than its account's");
        let hold = order.hold_expires_at.micros() - place.at.micros();
        must!(order.placed_at == place.at && hold > 0 && hold <= HOLD_MICROS_MAX, "an order is held for {hold} µs");
        let mut coupons: Vec<OnOrder> = Vec::with_capacity(order.coupons.len());
        let seq = self.seq;
        for known in &order.coupons {
            let id = known.id();
            must!(coupons.iter().all(|other| other.id != id), "I2: {id} is on the order twice");
            let campaign = known.applied.campaign;
            let stage = self
                .campaigns
                .get(&campaign)
                .and_then(|campaign| campaign.known_in(place.bucket))
                .map(|known| known.stage);
            let usable = match stage {
                Some(CampaignStage::Published) => true,
                Some(CampaignStage::Ended) => known.direct_code.is_none(),
                _ => false,
            };
            must!(usable, "S8: a coupon of a {stage:?} campaign goes on an order");
            let coupon = self.own_coupon(&order.account, id)?;
            must!(coupon.standing == Standing::Valid, "I2: {id} goes on an order as {:?}", coupon.standing);
            must!(coupon.campaign == campaign, "{id} discounts for another campaign");
            must!(
                coupon.starts_at <= place.at && place.at < coupon.expires_at,
                "S8: {id} goes on an order outside of its time"
            );
            must!(coupon.direct == known.direct_code.is_some(), "{id} goes on an order as what it isn't");
            coupon.moved = seq;
            coupons.push(OnOrder {
                id,
                applied: known.applied.clone(),
                direct: known.direct_code,
                state: OnOrderState::Named,
            });
        }
        self.check(&order.cart, &[], coupons.iter().map(|coupon| &coupon.applied))?;
        let lines = order.cart.lines().len();
        let sellers: Vec<_> = order.cart.sellers().into_iter().map(|seller| (seller.clone(), Tx::Open)).collect();
        let made = OrderModel {
            cart: order.cart.clone(),
            placed_at: order.placed_at,
            hold_until: order.hold_expires_at,
            stage: Stage::Placed,
            coupons,
            units: vec![0; lines],
            cash: vec![0; lines],
            respread: vec![false; lines],
            shipping: vec![(0, false); sellers.len()],
            sellers,
            refunds: BTreeMap::new(),
            fingerprint: order.fingerprint,
            funded: 0,
            reversed: 0,
            late: false,
            placed: self.seq,
            paid: None,
            changed: self.seq,
            changes: 0,
        };
        self.orders.insert(key, made);
        Ok(())
    }

    /// I5, I6 of what is applied to a cart.
    pub fn check<'a>(&self, cart: &Cart, gone: &[&SellerId], applied: impl Iterator<Item = &'a Applied>) -> Checked {
        let mut all = Vec::new();
        for applied in applied {
            let campaign =
                self.campaigns.get(&applied.campaign).ok_or_else(|| format!("{} isn't there", applied.campaign))?;
            all.push((applied, &*campaign.now.terms));
        }
        check_applied(cart, gone, all.into_iter())
    }

    fn paid(&mut self, place: Place, key: &(AccountId, OrderId), touched: &mut Touched) -> Checked {
        let seq = self.seq;
        let order = self.orders.get_mut(key).expect("looked up before");
        must!(
            order.stage == Stage::Placed && (place.at < order.hold_until || order.late),
            "I8: a {:?} order, held until {}, is paid",
            order.stage,
            order.hold_until
        );
        order.stage = Stage::Paid;
        order.paid = Some(seq);
        let held: Vec<_> = order
            .coupons
            .iter()
            .filter(|coupon| coupon.state == OnOrderState::Held)
            .map(|coupon| (coupon.applied.campaign, coupon.applied.discount.minor().unsigned_abs()))
            .collect();
        for (campaign, amount) in held {
            touched.allowances.insert((place.bucket, campaign));
            self.count(place, campaign, |counted| {
                counted.held -= amount;
                counted.spent += amount;
            })?;
        }
        Ok(())
    }

    fn seller_cancelled(
        &mut self,
        place: Place,
        key: &(AccountId, OrderId),
        seller: &SellerId,
        applied: &[Applied],
        touched: &mut Touched,
    ) -> Checked {
        let order = self.orders.get_mut(key).expect("looked up before");
        must!(
            order.stage == Stage::Placed && place.at < order.hold_until,
            "I8: a seller of a {:?} order is cancelled",
            order.stage
        );
        let own = order.seller(seller).ok_or("a seller that isn't there")?;
        must!(order.sellers[own].1 == Tx::Open, "I8: a {:?} transaction is cancelled", order.sellers[own].1);
        order.sellers[own].1 = Tx::Cancelled;
        let mut grown: Vec<(CampaignId, i64)> = Vec::new();
        for now in applied {
            let id = now.coupon.ok_or("a coupon without its id")?;
            let known = on_order(order, id)?;
            must!(known.state == OnOrderState::Held, "a {:?} coupon is judged again", known.state);
            grown.push((known.applied.campaign, now.discount.minor() - known.applied.discount.minor()));
            known.applied = now.clone();
        }
        let cart = order.cart.clone();
        let gone: Vec<SellerId> =
            order.sellers.iter().filter(|known| known.1 == Tx::Cancelled).map(|known| known.0.clone()).collect();
        self.check(&cart, &gone.iter().collect::<Vec<_>>(), applied.iter())?;
        for (campaign, by) in grown {
            touched.allowances.insert((place.bucket, campaign));
            let amount = by.unsigned_abs();
            let pool = Pool::Budget(campaign);
            self.count(
                place,
                campaign,
                |counted| {
                    if by > 0 { counted.held += amount } else { counted.held -= amount }
                },
            )?;
            if by > 0 {
                self.overdraw(place.bucket, &pool, amount);
            } else {
                self.give_back(place.bucket, &pool, amount)?;
            }
        }
        Ok(())
    }

    fn refunded(
        &mut self,
        place: Place,
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
        for place in 0..order.sellers.len() {
            if order.sellers[place].1 != Tx::Open {
                continue;
            }
            let seller = order.sellers[place].0.clone();
            let mut own = order.cart.lines().iter().zip(&order.units).filter(|(line, _)| line.seller == seller);
            if refund.cancelled.contains(&seller) {
                order.sellers[place].1 = Tx::Cancelled;
            } else if own.all(|(line, units)| *units == line.quantity) {
                order.sellers[place].1 = Tx::Refunded;
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
            touched.allowances.insert((place.bucket, *campaign));
            let amount = amount.minor().unsigned_abs();
            self.count(place, *campaign, |counted| counted.spent -= amount)?;
            self.give_back(place.bucket, &Pool::Budget(*campaign), amount)?;
        }
        Ok(())
    }

    /// The refund matrix, and that nothing is left over, once a batch is in.
    pub(super) fn order_is_settled(&self, key: &(AccountId, OrderId)) -> Checked {
        let order = self.orders.get(key).ok_or("an order that isn't there")?;
        let paid = order.stage == Stage::Paid;
        for coupon in &order.coupons {
            let expected = match order.stage {
                _ if coupon.state == OnOrderState::Released && order.stage != Stage::Cancelled => continue,
                Stage::Placed => OnOrderState::Held,
                Stage::Cancelled => OnOrderState::Released,
                Stage::TimedOut => OnOrderState::Lapsed,
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

/// I5: an entry balances. Answers what it gives to shoppers.
fn to_shopper(entry: &Entry) -> Checked<i64> {
    let sum: i64 = entry.postings().iter().map(|posting| posting.amount).sum();
    must!(sum == 0, "I5: an entry is {sum} out of balance");
    let shoppers = entry.postings().iter().filter(|posting| matches!(posting.account, LedgerAccount::Discount(..)));
    Ok(-shoppers.map(|posting| posting.amount).sum::<i64>())
}

fn on_order(order: &mut OrderModel, id: CouponId) -> Checked<&mut OnOrder> {
    order.coupons.iter_mut().find(|coupon| coupon.id == id).ok_or_else(|| format!("{id} isn't on the order"))
}

fn account_and_order(event: &Event) -> Option<(&AccountId, &OrderId)> {
    match event {
        Event::CouponHeld { account, order, .. }
        | Event::HoldExtended { account, order, .. }
        | Event::OrderPaid { account, order, .. }
        | Event::DiscountFunded { account, order, .. }
        | Event::TransactionsClosed { account, order, .. }
        | Event::OrderRetaken { account, order, .. }
        | Event::OrderCancelled { account, order, .. }
        | Event::SellerCancelled { account, order, .. }
        | Event::OrderRefunded { account, order, .. }
        | Event::DiscountReversed { account, order, .. }
        | Event::CouponUsed { account, order, .. }
        | Event::CouponReturned { account, order, .. }
        | Event::CouponReleased { account, order, .. }
        | Event::CouponVoided { account, order, .. }
        | Event::SurplusBooked { account, order, .. } => Some((account, order)),
        _ => None,
    }
}
