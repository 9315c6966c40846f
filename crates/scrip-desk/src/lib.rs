//! What a caller may do, once: who calls, what exists for whom, what each may take up, and one function an operation. HTTP,
//! the console and the command line parse, call one of these and shape its answer.

mod announced;
mod attempts;
mod bounds;
mod callers;
mod counted;
mod desk;
mod done;
mod guessing;
mod idempotency;
mod not_done;
mod operations;
mod page;
mod rights;
mod visibility;

pub use announced::announce_metrics;
pub use attempts::{About, Attempt, AttemptFilter, AttemptLimits};
pub use bounds::{
    AtOnce, BulkLimits, Concurrent, ExportLimits, SellerLimit, SellerLimits, Share, Shares, Sides, WaitLimits,
};
pub use callers::{Caller, Network, ShopperAddress};
pub use desk::{Desk, DeskOptions};
pub use done::{Done, Listed};
pub use guessing::GuessLimits;
pub use idempotency::{IdempotencyKey, hash};
pub use not_done::NotDone;
pub use operations::{
    campaigns::{CampaignFilter, NewCampaign},
    checkouts::{Checkout, NewOrder},
    claims::{OwnedCoupon, Wanted},
    codes::{AfterCode, BegunExport, ExportedCode, NewSharedCode, NewUniqueCodes, SharedCode},
    coupons::{AfterCoupon, CouponCounts, CouponFilter, CouponOrder},
    events::{Feed, FeedFilter, Told},
    grants::{CLOSED, Grants},
    imports::{Imported, OldCampaign, OldCampaignStatus, OldCoupon, OldStatus},
    jobs::JobOf,
    keys::{KeyWanted, MadeKey, NewKey, UsedKey, new_key},
    many_claims::{Claimed, ListedClaim, Refused},
    offers::{Offer, OfferFilter},
    orders::{AfterOrder, OrderFilter, check_hold},
    refunds::NewRefund,
};
pub use rights::{Access, Operation, ROLES, may_name};
pub use visibility::{BudgetUse, SeenCampaign, SeenOrder, SeenRefund};

// What answers are made of that the engine and the store name.
pub use scrip_engine::{EngineError, KnownKey, QuoteAnswer, SellerUse, Use, fill_random, shown};
pub use scrip_store::people::{DistributionRow, LedgerEntryRow};
