//! Keeping this process one of those that serve.

use std::{collections::HashMap, sync::Arc, thread, time::Duration};

use scrip_core::slot::Bucket;
use scrip_store::{
    StoreError,
    members::{Member, MemberId, Members},
};

use crate::{
    membership::{MARGIN_MICROS, MEMBER_MICROS, Membership},
    random::RandomIds,
    receipt::chain,
    shared::{Shared, ToldIfItFails},
};

/// How often a member is renewed at least, in microseconds.
const RENEWED_EVERY_MICROS: i64 = 1_000_000;
/// How often it looks what others committed, and says how far it has followed if that is further than before: an exact answer waits
/// about so long.
const LOOKS_EVERY: Duration = Duration::from_millis(200);

/// Keeps this process a member: follows in memory what others committed, says how far it came, and strikes off who is gone. It has a
/// thread of its own, unless whoever started the engine drives it by [`Renewing::step`].
pub struct Renewing {
    shared: Arc<Shared>,
    ids: RandomIds,
    /// As which it is in the list, as far as it knows.
    id: Option<MemberId>,
    /// When it asked last, and what it said then.
    asked: i64,
    said: Vec<(Bucket, u64)>,
    /// With which renewal each other member was seen last, and since when.
    seen: HashMap<MemberId, (u64, i64)>,
}

impl Renewing {
    /// None where a process serves alone.
    pub(crate) fn new(shared: &Arc<Shared>) -> Option<Self> {
        shared.membership.as_ref()?;
        let (id, asked, said, seen) = (None, 0, Vec::new(), HashMap::new());
        Some(Self { ids: shared.random.ids(), shared: shared.clone(), id, asked, said, seen })
    }

    fn membership(&self) -> &Membership {
        self.shared.membership.as_ref().expect("there is no renewing without")
    }

    fn now(&self) -> i64 {
        self.shared.time.elapsed_micros()
    }

    /// Follows, is renewed if that is due, or joins if it is no member (any more), and looks who else is there.
    ///
    /// Errors: the store can't do it now, or the journal can't be followed: then it isn't renewed either, so that nobody waits for what
    /// doesn't come.
    pub fn step(&mut self) -> Result<(), StoreError> {
        let store = self.shared.store.clone();
        let done = match store.members() {
            Some(members) => self.renew(members).and_then(|()| self.look(members)),
            None => Ok(()),
        };
        self.membership().stir();
        done
    }

    fn renew(&mut self, members: &dyn Members) -> Result<(), StoreError> {
        self.shared.catch_up_everywhere()?;
        let (followed, now) = (self.shared.followed_in_memory(), self.now());
        if let (Some(id), Ok(_)) = (self.id, self.membership().tenure(now)) {
            if now - self.asked < RENEWED_EVERY_MICROS && followed == self.said {
                return Ok(());
            }
            // It counts from before it asks: whoever sees the renewal sees it later.
            if members.renew(id, &followed)? && self.membership().prolong(now, self.now()) {
                (self.asked, self.said) = (now, followed);
                return Ok(());
            }
        }
        self.join(members)
    }

    fn join(&mut self, members: &dyn Members) -> Result<(), StoreError> {
        self.membership().end();
        if let Some(gone) = self.id.take() {
            tracing::warn!("this process was no member for a time: it follows what others did, and joins anew");
            // If it can't be said, others find out.
            let _ = members.leave(gone);
        }
        let (id, followed) = (MemberId::from_bytes(self.ids.batch_id()), self.shared.followed_in_memory());
        let now = self.now();
        // Noted before it is asked: what was done and not heard of is left at the next try, and nobody waits for it.
        (self.id, self.asked) = (Some(id), now);
        members.join(id, &followed)?;
        self.said = followed;
        // Whoever changed something before it joined didn't wait for it; whoever changes something from here on does.
        self.shared.catch_up_everywhere()?;
        self.membership().begin(now);
        Ok(())
    }

    fn look(&mut self, members: &dyn Members) -> Result<(), StoreError> {
        let (look, began) = (self.membership().look(), self.now());
        let all = members.all()?;
        let ended = self.now();
        let (mut there, mut seen) = (Vec::new(), HashMap::new());
        for Member { id, renewal, followed } in all {
            let known = self.seen.get(&id).filter(|(known, _)| *known == renewal);
            // Since when that is its last renewal isn't known; that it was at `ended` is.
            let since = known.map_or(ended, |(_, since)| *since);
            let is_over = Some(id) != self.id && began - since >= MEMBER_MICROS + MARGIN_MICROS;
            if is_over && members.strike(id, renewal)? {
                tracing::warn!("a process that served is gone");
                continue;
            }
            seen.insert(id, (renewal, since));
            there.push(Member { id, renewal, followed });
        }
        self.seen = seen;
        self.membership().saw(look, there);
        Ok(())
    }

    /// It answers nobody any more, and nobody waits for it.
    fn leave(&mut self) {
        self.membership().stop();
        if let (Some(id), Some(members)) = (self.id.take(), self.shared.store.members())
            && let Err(error) = members.leave(id)
        {
            tracing::warn!(error = %chain(&error), "others will wait for this process for some seconds");
        }
    }
}

/// Renews until followers are to stop, as the last commands are answered before that.
pub(crate) fn run(mut renewing: Renewing) {
    let _told = ToldIfItFails { shared: renewing.shared.clone(), what: "renewing failed unexpectedly" };
    renewing.membership().renewed_by(thread::current());
    while !renewing.shared.progress.is_stopping() {
        if let Err(error) = renewing.step() {
            tracing::error!(error = %chain(&error), "this process can't be renewed as one that serves");
        }
        thread::park_timeout(LOOKS_EVERY);
    }
    renewing.leave();
}
