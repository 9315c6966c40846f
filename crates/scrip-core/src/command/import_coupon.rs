use sha2::{Digest, Sha256};

use super::{Decide, Decision, Outcome, Where, claim::window, needs};
use crate::{
    campaign::{Campaign, CampaignStage, Channel},
    event::Event,
    id::{CampaignId, CouponId, IdSource},
    name::{AccountId, IndividualId, OrderId},
    reason::{Reason, Refusal},
    state::{Key, State},
    time::Timestamp,
    wallet::{Coupon, CouponState, Origin},
};

/// A coupon of old data (S17). It is a claim for stock, counters and the individual's count, and is judged by nothing else:
/// not by channel, claim window, pause, end or the validity's end. Taken once, however often it comes.
///
/// Errors: `campaign_not_found`, `campaign_not_live` for a draft, `invalid_field`, `validity_is_fixed`, `sold_out`,
/// `individual_limit_reached`. A wallet that is full takes it, as it takes what comes back.
#[derive(Clone, Debug)]
pub struct ImportCoupon {
    pub account: AccountId,
    pub campaign: CampaignId,
    pub status: OldStatus,
    pub known_by: KnownBy,
    pub claimed_at: Timestamp,
    /// `None`: as the terms give it for `claimed_at`.
    pub starts_at: Option<Timestamp>,
    pub expires_at: Option<Timestamp>,
    /// Whether another start or end than the terms give is meant.
    pub as_is: bool,
}

/// What it was in the system before.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum OldStatus {
    Valid,
    /// Kept, hidden, never usable.
    Pending,
    /// By an order of then: that is not here, so it holds no budget and never comes back.
    Used {
        order: Option<OrderId>,
    },
    Expired,
    Reclaimed,
}

/// How an import knows what it has taken before.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum KnownBy {
    /// By a hash of the key that its line gives.
    Key([u8; 16]),
    /// It is the n-th of its file without a key, with this account, campaign and `claimed_at`; from 1.
    Nth(u32),
}

impl KnownBy {
    /// By what a line calls it.
    pub fn key(text: &str) -> Self {
        Self::Key(Sha256::digest(text.as_bytes())[..16].try_into().expect("half of 32 bytes"))
    }
}

impl ImportCoupon {
    /// The one that was taken for this line before.
    fn taken_before(&self, state: &State) -> Option<CouponId> {
        let mut coupons = state.live_coupons(&self.account).chain(state.past_coupons(&self.account));
        match self.known_by {
            KnownBy::Key(key) => coupons.find(|coupon| coupon.import_key == Some(key)),
            KnownBy::Nth(n) => coupons
                .filter(|coupon| coupon.origin == Origin::Imported && coupon.import_key.is_none())
                .filter(|coupon| coupon.campaign == self.campaign && coupon.claimed_at == self.claimed_at)
                .nth(n.saturating_sub(1) as usize),
        }
        .map(|coupon| coupon.id)
    }

    /// From when until when it can be used, where `given` is what the terms give for its claim.
    fn window(&self, given: (Timestamp, Timestamp)) -> Result<(Timestamp, Timestamp), Refusal> {
        let window = (self.starts_at.unwrap_or(given.0), self.expires_at.unwrap_or(given.1));
        for (pointer, is_given) in [("/starts_at", window.0 == given.0), ("/expires_at", window.1 == given.1)] {
            if !is_given && !self.as_is {
                return Err(Refusal::at(pointer, Reason::ValidityIsFixed));
            }
        }
        if window.1 <= window.0 {
            return Err(Refusal::invalid("/expires_at", "after starts_at"));
        }
        Ok(window)
    }

    /// What stands against a claim, whoever asks and whenever.
    fn reason(&self, state: &State, campaign: &Campaign) -> Option<Reason> {
        if !state.has_stock(campaign, None) {
            return Some(Reason::SoldOut);
        }
        let limit = campaign.terms.limits.per_individual?;
        let left = state.individual_left(&self.account, self.campaign, limit);
        (left == 0).then_some(Reason::IndividualLimitReached { limit })
    }
}

impl Decide for ImportCoupon {
    fn place(&self) -> Where<'_> {
        Where::Account(&self.account)
    }

    fn needs(&self, state: &State, now: Timestamp, keys: &mut Vec<Key>) {
        needs::whole_wallet(state, &self.account, now, keys);
        needs::whole_history(state, &self.account, keys);
        needs::campaign(state, self.campaign, keys);
    }

    fn decide(&self, state: &State, now: Timestamp, ids: &mut dyn IdSource) -> Result<Decision, Refusal> {
        if let Some(coupon) = self.taken_before(state) {
            let outcome = Outcome::Imported { account: self.account.clone(), coupon, new: false };
            return Ok(Decision { events: Vec::new(), outcome });
        }
        let campaign = state.campaign(self.campaign).ok_or(Reason::CampaignNotFound)?;
        if campaign.stage == CampaignStage::Draft {
            return Err(Reason::CampaignNotLive { campaign_status: campaign.status(now) }.into());
        }
        if self.claimed_at > now {
            return Err(Refusal::invalid("/claimed_at", "now or earlier"));
        }
        let given = window(state, campaign, self.claimed_at)?;
        let (starts_at, expires_at) = self.window(given)?;
        if self.status == OldStatus::Expired && now < expires_at {
            return Err(Refusal::invalid("/status", "expired only once expires_at has passed"));
        }
        if let Some(reason) = self.reason(state, campaign) {
            return Err(reason.into());
        }
        let coupon = Coupon {
            id: CouponId::new(now, self.account.slot(), ids),
            campaign: self.campaign,
            terms_version: campaign.terms_version,
            claimed_at: self.claimed_at,
            starts_at,
            expires_at,
            channel: Channel::System,
            source: None,
            origin: Origin::Imported,
            state: match &self.status {
                OldStatus::Valid | OldStatus::Expired => CouponState::Valid,
                OldStatus::Pending => CouponState::Pending,
                OldStatus::Used { order: Some(order) } => CouponState::Used { order: order.clone() },
                OldStatus::Used { order: None } => CouponState::UsedBefore,
                OldStatus::Reclaimed => CouponState::Reclaimed,
            },
            import_key: match self.known_by {
                KnownBy::Key(key) => Some(key),
                KnownBy::Nth(_) => None,
            },
            as_is: (starts_at, expires_at) != given,
            code: None,
        };
        let outcome = Outcome::Imported { account: self.account.clone(), coupon: coupon.id, new: true };
        let wallet = state.wallet(&self.account);
        let individual = wallet.map_or_else(|| IndividualId::from(&self.account), |wallet| wallet.individual.clone());
        let event = Event::CouponImported { account: self.account.clone(), individual, coupon, counted: Some(true) };
        Ok(Decision { events: vec![event], outcome })
    }

    fn wants_room(&self) -> bool {
        true
    }
}
