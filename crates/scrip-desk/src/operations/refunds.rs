use scrip_core::{
    command::{ChangeMetadata, RefundOf, RefundOrder},
    idempotency::Holder,
    metadata::{Changes, Members},
    name::{AccountId, OrderId, RefundName},
    reason::Reason,
};
use scrip_engine::{Answer, EngineError};
use serde::Serialize;

use crate::{
    callers::Caller,
    desk::Desk,
    done::{Done, Listed},
    idempotency::{IdempotencyKey, Sameness, hash},
    not_done::NotDone,
    page::{Page, refund_bytes},
    rights::Operation,
    visibility::{SeenRefund, gives_back_to, order_for},
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
    ) -> Result<Done<SeenRefund>, NotDone> {
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
            let (of, _) = refund(caller, self.engine.preview_aside(command).await?)?;
            return Ok(Done { of, created: false, replayed: false, at: self.now() });
        }
        Done::from(self.submit_once(command, key).await?, |answer| refund(caller, answer))
    }

    /// Changes a refund's metadata.
    ///
    /// Errors: `not_found`, and those of metadata.
    pub async fn change_refund(
        &self,
        caller: &Caller,
        (account, order, refund_id): (AccountId, OrderId, RefundName),
        changes: Changes,
    ) -> Result<SeenRefund, NotDone> {
        caller.may_of(Operation::ChangeRefund, &account)?;
        let by = caller.writer().ok_or(Reason::Forbidden)?;
        let command = ChangeMetadata { account, order, refund: Some(refund_id), changes, by };
        Ok(refund(caller, self.engine.submit(command, None).await?.answer)?.0)
    }

    /// One refund.
    ///
    /// Errors: `not_found`, to a seller of one that gives nothing of its own back, too.
    pub async fn get_refund(
        &self,
        caller: &Caller,
        (account, order, refund): (AccountId, OrderId, RefundName),
    ) -> Result<SeenRefund, NotDone> {
        caller.may_of(Operation::GetRefund, &account)?;
        let order = self.order_alone(caller, account, order).await?;
        let found = self.read(move |reader| Ok(reader.refund(&order, &refund)?.map(|found| (order, found)))).await?;
        let (order, (refund, before)) = found.ok_or(Reason::NotFound)?;
        if !gives_back_to(&order, &refund, caller) {
            return Err(Reason::NotFound.into());
        }
        Ok(SeenRefund::of(&order, &refund, &before, caller))
    }

    /// An order's refunds after the first so many, oldest first; to a seller those that give something of its own back.
    ///
    /// Errors: `not_found`.
    pub async fn list_refunds(
        &self,
        caller: &Caller,
        (account, order): (AccountId, OrderId),
        after: usize,
        limit: usize,
    ) -> Result<Listed<SeenRefund, usize>, NotDone> {
        caller.may_of(Operation::ListRefunds, &account)?;
        let order = order_for(caller, self.read(move |reader| reader.order(&account, &order)).await?)?;
        // None goes, and none comes before another: where a page ended is how many there were.
        let mut left = SeenRefund::all_of(&order, caller, after).peekable();
        let mut page = Page::default();
        let mut items = Vec::new();
        while let Some((_, refund)) =
            left.next_if(|(refund, _)| items.len() < limit && page.fits(refund_bytes(&order, refund)))
        {
            items.push(refund);
        }
        let next = left.peek().map(|_| after + items.len());
        Ok(Listed { items, next, at: self.now() })
    }
}

fn refund(caller: &Caller, answer: Answer) -> Result<(SeenRefund, bool), EngineError> {
    match answer {
        Answer::Refund { order, refund, before, created } => {
            Ok((SeenRefund::of(&order, &refund, &before, caller), created))
        }
        _ => Err(EngineError::Fault),
    }
}
