use std::sync::Arc;

use scrip_core::{
    api_key::Role,
    campaign::{Campaign, Channel},
    code::EnteredCode,
    command::{Claim, ClaimOf},
    id::CampaignId,
    idempotency::Holder,
    name::{AccountId, SourceName},
    reason::{Reason, Refusal},
    wallet::Coupon,
};
use scrip_engine::{Answer, EngineError, Receipt};
use serde::Serialize;

use crate::{
    attempts::About,
    callers::Caller,
    desk::Desk,
    done::Done,
    idempotency::{IdempotencyKey, Sameness},
    not_done::NotDone,
    rights::{Operation, claims_as, may_name},
};

/// What somebody wants a coupon of.
#[derive(Clone, Debug)]
pub enum Wanted {
    /// By web unless a channel is named.
    Campaign { campaign: CampaignId, channel: Option<Channel>, source: Option<SourceName> },
    /// A code's channel and source are its own.
    Code(EnteredCode),
}

/// A coupon of an account's wallet, with its campaign.
#[derive(Clone, Debug)]
pub struct OwnedCoupon {
    pub account: AccountId,
    pub coupon: Coupon,
    pub campaign: Arc<Campaign>,
}

impl Desk {
    /// Collects a coupon into the account's wallet, or activates a code. `as_asked` is what earlier versions noted
    /// `key` with.
    ///
    /// Errors: `channel_not_allowed`, `too_many_attempts`, and those of claims.
    pub async fn collect_coupon(
        &self,
        caller: &Caller,
        account: AccountId,
        wanted: Wanted,
        key: &IdempotencyKey,
        as_asked: &impl Serialize,
    ) -> Result<Done<OwnedCoupon>, NotDone> {
        caller.may_of(Operation::CollectCoupon, &account)?;
        let of = match wanted {
            Wanted::Campaign { campaign, channel, source } => {
                claim_of(caller.role, campaign, channel, source, || "/channel".to_owned())?
            }
            Wanted::Code(code) => ClaimOf::Code(code),
        };
        let same = || Sameness::of(&completed(&account, &of), &(&account, as_asked));
        let key = key.used_for(Holder::Account(account.clone()), same);
        let (about, codes) = match &of {
            ClaimOf::Campaign { campaign, .. } => (About { campaign: Some(*campaign), ..About::default() }, Vec::new()),
            ClaimOf::Code(code) => (About::codes([code]), vec![code.clone()]),
        };
        let told = |error: NotDone| error.about(about.clone());
        let guess = self.guesses.guess(caller, &account, &codes).await.map_err(told)?;
        let claim = Claim { account: account.clone(), of };
        let result = self.submit_once(claim, key).await;
        let wrong = matches!(&result, Err(EngineError::Refused(refusal)) if *refusal.first() == Reason::CodeNotUsable);
        guess.judged(|_| wrong).await.map_err(told)?;
        self.owned(result.map_err(|error| told(error.into()))?)
    }

    /// The coupon of a claim's answer.
    pub(crate) fn owned(&self, receipt: Receipt) -> Result<Done<OwnedCoupon>, NotDone> {
        Done::from(receipt, |answer| {
            let Answer::Coupon { account, coupon } = answer else { return Err(EngineError::Fault) };
            let campaign = self.campaign(coupon.campaign).ok_or(EngineError::Fault)?;
            Ok((OwnedCoupon { account, coupon, campaign }, true))
        })
    }
}

/// A claim of a campaign's coupon by a channel that the role may name.
///
/// Errors: `channel_not_allowed`.
pub(crate) fn claim_of(
    role: Role,
    campaign: CampaignId,
    channel: Option<Channel>,
    source: Option<SourceName>,
    pointer: impl FnOnce() -> String,
) -> Result<ClaimOf, NotDone> {
    let channel = channel.unwrap_or(Channel::Web);
    if !may_name(role, channel) {
        return Err(Refusal::at(pointer(), Reason::ChannelNotAllowed).into());
    }
    Ok(ClaimOf::Campaign { campaign, channel, source, by: claims_as(role) })
}

/// What a claim asks for, with nothing left to fill in: by it a request that is sent again is known.
pub(crate) fn completed(account: &AccountId, of: &ClaimOf) -> impl Serialize + use<> {
    let (of, source) = match of {
        ClaimOf::Campaign { campaign, channel, source, .. } => (Ok((*campaign, *channel)), source.clone()),
        ClaimOf::Code(code) => (Err(code.text.as_str().to_owned()), None),
    };
    (account.clone(), of, source)
}
