//! A checkout and what becomes of it.

mod checkout;
mod payment;
mod refund;

use std::collections::{BTreeMap, BTreeSet};

use scrip_core::{
    cart::Cart,
    discount::Applied,
    event::Event,
    exchange::Pool,
    id::{CampaignId, CodeHash, CouponId},
    ledger::{Entry, LedgerAccount},
    name::{AccountId, OrderId, RefundName, SellerId},
    time::Timestamp,
};

use super::{Batch, Checked, Log, Model, Status, Touched, must};

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
    /// What came off and isn't explained yet, voided or not: a revision or a seller's cancellation has to follow.
    lifted: Vec<(CouponId, bool)>,
    /// As it was placed, and as it was revised.
    pub versions: Vec<Version>,
    /// What it holds of each campaign's budget.
    pub held: BTreeMap<CampaignId, Log>,
    pub sellers: Vec<(SellerId, Tx)>,
    /// Cancelled before payment while others stayed.
    pub gone: BTreeSet<SellerId>,
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

/// A whole checkout, as it was asked for.
#[derive(Debug)]
pub struct Version {
    /// In commits.
    pub since: u64,
    pub cart: Cart,
    /// In the order of application, with what each takes off.
    pub coupons: Vec<(CouponId, i64)>,
}

/// A coupon on an order.
#[derive(Debug)]
pub struct OnOrder {
    pub id: CouponId,
    pub applied: Applied,
    pub direct: Option<CodeHash>,
    pub state: OnOrderState,
}

/// What an order comes to: pairs of an amount and what is off it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Figures {
    pub lines: Vec<(i64, i64)>,
    pub shipping: Vec<(i64, i64)>,
}

impl Figures {
    /// Nothing is negative.
    fn hold(&self) -> bool {
        self.lines.iter().chain(&self.shipping).all(|(amount, off)| (0..=*amount).contains(off))
    }

    pub fn total(&self) -> i64 {
        self.lines.iter().chain(&self.shipping).map(|(amount, off)| amount - off).sum()
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum OnOrderState {
    /// The order is placed, its hold not yet written down.
    Named,
    Held,
    Used,
    Returned,
    Released,
    /// Released with the whole order: still in its figures, and a payment that comes late takes it again.
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

    /// What it was at any moment since then.
    pub fn versions_since(&self, since: u64) -> impl Iterator<Item = &Version> {
        let first = self.versions.iter().rposition(|version| version.since <= since).unwrap_or(0);
        self.versions[first..].iter()
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
        if self.gone.contains(&known.seller) {
            return 0;
        }
        let off: i64 = self
            .counted()
            .flat_map(|coupon| &coupon.applied.shares)
            .filter(|share| usize::from(share.line) == line)
            .map(|share| share.amount.minor())
            .sum();
        known.unit_price.minor() * i64::from(known.quantity) - off
    }

    pub fn paid_for_shipping(&self, seller: &SellerId) -> i64 {
        if self.gone.contains(seller) {
            return 0;
        }
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

    /// Each line's subtotal and discount, and each seller's shipping and what is off it: as everybody is shown them. Who is
    /// gone has 0; what came off with the whole order still counts.
    pub fn figures(&self) -> Figures {
        let counts = |coupon: &&OnOrder| coupon.state != OnOrderState::Released;
        let here = |seller: &SellerId| !self.gone.contains(seller);
        let off_line = |line: usize| {
            let shares = self.coupons.iter().filter(counts).flat_map(|coupon| &coupon.applied.shares);
            shares.filter(|share| usize::from(share.line) == line).map(|share| share.amount.minor()).sum()
        };
        let off_shipping = |seller: &SellerId| {
            let shares = self.coupons.iter().filter(counts).flat_map(|coupon| &coupon.applied.shipping_shares);
            shares.filter(|share| share.seller == *seller).map(|share| share.amount.minor()).sum()
        };
        let lines = self.cart.lines().iter().enumerate().map(|(index, line)| {
            let price = line.unit_price.minor() * i64::from(line.quantity);
            if here(&line.seller) { (price, off_line(index)) } else { (0, 0) }
        });
        let shipping = self.sellers.iter().map(|(seller, _)| {
            let price = self.cart.shipping_of(seller).minor();
            if here(seller) { (price, off_shipping(seller)) } else { (0, 0) }
        });
        Figures { lines: lines.collect(), shipping: shipping.collect() }
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
            let index = self.seller(&share.seller).expect("a share's seller is there");
            self.shipping[index].1 || self.sellers[index].1 == Tx::Cancelled
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
    /// After every event of a decision, not only after the last, an order's figures hold; only what changes a checkout
    /// changes them.
    pub(super) fn order_event(&mut self, batch: Batch, event: &Event, touched: &mut Touched) -> Checked {
        let (account, id) = account_and_order(event).ok_or("an event that no rule knows")?;
        let key = (account.clone(), id.clone());
        let before = self.orders.get(&key).map(|order| (order.stage, order.figures()));
        self.what_happened(batch, event, touched)?;
        let order = self.orders.get(&key).ok_or("an order that isn't there")?;
        let figures = order.figures();
        must!(figures.hold(), "the figures of order {} don't hold: {figures:?}", key.1);
        let Some((stage, before)) = before else { return Ok(()) };
        let changes = matches!(event, Event::OrderRevised { .. } | Event::SellerCancelled { .. });
        let comes_off = matches!(event, Event::CouponReleased { .. } | Event::CouponVoided { .. });
        let changes = changes || comes_off && stage == Stage::Placed;
        must!(changes || figures == before, "order {} came to {before:?}, and comes to {figures:?}", key.1);
        Ok(())
    }

    fn what_happened(&mut self, batch: Batch, event: &Event, touched: &mut Touched) -> Checked {
        if let Event::OrderPlaced { order } = event {
            touched.orders.insert((order.account.clone(), order.id.clone()));
            return self.placed(batch, order);
        }
        let (account, id) = account_and_order(event).ok_or("an event that no rule knows")?;
        touched.orders.insert((account.clone(), id.clone()));
        touched.wallets.insert(account.clone());
        must!(self.bucket_of(account) == batch.bucket, "an order of {account} in another bucket than its own");
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
                touched.allowances.insert((batch.bucket, *campaign));
                self.own_coupon(account, *coupon)?.status = Status::On(id.clone());
                let amount = discount.minor().unsigned_abs();
                self.holds(&key, *campaign, discount.minor());
                self.count(batch, *campaign, |counted| {
                    counted.on_orders += 1;
                    counted.held += amount;
                })?;
                self.take(batch.bucket, &Pool::Budget(*campaign), amount)
            }
            Event::HoldExtended { hold_expires_at, .. } => {
                must!(
                    order.stage == Stage::Placed && batch.at < order.hold_until,
                    "I8: a {:?} order is extended",
                    order.stage
                );
                let most = order.placed_at.micros() + HOLD_MICROS_MAX;
                let fits = *hold_expires_at >= order.hold_until && hold_expires_at.micros() <= most;
                must!(fits, "a hold until {} goes on until {hold_expires_at}", order.hold_until);
                order.hold_until = *hold_expires_at;
                Ok(())
            }
            Event::OrderPaid { .. } => self.paid(batch, &key, touched),
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
                let over = batch.at >= order.hold_until && !lapsed;
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
            Event::OrderRetaken { coupons, .. } => self.retaken(batch, &key, coupons),
            Event::OrderRevised { cart, coupons, .. } => self.revised(batch, &key, cart, coupons),
            Event::SellerCancelled { seller, applied, .. } => {
                self.seller_cancelled(batch, &key, seller, applied, touched)
            }
            Event::OrderRefunded { refund, .. } => self.refunded(batch, &key, refund, touched),
            Event::CouponUsed { coupon, campaign, .. } => {
                let known = on_order(order, *coupon)?;
                must!(known.state == OnOrderState::Held, "I8: a {:?} coupon is used", known.state);
                known.state = OnOrderState::Used;
                let own = self.own_coupon(account, *coupon)?;
                own.status = Status::Used(id.clone());
                own.leaves(seq, id);
                touched.allowances.insert((batch.bucket, *campaign));
                self.count(batch, *campaign, |counted| {
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
                touched.allowances.insert((batch.bucket, *campaign));
                self.count(batch, *campaign, |counted| {
                    counted.returned += 1;
                    if was == OnOrderState::Used { counted.used -= 1 } else { counted.on_orders -= 1 }
                })
            }
            Event::CouponReleased { coupon, campaign, discount, .. }
            | Event::CouponVoided { coupon, campaign, discount, .. } => {
                must!(order.stage != Stage::Paid, "a coupon comes off a paid order");
                let voided = matches!(event, Event::CouponVoided { .. });
                comes_off(order, *coupon, discount.minor(), voided)?;
                self.holds(&key, *campaign, -discount.minor());
                self.back_in_wallet(account, *coupon, id)?;
                touched.allowances.insert((batch.bucket, *campaign));
                let amount = discount.minor().unsigned_abs();
                self.count(batch, *campaign, |counted| {
                    counted.on_orders -= 1;
                    counted.held -= amount;
                })?;
                self.give_back(batch.bucket, &Pool::Budget(*campaign), amount)?;
                if let Event::CouponVoided { source, .. } = event {
                    self.voided(batch, account, *coupon, source.as_ref())?;
                }
                Ok(())
            }
            _ => Err("an event that no rule knows".to_owned()),
        }
    }

    fn count(&mut self, batch: Batch, campaign: CampaignId, count: impl FnOnce(&mut super::Counted)) -> Checked {
        let known = self.campaigns.get_mut(&campaign).ok_or_else(|| format!("{campaign} isn't there"))?;
        count(known.counted_in(batch.bucket));
        Ok(())
    }

    /// The order holds more or less of a campaign's budget.
    fn holds(&mut self, key: &(AccountId, OrderId), campaign: CampaignId, by: i64) {
        let seq = self.seq;
        if let Some(order) = self.orders.get_mut(key) {
            let held = order.held.entry(campaign).or_default();
            held.set(seq, held.now().saturating_add_signed(by));
        }
    }

    fn back_in_wallet(&mut self, account: &AccountId, coupon: CouponId, order: &OrderId) -> Checked {
        let seq = self.seq;
        let coupon = self.own_coupon(account, coupon)?;
        coupon.status = Status::Valid;
        coupon.leaves(seq, order);
        Ok(())
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

/// A coupon leaves an unpaid order: one that a code made goes with its claim, unless the order goes on with it.
fn comes_off(order: &mut OrderModel, id: CouponId, discount: i64, voided: bool) -> Checked {
    let stage = order.stage;
    let known = on_order(order, id)?;
    must!(
        known.state == OnOrderState::Held && known.applied.discount.minor() == discount,
        "{id} comes off as it wasn't on: {known:?}"
    );
    let lifted = stage == Stage::Placed;
    let direct = known.direct.is_some();
    must!(direct == voided || (direct && lifted), "{id} comes off in the wrong way");
    known.state = if lifted { OnOrderState::Released } else { OnOrderState::Lapsed };
    if lifted {
        order.lifted.push((id, voided));
    }
    Ok(())
}

fn account_and_order(event: &Event) -> Option<(&AccountId, &OrderId)> {
    Some((event.account()?, event.order()?))
}
