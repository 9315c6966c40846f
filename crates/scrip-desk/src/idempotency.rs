//! Keys by which a request that is sent again is known: done once, and answered again as then.
//!
//! Every operation that takes a key takes an [`IdempotencyKey`]. Where what was asked is known by the body as HTTP read it, that comes
//! beside it (`as_asked`), to be written only if it is needed; the names in a request's path are added here.

use scrip_core::{
    command::Command,
    id::CampaignId,
    idempotency::Holder,
    reason::{Reason, Refusal},
    slot::Slot,
};
use scrip_engine::{EngineError, KeyUse, Receipt, fill_random};
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::{callers::Caller, desk::Desk};

/// Which form of a command is hashed. In the first, requests were hashed as they were read; in the second, commands with
/// their defaults filled in and their codes as compared.
const FORM: u8 = 2;

/// The key that came with a request, with caller and operation; nothing if none came.
#[derive(Default)]
pub struct IdempotencyKey(Option<[u8; 16]>);

impl IdempotencyKey {
    /// Of a caller's request by method and path template, so that the same text for something else is another key.
    pub fn of(caller: &Caller, method: &str, path: &str, key: &str) -> Self {
        Self(Some(hash(&(&caller.scope, method, path, key))))
    }

    /// The use of this key for a command that is known again by `same`. Without a key nothing is hashed.
    pub(crate) fn used_for(&self, holder: Holder, same: impl FnOnce() -> Sameness) -> Option<Keyed> {
        let key_hash = self.0?;
        let same = same();
        let key = KeyUse { holder, key_hash, command_hash: same.now };
        Some(Keyed { key, before: same.before })
    }

    pub(crate) const fn is_given(&self) -> bool {
        self.0.is_some()
    }

    /// Where something new may live: with the same key in the same place, so that a repetition finds it.
    pub(crate) fn slot(&self) -> Slot {
        let mut bits = [0; 2];
        match &self.0 {
            Some(hash) => bits.copy_from_slice(&hash[..2]),
            None => fill_random(&mut bits),
        }
        Slot::from_u16(u16::from_be_bytes(bits))
    }

    /// Of one part of a request that has several, by its index, so that each is done once.
    pub(crate) fn of_part(&self, index: usize) -> Self {
        Self(self.0.map(|whole| hash(&(whole, index))))
    }

    /// Of the part for one account of a request about a campaign, which is in the path.
    pub(crate) fn of_campaign(&self, campaign: CampaignId) -> Self {
        Self(self.0.map(|whole| hash(&(whole, campaign))))
    }
}

/// The hash by which a command is known again, and the one that earlier versions noted for the same request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Sameness {
    pub now: [u8; 16],
    pub before: [u8; 16],
}

impl Sameness {
    /// Of what every version has noted in the same words.
    pub fn always(asked: &impl Serialize) -> Self {
        let hash = hash(asked);
        Self { now: hash, before: hash }
    }

    /// Of a command as it is done, and the request as it came. What a request may say more from here on must not change
    /// how one that doesn't say it is written: what earlier versions noted would be another's.
    pub fn of(command: &impl Serialize, request: &impl Serialize) -> Self {
        Self { now: hash(&(FORM, command)), before: hash(request) }
    }
}

/// The use of a key for a command, and as earlier versions noted it.
#[derive(Clone, Debug)]
pub(crate) struct Keyed {
    key: KeyUse,
    before: [u8; 16],
}

impl Keyed {
    pub fn into_use(self) -> KeyUse {
        self.key
    }

    pub fn into_use_as_before(self) -> KeyUse {
        KeyUse { command_hash: self.before, ..self.key }
    }

    fn was_always_the_same(&self) -> bool {
        self.key.command_hash == self.before
    }
}

/// By which of the two hashes a command is to be compared.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Form {
    Now,
    Before,
}

impl Form {
    pub const fn of(self, same: Sameness) -> [u8; 16] {
        match self {
            Self::Now => same.now,
            Self::Before => same.before,
        }
    }
}

/// Does a command; if it isn't known as the same as what was done before, once more as earlier versions knew it. A refusal
/// for being another has no effect, so nothing is done twice.
pub(crate) async fn done_once<F: Future<Output = Result<Receipt, EngineError>>>(
    key: Option<Keyed>,
    does: impl Fn(Option<KeyUse>, Form) -> F,
) -> Result<Receipt, EngineError> {
    let refused = match does(key.clone().map(Keyed::into_use), Form::Now).await {
        Err(EngineError::Refused(refusal)) if is_another(&refusal) => refusal,
        done => return done,
    };
    if key.as_ref().is_some_and(Keyed::was_always_the_same) {
        return Err(refused.into());
    }
    let again = does(key.map(Keyed::into_use_as_before), Form::Before).await;
    again.map_err(|error| if matches!(error, EngineError::Refused(_)) { refused.into() } else { error })
}

impl Desk {
    /// Submits a command, under its key once.
    pub(crate) async fn submit_once(
        &self,
        command: impl Into<Command> + Clone,
        key: Option<Keyed>,
    ) -> Result<Receipt, EngineError> {
        done_once(key, |key, _| self.engine.submit(command.clone(), key)).await
    }

    /// The same, unless something else stands against it: then only what was done under the key before is told again.
    pub(crate) async fn submit_once_unless(
        &self,
        barred: Option<Refusal>,
        command: impl Into<Command> + Clone,
        key: Option<Keyed>,
    ) -> Result<Receipt, EngineError> {
        done_once(key, |key, _| self.engine.submit_unless(barred.clone(), command.clone(), key)).await
    }
}

pub(crate) fn is_another(refusal: &Refusal) -> bool {
    matches!(refusal.first(), Reason::IdempotencyKeyReused | Reason::OrderExists)
}

/// Half of the SHA-256 of a value as JSON.
pub fn hash(value: &impl Serialize) -> [u8; 16] {
    let json = serde_json::to_vec(value).expect("a parsed request can be written again");
    let digest = Sha256::digest(json);
    digest[..16].try_into().expect("half of 32 bytes")
}

#[cfg(test)]
mod tests {
    use serde::Serializer;

    use super::*;

    struct Unwritten;

    impl Serialize for Unwritten {
        fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            panic!("nothing is hashed")
        }
    }

    #[test]
    fn without_a_key_nothing_is_hashed() {
        let holder = Holder::Campaigns(Slot::from_u16(0));
        assert!(IdempotencyKey::default().used_for(holder, || Sameness::always(&Unwritten)).is_none());
    }
}
