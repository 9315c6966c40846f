use super::{Decide, Decision, Outcome, Where, coupon_outcomes::coupon_outcomes, needs};
use crate::{
    event::Event,
    id::IdSource,
    name::{AccountId, OrderId, SellerId},
    order::{OrderStage, TransactionState},
    reason::{Reason, Refusal},
    state::{Key, State},
    status::OrderStatus,
    time::Timestamp,
};

/// Transactions are over: goods delivered, nothing disputed. One seller's, or all that are open.
#[derive(Clone, Debug)]
pub struct CloseTransactions {
    pub account: AccountId,
    pub order: OrderId,
    pub seller: Option<SellerId>,
}

impl Decide for CloseTransactions {
    fn place(&self) -> Where<'_> {
        Where::Order(&self.account, &self.order)
    }

    fn needs(&self, state: &State, now: Timestamp, keys: &mut Vec<Key>) {
        needs::order(state, &self.account, &self.order, now, keys);
    }

    fn decide(&self, state: &State, now: Timestamp, _: &mut dyn IdSource) -> Result<Decision, Refusal> {
        let order = state.order(&self.account, &self.order).ok_or(Reason::NotFound)?;
        let outcome = Outcome::Order { account: self.account.clone(), order: self.order.clone(), created: false };
        let forbidden = || Refusal::from(Reason::OrderStateForbids { order_status: order.status(now) });
        let indices: Vec<usize> = match &self.seller {
            Some(seller) => {
                let not_there = Reason::NotInOrder { line: None, seller: Some(seller.clone()) };
                vec![order.transaction_of(seller).ok_or_else(|| Refusal::at("/seller", not_there))?]
            }
            None => (0..order.transactions.len()).collect(),
        };
        if order.stage != OrderStage::Paid {
            return Err(forbidden());
        }
        let sellers: Vec<SellerId> = indices
            .iter()
            .map(|&index| &order.transactions[index])
            .filter(|transaction| transaction.state == TransactionState::Open)
            .map(|transaction| transaction.seller.clone())
            .collect();
        if sellers.is_empty() {
            let done = match self.seller {
                Some(_) => order.transactions[indices[0]].state == TransactionState::Closed,
                None => order.status(now) == OrderStatus::Closed,
            };
            return if done { Ok(Decision { events: Vec::new(), outcome }) } else { Err(forbidden()) };
        }
        let closed = Event::TransactionsClosed { account: self.account.clone(), order: self.order.clone(), sellers };
        let mut after = order.clone();
        after.apply(0, &closed);
        let mut events = vec![closed];
        events.extend(coupon_outcomes(state, &after, now).events);
        Ok(Decision { events, outcome })
    }
}
