use axum::http::StatusCode;
use scrip_core::reason::{Reason, Refusal};

/// The one place where a reason gets its status: 409 where time may change the answer, 422 where the rules refuse.
pub const fn status_of(reason: &Reason) -> StatusCode {
    match reason {
        Reason::InvalidJson | Reason::InvalidField { .. } | Reason::UnknownField | Reason::UnknownParameter => {
            StatusCode::BAD_REQUEST
        }
        Reason::Unauthenticated => StatusCode::UNAUTHORIZED,
        Reason::Forbidden | Reason::ChannelNotAllowed => StatusCode::FORBIDDEN,
        Reason::NotFound | Reason::CampaignNotFound => StatusCode::NOT_FOUND,
        Reason::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
        Reason::PreconditionFailed => StatusCode::PRECONDITION_FAILED,
        Reason::PayloadTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        Reason::RequestTimeout => StatusCode::REQUEST_TIMEOUT,
        Reason::PreconditionRequired => StatusCode::PRECONDITION_REQUIRED,
        Reason::TooManyAttempts { .. } | Reason::RateLimited => StatusCode::TOO_MANY_REQUESTS,
        Reason::StoreUnavailable => StatusCode::SERVICE_UNAVAILABLE,
        Reason::InternalFault => StatusCode::INTERNAL_SERVER_ERROR,
        Reason::CouponOnOrder { .. }
        | Reason::CouponUsed
        | Reason::CampaignBudgetExhausted { .. }
        | Reason::QuoteChanged { .. }
        | Reason::HoldExpired { .. }
        | Reason::OrderExists
        | Reason::OrderStateForbids { .. }
        | Reason::CampaignNotLive { .. }
        | Reason::ClaimsNotOpen { .. }
        | Reason::SoldOut
        | Reason::IndividualLimitReached { .. }
        | Reason::WalletFull { .. }
        | Reason::CodeUsesExhausted
        | Reason::CodeUsed
        | Reason::CodeRevoked
        | Reason::CodeExpired
        | Reason::OrderNotPaid
        | Reason::RefundExists
        | Reason::CampaignStateForbids { .. }
        | Reason::LimitReached { .. }
        | Reason::MetadataKeyTaken
        | Reason::CodeExists => StatusCode::CONFLICT,
        Reason::CouponNotFound
        | Reason::CouponReclaimed
        | Reason::CouponFrozen
        | Reason::CouponExpired { .. }
        | Reason::NotStarted { .. }
        | Reason::CampaignPaused
        | Reason::CurrencyMismatch { .. }
        | Reason::SellerNotInCart { .. }
        | Reason::NoEligibleLine { .. }
        | Reason::MinimumSpendNotMet { .. }
        | Reason::ConditionNotMet { .. }
        | Reason::ExclusiveCouponApplied { .. }
        | Reason::StackingGroupTaken { .. }
        | Reason::NothingLeftToDiscount
        | Reason::NotInBestCombination
        | Reason::ChannelNotOffered
        | Reason::CodeNotUsable
        | Reason::UnitsAlreadyRefunded { .. }
        | Reason::AmountExceedsPaid { .. }
        | Reason::NotInOrder { .. }
        | Reason::ValidityIsFixed
        | Reason::TermsAreFrozen
        | Reason::LimitMayOnlyGrow
        | Reason::FunderNotAgreed
        | Reason::BudgetRequired
        | Reason::ValidityOver
        | Reason::AmountOutOfRange
        | Reason::IdempotencyKeyReused => StatusCode::UNPROCESSABLE_ENTITY,
    }
}

/// A refusal's status: its first reason's, but 422 if any reason of several is.
pub(crate) fn status_of_refusal(refusal: &Refusal) -> StatusCode {
    let first = status_of(refusal.first());
    let unprocessable = refusal.errors.iter().any(|error| status_of(&error.reason) == StatusCode::UNPROCESSABLE_ENTITY);
    if first == StatusCode::CONFLICT && unprocessable { StatusCode::UNPROCESSABLE_ENTITY } else { first }
}
