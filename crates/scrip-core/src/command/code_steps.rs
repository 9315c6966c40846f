//! A unique code on its way from its own bucket to an account's, and home again: steps of one bucket each, safe to repeat.
//!
//! ```text
//! code's bucket      LendCode ─────────────▶ SettleCode        or ReleaseCode
//! account's bucket             LearnCode ─▶ Claim ─▶ …            CloseCode ─▶ … ─▶ ForgetCode
//! ```
//!
//! Ways are numbered. A copy of `LearnCode` may come after its way is over: the closed way stays written down until its time is
//! over (then a copy is refused for being late) or a later way takes its place (then for being an earlier one).
//!
//! Between two steps anything may happen. What was lent and isn't settled stands in the code's bucket (`Key::Lent`); what nobody
//! uses any more stands in the account's (`Key::Homing`); whoever comes by goes on from there.

use super::{Decide, Decision, Outcome, needs};
use crate::{
    code::{Code, CodeHash, CodeKind, Lent},
    event::Event,
    id::{CouponId, IdSource},
    key::Key,
    name::AccountId,
    reason::{Reason, Refusal},
    slot::Bucket,
    state::State,
    time::Timestamp,
};

/// How long a code may be underway to an account's bucket. Then the code's bucket asks what became of it.
pub const LENT_MINUTES: u32 = 1;

/// In the code's bucket: from here on only this account may claim with it.
#[derive(Clone, Debug)]
pub struct LendCode {
    pub hash: CodeHash,
    pub account: AccountId,
}

/// In the account's bucket: takes in a code as it is at home.
#[derive(Clone, Debug)]
pub struct LearnCode {
    pub bucket: Bucket,
    pub hash: CodeHash,
    pub code: Code,
}

/// In the account's bucket: no claim through this way from here on, unless there was one.
#[derive(Clone, Debug)]
pub struct CloseCode {
    pub bucket: Bucket,
    pub hash: CodeHash,
    /// As it was lent.
    pub code: Code,
}

/// In the code's bucket: anybody may have it again.
#[derive(Clone, Debug)]
pub struct ReleaseCode {
    pub hash: CodeHash,
    pub take: u64,
}

/// In the code's bucket: it became a coupon.
#[derive(Clone, Debug)]
pub struct SettleCode {
    pub hash: CodeHash,
    pub take: u64,
    pub coupon: CouponId,
}

/// In the account's bucket: the code is home, and nothing of it can come here any more.
#[derive(Clone, Debug)]
pub struct ForgetCode {
    pub bucket: Bucket,
    pub hash: CodeHash,
    pub take: u64,
}

const fn code_is(events: Vec<Event>, code: Option<Code>) -> Decision {
    Decision { events, outcome: Outcome::Code(code) }
}

fn lent_under(code: Option<&Code>, take: u64) -> Option<&Lent> {
    code.and_then(Code::lent).filter(|lent| lent.take == take)
}

impl Decide for LendCode {
    fn needs(&self, state: &State, _: Timestamp, keys: &mut Vec<Key>) {
        keys.push(Key::Code(self.hash));
        keys.push(Key::lent(state.buckets(), self.hash));
    }

    fn decide(&self, state: &State, now: Timestamp, _: &mut dyn IdSource) -> Result<Decision, Refusal> {
        let code = state.code(self.hash).ok_or(Reason::CodeNotUsable)?;
        let CodeKind::Unique { last4, taken, lent, ways } = &code.kind else {
            return Ok(code_is(Vec::new(), Some(code.clone())));
        };
        if code.revoked_at.is_some() {
            return Err(Reason::CodeNotUsable.into());
        }
        match lent {
            // Again by the same account: it goes on where it was.
            Some(lent) if lent.account == self.account => return Ok(code_is(Vec::new(), Some(code.clone()))),
            None if taken.is_none() => {}
            _ => return Err(Reason::CodeNotUsable.into()),
        }
        let until = now.plus_minutes(LENT_MINUTES);
        let take = ways + 1;
        let lent = Lent { account: self.account.clone(), take, until, closed: false };
        let kind = CodeKind::Unique { last4: last4.clone(), taken: None, lent: Some(lent.clone()), ways: take };
        let known = Code { kind, ..code.clone() };
        Ok(code_is(vec![Event::CodeLent { hash: self.hash, lent }], Some(known)))
    }
}

impl Decide for LearnCode {
    fn needs(&self, state: &State, _: Timestamp, keys: &mut Vec<Key>) {
        needs::code_alone(state, self.hash, keys);
        keys.extend(state.code(self.hash).map(|code| state.campaign_key(code.campaign)));
    }

    fn decide(&self, state: &State, now: Timestamp, _: &mut dyn IdSource) -> Result<Decision, Refusal> {
        // That of a draft that was deleted is free, and may be another campaign's by now.
        let is_freed = |known: &&Code| known.campaign != self.code.campaign && state.is_deleted(known.campaign);
        if let Some(known) = state.code(self.hash).filter(|known| !is_freed(known)) {
            match (known.lent(), self.code.lent()) {
                // An earlier way, which is over.
                (Some(here), Some(new)) if here.take < new.take && here.closed => {}
                (Some(here), Some(new)) if here.take != new.take || here.closed => {
                    return Err(Reason::CodeNotUsable.into());
                }
                _ => return Ok(code_is(Vec::new(), Some(known.clone()))),
            }
        }
        // Too late: the code's bucket may have asked already, and given it to somebody else.
        if self.code.lent().is_some_and(|lent| now >= lent.until) {
            return Err(Reason::CodeNotUsable.into());
        }
        let mut code = self.code.clone();
        match &mut code.kind {
            CodeKind::Shared { uses, share, .. } => (*uses, *share) = (0, None),
            CodeKind::Unique { taken, .. } => *taken = None,
        }
        Ok(code_is(vec![Event::CodeLearned { hash: self.hash, code: code.clone() }], Some(code)))
    }
}

impl Decide for CloseCode {
    fn needs(&self, state: &State, _: Timestamp, keys: &mut Vec<Key>) {
        needs::code_alone(state, self.hash, keys);
    }

    /// The outcome is the code with its coupon if there is one: then it stays.
    fn decide(&self, state: &State, _: Timestamp, _: &mut dyn IdSource) -> Result<Decision, Refusal> {
        let Some(take) = self.code.lent().map(|lent| lent.take) else { return Err(Reason::NotFound.into()) };
        let known = state.code(self.hash);
        if let Some(known) = known.filter(|known| lent_under(Some(known), take).is_some()) {
            let closed = known.lent().is_some_and(|lent| lent.closed);
            if closed || known.taken().is_some() {
                return Ok(code_is(Vec::new(), Some(known.clone())));
            }
        } else if known.and_then(Code::lent).is_some_and(|here| here.take > take) {
            // A later way leads here: this one is over.
            return Ok(code_is(Vec::new(), None));
        }
        // Written down even where nothing had come in: from this moment on whatever is late is refused.
        let mut code = known.filter(|known| lent_under(Some(known), take).is_some()).unwrap_or(&self.code).clone();
        if let CodeKind::Unique { taken, lent: Some(lent), .. } = &mut code.kind {
            (*taken, lent.closed) = (None, true);
        }
        Ok(code_is(vec![Event::CodeClosed { hash: self.hash, code: code.clone() }], Some(code)))
    }
}

impl Decide for ReleaseCode {
    fn needs(&self, state: &State, _: Timestamp, keys: &mut Vec<Key>) {
        keys.push(Key::Code(self.hash));
        keys.push(Key::lent(state.buckets(), self.hash));
    }

    fn decide(&self, state: &State, _: Timestamp, _: &mut dyn IdSource) -> Result<Decision, Refusal> {
        let lent = lent_under(state.code(self.hash), self.take).is_some();
        let events = if lent { vec![Event::CodeReleased { hash: self.hash, take: self.take }] } else { Vec::new() };
        Ok(code_is(events, None))
    }
}

impl Decide for SettleCode {
    fn needs(&self, state: &State, _: Timestamp, keys: &mut Vec<Key>) {
        keys.push(Key::Code(self.hash));
        keys.push(Key::lent(state.buckets(), self.hash));
    }

    fn decide(&self, state: &State, _: Timestamp, _: &mut dyn IdSource) -> Result<Decision, Refusal> {
        let code = state.code(self.hash);
        let settled = code.and_then(Code::taken).is_some_and(|taken| taken.coupon == self.coupon);
        if lent_under(code, self.take).is_none() || settled {
            return Ok(code_is(Vec::new(), None));
        }
        let event = Event::CodeSettled { hash: self.hash, take: self.take, coupon: self.coupon };
        Ok(code_is(vec![event], None))
    }
}

impl Decide for ForgetCode {
    fn needs(&self, state: &State, _: Timestamp, keys: &mut Vec<Key>) {
        needs::code_alone(state, self.hash, keys);
    }

    /// Not before its time is over.
    fn decide(&self, state: &State, now: Timestamp, _: &mut dyn IdSource) -> Result<Decision, Refusal> {
        let over = lent_under(state.code(self.hash), self.take).is_some_and(|lent| lent.closed && now >= lent.until);
        let events = if over { vec![Event::CodeForgotten { hash: self.hash, take: self.take }] } else { Vec::new() };
        Ok(code_is(events, None))
    }
}
