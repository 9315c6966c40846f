use std::cmp::Reverse;

use scrip_core::{
    id::CouponId,
    name::AccountId,
    reason::Reason,
    status::CouponStatus,
    wallet::{Coupon, CouponState},
};
use scrip_engine::{EngineError, Reader};
use serde::{Deserialize, Serialize};

use super::claims::OwnedCoupon;
use crate::{
    callers::Caller,
    desk::Desk,
    done::Listed,
    not_done::NotDone,
    page::{fitting, scope_bytes},
    rights::Operation,
    visibility::is_of,
};

/// The order of My Coupons.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum CouponOrder {
    #[default]
    Newest,
    /// Soonest first.
    Expiring,
}

/// Which of an account's coupons, and how many.
#[derive(Clone, Debug, Default)]
pub struct CouponFilter {
    /// All but pending ones unless said otherwise.
    pub status: Option<CouponStatus>,
    pub order: CouponOrder,
    pub after: Option<AfterCoupon>,
    pub limit: usize,
}

/// Where a page ended: microseconds of what it is sorted by, then the id.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct AfterCoupon(i64, CouponId);

/// How many coupons a wallet has, by status.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct CouponCounts {
    pub valid: u32,
    pub inactive: u32,
    pub used: u32,
    pub expired: u32,
    pub reclaimed: u32,
}

impl Desk {
    /// My Coupons, page by page.
    ///
    /// Errors: `not_found` for a shopper's look at another's.
    pub async fn list_coupons(
        &self,
        caller: &Caller,
        account: &AccountId,
        filter: CouponFilter,
    ) -> Result<Listed<OwnedCoupon, AfterCoupon>, NotDone> {
        caller.may_of(Operation::ListCoupons, account)?;
        let now = self.now();
        let CouponFilter { status, order, after, limit } = filter;
        // Live pages have all that is valid, inactive or pending; the rest may be in history.
        let past = !matches!(status, Some(CouponStatus::Valid | CouponStatus::Inactive | CouponStatus::Pending));
        let wallet = account.clone();
        let mut coupons = self.read(move |reader| reader.wallet(&wallet, past)).await?;
        coupons.retain(|coupon| {
            let has = coupon.status(now);
            match status {
                Some(asked) => has == asked && (has != CouponStatus::Pending || self.show_pending),
                None => has != CouponStatus::Pending,
            }
        });
        let sorted_by = |coupon: &Coupon| match order {
            CouponOrder::Newest => coupon.claimed_at,
            CouponOrder::Expiring => coupon.expires_at,
        };
        let key = |coupon: &Coupon| AfterCoupon(sorted_by(coupon).micros(), coupon.id);
        match order {
            CouponOrder::Newest => coupons.sort_by_key(|coupon| Reverse(key(coupon))),
            CouponOrder::Expiring => coupons.sort_by_key(key),
        }
        if let Some(after) = after {
            coupons.retain(|coupon| match order {
                CouponOrder::Newest => key(coupon) < after,
                CouponOrder::Expiring => key(coupon) > after,
            });
        }
        let campaign = |coupon: &Coupon| self.campaign(coupon.campaign);
        let bytes = |coupon| campaign(coupon).map_or(0, |campaign| scope_bytes(&campaign.terms.scope));
        let fitting = fitting(limit, coupons.iter().map(bytes));
        let next = (coupons.len() > fitting).then(|| key(&coupons[fitting - 1]));
        coupons.truncate(fitting);
        let owned = |coupon: Coupon| {
            let campaign = campaign(&coupon)?;
            Some(OwnedCoupon { account: account.clone(), coupon, campaign })
        };
        Ok(Listed { items: coupons.into_iter().filter_map(owned).collect(), next, at: now })
    }

    /// The tabs of My Coupons.
    ///
    /// Errors: `not_found` for a shopper's look at another's.
    pub async fn summarize_coupons(&self, caller: &Caller, account: AccountId) -> Result<CouponCounts, NotDone> {
        caller.may_of(Operation::SummarizeCoupons, &account)?;
        let now = self.now();
        let coupons = self.read(move |reader| reader.wallet(&account, true)).await?;
        let count = |status: CouponStatus| {
            let count = coupons.iter().filter(|coupon| coupon.status(now) == status).count();
            u32::try_from(count).unwrap_or(u32::MAX)
        };
        Ok(CouponCounts {
            valid: count(CouponStatus::Valid),
            inactive: count(CouponStatus::Inactive),
            used: count(CouponStatus::Used),
            expired: count(CouponStatus::Expired),
            reclaimed: count(CouponStatus::Reclaimed),
        })
    }

    /// A coupon of an account: another's is not found, exactly like one that doesn't exist (S10).
    ///
    /// Errors: `not_found`.
    pub async fn get_coupon(&self, caller: &Caller, account: AccountId, id: CouponId) -> Result<OwnedCoupon, NotDone> {
        caller.may_of(Operation::GetCoupon, &account)?;
        self.coupon_of(account, id).await
    }

    /// A coupon, whosever it is; a seller finds those of its own campaigns.
    ///
    /// Errors: `not_found`.
    pub async fn find_coupon(&self, caller: &Caller, id: CouponId) -> Result<OwnedCoupon, NotDone> {
        caller.may(Operation::FindCoupon)?;
        let owner = move |reader: &mut Reader<'_>| reader.coupon_owner(id);
        let account = match self.read(owner).await? {
            Some(account) => account,
            // One that was answered a moment ago isn't told as missing.
            None => {
                self.engine.surely_followed().await?;
                self.read(owner).await?.ok_or(Reason::NotFound)?
            }
        };
        let found = self.coupon_of(account, id).await?;
        if !is_of(caller, Some(&*found.campaign)) {
            return Err(Reason::NotFound.into());
        }
        Ok(found)
    }

    async fn coupon_of(&self, account: AccountId, id: CouponId) -> Result<OwnedCoupon, NotDone> {
        let owner = account.clone();
        let coupon = self
            .read(move |reader| reader.coupon(&owner, id))
            .await?
            // Retired pending coupons are nowhere to be seen (S17).
            .filter(|coupon| coupon.state != CouponState::Pending || self.show_pending)
            .ok_or(Reason::NotFound)?;
        let campaign = self.campaign(coupon.campaign).ok_or(EngineError::Fault)?;
        Ok(OwnedCoupon { account, coupon, campaign })
    }
}
