//! "Why did this fail?" Refused requests with their reasons, in memory: never in the journal, never on an answer's path.
//!
//! Whoever refuses hands a row over without waiting for those who read, and drops it if too many wait; every so many it takes them
//! among the rows. A restart forgets them.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError},
};

use scrip_core::{
    api_key::Role,
    id::{CampaignId, CodeHash, CouponId},
    name::{AccountId, OrderId},
    reason::{Reason, Refusal, UsedBy},
    time::Timestamp,
};
use scrip_faults::{Fault, is};

use super::{About, AttemptLimits, SeenCode};
use crate::{counted, rights::Operation};

/// How long a row is kept.
const DAYS_MAX: u32 = 7;
/// Rows that may wait while others are read; what comes beyond is dropped.
const WAITING_MAX: usize = 1_024;
/// So many that wait are taken among the rows at once.
const TAKEN_AT: usize = 64;
/// Reasons kept of one refusal. What each of them repeats was cut when it became a problem.
const REASONS_MAX: usize = 20;

/// A request that was refused.
#[derive(Clone, Debug)]
pub struct Attempt {
    pub at: Timestamp,
    pub request_id: String,
    pub operation: Operation,
    pub role: Role,
    /// The API key's id, or `shopper:<account>`.
    pub caller: String,
    pub account: Option<AccountId>,
    pub order: Option<OrderId>,
    pub about: About,
    pub status: u16,
    pub refusal: Refusal,
}

/// Which rows, newest first.
#[derive(Clone, Debug, Default)]
pub struct AttemptFilter {
    pub account: Option<AccountId>,
    pub order: Option<OrderId>,
    pub campaign: Option<CampaignId>,
    pub code: Option<CodeHash>,
    pub reason: Option<String>,
    pub request_id: Option<String>,
    /// At this time or later.
    pub from: Option<Timestamp>,
    /// Before the row of this number.
    pub before: Option<u64>,
    pub now: Timestamp,
    pub limit: usize,
}

/// Where refusals are handed over and read.
#[derive(Clone)]
pub struct AttemptLog(Arc<Log>);

struct Log {
    /// Handed over, and not among the rows yet: the lock is held for a push.
    waiting: Mutex<Vec<Attempt>>,
    rows: Mutex<Rows>,
}

impl AttemptLog {
    pub fn new(limits: AttemptLimits) -> Self {
        Self(Arc::new(Log { waiting: Mutex::default(), rows: Mutex::new(Rows::new(limits)) }))
    }

    /// Hands a row over, or drops it: nobody waits while the rows are read.
    pub fn note(&self, mut attempt: Attempt) {
        // Here, so that those that wait are short too.
        attempt.refusal.errors.truncate(REASONS_MAX);
        let mut waiting = unpoisoned(&self.0.waiting);
        if waiting.len() >= WAITING_MAX {
            metrics::counter!(counted::ATTEMPTS_DROPPED).increment(1);
            return;
        }
        waiting.push(attempt);
        if waiting.len() < TAKEN_AT {
            return;
        }
        let rows = match self.0.rows.try_lock() {
            Ok(rows) => Some(rows),
            Err(TryLockError::Poisoned(rows)) => Some(rows.into_inner()),
            // They are read: whoever comes next takes all.
            Err(TryLockError::WouldBlock) => None,
        };
        if let Some(mut rows) = rows {
            let taken = std::mem::take(&mut *waiting);
            drop(waiting);
            rows.take(taken);
        }
    }

    /// Rows with their numbers. All that was handed over before is among them.
    pub async fn read(&self, wanted: AttemptFilter) -> Vec<(u64, Attempt)> {
        let log = Arc::clone(&self.0);
        let read = move || {
            let mut rows = unpoisoned(&log.rows);
            let taken = std::mem::take(&mut *unpoisoned(&log.waiting));
            rows.take(taken);
            rows.find(&wanted)
        };
        // Thousands of rows are looked at.
        tokio::task::spawn_blocking(read).await.unwrap_or_default()
    }
}

/// Rows are whole whenever the lock is free: whoever panicked had none of them in hand.
fn unpoisoned<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

struct Rows {
    limits: AttemptLimits,
    rows: VecDeque<(u64, Attempt)>,
    /// Of all rows, about.
    bytes: usize,
    last: u64,
}

impl Rows {
    const fn new(limits: AttemptLimits) -> Self {
        Self { limits, rows: VecDeque::new(), bytes: 0, last: 0 }
    }

    fn take(&mut self, attempts: Vec<Attempt>) {
        for attempt in attempts {
            self.add(attempt);
        }
        self.tell();
    }

    fn add(&mut self, mut attempt: Attempt) {
        for error in &mut attempt.refusal.errors {
            hide_codes(&mut error.reason);
        }
        self.forget(attempt.at);
        self.last += 1;
        self.bytes += attempt.bytes();
        self.rows.push_back((self.last, attempt));
        let bytes_max = if is(Fault::AttemptsUnbounded) { usize::MAX } else { self.limits.bytes };
        while self.rows.len() > self.limits.rows || self.bytes > bytes_max {
            self.drop_oldest();
            metrics::counter!(counted::ATTEMPTS_DISPLACED).increment(1);
        }
    }

    fn drop_oldest(&mut self) {
        if let Some((_, row)) = self.rows.pop_front() {
            self.bytes -= row.bytes();
        }
    }

    fn tell(&self) {
        metrics::gauge!("scrip_attempts").set(self.rows.len() as f64);
        metrics::gauge!("scrip_attempts_bytes").set(self.bytes as f64);
    }

    fn forget(&mut self, now: Timestamp) {
        while self.rows.front().is_some_and(|(_, row)| row.at.plus_hours(DAYS_MAX * 24) <= now) {
            self.drop_oldest();
        }
    }

    fn find(&mut self, wanted: &AttemptFilter) -> Vec<(u64, Attempt)> {
        self.forget(wanted.now);
        let rows = self.rows.iter().rev().filter(|(number, row)| wanted.matches(*number, row));
        rows.take(wanted.limit).cloned().collect()
    }
}

impl Attempt {
    /// Of memory, about: what its texts take, and itself. The same for as long as it is kept.
    fn bytes(&self) -> usize {
        let errors = self.refusal.errors.iter().map(|error| {
            let reason = match &error.reason {
                Reason::InvalidField { allowed: Some(allowed), .. } => allowed.capacity(),
                // A code, an id: short by its type.
                _ => 128,
            };
            size_of_val(error) + error.pointer.as_ref().map_or(0, String::capacity) + reason
        });
        let names = self.account.iter().map(|account| account.as_str().len());
        let orders = self.order.iter().map(|order| order.as_str().len());
        size_of::<(u64, Self)>()
            + self.request_id.capacity()
            + self.caller.capacity()
            + errors.chain(names).chain(orders).sum::<usize>()
            + self.about.coupons.len() * size_of::<CouponId>()
            + self.about.codes.len() * (size_of::<SeenCode>() + 4)
    }
}

impl AttemptFilter {
    fn matches(&self, number: u64, row: &Attempt) -> bool {
        fn is<T: PartialEq>(wanted: Option<&T>, found: Option<&T>) -> bool {
            wanted.is_none() || wanted == found
        }
        is(self.account.as_ref(), row.account.as_ref())
            && is(self.order.as_ref(), row.order.as_ref())
            && is(self.campaign.as_ref(), row.about.campaign.as_ref())
            && is(self.request_id.as_ref(), Some(&row.request_id))
            && self.code.is_none_or(|code| row.about.codes.iter().any(|seen| seen.hash == code))
            && self
                .reason
                .as_ref()
                .is_none_or(|code| row.refusal.errors.iter().any(|error| error.reason.code() == code))
            && self.from.is_none_or(|from| row.at >= from)
            && self.before.is_none_or(|before| number < before)
    }
}

/// Of a code in a reason's parameters its last four symbols stay.
fn hide_codes(reason: &mut Reason) {
    if let Reason::ExclusiveCouponApplied { coupon }
    | Reason::StackingGroupTaken { coupon }
    | Reason::HoldExpired { coupon: Some(coupon), .. } = reason
        && let UsedBy::Code(text) = coupon
    {
        *text = format!("…{}", &text[text.len().saturating_sub(4)..]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attempt(second: i64, account: &str) -> Attempt {
        Attempt {
            at: Timestamp::from_micros(second * 1_000_000),
            request_id: format!("req_{second}"),
            operation: Operation::PlaceOrder,
            role: Role::Storefront,
            caller: "key_1".to_owned(),
            account: AccountId::new(account).ok(),
            order: None,
            about: About::default(),
            status: 422,
            refusal: Reason::StackingGroupTaken { coupon: UsedBy::Code("SECRETCODE42".to_owned()) }.into(),
        }
    }

    fn seconds(rows: &[(u64, Attempt)]) -> Vec<i64> {
        rows.iter().map(|(_, row)| row.at.seconds()).collect()
    }

    #[test]
    fn the_oldest_rows_give_way_to_new_ones_and_to_time() {
        let mut rows = Rows::new(AttemptLimits { rows: 10_000, ..AttemptLimits::default() });
        for second in 0..10_010 {
            rows.add(attempt(second, "ana"));
        }
        assert_eq!((rows.rows.len(), rows.rows[0].1.at.seconds()), (10_000, 10));
        let week = i64::from(DAYS_MAX) * 24 * 3_600;
        let now = Timestamp::from_micros((week + 10_008) * 1_000_000);
        let left = rows.find(&AttemptFilter { now, limit: 9, ..AttemptFilter::default() });
        assert_eq!(seconds(&left), [10_009]);
    }

    #[test]
    fn rows_come_newest_first_page_by_page() {
        let mut rows = Rows::new(AttemptLimits::default());
        for (second, account) in [(1, "ana"), (2, "ben"), (3, "ana"), (4, "ana")] {
            rows.add(attempt(second, account));
        }
        let wanted = AttemptFilter { account: AccountId::new("ana").ok(), limit: 2, ..AttemptFilter::default() };
        let first = rows.find(&wanted);
        assert_eq!(seconds(&first), [4, 3]);
        let rest = rows.find(&AttemptFilter { before: first.last().map(|row| row.0), ..wanted });
        assert_eq!(seconds(&rest), [1]);
    }

    #[test]
    fn a_code_in_a_reason_is_not_kept_whole() {
        let mut rows = Rows::new(AttemptLimits::default());
        rows.add(attempt(1, "ana"));
        let kept = &rows.rows[0].1.refusal.errors;
        assert_eq!(kept[0].reason, Reason::StackingGroupTaken { coupon: UsedBy::Code("…DE42".to_owned()) });
    }

    #[test]
    fn the_log_is_bounded_in_bytes_and_counts_them_right() {
        let limits = AttemptLimits { rows: 10_000, bytes: 200_000 };
        let mut rows = Rows::new(limits);
        for second in 0..10_000 {
            let mut row = attempt(second, "ana");
            row.refusal.errors[0].pointer = Some("/é".repeat(usize::try_from(second % 100).expect("small")));
            row.refusal.errors = vec![row.refusal.errors[0].clone(); 20];
            rows.add(row);
            assert!(rows.bytes <= limits.bytes);
        }
        assert_eq!(rows.bytes, rows.rows.iter().map(|(_, row)| row.bytes()).sum::<usize>());
        assert!(rows.rows.len() > 20, "short rows are many: {}", rows.rows.len());
        assert_eq!(rows.rows.back().map(|(_, row)| row.at.seconds()), Some(9_999), "the newest stay");
    }

    #[test]
    fn nobody_waits_for_rows_that_are_read_and_what_is_too_much_is_dropped() {
        let log = AttemptLog::new(AttemptLimits::default());
        let reading = log.0.rows.lock().expect("free");
        for second in 0..2_000 {
            log.note(attempt(second, "ana"));
        }
        assert_eq!(log.0.waiting.lock().expect("free").len(), WAITING_MAX);
        drop(reading);
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        let read = |limit| runtime.block_on(log.read(AttemptFilter { limit, ..AttemptFilter::default() }));
        assert_eq!(read(2_000).len(), WAITING_MAX);
        log.note(attempt(3_000, "ben"));
        assert_eq!(seconds(&read(1)), [3_000], "one alone is found at once");
    }
}
