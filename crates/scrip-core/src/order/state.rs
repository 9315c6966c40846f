use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

use super::{Figures, LineMoney, Refund, RefundedOrder, figures::figures_without};
use crate::{
    campaign::Channel,
    cart::Cart,
    discount::Applied,
    id::{CampaignId, CodeHash, CouponId},
    metadata::Metadata,
    money::Amount,
    name::{AccountId, OrderId, RefundName, SellerId, SourceName},
    reason::{Reason, Refusal},
    status::OrderStatus,
    time::Timestamp,
};

/// Events of an order before payment, until which it may be revised or held longer. It keeps the position of each in the journal.
pub const ORDER_EVENTS_MAX: usize = 1_000;

/// One checkout of one account.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(map)]
pub struct Order {
    #[n(0)]
    pub account: AccountId,
    #[n(1)]
    pub id: OrderId,
    /// All lines, those of sellers cancelled before payment too.
    #[n(2)]
    pub cart: Cart,
    /// In the order of application; also those that came off.
    #[n(3)]
    pub coupons: Vec<OrderCoupon>,
    #[n(4)]
    pub stage: OrderStage,
    #[n(5)]
    pub placed_at: Timestamp,
    #[n(6)]
    pub hold_expires_at: Timestamp,
    #[n(7)]
    pub paid_at: Option<Timestamp>,
    /// In the order of the sellers' first lines.
    #[n(8)]
    pub transactions: Vec<Transaction>,
    /// Like the cart's lines.
    #[n(9)]
    pub lines: Vec<LineMoney>,
    /// Like the transactions.
    #[n(10)]
    pub shipping: Vec<ShippingMoney>,
    #[n(11)]
    pub refunds: Vec<Refund>,
    /// Of the request, to tell a repetition from another order under the same id.
    #[cbor(n(12), with = "minicbor::bytes")]
    pub fingerprint: [u8; 16],
    /// Where in the journal its events are, so that an old answer can be given again; without those of refunds on pages.
    #[n(13)]
    pub events: Vec<u64>,
    /// How many refunds each page has that follows those in `refunds`.
    #[cbor(n(50), skip_if = "Vec::is_empty", default)]
    pub refund_pages: Vec<u8>,
    /// What the refunds on pages reversed of each campaign's discount.
    #[cbor(n(51), skip_if = "Vec::is_empty", default)]
    pub reversed_on_pages: Vec<(CampaignId, Amount)>,
    /// What integrators attached to it.
    #[cbor(n(80), skip_if = "Metadata::is_empty", default)]
    pub metadata: Metadata,
    /// How often that, or a refund's, was changed.
    #[cbor(n(81), skip_if = "crate::stored::is_none_yet", default)]
    pub metadata_changes: u32,
}

/// A coupon on an order.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(map)]
pub struct OrderCoupon {
    /// `applied.coupon` is always there.
    #[n(0)]
    pub applied: Applied,
    #[n(1)]
    pub expires_at: Timestamp,
    /// The code that was used directly.
    #[n(2)]
    pub direct_code: Option<CodeHash>,
    #[n(3)]
    pub state: OrderCouponState,
    /// The page of history that has the coupon once it was used.
    #[n(4)]
    pub history_page: Option<u32>,
    /// How the coupon came to its holder, for reports.
    #[n(5)]
    pub channel: Channel,
    #[n(6)]
    pub source: Option<SourceName>,
}

/// What became of a coupon on an order. It comes back at most once for a given order.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(index_only)]
pub enum OrderCouponState {
    #[n(0)]
    Held,
    #[n(1)]
    Used,
    /// Came back by a refund.
    #[n(2)]
    Returned,
    /// Came off before payment while the order went on; not part of its figures.
    #[n(3)]
    Released,
    /// Came off with the whole order, as it was cancelled or its hold ran out: still in its figures, which a late payment
    /// takes up again.
    #[n(4)]
    Lapsed,
}

/// What was last done with the order.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(index_only)]
pub enum OrderStage {
    #[n(0)]
    Placed,
    #[n(1)]
    Paid,
    /// Cancelled before payment, by a command.
    #[n(2)]
    Cancelled,
    /// Cancelled because its hold ran out. Its transactions stay as they were, for a payment that comes late.
    #[n(3)]
    TimedOut,
}

/// One seller's part of an order.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(map)]
pub struct Transaction {
    #[n(0)]
    pub seller: SellerId,
    #[n(1)]
    pub state: TransactionState,
    /// Cancelled before payment while other sellers stayed: it keeps its place, with amounts 0.
    #[cbor(n(50), skip_if = "crate::stored::is_false", default)]
    pub gone: bool,
}

/// `open → closed | refunded | cancelled`
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[cbor(index_only)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub enum TransactionState {
    #[n(0)]
    Open,
    #[n(1)]
    Closed,
    #[n(2)]
    Refunded,
    #[n(3)]
    Cancelled,
}

/// One seller's shipping: what was given back.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Encode, Decode)]
#[cbor(map)]
pub struct ShippingMoney {
    #[n(0)]
    pub cash: Amount,
    /// All of it, so that its discounts are reversed whole: also where nothing was paid.
    #[n(1)]
    pub done: bool,
}

/// One transaction for each seller, in the order of their first lines.
pub(crate) fn open_transactions(sellers: &[&SellerId]) -> Vec<Transaction> {
    let open =
        |seller: &&SellerId| Transaction { seller: (*seller).clone(), state: TransactionState::Open, gone: false };
    sellers.iter().map(open).collect()
}

impl OrderCoupon {
    pub fn id(&self) -> CouponId {
        self.applied.coupon.expect("a coupon on an order has its id")
    }

    /// Whether the order's figures contain it.
    pub fn counts(&self) -> bool {
        self.state != OrderCouponState::Released
    }

    /// Sellers whose transactions it discounts.
    pub fn discounts(&self, order: &Order, seller: &SellerId) -> bool {
        let goods =
            self.applied.shares.iter().any(|share| order.cart.lines()[usize::from(share.line)].seller == *seller);
        goods || self.applied.shipping_shares.iter().any(|share| share.seller == *seller)
    }
}

impl Order {
    /// From its hold's end every reader treats an unpaid order as cancelled, whether or not anybody has written that down.
    pub fn has_lapsed(&self, now: Timestamp) -> bool {
        self.stage == OrderStage::Placed && now >= self.hold_expires_at
    }

    pub fn status(&self, now: Timestamp) -> OrderStatus {
        match self.stage {
            OrderStage::Placed if now < self.hold_expires_at => OrderStatus::Placed,
            OrderStage::Placed | OrderStage::Cancelled | OrderStage::TimedOut => OrderStatus::Cancelled,
            OrderStage::Paid if self.transactions.iter().any(|t| t.state == TransactionState::Open) => {
                OrderStatus::Paid
            }
            OrderStage::Paid if self.transactions.iter().all(|t| t.state == TransactionState::Cancelled) => {
                OrderStatus::Cancelled
            }
            OrderStage::Paid => OrderStatus::Closed,
        }
    }

    /// A timed out order's are cancelled, whatever a late payment would find.
    pub fn transaction_state(&self, index: usize, now: Timestamp) -> TransactionState {
        if self.has_lapsed(now) || self.stage == OrderStage::TimedOut {
            TransactionState::Cancelled
        } else {
            self.transactions[index].state
        }
    }

    /// Whether it was paid after its hold had run out.
    pub fn was_paid_late(&self) -> bool {
        self.paid_at.is_some_and(|paid_at| paid_at >= self.hold_expires_at)
    }

    /// Whether the coupon was used on it, and has stayed so.
    pub fn has_used(&self, coupon: CouponId) -> bool {
        self.coupons.iter().any(|used| used.id() == coupon && used.state == OrderCouponState::Used)
    }

    pub fn transaction_of(&self, seller: &SellerId) -> Option<usize> {
        self.transactions.iter().position(|transaction| transaction.seller == *seller)
    }

    /// Coupons that the order's figures contain, in the order of application.
    pub fn applied(&self) -> impl Iterator<Item = &Applied> + Clone {
        self.coupons.iter().filter(|coupon| coupon.counts()).map(|coupon| &coupon.applied)
    }

    /// What the order comes to. A seller cancelled before payment while others stayed keeps its place, with amounts 0; an
    /// order that was cancelled or timed out whole keeps the figures that it had.
    ///
    /// Shape: at every event Σ sellers = Σ lines + shipping = the order's own. Source: rules, the refund matrix.
    pub fn figures(&self) -> Figures {
        figures_without(&self.cart, self.applied(), |seller| self.is_gone(seller))
    }

    /// Whether the seller was cancelled before payment while others stayed.
    pub fn is_gone(&self, seller: &SellerId) -> bool {
        let counts = scrip_faults::is(scrip_faults::Fault::GoneSellerCounts);
        self.transactions.iter().any(|transaction| transaction.gone && !counts && transaction.seller == *seller)
    }

    fn is_line_gone(&self, line: usize) -> bool {
        self.is_gone(&self.cart.lines()[line].seller)
    }

    /// What was paid for a line in all.
    pub fn paid_for_line(&self, line: usize) -> Amount {
        if self.is_line_gone(line) {
            return Amount::ZERO;
        }
        self.cart.lines()[line].amount() - self.discount_of_line(line)
    }

    pub fn discount_of_line(&self, line: usize) -> Amount {
        if self.is_line_gone(line) {
            return Amount::ZERO;
        }
        self.applied().filter_map(|applied| applied.share_of_line(line)).map(|share| share.amount).sum()
    }

    /// What was paid for one seller's shipping in all.
    pub fn paid_for_shipping(&self, seller: &SellerId) -> Amount {
        if self.is_gone(seller) {
            return Amount::ZERO;
        }
        let shares =
            self.applied().flat_map(|applied| &applied.shipping_shares).filter(|share| share.seller == *seller);
        self.cart.shipping_of(seller) - shares.map(|share| share.amount).sum()
    }

    fn was_cancelled_unpaid(&self, line: usize) -> bool {
        let seller = &self.cart.lines()[line].seller;
        self.transactions
            .iter()
            .any(|transaction| transaction.seller == *seller && transaction.state == TransactionState::Cancelled)
            && self.lines[line].units == 0
    }

    /// Units of a line that can still be refunded.
    pub fn units_left(&self, line: usize) -> u32 {
        if self.was_cancelled_unpaid(line) { 0 } else { self.cart.lines()[line].quantity - self.lines[line].units }
    }

    pub fn refunded(&self) -> RefundedOrder {
        if self.refunds.is_empty() {
            RefundedOrder::None
        } else if (0..self.lines.len()).all(|line| self.units_left(line) == 0) {
            RefundedOrder::Full
        } else {
            RefundedOrder::Partial
        }
    }

    /// Whether a refund gives something back of a seller's lines or shipping.
    pub fn refunds_something_of(&self, seller: &SellerId, refund: &Refund) -> bool {
        let own = |line: u16| self.cart.lines()[usize::from(line)].seller == *seller;
        refund.lines.iter().any(|part| own(part.line))
            || refund.amounts.iter().any(|part| own(part.line))
            || refund.shipping.iter().any(|part| part.seller == *seller)
    }

    /// One of those that stand in the order itself.
    pub fn refund(&self, id: &RefundName) -> Option<&Refund> {
        self.refunds.iter().find(|refund| refund.id == *id)
    }

    /// Whether every transaction that the coupon discounts has ended.
    pub fn has_ended_for(&self, coupon: &OrderCoupon) -> bool {
        self.transactions.iter().all(|transaction| {
            transaction.state != TransactionState::Open || !coupon.discounts(self, &transaction.seller)
        })
    }

    /// Whether all shipping that the coupon discounts has been refunded.
    pub fn shipping_came_back(&self, coupon: &OrderCoupon) -> bool {
        coupon.applied.shipping_shares.iter().all(|share| {
            self.transaction_of(&share.seller).is_some_and(|index| {
                self.shipping[index].done || self.transactions[index].state == TransactionState::Cancelled
            })
        })
    }

    /// Whether it may be revised or held longer once more.
    ///
    /// Errors: `limit_reached` after [`ORDER_EVENTS_MAX`] events.
    pub fn may_change(&self) -> Result<(), Refusal> {
        if self.events.len() < ORDER_EVENTS_MAX {
            return Ok(());
        }
        Err(Reason::LimitReached { limit: ORDER_EVENTS_MAX as u64, of: "changes" }.into())
    }
}
