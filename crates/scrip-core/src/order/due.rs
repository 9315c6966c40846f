//! Orders whose hold runs out.

use minicbor::{Decode, Encode};

use crate::name::{AccountId, OrderId};

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
