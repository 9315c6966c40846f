use std::sync::Arc;

use scrip_core::{
    api_key::{ApiKey, Role},
    command::{ChangeApiKey, CreateApiKey, RevokeApiKey},
    id::{IdSource, KeyId},
    idempotency::Holder,
    metadata::{Changes, Members, Metadata, Writer},
    name::SellerId,
    reason::{Reason, Refusal},
    slot::Slot,
    time::Timestamp,
};
use scrip_engine::{Answer, EngineError, KnownKey, Receipt, fill_random};
use serde::Serialize;

use crate::{
    callers::{
        Caller,
        key_text::{self, secret_hash},
    },
    desk::Desk,
    done::{Done, Listed},
    idempotency::{IdempotencyKey, Sameness},
    not_done::NotDone,
    rights::Operation,
};

/// An API key that is to be made.
#[derive(Clone, Debug)]
pub struct KeyWanted {
    pub role: Role,
    /// With the role `seller`, and no other.
    pub seller: Option<SellerId>,
    pub name: Option<String>,
    pub expires_at: Option<Timestamp>,
    pub metadata: Members,
}

/// A key that was made.
#[derive(Clone, Debug)]
pub struct MadeKey {
    pub key: ApiKey,
    /// Its text, which is shown once; `None`: this is the answer again.
    pub text: Option<String>,
}

/// A key, and when it was used last.
#[derive(Clone, Debug)]
pub struct UsedKey {
    pub key: ApiKey,
    pub last_used_at: Option<Timestamp>,
}

/// A new API key and its text, which is shown once and stored nowhere.
pub struct NewKey {
    pub key: ApiKey,
    pub text: String,
}

impl Desk {
    /// Makes an API key. `as_asked` is by what `key` is known again.
    ///
    /// Errors: `forbidden`, `invalid_field`.
    pub async fn create_key(
        &self,
        caller: &Caller,
        wanted: KeyWanted,
        key: &IdempotencyKey,
        as_asked: &impl Serialize,
    ) -> Result<Done<MadeKey>, NotDone> {
        caller.may(Operation::CreateKey)?;
        match (wanted.role, &wanted.seller) {
            (Role::Operator | Role::Storefront, None) | (Role::Seller, Some(_)) => {}
            (Role::Seller, None) => return Err(Refusal::invalid("/seller", "given for the role seller").into()),
            (_, Some(_)) => return Err(Refusal::invalid("/seller", "absent but for the role seller").into()),
            (Role::Shopper, None) => return Err(Refusal::invalid("/role", "operator, seller or storefront").into()),
        }
        let slot = key.slot();
        let key = key.used_for(Holder::Campaigns(slot), || Sameness::always(as_asked));
        let mut new = new_key_in(slot, wanted.role, wanted.seller, self.now());
        new.key.name = wanted.name;
        new.key.expires_at = wanted.expires_at;
        new.key.metadata = Metadata::new(wanted.metadata, &Writer::Operator);
        let receipt = self.submit_once(CreateApiKey { key: new.key }, key).await?;
        let text = (!receipt.replayed).then_some(new.text);
        Done::from(receipt, |answer| match answer {
            Answer::ApiKey(key) => Ok((MadeKey { key, text }, true)),
            _ => Err(EngineError::Fault),
        })
    }

    /// API keys, oldest first, revoked and expired ones too.
    ///
    /// Errors: `forbidden`.
    pub fn list_keys(
        &self,
        caller: &Caller,
        after: Option<KeyId>,
        limit: usize,
    ) -> Result<Listed<Arc<KnownKey>, KeyId>, NotDone> {
        caller.may(Operation::ListKeys)?;
        let mut items = self.engine.registry().api_keys(after, limit + 1);
        let more = items.len() > limit;
        items.truncate(limit);
        let next = items.last().filter(|_| more).map(|known| known.key.id);
        Ok(Listed { items, next, at: self.now() })
    }

    /// One API key.
    ///
    /// Errors: `not_found`.
    pub fn get_key(&self, caller: &Caller, key: KeyId) -> Result<Arc<KnownKey>, NotDone> {
        caller.may(Operation::GetKey)?;
        self.engine.registry().api_key(key).ok_or_else(|| Reason::NotFound.into())
    }

    /// Changes an API key's metadata.
    ///
    /// Errors: `not_found`, and those of metadata.
    pub async fn change_key(&self, caller: &Caller, key: KeyId, metadata: Changes) -> Result<UsedKey, NotDone> {
        caller.may(Operation::ChangeKey)?;
        self.used(self.engine.submit(ChangeApiKey { key, metadata }, None).await?)
    }

    /// Revokes an API key: from the answer on it is nobody's.
    ///
    /// Errors: `not_found`.
    pub async fn revoke_key(&self, caller: &Caller, key: KeyId) -> Result<UsedKey, NotDone> {
        caller.may(Operation::RevokeKey)?;
        self.used(self.engine.submit(RevokeApiKey { key }, None).await?)
    }

    fn used(&self, receipt: Receipt) -> Result<UsedKey, NotDone> {
        let Answer::ApiKey(key) = receipt.answer else { return Err(EngineError::Fault.into()) };
        let last_used_at = self.engine.registry().api_key(key.id).and_then(|known| known.last_used_at());
        Ok(UsedKey { key, last_used_at })
    }
}

/// Makes a key of 256 random bits.
pub fn new_key(role: Role, seller: Option<SellerId>, now: Timestamp) -> NewKey {
    new_key_in(IdempotencyKey::default().slot(), role, seller, now)
}

/// The same where the slot is given.
fn new_key_in(slot: Slot, role: Role, seller: Option<SellerId>, now: Timestamp) -> NewKey {
    struct Os;
    impl IdSource for Os {
        fn random(&mut self) -> u64 {
            let mut bytes = [0; 8];
            fill_random(&mut bytes);
            u64::from_be_bytes(bytes)
        }
    }
    let id = KeyId::new(now, slot, &mut Os);
    let mut random = [0; 32];
    fill_random(&mut random);
    let secret: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
    let text = key_text::text(id, &secret);
    let key = ApiKey {
        id,
        role,
        seller,
        secret_hash: secret_hash(&secret),
        created_at: now,
        revoked_at: None,
        name: None,
        expires_at: None,
        last_used_at: None,
        metadata: Metadata::default(),
    };
    NewKey { key, text }
}
