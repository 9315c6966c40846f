use std::sync::Arc;

use scrip_core::{
    campaign::{Availability, Campaign, Channel},
    id::CampaignId,
    name::{AccountId, ProductId, SellerId},
    status::CampaignStatus,
    time::Timestamp,
};

use crate::{callers::Caller, desk::Desk, done::Listed, not_done::NotDone, page::cut, rights::Operation};

/// Which offers, and how many.
#[derive(Clone, Debug, Default)]
pub struct OfferFilter {
    /// Those that work in this seller's store.
    pub seller: Option<SellerId>,
    /// Those whose scope can contain this product (a scope by categories can).
    pub product: Option<ProductId>,
    pub after: Option<CampaignId>,
    pub limit: usize,
}

/// A campaign that an account can collect from.
#[derive(Clone, Debug)]
pub struct Offer {
    pub campaign: Arc<Campaign>,
    /// What is left of it.
    pub left: Availability,
    /// How many of its coupons the account has claimed.
    pub mine: u32,
}

impl Desk {
    /// What an account can collect on a page or in a store.
    ///
    /// Errors: `not_found` for a shopper's look at another's.
    pub async fn list_offers(
        &self,
        caller: &Caller,
        account: AccountId,
        filter: OfferFilter,
    ) -> Result<Listed<Offer, CampaignId>, NotDone> {
        caller.may_of(Operation::ListOffers, &account)?;
        let now = self.now();
        let is_wanted = |campaign: &Campaign| is_offered(campaign, now) && filter.matches(campaign);
        let mut page = self.engine.registry().campaigns(filter.after, None, filter.limit + 1, is_wanted);
        let more = cut(&mut page, filter.limit);
        let next = page.last().filter(|_| more).map(|campaign| campaign.id);
        let offers = self.read(move |reader| {
            page.into_iter()
                .map(|campaign| {
                    let left = reader.allowance(campaign.id)?;
                    let mine = reader.claimed_by(&account, campaign.id)?;
                    Ok(Offer { campaign, left, mine })
                })
                .collect()
        });
        Ok(Listed { items: offers.await?, next, at: now })
    }
}

/// Open for claims where a shopper can collect.
fn is_offered(campaign: &Campaign, now: Timestamp) -> bool {
    let collectable = [Channel::Web, Channel::Social, Channel::SellerStore];
    campaign.status(now) == CampaignStatus::Live && collectable.into_iter().any(|channel| campaign.offers(channel))
}

impl OfferFilter {
    fn matches(&self, campaign: &Campaign) -> bool {
        let terms = &campaign.terms;
        let seller =
            self.seller.as_ref().is_none_or(|seller| terms.issuer.seller().is_none_or(|issuer| issuer == seller));
        let product = self.product.as_ref().is_none_or(|product| {
            let scope = &terms.scope;
            let narrowed = !scope.products.is_empty();
            !scope.exclude_products.contains(product)
                && (!narrowed || scope.products.contains(product) || !scope.categories.is_empty())
        });
        seller && product
    }
}
