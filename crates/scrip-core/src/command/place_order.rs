use super::{
    Decide, Decision, Outcome,
    candidates::{code_candidate, wallet_candidate},
    claim::{claimed, known_code},
    needs,
};
use crate::{
    campaign::Channel,
    cart::Cart,
    code::EnteredCode,
    condition::Occasion,
    event::Event,
    id::{CouponId, IdSource},
    key::Key,
    money::Amount,
    name::{AccountId, OrderId},
    order::{
        LineMoney, Order, OrderCoupon, OrderCouponState, OrderStage, ShippingMoney, Transaction, TransactionState,
    },
    quote::{Applied, Candidate, evaluate},
    reason::{Reason, Refusal, RefusalError},
    state::State,
    time::Timestamp,
    wallet::{LIVE_MAX, Origin},
};

/// One checkout: the cart and exactly these coupons, held from here until it is paid, cancelled or timed out.
#[derive(Clone, Debug)]
pub struct PlaceOrder {
    pub account: AccountId,
    pub id: OrderId,
    pub cart: Cart,
    /// What is to be used: named by the caller, or found by the search on committed state.
    pub chosen: Vec<Chosen>,
    pub expect_discount: Option<Amount>,
    pub hold_minutes: u32,
    /// Of the request.
    pub fingerprint: [u8; 16],
}

/// A coupon or code to be used, and where the request named it.
#[derive(Clone, Debug)]
pub enum Chosen {
    Coupon { coupon: CouponId, pointer: String },
    Code { code: EnteredCode, pointer: String },
}

impl Chosen {
    fn pointer(&self) -> &str {
        match self {
            Self::Coupon { pointer, .. } | Self::Code { pointer, .. } => pointer,
        }
    }
}

impl Decide for PlaceOrder {
    fn needs(&self, state: &State, now: Timestamp, keys: &mut Vec<Key>) {
        needs::order(state, &self.account, &self.id, now, keys);
        keys.push(Key::due(state.bucket(), now.plus_minutes(self.hold_minutes), &self.account));
        for chosen in &self.chosen {
            match chosen {
                Chosen::Coupon { coupon, .. } => match state.coupon(&self.account, *coupon) {
                    Some(coupon) => needs::campaign(state, coupon.campaign, keys),
                    // Not live: its history tells whether it was used.
                    None => {
                        let pages = state.wallet(&self.account).map_or(0, |wallet| wallet.history.len());
                        keys.extend((0..pages).map(|page| {
                            Key::History(self.account.clone(), u32::try_from(page).expect("far fewer pages"))
                        }));
                    }
                },
                Chosen::Code { code, .. } => needs::code(state, &self.account, code.hash, keys),
            }
        }
    }

    fn decide(&self, state: &State, now: Timestamp, ids: &mut dyn IdSource) -> Result<Decision, Refusal> {
        if let Some(order) = state.order(&self.account, &self.id) {
            return self.again(order);
        }
        let candidates = self.candidates(state, now)?;
        let (mut applied, refused) = evaluate(&self.cart, &candidates, now, Occasion::Now);
        if !refused.is_empty() {
            return Err(self.refusal(refused));
        }
        let discount: Amount = applied.iter().map(|(_, applied)| applied.discount).sum();
        if let Some(expected) = self.expect_discount
            && expected != discount
        {
            return Err(Reason::QuoteChanged { expected, discount }.into());
        }
        let mut events = Vec::new();
        let mut coupons = Vec::with_capacity(applied.len());
        for (place, applied) in &mut applied {
            coupons.push(self.taken(state, &candidates[*place], *place, applied, &mut events, now, ids)?);
        }
        let hold_expires_at = now.plus_minutes(self.hold_minutes);
        let held = coupons.iter().map(|coupon| Event::CouponHeld {
            account: self.account.clone(),
            coupon: coupon.id(),
            order: self.id.clone(),
            campaign: coupon.applied.campaign,
            discount: coupon.applied.discount,
            held_until: hold_expires_at,
        });
        let held: Vec<Event> = held.collect();
        events.push(Event::OrderPlaced { order: self.order(coupons, now, hold_expires_at) });
        events.extend(held);
        Ok(Decision {
            events,
            outcome: Outcome::Order { account: self.account.clone(), order: self.id.clone(), created: true },
        })
    }
}

impl PlaceOrder {
    /// A code used directly is a claim too.
    pub(super) fn uses_codes(&self) -> bool {
        self.chosen.iter().any(|chosen| matches!(chosen, Chosen::Code { .. }))
    }

    /// The same id again: the same request finds the order as it is now, another is refused, for ever.
    fn again(&self, order: &Order) -> Result<Decision, Refusal> {
        if order.fingerprint != self.fingerprint {
            return Err(Refusal::at("/id", Reason::OrderExists));
        }
        Ok(Decision {
            events: Vec::new(),
            outcome: Outcome::Order { account: self.account.clone(), order: self.id.clone(), created: false },
        })
    }

    fn candidates<'a>(&self, state: &'a State, now: Timestamp) -> Result<Vec<Candidate<'a>>, Refusal> {
        let mut candidates = Vec::with_capacity(self.chosen.len());
        let mut errors = Vec::new();
        for chosen in &self.chosen {
            let candidate = match chosen {
                Chosen::Coupon { coupon, .. } => state
                    .coupon(&self.account, *coupon)
                    .and_then(|coupon| wallet_candidate(state, coupon, now))
                    .ok_or(Reason::CouponNotFound),
                Chosen::Code { code, .. } => code_candidate(state, &self.account, code, now),
            };
            match candidate {
                Ok(candidate) => candidates.push(candidate),
                Err(reason) => {
                    errors.push(RefusalError { pointer: Some(chosen.pointer().to_owned()), reason });
                }
            }
        }
        let codes = self.chosen.iter().filter(|chosen| matches!(chosen, Chosen::Code { .. })).count();
        let live = state.wallet(&self.account).map_or(0, |wallet| wallet.live_count() as usize);
        if errors.is_empty() && codes > 0 && live + codes > LIVE_MAX as usize {
            return Err(Refusal::at("/codes", Reason::WalletFull { limit: LIVE_MAX }));
        }
        if errors.is_empty() { Ok(candidates) } else { Err(Refusal { errors }) }
    }

    /// All reasons of all coupons that don't apply, in the order in which they were named.
    fn refusal(&self, mut refused: Vec<(usize, Vec<Reason>)>) -> Refusal {
        refused.sort_by_key(|entry| entry.0);
        let errors = refused
            .into_iter()
            .flat_map(|(place, reasons)| reasons.into_iter().map(move |reason| (place, reason)))
            .map(|(place, reason)| RefusalError { pointer: Some(self.chosen[place].pointer().to_owned()), reason })
            .collect();
        Refusal { errors }
    }

    /// A coupon on the order; for a code used directly, claimed on the way.
    #[expect(clippy::too_many_arguments, reason = "one caller, one step of its loop")]
    fn taken(
        &self,
        state: &State,
        candidate: &Candidate<'_>,
        place: usize,
        applied: &mut Applied,
        events: &mut Vec<Event>,
        now: Timestamp,
        ids: &mut dyn IdSource,
    ) -> Result<OrderCoupon, Refusal> {
        let mut direct_code = None;
        let (mut channel, mut source) = match applied.coupon.and_then(|coupon| state.coupon(&self.account, coupon)) {
            Some(coupon) => (coupon.channel, coupon.source.clone()),
            None => (Channel::Code, None),
        };
        if let Chosen::Code { code, .. } = &self.chosen[place] {
            let (known, campaign) = known_code(state, code.hash)?;
            (channel, source) = (Channel::Code, known.source.clone());
            let hash = Some(code.hash);
            let event =
                claimed(state, &self.account, campaign, channel, source.clone(), Origin::DirectCode, hash, now, ids);
            if let Event::CouponClaimed { coupon, .. } = &event {
                applied.coupon = Some(coupon.id);
            }
            applied.code = Some(known.label());
            direct_code = Some(code.hash);
            events.push(event);
        }
        Ok(OrderCoupon {
            applied: applied.clone(),
            expires_at: candidate.expires_at,
            direct_code,
            state: OrderCouponState::Held,
            history_page: None,
            channel,
            source,
        })
    }

    fn order(&self, coupons: Vec<OrderCoupon>, now: Timestamp, hold_expires_at: Timestamp) -> Order {
        let sellers = self.cart.sellers();
        Order {
            account: self.account.clone(),
            id: self.id.clone(),
            coupons,
            stage: OrderStage::Placed,
            placed_at: now,
            hold_expires_at,
            paid_at: None,
            shipping: vec![ShippingMoney::default(); sellers.len()],
            transactions: sellers
                .into_iter()
                .map(|seller| Transaction { seller: seller.clone(), state: TransactionState::Open })
                .collect(),
            lines: vec![LineMoney::default(); self.cart.lines().len()],
            cart: self.cart.clone(),
            refunds: Vec::new(),
            fingerprint: self.fingerprint,
            events: Vec::new(),
        }
    }
}
