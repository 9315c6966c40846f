use super::{Decide, Decision, Outcome, Where, lapse::cancelled_unpaid, needs};
use crate::{
    event::Event,
    id::IdSource,
    order::{Due, Order},
    reason::Refusal,
    slot::Bucket,
    state::{Key, State},
    time::Timestamp,
};

/// Gives back what orders hold whose time ran out. Safe to run twice.
#[derive(Clone, Debug)]
pub struct SweepDue {
    pub bucket: Bucket,
    pub second: u64,
    pub chunk: u64,
}

impl SweepDue {
    fn due<'a>(&self, state: &'a State) -> Option<&'a Due> {
        state.due(self.bucket, self.second, self.chunk)
    }
}

impl Decide for SweepDue {
    fn place(&self) -> Where<'_> {
        Where::Bucket(self.bucket)
    }

    fn needs(&self, state: &State, now: Timestamp, keys: &mut Vec<Key>) {
        keys.push(Key::Due(self.bucket, self.second, self.chunk));
        let Some(due) = self.due(state) else { return };
        for entry in &due.orders {
            keys.push(Key::Order(entry.account.clone(), entry.order.clone()));
            // Most were paid or cancelled long ago: their wallets are left alone.
            if state.is_lapsed(&entry.account, &entry.order, now) {
                needs::order(state, &entry.account, &entry.order, now, keys);
            }
        }
    }

    fn decide(&self, state: &State, now: Timestamp, _: &mut dyn IdSource) -> Result<Decision, Refusal> {
        // Before the second is over some of its orders may still be paid: they would never be swept again.
        let over = now.seconds().unsigned_abs() > self.second;
        let Some(due) = self.due(state).filter(|_| over) else {
            return Ok(Decision { events: Vec::new(), outcome: Outcome::Nothing });
        };
        let mut lapsed: Vec<&Order> = due
            .orders
            .iter()
            .filter_map(|entry| state.order(&entry.account, &entry.order))
            .filter(|order| order.has_lapsed(now))
            .collect();
        // An order whose hold was extended within the second is there twice.
        lapsed.sort_unstable_by_key(|order| (&order.account, &order.id));
        lapsed.dedup_by(|a, b| a.account == b.account && a.id == b.id);
        let mut events: Vec<Event> = lapsed.into_iter().flat_map(|order| cancelled_unpaid(order, true)).collect();
        events.push(Event::DueSwept { second: self.second, chunk: self.chunk });
        Ok(Decision { events, outcome: Outcome::Nothing })
    }
}
