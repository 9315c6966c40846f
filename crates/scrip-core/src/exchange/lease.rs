//! The lease of a unique code to an account of another bucket: a state machine on each of two sides.
//!
//! ```text
//! the code's home       LeaseCode ─────────────▶ ConfirmLease      or ReleaseLease
//! the account's bucket             LearnCode ─▶ Claim ─▶ …             CloseLease ─▶ … ─▶ ForgetLease
//! ```
//!
//! Both sides keep the code in a document of their own, with a [`LeaseState`]. Home's never is `Closed`; the account's bucket has a
//! copy under a lease, or none. A dash means that the step changes nothing; a step under another fencing number than the one that
//! stands in the document changes nothing either, but where the table says so.
//!
//! | at home | `LeaseCode` | `ConfirmLease` | `ReleaseLease` | claim by an account of this bucket | that claim given back |
//! |---|---|---|---|---|---|
//! | `Free` | → `Leased`, next number | – | – | → `Claimed` | – |
//! | `Claimed` | refused | – | – | refused | → `Free` |
//! | `Leased` | same account: told again, else refused | → `ClaimedUnder` | → `Free` | refused | – |
//! | `ClaimedUnder` | same account: told again, else refused | → `ClaimedUnder` | → `Free` | refused | – |
//!
//! | in the account's bucket | `LearnCode` | claim by the account | that claim given back | `CloseLease` | `ForgetLease` |
//! |---|---|---|---|---|---|
//! | no copy | → `Leased`; at `until` or later refused | refused | – | → `Closed` | – |
//! | `Leased` | told again; another number refused | → `ClaimedUnder` | – | → `Closed` | – |
//! | `ClaimedUnder` | told again; another number refused | refused | → `Leased` | told who claimed | – |
//! | `Closed` | refused; a later number: → `Leased` | refused | – | told again; a later number: → `Closed` | at `until` or later: → no copy |
//!
//! Numbers fence off what is late: a copy of `LearnCode` may come after its lease is over. The closed lease stays written down
//! until `until` (then a copy is refused for being late) or until a later lease takes its place (then for its number). `CloseLease`
//! of an earlier number than the copy's is told that its lease is over.
//!
//! Between two steps anything may happen. Home lists leases that are out and that nobody has confirmed (`Key::LeasesOut`); the
//! account's bucket lists leases that nobody uses any more (`Key::LeasesReturning`). Whoever comes by goes on from there.

use minicbor::{Decode, Encode};

use crate::{
    id::{CodeHash, CouponId},
    name::AccountId,
    time::Timestamp,
};

/// How long the account's bucket may take a leased code in. After that home asks what became of it.
pub const LEASE_MINUTES: u32 = 1;

/// Numbers the leases of one code, from 1: whoever holds an earlier number is late, and is refused.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Encode, Decode)]
#[cbor(transparent)]
pub struct FencingNumber(#[n(0)] u64);

impl FencingNumber {
    /// Of a code that was never leased.
    pub const NONE: Self = Self(0);

    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "the derive passes a reference")]
    pub(crate) const fn is_none(&self) -> bool {
        self.0 == 0
    }
}

impl Default for FencingNumber {
    fn default() -> Self {
        Self::NONE
    }
}

/// That one account alone may claim with a unique code.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Lease {
    pub account: AccountId,
    pub fencing: FencingNumber,
    /// From here on the account's bucket doesn't take the code in any more, and the code's home may ask what became of it. Until
    /// then the account's bucket remembers a closed lease, so that it doesn't take the code in a second time.
    pub until: Timestamp,
}

/// Who has a unique code's coupon.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(map)]
pub struct ClaimedBy {
    #[n(0)]
    pub account: AccountId,
    #[n(1)]
    pub coupon: CouponId,
}

/// Where one side has got to with a unique code. The module's tables say which steps lead from which state to which.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum LeaseState {
    /// At home alone: nobody has it.
    Free,
    /// At home alone: an account of this bucket has its coupon. That takes no lease.
    Claimed(ClaimedBy),
    /// At home: leased, and nobody has told what became of it. In the account's bucket: the account may claim with it.
    Leased(Lease),
    /// It became a coupon under this lease: as the account's bucket did it, or as home was told.
    ClaimedUnder(Lease, ClaimedBy),
    /// In the account's bucket alone: nobody claims with it under this lease from here on.
    Closed(Lease),
}

impl LeaseState {
    /// The lease that stands, or the last one if it is closed.
    pub const fn lease(&self) -> Option<&Lease> {
        match self {
            Self::Leased(lease) | Self::ClaimedUnder(lease, _) | Self::Closed(lease) => Some(lease),
            Self::Free | Self::Claimed(_) => None,
        }
    }

    pub const fn claimed_by(&self) -> Option<&ClaimedBy> {
        match self {
            Self::Claimed(claimed) | Self::ClaimedUnder(_, claimed) => Some(claimed),
            Self::Free | Self::Leased(_) | Self::Closed(_) => None,
        }
    }

    pub const fn is_closed(&self) -> bool {
        matches!(self, Self::Closed(_))
    }

    /// A claim, on either side.
    #[must_use]
    pub(crate) fn claimed(&self, by: ClaimedBy) -> Self {
        match self.lease() {
            Some(lease) => Self::ClaimedUnder(lease.clone(), by),
            None => Self::Claimed(by),
        }
    }

    /// The claim is given back, on either side: the lease, if there is one, stands as before the claim.
    #[must_use]
    pub(crate) fn unclaimed(&self) -> Self {
        match self {
            Self::Free | Self::Claimed(_) => Self::Free,
            Self::Leased(lease) | Self::ClaimedUnder(lease, _) => Self::Leased(lease.clone()),
            Self::Closed(lease) => Self::Closed(lease.clone()),
        }
    }

    /// At home: the account's bucket told that the code became this coupon. Without a lease nobody can have told that.
    #[must_use]
    pub(crate) fn confirmed(&self, coupon: CouponId) -> Self {
        match self.lease() {
            Some(lease) => Self::ClaimedUnder(lease.clone(), ClaimedBy { account: lease.account.clone(), coupon }),
            None => Self::Free,
        }
    }

    /// In the account's bucket: nobody claims under the lease from here on.
    #[must_use]
    pub(crate) fn closed(&self) -> Self {
        match self.lease() {
            Some(lease) => Self::Closed(lease.clone()),
            None => Self::Free,
        }
    }
}

/// Leases that wait for a step: at home those that are out and unconfirmed, in an account's bucket those that return.
#[derive(Clone, PartialEq, Eq, Debug, Default, Encode, Decode)]
#[cbor(map)]
pub struct PendingLeases {
    #[n(0)]
    pub leases: Vec<PendingLease>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PendingLease {
    pub hash: CodeHash,
    pub lease: Lease,
    /// Whether it was closed when it was listed; else its claim was given back.
    pub closed: bool,
}
