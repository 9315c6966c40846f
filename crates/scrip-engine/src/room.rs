//! Room for reads: so many at once and so many that wait, first come, first served. One whose caller left is not done.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread::available_parallelism,
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use scrip_core::reason::{Reason, Refusal};

use crate::{counted, receipt::EngineError};

/// How much nicer than commands a read is to others (`nice(2)`): where both want the processor, a command comes first.
const NICER: i32 = 5;

/// How many reads there may be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ReadLimits {
    /// Done at once. The rest waits in order.
    pub at_once: usize,
    /// That wait; what comes beyond is refused with `rate_limited`.
    pub waiting: usize,
}

impl Default for ReadLimits {
    /// As many at once as there are processors, two at least: one that waits for the device keeps no other from its turn.
    fn default() -> Self {
        let processors = available_parallelism().map_or(2, std::num::NonZero::get);
        Self { at_once: processors.max(2), waiting: 512 }
    }
}

/// Where reads are done one after the other.
pub(crate) struct Room {
    turns: Arc<Semaphore>,
    /// For reads that may take long: one at once, so that others have the rest.
    long: Arc<Semaphore>,
    waiting: AtomicUsize,
    waiting_max: usize,
}

/// One more that waits, as long as it does.
struct Waits<'a>(&'a AtomicUsize);

impl Drop for Waits<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Room {
    pub fn new(limits: ReadLimits) -> Self {
        Self {
            turns: Arc::new(Semaphore::new(limits.at_once.clamp(1, Semaphore::MAX_PERMITS))),
            long: Arc::new(Semaphore::new(1)),
            waiting: AtomicUsize::new(0),
            waiting_max: limits.waiting,
        }
    }

    /// Waits for its turn, in order. Whoever stops waiting has no turn.
    ///
    /// Errors: `rate_limited` if too many wait.
    pub async fn turn(&self) -> Result<OwnedSemaphorePermit, EngineError> {
        if scrip_faults::is(scrip_faults::Fault::ReadsUnbounded) {
            return Ok(Arc::new(Semaphore::new(1)).acquire_owned().await.expect("never closed"));
        }
        if let Ok(turn) = Arc::clone(&self.turns).try_acquire_owned() {
            return Ok(turn);
        }
        let before = self.waiting.fetch_add(1, Ordering::Relaxed);
        let waits = Waits(&self.waiting);
        if before >= self.waiting_max {
            metrics::counter!(counted::READS_REFUSED).increment(1);
            return Err(Refusal::from(Reason::RateLimited).into());
        }
        let turn = self.turn_in_line().await;
        drop(waits);
        Ok(turn)
    }

    /// The same for those of whom there are few, however many others wait.
    pub async fn turn_in_line(&self) -> OwnedSemaphorePermit {
        Arc::clone(&self.turns).acquire_owned().await.expect("never closed")
    }

    /// The same for one that may take long, after all that may and came before.
    pub async fn turn_for_long(&self) -> Turn {
        let long = Arc::clone(&self.long).acquire_owned().await.expect("never closed");
        Turn { _permit: self.turn_in_line().await, _long: long }
    }
}

/// What a long read has until it is over.
pub(crate) struct Turn {
    _permit: OwnedSemaphorePermit,
    _long: OwnedSemaphorePermit,
}

/// Does the work on a thread that may block, holding its turn until it is done: not only until nobody waits for it.
/// Whoever leaves before it begins takes it along.
pub(crate) async fn aside<T: Send + 'static>(
    turn: impl Send + 'static,
    work: impl FnOnce() -> Result<T, EngineError> + Send + 'static,
) -> Result<T, EngineError> {
    let (answer, answered) = tokio::sync::oneshot::channel();
    tokio::task::spawn_blocking(move || {
        let _turn = turn;
        if answer.is_closed() {
            metrics::counter!(counted::READS_LEFT).increment(1);
            return;
        }
        be_nice();
        let _ = answer.send(work());
    });
    // The sender is gone without an answer only if the work panicked.
    answered.await.unwrap_or(Err(EngineError::Fault))
}

/// From now on this thread lets those of commands go first: sequencers have threads of their own, and never this. It is of the
/// runtime's pool for what may block and stays nice, whatever it is given later: another read, an export, a request of the
/// command line. No command waits for any of these.
fn be_nice() {
    thread_local! {
        static IS_NICE: std::cell::Cell<bool> = const { std::cell::Cell::new(false) };
    }
    IS_NICE.with(|is_nice| {
        if !is_nice.replace(true) && cfg!(target_os = "linux") {
            // Linux counts niceness by thread. One that can't be had costs nothing but that.
            let _ = rustix::process::setpriority_process(Some(rustix::thread::gettid()), NICER);
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn runtime() -> tokio::runtime::Runtime {
        tokio::runtime::Builder::new_current_thread().build().expect("a runtime")
    }

    #[test]
    fn more_than_may_wait_are_refused_and_those_who_leave_make_room() {
        runtime().block_on(async {
            let room = Room::new(ReadLimits { at_once: 1, waiting: 1 });
            let first = room.turn().await.expect("there is room");
            let mut second = Box::pin(room.turn());
            let poll = |future: &mut _| futures_poll(future);
            assert!(poll(&mut second).is_none(), "it waits");
            let refused = room.turn().await.map(drop);
            assert_eq!(refused, Err(Refusal::from(Reason::RateLimited).into()));
            drop(second);
            let mut third = Box::pin(room.turn());
            assert!(poll(&mut third).is_none(), "the one that left made room to wait");
            drop(first);
            assert!(third.await.is_ok());
        });
    }

    #[test]
    fn a_read_whose_caller_left_before_its_turn_is_not_done_and_one_that_began_keeps_its_place() {
        runtime().block_on(async {
            let room = Room::new(ReadLimits { at_once: 1, waiting: 8 });
            let (begun, has_begun) = tokio::sync::oneshot::channel();
            let (go_on, goes_on) = std::sync::mpsc::channel::<()>();
            let turn = room.turn().await.expect("there is room");
            let mut first = Box::pin(aside(turn, move || {
                begun.send(()).expect("somebody asks");
                goes_on.recv().expect("somebody tells");
                Ok(())
            }));
            assert!(futures_poll(&mut first).is_none());
            has_begun.await.expect("it begins");
            // Its caller leaves, and it goes on: its turn isn't over yet.
            drop(first);
            let mut next = Box::pin(room.turn());
            assert!(futures_poll(&mut next).is_none());
            go_on.send(()).expect("it waits");
            let turn = next.await.expect("there is room");
            let gone = aside(turn, || -> Result<(), EngineError> { panic!("nobody asked for it any more") });
            drop(gone);
        });
    }

    #[test]
    fn long_reads_take_one_place_however_many_there_are() {
        runtime().block_on(async {
            let room = Room::new(ReadLimits { at_once: 2, waiting: 8 });
            let first = room.turn_for_long().await;
            let mut second = Box::pin(room.turn_for_long());
            assert!(futures_poll(&mut second).is_none(), "it waits for the other long one");
            let other = room.turn().await;
            assert!(other.is_ok(), "a turn is left for others");
            drop(first);
            drop(second.await);
        });
    }

    fn futures_poll<F: Future + Unpin>(future: &mut F) -> Option<F::Output> {
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        match std::pin::Pin::new(future).poll(&mut context) {
            std::task::Poll::Ready(output) => Some(output),
            std::task::Poll::Pending => None,
        }
    }
}
