use minicbor::{Decode, Encode};

use crate::{
    campaign::{Allowance, Campaign},
    code::{Code, Job},
    event::{ApiKey, UsedKey},
    exchange::{GrantBook, PendingLeases},
    individual::Individual,
    key::Kind,
    name::{AccountId, OrderId},
    order::{Order, RefundLocation, RefundPage},
    wallet::{History, Wallet, WalletPage},
};

/// Idempotency keys of one holder and day.
#[derive(Clone, PartialEq, Eq, Debug, Default, Encode, Decode)]
#[cbor(map)]
pub struct RecentKeys {
    #[n(0)]
    pub used: Vec<UsedKey>,
}

/// Orders whose hold runs out in one second. Some of them may have been paid or extended since.
#[derive(Clone, PartialEq, Eq, Debug, Default, Encode, Decode)]
#[cbor(map)]
pub struct Due {
    #[n(0)]
    pub orders: Vec<DueOrder>,
}

#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(map)]
pub struct DueOrder {
    #[n(0)]
    pub account: AccountId,
    #[n(1)]
    pub order: OrderId,
}

macro_rules! aggregates {
    ($($kind:ident($type:ty),)*) => {
        /// Any aggregate. Encoded without a tag: its key says what it is.
        #[derive(Clone, PartialEq, Eq, Debug)]
        pub enum Aggregate { $($kind($type),)* }

        impl Aggregate {
            /// CBOR with integer keys: unknown keys are skipped, new fields optional, none renumbered.
            pub fn encode(&self) -> Vec<u8> {
                match self {
                    $(Self::$kind(value) => minicbor::to_vec(value).expect("writing to memory doesn't fail"),)*
                }
            }
        }

        /// Reads an aggregate of `kind` back.
        pub fn decode(kind: Kind, bytes: &[u8]) -> Result<Aggregate, minicbor::decode::Error> {
            match kind { $(Kind::$kind => minicbor::decode(bytes).map(Aggregate::$kind),)* }
        }
    };
}

aggregates! {
    Wallet(Wallet),
    WalletPage(WalletPage),
    History(History),
    Order(Order),
    Campaign(Campaign),
    Allowance(Allowance),
    Code(Code),
    RecentKeys(RecentKeys),
    Due(Due),
    ApiKey(ApiKey),
    Job(Job),
    CampaignHere(Campaign),
    CodeHere(Code),
    GrantBook(GrantBook),
    LeasesOut(PendingLeases),
    LeasesReturning(PendingLeases),
    Individual(Individual),
    RefundPage(RefundPage),
    RefundLocation(RefundLocation),
}
