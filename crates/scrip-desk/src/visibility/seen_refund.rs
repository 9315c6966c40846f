//! A refund as somebody may see it: whole, or to a seller what gives back something of its own.

use scrip_core::{
    discount::Funder,
    metadata::Members,
    money::Amount,
    name::{LineId, RefundName},
    order::{GivenBack, Order, Refund, RefundCoupon, RefundedOrder, RefundedShipping},
    time::Timestamp,
};

use crate::callers::Caller;

/// What a caller may see of a refund: to a seller what went back of its lines and shipping, to those who had paid for their
/// discounts, and the coupons that discount them.
#[derive(Clone, Debug)]
pub struct SeenRefund {
    pub id: RefundName,
    pub at: Timestamp,
    /// The cash given back: goods and shipping.
    pub amount: Amount,
    pub goods: Amount,
    pub shipping: Amount,
    /// Units of a line, and the cash for them.
    pub lines: Vec<(LineId, u32, Amount)>,
    /// Cash for a line without units, and why.
    pub amounts: Vec<(LineId, Amount, Option<String>)>,
    pub shipping_refunds: Vec<RefundedShipping>,
    pub coupons: Vec<RefundCoupon>,
    /// What each funder got back.
    pub funding: Vec<(Funder, Amount)>,
    pub order_refunded: RefundedOrder,
    /// What was attached to it: to an operator all, to others what they wrote.
    pub metadata: Members,
}

impl SeenRefund {
    /// One refund of an order, which may lack others that stand on pages. `before`: what had been given back before it.
    pub(crate) fn of(order: &Order, refund: &Refund, before: &GivenBack, caller: &Caller) -> Self {
        let reversed = caller.seller.as_ref().map(|seller| order.reversed_by(refund, before, seller));
        Self::with(order, refund, reversed, caller)
    }

    /// The refunds in an order that give back something that the caller sees, oldest first, but for the first so many; each beside
    /// the refund as it is stored.
    pub(crate) fn all_of<'o>(
        order: &'o Order,
        caller: &'o Caller,
        but: usize,
    ) -> impl Iterator<Item = (&'o Refund, Self)> {
        let reversed = caller.seller.as_ref().map(|seller| order.reversed_of(seller));
        let theirs = order.refunds.iter().enumerate().filter(|(_, refund)| gives_back_to(order, refund, caller));
        theirs.skip(but).map(move |(place, refund)| {
            let reversed = reversed.as_ref().map(|all| all[place].clone());
            (refund, Self::with(order, refund, reversed, caller))
        })
    }

    /// `reversed`: what the funders of a seller's lines and shipping got back, the platform as well as itself.
    fn with(order: &Order, refund: &Refund, reversed: Option<Vec<(Funder, Amount)>>, caller: &Caller) -> Self {
        let seller = caller.seller.as_ref();
        let line = |place: u16| {
            let line = &order.cart.lines()[usize::from(place)];
            seller.is_none_or(|own| *own == line.seller).then(|| line.id.clone())
        };
        let lines: Vec<(LineId, u32, Amount)> =
            refund.lines.iter().filter_map(|part| Some((line(part.line)?, part.quantity, part.amount))).collect();
        let amounts: Vec<(LineId, Amount, Option<String>)> = refund
            .amounts
            .iter()
            .filter_map(|part| Some((line(part.line)?, part.amount, part.reason.clone())))
            .collect();
        let of_seller = |part: &&RefundedShipping| seller.is_none_or(|own| *own == part.seller);
        let shipping_refunds: Vec<RefundedShipping> = refund.shipping.iter().filter(of_seller).cloned().collect();
        let discounts_own = |part: &&RefundCoupon| {
            let on_order = order.coupons.iter().find(|coupon| coupon.id() == part.coupon);
            seller.is_none_or(|own| on_order.is_some_and(|coupon| coupon.discounts(order, own)))
        };
        let (goods, shipping) = match seller {
            None => (refund.goods, refund.amount - refund.goods),
            Some(_) => {
                let units = lines.iter().map(|(_, _, amount)| *amount);
                let others = amounts.iter().map(|(_, amount, _)| *amount);
                (units.chain(others).sum(), shipping_refunds.iter().map(|part| part.amount).sum())
            }
        };
        Self {
            id: refund.id.clone(),
            at: refund.at,
            amount: goods + shipping,
            goods,
            shipping,
            lines,
            amounts,
            shipping_refunds,
            coupons: refund.coupons.iter().filter(discounts_own).cloned().collect(),
            funding: reversed.unwrap_or_else(|| refund.funding.clone()),
            order_refunded: refund.order_refunded,
            metadata: refund.metadata.shown_to(caller.writer().as_ref()),
        }
    }
}

/// Whether a refund gives back something that the caller sees.
pub(crate) fn gives_back_to(order: &Order, refund: &Refund, caller: &Caller) -> bool {
    caller.seller.as_ref().is_none_or(|own| order.refunds_something_of(own, refund))
}
