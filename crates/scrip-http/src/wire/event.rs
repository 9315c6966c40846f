use scrip_core::{
    event::{Event, Recorded},
    id::{CampaignId, CouponId, EventId, IdSource},
    money::Amount,
    name::{AccountId, OrderId, RefundName, SellerId},
    slot::{Bucket, Slot},
    time::Timestamp,
};
use serde::Serialize;
use utoipa::ToSchema;

/// What happened. Members that don't apply are left out.
#[derive(Serialize, ToSchema)]
#[schema(as = Event)]
pub struct EventDocument {
    pub id: EventId,
    #[schema(value_type = String, example = "coupon.claimed")]
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
}

impl EventDocument {
    /// `None` for what is no business of the feed's readers: housekeeping, keys, idempotency.
    pub fn new(bucket: Bucket, recorded: &Recorded) -> Option<Self> {
        let mut document = Self {
            id: EventId::new(recorded.at, Slot::from_u16(bucket.get()), &mut Position(recorded.position)),
            r#type: recorded.event.type_name(),
            at: recorded.at,
            campaign: None,
            account: None,
            coupon: None,
            order: None,
            refund: None,
            sellers: Vec::new(),
            amount: None,
        };
        match &recorded.event {
            Event::CampaignCreated { campaign, .. }
            | Event::CampaignChanged { campaign, .. }
            | Event::CampaignPublished { campaign, .. }
            | Event::CampaignPaused { campaign, .. }
            | Event::CampaignResumed { campaign, .. }
            | Event::CampaignEnded { campaign, .. }
            | Event::SharedCodeAdded { campaign, .. }
            | Event::CodesRequested { campaign, .. } => document.campaign = Some(*campaign),
            Event::CouponClaimed { account, coupon, .. } | Event::CouponImported { account, coupon, .. } => {
                document.account = Some(account.clone());
                document.campaign = Some(coupon.campaign);
                document.coupon = Some(coupon.id);
            }
            Event::CouponHeld { account, coupon, order, campaign, discount, .. }
            | Event::CouponReleased { account, coupon, order, campaign, discount }
            | Event::CouponVoided { account, coupon, order, campaign, discount, .. } => {
                document.account = Some(account.clone());
                document.campaign = Some(*campaign);
                document.coupon = Some(*coupon);
                document.order = Some(order.clone());
                document.amount = Some(*discount);
            }
            Event::CouponUsed { account, coupon, order, campaign }
            | Event::CouponReturned { account, coupon, order, campaign } => {
                document.account = Some(account.clone());
                document.campaign = Some(*campaign);
                document.coupon = Some(*coupon);
                document.order = Some(order.clone());
            }
            Event::OrderPlaced { order } => {
                document.account = Some(order.account.clone());
                document.order = Some(order.id.clone());
                document.sellers = order.transactions.iter().map(|t| t.seller.clone()).collect();
                document.amount = Some(order.figures().discount);
            }
            Event::HoldExtended { account, order, .. }
            | Event::OrderPaid { account, order, .. }
            | Event::OrderRetaken { account, order, .. }
            | Event::OrderCancelled { account, order, .. } => {
                document.account = Some(account.clone());
                document.order = Some(order.clone());
            }
            Event::TransactionsClosed { account, order, sellers } => {
                document.account = Some(account.clone());
                document.order = Some(order.clone());
                document.sellers.clone_from(sellers);
            }
            Event::SellerCancelled { account, order, seller, .. } => {
                document.account = Some(account.clone());
                document.order = Some(order.clone());
                document.sellers = vec![seller.clone()];
            }
            Event::OrderRevised { account, order, cart, coupons } => {
                document.account = Some(account.clone());
                document.order = Some(order.clone());
                document.sellers = cart.sellers().into_iter().cloned().collect();
                document.amount = Some(coupons.iter().map(|coupon| coupon.applied.discount).sum());
            }
            Event::OrderRefunded { account, order, refund } => {
                document.account = Some(account.clone());
                document.order = Some(order.clone());
                document.refund = Some(refund.id.clone());
                document.amount = Some(refund.amount);
            }
            // Between buckets: no reader's business.
            Event::CampaignLearned { .. }
            | Event::AllowanceGranted { .. }
            | Event::AllowanceReceived { .. }
            | Event::AllowanceReturned { .. }
            | Event::AllowanceTakenBack { .. }
            | Event::CodeLent { .. }
            | Event::CodeLearned { .. }
            | Event::CodeClosed { .. }
            | Event::CodeReleased { .. }
            | Event::CodeSettled { .. }
            | Event::CodeForgotten { .. }
            | Event::SharedCodeNoted { .. }
            | Event::AccountLinked { .. }
            | Event::UniqueCodesAdded { .. }
            | Event::CouponsArchived { .. }
            | Event::DiscountFunded { .. }
            | Event::DiscountReversed { .. }
            | Event::SurplusBooked { .. }
            | Event::DueSwept { .. }
            | Event::KeyUsed { .. }
            | Event::ApiKeyCreated { .. }
            | Event::ApiKeyRevoked { .. } => return None,
        }
        Some(document)
    }

    /// For shops: without who it was.
    pub fn without_individuals(mut self) -> Self {
        self.account = None;
        self
    }
}

/// An event's id is its time and place in the journal: the same whenever it is asked for.
struct Position(u64);

impl IdSource for Position {
    fn random(&mut self) -> u64 {
        self.0
    }
}
