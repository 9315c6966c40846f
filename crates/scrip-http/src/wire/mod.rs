//! The JSON of requests and answers. Terms, lines and shipping are data and have one definition, in the core.

mod attempt;
mod campaign;
mod cart;
mod coupon;
mod event;
mod key;
mod ledger;
mod list;
mod order;
mod problem;
mod quote;
mod refund;

pub use attempt::{AttemptDocument, AttemptReason, SeenCodeDocument};
pub use campaign::{
    CampaignDocument, CodesRequest, CountersDocument, DistributionDocument, GrantDocument, GrantsRequest, JobDocument,
    JobStatus, OfferDocument, SharedCodeDocument,
};
pub(crate) use cart::entered_codes;
pub use cart::{CartDocument, EnteredCode, UseDocument};
pub use coupon::{BatchClaim, BatchClaims, BatchResult, BatchResults, ClaimRequest, CouponDocument, SummaryDocument};
pub use event::EventDocument;
pub use key::{KeyDocument, KeyRequest, NewKeyDocument, TokenDocument, TokenRequest};
pub use ledger::{LedgerEntryDocument, PostingDocument};
pub use list::ListDocument;
pub use order::{
    ExtendRequest, NothingRequest, OrderDocument, OrderRequest, ReviseRequest, SellerRequest, TransactionDocument,
};
pub use problem::{ProblemDocument, ProblemError, ReasonDocument};
pub use quote::{
    AppliedDocument, FundingDocument, LineDocument, NotAppliedDocument, QuoteDocument, QuoteRequest, SellerDocument,
    ShareDocument, ShippingShareDocument, UnitsDocument,
};
pub use refund::{RefundCouponDocument, RefundDocument, RefundLineDocument, RefundRequest, RefundShippingDocument};
