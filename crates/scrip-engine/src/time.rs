//! The one rule of time: it is what the clock shows, or the time of the last batch where that is later, for readers and batches
//! alike; and a clock that can't be right writes nothing.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicI64, Ordering},
    },
};

use scrip_core::time::Timestamp;
use scrip_faults::Fault;

use crate::clock::Clock;

/// How far behind the last batch a clock may be: nodes differ, and a clock that is set right goes back a little.
const BEHIND_MICROS_MAX: i64 = 5_000_000;
/// How far the clock may go apart from the time that has passed since the start, or since it was accepted.
const JUMP_MICROS_MAX: i64 = 60 * 60 * 1_000_000;

/// Why a clock can't be right.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ClockTrouble {
    /// The wall clock went forward or back while less time, or more, passed.
    Jumped { shows: Timestamp, expected: Timestamp },
    /// It is behind what is written: going on would write the past after the future.
    Behind { shows: Timestamp, head: Timestamp },
}

impl fmt::Display for ClockTrouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Jumped { shows, expected } => write!(
                f,
                "This machine's clock jumped {} {}: it shows {}, and by the time that has passed it is {}. Nothing is written \
                 until it is set right, or accepted with `scrip clock accept`.",
                span(*shows, *expected),
                if shows > expected { "forward" } else { "back" },
                second(*shows),
                second(*expected)
            ),
            Self::Behind { shows, head } => write!(
                f,
                "This machine's clock shows {}, and the last batch was written at {}, {} later. Nothing is written until the \
                 clock has come to that; `scrip clock accept` says what else can be done.",
                second(*shows),
                second(*head),
                span(*shows, *head)
            ),
        }
    }
}

/// To the second: more than that nobody compares with a clock on the wall.
fn second(at: Timestamp) -> Timestamp {
    Timestamp::from_micros(at.seconds() * 1_000_000)
}

fn span(a: Timestamp, b: Timestamp) -> String {
    let seconds = (a.micros() - b.micros()).abs() / 1_000_000;
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds} s"),
        (0, 0, _) => format!("{minutes} min"),
        (0, _, _) => format!("{hours} h {minutes} min"),
        _ => format!("{days} d {hours} h"),
    }
}

/// The time of one process.
pub(crate) struct Time {
    clock: Arc<dyn Clock>,
    /// What the wall clock showed when no time had passed: since the start, or since it was accepted.
    zero: AtomicI64,
    /// The latest batch that this process knows of.
    latest: AtomicI64,
    /// Up to here time may stand still until the clock gets there: an operator said so.
    stand_still_until: AtomicI64,
    /// Whether the log knows that nothing is written.
    told: AtomicBool,
}

impl Time {
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        let zero = clock.now().micros() - clock.elapsed_micros();
        Self {
            clock,
            zero: AtomicI64::new(zero),
            latest: AtomicI64::new(i64::MIN),
            stand_still_until: AtomicI64::new(i64::MIN),
            told: AtomicBool::new(false),
        }
    }

    /// What it is now for a reader: as [`Time::for_batch`], but where nothing would be written, what it is by the time that has
    /// passed, so that a clock that can't be right shows nobody an expired wallet.
    pub fn now(&self) -> Timestamp {
        let (clock, _) = self.clock();
        let latest = Timestamp::from_micros(self.latest.load(Ordering::SeqCst));
        if self.is_near(clock, latest) { clock.max(latest) } else { clock }
    }

    /// What it is now in a bucket whose last batch is of `head`, for the batch to come.
    ///
    /// Errors: the clock can't be right. Nothing may be written.
    pub fn for_batch(&self, head: Timestamp) -> Result<Timestamp, ClockTrouble> {
        if scrip_faults::is(Fault::ClockBelieved) {
            return Ok(self.clock.now().max(head));
        }
        match self.trouble(head) {
            None => {
                if self.told.swap(false, Ordering::SeqCst) {
                    tracing::info!("the clock is right again: writing goes on");
                }
                self.saw(head);
                // Another bucket may be so far ahead that the clock counts alone: this one stays where it is all the same.
                Ok(self.now().max(head))
            }
            Some(trouble) => {
                if !self.told.swap(true, Ordering::SeqCst) {
                    tracing::error!(%trouble, "the clock can't be right: nothing is written");
                }
                Err(trouble)
            }
        }
    }

    /// A batch of this time is there: readers are as late from now on.
    pub fn saw(&self, head: Timestamp) {
        if self.is_near(self.clock().0, head) {
            self.latest.fetch_max(head.micros(), Ordering::SeqCst);
        }
    }

    /// Why nothing may be written after a batch of `head`, if so.
    pub fn trouble(&self, head: Timestamp) -> Option<ClockTrouble> {
        let (clock, trouble) = self.clock();
        let behind = (!self.is_near(clock, head)).then_some(ClockTrouble::Behind { shows: clock, head });
        trouble.or(behind)
    }

    /// Takes the clock as it is now for right. Answers what it shows.
    ///
    /// Errors: it is behind what is written, and nobody said that time may `stand_still` until it gets there. Then nothing has
    /// changed.
    pub fn accept(&self, head: Timestamp, stand_still: bool) -> Result<Timestamp, ClockTrouble> {
        let shows = self.clock.now();
        if !stand_still && !self.is_near(shows, head) {
            return Err(ClockTrouble::Behind { shows, head });
        }
        self.zero.store(shows.micros() - self.clock.elapsed_micros(), Ordering::SeqCst);
        self.latest.store(i64::MIN, Ordering::SeqCst);
        if stand_still {
            self.stand_still_until.store(head.micros(), Ordering::SeqCst);
        }
        tracing::warn!(%shows, stand_still, "the clock was accepted");
        self.told.store(false, Ordering::SeqCst);
        self.saw(head);
        Ok(shows)
    }

    /// What has passed since some start of the machine's, whatever the wall clock shows.
    pub fn elapsed_micros(&self) -> i64 {
        self.clock.elapsed_micros()
    }

    /// The wall clock; where it has jumped, what it would show if it hadn't.
    fn clock(&self) -> (Timestamp, Option<ClockTrouble>) {
        let shows = self.clock.now();
        let expected = Timestamp::from_micros(self.zero.load(Ordering::SeqCst) + self.clock.elapsed_micros());
        if (shows.micros() - expected.micros()).abs() <= JUMP_MICROS_MAX {
            (shows, None)
        } else {
            (expected, Some(ClockTrouble::Jumped { shows, expected }))
        }
    }

    fn is_near(&self, clock: Timestamp, head: Timestamp) -> bool {
        // No batch yet is at 1970, or before all time.
        head.micros().saturating_sub(clock.micros()) <= BEHIND_MICROS_MAX
            || head.micros() <= self.stand_still_until.load(Ordering::SeqCst)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::ManualClock;

    const SECOND: i64 = 1_000_000;
    const HOUR: i64 = 3_600 * SECOND;
    const DAY: i64 = 24 * HOUR;
    /// 2026-11-27T00:00:00Z.
    const START: i64 = 1_795_737_600 * SECOND;

    fn at(micros: i64) -> Timestamp {
        Timestamp::from_micros(START + micros)
    }

    fn time() -> (Arc<ManualClock>, Time) {
        let clock = Arc::new(ManualClock::new(at(0)));
        (clock.clone(), Time::new(clock))
    }

    #[test]
    fn a_clock_that_goes_back_a_little_stands_still_for_readers_and_batches_alike() {
        let (clock, time) = time();
        let written = time.for_batch(at(-DAY)).expect("right");
        assert_eq!(written, at(0));
        time.saw(written);
        clock.jump(at(-5 * SECOND));
        assert_eq!((time.for_batch(written), time.now()), (Ok(at(0)), at(0)));
        clock.jump(at(2 * SECOND));
        assert_eq!((time.for_batch(written), time.now()), (Ok(at(2 * SECOND)), at(2 * SECOND)));
    }

    #[test]
    fn a_clock_further_behind_the_last_batch_writes_nothing_and_readers_take_it_as_it_is() {
        let (clock, time) = time();
        time.saw(at(0));
        clock.jump(at(-5 * SECOND - 1));
        let behind = ClockTrouble::Behind { shows: at(-5 * SECOND - 1), head: at(0) };
        assert_eq!((time.for_batch(at(0)), time.trouble(at(0))), (Err(behind), Some(behind)));
        assert_eq!(time.now(), at(-5 * SECOND - 1));
        // It catches up by itself.
        clock.set(at(-SECOND));
        assert_eq!((time.for_batch(at(0)), time.now()), (Ok(at(0)), at(0)));
    }

    #[test]
    fn a_jump_of_more_than_an_hour_writes_nothing_and_shows_nobody_the_future() {
        let (clock, time) = time();
        clock.jump(at(HOUR));
        assert_eq!(time.for_batch(at(-DAY)), Ok(at(HOUR)));
        clock.jump(at(40 * DAY));
        let jumped = ClockTrouble::Jumped { shows: at(40 * DAY), expected: at(0) };
        assert_eq!(time.for_batch(at(-DAY)), Err(jumped));
        assert_eq!(time.now(), at(0));
        // Time goes on all the same.
        clock.set(at(40 * DAY + 10 * SECOND));
        assert_eq!(time.now(), at(10 * SECOND));
        // Set right again.
        clock.jump(at(10 * SECOND));
        assert_eq!(time.for_batch(at(-DAY)), Ok(at(10 * SECOND)));
        // Back is a jump too, when nothing was written for long.
        clock.jump(at(-2 * HOUR));
        assert!(matches!(time.for_batch(at(-DAY)), Err(ClockTrouble::Jumped { .. })));
    }

    #[test]
    fn days_that_pass_are_no_jump() {
        let (clock, time) = time();
        clock.set(at(40 * DAY));
        assert_eq!((time.for_batch(at(0)), time.now()), (Ok(at(40 * DAY)), at(40 * DAY)));
    }

    #[test]
    fn a_jump_that_is_accepted_is_the_time() {
        let (clock, time) = time();
        clock.jump(at(40 * DAY));
        assert_eq!(time.accept(at(0), false), Ok(at(40 * DAY)));
        assert_eq!((time.for_batch(at(0)), time.now()), (Ok(at(40 * DAY)), at(40 * DAY)));
        // The next one is measured from there.
        clock.jump(at(0));
        assert!(matches!(time.for_batch(at(0)), Err(ClockTrouble::Jumped { .. })));
    }

    #[test]
    fn an_accept_that_is_refused_changes_nothing() {
        let (clock, time) = time();
        let written = time.for_batch(at(-DAY)).expect("right");
        time.saw(written);
        clock.set(at(HOUR));
        clock.jump(at(-2 * HOUR));
        let jumped = ClockTrouble::Jumped { shows: at(-2 * HOUR), expected: at(HOUR) };
        assert_eq!((time.trouble(written), time.now()), (Some(jumped), at(HOUR)));
        let behind = ClockTrouble::Behind { shows: at(-2 * HOUR), head: written };
        assert_eq!(time.accept(written, false), Err(behind));
        // It is still known that the clock jumped, and what it is by the time that has passed.
        assert_eq!((time.trouble(written), time.now()), (Some(jumped), at(HOUR)));
        clock.jump(at(HOUR));
        assert_eq!(time.for_batch(written), Ok(at(HOUR)));
    }

    #[test]
    fn a_bucket_never_goes_back_even_where_another_is_further_ahead() {
        let (clock, time) = time();
        time.saw(at(0));
        clock.jump(at(-6 * SECOND));
        assert!(time.for_batch(at(0)).is_err());
        assert_eq!(time.for_batch(at(-3 * SECOND)), Ok(at(-3 * SECOND)));
    }

    #[test]
    fn behind_what_is_written_time_stands_still_only_where_an_operator_says_so() {
        let (clock, time) = time();
        let head = at(40 * DAY);
        let behind = ClockTrouble::Behind { shows: at(0), head };
        assert_eq!(time.for_batch(head), Err(behind));
        assert_eq!(time.accept(head, false), Err(behind));
        assert_eq!(time.accept(head, true), Ok(at(0)));
        assert_eq!((time.for_batch(head), time.now()), (Ok(head), head));
        // A batch that is later still isn't meant.
        assert!(time.for_batch(at(41 * DAY)).is_err());
        clock.set(at(40 * DAY + SECOND));
        assert_eq!((time.for_batch(head), time.now()), (Ok(at(40 * DAY + SECOND)), at(40 * DAY + SECOND)));
    }

    #[test]
    fn an_empty_journal_has_no_time_to_be_behind() {
        let (_, time) = time();
        assert_eq!(time.for_batch(Timestamp::from_micros(0)), Ok(at(0)));
        assert_eq!(time.for_batch(Timestamp::from_micros(i64::MIN)), Ok(at(0)));
    }

    #[test]
    fn what_is_wrong_is_said_with_both_times() {
        let jumped = ClockTrouble::Jumped { shows: at(40 * DAY + 1), expected: at(0) };
        let text = jumped.to_string();
        assert!(text.contains("jumped 40 d 0 h forward: it shows 2027-01-06T00:00:00Z"), "{text}");
        let text = ClockTrouble::Behind { shows: at(0), head: at(90 * SECOND) }.to_string();
        assert!(text.contains("2026-11-27T00:01:30Z, 1 min later"), "{text}");
    }
}
