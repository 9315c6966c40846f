use super::{Decide, Decision, Outcome, Where, needs};
use crate::{
    event::Event,
    id::IdSource,
    name::{AccountId, IndividualId},
    reason::Refusal,
    state::{Key, State},
    time::Timestamp,
};

/// From here on the account counts together with the others of an individual. What it has it keeps: together they may have
/// more than a limit allows then, and get no more.
#[derive(Clone, Debug)]
pub struct LinkAccount {
    pub account: AccountId,
    pub individual: IndividualId,
}

impl Decide for LinkAccount {
    fn place(&self) -> Where<'_> {
        Where::Account(&self.account)
    }

    fn needs(&self, state: &State, now: Timestamp, keys: &mut Vec<Key>) {
        // Every row of its coupons names whose they are.
        needs::whole_wallet(state, &self.account, now, keys);
        needs::whole_history(state, &self.account, keys);
        keys.push(Key::Individual(state.bucket(), self.individual.clone()));
        // Their limits are those of the terms.
        let counts = state.wallet(&self.account).map(|wallet| &wallet.counts[..]).unwrap_or_default();
        counts.iter().for_each(|(campaign, _)| needs::campaign(state, *campaign, keys));
    }

    fn decide(&self, state: &State, _: Timestamp, _: &mut dyn IdSource) -> Result<Decision, Refusal> {
        let linked = state.wallet(&self.account).is_some_and(|wallet| wallet.linked);
        let events = if linked {
            Vec::new()
        } else {
            vec![Event::AccountLinked { account: self.account.clone(), individual: self.individual.clone() }]
        };
        Ok(Decision { events, outcome: Outcome::Nothing })
    }

    fn may_overdraw(&self) -> bool {
        true
    }
}
