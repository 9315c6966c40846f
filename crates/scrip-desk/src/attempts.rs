//! "Why did this fail?" Refused requests with their reasons, in memory: never in the journal, never on an answer's path.
//!
//! A thread has the rows; whoever refuses hands a row over without waiting, and drops it if the thread is behind. A
//! restart forgets them.

use std::{
    collections::VecDeque,
    sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel},
    thread,
};

use scrip_core::{
    code::CodeHash,
    event::Role,
    id::{CampaignId, CouponId},
    name::{AccountId, OrderId},
    reason::{Reason, Refusal, UsedBy},
    time::Timestamp,
};
use scrip_faults::{Fault, is};
use tokio::sync::oneshot;

use crate::{
    about::{About, SeenCode},
    bounds::AttemptLimits,
    counted,
    operation::Operation,
};

/// How long a row is kept.
const DAYS_MAX: u32 = 7;
/// Rows that may wait for the thread; what comes beyond is dropped.
const WAITING_MAX: usize = 1_024;
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
pub struct Wanted {
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

enum Message {
    Row(Box<Attempt>),
    Read(Box<Wanted>, oneshot::Sender<Vec<(u64, Attempt)>>),
}

/// Where refusals are handed over and read.
#[derive(Clone)]
pub struct AttemptLog(SyncSender<Message>);

impl AttemptLog {
    /// Starts the thread, which ends when the last handle is gone.
    pub fn start(limits: AttemptLimits) -> Self {
        let (sender, messages) = sync_channel(WAITING_MAX);
        let run = move || Rows::new(limits).serve(&messages);
        thread::Builder::new().name("attempts".to_owned()).spawn(run).expect("a thread can be started");
        Self(sender)
    }

    /// Hands a row over, or drops it: nobody waits for the log.
    pub fn note(&self, mut attempt: Attempt) {
        // Here, so that those that wait are short too.
        attempt.refusal.errors.truncate(REASONS_MAX);
        if let Err(TrySendError::Full(_)) = self.0.try_send(Message::Row(Box::new(attempt))) {
            metrics::counter!(counted::ATTEMPTS_DROPPED).increment(1);
        }
    }

    /// Rows with their numbers. All that was handed over before is among them.
    pub async fn read(&self, wanted: Wanted) -> Vec<(u64, Attempt)> {
        let (reply, rows) = oneshot::channel();
        let sender = self.0.clone();
        // The queue may be full: wait for it where one may block.
        let sent = tokio::task::spawn_blocking(move || sender.send(Message::Read(Box::new(wanted), reply)));
        drop(sent.await);
        rows.await.unwrap_or_default()
    }
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

    fn serve(mut self, messages: &Receiver<Message>) {
        while let Ok(message) = messages.recv() {
            match message {
                Message::Row(attempt) => self.add(*attempt),
                // Whoever doesn't wait any more needs no rows.
                Message::Read(wanted, reply) => drop(reply.send(self.find(&wanted))),
            }
        }
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
        self.tell();
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

    fn find(&mut self, wanted: &Wanted) -> Vec<(u64, Attempt)> {
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

impl Wanted {
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
        let left = rows.find(&Wanted { now, limit: 9, ..Wanted::default() });
        assert_eq!(seconds(&left), [10_009]);
    }

    #[test]
    fn rows_come_newest_first_page_by_page() {
        let mut rows = Rows::new(AttemptLimits::default());
        for (second, account) in [(1, "ana"), (2, "ben"), (3, "ana"), (4, "ana")] {
            rows.add(attempt(second, account));
        }
        let wanted = Wanted { account: AccountId::new("ana").ok(), limit: 2, ..Wanted::default() };
        let first = rows.find(&wanted);
        assert_eq!(seconds(&first), [4, 3]);
        let rest = rows.find(&Wanted { before: first.last().map(|row| row.0), ..wanted });
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
    fn nobody_waits_for_a_log_that_is_behind() {
        // Nobody takes anything from this queue.
        let (sender, messages) = sync_channel(WAITING_MAX);
        let log = AttemptLog(sender);
        for second in 0..2_000 {
            log.note(attempt(second, "ana"));
        }
        assert_eq!(messages.try_iter().count(), WAITING_MAX);
        // Nor for one that is gone.
        drop(messages);
        log.note(attempt(1, "ana"));
    }
}
