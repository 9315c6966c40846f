//! What no row may say. A backend's constraints repeat it in its own language; the memory store asks here.

use super::{CodeRow, CouponRow, OrderLineRow, OrderRow, RedemptionRow, RefundRow, Row, words};

impl Row {
    /// Which invariant the row breaks, if any: a second belt behind the core, loud when it is hit.
    pub fn contradiction(&self) -> Option<&'static str> {
        let broken: &[(bool, &'static str)] = &match self {
            Self::Campaign(row) => vec![(unknown(words::CAMPAIGN_STAGES, row.stage), "a campaign's stage")],
            Self::Coupon(row) => coupon(row),
            Self::Order(row) => order(row),
            Self::OrderLine(row) => order_line(row),
            Self::OrderTransaction(row) => {
                vec![(unknown(words::TRANSACTION_STATES, row.state), "a transaction's state")]
            }
            Self::Redemption(row) => redemption(row),
            Self::Refund(row) => refund(row),
            Self::Code(row) => code(row),
            Self::CouponState { state, order, held_until, .. } => {
                coupon_state(state, order.is_some(), held_until.is_some()).to_vec()
            }
            Self::RedemptionChanged { state, .. } => {
                vec![(state.is_some_and(|state| unknown(words::REDEMPTION_STATES, state)), "a redemption's state")]
            }
            Self::CampaignGone(_)
            | Self::CouponGone(_)
            | Self::OrderEmptied { .. }
            | Self::RefundMetadata { .. }
            | Self::LedgerEntry(_) => vec![],
        };
        broken.iter().find(|(broken, _)| *broken).map(|(_, what)| *what)
    }
}

fn unknown(words: &[&'static str], word: &str) -> bool {
    words::find(words, word).is_none()
}

fn coupon(row: &CouponRow) -> Vec<(bool, &'static str)> {
    let mut broken = vec![(unknown(words::CHANNELS, row.channel), "a coupon's channel")];
    broken.extend(coupon_state(row.state, row.order.is_some(), row.held_until.is_some()));
    broken
}

fn coupon_state(state: &str, has_order: bool, is_held: bool) -> [(bool, &'static str); 3] {
    [
        (unknown(words::COUPON_STATES, state), "a coupon's state"),
        (
            has_order && !matches!(state, "inactive" | "used") || !has_order && state == "inactive",
            "a coupon has an order when inactive, and at most then or when used",
        ),
        (is_held && state != "inactive", "a coupon is held while inactive"),
    ]
}

fn order(row: &OrderRow) -> Vec<(bool, &'static str)> {
    let [subtotal, shipping, discount, total] =
        [row.subtotal, row.shipping, row.discount, row.total].map(|amount| i128::from(amount.minor()));
    vec![
        (unknown(words::ORDER_STATUSES, row.status), "an order's status"),
        (unknown(words::REFUNDED, row.refunded), "what of an order is refunded"),
        (total != subtotal + shipping - discount, "an order's total is subtotal + shipping - discount"),
        (row.status == "placed" && row.paid_at.is_some(), "a placed order isn't paid"),
        (matches!(row.status, "paid" | "closed") && row.paid_at.is_none(), "a paid order has a time of payment"),
        (row.refunded != "none" && row.paid_at.is_none(), "a refunded order was paid"),
    ]
}

fn order_line(row: &OrderLineRow) -> Vec<(bool, &'static str)> {
    let subtotal = i128::from(row.unit_price.minor()) * i128::from(row.quantity);
    let discount = i128::from(row.discount.minor());
    vec![
        (row.quantity == 0, "a line has at least one unit"),
        (discount > subtotal, "a line's discount is at most its subtotal"),
        (row.units_refunded > row.quantity, "a line refunds at most its units"),
        (i128::from(row.cash_refunded.minor()) > subtotal - discount, "a line refunds at most what was paid for it"),
    ]
}

fn redemption(row: &RedemptionRow) -> Vec<(bool, &'static str)> {
    vec![
        (unknown(words::CHANNELS, row.channel), "a redemption's channel"),
        (unknown(words::REDEMPTION_STATES, row.state), "a redemption's state"),
        (row.reversed > row.discount, "refunds reverse at most the discount"),
    ]
}

fn refund(row: &RefundRow) -> Vec<(bool, &'static str)> {
    let parts = i128::from(row.goods.minor()) + i128::from(row.shipping.minor());
    vec![(i128::from(row.amount.minor()) != parts, "a refund is its goods and its shipping")]
}

fn code(row: &CodeRow) -> Vec<(bool, &'static str)> {
    vec![
        (unknown(words::CODE_KINDS, row.kind), "a code's kind"),
        ((row.kind == "unique") != row.sealed.is_some(), "a unique code is kept sealed, a shared one isn't"),
        ((row.kind == "unique") != row.job.is_some(), "unique codes are made by a job"),
    ]
}
