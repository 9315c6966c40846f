//! A report over `coupon`, `redemption` and `orders`.

use scrip_core::{id::CampaignId, money::Amount, name::SourceName};

/// What a channel and source brought.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DistributionRow {
    pub campaign: CampaignId,
    pub channel: String,
    pub source: Option<SourceName>,
    /// Coupons in wallets by this channel and source.
    pub claimed: u64,
    /// Coupons on paid orders that count.
    pub redeemed: u64,
    /// Coupons on orders that aren't paid.
    pub on_unpaid: u64,
    /// Discounts of paid orders, less what refunds reversed. In the campaign's currency.
    pub cost: Amount,
}
