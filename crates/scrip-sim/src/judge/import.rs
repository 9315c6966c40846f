//! Whether lines of old data are taken and refused as they have to be (S17).

use scrip_core::{
    campaign::{CampaignStage, Channel},
    command::{Command, ImportCoupon, KnownBy, OldStatus},
    name::AccountId,
    reason::Reason,
    wallet::Coupon,
};

use crate::{
    ask::{Ask, Wish},
    model::{Checked, Model, must, window},
};

/// How much earlier than it was by the latest clock it may be for a node, in microseconds: clocks are set back by two hours.
const BEHIND_MAX: i64 = 3 * 3_600 * 1_000_000;

impl Model {
    pub(super) fn judge_imported(
        &self,
        ask: &Ask,
        since: u64,
        account: &AccountId,
        coupon: &Coupon,
        new: bool,
    ) -> Checked {
        let Wish::Command(command) = &ask.wish else { return Err("a line of an import is no order".to_owned()) };
        let Command::ImportCoupon(line) = &**command else { return Err("nobody imported a coupon".to_owned()) };
        must!(line.account == *account, "I7: {account}'s coupon is shown for {}", line.account);
        let known =
            self.coupons.get(&coupon.id).ok_or_else(|| format!("I3: {} comes in, and isn't there", coupon.id))?;
        must!(known.account == *account, "I7: {} is {}'s", coupon.id, known.account);
        must!(!new || known.made > since, "S17: {} is taken anew, and was there", coupon.id);
        match line.known_by {
            KnownBy::Key(key) => {
                let by_key = self.imports.by_key.get(&(account.clone(), key));
                must!(by_key == Some(&coupon.id), "S17: the key stands for {by_key:?}, not {}", coupon.id);
            }
            KnownBy::Nth(number) => {
                let own = known.campaign == line.campaign && coupon.claimed_at == line.claimed_at;
                must!(own, "S17: {} isn't alike", coupon.id);
                let taken = self.imports.alike.get(&(account.clone(), line.campaign, line.claimed_at));
                let there = taken.is_some_and(|taken| *taken >= number);
                must!(new || there, "S17: line {number} was there, and {taken:?} were taken");
            }
        }
        Ok(())
    }

    pub(super) fn judge_import(&self, ask: &Ask, line: &ImportCoupon, since: u64, reason: &Reason) -> Checked {
        // Refused is only what isn't there yet.
        if let KnownBy::Key(key) = line.known_by
            && let Some(taken) = self.imports.by_key.get(&(line.account.clone(), key))
        {
            must!(self.coupons.get(taken).is_some_and(|taken| taken.made > since), "S17: this key was taken before");
        }
        let known = self.campaigns.get(&line.campaign);
        let given = known.map(|known| window(&known.now.terms, line.claimed_at));
        let meant = given.map(|given| (line.starts_at.unwrap_or(given.0), line.expires_at.unwrap_or(given.1)));
        match reason {
            Reason::CampaignNotLive { .. } => {
                let stages = known.map(|known| known.stages_since(self.bucket_of(&line.account), since));
                let drafted = stages.is_some_and(|stages| stages.contains(&CampaignStage::Draft));
                must!(drafted, "{} was no draft", line.campaign);
                Ok(())
            }
            Reason::InvalidField { .. } => {
                let in_future = line.claimed_at.micros() > ask.sent_at.micros() - BEHIND_MAX;
                let over_later = line.status == OldStatus::Expired
                    && meant.is_some_and(|meant| meant.1.micros() > ask.sent_at.micros() - BEHIND_MAX);
                let reversed = meant.is_some_and(|meant| meant.1 <= meant.0);
                must!(in_future || over_later || reversed, "nothing is wrong with this line");
                Ok(())
            }
            Reason::ValidityIsFixed => {
                must!(!line.as_is && meant != given, "the line says what the terms give, {given:?}");
                Ok(())
            }
            Reason::CampaignNotFound | Reason::SoldOut | Reason::IndividualLimitReached { .. } => {
                self.judge_claim_of(&line.account, line.campaign, Channel::System, None, since, reason)
            }
            _ => Err(format!("no rule says so: {reason:?}")),
        }
    }
}
