//! The JSON of requests and answers. Terms, lines and shipping are data and have one definition, in the core.

mod attempt;
mod campaign;
mod cart;
mod coupon;
mod currency;
mod event;
mod key;
mod ledger;
mod list;
mod order;
mod problem;
mod quote;
mod refund;
mod seller;

pub use attempt::{AttemptDocument, AttemptReason, AttemptSearch, SeenCodeDocument};
pub use campaign::{
    CampaignDocument, CampaignRequest, CodeDocument, CodesRequest, CountersDocument, DistributionDocument,
    GrantDocument, GrantsRequest, JobDocument, JobStatus, KindOfCode, OfferDocument, SharedCodeDocument, WarningCode,
    WarningDocument,
};
pub use cart::{CartDocument, EnteredCode, NewCodeText, UseDocument};
pub use coupon::{BatchClaim, BatchClaims, BatchResult, BatchResults, ClaimRequest, CouponDocument, SummaryDocument};
pub use currency::{CurrenciesDocument, CurrencyDocument, CurrencyStatus};
pub use event::{EventDocument, EventType, FeedDocument};
pub use key::{KeyDocument, KeyPatch, KeyRequest, KeyRole, NewKeyDocument, TokenDocument, TokenRequest};
pub use ledger::{LedgerEntryDocument, PostingDocument};
pub use list::ListDocument;
pub use order::{
    ExtendRequest, NothingRequest, OrderDocument, OrderPatch, OrderRequest, ReviseRequest, SellerRequest,
    TransactionDocument,
};
pub use problem::{ProblemDocument, ProblemError, ReasonCode, ReasonDocument, ReasonParameters};
pub use quote::{
    AppliedDocument, FundingDocument, LineDocument, Names, NotAppliedDocument, QuoteDocument, QuoteRequest,
    SellerDocument, ShareDocument, ShippingShareDocument, UnitsDocument,
};
pub use refund::{
    RefundCouponDocument, RefundDocument, RefundLineDocument, RefundPatch, RefundRequest, RefundShippingDocument,
};
pub use seller::{LimitDocument, SellerLimitsDocument};
