use super::{Decide, Decision, Outcome, Where, coupon_outcomes::coupon_outcomes, needs, pay_order::balanced};
use crate::{
    discount::Funder,
    event::Event,
    id::{CampaignId, IdSource},
    ledger::{EntryKind, LedgerAccount, Posting, movement},
    metadata::Metadata,
    money::Amount,
    name::{AccountId, LineId, OrderId, RefundName, SellerId},
    order::{
        Order, OrderStage, Refund, RefundedAmount, RefundedLine, RefundedOrder, RefundedShipping, TransactionState,
    },
    reason::{Reason, Refusal},
    state::{Key, State},
    time::Timestamp,
};

/// Money back on a paid order.
#[derive(Clone, Debug)]
pub struct RefundOrder {
    pub account: AccountId,
    pub order: OrderId,
    pub id: RefundName,
    pub of: RefundOf,
    /// A seller may give back only what is its own.
    pub as_seller: Option<SellerId>,
    /// Of the request.
    pub fingerprint: [u8; 16],
    pub metadata: Metadata,
}

#[derive(Clone, Debug)]
pub enum RefundOf {
    /// Units, amounts without units, and shipping, each named at most once.
    Parts {
        lines: Vec<(LineId, u32)>,
        amounts: Vec<(LineId, Amount, Option<String>)>,
        shipping: Vec<(SellerId, Amount)>,
    },
    /// All that is left of one transaction, shipping included.
    Seller(SellerId),
    /// All that is left, shipping included.
    All,
}

impl Decide for RefundOrder {
    fn place(&self) -> Where<'_> {
        Where::Order(&self.account, &self.order)
    }

    fn needs(&self, state: &State, now: Timestamp, keys: &mut Vec<Key>) {
        needs::order(state, &self.account, &self.order, now, keys);
        needs::refund(state, &self.account, &self.order, &self.id, keys);
    }

    fn decide(&self, state: &State, now: Timestamp, _: &mut dyn IdSource) -> Result<Decision, Refusal> {
        let order = state.order(&self.account, &self.order).ok_or(Reason::NotFound)?;
        if let Some(seller) = &self.as_seller
            && order.transaction_of(seller).is_none()
        {
            return Err(Reason::NotFound.into());
        }
        let outcome = |created| Outcome::Refund {
            account: self.account.clone(),
            order: self.order.clone(),
            refund: self.id.clone(),
            created,
        };
        if let Some(refund) = state.refund(&self.account, &self.order, &self.id) {
            return if refund.fingerprint == self.fingerprint {
                Ok(Decision { events: Vec::new(), outcome: outcome(false) })
            } else {
                Err(Refusal::at("/id", Reason::RefundExists))
            };
        }
        if order.stage != OrderStage::Paid {
            return Err(Reason::OrderNotPaid.into());
        }
        let parts = self.parts(order)?;
        let asked = Asked { id: self.id.clone(), fingerprint: self.fingerprint, metadata: self.metadata.clone() };
        let (_, events) = refunded(state, order, asked, parts, Vec::new(), now);
        Ok(Decision { events, outcome: outcome(true) })
    }
}

impl RefundOrder {
    fn parts(&self, order: &Order) -> Result<Parts, Refusal> {
        let own = |seller: &SellerId| self.as_seller.as_ref().is_none_or(|own| own == seller);
        let no_seller = |seller: &SellerId| Reason::NotInOrder { line: None, seller: Some(seller.clone()) };
        match &self.of {
            RefundOf::All => Parts::all_left(order, own).something(order, own),
            RefundOf::Seller(seller) => {
                if order.transaction_of(seller).is_none() || !own(seller) {
                    return Err(Refusal::at("/seller", no_seller(seller)));
                }
                let of = |other: &SellerId| other == seller;
                Parts::all_left(order, of).something(order, of)
            }
            RefundOf::Parts { lines, amounts, shipping } => {
                let mut parts = Parts::default();
                for (nth, (line, quantity)) in lines.iter().enumerate() {
                    let index = own_line(order, line, &own, || format!("/lines/{nth}/line"))?;
                    let left = order.units_left(index);
                    if *quantity > left {
                        let reason = Reason::UnitsAlreadyRefunded { line: line.clone(), left };
                        return Err(Refusal::at(format!("/lines/{nth}/quantity"), reason));
                    }
                    parts.units.push((index, *quantity));
                }
                for (nth, (line, amount, reason)) in amounts.iter().enumerate() {
                    let index = own_line(order, line, &own, || format!("/amounts/{nth}/line"))?;
                    let left = if order.units_left(index) == 0 {
                        Amount::ZERO
                    } else {
                        order.lines[index].left(order.paid_for_line(index))
                    };
                    if *amount > left {
                        let pointer = format!("/amounts/{nth}/amount");
                        return Err(Refusal::at(pointer, Reason::AmountExceedsPaid { left }));
                    }
                    parts.amounts.push((index, *amount, reason.clone()));
                }
                for (nth, (seller, amount)) in shipping.iter().enumerate() {
                    let Some(index) = order.transaction_of(seller).filter(|_| own(seller)) else {
                        return Err(Refusal::at(format!("/shipping/{nth}/seller"), no_seller(seller)));
                    };
                    let left = shipping_left(order, index);
                    let pointer = format!("/shipping/{nth}/amount");
                    match left {
                        Some(left) if *amount > left => {
                            return Err(Refusal::at(pointer, Reason::AmountExceedsPaid { left }));
                        }
                        Some(left) if amount.is_zero() && !left.is_zero() => {
                            return Err(Refusal::invalid(pointer, format!("an integer from 1 to {left}")));
                        }
                        Some(_) => parts.shipping.push((seller.clone(), *amount)),
                        None => {
                            return Err(Refusal::at(pointer, Reason::AmountExceedsPaid { left: Amount::ZERO }));
                        }
                    }
                }
                Ok(parts)
            }
        }
    }
}

fn own_line(
    order: &Order,
    line: &LineId,
    own: &impl Fn(&SellerId) -> bool,
    pointer: impl Fn() -> String,
) -> Result<usize, Refusal> {
    order
        .cart
        .lines()
        .iter()
        .position(|known| known.id == *line && own(&known.seller))
        .ok_or_else(|| Refusal::at(pointer(), Reason::NotInOrder { line: Some(line.clone()), seller: None }))
}

/// What is left paid of one seller's shipping; `None` once all of it came back, or if there is none.
fn shipping_left(order: &Order, transaction: usize) -> Option<Amount> {
    let seller = &order.transactions[transaction].seller;
    let money = order.shipping[transaction];
    let cancelled_unpaid = order.transactions[transaction].state == TransactionState::Cancelled;
    if money.done || cancelled_unpaid || order.cart.shipping_of(seller).is_zero() {
        return None;
    }
    Some(order.paid_for_shipping(seller) - money.cash)
}

/// What a refund gives back, checked against what is left.
#[derive(Default)]
pub(super) struct Parts {
    units: Vec<(usize, u32)>,
    amounts: Vec<(usize, Amount, Option<String>)>,
    shipping: Vec<(SellerId, Amount)>,
}

impl Parts {
    /// All that is left of the given sellers' transactions, shipping included.
    pub(super) fn all_left(order: &Order, of: impl Fn(&SellerId) -> bool) -> Self {
        let units = (0..order.cart.lines().len())
            .filter(|&line| of(&order.cart.lines()[line].seller))
            .map(|line| (line, order.units_left(line)))
            .filter(|(_, left)| *left > 0)
            .collect();
        let shipping = (0..order.transactions.len())
            .filter(|&index| of(&order.transactions[index].seller))
            .filter_map(|index| Some((order.transactions[index].seller.clone(), shipping_left(order, index)?)))
            .collect();
        Self { units, amounts: Vec::new(), shipping }
    }

    /// Errors: `units_already_refunded` if nothing was left, naming the first line of those sellers.
    fn something(self, order: &Order, of: impl Fn(&SellerId) -> bool) -> Result<Self, Refusal> {
        if !self.units.is_empty() || !self.shipping.is_empty() {
            return Ok(self);
        }
        let line = order.cart.lines().iter().find(|line| of(&line.seller)).ok_or(Reason::NotFound)?.id.clone();
        Err(Reason::UnitsAlreadyRefunded { line, left: 0 }.into())
    }
}

/// What a refund is told as, whatever it gives back.
pub(super) struct Asked {
    pub id: RefundName,
    pub fingerprint: [u8; 16],
    pub metadata: Metadata,
}

/// Records a refund of `parts`: what it gives back, what funders get back, and what becomes of each coupon.
///
/// Source: rules, Refund amounts. Nothing is prorated: units give back the shares stored with the order.
pub(super) fn refunded(
    state: &State,
    order: &Order,
    asked: Asked,
    parts: Parts,
    cancelled: Vec<SellerId>,
    now: Timestamp,
) -> (Refund, Vec<Event>) {
    let mut back = Reversal::new(order);
    let mut lines = Vec::with_capacity(parts.units.len());
    for (index, quantity) in parts.units {
        let line = &order.cart.lines()[index];
        let money = order.lines[index];
        let amount = money.cash_of_units(quantity, line.quantity, line.unit_price, order.discount_of_line(index));
        back.units(index, money.units, money.units + quantity);
        lines.push(RefundedLine {
            line: u16::try_from(index).expect("a cart has at most 500 lines"),
            quantity,
            amount,
        });
    }
    let amounts: Vec<RefundedAmount> = parts
        .amounts
        .into_iter()
        .map(|(index, amount, reason)| RefundedAmount {
            line: u16::try_from(index).expect("a cart has at most 500 lines"),
            amount,
            reason,
        })
        .collect();
    let mut shipping = Vec::with_capacity(parts.shipping.len());
    for (seller, amount) in parts.shipping {
        back.shipping(&seller, amount);
        shipping.push(RefundedShipping { seller, amount });
    }
    let goods: Amount = lines.iter().map(|line| line.amount).chain(amounts.iter().map(|entry| entry.amount)).sum();
    let mut refund = Refund {
        id: asked.id,
        at: now,
        amount: goods + shipping.iter().map(|entry| entry.amount).sum(),
        goods,
        lines,
        amounts,
        shipping,
        coupons: Vec::new(),
        funding: back.funders,
        campaigns: back.campaigns,
        order_refunded: RefundedOrder::Partial,
        cancelled,
        fingerprint: asked.fingerprint,
        page: order.open_refund_page(),
        metadata: asked.metadata,
    };
    let (account, order_id) = (order.account.clone(), order.id.clone());
    let mut after = order.clone();
    after.apply(0, &Event::OrderRefunded { account: account.clone(), order: order_id.clone(), refund: refund.clone() });
    refund.order_refunded = after.refunded();
    let outcomes = coupon_outcomes(state, &after, now);
    refund.coupons = outcomes.coupons;

    let mut events =
        vec![Event::OrderRefunded { account: account.clone(), order: order_id.clone(), refund: refund.clone() }];
    if let Some(entry) = balanced(EntryKind::DiscountReversed, order, back.postings) {
        events.push(Event::DiscountReversed { account, order: order_id, entry });
    }
    events.extend(outcomes.events);
    (refund, events)
}

/// What funders and budgets get back.
struct Reversal<'a> {
    order: &'a Order,
    funders: Vec<(Funder, Amount)>,
    campaigns: Vec<(CampaignId, Amount)>,
    postings: Vec<Posting>,
}

impl<'a> Reversal<'a> {
    const fn new(order: &'a Order) -> Self {
        Self { order, funders: Vec::new(), campaigns: Vec::new(), postings: Vec::new() }
    }

    fn units(&mut self, line: usize, from: u32, to: u32) {
        let order = self.order;
        for applied in order.applied() {
            let Some(share) = applied.share_of_line(line) else { continue };
            for part in &share.funding {
                let known = &order.cart.lines()[line];
                self.book(&part.funder, applied.campaign, part.units.sum(from, to), &known.seller, Some(&known.id));
            }
        }
    }

    fn shipping(&mut self, seller: &SellerId, amount: Amount) {
        let order = self.order;
        let before = order.transaction_of(seller).map_or(Amount::ZERO, |index| order.shipping[index].cash);
        for (funder, campaign, part) in order.shipping_reversed(seller, before, amount) {
            self.book(funder, campaign, part, seller, None);
        }
    }

    fn book(
        &mut self,
        funder: &Funder,
        campaign: CampaignId,
        amount: Amount,
        seller: &SellerId,
        line: Option<&LineId>,
    ) {
        if amount.is_zero() {
            return;
        }
        crate::discount::add_to(&mut self.funders, funder, amount);
        match self.campaigns.iter_mut().find(|entry| entry.0 == campaign) {
            Some(entry) => entry.1 += amount,
            None => self.campaigns.push((campaign, amount)),
        }
        let discount = LedgerAccount::Discount(self.order.account.clone(), self.order.id.clone());
        let funder = LedgerAccount::Funder(funder.clone());
        self.postings.extend(movement(discount, funder, amount, campaign, Some(seller), line));
    }
}
