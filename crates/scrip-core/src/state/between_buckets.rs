//! What moves between buckets: campaigns told, parcels of pools, codes underway, accounts that count together.

use super::{Aggregate, State};
use crate::{
    campaign::{Parcel, Pool, Share, Supply},
    code::{Code, CodeHash, CodeKind, CodeUnderway, CodesUnderway, Lent, Taken},
    event::Event,
    individual::Individual,
    key::Key,
    name::IndividualId,
};

impl State {
    pub(super) fn between_buckets(&mut self, event: &Event) {
        match event {
            Event::AccountLinked { account, individual } => {
                let wallet = self.existing_wallet(account);
                (wallet.individual, wallet.linked) = (individual.clone(), true);
                for (campaign, count) in wallet.counts.clone() {
                    self.with_individual(individual, |individual| individual.counted(campaign, count));
                }
            }
            Event::CampaignLearned { campaign } => {
                let key = Key::CampaignHere(self.bucket, campaign.id);
                self.set(key, Some(Aggregate::CampaignHere(campaign.clone())));
            }
            Event::AllowanceGranted { pool, bucket, number, amount } => {
                self.with_supply(pool, |supply| supply.granted(*bucket, Parcel { number: *number, amount: *amount }));
            }
            Event::AllowanceTakenBack { pool, bucket, number, amount } => {
                self.with_supply(pool, |supply| {
                    supply.taken_back(*bucket, Parcel { number: *number, amount: *amount });
                });
            }
            Event::AllowanceReceived { pool, number, amount } => {
                self.with_share(pool, |share| share.receive(Parcel { number: *number, amount: *amount }));
            }
            Event::AllowanceReturned { pool, number, amount } => {
                self.with_share(pool, |share| share.give_back(Parcel { number: *number, amount: *amount }));
            }
            Event::CodeLent { hash, lent } => {
                if let Some(CodeKind::Unique { lent: on_its_way, ways, .. }) =
                    self.code_mut(*hash).map(|code| &mut code.kind)
                {
                    (*on_its_way, *ways) = (Some(lent.clone()), lent.take);
                }
                self.add_underway(Key::lent(self.buckets, *hash), *hash, lent);
            }
            Event::CodeReleased { hash, take } => {
                self.with_unique(*hash, |taken, lent| (*taken, *lent) = (None, None));
                self.remove_underway(&Key::lent(self.buckets, *hash), *hash, *take);
            }
            Event::CodeSettled { hash, take, coupon } => {
                self.with_unique(*hash, |taken, lent| {
                    let account = lent.as_ref().map(|lent| lent.account.clone());
                    *taken = account.map(|account| Taken { account, coupon: *coupon });
                });
                self.remove_underway(&Key::lent(self.buckets, *hash), *hash, *take);
            }
            Event::CodeLearned { hash, code } => {
                self.end_earlier_way(*hash);
                self.set(Key::CodeHere(self.bucket, *hash), Some(Aggregate::CodeHere(code.clone())));
            }
            Event::CodeClosed { hash, code } => {
                self.end_earlier_way(*hash);
                self.set(Key::CodeHere(self.bucket, *hash), Some(Aggregate::CodeHere(code.clone())));
                if let Some(lent) = code.lent() {
                    self.add_underway(Key::homing(self.bucket, *hash), *hash, lent);
                }
            }
            Event::CodeRevokedHere { hash, code } => match self.code_mut(*hash) {
                Some(known) if known.campaign == code.campaign => known.revoked_at = code.revoked_at,
                _ => self.set(Key::CodeHere(self.bucket, *hash), Some(Aggregate::CodeHere(code.clone()))),
            },
            Event::CodeForgotten { hash, take } => {
                self.set(Key::CodeHere(self.bucket, *hash), None);
                self.remove_underway(&Key::homing(self.bucket, *hash), *hash, *take);
            }
            _ => {}
        }
    }

    fn with_supply(&mut self, pool: &Pool, change: impl FnOnce(&mut Supply)) {
        let key = Key::Supply(pool.clone());
        if self.get(&key).is_none() {
            self.set(key.clone(), Some(Aggregate::Supply(Supply::default())));
        }
        if let Some(Aggregate::Supply(supply)) = self.change(&key) {
            change(supply);
        }
    }

    fn with_share(&mut self, pool: &Pool, change: impl FnOnce(&mut Share)) {
        match pool {
            Pool::CodeUses(hash) => {
                if let Some(CodeKind::Shared { share, .. }) = self.code_mut(*hash).map(|code| &mut code.kind) {
                    change(share.get_or_insert_default());
                }
            }
            Pool::Individual(id, campaign) => {
                self.with_individual(id, |individual| change(individual.share_mut(*campaign)));
            }
            Pool::Stock(campaign) | Pool::SourceStock(campaign, _) | Pool::Budget(campaign) => {
                self.with_allowance(*campaign, |allowance| change(allowance.share_mut(pool)));
            }
        }
    }

    pub(super) fn with_individual(&mut self, id: &IndividualId, change: impl FnOnce(&mut Individual)) {
        let key = Key::Individual(self.bucket, id.clone());
        if self.get(&key).is_none() {
            self.set(key.clone(), Some(Aggregate::Individual(Individual::default())));
        }
        if let Some(Aggregate::Individual(individual)) = self.change(&key) {
            change(individual);
        }
    }

    pub(super) fn code_mut(&mut self, hash: CodeHash) -> Option<&mut Code> {
        match self.change(&self.code_key(hash))? {
            Aggregate::Code(code) | Aggregate::CodeHere(code) => Some(code),
            _ => None,
        }
    }

    /// What stands here of the way before this one: at most that, and it is home.
    fn end_earlier_way(&mut self, hash: CodeHash) {
        if let Some(take) = self.code(hash).and_then(Code::lent).map(|lent| lent.take) {
            self.remove_underway(&Key::homing(self.bucket, hash), hash, take);
        }
    }

    fn with_unique(&mut self, hash: CodeHash, change: impl FnOnce(&mut Option<Taken>, &mut Option<Lent>)) {
        if let Some(CodeKind::Unique { taken, lent, .. }) = self.code_mut(hash).map(|code| &mut code.kind) {
            change(taken, lent);
        }
    }

    pub(super) fn add_underway(&mut self, key: Key, hash: CodeHash, lent: &Lent) {
        let mut codes = self.underway(&key).cloned().unwrap_or_default();
        codes.codes.push(CodeUnderway { hash, lent: lent.clone() });
        self.set_underway(key, codes);
    }

    pub(super) fn remove_underway(&mut self, key: &Key, hash: CodeHash, take: u64) {
        let Some(mut codes) = self.underway(key).cloned() else { return };
        codes.codes.retain(|known| known.hash != hash || known.lent.take != take);
        self.set_underway(key.clone(), codes);
    }

    /// An empty list is no document.
    fn set_underway(&mut self, key: Key, codes: CodesUnderway) {
        let value = match key {
            _ if codes.codes.is_empty() => None,
            Key::Lent(..) => Some(Aggregate::Lent(codes)),
            _ => Some(Aggregate::Homing(codes)),
        };
        self.set(key, value);
    }
}
