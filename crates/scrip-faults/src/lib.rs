//! Faults that are put in on purpose: a harness that can't see them proves nothing.
//!
//! Each stands at one place in the code as `if scrip_faults::is(Fault::…)`. Without the feature `seeded` that is a constant
//! `false` and the branch isn't in the program; with it the environment variable [`VARIABLE`] names the one fault that
//! is on.

/// Names the fault that is on, with the feature `seeded`.
pub const VARIABLE: &str = "SCRIP_FAULT";

macro_rules! faults {
    ($($(#[doc = $doc:literal])* $name:ident = $text:literal,)*) => {
        /// One fault that peers have shipped, or that we might.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub enum Fault { $($(#[doc = $doc])* $name,)* }

        impl Fault {
            /// Every fault.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The value of [`VARIABLE`].
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }

            /// What is wrong with it on, in words.
            pub const fn what(self) -> &'static str {
                match self { $(Self::$name => concat!($($doc,)*).trim_ascii(),)* }
            }
        }
    };
}

faults! {
    /// A command is answered before its batch is committed.
    AnswerBeforeCommit = "answer_before_commit",
    /// A campaign's counters are written in a transaction of their own, after the one of the claims.
    CounterOutsideTheTransaction = "counter_outside_the_transaction",
    /// What was sold out once is refused from memory whatever comes back.
    SoldOutForEver = "sold_out_for_ever",
    /// A save doesn't look at the version that it replaces.
    RowsNotChecked = "rows_not_checked",
    /// SQLite syncs at checkpoints only.
    SynchronousNormal = "synchronous_normal",
    /// After a crash nobody gives back what a step had taken elsewhere.
    LostReleaseAfterACrash = "lost_release_after_a_crash",
    /// A seller's list of orders has those of other sellers too.
    MissingSellerFilter = "missing_seller_filter",
    /// What orders hold whose time ran out is never given back.
    HoldNotSwept = "hold_not_swept",
    /// A command that comes again under its idempotency key is done again.
    ReplayAppliedTwice = "replay_applied_twice",
    /// A coupon that doesn't apply is left out of the quote, without its reasons.
    ReasonSwallowed = "reason_swallowed",
    /// Every read is begun at once, however many there are.
    ReadsUnbounded = "reads_unbounded",
    /// What was refused is kept as it was sent, whatever its length.
    AttemptsUnbounded = "attempts_unbounded",
    /// Every large body has room, however many there are.
    BodiesUnbounded = "bodies_unbounded",
    /// Whoever takes none of its answers is given more.
    AnswersUnbounded = "answers_unbounded",
    /// A seller's grants are all handed over at once.
    GrantsUnbounded = "grants_unbounded",
    /// A page of an export keeps its place among the reads for ever.
    ExportKeepsItsPlace = "export_keeps_its_place",
    /// An order has all its refunds in itself, however many.
    RefundsInTheOrder = "refunds_in_the_order",
    /// A restore removes the log that lies there.
    RestoreBesideALog = "restore_beside_a_log",
    /// The shares of a discount are rounded each, and nothing gives out the rest.
    ShareRoundedTwice = "share_rounded_twice",
    /// Whatever the machine's clock shows is written, however far it jumped.
    ClockBelieved = "clock_believed",
    /// When a seller is cancelled before payment, what stays may take more off than before.
    TakesMoreThanBefore = "takes_more_than_before",
    /// When a seller is cancelled before payment, what comes off goes last.
    ComesOffLast = "comes_off_last",
    /// A seller that was cancelled before payment stays in the order's figures.
    GoneSellerCounts = "gone_seller_counts",
    /// The tables keep an order's lines as they were before a seller was cancelled.
    RowsLeftBehind = "rows_left_behind",
    /// How far a follower came is written before its rows.
    CursorBeforeItsRows = "cursor_before_its_rows",
    /// What a follower adds to sums is added again when it comes again.
    AddedAgain = "added_again",
    /// Rebuilt tables are shown when they haven't come as far as those before them, as if they had.
    RebuiltShownEarly = "rebuilt_shown_early",
    /// Lists show what was followed, whatever was answered before.
    ListsDontWait = "lists_dont_wait",
    /// A process answers although it is no member any more.
    AnswersWithoutMembership = "answers_without_membership",
    /// What changed is answered whether or not every process that serves has followed it.
    AnsweredBeforeFollowed = "answered_before_followed",
    /// A wallet's pages beyond the 256th have no keys of their own.
    PagesBeyondAByte = "pages_beyond_a_byte",
}

/// Whether this fault is on. A constant `false` without the feature `seeded`.
#[cfg(not(feature = "seeded"))]
#[inline(always)]
pub const fn is(_: Fault) -> bool {
    false
}

/// Whether this fault is on. A constant `false` without the feature `seeded`.
///
/// # Panics
/// If [`VARIABLE`] names no fault: a harness would prove nothing.
#[cfg(feature = "seeded")]
pub fn is(fault: Fault) -> bool {
    static ON: std::sync::OnceLock<Option<Fault>> = std::sync::OnceLock::new();
    let on = ON.get_or_init(|| {
        let name = std::env::var(VARIABLE).ok()?;
        let known = Fault::ALL.iter().copied().find(|known| known.name() == name);
        Some(known.unwrap_or_else(|| panic!("{VARIABLE}={name} names no fault")))
    });
    *on == Some(fault)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_has_a_name_of_its_own_and_says_what_it_is() {
        for (place, fault) in Fault::ALL.iter().enumerate() {
            assert!(Fault::ALL[..place].iter().all(|other| other.name() != fault.name()));
            assert!(fault.what().ends_with('.'), "{fault:?}");
        }
    }
}
