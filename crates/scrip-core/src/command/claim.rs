use super::{Decide, Decision, Outcome, Where, needs};
use crate::{
    campaign::{Campaign, Channel},
    code::{Code, CodeKind, EnteredCode},
    event::Event,
    exchange::LeaseState,
    id::{CampaignId, CodeHash, CouponId, IdSource},
    name::{AccountId, IndividualId, SourceName},
    reason::{Reason, Refusal},
    state::{Key, State},
    status::{CampaignStatus, CouponStatus},
    time::Timestamp,
    wallet::{Coupon, CouponState, LIVE_MAX, Origin, PAGE_MAX},
};

/// A coupon into a wallet: collected, granted, or by activating a code.
#[derive(Clone, Debug)]
pub struct Claim {
    pub account: AccountId,
    pub of: ClaimOf,
}

#[derive(Clone, Debug)]
pub enum ClaimOf {
    Campaign { campaign: CampaignId, channel: Channel, source: Option<SourceName>, by: ClaimBy },
    Code(EnteredCode),
}

/// Who asks for the coupon, as far as it decides what may be named and which channel must be offered (S1). Which channels a
/// caller may name at all is judged before.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ClaimBy {
    /// The shop or the operator, for an account: any source.
    Shop,
    /// No source with stock set aside.
    Shopper,
    /// The operator, for many accounts at once: any source.
    OperatorGrant,
    /// A seller, in its own campaign: no source with stock set aside; in its store, offered or not.
    SellerGrant,
}

impl ClaimBy {
    const fn may_name_set_aside(self) -> bool {
        matches!(self, Self::Shop | Self::OperatorGrant)
    }
}

impl Decide for Claim {
    fn place(&self) -> Where<'_> {
        Where::Account(&self.account)
    }

    fn needs(&self, state: &State, now: Timestamp, keys: &mut Vec<Key>) {
        needs::individual(state, &self.account, keys);
        if let Some(wallet) = state.wallet(&self.account) {
            // While the head has room a claim touches nothing else, however many coupons there are: unless that is too
            // many, where expired ones make room, or an order has lapsed, whose coupons may be on any page.
            let lapsed = state.live_coupons(&self.account).any(|coupon| coupon.lapsed_order(now).is_some());
            if wallet.live.len() >= PAGE_MAX || wallet.live_count() >= LIVE_MAX || lapsed {
                needs::whole_wallet(state, &self.account, now, keys);
            }
            let open = wallet.open_history_page();
            let any_expired = state.live_coupons(&self.account).any(|coupon| now >= coupon.expires_at);
            if any_expired && (open as usize) < wallet.history.len() {
                keys.push(Key::History(self.account.clone(), open));
            }
        }
        match &self.of {
            ClaimOf::Campaign { campaign, .. } => needs::campaign(state, *campaign, keys),
            ClaimOf::Code(entered) => needs::code(state, &self.account, entered.hash, keys),
        }
    }

    fn decide(&self, state: &State, now: Timestamp, ids: &mut dyn IdSource) -> Result<Decision, Refusal> {
        let mut in_own_store = false;
        let (campaign, channel, source, code) = match &self.of {
            ClaimOf::Campaign { campaign, channel, source, by } => {
                let campaign = state.campaign(*campaign).ok_or(Reason::CampaignNotFound)?;
                if !by.may_name_set_aside() && campaign.terms.set_aside(source.as_ref()).is_some() {
                    return Err(Refusal::at("/source", Reason::ChannelNotAllowed));
                }
                let campaign_status = campaign.status(now);
                let grant = matches!(by, ClaimBy::OperatorGrant | ClaimBy::SellerGrant);
                if grant && campaign_status == CampaignStatus::Closed {
                    return Err(Reason::CampaignStateForbids { campaign_status, paused_by: None }.into());
                }
                in_own_store = *by == ClaimBy::SellerGrant && *channel == Channel::SellerStore;
                (campaign, *channel, source.clone(), None)
            }
            ClaimOf::Code(entered) => {
                let (code, campaign) = known_code(state, entered.hash)?;
                (campaign, Channel::Code, code.source.clone(), Some((entered.hash, code)))
            }
        };
        if let Some((hash, code)) = code
            && let Some(reason) = code_reason(state, (hash, code), campaign, &self.account, now)
        {
            return Err(reason.into());
        }
        let offered_on = (!in_own_store).then_some(channel);
        if let Some(reason) = claim_reason(state, &self.account, campaign, offered_on, source.as_ref(), now) {
            return Err(reason.into());
        }
        let origin = if code.is_some() { Origin::ActivatedCode } else { Origin::Claimed };
        let hash = code.map(|(hash, _)| hash);
        let event = claimed(state, &self.account, campaign, channel, source, origin, hash, now, ids)?;
        let Event::CouponClaimed { coupon, .. } = &event else { unreachable!("claimed makes a claim") };
        let outcome = Outcome::Coupon { account: self.account.clone(), coupon: coupon.id };
        Ok(Decision { events: vec![event], outcome })
    }

    fn codes(&self) -> Vec<CodeHash> {
        match &self.of {
            ClaimOf::Code(code) => vec![code.hash],
            ClaimOf::Campaign { .. } => Vec::new(),
        }
    }

    fn wants_room(&self) -> bool {
        true
    }
}

/// A code and its campaign. One that doesn't exist can't be told from a stranger's, nor from one whose campaign nobody knows
/// of yet.
pub(super) fn known_code(state: &State, hash: CodeHash) -> Result<(&Code, &Campaign), Reason> {
    let code = state.code(hash).ok_or(Reason::CodeNotUsable)?;
    let campaign = state.campaign(code.campaign).filter(|campaign| campaign.is_published());
    Ok((code, campaign.ok_or(Reason::CodeNotUsable)?))
}

/// Why a code gives this account nothing, apart from what its campaign says.
pub(super) fn code_reason(
    state: &State,
    (hash, code): (CodeHash, &Code),
    campaign: &Campaign,
    account: &AccountId,
    now: Timestamp,
) -> Option<Reason> {
    let over = campaign.terms.validity.over_at().is_some_and(|over_at| over_at <= now);
    if code.revoked_at.is_some() {
        let theirs = has_coupon_by(state, account, hash, code);
        return Some(if theirs { Reason::CodeRevoked } else { Reason::CodeNotUsable });
    }
    match &code.kind {
        CodeKind::Unique { state, .. } => match state {
            LeaseState::Claimed(by) | LeaseState::ClaimedUnder(_, by) if by.account == *account => {
                Some(Reason::CodeUsed)
            }
            LeaseState::Claimed(_) | LeaseState::ClaimedUnder(..) | LeaseState::Closed(_) => {
                Some(Reason::CodeNotUsable)
            }
            LeaseState::Leased(lease) if lease.account != *account => Some(Reason::CodeNotUsable),
            LeaseState::Free | LeaseState::Leased(_) => over.then_some(Reason::CodeNotUsable),
        },
        CodeKind::Shared { .. } if state.code_uses_left(hash) == Some(0) => Some(Reason::CodeUsesExhausted),
        CodeKind::Shared { .. } => over.then_some(Reason::CodeExpired),
    }
}

/// Whether the account has a coupon by this code. Coupons that are older than their note of it are known by campaign, channel
/// and source.
fn has_coupon_by(state: &State, account: &AccountId, hash: CodeHash, code: &Code) -> bool {
    if !code.is_shared() {
        return code.claimed_by().is_some_and(|by| by.account == *account);
    }
    let is_by = |coupon: &Coupon| match coupon.code {
        Some(by) => by == hash,
        None => {
            let by_code = coupon.channel == Channel::Code && coupon.origin != Origin::Imported;
            by_code && coupon.campaign == code.campaign && coupon.source == code.source
        }
    };
    state.live_coupons(account).chain(state.past_coupons(account)).any(is_by)
}

/// Why the campaign gives this account no coupon; the first in the list's order. `channel`: where it must be offered.
pub(super) fn claim_reason(
    state: &State,
    account: &AccountId,
    campaign: &Campaign,
    channel: Option<Channel>,
    source: Option<&SourceName>,
    now: Timestamp,
) -> Option<Reason> {
    let terms = &campaign.terms;
    let campaign_status = campaign.status(now);
    match campaign_status {
        CampaignStatus::Live => {}
        CampaignStatus::Closed => {
            return Some(Reason::ClaimsNotOpen { starts_at: None, ends_at: campaign.closed_at(now) });
        }
        CampaignStatus::Scheduled => {
            return Some(Reason::ClaimsNotOpen { starts_at: terms.claims.starts_at, ends_at: None });
        }
        _ => return Some(Reason::CampaignNotLive { campaign_status }),
    }
    if channel.is_some_and(|channel| !campaign.offers(channel)) {
        return Some(Reason::ChannelNotOffered);
    }
    if !state.has_stock(campaign, source) {
        return Some(Reason::SoldOut);
    }
    let wallet = state.wallet(account);
    if let Some(limit) = terms.limits.per_individual
        && state.individual_left(account, campaign.id, limit) == 0
    {
        return Some(Reason::IndividualLimitReached { limit });
    }
    let expired = state.live_coupons(account).filter(|coupon| coupon.status(now) == CouponStatus::Expired).count();
    let live = wallet.map_or(0, |wallet| wallet.live_count() as usize);
    (live - expired >= LIVE_MAX as usize).then_some(Reason::WalletFull { limit: LIVE_MAX })
}

/// The event of one more coupon, whose claim nothing stands against.
#[expect(clippy::too_many_arguments, reason = "a claim's parts, each named at its two callers")]
pub(super) fn claimed(
    state: &State,
    account: &AccountId,
    campaign: &Campaign,
    channel: Channel,
    source: Option<SourceName>,
    origin: Origin,
    code: Option<CodeHash>,
    now: Timestamp,
    ids: &mut dyn IdSource,
) -> Result<Event, Refusal> {
    let individual =
        state.wallet(account).map_or_else(|| IndividualId::from(account), |wallet| wallet.individual.clone());
    let (starts_at, expires_at) = window(state, campaign, now)?;
    let coupon = Coupon {
        id: CouponId::new(now, account.slot(), ids),
        campaign: campaign.id,
        terms_version: campaign.terms_version,
        claimed_at: now,
        starts_at,
        expires_at,
        channel,
        source,
        origin,
        state: CouponState::Valid,
        import_key: None,
        as_is: false,
        code,
    };
    Ok(Event::CouponClaimed { account: account.clone(), individual, coupon, code })
}

/// From when until when a coupon claimed now can be used.
///
/// Errors: `store_unavailable` where there are no rules for the campaign's time zone. An end that was guessed couldn't be
/// mended later (S8).
pub(super) fn window(state: &State, campaign: &Campaign, now: Timestamp) -> Result<(Timestamp, Timestamp), Refusal> {
    let validity = &campaign.terms.validity;
    validity.window(now, state.zones()).ok_or_else(|| {
        let zone = validity.time_zone().map_or("", |zone| zone.as_str());
        Refusal::unavailable(format!(
            "Campaign {} counts days in the time zone {zone}, for which this server has no rules; nothing was done.",
            campaign.id
        ))
    })
}
