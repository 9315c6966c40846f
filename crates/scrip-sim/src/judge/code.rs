//! Whether a code is refused for what it is, and taken back as it is answered.

use scrip_core::{
    campaign::{CampaignStage, Channel},
    code::Code,
    command::Command,
    exchange::Pool,
    id::CodeHash,
    name::{AccountId, OrderId},
    reason::Reason,
};

use crate::{
    ask::{Ask, Wish},
    model::{Checked, CouponModel, Model, Status, must, stock_pool},
};

impl Model {
    /// A code that is answered as taken back is so, and every bucket knows it that somebody could enter it in. Where its draft is
    /// deleted meanwhile, its code is gone, and nobody needs to know.
    pub(super) fn judge_taken_back(&self, ask: &Ask, answered: &Code) -> Checked {
        let Wish::Command(command) = &ask.wish else { return Err("a code is no order".to_owned()) };
        let Command::RevokeCode(command) = &**command else { return Err("nobody took a code back".to_owned()) };
        let known = self.codes.get(&command.hash).ok_or("I3: a code is taken back that isn't there")?;
        let done = answered.revoked_at.is_some() && known.revoked.is_some() && answered.campaign == known.campaign;
        must!(done, "I3: a code is answered as {answered:?}, and is {known:?}");
        let others = || self.buckets.all().filter(|bucket| *bucket != known.home);
        let slow = others().find(|bucket| !known.unique && !known.revoked_in.contains(bucket));
        let is_gone = self.is_deleted(known.campaign);
        must!(slow.is_none() || is_gone, "a code is taken back before bucket {slow:?} knows it");
        Ok(())
    }

    pub(super) fn judge_code(&self, account: &AccountId, hash: CodeHash, since: u64, reason: &Reason) -> Checked {
        let Some(code) = self.codes.get(&hash) else {
            must!(*reason == Reason::CodeNotUsable, "a code that isn't there is said to be {reason:?}");
            return Ok(());
        };
        match reason {
            Reason::CodeUsed => {
                let own = code.coupon.as_ref().is_some_and(|taken| taken.0 == *account);
                must!(
                    code.unique && (own || code.busy.since(since).any(|busy| busy == 1)),
                    "nobody has used it: {code:?}"
                );
            }
            Reason::CodeRevoked => {
                must!(code.revoked.is_some(), "nobody took the code back: {code:?}");
                must!(self.coupons_by(account, hash).next().is_some(), "{account} has no coupon by this code");
            }
            Reason::CodeNotUsable if code.revoked.is_some() => {
                // Whoever has had a coupon by it all the time, and knows that it was taken back, is told so.
                let stays = |coupon: &&CouponModel| coupon.moved <= since && coupon.status != Status::Gone;
                let theirs = self.coupons_by(account, hash).any(|coupon| stays(&coupon));
                let told = code.revoked.is_some_and(|revoked| revoked <= since) && code.is_over;
                must!(!(theirs && told), "{account} has a coupon by this code, which was taken back");
            }
            Reason::CodeNotUsable => {
                let new = self.campaigns.get(&code.campaign).and_then(|known| known.known_in(self.bucket_of(account)));
                let just_learned = new.is_none_or(|known| known.since > since);
                let busy = code.busy.since(since).any(|busy| busy == 1);
                let over = code.unique && self.campaigns.get(&code.campaign).is_some_and(|known| self.is_over(known));
                // A draft's codes are none yet, where the account's bucket still knows it as one too, and of one that was deleted
                // they are free.
                let bucket = self.bucket_of(account);
                let none = |stage: &CampaignStage| matches!(stage, CampaignStage::Draft | CampaignStage::Deleted);
                let drafted = self
                    .campaigns
                    .get(&code.campaign)
                    .is_some_and(|known| none(&known.now.stage) || known.stages_since(bucket, since).iter().any(none));
                must!(busy || just_learned || over || drafted || code.made > since, "anybody may use it: {code:?}");
            }
            Reason::CodeUsesExhausted => {
                let log = self.pools.get(&Pool::CodeUses(hash)).map(|pool| &pool.log);
                let most = log.and_then(|log| log.since(since).max()).unwrap_or(0);
                must!(code.max_uses.is_some_and(|max| most >= max), "{most} of {:?} uses are gone", code.max_uses);
            }
            Reason::CodeExpired => {}
            _ => {
                return self.judge_claim_of(account, code.campaign, Channel::Code, code.source.as_ref(), since, reason);
            }
        }
        Ok(())
    }

    /// Coupons that the account has by a code, or had a moment ago.
    fn coupons_by(&self, account: &AccountId, hash: CodeHash) -> impl Iterator<Item = &CouponModel> {
        let account = account.clone();
        self.coupons.values().filter(move |coupon| coupon.account == account && coupon.code == Some(hash))
    }

    /// What a code that stays on its order has taken itself doesn't stand against it.
    pub(super) fn judge_code_beside(
        &self,
        account: &AccountId,
        order: &OrderId,
        hash: CodeHash,
        since: u64,
        reason: &Reason,
    ) -> Checked {
        let stayed = self.coupons.values().find(|coupon| {
            let on = coupon.account == *account && coupon.status == Status::On(order.clone());
            on && coupon.direct && coupon.code == Some(hash) && coupon.moved <= since
        });
        let (Some(coupon), Some(code)) = (stayed, self.codes.get(&hash)) else { return Ok(()) };
        let campaign = coupon.campaign;
        let known = self.campaigns.get(&campaign).ok_or("a campaign that isn't there")?;
        let most = |pool: &Pool| self.pools.get(pool).and_then(|pool| pool.log.since(since).max()).unwrap_or(0);
        match reason {
            Reason::CodeUsed => return Err("nobody but the order itself uses the code".to_owned()),
            Reason::CodeNotUsable => {
                must!(!code.unique || code.revoked.is_some() || self.is_over(known), "the order itself uses the code");
            }
            Reason::CodeUsesExhausted => {
                let others = most(&Pool::CodeUses(hash)).saturating_sub(1);
                must!(
                    code.max_uses.is_some_and(|max| others >= max),
                    "others had {others} of {:?} uses",
                    code.max_uses
                );
            }
            Reason::SoldOut => {
                let pool = stock_pool(campaign, &known.now.terms, coupon.source.as_ref());
                let others = most(&pool).saturating_sub(1);
                let limits = known.limits_since(&pool, self.bucket_of(account), since);
                let gone = limits.iter().any(|limit| limit.is_some_and(|limit| others >= limit));
                must!(gone, "others had {others} of {limits:?} at most");
            }
            Reason::IndividualLimitReached { limit } => {
                let alone = self.had.get(&(account.clone(), campaign)).and_then(|had| had.since(since).max());
                let pool = self.individuals.get(account).map(|id| Pool::Individual(id.clone(), campaign));
                let others = alone.unwrap_or(0).max(pool.as_ref().map_or(0, most)).saturating_sub(1);
                must!(others >= u64::from(*limit), "{account} had {others} besides");
            }
            _ => {}
        }
        Ok(())
    }
}
