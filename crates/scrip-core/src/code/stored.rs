//! How codes are stored: of a unique one the loose fields of its lease's state, as `exchange/stored.rs` has them.

use minicbor::{
    Decode, Decoder, Encode, Encoder,
    decode::Error as DecodeError,
    encode::{Error as EncodeError, Write},
};

use super::CodeKind;
use crate::exchange::{
    ClaimedBy, FencingNumber, Quota,
    stored::{StoredLease, fields_of, state_of},
};

#[derive(Encode, Decode)]
enum StoredKind {
    #[n(0)]
    #[cbor(map)]
    Shared {
        #[n(0)]
        text: String,
        #[n(1)]
        max_uses: Option<u32>,
        #[n(2)]
        uses: u32,
        #[n(3)]
        quota: Option<Quota>,
    },
    #[n(1)]
    #[cbor(map)]
    Unique {
        #[n(0)]
        last4: String,
        #[n(1)]
        claimed: Option<ClaimedBy>,
        #[n(2)]
        lease: Option<StoredLease>,
        #[cbor(n(3), skip_if = "FencingNumber::is_none", default)]
        fencing: FencingNumber,
    },
}

impl<C> Encode<C> for CodeKind {
    fn encode<W: Write>(&self, e: &mut Encoder<W>, ctx: &mut C) -> Result<(), EncodeError<W::Error>> {
        let stored = match self.clone() {
            Self::Shared { text, max_uses, uses, quota } => StoredKind::Shared { text, max_uses, uses, quota },
            Self::Unique { last4, state, fencing } => {
                let (claimed, lease) = fields_of(&state);
                StoredKind::Unique { last4, claimed, lease, fencing }
            }
        };
        stored.encode(e, ctx)
    }
}

impl<'b, C> Decode<'b, C> for CodeKind {
    fn decode(d: &mut Decoder<'b>, ctx: &mut C) -> Result<Self, DecodeError> {
        Ok(match StoredKind::decode(d, ctx)? {
            StoredKind::Shared { text, max_uses, uses, quota } => Self::Shared { text, max_uses, uses, quota },
            StoredKind::Unique { last4, claimed, lease, fencing } => {
                Self::Unique { last4, state: state_of(claimed, lease)?, fencing }
            }
        })
    }
}
