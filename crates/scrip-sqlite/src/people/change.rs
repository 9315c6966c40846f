//! What changes rows that are there. Of one that isn't nothing changes: a projection may be repeated.

use rusqlite::{Connection, params};
use scrip_store::{StoreError, people::Change};

use crate::{column::bound, statement::Prepared};

/// The statements, each prepared when it is first needed.
pub(super) struct Changes<'c> {
    campaign_gone: Prepared<'c>,
    coupon_state: Prepared<'c>,
    coupon_gone: Prepared<'c>,
    order_lines_gone: Prepared<'c>,
    order_transactions_gone: Prepared<'c>,
    redemption: Prepared<'c>,
    refund_metadata: Prepared<'c>,
}

impl<'c> Changes<'c> {
    pub fn new(connection: &'c Connection) -> Self {
        let prepared = |sql, operation| Prepared::new(connection, sql, operation);
        Self {
            campaign_gone: prepared("DELETE FROM campaign WHERE id = ?1", "deleting a campaign's row"),
            coupon_state: prepared(
                "UPDATE coupon SET state = ?2, order_id = ?3, held_until_us = ?4 WHERE id = ?1",
                "writing a coupon's state",
            ),
            coupon_gone: prepared("DELETE FROM coupon WHERE id = ?1", "deleting a coupon's row"),
            order_lines_gone: prepared(
                "DELETE FROM order_line WHERE account = ?1 AND order_id = ?2",
                "deleting an order's order lines",
            ),
            order_transactions_gone: prepared(
                "DELETE FROM order_transaction WHERE account = ?1 AND order_id = ?2",
                "deleting an order's transactions",
            ),
            redemption: prepared(
                "UPDATE redemption SET discount = coalesce(?4, discount), state = coalesce(?5, state)
                WHERE account = ?1 AND order_id = ?2 AND coupon = ?3",
                "changing a redemption's row",
            ),
            refund_metadata: prepared(
                "UPDATE refund SET metadata = ?4 WHERE account = ?1 AND order_id = ?2 AND id = ?3",
                "writing a refund's metadata",
            ),
        }
    }

    pub fn write(&mut self, change: &Change) -> Result<(), StoreError> {
        match change {
            Change::CampaignGone(id) => self.campaign_gone.execute([bound(id)]).map(drop),
            Change::CouponState { coupon, state, order, held_until } => {
                let params = params![bound(coupon), bound(state), bound(order), bound(held_until)];
                self.coupon_state.execute(params).map(drop)
            }
            Change::CouponGone(id) => self.coupon_gone.execute([bound(id)]).map(drop),
            Change::OrderEmptied { account, order } => {
                self.order_lines_gone.execute([bound(account), bound(order)])?;
                self.order_transactions_gone.execute([bound(account), bound(order)]).map(drop)
            }
            Change::Redemption { account, order, coupon, discount, state } => {
                let params = params![bound(account), bound(order), bound(coupon), bound(discount), bound(state)];
                self.redemption.execute(params).map(drop)
            }
            Change::RefundMetadata { account, order, refund, metadata } => {
                let params = params![bound(account), bound(order), bound(refund), bound(metadata)];
                self.refund_metadata.execute(params).map(drop)
            }
        }
    }
}
