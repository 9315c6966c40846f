//! What placing an order and revising one have in common: exactly these coupons on this cart, or all reasons why not.

use super::{
    candidates::{code_candidate, wallet_candidate},
    claim::{claimed, known_code, window},
    needs,
};
use crate::{
    campaign::Channel,
    candidate::Candidate,
    cart::Cart,
    code::EnteredCode,
    condition::Occasion,
    discount::Applied,
    event::Event,
    id::{CodeHash, CouponId, IdSource},
    money::Amount,
    name::{AccountId, OrderId},
    order::{OrderCoupon, OrderCouponState},
    quote::evaluate,
    reason::{Reason, Refusal, RefusalError},
    state::{Key, State},
    time::Timestamp,
    wallet::{LIVE_MAX, Origin},
};

/// A coupon or code to be used, and where the request named it.
#[derive(Clone, Debug)]
pub enum Chosen {
    Coupon { coupon: CouponId, pointer: String },
    Code { code: EnteredCode, pointer: String },
}

impl Chosen {
    pub(super) fn pointer(&self) -> &str {
        match self {
            Self::Coupon { pointer, .. } | Self::Code { pointer, .. } => pointer,
        }
    }
}

/// A cart and what is to be used on it.
pub(super) struct Checkout<'a> {
    pub account: &'a AccountId,
    pub cart: &'a Cart,
    pub chosen: &'a [Chosen],
    pub expect_discount: Option<Amount>,
}

/// A coupon or code that applies: its index in the chosen list, and what it takes off.
pub(super) struct Judged {
    pub index: usize,
    pub applied: Applied,
    expires_at: Timestamp,
}

/// The codes among them that are used directly, each of which is a claim too.
pub(super) fn codes_of(chosen: &[Chosen]) -> Vec<CodeHash> {
    let code = |chosen: &Chosen| match chosen {
        Chosen::Code { code, .. } => Some(code.hash),
        Chosen::Coupon { .. } => None,
    };
    chosen.iter().filter_map(code).collect()
}

impl Checkout<'_> {
    /// Adds what the chosen coupons and codes touch, besides the wallet.
    pub fn needs(&self, state: &State, keys: &mut Vec<Key>) {
        for chosen in self.chosen {
            match chosen {
                Chosen::Coupon { coupon, .. } => match state.coupon(self.account, *coupon) {
                    Some(coupon) => needs::campaign(state, coupon.campaign, keys),
                    // Not live: its history tells whether it was used.
                    None => needs::whole_history(state, self.account, keys),
                },
                Chosen::Code { code, .. } => needs::code(state, self.account, code.hash, keys),
            }
        }
    }

    /// What applies, in the order of application.
    ///
    /// Errors: all reasons of all that doesn't apply, in the order named; `quote_changed` for another discount than was
    /// expected.
    pub fn judged(&self, state: &State, now: Timestamp) -> Result<Vec<Judged>, Refusal> {
        let candidates = self.candidates(state, now)?;
        let (applied, refused) = evaluate(self.cart, &candidates, now, Occasion::Now);
        if !refused.is_empty() {
            return Err(self.refusal(refused));
        }
        let discount: Amount = applied.iter().map(|(_, applied)| applied.discount).sum();
        if let Some(expected) = self.expect_discount
            && expected != discount
        {
            return Err(Reason::QuoteChanged { expected, discount }.into());
        }
        let judged =
            |(index, applied): (usize, Applied)| Judged { index, applied, expires_at: candidates[index].expires_at };
        Ok(applied.into_iter().map(judged).collect())
    }

    fn candidates<'s>(&self, state: &'s State, now: Timestamp) -> Result<Vec<Candidate<'s>>, Refusal> {
        let mut candidates = Vec::with_capacity(self.chosen.len());
        let mut errors = Vec::new();
        for chosen in self.chosen {
            let candidate = match chosen {
                Chosen::Coupon { coupon, .. } => state
                    .coupon(self.account, *coupon)
                    .and_then(|coupon| wallet_candidate(state, coupon, now))
                    .ok_or(Reason::CouponNotFound),
                Chosen::Code { code, .. } => code_candidate(state, self.account, code, now),
            };
            match candidate {
                Ok(candidate) => candidates.push(candidate.on(self.cart)),
                // Not the shopper's to mend: it is said as a claim would say it.
                Err(Reason::StoreUnavailable) if let Chosen::Code { code, .. } = chosen => {
                    let (_, campaign) = known_code(state, code.hash)?;
                    window(state, campaign, now)?;
                }
                Err(reason) => {
                    errors.push(RefusalError { pointer: Some(chosen.pointer().to_owned()), reason });
                }
            }
        }
        let codes = self.chosen.iter().filter(|chosen| matches!(chosen, Chosen::Code { .. })).count();
        let live = state.wallet(self.account).map_or(0, |wallet| wallet.live_count() as usize);
        if errors.is_empty() && codes > 0 && live + codes > LIVE_MAX as usize {
            return Err(Refusal::at("/codes", Reason::WalletFull { limit: LIVE_MAX }));
        }
        if errors.is_empty() { Ok(candidates) } else { Err(errors.into()) }
    }

    /// All reasons of all coupons that don't apply, in the order in which they were named.
    fn refusal(&self, mut refused: Vec<(usize, Vec<Reason>)>) -> Refusal {
        refused.sort_by_key(|entry| entry.0);
        let errors: Vec<_> = refused
            .into_iter()
            .flat_map(|(index, reasons)| reasons.into_iter().map(move |reason| (index, reason)))
            .map(|(index, reason)| RefusalError { pointer: Some(self.chosen[index].pointer().to_owned()), reason })
            .collect();
        errors.into()
    }

    /// A coupon onto the order; for a code used directly, claimed on the way.
    pub fn taken(
        &self,
        state: &State,
        judged: Judged,
        claims: &mut Vec<Event>,
        now: Timestamp,
        ids: &mut dyn IdSource,
    ) -> Result<OrderCoupon, Refusal> {
        let Judged { index, mut applied, expires_at } = judged;
        let mut direct_code = None;
        let (mut channel, mut source) = match applied.coupon.and_then(|coupon| state.coupon(self.account, coupon)) {
            Some(coupon) => (coupon.channel, coupon.source.clone()),
            None => (Channel::Code, None),
        };
        if let Chosen::Code { code, .. } = &self.chosen[index] {
            let (known, campaign) = known_code(state, code.hash)?;
            (channel, source) = (Channel::Code, known.source.clone());
            let hash = Some(code.hash);
            let event =
                claimed(state, self.account, campaign, channel, source.clone(), Origin::DirectCode, hash, now, ids)?;
            if let Event::CouponClaimed { coupon, .. } = &event {
                applied.coupon = Some(coupon.id);
            }
            applied.code = Some(known.label());
            direct_code = Some(code.hash);
            claims.push(event);
        }
        Ok(OrderCoupon {
            applied,
            expires_at,
            direct_code,
            state: OrderCouponState::Held,
            history_page: None,
            channel,
            source,
        })
    }
}

/// A coupon is held for an unpaid order.
pub(super) fn held(account: &AccountId, order: &OrderId, coupon: &OrderCoupon, held_until: Timestamp) -> Event {
    Event::CouponHeld {
        account: account.clone(),
        coupon: coupon.id(),
        order: order.clone(),
        campaign: coupon.applied.campaign,
        discount: coupon.applied.discount,
        held_until,
    }
}
