use scrip_core::name::SellerId;
use scrip_desk::{SellerLimits, SellerUse};
use serde::Serialize;
use utoipa::ToSchema;

/// What the platform lets a seller have, and what it has.
#[derive(Serialize, ToSchema)]
#[schema(as = SellerLimits)]
pub struct SellerLimitsDocument {
    pub seller: SellerId,
    /// Campaigns in all, whatever became of them.
    pub campaigns: LimitDocument,
    pub campaigns_draft: LimitDocument,
    /// Published, neither ended nor closed by the clock.
    pub campaigns_live: LimitDocument,
    /// Unique codes that it has asked for, made or to be made; those of deleted drafts too.
    pub codes: LimitDocument,
    /// Shared codes that it added, those that were taken back too.
    pub shared_codes: LimitDocument,
    /// Jobs that have codes to make.
    pub jobs: LimitDocument,
    /// Entries of the scopes of all its campaigns together, whatever became of them.
    pub scope_entries_in_all: LimitDocument,
    /// Unique codes of one campaign.
    pub codes_per_campaign: u64,
    /// Shared codes of one campaign.
    pub shared_codes_per_campaign: u64,
    /// Entries of all lists of one campaign's scope together.
    pub scope_entries: u64,
}

/// A limit and how much of it is used.
#[derive(Serialize, ToSchema)]
#[schema(as = Limit)]
pub struct LimitDocument {
    pub limit: u64,
    pub used: u64,
}

impl SellerLimitsDocument {
    pub fn new(seller: SellerId, limits: SellerLimits, used: SellerUse) -> Self {
        let limit = |limit, used| LimitDocument { limit, used };
        Self {
            seller,
            campaigns: limit(limits.campaigns, used.campaigns),
            campaigns_draft: limit(limits.campaigns_draft, used.drafts),
            campaigns_live: limit(limits.campaigns_live, used.live),
            codes: limit(limits.codes, used.codes),
            shared_codes: limit(limits.shared_codes, used.shared_codes),
            jobs: limit(limits.jobs, used.jobs),
            scope_entries_in_all: limit(limits.scope_entries_in_all, used.scope_entries),
            codes_per_campaign: limits.codes_per_campaign,
            shared_codes_per_campaign: limits.shared_codes_per_campaign,
            scope_entries: limits.scope_entries,
        }
    }
}
