use scrip_core::{
    event::{Event, Recorded},
    id::{CampaignId, CouponId, EventId, IdSource},
    metadata::{Members, Metadata, Writer},
    money::Amount,
    name::{AccountId, OrderId, RefundName, SellerId},
    slot::{Bucket, Slot},
    time::Timestamp,
};
use serde::Serialize;
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        ObjectBuilder, RefOr,
        extensions::Extensions,
        schema::{Schema, Type},
    },
};

/// A page of a feed that never ends.
#[derive(Serialize, ToSchema)]
#[schema(as = EventPage)]
pub struct FeedDocument {
    pub data: Vec<EventDocument>,
    /// Where to go on, now or later. Never null.
    pub next_cursor: String,
    /// Whether there is more by now.
    pub has_more: bool,
}

/// A type of event.
pub struct EventType;

impl EventType {
    /// Every type that the feed has, and what it means.
    pub const ALL: &[(&str, &str)] = &[
        ("campaign.created", "A draft was made."),
        (
            "campaign.changed",
            "A campaign's terms were changed, any of a draft, of a published one those that may, or its metadata.",
        ),
        (
            "campaign.published",
            "A campaign's terms are frozen from here on; it gives out coupons while its claim window is open.",
        ),
        (
            "campaign.paused",
            "A campaign gives out no coupons, and none can be used on new orders, until it is resumed.",
        ),
        ("campaign.resumed", "A paused campaign gives out coupons again, and they can be used again."),
        ("campaign.ended", "A campaign gives out no coupons any more; those held stay usable until they expire."),
        ("code.shared_added", "A campaign has a code that many may enter."),
        ("code.unique_requested", "A job makes unique codes for a campaign."),
        ("coupon.claimed", "An account collected a coupon, or activated a code, or was granted one."),
        ("coupon.imported", "A coupon of old data was taken over."),
        ("coupon.held", "A coupon is on an order, inactive; `amount` is its discount there."),
        ("coupon.released", "A coupon is valid again: its order ended before payment, or goes on without it."),
        (
            "coupon.voided",
            "A code used directly came off before payment: its coupon never was, and its use is given back.",
        ),
        ("coupon.used", "A coupon doesn't come back any more: every transaction that it discounts has ended."),
        ("coupon.returned", "A coupon came back with a refund: valid again, or expired if its time is over."),
        (
            "order.placed",
            "An order holds its coupons until it is paid, cancelled or times out; `amount` is its discount.",
        ),
        (
            "order.revised",
            "A placed order has another cart or other coupons: `sellers` and `amount`, its discount, are the new ones.",
        ),
        ("order.hold_extended", "A placed order may be paid until later."),
        ("order.retaken", "A payment came after the hold had run out, and all that the order had held was still free."),
        ("order.paid", "An order was paid: budgets are spent, the ledger is booked."),
        ("order.cancelled", "A whole order ended before payment: it was cancelled, or its hold ran out."),
        (
            "order.seller_cancelled",
            "The transaction of the one in `sellers` was cancelled before payment; the others stay.",
        ),
        ("order.transactions_closed", "The transactions of `sellers` are delivered and undisputed."),
        ("order.refunded", "Money went back by `refund`: `amount` is the cash."),
        (
            "campaign.coded",
            "A campaign's first codes were asked for: unless its terms name channels, it is given out by code alone from here on.",
        ),
        ("campaign.deleted", "A draft is gone, with its codes and jobs."),
        ("job.cancelled", "A job makes no more codes; those that it has made stay."),
        ("code.revoked", "A code can't be entered any more; coupons that were claimed with it stay."),
        (
            "campaign.grants_requested",
            "A campaign's coupons are being given to many accounts; each is a `coupon.claimed`.",
        ),
        ("order.metadata_changed", "An order's metadata was changed: `metadata` is all of it from here on."),
        ("refund.metadata_changed", "A refund's metadata was changed: `metadata` is all of it from here on."),
    ];
}

impl PartialSchema for EventType {
    fn schema() -> RefOr<Schema> {
        let meanings: Vec<&str> = Self::ALL.iter().map(|(_, meaning)| *meaning).collect();
        ObjectBuilder::new()
            .schema_type(Type::String)
            .enum_values(Some(Self::ALL.iter().map(|(name, _)| *name)))
            .description(Some("What happened. Types are appended, never renamed."))
            .extensions(Some(Extensions::from_iter([("x-enum-descriptions", serde_json::json!(meanings))])))
            .into()
    }
}

impl ToSchema for EventType {
    fn name() -> std::borrow::Cow<'static, str> {
        "EventType".into()
    }
}

/// What happened. Members that don't apply are left out.
#[derive(Serialize, ToSchema)]
#[schema(as = Event)]
pub struct EventDocument {
    pub id: EventId,
    #[schema(value_type = EventType)]
    pub r#type: &'static str,
    pub at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub campaign: Option<CampaignId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<AccountId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub coupon: Option<CouponId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order: Option<OrderId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refund: Option<RefundName>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sellers: Vec<SellerId>,
    /// The discount, or the cash of a refund.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amount: Option<Amount>,
    /// Where it was given or changed: as it was from then on, to an operator all of it, to others what they wrote.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Members>,
}

impl EventDocument {
    /// `None` for what is no business of the feed's readers: housekeeping, keys, idempotency.
    pub fn new(bucket: Bucket, recorded: &Recorded, reader: Option<&Writer>) -> Option<Self> {
        let mut document = Self {
            id: EventId::new(recorded.at, Slot::from_u16(bucket.get()), &mut Position(recorded.position)),
            r#type: recorded.event.type_name(),
            at: recorded.at,
            campaign: recorded.event.campaign(),
            account: recorded.event.account().cloned(),
            coupon: recorded.event.coupon(),
            order: recorded.event.order().cloned(),
            refund: None,
            sellers: Vec::new(),
            amount: None,
            metadata: None,
        };
        let shown = |metadata: &Metadata| Some(metadata.shown_to(reader));
        let given = |metadata: &Metadata| if metadata.is_empty() { None } else { shown(metadata) };
        match &recorded.event {
            Event::CampaignCreated { metadata, .. } | Event::CampaignChanged { metadata, .. } => {
                document.metadata = metadata.as_ref().and_then(shown);
            }
            Event::CampaignPublished { .. }
            | Event::CampaignPaused { .. }
            | Event::CampaignResumed { .. }
            | Event::CampaignEnded { .. }
            | Event::CampaignCoded { .. }
            | Event::CampaignDeleted { .. }
            | Event::JobCancelled { .. }
            | Event::SharedCodeAdded { .. }
            | Event::GrantsRequested { .. }
            | Event::CodeRevoked { .. }
            | Event::CodesRequested { .. }
            | Event::CouponClaimed { .. }
            | Event::CouponImported { .. }
            | Event::CouponUsed { .. }
            | Event::CouponReturned { .. }
            | Event::HoldExtended { .. }
            | Event::OrderPaid { .. }
            | Event::OrderRetaken { .. }
            | Event::OrderCancelled { .. } => {}
            Event::CouponHeld { discount, .. }
            | Event::CouponReleased { discount, .. }
            | Event::CouponVoided { discount, .. } => document.amount = Some(*discount),
            Event::OrderPlaced { order } => {
                document.sellers = order.transactions.iter().map(|t| t.seller.clone()).collect();
                document.amount = Some(order.figures().discount);
                document.metadata = given(&order.metadata);
            }
            Event::TransactionsClosed { sellers, .. } => document.sellers.clone_from(sellers),
            Event::SellerCancelled { seller, .. } => document.sellers = vec![seller.clone()],
            Event::OrderRevised { cart, coupons, .. } => {
                document.sellers = cart.sellers().into_iter().cloned().collect();
                document.amount = Some(coupons.iter().map(|coupon| coupon.applied.discount).sum());
            }
            Event::OrderRefunded { refund, .. } => {
                document.refund = Some(refund.id.clone());
                document.amount = Some(refund.amount);
                document.metadata = given(&refund.metadata);
            }
            Event::OrderMetadataChanged { metadata, .. } => document.metadata = shown(metadata),
            Event::RefundMetadataChanged { refund, metadata, .. } => {
                document.refund = Some(refund.clone());
                document.metadata = shown(metadata);
            }
            // Between buckets: no reader's business.
            Event::CampaignLearned { .. }
            | Event::QuotaGranted { .. }
            | Event::QuotaReceived { .. }
            | Event::QuotaReturned { .. }
            | Event::QuotaTakenBack { .. }
            | Event::CodeLeased { .. }
            | Event::CodeLearned { .. }
            | Event::LeaseClosed { .. }
            | Event::LeaseReleased { .. }
            | Event::LeaseConfirmed { .. }
            | Event::LeaseForgotten { .. }
            | Event::SharedCodeNoted { .. }
            | Event::SharedCodeCounted { .. }
            | Event::CodeRevokedHere { .. }
            | Event::AccountLinked { .. }
            | Event::UniqueCodesAdded { .. }
            | Event::CouponsArchived { .. }
            | Event::DiscountFunded { .. }
            | Event::DiscountReversed { .. }
            | Event::SurplusBooked { .. }
            | Event::DueSwept { .. }
            | Event::KeysForgotten { .. }
            | Event::KeyUsed { .. }
            | Event::ApiKeyCreated { .. }
            | Event::ApiKeyRevoked { .. }
            | Event::ApiKeyMetadataChanged { .. }
            | Event::ApiKeySeen { .. } => return None,
        }
        Some(document)
    }
}

/// An event's id is its time and place in the journal: the same whenever it is asked for.
struct Position(u64);

impl IdSource for Position {
    fn random(&mut self) -> u64 {
        self.0
    }
}
