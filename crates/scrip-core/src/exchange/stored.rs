//! How leases are stored: the loose fields that they were before they had states. [`LeaseState`] is what the fields mean together.
//!
//! | `claimed` | `lease` | `closed` | state |
//! |---|---|---|---|
//! | no | no | | `Free` |
//! | yes | no | | `Claimed` |
//! | no | yes | no | `Leased` |
//! | yes | yes | no | `ClaimedUnder` |
//! | no | yes | yes | `Closed` |
//! | yes | yes | yes | none: a lease with a claim isn't closed, and such bytes aren't read |

use minicbor::{
    Decode, Decoder, Encode, Encoder,
    decode::Error as DecodeError,
    encode::{Error as EncodeError, Write},
};

use super::{ClaimedBy, FencingNumber, Lease, LeaseState, PendingLease};
use crate::{id::CodeHash, name::AccountId, time::Timestamp};

/// A lease, and whether it is closed.
#[derive(Encode, Decode)]
#[cbor(map)]
pub(crate) struct StoredLease {
    #[n(0)]
    account: AccountId,
    #[n(1)]
    fencing: FencingNumber,
    #[n(2)]
    until: Timestamp,
    #[n(3)]
    closed: bool,
}

#[derive(Encode, Decode)]
#[cbor(map)]
struct StoredPending {
    #[n(0)]
    hash: CodeHash,
    #[n(1)]
    lease: StoredLease,
}

impl StoredLease {
    fn new(lease: &Lease, closed: bool) -> Self {
        let Lease { account, fencing, until } = lease.clone();
        Self { account, fencing, until, closed }
    }

    fn lease(self) -> Lease {
        Lease { account: self.account, fencing: self.fencing, until: self.until }
    }
}

/// The loose fields of a state: who claimed, and the lease.
pub(crate) fn fields_of(state: &LeaseState) -> (Option<ClaimedBy>, Option<StoredLease>) {
    (state.claimed_by().cloned(), state.lease().map(|lease| StoredLease::new(lease, state.is_closed())))
}

/// What the loose fields mean together.
///
/// Errors: a claim under a lease that is closed.
pub(crate) fn state_of(claimed: Option<ClaimedBy>, lease: Option<StoredLease>) -> Result<LeaseState, DecodeError> {
    match (claimed, lease) {
        (None, None) => Ok(LeaseState::Free),
        (Some(claimed), None) => Ok(LeaseState::Claimed(claimed)),
        (None, Some(lease)) if lease.closed => Ok(LeaseState::Closed(lease.lease())),
        (None, Some(lease)) => Ok(LeaseState::Leased(lease.lease())),
        (Some(_), Some(lease)) if lease.closed => {
            Err(DecodeError::message("a code is claimed with under a lease that is closed"))
        }
        (Some(claimed), Some(lease)) => Ok(LeaseState::ClaimedUnder(lease.lease(), claimed)),
    }
}

/// A lease alone is one that was just granted.
impl<C> Encode<C> for Lease {
    fn encode<W: Write>(&self, e: &mut Encoder<W>, ctx: &mut C) -> Result<(), EncodeError<W::Error>> {
        StoredLease::new(self, false).encode(e, ctx)
    }
}

impl<'b, C> Decode<'b, C> for Lease {
    fn decode(d: &mut Decoder<'b>, ctx: &mut C) -> Result<Self, DecodeError> {
        StoredLease::decode(d, ctx).map(StoredLease::lease)
    }
}

impl<C> Encode<C> for PendingLease {
    fn encode<W: Write>(&self, e: &mut Encoder<W>, ctx: &mut C) -> Result<(), EncodeError<W::Error>> {
        StoredPending { hash: self.hash, lease: StoredLease::new(&self.lease, self.closed) }.encode(e, ctx)
    }
}

impl<'b, C> Decode<'b, C> for PendingLease {
    fn decode(d: &mut Decoder<'b>, ctx: &mut C) -> Result<Self, DecodeError> {
        let StoredPending { hash, lease } = StoredPending::decode(d, ctx)?;
        let closed = lease.closed;
        Ok(Self { hash, lease: lease.lease(), closed })
    }
}
