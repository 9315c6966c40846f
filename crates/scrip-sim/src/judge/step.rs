//! Whether a step of an order that is there, or a refund, is refused for what the order is.

use scrip_core::{command::RefundOf, name::SellerId, reason::Reason};

use crate::model::{Checked, OrderModel, Stage, Tx, Version, must};

pub(super) fn seller_ended(order: &OrderModel, seller: Option<&SellerId>) -> bool {
    match seller.and_then(|seller| order.seller(seller)) {
        Some(seller) => order.transaction(seller) != Tx::Open,
        None => !order.has_open(),
    }
}

pub(super) fn judge_step(
    order: Option<&OrderModel>,
    since: u64,
    reason: &Reason,
    forbids: impl Fn(Stage, &OrderModel) -> bool,
) -> Checked {
    let Some(order) = order else {
        must!(*reason == Reason::NotFound, "there is no order");
        return Ok(());
    };
    match reason {
        Reason::NotFound => must!(order.placed > since, "the order is there"),
        Reason::HoldExpired { .. } => {
            must!(order.stage == Stage::TimedOut || order.changed > since, "the order is {:?}", order.stage);
        }
        Reason::OrderStateForbids { .. } => {
            must!(
                order.changed > since || forbids(order.stage, order),
                "the order is {:?} {:?}",
                order.stage,
                order.sellers
            );
        }
        Reason::NotInOrder { line: None, seller: Some(seller) } => {
            let mut versions = order.versions_since(since);
            let lacks = |version: &Version| !version.cart.sellers().contains(&seller);
            must!(versions.any(lacks), "{seller} was in the order all the time");
        }
        _ => return Err(format!("no rule says so: {reason:?}")),
    }
    Ok(())
}

/// Whether a refund is refused for what the order is.
pub fn judge_refund(order: Option<&OrderModel>, of: &RefundOf, since: u64, reason: &Reason) -> Checked {
    let Some(order) = order else {
        must!(*reason == Reason::NotFound, "there is no order");
        return Ok(());
    };
    match reason {
        Reason::NotFound => must!(order.placed > since, "the order is there"),
        Reason::OrderNotPaid => must!(order.paid.is_none_or(|paid| paid > since), "the order is paid"),
        Reason::UnitsAlreadyRefunded { line, left } => {
            let index = order.cart.lines().iter().position(|known| known.id == *line).ok_or("no such line")?;
            must!(order.units_left(index) <= *left, "{} units are left, not {left}", order.units_left(index));
            if let RefundOf::Parts { lines, .. } = of {
                must!(lines.iter().any(|part| part.0 == *line && part.1 > *left), "{left} units are enough");
            }
        }
        Reason::AmountExceedsPaid { left } => {
            let RefundOf::Parts { amounts, shipping, .. } = of else { return Err("no amount was named".to_owned()) };
            let more = amounts
                .iter()
                .map(|part| part.1)
                .chain(shipping.iter().map(|part| part.1))
                .any(|amount| amount >= *left);
            must!(more, "{left} are enough");
        }
        Reason::InvalidField { .. } | Reason::NotInOrder { .. } => {}
        _ => return Err(format!("no rule says so: {reason:?}")),
    }
    Ok(())
}
