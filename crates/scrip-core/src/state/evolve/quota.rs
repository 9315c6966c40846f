//! What events do to quotas, wherever a pool's stand, and to the grant books at home.

use crate::{
    code::CodeKind,
    exchange::{GrantBook, Pool, Quota, Transfer},
    slot::Bucket,
    state::{Aggregate, Key, State},
};

impl State {
    pub(super) fn quota_granted(&mut self, pool: &Pool, bucket: Bucket, transfer: Transfer) {
        self.with_grant_book(pool, |book| book.grant(bucket, transfer));
    }

    pub(super) fn quota_received(&mut self, pool: &Pool, transfer: Transfer) {
        self.with_quota(pool, |quota| quota.receive(transfer));
    }

    pub(super) fn quota_returned(&mut self, pool: &Pool, transfer: Transfer) {
        self.with_quota(pool, |quota| quota.give_back(transfer));
    }

    pub(super) fn quota_taken_back(&mut self, pool: &Pool, bucket: Bucket, transfer: Transfer) {
        self.with_grant_book(pool, |book| book.take_back(bucket, transfer));
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
}
