//! What a caller may do, once: who calls, what exists for whom, what each may take up, and one function an operation. HTTP,
//! the console and the command line parse, call one of these and shape its answer.

mod about;
mod announced;
mod attempts;
mod bounds;
mod caller;
mod channels;
mod counted;
mod desk;
mod done;
mod guesses;
mod guessing;
mod idempotency;
mod keys;
mod network;
mod not_done;
mod operation;
mod operations;
mod page;
mod sellers;
mod tokens;
mod visibility;

pub use about::About;
pub use announced::announce_metrics;
pub use attempts::{Attempt, AttemptFilter};
pub use bounds::{AtOnce, AttemptLimits, BulkLimits, Concurrent, ExportLimits, Share, Shares, Sides, WaitLimits};
pub use caller::{Caller, ShopperAddress};
pub use channels::may_name;
pub use desk::{Desk, DeskOptions};
pub use done::{Done, Listed};
pub use guesses::GuessLimits;
pub use idempotency::{IdempotencyKey, hash};
pub use keys::{NewKey, new_key};
pub use network::Network;
pub use not_done::NotDone;
pub use operation::{Access, Operation, ROLES};
pub use operations::{
    campaigns::{CampaignFilter, CountedCampaign, NewCampaign},
    checkouts::{Checkout, NewOrder},
    claims::{OwnedCoupon, Wanted},
    codes::{AfterCode, BegunExport, ExportedCode, NewSharedCode, NewUniqueCodes, SharedCode},
    coupons::{AfterCoupon, CouponCounts, CouponFilter, CouponOrder},
    events::{Feed, FeedFilter, Told},
    grants::{CLOSED, Grants},
    imports::{Imported, OldCampaign, OldCampaignStatus, OldCoupon, OldStatus},
    jobs::JobOf,
    keys::{KeyWanted, MadeKey, UsedKey},
    many_claims::{Claimed, ListedClaim},
    offers::{Offer, OfferFilter},
    orders::{AfterOrder, OrderFilter, check_hold},
    refunds::{ListedRefunds, NewRefund, RefundOfOrder},
};
pub use sellers::{SellerLimit, SellerLimits};

// What answers are made of that the engine and the store name.
pub use scrip_engine::{EngineError, KnownKey, QuoteAnswer, SellerUse, Use, fill_random, shown};
pub use scrip_store::people::{DistributionRow, LedgerEntryRow};
