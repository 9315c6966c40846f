//! Parts of pools on their way between their home and a bucket: nothing is lost, nothing is there twice.

use scrip_core::event::Event;

use super::{Checked, Model, Place, Touched, must};

impl Model {
    pub(super) fn parcel_event(&mut self, place: Place, event: &Event, touched: &mut Touched) -> Checked {
        let (Event::AllowanceGranted { pool, .. }
        | Event::AllowanceReceived { pool, .. }
        | Event::AllowanceReturned { pool, .. }
        | Event::AllowanceTakenBack { pool, .. }) = event
        else {
            return Err("no parcel".to_owned());
        };
        must!(!self.buckets.is_one(), "with one bucket nothing is handed out");
        if let Some(campaign) = pool.campaign() {
            touched.allowances.insert((place.bucket, campaign));
        }
        let at_home = pool.slot().bucket(self.buckets) == place.bucket;
        let limit = self.limit(pool, None);
        let held = self.pool_mut(pool);
        match event {
            Event::AllowanceGranted { bucket, number, amount, .. } => {
                must!(at_home, "{pool:?} is granted by another bucket than its home");
                let share = held.of_mut(*bucket);
                must!(share.got == share.granted, "{bucket:?} is granted more before it has received the last");
                must!(*number == share.granted + 1 && *amount > 0, "grant {number} follows {}", share.granted);
                share.granted = *number;
                share.to_come = *amount;
                let handed = held.handed();
                must!(
                    limit.is_none_or(|limit| handed <= limit),
                    "I1: {handed} are handed out of {limit:?} of {pool:?}"
                );
                self.grants += 1;
            }
            Event::AllowanceReceived { number, amount, .. } => {
                let share = held.of_mut(place.bucket);
                must!(*number == share.got + 1, "grant {number} is received after {}", share.got);
                must!(*amount == share.to_come, "{amount} are received of {} granted", share.to_come);
                share.got = *number;
                share.to_come = 0;
                share.received += amount;
                share.overdrawn = share.overdrawn.min(share.used.saturating_sub(share.received));
            }
            Event::AllowanceReturned { number, amount, .. } => {
                let share = held.of_mut(place.bucket);
                must!(*number == share.returned + 1, "return {number} follows {}", share.returned);
                must!(share.taken_back == share.returned, "something returns before the last return is home");
                must!(share.used + amount <= share.received, "{amount} return that are given out");
                share.returned = *number;
                share.received -= amount;
                share.going_back = *amount;
            }
            Event::AllowanceTakenBack { bucket, number, amount, .. } => {
                must!(at_home, "{pool:?} is taken back by another bucket than its home");
                let share = held.of_mut(*bucket);
                must!(*number == share.taken_back + 1, "return {number} is taken back after {}", share.taken_back);
                must!(*amount == share.going_back, "{amount} are taken back of {} returned", share.going_back);
                share.taken_back = *number;
                share.going_back = 0;
                self.recalls += 1;
            }
            _ => {}
        }
        Ok(())
    }
}
