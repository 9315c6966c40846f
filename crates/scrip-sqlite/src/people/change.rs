//! What changes rows that are there. Of one that isn't nothing changes: a projection may be repeated.

use std::sync::LazyLock;

use rusqlite::{Connection, params};
use scrip_store::{StoreError, TableSet, people::Change};

use super::prefix;
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

/// Their texts.
struct Texts {
    campaign_gone: String,
    coupon_state: String,
    coupon_gone: String,
    order_lines_gone: String,
    order_transactions_gone: String,
    redemption: String,
    refund_metadata: String,
}

impl Texts {
    fn of(set: TableSet) -> &'static Self {
        static SHOWN: LazyLock<Texts> = LazyLock::new(|| Texts::new(TableSet::Shown));
        static REBUILT: LazyLock<Texts> = LazyLock::new(|| Texts::new(TableSet::Rebuilt));
        match set {
            TableSet::Shown => &SHOWN,
            TableSet::Rebuilt => &REBUILT,
        }
    }

    fn new(set: TableSet) -> Self {
        let of = prefix(set);
        Self {
            campaign_gone: format!("DELETE FROM {of}campaign WHERE id = ?1"),
            coupon_state: format!("UPDATE {of}coupon SET state = ?2, order_id = ?3, held_until_us = ?4 WHERE id = ?1"),
            coupon_gone: format!("DELETE FROM {of}coupon WHERE id = ?1"),
            order_lines_gone: format!("DELETE FROM {of}order_line WHERE account = ?1 AND order_id = ?2"),
            order_transactions_gone: format!("DELETE FROM {of}order_transaction WHERE account = ?1 AND order_id = ?2"),
            redemption: format!(
                "UPDATE {of}redemption SET discount = coalesce(?4, discount), state = coalesce(?5, state)
                WHERE account = ?1 AND order_id = ?2 AND coupon = ?3"
            ),
            refund_metadata: format!(
                "UPDATE {of}refund SET metadata = ?4 WHERE account = ?1 AND order_id = ?2 AND id = ?3"
            ),
        }
    }
}

impl<'c> Changes<'c> {
    pub fn new(connection: &'c Connection, set: TableSet) -> Self {
        let texts = Texts::of(set);
        let prepared = |sql: &'static String, operation| Prepared::new(connection, sql, operation);
        Self {
            campaign_gone: prepared(&texts.campaign_gone, "deleting a campaign's row"),
            coupon_state: prepared(&texts.coupon_state, "writing a coupon's state"),
            coupon_gone: prepared(&texts.coupon_gone, "deleting a coupon's row"),
            order_lines_gone: prepared(&texts.order_lines_gone, "deleting an order's order lines"),
            order_transactions_gone: prepared(&texts.order_transactions_gone, "deleting an order's transactions"),
            redemption: prepared(&texts.redemption, "changing a redemption's row"),
            refund_metadata: prepared(&texts.refund_metadata, "writing a refund's metadata"),
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
