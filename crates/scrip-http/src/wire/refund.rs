use scrip_core::{
    command::RefundOf,
    id::CouponId,
    metadata::{Changes, Members, Writer},
    money::Amount,
    name::{LineId, RefundName, SellerId},
    order::{CouponOutcome, GivenBack, Order, Refund, RefundedOrder},
    quote::Funder,
    reason::Refusal,
    time::Timestamp,
    wallet::CouponStatus,
};
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

impl RefundDocument {
    pub fn new(order: &Order, refund: &Refund, reader: Option<&Writer>) -> Self {
        let line = |place: u16| order.cart.lines()[usize::from(place)].id.clone();
        Self {
            id: refund.id.clone(),
            at: refund.at,
            amount: refund.amount,
            goods: refund.goods,
            shipping: refund.amount - refund.goods,
            lines: refund
                .lines
                .iter()
                .map(|part| RefundLineDocument { line: line(part.line), quantity: part.quantity, amount: part.amount })
                .collect(),
            amounts: refund
                .amounts
                .iter()
                .map(|part| RefundAmountDocument {
                    line: line(part.line),
                    amount: part.amount,
                    reason: part.reason.clone(),
                })
                .collect(),
            shipping_refunds: refund
                .shipping
                .iter()
                .map(|part| RefundShippingDocument { seller: part.seller.clone(), amount: part.amount })
                .collect(),
            coupons: refund
                .coupons
                .iter()
                .map(|part| RefundCouponDocument {
                    coupon: part.coupon,
                    outcome: part.outcome,
                    status: part.status.into(),
                })
                .collect(),
            funding: funding(&refund.funding),
            order_refunded: refund.order_refunded,
            metadata: refund.metadata.shown_to(reader),
        }
    }

    /// One seller's part of it.
    pub fn for_seller(order: &Order, refund: &Refund, before: &GivenBack, seller: &SellerId) -> Self {
        Self::part_of(order, refund, seller, &order.reversed_by(refund, before, seller))
    }

    /// One seller's part of all of them, where there is something for it.
    pub fn all_for_seller(order: &Order, seller: &SellerId) -> Vec<Self> {
        Self::of_seller(order, seller)
            .map(|(refund, reversed)| Self::part_of(order, refund, seller, &reversed))
            .collect()
    }

    /// The refunds in which there is something for a seller, each with what the funders of its lines and shipping got back.
    pub fn of_seller<'o>(
        order: &'o Order,
        seller: &SellerId,
    ) -> impl Iterator<Item = (&'o Refund, Vec<(Funder, Amount)>)> {
        let parts = order.refunds.iter().zip(order.reversed_of(seller));
        parts.filter(|(refund, _)| order.refunds_something_of(seller, refund))
    }

    /// `reversed`: what the funders of its lines and shipping got back, the platform as well as itself.
    pub fn part_of(order: &Order, refund: &Refund, seller: &SellerId, reversed: &[(Funder, Amount)]) -> Self {
        let mut document = Self::new(order, refund, Some(&Writer::Seller(seller.clone())));
        let own = |id: &LineId| order.cart.lines().iter().any(|line| line.id == *id && line.seller == *seller);
        document.lines.retain(|part| own(&part.line));
        document.amounts.retain(|part| own(&part.line));
        document.shipping_refunds.retain(|part| part.seller == *seller);
        document.funding = funding(reversed);
        document.coupons.retain(|part| {
            let on_order = order.coupons.iter().find(|coupon| coupon.id() == part.coupon);
            on_order.is_some_and(|coupon| coupon.discounts(order, seller))
        });
        document.goods =
            document.lines.iter().map(|part| part.amount).chain(document.amounts.iter().map(|part| part.amount)).sum();
        document.shipping = document.shipping_refunds.iter().map(|part| part.amount).sum();
        document.amount = document.goods + document.shipping;
        document
    }

    /// Whether there is nothing in it for the reader.
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty() && self.amounts.is_empty() && self.shipping_refunds.is_empty()
    }
}

/// What funders got back, negative.
fn funding(reversed: &[(Funder, Amount)]) -> Vec<FundingDocument> {
    let part =
        |(funder, amount): &(Funder, Amount)| FundingDocument { funder: funder.to_string(), amount: -amount.minor() };
    reversed.iter().map(part).collect()
}
