use std::fmt;

use scrip_core::{
    metadata::{Changes, Members, Writer},
    money::{Amount, Currency},
    name::{AccountId, OrderId, SellerId},
    order::{Order, OrderStatus, RefundedOrder, TransactionState},
    time::Timestamp,
};
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{self, MapAccess, Visitor},
};
use utoipa::ToSchema;

use super::{
    AppliedDocument, CartDocument, EnteredCode, LineDocument, Names, RefundDocument, SellerDocument, UseDocument,
    quote::{line_documents, seller_documents},
};

/// Place an order: from here until it is paid, cancelled or timed out its coupons are held.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OrderRequest {
    /// The integrator's own id, taken for ever.
    pub id: OrderId,
    pub cart: CartDocument,
    #[serde(default)]
    pub r#use: UseDocument,
    /// At most 10. With `use` as `best` those in the best set are taken and the others left out: give `expect_discount` to be told. With
    /// anything else each must apply, or the order is refused.
    #[serde(default)]
    #[schema(max_items = 10, value_type = Vec<EnteredCode>)]
    pub codes: Vec<String>,
    /// Refused with `quote_changed` if the discount is another.
    #[serde(default)]
    pub expect_discount: Option<Amount>,
    /// 1 to 10,080; 30 unless said otherwise.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 10_080)]
    pub hold_minutes: Option<u32>,
    /// "Buy all from this seller": only its group.
    #[serde(default)]
    pub only_seller: Option<SellerId>,
    /// What is attached to it: never interpreted, and no personal data.
    #[serde(default, skip_serializing_if = "Members::is_empty")]
    pub metadata: Members,
}

/// What changes of an order, whatever became of it.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OrderPatch {
    /// Members to set; null removes one; those that aren't named stay.
    #[serde(default)]
    pub metadata: Changes,
}

/// Another cart or other coupons on a placed order.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReviseRequest {
    pub cart: CartDocument,
    #[serde(default)]
    pub r#use: UseDocument,
    /// At most 10. A code that the order uses is given again, if it is to stay.
    #[serde(default)]
    #[schema(max_items = 10, value_type = Vec<EnteredCode>)]
    pub codes: Vec<String>,
    /// Refused with `quote_changed` if the discount is another.
    #[serde(default)]
    pub expect_discount: Option<Amount>,
}

/// More time to pay, counted from now.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ExtendRequest {
    /// 1 to 10,080.
    #[schema(minimum = 1, maximum = 10_080)]
    pub hold_minutes: u32,
}

/// Nothing is to be said.
#[derive(Clone, Debug, Default)]
pub struct NothingRequest {}

/// An object without members. A derived reader takes an empty list for one.
impl<'de> Deserialize<'de> for NothingRequest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(AnObject)
    }
}

struct AnObject;

impl<'de> Visitor<'de> for AnObject {
    type Value = NothingRequest;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<NothingRequest, A::Error> {
        match members.next_key::<String>()? {
            Some(name) => Err(de::Error::unknown_field(&name, &[])),
            None => Ok(NothingRequest {}),
        }
    }
}

/// One seller's transaction; without it all.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SellerRequest {
    #[serde(default)]
    pub seller: Option<SellerId>,
}

/// One checkout of one account. To a seller: its own part.
#[derive(Serialize, ToSchema)]
#[schema(as = Order)]
pub struct OrderDocument {
    pub id: OrderId,
    pub account: AccountId,
    pub status: OrderStatus,
    pub refunded: RefundedOrder,
    pub transactions: Vec<TransactionDocument>,
    pub placed_at: Timestamp,
    pub hold_expires_at: Timestamp,
    pub paid_at: Option<Timestamp>,
    /// The payment came after the hold had run out, and what the order held was still free.
    pub late: bool,
    pub cart: CartDocument,
    pub currency: Currency,
    pub subtotal: Amount,
    pub shipping: Amount,
    pub discount: Amount,
    pub total: Amount,
    pub applied: Vec<AppliedDocument>,
    pub sellers: Vec<SellerDocument>,
    pub lines: Vec<LineDocument>,
    pub refunds: Vec<RefundDocument>,
    /// To an operator all of it, to others what they wrote.
    pub metadata: Members,
}

#[derive(Serialize, ToSchema)]
#[schema(as = Transaction)]
pub struct TransactionDocument {
    pub seller: SellerId,
    pub status: TransactionState,
}

impl OrderDocument {
    pub fn new(order: &Order, reader: Option<&Writer>, now: Timestamp, name: Names<'_>) -> Self {
        let figures = order.figures();
        Self {
            id: order.id.clone(),
            account: order.account.clone(),
            status: order.status(now),
            refunded: order.refunded(),
            transactions: order
                .transactions
                .iter()
                .enumerate()
                .map(|(place, transaction)| TransactionDocument {
                    seller: transaction.seller.clone(),
                    status: order.transaction_state(place, now),
                })
                .collect(),
            placed_at: order.placed_at,
            hold_expires_at: order.hold_expires_at,
            paid_at: order.paid_at,
            late: order.was_paid_late(),
            cart: CartDocument::of(&order.cart),
            currency: order.cart.currency(),
            subtotal: figures.subtotal,
            shipping: figures.shipping,
            discount: figures.discount,
            total: figures.total,
            applied: order.applied().map(|applied| AppliedDocument::new(&order.cart, applied, name)).collect(),
            sellers: seller_documents(&figures),
            lines: line_documents(&order.cart, &figures),
            refunds: order.refunds.iter().map(|refund| RefundDocument::new(order, refund, reader)).collect(),
            metadata: order.metadata.shown_to(reader),
        }
    }

    /// What one seller may see: its own lines, its own share of discounts, nothing of the others.
    pub fn for_seller(order: &Order, seller: &SellerId, now: Timestamp, name: Names<'_>) -> Self {
        let mut document = Self::new(order, Some(&Writer::Seller(seller.clone())), now, name);
        let own_line = |id: &scrip_core::name::LineId| {
            order.cart.lines().iter().any(|line| line.id == *id && line.seller == *seller)
        };
        document.transactions.retain(|transaction| transaction.seller == *seller);
        document.cart.lines.retain(|line| line.seller == *seller);
        document.cart.shipping.retain(|entry| entry.seller == *seller);
        document.sellers.retain(|entry| entry.seller == *seller);
        document.lines.retain(|line| own_line(&line.id));
        for applied in &mut document.applied {
            applied.shares.retain(|share| own_line(&share.line));
            applied.shipping_shares.retain(|share| share.seller == *seller);
            applied.discount = applied
                .shares
                .iter()
                .map(|share| share.amount)
                .chain(applied.shipping_shares.iter().map(|share| share.amount))
                .sum();
            applied.funding = own_funding(order, applied.campaign, seller);
        }
        document.applied.retain(|applied| !applied.discount.is_zero());
        document.refunds = RefundDocument::all_for_seller(order, seller);
        if let Some(own) = document.sellers.first() {
            document.subtotal = own.subtotal;
            document.shipping = own.shipping;
            document.discount = own.discount;
            document.total = own.total;
        }
        document
    }
}

/// Who pays for a coupon's shares on one seller's lines and shipping.
fn own_funding(order: &Order, campaign: scrip_core::id::CampaignId, seller: &SellerId) -> Vec<super::FundingDocument> {
    let mut parts: Vec<super::FundingDocument> = Vec::new();
    let mut add = |funder: String, amount: Amount| {
        if amount.is_zero() {
            return;
        }
        match parts.iter_mut().find(|part| part.funder == funder) {
            Some(part) => part.amount += amount.minor(),
            None => parts.push(super::FundingDocument { funder, amount: amount.minor() }),
        }
    };
    for applied in order.applied().filter(|applied| applied.campaign == campaign) {
        for share in &applied.shares {
            if order.cart.lines()[usize::from(share.line)].seller == *seller {
                for part in &share.funding {
                    add(part.funder.to_string(), part.units.total());
                }
            }
        }
        for share in applied.shipping_shares.iter().filter(|share| share.seller == *seller) {
            for (funder, amount) in &share.funding {
                add(funder.to_string(), *amount);
            }
        }
    }
    parts
}
