use std::collections::HashSet;

use scrip_core::{
    campaign::Channel,
    command::{Claim, ClaimOf, NoteGrants},
    id::CampaignId,
    idempotency::Holder,
    name::{AccountId, SourceName},
    reason::{Reason, Refusal},
    status::CampaignStatus,
};

use super::many_claims::{Claimed, Ready, Refused};
use crate::{
    callers::Caller,
    desk::Desk,
    idempotency::{IdempotencyKey, Sameness},
    not_done::NotDone,
    rights::{Operation, grants_as, may_name},
};

/// Why nobody gets anything of a campaign that is over.
pub const CLOSED: Reason = Reason::CampaignStateForbids { campaign_status: CampaignStatus::Closed, paused_by: None };

/// Accounts in one request.
const ACCOUNTS_MAX: usize = 1_000;

/// Coupons for many accounts.
#[derive(Clone, Debug)]
pub struct Grants {
    pub campaign: CampaignId,
    /// `system`, or of a seller's `seller_store`, unless one is named.
    pub channel: Option<Channel>,
    pub source: Option<SourceName>,
    pub accounts: Vec<AccountId>,
}

impl Desk {
    /// Grants a coupon of one campaign to each of the accounts.
    ///
    /// Errors: `channel_not_allowed`, `invalid_field` for none or more than 1,000 accounts and for one that stands there twice,
    /// `not_found`, `rate_limited`. An account that is refused has that in its place, and `refused` is told of it when
    /// it is; [`CLOSED`] is the whole answer where all were refused with it ([`Claimed::is_over`]).
    pub async fn grant_coupons(
        &self,
        caller: &Caller,
        grants: Grants,
        key: &IdempotencyKey,
        refused: impl Refused,
    ) -> Result<Claimed, NotDone> {
        caller.may(Operation::GrantCoupons)?;
        let Grants { campaign, channel, source, accounts } = grants;
        let (own, by) = grants_as(caller.role);
        let channel = channel.unwrap_or(own);
        if !may_name(caller.role, channel) {
            return Err(Refusal::at("/channel", Reason::ChannelNotAllowed).into());
        }
        if accounts.is_empty() || accounts.len() > ACCOUNTS_MAX {
            return Err(Refusal::invalid("/accounts", format!("1 to {ACCOUNTS_MAX} accounts")).into());
        }
        let mut seen = HashSet::new();
        if let Some(index) = accounts.iter().position(|account| !seen.insert(account)) {
            return Err(Refusal::invalid(format!("/accounts/{index}"), "each account once").into());
        }
        self.seen_campaign(caller, campaign)?;
        let line = self.bulk.begin(caller)?;
        // Under one key there is one list: each account's own use of it would let others in.
        let whole = (campaign, channel, &source, &accounts);
        let mut noted_before = false;
        if let Some(whole) = key.used_for(Holder::Campaign(campaign), || Sameness::always(&whole)) {
            let accounts = u32::try_from(accounts.len()).unwrap_or(u32::MAX);
            let note = NoteGrants { campaign, accounts, slot: campaign.uid().slot() };
            noted_before = self.engine.submit(note, Some(whole.into_use())).await?.replayed;
        }
        let key = key.of_campaign(campaign);
        let ready = accounts.into_iter().map(|account| -> Ready {
            let part = (campaign, &account, channel, &source);
            let key = key.used_for(Holder::Account(account.clone()), || Sameness::of(&part, &part));
            (Claim { of: ClaimOf::Campaign { campaign, channel, source: source.clone(), by }, account }, key)
        });
        let mut claimed = self.claim_all(line, ready.collect(), refused).await;
        claimed.replayed = noted_before && !claimed.any_new;
        let is_closed = |error: &NotDone| error.reason().is_some_and(|reason| reason.code() == CLOSED.code());
        claimed.is_over = claimed.results.iter().all(|(_, result)| result.as_ref().is_err_and(is_closed));
        Ok(claimed)
    }
}
