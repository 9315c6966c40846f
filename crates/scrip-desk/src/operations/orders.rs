use scrip_core::{
    command::{CancelOrder, ChangeMetadata, CloseTransactions, Command, ExtendHold, HOLD_MINUTES_MAX, PayOrder},
    idempotency::Holder,
    metadata::Changes,
    name::{AccountId, OrderId, SellerId},
    order::Order,
    reason::{Reason, Refusal},
    status::OrderStatus,
    time::Timestamp,
};
use scrip_engine::{Answer, EngineError, Receipt};
use scrip_faults::{Fault, is};
use scrip_store::people::{OrderCursor, OrderFilter as StoredOrders};
use serde::{Deserialize, Serialize};

use crate::{
    callers::Caller,
    desk::Desk,
    done::{Done, Listed},
    idempotency::{IdempotencyKey, Keyed, Sameness},
    not_done::NotDone,
    page::{Page, order_bytes},
    rights::Operation,
    visibility::{SeenOrder, order_for},
};

/// Which orders, newest first.
#[derive(Clone, Debug, Default)]
pub struct OrderFilter {
    /// It is unique in an account only.
    pub id: Option<OrderId>,
    pub account: Option<AccountId>,
    /// Orders with something from this seller. To a seller there are no others' orders.
    pub seller: Option<SellerId>,
    pub status: Option<OrderStatus>,
    /// Placed at this time or later.
    pub from: Option<Timestamp>,
    /// Placed before this time.
    pub until: Option<Timestamp>,
    pub after: Option<AfterOrder>,
    pub limit: usize,
}

/// Where a page ended: when the order was placed in microseconds, its account and its id. Names as they are stored: earlier
/// builds took some that are none today.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AfterOrder(i64, String, String);

impl Desk {
    /// Orders across accounts that exist for the caller.
    ///
    /// Errors: `forbidden`.
    pub async fn find_orders(
        &self,
        caller: &Caller,
        filter: OrderFilter,
    ) -> Result<Listed<SeenOrder, AfterOrder>, NotDone> {
        caller.may(Operation::FindOrders)?;
        self.orders(caller, filter).await
    }

    /// One account's orders that exist for the caller.
    ///
    /// Errors: `not_found` for a shopper's look at another's.
    pub async fn list_orders(
        &self,
        caller: &Caller,
        account: AccountId,
        filter: OrderFilter,
    ) -> Result<Listed<SeenOrder, AfterOrder>, NotDone> {
        caller.may_of(Operation::ListOrders, &account)?;
        self.orders(caller, OrderFilter { account: Some(account), ..filter }).await
    }

    async fn orders(&self, caller: &Caller, filter: OrderFilter) -> Result<Listed<SeenOrder, AfterOrder>, NotDone> {
        // A seller asking for another's orders finds none.
        if let (Some(own), Some(asked)) = (&caller.seller, &filter.seller)
            && own != asked
        {
            return Ok(Listed { items: Vec::new(), next: None, at: self.now() });
        }
        let (limit, now) = (filter.limit, self.now());
        let own = caller.seller.clone();
        let stored = StoredOrders {
            account: filter.account,
            id: filter.id,
            seller: if is(Fault::MissingSellerFilter) { filter.seller } else { own.or(filter.seller) },
            status: filter.status,
            from: filter.from,
            until: filter.until,
            now,
            after: filter.after.map(|AfterOrder(placed_at, account, order)| OrderCursor {
                placed_at: Timestamp::from_micros(placed_at),
                account: AccountId::stored(&account),
                order: OrderId::stored(&order),
            }),
        };
        let (items, more) = self
            .read_list(move |reader| {
                let mut page = Page::default();
                reader.orders(&stored, limit, |order| page.fits(order_bytes(order)))
            })
            .await?;
        let after =
            |order: &Order| AfterOrder(order.placed_at.micros(), order.account.to_string(), order.id.to_string());
        let next = items.last().filter(|_| more).map(after);
        let items = items.iter().map(|order| SeenOrder::of(order, caller, now)).collect();
        Ok(Listed { items, next, at: now })
    }

    /// One order with all its refunds.
    ///
    /// Errors: `not_found`.
    pub async fn get_order(&self, caller: &Caller, account: AccountId, id: OrderId) -> Result<SeenOrder, NotDone> {
        caller.may_of(Operation::GetOrder, &account)?;
        let order = order_for(caller, self.read(move |reader| reader.order(&account, &id)).await?)?;
        Ok(SeenOrder::of(&order, caller, self.now()))
    }

    /// The same without refunds that stand on pages: what is asked before a command is done. For a shopper's own account.
    ///
    /// Errors: `not_found`.
    pub(crate) async fn order_alone(&self, caller: &Caller, account: AccountId, id: OrderId) -> Result<Order, NotDone> {
        order_for(caller, self.read(move |reader| reader.order_alone(&account, &id)).await?)
    }

    /// Changes an order's metadata.
    ///
    /// Errors: `not_found`, and those of metadata.
    pub async fn change_order(
        &self,
        caller: &Caller,
        account: AccountId,
        order: OrderId,
        changes: Changes,
    ) -> Result<Done<SeenOrder>, NotDone> {
        caller.may_of(Operation::ChangeOrder, &account)?;
        let by = caller.writer().ok_or(Reason::Forbidden)?;
        self.order_after(caller, ChangeMetadata { account, order, refund: None, changes, by }, None).await
    }

    /// Prolongs an order's hold. `as_asked` is by what `key` is known again.
    ///
    /// Errors: `invalid_field` for minutes that are none, `not_found`, and those of holds.
    pub async fn extend_order(
        &self,
        caller: &Caller,
        (account, order): (AccountId, OrderId),
        hold_minutes: u32,
        key: &IdempotencyKey,
        as_asked: &impl Serialize,
    ) -> Result<Done<SeenOrder>, NotDone> {
        caller.may_of(Operation::ExtendOrder, &account)?;
        check_hold(hold_minutes)?;
        let key = key.used_for(Holder::Account(account.clone()), || Sameness::always(&(&account, &order, as_asked)));
        self.order_after(caller, ExtendHold { account, order, hold_minutes }, key).await
    }

    /// Says that an order was paid.
    ///
    /// Errors: `not_found`, and those of a late payment.
    pub async fn pay_order(
        &self,
        caller: &Caller,
        account: AccountId,
        order: OrderId,
        key: &IdempotencyKey,
    ) -> Result<Done<SeenOrder>, NotDone> {
        caller.may_of(Operation::PayOrder, &account)?;
        let key = key.used_for(Holder::Account(account.clone()), || Sameness::always(&(&account, &order)));
        self.order_after(caller, PayOrder { account, order }, key).await
    }

    /// Cancels an order, or one seller's transaction. `as_asked` is by what `key` is known again.
    ///
    /// Errors: `not_found`, and those of the order's state.
    pub async fn cancel_order(
        &self,
        caller: &Caller,
        (account, order): (AccountId, OrderId),
        seller: Option<SellerId>,
        key: &IdempotencyKey,
        as_asked: &impl Serialize,
    ) -> Result<Done<SeenOrder>, NotDone> {
        caller.may_of(Operation::CancelOrder, &account)?;
        let key = key.used_for(Holder::Account(account.clone()), || Sameness::always(&(&account, &order, as_asked)));
        self.order_after(caller, CancelOrder { account, order, seller }, key).await
    }

    /// Closes an order, or one seller's transaction: a seller its own. `as_asked` is by what `key` is known again.
    ///
    /// Errors: `not_found`, and those of the order's state.
    pub async fn close_order(
        &self,
        caller: &Caller,
        (account, order): (AccountId, OrderId),
        seller: Option<SellerId>,
        key: &IdempotencyKey,
        as_asked: &impl Serialize,
    ) -> Result<Done<SeenOrder>, NotDone> {
        caller.may_of(Operation::CloseOrder, &account)?;
        let key = key.used_for(Holder::Account(account.clone()), || Sameness::always(&(&account, &order, as_asked)));
        let seller = match (&caller.seller, seller) {
            (None, asked) => asked,
            (Some(own), None) => Some(own.clone()),
            (Some(own), Some(asked)) if *own == asked => Some(asked),
            (Some(_), Some(_)) => return Err(Reason::NotFound.into()),
        };
        if caller.seller.is_some() {
            self.order_alone(caller, account.clone(), order.clone()).await?;
        }
        self.order_after(caller, CloseTransactions { account, order, seller }, key).await
    }

    async fn order_after(
        &self,
        caller: &Caller,
        command: impl Into<Command> + Clone,
        key: Option<Keyed>,
    ) -> Result<Done<SeenOrder>, NotDone> {
        order_done(caller, self.submit_once(command, key).await?)
    }
}

/// Errors: `invalid_field` at `/hold_minutes`.
pub fn check_hold(minutes: u32) -> Result<(), Refusal> {
    if (1..=HOLD_MINUTES_MAX).contains(&minutes) {
        return Ok(());
    }
    Err(Refusal::invalid("/hold_minutes", format!("an integer from 1 to {HOLD_MINUTES_MAX}")))
}

/// The order of a command's answer as the caller sees it, when it was done.
pub(super) fn order_done(caller: &Caller, receipt: Receipt) -> Result<Done<SeenOrder>, NotDone> {
    let at = receipt.at;
    Done::from(receipt, |answer| match answer {
        Answer::Order { order, created } => Ok((SeenOrder::of(&order, caller, at), created)),
        _ => Err(EngineError::Fault),
    })
}
