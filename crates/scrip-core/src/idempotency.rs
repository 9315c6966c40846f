//! Idempotency keys that were used: whose, for which command, and where in the journal its effect is.

use minicbor::{Decode, Encode};

use crate::{id::CampaignId, name::AccountId, slot::Slot, time::Timestamp};

/// Whose idempotency keys: an account's, or those of a collection such as the campaigns.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Encode, Decode)]
pub enum Holder {
    #[n(0)]
    Account(#[n(0)] AccountId),
    #[n(1)]
    Campaign(#[n(0)] CampaignId),
    /// All campaigns. A new one's key and home are in the same bucket, which is chosen by the key. So are those
    /// of a new API key; of a code that is taken back it is the code's own.
    #[n(2)]
    Campaigns(#[n(0)] Slot),
    #[n(3)]
    Keys,
}

impl Holder {
    pub(crate) fn slot(&self) -> Slot {
        match self {
            Self::Account(account) => account.slot(),
            Self::Campaign(campaign) => campaign.uid().slot(),
            Self::Campaigns(slot) => *slot,
            Self::Keys => Slot::of(b"keys"),
        }
    }
}

/// Idempotency keys of one holder and day.
#[derive(Clone, PartialEq, Eq, Debug, Default, Encode, Decode)]
#[cbor(map)]
pub struct RecentKeys {
    #[n(0)]
    pub used: Vec<UsedKey>,
}

/// An idempotency key's command: which it was, and where in the journal its effect is.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(map)]
pub struct UsedKey {
    /// Of caller, operation and key.
    #[cbor(n(0), with = "minicbor::bytes")]
    pub key_hash: [u8; 16],
    /// Of the parsed command.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub command_hash: [u8; 16],
    #[n(2)]
    pub position: u64,
    #[n(3)]
    pub count: u32,
    #[n(4)]
    pub at: Timestamp,
    #[n(5)]
    pub answer: AnswerKind,
}

/// What a command's answer shows, so that it can be rendered again from the events.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(index_only)]
pub enum AnswerKind {
    #[n(0)]
    Coupon,
    #[n(1)]
    Order,
    #[n(2)]
    Refund,
    #[n(3)]
    Campaign,
    #[n(4)]
    SharedCode,
    #[n(5)]
    Job,
    #[n(6)]
    ApiKey,
    #[n(7)]
    Nothing,
    #[n(9)]
    Code,
}
