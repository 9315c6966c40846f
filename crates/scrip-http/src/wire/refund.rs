use scrip_core::{
    command::RefundOf,
    discount::Funder,
    id::CouponId,
    metadata::{Changes, Members},
    money::Amount,
    name::{LineId, RefundName, SellerId},
    order::{CouponOutcome, RefundCoupon, RefundedOrder, RefundedShipping},
    reason::Refusal,
    status::CouponStatus,
    time::Timestamp,
};
use scrip_desk::SeenRefund;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::FundingDocument;

/// Money back: parts (`lines`, `amounts`, `shipping`), or `seller`, or `all`.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RefundRequest {
    /// The integrator's own id within the order, taken for ever; a preview takes none, and is refused for one that is taken.
    pub id: RefundName,
    /// Units.
    #[serde(default)]
    pub lines: Vec<RefundLineRequest>,
    /// Money without goods.
    #[serde(default)]
    pub amounts: Vec<RefundAmountRequest>,
    #[serde(default)]
    pub shipping: Vec<RefundShippingDocument>,
    /// All that is left of one transaction, shipping included.
    #[serde(default)]
    pub seller: Option<SellerId>,
    /// All that is left, shipping included.
    #[serde(default)]
    pub all: bool,
    /// The figures, changing nothing.
    #[serde(default)]
    pub preview: bool,
    /// What is attached to it: never interpreted, and no personal data.
    #[serde(default, skip_serializing_if = "Members::is_empty")]
    pub metadata: Members,
}

/// What changes of a refund.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RefundPatch {
    /// Members to set; null removes one; those that aren't named stay.
    #[serde(default)]
    pub metadata: Changes,
}

#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RefundLineRequest {
    pub line: LineId,
    /// At least 1.
    #[schema(minimum = 1)]
    pub quantity: u32,
}

#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RefundAmountRequest {
    pub line: LineId,
    /// At least 1.
    pub amount: Amount,
    /// At most 200 characters.
    #[serde(default)]
    #[schema(max_length = 200)]
    pub reason: Option<String>,
}

#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RefundShippingDocument {
    pub seller: SellerId,
    pub amount: Amount,
}

impl RefundRequest {
    /// Errors: `invalid_field` for nothing at all, two forms at once, a line or seller named twice, zero.
    pub fn checked(&self) -> Result<RefundOf, Refusal> {
        let parts = !self.lines.is_empty() || !self.amounts.is_empty() || !self.shipping.is_empty();
        match (parts, &self.seller, self.all) {
            (false, Some(seller), false) => return Ok(RefundOf::Seller(seller.clone())),
            (false, None, true) => return Ok(RefundOf::All),
            (true, None, false) => {}
            _ => {
                return Err(Refusal::invalid("", "one of: lines, amounts and shipping; or seller; or \"all\": true"));
            }
        }
        let mut named: Vec<&LineId> = Vec::new();
        for (place, entry) in self.lines.iter().enumerate() {
            if entry.quantity == 0 {
                return Err(Refusal::invalid(format!("/lines/{place}/quantity"), "an integer of at least 1"));
            }
            if named.contains(&&entry.line) {
                return Err(Refusal::invalid(format!("/lines/{place}/line"), "each line once"));
            }
            named.push(&entry.line);
        }
        for (place, entry) in self.amounts.iter().enumerate() {
            if entry.amount.is_zero() {
                return Err(Refusal::invalid(format!("/amounts/{place}/amount"), "an integer of at least 1"));
            }
            if entry.reason.as_ref().is_some_and(|reason| reason.chars().count() > 200) {
                return Err(Refusal::invalid(format!("/amounts/{place}/reason"), "at most 200 characters"));
            }
            if named.contains(&&entry.line) {
                return Err(Refusal::invalid(
                    format!("/amounts/{place}/line"),
                    "each line once, in lines or in amounts",
                ));
            }
            named.push(&entry.line);
        }
        for (place, entry) in self.shipping.iter().enumerate() {
            if self.shipping[..place].iter().any(|earlier| earlier.seller == entry.seller) {
                return Err(Refusal::invalid(format!("/shipping/{place}/seller"), "each seller once"));
            }
        }
        Ok(RefundOf::Parts {
            lines: self.lines.iter().map(|entry| (entry.line.clone(), entry.quantity)).collect(),
            amounts: self
                .amounts
                .iter()
                .map(|entry| (entry.line.clone(), entry.amount, entry.reason.clone()))
                .collect(),
            shipping: self.shipping.iter().map(|entry| (entry.seller.clone(), entry.amount)).collect(),
        })
    }
}

/// Money back, as recorded.
#[derive(Serialize, ToSchema)]
#[schema(as = Refund)]
pub struct RefundDocument {
    pub id: RefundName,
    pub at: Timestamp,
    /// All the cash given back: goods + shipping.
    pub amount: Amount,
    pub goods: Amount,
    pub shipping: Amount,
    pub lines: Vec<RefundLineDocument>,
    pub amounts: Vec<RefundAmountDocument>,
    pub shipping_refunds: Vec<RefundShippingDocument>,
    pub coupons: Vec<RefundCouponDocument>,
    /// What each funder got back, negative.
    pub funding: Vec<FundingDocument>,
    pub order_refunded: RefundedOrder,
    /// To an operator all of it, to others what they wrote.
    pub metadata: Members,
}

#[derive(Serialize, ToSchema)]
pub struct RefundLineDocument {
    pub line: LineId,
    pub quantity: u32,
    pub amount: Amount,
}

#[derive(Serialize, ToSchema)]
pub struct RefundAmountDocument {
    pub line: LineId,
    pub amount: Amount,
    pub reason: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub struct RefundCouponDocument {
    pub coupon: CouponId,
    pub outcome: CouponOutcome,
    pub status: CouponStatus,
}

impl From<SeenRefund> for RefundDocument {
    fn from(refund: SeenRefund) -> Self {
        let units = |(line, quantity, amount)| RefundLineDocument { line, quantity, amount };
        let money = |(line, amount, reason)| RefundAmountDocument { line, amount, reason };
        let shipping = |part: RefundedShipping| RefundShippingDocument { seller: part.seller, amount: part.amount };
        let coupon = |part: RefundCoupon| RefundCouponDocument {
            coupon: part.coupon,
            outcome: part.outcome,
            status: part.status.into(),
        };
        let funding = |(funder, amount): (Funder, Amount)| FundingDocument {
            funder: funder.to_string(),
            amount: -amount.minor(),
        };
        Self {
            id: refund.id,
            at: refund.at,
            amount: refund.amount,
            goods: refund.goods,
            shipping: refund.shipping,
            lines: refund.lines.into_iter().map(units).collect(),
            amounts: refund.amounts.into_iter().map(money).collect(),
            shipping_refunds: refund.shipping_refunds.into_iter().map(shipping).collect(),
            coupons: refund.coupons.into_iter().map(coupon).collect(),
            funding: refund.funding.into_iter().map(funding).collect(),
            order_refunded: refund.order_refunded,
            metadata: refund.metadata,
        }
    }
}
