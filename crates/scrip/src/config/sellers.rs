use scrip_desk::{SellerLimit, SellerLimits};

use super::setting::{List, settings};

settings! {
    /// Sellers. What one may have: a seller's call beyond a limit is refused with `limit_reached`, operators' calls are bound by none.
    Sellers {
        /// Campaigns of one seller in all, whatever became of them: their terms are kept for ever.
        seller_campaigns: u64 = SellerLimits::DEFAULT.campaigns;
        /// Drafts of one seller.
        seller_campaigns_draft: u64 = SellerLimits::DEFAULT.campaigns_draft;
        /// Campaigns of one seller that are published, neither ended nor closed by the clock.
        seller_campaigns_live: u64 = SellerLimits::DEFAULT.campaigns_live;
        /// Unique codes that one seller has asked for, made or to be made; those of deleted drafts too.
        seller_codes: u64 = SellerLimits::DEFAULT.codes;
        /// Unique codes of one campaign.
        seller_codes_per_campaign: u64 = SellerLimits::DEFAULT.codes_per_campaign;
        /// Shared codes that one seller has added, those that were taken back too.
        seller_shared_codes: u64 = SellerLimits::DEFAULT.shared_codes;
        /// Shared codes of one campaign.
        seller_shared_codes_per_campaign: u64 = SellerLimits::DEFAULT.shared_codes_per_campaign;
        /// Jobs of one seller that have codes to make.
        seller_jobs: u64 = SellerLimits::DEFAULT.jobs;
        /// Entries of all lists of one campaign's scope together.
        seller_scope_entries: u64 = SellerLimits::DEFAULT.scope_entries;
        /// Entries of the scopes of all campaigns of one seller together, whatever became of them: their terms stay in memory.
        seller_scope_entries_in_all: u64 = SellerLimits::DEFAULT.scope_entries_in_all;
        /// Where a limit is another for one seller: "luma:campaigns_live=500".
        seller_limits: List<SellerLimit> = List::NONE;
    }
}

impl Sellers {
    /// Those of every seller.
    pub const fn limits(&self) -> SellerLimits {
        SellerLimits {
            campaigns: self.seller_campaigns,
            campaigns_draft: self.seller_campaigns_draft,
            campaigns_live: self.seller_campaigns_live,
            codes: self.seller_codes,
            codes_per_campaign: self.seller_codes_per_campaign,
            shared_codes: self.seller_shared_codes,
            shared_codes_per_campaign: self.seller_shared_codes_per_campaign,
            jobs: self.seller_jobs,
            scope_entries: self.seller_scope_entries,
            scope_entries_in_all: self.seller_scope_entries_in_all,
        }
    }
}
