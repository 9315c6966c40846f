//! Serving from one store together with other processes: who may answer, and who waits for whom.
//!
//! A process is a *member* for 5 s at a time ([`scrip_store::members`]); [`crate::Renewing`] renews that. While it is one, whoever gives
//! an exact answer (a campaign paused, a key revoked) waits for it; once it isn't, it answers nobody. So no process says what was
//! before such an answer after that was given. Where one process serves alone none of this runs.

use std::{
    sync::{
        Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
};

use scrip_core::slot::Bucket;
use scrip_store::members::Member;
use tokio::sync::watch;

/// For how long a process may answer from when it asked to be renewed, in microseconds by its own clock.
pub(crate) const MEMBER_MICROS: i64 = 5_000_000;
/// How much longer others wait for it, each by its own clock: two may differ in speed by almost a tenth.
pub(crate) const MARGIN_MICROS: i64 = 500_000;
/// How long an exact answer waits at most: until whoever died just before it is a member no more, and what it takes to see that.
pub(crate) const WAIT_MICROS: i64 = MEMBER_MICROS + MARGIN_MICROS + 1_500_000;

/// One time of being a member without a break. What was read from memory within one is what all others wait for; a process that was
/// none in between may have read what had changed before.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Tenure(u64);

impl Tenure {
    /// Of a process that serves alone.
    pub(crate) const ALONE: Self = Self(0);
}

/// What a process knows of itself as a member, and of the others. All times are elapsed microseconds by its own clock.
#[derive(Default)]
pub(crate) struct Membership {
    held: Mutex<Held>,
    /// How often the list was looked at, counted before each look.
    looks: AtomicU64,
    view: watch::Sender<View>,
    stopped: AtomicBool,
    /// Who renews it; none by hand.
    renewing: OnceLock<thread::Thread>,
}

#[derive(Clone, Copy, Default)]
struct Held {
    tenure: u64,
    until: i64,
}

/// All members as the store had them at some look.
#[derive(Default)]
struct View {
    look: u64,
    members: Vec<Member>,
}

impl View {
    fn have_all_followed(&self, bucket: Bucket, position: u64) -> bool {
        self.members.iter().all(|member| member.followed_in(bucket) >= position)
    }
}

impl Membership {
    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The tenure of now, if the process is a member. Who isn't has the last one, by which nobody may answer.
    pub fn tenure(&self, now: i64) -> Result<Tenure, Tenure> {
        let held = *self.held();
        if now < held.until { Ok(Tenure(held.tenure)) } else { Err(Tenure(held.tenure)) }
    }

    /// It was renewed, having asked then. Answers whether it has been a member all the time until `now`.
    pub fn prolong(&self, asked: i64, now: i64) -> bool {
        let mut held = self.held();
        let was = now < held.until;
        if was {
            held.until = asked + MEMBER_MICROS;
        }
        was
    }

    /// It joined, having asked then, and has followed since.
    pub fn begin(&self, asked: i64) {
        let mut held = self.held();
        *held = Held { tenure: held.tenure + 1, until: asked + MEMBER_MICROS };
    }

    pub fn end(&self) {
        self.held().until = i64::MIN;
    }

    /// Somebody is about to look who is there. Answers the number of this look.
    pub fn look(&self) -> u64 {
        self.looks.fetch_add(1, Ordering::SeqCst) + 1
    }

    pub fn saw(&self, look: u64, members: Vec<Member>) {
        self.view.send_replace(View { look, members });
    }

    /// Whoever waits looks at the clock: so nobody needs a timer.
    pub fn stir(&self) {
        self.view.send_modify(|_| {});
    }

    pub fn renewed_by(&self, thread: thread::Thread) {
        let _ = self.renewing.set(thread);
    }

    /// Nobody renews it any more.
    pub fn stop(&self) {
        self.end();
        self.stopped.store(true, Ordering::SeqCst);
        self.stir();
    }

    /// Waits until all members have followed to the position, or are none any more. Answers whether that came before `is_late`.
    pub async fn followed_by_all(&self, bucket: Bucket, position: u64, is_late: impl Fn() -> bool) -> bool {
        // Only a look that begins from here on shows whoever has joined by now: before, that one may have read an older journal.
        let before = self.looks.load(Ordering::SeqCst);
        let mut view = self.view.subscribe();
        if let Some(thread) = self.renewing.get() {
            thread.unpark();
        }
        loop {
            {
                let view = view.borrow_and_update();
                if view.look > before && view.have_all_followed(bucket, position) {
                    return true;
                }
            }
            if self.stopped.load(Ordering::SeqCst) || is_late() || view.changed().await.is_err() {
                return false;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tenure_lasts_from_before_it_asked_and_as_long_as_it_is_renewed_in_time() {
        let membership = Membership::default();
        assert!(membership.tenure(0).is_err());
        membership.begin(10);
        let first = membership.tenure(10).expect("a member");
        assert_eq!(membership.tenure(10 + MEMBER_MICROS - 1), Ok(first));
        assert_eq!(membership.tenure(10 + MEMBER_MICROS), Err(first));
        assert!(membership.prolong(100, 10 + MEMBER_MICROS - 1));
        assert_eq!(membership.tenure(100 + MEMBER_MICROS - 1), Ok(first));
        // It asked in time, and heard of it too late: others may have gone on without it.
        assert!(!membership.prolong(200, 100 + MEMBER_MICROS));
        assert!(membership.tenure(100 + MEMBER_MICROS).is_err());
        membership.begin(300 + MEMBER_MICROS);
        assert_ne!(membership.tenure(300 + MEMBER_MICROS), Ok(first), "another tenure");
    }
}
