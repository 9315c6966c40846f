//! What the exchange's events do to the state: campaigns and codes that a bucket learned, quotas, leases, and accounts that count
//! together.

use crate::{
    campaign::Campaign,
    code::{Code, CodeKind},
    exchange::{FencingNumber, GrantBook, Lease, LeaseState, PendingLease, PendingLeases, Pool, Quota, Transfer},
    id::{CodeHash, CouponId},
    individual::{Individual, IndividualChange},
    name::{AccountId, IndividualId},
    slot::Bucket,
    state::{Aggregate, Key, Part, State},
};

impl State {
    pub(crate) fn account_linked(&mut self, account: &AccountId, individual: &IndividualId) {
        let wallet = self.existing_wallet(account);
        (wallet.individual, wallet.linked) = (individual.clone(), true);
        for (campaign, count) in wallet.counts.clone() {
            self.individual_changed(individual.clone(), IndividualChange::Counted(campaign, count));
        }
    }

    pub(crate) fn campaign_learned(&mut self, campaign: &Campaign) {
        let key = Key::CampaignHere(self.bucket(), campaign.id);
        self.set(key, Some(Aggregate::CampaignHere(campaign.clone())));
    }

    pub(crate) fn quota_granted(&mut self, pool: &Pool, bucket: Bucket, transfer: Transfer) {
        self.with_grant_book(pool, |book| book.grant(bucket, transfer));
    }

    pub(crate) fn quota_received(&mut self, pool: &Pool, transfer: Transfer) {
        self.with_quota(pool, |quota| quota.receive(transfer));
    }

    pub(crate) fn quota_returned(&mut self, pool: &Pool, transfer: Transfer) {
        self.with_quota(pool, |quota| quota.give_back(transfer));
    }

    pub(crate) fn quota_taken_back(&mut self, pool: &Pool, bucket: Bucket, transfer: Transfer) {
        self.with_grant_book(pool, |book| book.take_back(bucket, transfer));
    }

    pub(crate) fn code_leased(&mut self, hash: CodeHash, lease: &Lease) {
        if let Some(CodeKind::Unique { state, fencing, .. }) = self.code_mut(hash).map(|code| &mut code.kind) {
            (*state, *fencing) = (LeaseState::Leased(lease.clone()), lease.fencing);
        }
        self.add_pending(Key::leases_out(self.buckets(), hash), hash, lease, false);
    }

    pub(crate) fn lease_released(&mut self, hash: CodeHash, fencing: FencingNumber) {
        self.with_lease(hash, |_| LeaseState::Free);
        self.remove_pending(&Key::leases_out(self.buckets(), hash), hash, fencing);
    }

    pub(crate) fn lease_confirmed(&mut self, hash: CodeHash, fencing: FencingNumber, coupon: CouponId) {
        self.with_lease(hash, |state| state.confirmed(coupon));
        self.remove_pending(&Key::leases_out(self.buckets(), hash), hash, fencing);
    }

    pub(crate) fn code_learned(&mut self, hash: CodeHash, code: &Code) {
        self.end_earlier_lease(hash);
        self.set(Key::CodeHere(self.bucket(), hash), Some(Aggregate::CodeHere(code.clone())));
    }

    pub(crate) fn lease_closed(&mut self, hash: CodeHash, code: &Code) {
        self.code_learned(hash, code);
        if let Some(lease) = code.lease() {
            self.add_pending(Key::leases_returning(self.bucket(), hash), hash, lease, code.is_closed());
        }
    }

    pub(crate) fn lease_forgotten(&mut self, hash: CodeHash, fencing: FencingNumber) {
        self.set(Key::CodeHere(self.bucket(), hash), None);
        self.remove_pending(&Key::leases_returning(self.bucket(), hash), hash, fencing);
    }

    pub(crate) fn code_revoked_here(&mut self, hash: CodeHash, code: &Code) {
        match self.code_mut(hash) {
            Some(known) if known.campaign == code.campaign => known.revoked_at = code.revoked_at,
            Some(_) | None => self.set(Key::CodeHere(self.bucket(), hash), Some(Aggregate::CodeHere(code.clone()))),
        }
    }

    fn with_grant_book(&mut self, pool: &Pool, change: impl FnOnce(&mut GrantBook)) {
        let key = Key::GrantBook(pool.clone());
        if self.get(&key).is_none() {
            self.set(key.clone(), Some(Aggregate::GrantBook(GrantBook::default())));
        }
        if let Some(Aggregate::GrantBook(book)) = self.change(&key) {
            change(book);
        }
    }

    fn with_quota(&mut self, pool: &Pool, change: impl FnOnce(&mut Quota)) {
        match pool {
            Pool::CodeUses(hash) => {
                if let Some(CodeKind::Shared { quota, .. }) = self.code_mut(*hash).map(|code| &mut code.kind) {
                    change(quota.get_or_insert_default());
                }
            }
            Pool::Individual(id, campaign) => {
                self.with_individual(id, |individual| change(individual.quota_mut(*campaign)));
            }
            Pool::Stock(campaign) | Pool::SourceStock(campaign, _) | Pool::Budget(campaign) => {
                self.with_allowance(*campaign, |allowance| change(allowance.quota_mut(pool)));
            }
        }
    }

    /// By an account.
    pub(crate) fn individual_changed(&mut self, id: IndividualId, change: IndividualChange) {
        if self.part == Some(Part::Accounts) {
            self.individual_changes.push((id, change));
        } else {
            self.change_individual(&id, change);
        }
    }

    /// Applies what an account changed of an individual, as [`State::take_individual_changes`] tells it.
    pub fn change_individual(&mut self, id: &IndividualId, change: IndividualChange) {
        self.with_individual(id, |individual| individual.change(change));
    }

    fn with_individual(&mut self, id: &IndividualId, change: impl FnOnce(&mut Individual)) {
        let key = Key::Individual(self.bucket(), id.clone());
        if self.get(&key).is_none() {
            self.set(key.clone(), Some(Aggregate::Individual(Individual::default())));
        }
        if let Some(Aggregate::Individual(individual)) = self.change(&key) {
            change(individual);
        }
    }

    pub(crate) fn code_mut(&mut self, hash: CodeHash) -> Option<&mut Code> {
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

    pub(crate) fn with_lease(&mut self, hash: CodeHash, next: impl FnOnce(&LeaseState) -> LeaseState) {
        if let Some(CodeKind::Unique { state, .. }) = self.code_mut(hash).map(|code| &mut code.kind) {
            *state = next(state);
        }
    }

    pub(crate) fn add_pending(&mut self, key: Key, hash: CodeHash, lease: &Lease, closed: bool) {
        let mut pending = self.pending_leases(&key).cloned().unwrap_or_default();
        pending.leases.push(PendingLease { hash, lease: lease.clone(), closed });
        self.set_pending(key, pending);
    }

    pub(crate) fn remove_pending(&mut self, key: &Key, hash: CodeHash, fencing: FencingNumber) {
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
