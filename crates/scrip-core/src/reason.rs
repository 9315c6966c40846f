//! The closed list of reasons: every "no" that Scrip can say, with its stable code and parameters.
//!
//! Append, never rename. A reason is one line here; its JSON, its text and the reference page follow from it.

use std::fmt;

use serde::Serialize;

use crate::{
    id::CouponId,
    minimum_spend::MinimumSpendBase,
    money::{Amount, Currency},
    name::{LineId, OrderId, SellerId},
    status::{CampaignStatus, OrderStatus, PausedBy},
    time::Timestamp,
};

macro_rules! reasons {
    ($($(#[$doc:meta])* $name:ident $({ $($field:ident: $type:ty),* })? = $code:literal, $text:literal;)*) => {
        /// Why not. Serialised as its code and parameters: `{"code":"minimum_spend_not_met","missing":1201,…}`.
        #[derive(Clone, PartialEq, Eq, Debug, Serialize)]
        #[serde(tag = "code", rename_all = "snake_case")]
        pub enum Reason {
            $($(#[$doc])* $name $({ $(#[serde(skip_serializing_if = "Skip::skip")] $field: $type),* })?,)*
        }

        impl Reason {
            /// The stable code.
            pub const fn code(&self) -> &'static str {
                match self { $(Self::$name { .. } => $code,)* }
            }

            /// Every code with its text, in order, for the reference and for the test that none changes.
            pub const ALL: &[(&str, &str)] = &[$(($code, $text)),*];

            /// Every code's parameters: name and Rust type, for the contract's document.
            pub const PARAMETERS: &[(&str, &[(&str, &str)])] =
                &[$(($code, &[$($((stringify!($field), stringify!($type))),*)?])),*];
        }

        impl fmt::Display for Reason {
            #[expect(unused_variables, reason = "not every text shows every parameter")]
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self { $(Self::$name $({ $($field),* })? => write!(f, $text),)* }
            }
        }
    };
}

reasons! {
    // A coupon in a quote, in the order in which they are given.
    CouponNotFound = "coupon_not_found", "There is no such coupon in this account's wallet.";
    CouponReclaimed = "coupon_reclaimed", "The coupon was reclaimed.";
    CouponFrozen = "coupon_frozen", "The coupon is frozen by an open case.";
    CouponUsed = "coupon_used", "The coupon was used on an order before.";
    CouponOnOrder { order: OrderId } = "coupon_on_order", "The coupon is on order {order}, whose transactions are not closed yet.";
    CouponExpired { expires_at: Timestamp } = "coupon_expired", "The coupon expired at {expires_at}.";
    NotStarted { starts_at: Timestamp } = "not_started", "The coupon can be used from {starts_at}.";
    CampaignPaused = "campaign_paused", "The coupon's campaign is paused.";
    CurrencyMismatch { coupon: Currency, cart: Currency } = "currency_mismatch", "The coupon is in {coupon}, the cart in {cart}.";
    SellerNotInCart { seller: SellerId } = "seller_not_in_cart", "The cart has nothing from {seller}, whose coupon this is.";
    NoEligibleLine { because: NotEligible } = "no_eligible_line", "No line of the cart can be discounted by this coupon ({because}).";
    MinimumSpendNotMet { missing: Amount, amount: Amount, base: MinimumSpendBase } = "minimum_spend_not_met", "The eligible amount is {missing} minor units short of the minimum purchase.";
    ConditionNotMet { condition: &'static str } = "condition_not_met", "The condition {condition} is not met.";
    CampaignBudgetExhausted { left: Amount } = "campaign_budget_exhausted", "The discount exceeds the {left} minor units that are left of the campaign's budget.";
    ExclusiveCouponApplied { coupon: UsedBy } = "exclusive_coupon_applied", "An exclusive coupon can't be combined, and {coupon} is applied.";
    StackingGroupTaken { coupon: UsedBy } = "stacking_group_taken", "Only one coupon of this kind can be used here, and {coupon} is applied.";
    NothingLeftToDiscount = "nothing_left_to_discount", "Earlier coupons leave nothing that this one could discount.";
    NotInBestCombination = "not_in_best_combination", "Other coupons save more together.";

    // Orders.
    QuoteChanged { expected: Amount, discount: Amount } = "quote_changed", "The discount is {discount}, not the expected {expected} minor units.";
    HoldExpired { gone: Option<Gone>, coupon: Option<UsedBy> } = "hold_expired", "The order's hold ran out before it was paid, and what it held can't be taken again.";
    OrderExists = "order_exists", "This account already has an order of this id with another content.";
    OrderStateForbids { order_status: OrderStatus } = "order_state", "The order is {order_status}, which doesn't allow this.";

    // Claims and codes.
    CampaignNotFound = "campaign_not_found", "There is no such campaign.";
    CampaignNotLive { campaign_status: CampaignStatus } = "campaign_not_live", "The campaign is {campaign_status}, so it gives out no coupons.";
    ClaimsNotOpen { starts_at: Option<Timestamp>, ends_at: Option<Timestamp> } = "claims_not_open", "The campaign gives out no coupons at this time.";
    ChannelNotAllowed = "channel_not_allowed", "This caller may not name this channel or source.";
    ChannelNotOffered = "channel_not_offered", "The campaign isn't offered on this channel.";
    SoldOut = "sold_out", "All coupons of the campaign are given out.";
    IndividualLimitReached { limit: u32 } = "individual_limit_reached", "A person gets at most {limit} of this campaign's coupons.";
    WalletFull { limit: u32 } = "wallet_full", "The wallet holds its {limit} coupons already.";
    CodeNotUsable = "code_not_usable", "This code can't be used.";
    CodeUsesExhausted = "code_uses_exhausted", "The code has been used as often as it may be.";
    CodeUsed = "code_used", "You have used this code already.";
    CodeRevoked = "code_revoked", "The code was revoked.";
    CodeExpired = "code_expired", "The code's coupon can't be used any more.";
    TooManyAttempts { limit: u32 } = "too_many_attempts", "More than {limit} wrong codes lately; try again later.";

    // Refunds.
    OrderNotPaid = "order_not_paid", "The order isn't paid, so there is nothing to refund.";
    UnitsAlreadyRefunded { line: LineId, left: u32 } = "units_already_refunded", "Line {line} has {left} units left to refund.";
    AmountExceedsPaid { left: Amount } = "amount_exceeds_paid", "At most {left} minor units of what was paid are left.";
    RefundExists = "refund_exists", "This order already has a refund of this id with another content.";
    NotInOrder { line: Option<LineId>, seller: Option<SellerId> } = "not_in_order", "The order has no such line or seller.";

    // Terms.
    ValidityIsFixed = "validity_is_fixed", "The validity of published coupons can't be changed.";
    TermsAreFrozen = "terms_are_frozen", "The terms are frozen since the campaign was published.";
    LimitMayOnlyGrow = "limit_may_only_grow", "A published limit may only grow.";
    FunderNotAgreed = "funder_not_agreed", "A campaign names only funders that agreed.";
    BudgetRequired = "budget_required", "Give a budget, or refuse one with \"unlimited\", before publishing.";
    /// `paused_by` where it is about resuming: whoever paused it resumes it, or somebody above.
    CampaignStateForbids { campaign_status: CampaignStatus, paused_by: Option<PausedBy> } = "campaign_state", "The campaign is {campaign_status}, which doesn't allow this.";
    CodeExists = "code_exists", "This code is taken.";
    ValidityOver = "validity_over", "The validity is over: nothing could be claimed or used any more.";
    MetadataKeyTaken = "metadata_key_taken", "Somebody else's metadata has this key; take another one.";
    LimitReached { limit: u64, of: &'static str } = "limit_reached", "The platform allows no more than {limit} ({of}).";

    // General.
    InvalidJson = "invalid_json", "The body isn't JSON.";
    InvalidField { limit: Option<i64>, allowed: Option<String> } = "invalid_field", "A field has a value that it can't have.";
    UnknownField = "unknown_field", "The object has no such field.";
    UnknownParameter = "unknown_parameter", "The operation has no such query parameter.";
    AmountOutOfRange = "amount_out_of_range", "Amounts add up to more than 10^15 minor units.";
    Unauthenticated = "unauthenticated", "Send a valid API key or shopper token as a bearer token.";
    Forbidden = "forbidden", "This caller may not do that.";
    NotFound = "not_found", "There is no such object.";
    MethodNotAllowed = "method_not_allowed", "This path doesn't take this method.";
    PayloadTooLarge = "payload_too_large", "The body is larger than 1 MiB.";
    PreconditionRequired = "precondition_required", "Send the campaign's ETag as If-Match.";
    PreconditionFailed = "precondition_failed", "The campaign has changed since that ETag.";
    IdempotencyKeyReused = "idempotency_key_reused", "This idempotency key was used for another command.";
    RateLimited = "rate_limited", "Too many requests; try again later.";
    StoreUnavailable = "store_unavailable", "The store can't take this now; asking again with the same key tells whether it was done.";
    InternalFault = "internal_fault", "Something failed unexpectedly here; asking again with the same key tells whether it was done. The request id finds it in the log.";
    /// A body that takes too long.
    RequestTimeout = "request_timeout", "The request's body didn't arrive in time; nothing was done.";
}

/// What may change that a reason is given, while the request stays the same.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ChangedBy {
    /// Nothing: only another request can be done.
    AnotherRequest,
    /// A step of the order, campaign or other object that the request is about. No other choice of coupons helps.
    ItsObject,
    /// The clock alone, or a limit in time.
    Time,
    /// Whatever others do to coupons, codes and campaigns: another choice of coupons may be free of it.
    OtherCommands,
    /// The same, and what other buckets give out or give back: it is exact only where the usage elsewhere was looked at.
    OtherBuckets,
}

impl Reason {
    /// What may change that the reason is given. A new reason has to say so here: sequencers, the exchange and the search before an
    /// order ask it.
    pub const fn changed_by(&self) -> ChangedBy {
        match self {
            Self::SoldOut
            | Self::IndividualLimitReached { .. }
            | Self::CodeUsesExhausted
            | Self::CampaignBudgetExhausted { .. }
            // It may be for any of these that a late payment finds gone what the order had held.
            | Self::HoldExpired { .. } => ChangedBy::OtherBuckets,

            Self::CouponNotFound
            | Self::CouponReclaimed
            | Self::CouponFrozen
            | Self::CouponUsed
            | Self::CouponOnOrder { .. }
            | Self::CampaignPaused
            | Self::CurrencyMismatch { .. }
            | Self::SellerNotInCart { .. }
            | Self::NoEligibleLine { .. }
            | Self::MinimumSpendNotMet { .. }
            | Self::ConditionNotMet { .. }
            | Self::ExclusiveCouponApplied { .. }
            | Self::StackingGroupTaken { .. }
            | Self::NothingLeftToDiscount
            | Self::NotInBestCombination
            | Self::CampaignNotFound
            | Self::CampaignNotLive { .. }
            | Self::ChannelNotOffered
            | Self::WalletFull { .. }
            | Self::CodeNotUsable
            | Self::CodeUsed
            | Self::CodeRevoked
            // Of a coupon: the counters of a campaign without a budget are full.
            | Self::AmountOutOfRange => ChangedBy::OtherCommands,

            Self::CouponExpired { .. }
            | Self::NotStarted { .. }
            | Self::ClaimsNotOpen { .. }
            | Self::CodeExpired
            | Self::TooManyAttempts { .. }
            | Self::RateLimited
            | Self::StoreUnavailable
            | Self::InternalFault
            | Self::RequestTimeout => ChangedBy::Time,

            Self::OrderExists
            | Self::OrderStateForbids { .. }
            | Self::OrderNotPaid
            | Self::UnitsAlreadyRefunded { .. }
            | Self::AmountExceedsPaid { .. }
            | Self::RefundExists
            | Self::CampaignStateForbids { .. }
            | Self::CodeExists
            | Self::MetadataKeyTaken
            | Self::LimitReached { .. }
            | Self::NotFound
            | Self::PreconditionFailed => ChangedBy::ItsObject,

            Self::QuoteChanged { .. }
            | Self::ChannelNotAllowed
            | Self::NotInOrder { .. }
            | Self::ValidityIsFixed
            | Self::TermsAreFrozen
            | Self::LimitMayOnlyGrow
            | Self::FunderNotAgreed
            | Self::BudgetRequired
            | Self::ValidityOver
            | Self::InvalidJson
            | Self::InvalidField { .. }
            | Self::UnknownField
            | Self::UnknownParameter
            | Self::Unauthenticated
            | Self::Forbidden
            | Self::MethodNotAllowed
            | Self::PayloadTooLarge
            | Self::PreconditionRequired
            | Self::IdempotencyKeyReused => ChangedBy::AnotherRequest,
        }
    }
}

/// Why a line isn't eligible for a coupon.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum NotEligible {
    OnSale,
    Scope,
    Excluded,
}

impl fmt::Display for NotEligible {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::OnSale => "on_sale",
            Self::Scope => "scope",
            Self::Excluded => "excluded",
        })
    }
}

/// A coupon of the wallet, or a code used directly: what stands in another's way.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize)]
#[serde(untagged)]
pub enum UsedBy {
    Coupon(CouponId),
    Code(String),
}

impl fmt::Display for UsedBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Coupon(coupon) => coupon.fmt(f),
            Self::Code(code) => write!(f, "code {code}"),
        }
    }
}

/// What of a timed out order is no longer free for a payment that comes late.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Gone {
    /// It came more than 30 days after the time-out.
    Time,
    /// The coupon is on another order, used or reclaimed.
    Coupon,
    /// The campaign's budget leaves less than the discount.
    Budget,
    /// Somebody else has the code's last use.
    CodeUses,
    /// The code was taken back.
    CodeRevoked,
    /// All coupons of the campaign are given out.
    Stock,
    /// The person has as many of the campaign's coupons as one may have.
    IndividualLimit,
}

/// Absent parameters are left out of the JSON.
trait Skip {
    fn skip(&self) -> bool {
        false
    }
}

impl<T> Skip for Option<T> {
    fn skip(&self) -> bool {
        self.is_none()
    }
}

macro_rules! always_given {
    ($($type:ty),*) => { $(impl Skip for $type {})* };
}
always_given!(
    Amount,
    CampaignStatus,
    Currency,
    LineId,
    MinimumSpendBase,
    NotEligible,
    OrderId,
    OrderStatus,
    SellerId,
    Timestamp,
    UsedBy,
    u32,
    u64,
    &'static str
);

/// A command that can't be done: it changed nothing. Never empty.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Refusal {
    pub errors: Vec<RefusalError>,
    /// What is to be said instead of the first reason's own text.
    pub detail: Option<String>,
}

/// One reason of a refusal and the part of the request that it is about, as a JSON pointer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RefusalError {
    pub pointer: Option<String>,
    pub reason: Reason,
}

impl Refusal {
    pub fn at(pointer: impl Into<String>, reason: Reason) -> Self {
        vec![RefusalError { pointer: Some(pointer.into()), reason }].into()
    }

    /// A value that isn't what it may be; `allowed` says what that is, as in "it must be …".
    pub fn invalid(pointer: impl Into<String>, allowed: impl Into<String>) -> Self {
        Self::at(pointer, Reason::InvalidField { limit: None, allowed: Some(allowed.into()) })
    }

    /// What an operator has to mend: `store_unavailable`, and what it is. Whoever asked reads the detail too.
    pub fn unavailable(detail: impl Into<String>) -> Self {
        Self { detail: Some(detail.into()), ..Reason::StoreUnavailable.into() }
    }

    /// Whether other buckets may have what this one lacks, for any of its reasons.
    pub fn is_changed_by_other_buckets(&self) -> bool {
        self.errors.iter().any(|error| error.reason.changed_by() == ChangedBy::OtherBuckets)
    }

    /// The first reason: the refusal's code.
    pub fn first(&self) -> &Reason {
        &self.errors[0].reason
    }
}

impl From<Reason> for Refusal {
    fn from(reason: Reason) -> Self {
        vec![RefusalError { pointer: None, reason }].into()
    }
}

/// Several reasons, the first of which is the refusal's code. Not for an empty list.
impl From<Vec<RefusalError>> for Refusal {
    fn from(errors: Vec<RefusalError>) -> Self {
        debug_assert!(!errors.is_empty(), "a refusal says why");
        Self { errors, detail: None }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.detail {
            Some(detail) => f.write_str(detail),
            None => self.first().fmt(f),
        }
    }
}

impl std::error::Error for Refusal {}
