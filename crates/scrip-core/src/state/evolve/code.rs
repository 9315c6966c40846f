//! What events do to codes: to those at home and to copies that a bucket learned, to their leases, and to the lists of leases that wait.

use crate::{
    code::{Code, CodeKind},
    exchange::{ClaimedBy, FencingNumber, Lease, LeaseState, PendingLease, PendingLeases},
    id::{CodeHash, CouponId},
    name::AccountId,
    state::{Aggregate, Key, State},
};

impl State {
    /// The code that a coupon was claimed with.
    pub(super) fn code_claimed(&mut self, account: &AccountId, coupon: CouponId, hash: CodeHash) {
        let Some(code) = self.code_mut(hash) else { return };
        code.claim(ClaimedBy { account: account.clone(), coupon });
        if let Some(fencing) = code.lease().map(|lease| lease.fencing) {
            self.remove_pending(&Key::leases_returning(self.bucket(), hash), hash, fencing);
        }
    }

    /// The code of a coupon whose claim never was.
    pub(super) fn code_given_back(&mut self, code: CodeHash) {
        let Some(known) = self.code_mut(code) else { return };
        known.give_claim_back();
        if let Some((lease, closed)) = known.lease().cloned().map(|lease| (lease, known.is_closed())) {
            self.add_pending(Key::leases_returning(self.bucket(), code), code, &lease, closed);
        }
    }

    pub(super) fn code_leased(&mut self, hash: CodeHash, lease: &Lease) {
        if let Some(CodeKind::Unique { state, fencing, .. }) = self.code_mut(hash).map(|code| &mut code.kind) {
            (*state, *fencing) = (LeaseState::Leased(lease.clone()), lease.fencing);
        }
        self.add_pending(Key::leases_out(self.buckets(), hash), hash, lease, false);
    }

    pub(super) fn lease_released(&mut self, hash: CodeHash, fencing: FencingNumber) {
        self.with_lease(hash, |_| LeaseState::Free);
        self.remove_pending(&Key::leases_out(self.buckets(), hash), hash, fencing);
    }

    pub(super) fn lease_confirmed(&mut self, hash: CodeHash, fencing: FencingNumber, coupon: CouponId) {
        self.with_lease(hash, |state| state.confirmed(coupon));
        self.remove_pending(&Key::leases_out(self.buckets(), hash), hash, fencing);
    }

    pub(super) fn code_learned(&mut self, hash: CodeHash, code: &Code) {
        self.end_earlier_lease(hash);
        self.set(Key::CodeHere(self.bucket(), hash), Some(Aggregate::CodeHere(code.clone())));
    }

    pub(super) fn lease_closed(&mut self, hash: CodeHash, code: &Code) {
        self.code_learned(hash, code);
        if let Some(lease) = code.lease() {
            self.add_pending(Key::leases_returning(self.bucket(), hash), hash, lease, code.is_closed());
        }
    }

    pub(super) fn lease_forgotten(&mut self, hash: CodeHash, fencing: FencingNumber) {
        self.set(Key::CodeHere(self.bucket(), hash), None);
        self.remove_pending(&Key::leases_returning(self.bucket(), hash), hash, fencing);
    }

    pub(super) fn code_revoked_here(&mut self, hash: CodeHash, code: &Code) {
        match self.code_mut(hash) {
            Some(known) if known.campaign == code.campaign => known.revoked_at = code.revoked_at,
            Some(_) | None => self.set(Key::CodeHere(self.bucket(), hash), Some(Aggregate::CodeHere(code.clone()))),
        }
    }

    pub(super) fn code_mut(&mut self, hash: CodeHash) -> Option<&mut Code> {
        let (Aggregate::Code(code) | Aggregate::CodeHere(code)) = self.change(&self.code_key(hash))? else {
            return None;
        };
        Some(code)
    }

    /// A lease that stood here before this one returned at most, and is home.
    fn end_earlier_lease(&mut self, hash: CodeHash) {
        if let Some(fencing) = self.code(hash).and_then(Code::lease).map(|lease| lease.fencing) {
            self.remove_pending(&Key::leases_returning(self.bucket(), hash), hash, fencing);
        }
    }

    fn with_lease(&mut self, hash: CodeHash, next: impl FnOnce(&LeaseState) -> LeaseState) {
        if let Some(CodeKind::Unique { state, .. }) = self.code_mut(hash).map(|code| &mut code.kind) {
            *state = next(state);
        }
    }

    fn add_pending(&mut self, key: Key, hash: CodeHash, lease: &Lease, closed: bool) {
        let mut pending = self.pending_leases(&key).cloned().unwrap_or_default();
        pending.leases.push(PendingLease { hash, lease: lease.clone(), closed });
        self.set_pending(key, pending);
    }

    fn remove_pending(&mut self, key: &Key, hash: CodeHash, fencing: FencingNumber) {
        let Some(mut pending) = self.pending_leases(key).cloned() else { return };
        pending.leases.retain(|known| known.hash != hash || known.lease.fencing != fencing);
        self.set_pending(key.clone(), pending);
    }

    /// An empty list is no document.
    fn set_pending(&mut self, key: Key, pending: PendingLeases) {
        let document =
            if matches!(key, Key::LeasesOut(..)) { Aggregate::LeasesOut } else { Aggregate::LeasesReturning };
        let value = (!pending.leases.is_empty()).then(|| document(pending));
        self.set(key, value);
    }
}
