//! What may change that a reason is given: the class of every one, and the three lists that were kept apart before there were classes.

use scrip_core::{
    minimum_spend::MinimumSpendBase,
    money::Currency,
    name::{LineId, OrderId, SellerId},
    reason::{
        ChangedBy::{self, AnotherRequest, ItsObject, OtherBuckets, OtherCommands, Time},
        NotEligible, Reason, UsedBy,
    },
    status::{CampaignStatus, OrderStatus},
};

use crate::build::amount;

fn classes() -> Vec<(Reason, ChangedBy)> {
    let (at, currency) = (scrip_core::time::Timestamp::from_micros(0), Currency::from_code("USD").expect("a currency"));
    let by = || UsedBy::Code("SAVE10".to_owned());
    let limit = 1;
    vec![
        (Reason::CouponNotFound, OtherCommands),
        (Reason::CouponReclaimed, OtherCommands),
        (Reason::CouponFrozen, OtherCommands),
        (Reason::CouponUsed, OtherCommands),
        (Reason::CouponOnOrder { order: OrderId::new("A-1").expect("a name") }, OtherCommands),
        (Reason::CouponExpired { expires_at: at }, Time),
        (Reason::NotStarted { starts_at: at }, Time),
        (Reason::CampaignPaused, OtherCommands),
        (Reason::CurrencyMismatch { coupon: currency, cart: currency }, OtherCommands),
        (Reason::SellerNotInCart { seller: SellerId::new("luma").expect("a name") }, OtherCommands),
        (Reason::NoEligibleLine { because: NotEligible::Scope }, OtherCommands),
        (
            Reason::MinimumSpendNotMet { missing: amount(1), amount: amount(2), base: MinimumSpendBase::default() },
            OtherCommands,
        ),
        (Reason::ConditionNotMet { condition: "" }, OtherCommands),
        (Reason::CampaignBudgetExhausted { left: amount(1) }, OtherBuckets),
        (Reason::ExclusiveCouponApplied { coupon: by() }, OtherCommands),
        (Reason::StackingGroupTaken { coupon: by() }, OtherCommands),
        (Reason::NothingLeftToDiscount, OtherCommands),
        (Reason::NotInBestCombination, OtherCommands),
        (Reason::QuoteChanged { expected: amount(1), discount: amount(2) }, AnotherRequest),
        (Reason::HoldExpired { gone: None, coupon: None }, OtherBuckets),
        (Reason::OrderExists, ItsObject),
        (Reason::OrderStateForbids { order_status: OrderStatus::Placed }, ItsObject),
        (Reason::CampaignNotFound, OtherCommands),
        (Reason::CampaignNotLive { campaign_status: CampaignStatus::Draft }, OtherCommands),
        (Reason::ClaimsNotOpen { starts_at: None, ends_at: None }, Time),
        (Reason::ChannelNotAllowed, AnotherRequest),
        (Reason::ChannelNotOffered, OtherCommands),
        (Reason::SoldOut, OtherBuckets),
        (Reason::IndividualLimitReached { limit }, OtherBuckets),
        (Reason::WalletFull { limit }, OtherCommands),
        (Reason::CodeNotUsable, OtherCommands),
        (Reason::CodeUsesExhausted, OtherBuckets),
        (Reason::CodeUsed, OtherCommands),
        (Reason::CodeRevoked, OtherCommands),
        (Reason::CodeExpired, Time),
        (Reason::TooManyAttempts { limit }, Time),
        (Reason::OrderNotPaid, ItsObject),
        (Reason::UnitsAlreadyRefunded { line: LineId::new("l-1").expect("a name"), left: 1 }, ItsObject),
        (Reason::AmountExceedsPaid { left: amount(1) }, ItsObject),
        (Reason::RefundExists, ItsObject),
        (Reason::NotInOrder { line: None, seller: None }, AnotherRequest),
        (Reason::ValidityIsFixed, AnotherRequest),
        (Reason::TermsAreFrozen, AnotherRequest),
        (Reason::LimitMayOnlyGrow, AnotherRequest),
        (Reason::FunderNotAgreed, AnotherRequest),
        (Reason::BudgetRequired, AnotherRequest),
        (Reason::CampaignStateForbids { campaign_status: CampaignStatus::Draft, paused_by: None }, ItsObject),
        (Reason::CodeExists, ItsObject),
        (Reason::ValidityOver, AnotherRequest),
        (Reason::MetadataKeyTaken, ItsObject),
        (Reason::LimitReached { limit: 1, of: "" }, ItsObject),
        (Reason::InvalidJson, AnotherRequest),
        (Reason::InvalidField { limit: None, allowed: None }, AnotherRequest),
        (Reason::UnknownField, AnotherRequest),
        (Reason::UnknownParameter, AnotherRequest),
        (Reason::AmountOutOfRange, OtherCommands),
        (Reason::Unauthenticated, AnotherRequest),
        (Reason::Forbidden, AnotherRequest),
        (Reason::NotFound, ItsObject),
        (Reason::MethodNotAllowed, AnotherRequest),
        (Reason::PayloadTooLarge, AnotherRequest),
        (Reason::PreconditionRequired, AnotherRequest),
        (Reason::PreconditionFailed, ItsObject),
        (Reason::IdempotencyKeyReused, AnotherRequest),
        (Reason::RateLimited, Time),
        (Reason::StoreUnavailable, Time),
        (Reason::InternalFault, Time),
        (Reason::RequestTimeout, Time),
    ]
}

#[test]
fn every_reason_says_what_may_change_it() {
    let classes = classes();
    let codes: Vec<&str> = classes.iter().map(|(reason, _)| reason.code()).collect();
    let all: Vec<&str> = Reason::ALL.iter().map(|(code, _)| *code).collect();
    assert_eq!(codes, all, "each once, in the order of the list");
    for (reason, class) in classes {
        assert_eq!(reason.changed_by(), class, "{}", reason.code());
    }
}

/// Sequencers and the exchange each had this list.
#[test]
fn the_reasons_that_other_buckets_change_are_those_of_ever() {
    let mut known =
        ["sold_out", "individual_limit_reached", "campaign_budget_exhausted", "code_uses_exhausted", "hold_expired"];
    let mut found = codes_of(&[OtherBuckets]);
    known.sort_unstable();
    found.sort_unstable();
    assert_eq!(found, known);
}

/// The search before an order listed what it does *not* search again for. Of all others a checkout can be refused for these alone.
#[test]
fn a_checkout_is_searched_again_for_the_same_reasons_as_ever() {
    let not_again =
        ["order_exists", "not_found", "order_state", "quote_changed", "idempotency_key_reused", "invalid_field"];
    let of_a_checkout = [
        "coupon_not_found",
        "coupon_reclaimed",
        "coupon_frozen",
        "coupon_used",
        "coupon_on_order",
        "coupon_expired",
        "not_started",
        "campaign_paused",
        "currency_mismatch",
        "seller_not_in_cart",
        "no_eligible_line",
        "minimum_spend_not_met",
        "condition_not_met",
        "campaign_budget_exhausted",
        "exclusive_coupon_applied",
        "stacking_group_taken",
        "nothing_left_to_discount",
        "not_in_best_combination",
        "hold_expired",
        "campaign_not_found",
        "campaign_not_live",
        "claims_not_open",
        "channel_not_offered",
        "sold_out",
        "individual_limit_reached",
        "wallet_full",
        "code_not_usable",
        "code_uses_exhausted",
        "code_used",
        "code_revoked",
        "code_expired",
        "amount_out_of_range",
        "store_unavailable",
    ];
    let again = codes_of(&[Time, OtherCommands, OtherBuckets]);
    assert!(of_a_checkout.iter().all(|code| again.contains(code)));
    assert!(not_again.iter().all(|code| !again.contains(code)));
}

fn codes_of(wanted: &[ChangedBy]) -> Vec<&'static str> {
    classes()
        .into_iter()
        .filter(|(reason, _)| wanted.contains(&reason.changed_by()))
        .map(|(reason, _)| reason.code())
        .collect()
}
