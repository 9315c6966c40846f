//! Parts of pools on their way between their home and a bucket: nothing is lost, nothing is there twice.

use scrip_core::event::Event;

use super::{Batch, Checked, Model, Touched, must};

impl Model {
    pub(super) fn transfer_event(&mut self, batch: Batch, event: &Event, touched: &mut Touched) -> Checked {
        let (Event::QuotaGranted { pool, .. }
        | Event::QuotaReceived { pool, .. }
        | Event::QuotaReturned { pool, .. }
        | Event::QuotaTakenBack { pool, .. }) = event
        else {
            return Err("no transfer".to_owned());
        };
        must!(!self.buckets.is_one(), "with one bucket nothing is granted");
        if let Some(campaign) = pool.campaign() {
            touched.allowances.insert((batch.bucket, campaign));
        }
        let at_home = pool.slot().bucket(self.buckets) == batch.bucket;
        let limit = self.limit(pool, None);
        let held = self.pool_mut(pool);
        match event {
            Event::QuotaGranted { bucket, number, amount, .. } => {
                must!(at_home, "{pool:?} is granted by another bucket than its home");
                let quota = held.of_mut(*bucket);
                must!(quota.got == quota.granted, "{bucket:?} is granted more before it has received the last");
                must!(*number == quota.granted + 1 && *amount > 0, "grant {number} follows {}", quota.granted);
                quota.granted = *number;
                quota.to_come = *amount;
                let granted = held.granted();
                must!(limit.is_none_or(|limit| granted <= limit), "I1: {granted} are granted of {limit:?} of {pool:?}");
                self.grants += 1;
            }
            Event::QuotaReceived { number, amount, .. } => {
                let quota = held.of_mut(batch.bucket);
                must!(*number == quota.got + 1, "grant {number} is received after {}", quota.got);
                must!(*amount == quota.to_come, "{amount} are received of {} granted", quota.to_come);
                quota.got = *number;
                quota.to_come = 0;
                quota.received += amount;
                quota.overdrawn = quota.overdrawn.min(quota.used.saturating_sub(quota.received));
            }
            Event::QuotaReturned { number, amount, .. } => {
                let quota = held.of_mut(batch.bucket);
                must!(*number == quota.returned + 1, "return {number} follows {}", quota.returned);
                must!(quota.taken_back == quota.returned, "something returns before the last return is home");
                must!(quota.used + amount <= quota.received, "{amount} return that are given out");
                quota.returned = *number;
                quota.received -= amount;
                quota.going_back = *amount;
            }
            Event::QuotaTakenBack { bucket, number, amount, .. } => {
                must!(at_home, "{pool:?} is taken back by another bucket than its home");
                let quota = held.of_mut(*bucket);
                must!(*number == quota.taken_back + 1, "return {number} is taken back after {}", quota.taken_back);
                must!(*amount == quota.going_back, "{amount} are taken back of {} returned", quota.going_back);
                quota.taken_back = *number;
                quota.going_back = 0;
                self.recalls += 1;
            }
            other => return Err(format!("{} is no transfer", other.type_name())),
        }
        Ok(())
    }
}
