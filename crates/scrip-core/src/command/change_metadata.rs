use super::{Decide, Decision, Outcome, Where, needs};
use crate::{
    event::Event,
    id::IdSource,
    metadata::{Changes, ORDER_CHANGES_MAX, Writer},
    name::{AccountId, OrderId, RefundName},
    order::Order,
    reason::{Reason, Refusal},
    state::{Key, State},
    time::Timestamp,
};

/// Other metadata on an order, or on one of its refunds, whatever became of it.
///
/// It isn't an account's command: an order whose hold ran out needn't be cancelled first.
///
/// Errors: `not_found`, to a seller also of what gives nothing of its own back; those of
/// [`Metadata::changed`](crate::metadata::Metadata::changed); `limit_reached` after [`ORDER_CHANGES_MAX`] changes.
#[derive(Clone, Debug)]
pub struct ChangeMetadata {
    pub account: AccountId,
    pub order: OrderId,
    /// `None`: of the order itself.
    pub refund: Option<RefundName>,
    pub changes: Changes,
    pub by: Writer,
}

impl Decide for ChangeMetadata {
    fn place(&self) -> Where<'_> {
        Where::Slot(self.account.slot())
    }

    fn needs(&self, state: &State, _: Timestamp, keys: &mut Vec<Key>) {
        keys.push(Key::Order(self.account.clone(), self.order.clone()));
        if let Some(refund) = &self.refund {
            needs::refund(state, &self.account, &self.order, refund, keys);
        }
    }

    fn decide(&self, state: &State, _: Timestamp, _: &mut dyn IdSource) -> Result<Decision, Refusal> {
        let order = state.order(&self.account, &self.order).ok_or(Reason::NotFound)?;
        let (event, outcome) = match &self.refund {
            None => self.of_order(order)?,
            Some(refund) => self.of_refund(state, order, refund)?,
        };
        if event.is_some() && order.metadata_changes >= ORDER_CHANGES_MAX {
            let reason = Reason::LimitReached { limit: ORDER_CHANGES_MAX.into(), of: "metadata_changes" };
            return Err(Refusal::at("/metadata", reason));
        }
        Ok(Decision { events: event.into_iter().collect(), outcome })
    }
}

impl ChangeMetadata {
    /// No event where nothing changes.
    fn of_order(&self, order: &Order) -> Result<(Option<Event>, Outcome), Refusal> {
        let (account, id) = (self.account.clone(), self.order.clone());
        let metadata = order.metadata.changed(&self.changes, &self.by)?;
        let changed = metadata != order.metadata;
        let outcome = Outcome::Order { account: account.clone(), order: id.clone(), created: false };
        Ok((changed.then_some(Event::OrderMetadataChanged { account, order: id, metadata }), outcome))
    }

    fn of_refund(
        &self,
        state: &State,
        order: &Order,
        refund: &RefundName,
    ) -> Result<(Option<Event>, Outcome), Refusal> {
        let refund = state.refund(&self.account, &self.order, refund).ok_or(Reason::NotFound)?;
        if let Writer::Seller(seller) = &self.by
            && !order.refunds_something_of(seller, refund)
        {
            return Err(Reason::NotFound.into());
        }
        let (account, id, refund_id) = (self.account.clone(), self.order.clone(), refund.id.clone());
        let metadata = refund.metadata.changed(&self.changes, &self.by)?;
        let changed = metadata != refund.metadata;
        let outcome =
            Outcome::Refund { account: account.clone(), order: id.clone(), refund: refund_id.clone(), created: false };
        let event = Event::RefundMetadataChanged { account, order: id, refund: refund_id, metadata };
        Ok((changed.then_some(event), outcome))
    }
}
