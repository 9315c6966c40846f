//! An order as somebody may see it: whole, or to a seller its own part and nothing of the others.

use scrip_core::{
    cart::{Line, Shipping},
    discount::{Applied, LineShare},
    metadata::Members,
    money::{Amount, Currency},
    name::{AccountId, OrderId, SellerId},
    order::{Figures, Order, RefundedOrder, SellerFigures, TransactionState},
    status::OrderStatus,
    time::Timestamp,
};

use super::SeenRefund;
use crate::callers::Caller;

/// What a caller may see of an order: to a seller its lines and shipping, their shares of discounts and who pays for those, and
/// what went back of them. How the order as a whole stands, and whose it is, everybody may know who sees any of it.
#[derive(Clone, Debug)]
pub struct SeenOrder {
    pub id: OrderId,
    pub account: AccountId,
    pub status: OrderStatus,
    pub refunded: RefundedOrder,
    pub placed_at: Timestamp,
    pub hold_expires_at: Timestamp,
    pub paid_at: Option<Timestamp>,
    /// The payment came after the hold had run out.
    pub late: bool,
    pub transactions: Vec<(SellerId, TransactionState)>,
    pub currency: Currency,
    pub lines: Vec<Line>,
    pub shipping: Vec<Shipping>,
    /// Of what is seen, by line like `lines`.
    pub figures: Figures,
    /// With the shares that are seen, each with its line's index in `lines`.
    pub applied: Vec<Applied>,
    pub refunds: Vec<SeenRefund>,
    /// What was attached to it: to an operator all, to others what they wrote.
    pub metadata: Members,
}

impl SeenOrder {
    pub(crate) fn of(order: &Order, caller: &Caller, now: Timestamp) -> Self {
        let sees = |seller: &SellerId| caller.seller.as_ref().is_none_or(|own| own == seller);
        let mut lines = Vec::new();
        // By a line's index in the order, that among those which are seen.
        let mut places: Vec<Option<u16>> = Vec::with_capacity(order.cart.lines().len());
        for line in order.cart.lines() {
            let place = sees(&line.seller).then_some(lines.len()).and_then(|place| u16::try_from(place).ok());
            if place.is_some() {
                lines.push(line.clone());
            }
            places.push(place);
        }
        let own_share = |share: &LineShare| Some(LineShare { line: places[usize::from(share.line)]?, ..share.clone() });
        let seen_of = |applied: &Applied| match &caller.seller {
            None => Some(applied.clone()),
            Some(seller) => part_of_discount(applied, seller, own_share),
        };
        let transaction = |(place, seller): (usize, &SellerId)| (seller.clone(), order.transaction_state(place, now));
        let sellers = order.transactions.iter().map(|transaction| &transaction.seller);
        Self {
            id: order.id.clone(),
            account: order.account.clone(),
            status: order.status(now),
            refunded: order.refunded(),
            placed_at: order.placed_at,
            hold_expires_at: order.hold_expires_at,
            paid_at: order.paid_at,
            late: order.was_paid_late(),
            transactions: sellers.enumerate().filter(|(_, seller)| sees(seller)).map(transaction).collect(),
            currency: order.cart.currency(),
            shipping: order.cart.shipping().iter().filter(|entry| sees(&entry.seller)).cloned().collect(),
            figures: match &caller.seller {
                None => order.figures(),
                Some(seller) => part_of_figures(order.figures(), seller, &places),
            },
            applied: order.applied().filter_map(seen_of).collect(),
            refunds: SeenRefund::all_of(order, caller, 0).map(|(_, refund)| refund).collect(),
            metadata: order.metadata.shown_to(caller.writer().as_ref()),
            lines,
        }
    }
}

/// A seller's figures, as if nothing else were in the order.
fn part_of_figures(figures: Figures, seller: &SellerId, places: &[Option<u16>]) -> Figures {
    let sellers: Vec<SellerFigures> = figures.sellers.into_iter().filter(|of| of.seller == *seller).collect();
    let sum = |amount: fn(&SellerFigures) -> Amount| sellers.iter().map(amount).sum();
    Figures {
        subtotal: sum(|own| own.subtotal),
        shipping: sum(|own| own.shipping),
        discount: sum(|own| own.discount),
        total: sum(|own| own.total),
        lines: figures.lines.into_iter().zip(places).filter(|(_, place)| place.is_some()).map(|(of, _)| of).collect(),
        sellers,
    }
}

/// A coupon's discount on a seller's lines and shipping. `None`: there is none, and that the coupon is on the order is no business
/// of the seller's.
fn part_of_discount(
    applied: &Applied,
    seller: &SellerId,
    own_share: impl Fn(&LineShare) -> Option<LineShare>,
) -> Option<Applied> {
    let shares: Vec<LineShare> = applied.shares.iter().filter_map(own_share).collect();
    let shipping_shares: Vec<_> = applied.shipping_shares.iter().filter(|of| of.seller == *seller).cloned().collect();
    let goods: Amount = shares.iter().map(|share| share.amount).sum();
    let discount = goods + shipping_shares.iter().map(|share| share.amount).sum();
    if discount.is_zero() {
        return None;
    }
    Some(Applied {
        coupon: applied.coupon,
        code: applied.code.clone(),
        campaign: applied.campaign,
        terms_version: applied.terms_version,
        issuer: applied.issuer.clone(),
        discount,
        // What the coupon was worth beyond is told by the whole order alone.
        surplus: Amount::ZERO,
        shares,
        shipping_shares,
    })
}
