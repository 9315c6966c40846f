//! What events do to individuals, whose accounts count together.

use crate::{
    individual::{Individual, IndividualChange},
    name::{AccountId, IndividualId},
    state::{Aggregate, Key, Part, State},
};

impl State {
    pub(super) fn account_linked(&mut self, account: &AccountId, individual: &IndividualId) {
        let wallet = self.existing_wallet(account);
        (wallet.individual, wallet.linked) = (individual.clone(), true);
        for (campaign, count) in wallet.counts.clone() {
            self.individual_changed(individual.clone(), IndividualChange::Counted(campaign, count));
        }
    }

    /// By an account.
    pub(super) fn individual_changed(&mut self, id: IndividualId, change: IndividualChange) {
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

    pub(super) fn with_individual(&mut self, id: &IndividualId, change: impl FnOnce(&mut Individual)) {
        let key = Key::Individual(self.bucket(), id.clone());
        if self.get(&key).is_none() {
            self.set(key.clone(), Some(Aggregate::Individual(Individual::default())));
        }
        if let Some(Aggregate::Individual(individual)) = self.change(&key) {
            change(individual);
        }
    }
}
