use scrip_core::{
    command::{ChangeMetadata, RefundOf, RefundOrder},
    key::Holder,
    metadata::{Changes, Members},
    money::Amount,
    name::{AccountId, OrderId, RefundName},
    order::{GivenBack, Order, Refund},
    quote::Funder,
    reason::Reason,
};
use scrip_engine::{Answer, EngineError};
use serde::Serialize;

use crate::{
    callers::Caller,
    desk::Desk,
    done::Done,
    idempotency::{IdempotencyKey, Sameness, hash},
    not_done::NotDone,
    page::{fitting, refund_bytes},
    rights::Operation,
    visibility::seen_order,
};

/// Money that is to be given back.
#[derive(Clone, Debug)]
pub struct NewRefund {
    pub id: RefundName,
    pub of: RefundOf,
    pub metadata: Members,
    /// Only what it would be.
    pub preview: bool,
}

/// A refund with what it takes to tell a seller its part.
#[derive(Clone, Debug)]
pub struct RefundOfOrder {
    /// May lack refunds that stand on pages.
    pub order: Order,
    pub refund: Refund,
    /// What had been given back before it.
    pub before: GivenBack,
}

/// A page of an order's refunds, oldest first.
#[derive(Clone, Debug)]
pub struct ListedRefunds {
    pub order: Order,
    /// To a seller with what the funders of its lines and shipping got back.
    pub refunds: Vec<(Refund, Vec<(Funder, Amount)>)>,
    /// How many there are before the next page; `None`: it was the last.
    pub next: Option<usize>,
}

impl Desk {
    /// Refunds an order in part or in full, or says what that would be. `as_asked` is by what a refund of the same id, and `key`,
    /// are known again.
    ///
    /// Errors: `forbidden` for a shopper but for previews, `not_found`, `refund_exists`, and those of amounts.
    pub async fn refund_order(
        &self,
        caller: &Caller,
        (account, order): (AccountId, OrderId),
        new: NewRefund,
        key: &IdempotencyKey,
        as_asked: &impl Serialize,
    ) -> Result<Done<RefundOfOrder>, NotDone> {
        caller.may_refund(new.preview)?;
        caller.may_of(Operation::RefundOrder, &account)?;
        self.order_alone(caller, account.clone(), order.clone()).await?;
        let same = || Sameness::always(&(&account, &order, as_asked));
        let key = key.used_for(Holder::Account(account.clone()), same);
        // "All" is another refund for each seller: one's id with the same words isn't another's made before.
        let fingerprint = match &caller.seller {
            None => hash(as_asked),
            Some(seller) => hash(&(seller, as_asked)),
        };
        let NewRefund { id, of, metadata, preview } = new;
        let (as_seller, metadata) = (caller.seller.clone(), caller.wrote(metadata));
        let command = RefundOrder { account, order, id, of, as_seller, fingerprint, metadata };
        if preview {
            let (of, _) = refund(self.engine.preview_aside(command).await?)?;
            return Ok(Done { of, created: false, replayed: false, at: self.now() });
        }
        Done::from(self.submit_once(command, key).await?, refund)
    }

    /// Changes a refund's metadata.
    ///
    /// Errors: `not_found`, and those of metadata.
    pub async fn change_refund(
        &self,
        caller: &Caller,
        (account, order, refund_id): (AccountId, OrderId, RefundName),
        changes: Changes,
    ) -> Result<RefundOfOrder, NotDone> {
        caller.may_of(Operation::ChangeRefund, &account)?;
        let by = caller.writer().ok_or(Reason::Forbidden)?;
        let command = ChangeMetadata { account, order, refund: Some(refund_id), changes, by };
        Ok(refund(self.engine.submit(command, None).await?.answer)?.0)
    }

    /// One refund.
    ///
    /// Errors: `not_found`, to a seller of one that gives nothing of its own back, too.
    pub async fn get_refund(
        &self,
        caller: &Caller,
        (account, order, refund): (AccountId, OrderId, RefundName),
    ) -> Result<RefundOfOrder, NotDone> {
        caller.may_of(Operation::GetRefund, &account)?;
        let order = self.order_alone(caller, account, order).await?;
        let found = self.read(move |reader| Ok(reader.refund(&order, &refund)?.map(|found| (order, found)))).await?;
        let (order, (refund, before)) = found.ok_or(Reason::NotFound)?;
        if caller.seller.as_ref().is_some_and(|own| !order.refunds_something_of(own, &refund)) {
            return Err(Reason::NotFound.into());
        }
        Ok(RefundOfOrder { order, refund, before })
    }

    /// An order's refunds after the first so many; to a seller those that give something of its own back.
    ///
    /// Errors: `not_found`.
    pub async fn list_refunds(
        &self,
        caller: &Caller,
        (account, order): (AccountId, OrderId),
        after: usize,
        limit: usize,
    ) -> Result<ListedRefunds, NotDone> {
        caller.may_of(Operation::ListRefunds, &account)?;
        let order = seen_order(caller, self.read(move |reader| reader.order(&account, &order)).await?)?;
        let parts: Vec<(&Refund, Vec<(Funder, Amount)>)> = match &caller.seller {
            Some(seller) => {
                let all = order.refunds.iter().zip(order.reversed_of(seller));
                all.filter(|(refund, _)| order.refunds_something_of(seller, refund)).collect()
            }
            None => order.refunds.iter().map(|refund| (refund, Vec::new())).collect(),
        };
        // None goes, and none comes before another: where a page ended is how many there were.
        let left = parts.get(after..).unwrap_or_default();
        let fitting = fitting(limit, left.iter().map(|(refund, _)| refund_bytes(&order, refund)));
        let next = (left.len() > fitting).then_some(after + fitting);
        let refunds = left[..fitting].iter().map(|(refund, reversed)| ((*refund).clone(), reversed.clone())).collect();
        Ok(ListedRefunds { refunds, next, order })
    }
}

fn refund(answer: Answer) -> Result<(RefundOfOrder, bool), EngineError> {
    match answer {
        Answer::Refund { order, refund, before, created } => {
            Ok((RefundOfOrder { order: *order, refund: *refund, before }, created))
        }
        _ => Err(EngineError::Fault),
    }
}
