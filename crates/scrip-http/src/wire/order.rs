use std::fmt;

use scrip_core::{
    metadata::{Changes, Members},
    money::{Amount, Currency},
    name::{AccountId, OrderId, SellerId},
    order::{RefundedOrder, TransactionState},
    status::OrderStatus,
    time::Timestamp,
};
use scrip_desk::SeenOrder;
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
    pub fn new(order: SeenOrder, name: Names<'_>) -> Self {
        let SeenOrder { currency, lines, shipping, figures, .. } = order;
        let transaction = |(seller, status)| TransactionDocument { seller, status };
        Self {
            id: order.id,
            account: order.account,
            status: order.status,
            refunded: order.refunded,
            transactions: order.transactions.into_iter().map(transaction).collect(),
            placed_at: order.placed_at,
            hold_expires_at: order.hold_expires_at,
            paid_at: order.paid_at,
            late: order.late,
            currency,
            subtotal: figures.subtotal,
            shipping: figures.shipping,
            discount: figures.discount,
            total: figures.total,
            applied: order.applied.iter().map(|applied| AppliedDocument::new(&lines, applied, name)).collect(),
            sellers: seller_documents(&figures),
            lines: line_documents(&lines, &figures),
            cart: CartDocument { currency, lines, shipping },
            refunds: order.refunds.into_iter().map(RefundDocument::from).collect(),
            metadata: order.metadata,
        }
    }
}
