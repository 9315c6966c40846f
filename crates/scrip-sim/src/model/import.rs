//! S17: lines of old data. Each is a claim, judged by nothing but stock and the individual's count, and is taken once.

use std::collections::HashMap;

use scrip_core::{
    campaign::CampaignStage,
    command::{ImportCoupon, KnownBy},
    id::{CampaignId, CouponId},
    name::AccountId,
    time::Timestamp,
    wallet::{Coupon, CouponState, Origin},
};

use super::{Batch, Checked, Model, Past, Status, must, window};

/// Lines without a key that are alike.
type Alike = (AccountId, CampaignId, Timestamp);

/// What was taken, and what anybody asked for.
#[derive(Default, Debug)]
pub struct Imports {
    pub by_key: HashMap<(AccountId, [u8; 16]), CouponId>,
    pub alike: HashMap<Alike, u32>,
    /// The highest number that such a line was sent with.
    asked: HashMap<Alike, u32>,
}

impl Imports {
    /// A line is on its way.
    pub fn sent(&mut self, line: &ImportCoupon) {
        if let KnownBy::Nth(number) = line.known_by {
            let asked = self.asked.entry((line.account.clone(), line.campaign, line.claimed_at)).or_default();
            *asked = number.max(*asked);
        }
    }
}

impl Model {
    pub(super) fn imported(&mut self, batch: Batch, account: &AccountId, coupon: &Coupon) -> Checked {
        let (id, campaign) = (coupon.id, coupon.campaign);
        must!(self.bucket_of(account) == batch.bucket, "{account} gets a coupon in another bucket than its own");
        must!(!self.coupons.contains_key(&id) && coupon.origin == Origin::Imported, "{id} is there already");
        self.is_taken_once(account, coupon)?;
        let known = self.campaigns.get(&campaign).and_then(|known| known.known_in(batch.bucket));
        let known = known.ok_or_else(|| format!("{campaign} isn't known in {:?}", batch.bucket))?.clone();
        let was_published = !matches!(known.stage, CampaignStage::Draft | CampaignStage::Deleted);
        must!(was_published, "S17: a coupon of a {:?} campaign comes in", known.stage);
        must!(coupon.claimed_at <= batch.at, "S17: {id} was claimed in the future");
        let given = window(&known.terms, coupon.claimed_at);
        let differs = (coupon.starts_at, coupon.expires_at) != given;
        must!(differs == coupon.as_is, "S17: {id} is valid otherwise than {given:?}, as it is: {}", coupon.as_is);
        self.counts(batch, account, campaign, coupon.source.as_ref(), &known.terms)?;
        let (status, past) = match &coupon.state {
            CouponState::Valid => (Status::Valid, Past::None),
            CouponState::Used { order } => (Status::Used(order.clone()), Past::Used),
            CouponState::UsedBefore => (Status::UsedBefore, Past::Used),
            CouponState::Reclaimed => (Status::Reclaimed, Past::Reclaimed),
            CouponState::Pending => (Status::Pending, Past::None),
            CouponState::Inactive { .. } => return Err(format!("S17: {id} comes in on an order")),
        };
        if let Some(known) = self.campaigns.get_mut(&campaign) {
            let counted = known.counted_in(batch.bucket);
            counted.used += u32::from(past == Past::Used);
            counted.reclaimed += u32::from(past == Past::Reclaimed);
        }
        self.in_wallet(account, coupon, None, status, past);
        Ok(())
    }

    fn is_taken_once(&mut self, account: &AccountId, coupon: &Coupon) -> Checked {
        if let Some(key) = coupon.import_key {
            let earlier = self.imports.by_key.insert((account.clone(), key), coupon.id);
            must!(earlier.is_none(), "S17: a key of {account} is taken twice");
            return Ok(());
        }
        let alike = (account.clone(), coupon.campaign, coupon.claimed_at);
        let asked = self.imports.asked.get(&alike).copied().unwrap_or(0);
        let taken = self.imports.alike.entry(alike).or_default();
        *taken += 1;
        must!(*taken <= asked, "S17: {taken} lines alike are taken of {asked}");
        Ok(())
    }
}
