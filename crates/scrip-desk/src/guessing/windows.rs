//! Who guessed how much, in a table that nobody can make grow for ever, nor push others out of.

use std::{
    collections::HashMap,
    hash::{BuildHasher, Hash, RandomState},
};

use scrip_core::{
    name::{AccountId, SellerId},
    time::Timestamp,
};

use super::GuessLimits;
use crate::callers::Network;

/// A tenth of a wrong code: a typing mistake, which the check symbol tells from a guess, counts as one.
pub type Tenths = u32;

/// A wrong code.
pub const WHOLE: Tenths = 10;
/// Windows that those share who find no room in the table.
const CELLS: usize = 4_096;
/// Ended windows are looked for at most so often once the table is full.
const SWEEP_SECONDS: i64 = 1;

/// Whose wrong codes count together.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Guesser {
    Account(AccountId),
    /// Shoppers at one address.
    Shoppers(Network),
    /// An API key: a shop's server, which speaks for many accounts.
    Key(String),
    /// The servers at one address, whatever their keys.
    Servers(Network),
    /// All keys of a seller, adding codes.
    Seller(SellerId),
}

/// Whom a guess counts for: whoever makes it, and those whom it only passes through.
#[derive(Clone, Debug)]
pub struct Guessers {
    pub own: Guesser,
    pub others: Vec<Guesser>,
}

/// One guesser's wrong codes since the first of them.
#[derive(Clone, Copy, Default)]
struct Window {
    wrong: Tenths,
    /// Of codes that are being looked at.
    on_their_way: Tenths,
    /// When the wrong ones are forgotten. Meaningless while there are none.
    ends_at: Option<Timestamp>,
    /// When the limit was reached.
    ran_out_at: Option<Timestamp>,
}

impl Window {
    /// Forgets what is over. A clock that was set back doesn't make a window longer.
    fn at(&mut self, now: Timestamp, minutes: u32) -> &mut Self {
        if self.ends_at.is_some_and(|ends_at| now >= ends_at) {
            (self.wrong, self.ends_at, self.ran_out_at) = (0, None, None);
        }
        self.ends_at = self.ends_at.map(|ends_at| ends_at.min(now.plus_minutes(minutes)));
        self
    }

    const fn is_idle(&self) -> bool {
        self.wrong == 0 && self.on_their_way == 0
    }

    fn seconds_left(&self, now: Timestamp) -> u32 {
        let left = self.ends_at.map_or(0, |ends_at| ends_at.micros() - now.micros());
        u32::try_from(left.div_euclid(1_000_000) + i64::from(left.rem_euclid(1_000_000) > 0)).unwrap_or(0).max(1)
    }

    /// Counts wrong codes up to the limit. Answers how many that were, and whether more than the one code by which anybody
    /// may reach it were left over.
    fn count(&mut self, wrong: Tenths, limit: Tenths, now: Timestamp, minutes: u32) -> (Tenths, bool) {
        if wrong == 0 {
            return (0, false);
        }
        let (before, sum) = (self.wrong, self.wrong + wrong);
        // Where several share a window, one of them may count to more.
        self.wrong = sum.min(limit).max(before);
        self.ends_at.get_or_insert(now.plus_minutes(minutes));
        if self.wrong >= limit {
            self.ran_out_at.get_or_insert(now);
        }
        (self.wrong - before, sum >= limit + WHOLE)
    }
}

/// Windows by a keyed hash. There are so many and no more; nobody's is given up while it counts. Whoever comes when the table
/// is full shares a window with others that chance chose, so that nobody can aim at anybody, nor guess for nothing.
struct Table {
    windows: HashMap<u128, Window>,
    cells: Vec<Window>,
    hashers: [RandomState; 2],
    minutes: u32,
    tracked: usize,
    swept_at: Option<Timestamp>,
}

impl Table {
    fn new(limits: &GuessLimits) -> Self {
        Self {
            windows: HashMap::new(),
            cells: Vec::new(),
            hashers: [RandomState::new(), RandomState::new()],
            minutes: limits.minutes,
            tracked: limits.tracked.max(1),
            swept_at: None,
        }
    }

    fn hash(&self, guesser: &Guesser) -> u128 {
        let [high, low] = self.hashers.each_ref().map(|hasher| u128::from(hasher.hash_one(guesser)));
        high << 64 | low
    }

    /// The guesser's window if it counts anything.
    fn known(&mut self, guesser: &Guesser, now: Timestamp) -> Option<&mut Window> {
        let hash = self.hash(guesser);
        if let Some(window) = self.windows.get_mut(&hash) {
            return Some(window.at(now, self.minutes));
        }
        let cell = self.cells.get_mut(cell_of(hash))?.at(now, self.minutes);
        (!cell.is_idle()).then_some(cell)
    }

    fn of(&mut self, guesser: &Guesser, now: Timestamp) -> &mut Window {
        let hash = self.hash(guesser);
        let cell = cell_of(hash);
        let shared = !self.windows.contains_key(&hash)
            && (self.cells.get_mut(cell).is_some_and(|cell| !cell.at(now, self.minutes).is_idle())
                || !self.has_room(now));
        if shared {
            self.cells.resize(CELLS, Window::default());
            return self.cells[cell].at(now, self.minutes);
        }
        self.windows.entry(hash).or_default().at(now, self.minutes)
    }

    fn has_room(&mut self, now: Timestamp) -> bool {
        let due = self.swept_at.is_none_or(|at| (now.seconds() - at.seconds()).abs() >= SWEEP_SECONDS);
        if self.windows.len() >= self.tracked && due {
            let minutes = self.minutes;
            self.windows.retain(|_, window| !window.at(now, minutes).is_idle());
            self.swept_at = Some(now);
        }
        self.windows.len() < self.tracked
    }

    /// Those codes are no longer on their way.
    fn release(&mut self, guesser: &Guesser, asked: Tenths) {
        let hash = self.hash(guesser);
        let Some(window) = self.windows.get_mut(&hash).or_else(|| self.cells.get_mut(cell_of(hash))) else { return };
        window.on_their_way = window.on_their_way.saturating_sub(asked);
        if window.is_idle() {
            self.windows.remove(&hash);
        }
    }
}

const fn cell_of(hash: u128) -> usize {
    (hash % CELLS as u128) as usize
}

/// What stands in a guess' way.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RanOut {
    /// Until then the wrong codes count.
    pub seconds: u32,
    /// In whole codes.
    pub limit: u32,
}

/// Whether codes may be looked at.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Admission {
    Yes,
    /// Only when it is known what became of those on their way.
    Wait,
    /// Only if the account had a coupon or an order before this time.
    Ask(Timestamp),
    No(RanOut),
}

/// What is known of an account's standing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Standing {
    Unknown,
    Good,
    Stranger,
}

/// More codes were wrong than were left.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Over {
    pub ran_out: RanOut,
    /// Of a key or an address: nothing to an account that had a coupon or an order before this time.
    pub unless_before: Option<Timestamp>,
}

pub struct Windows {
    limits: GuessLimits,
    accounts: Table,
    addresses: Table,
    keys: Table,
}

impl Windows {
    pub fn new(limits: GuessLimits) -> Self {
        let table = || Table::new(&limits);
        Self { limits, accounts: table(), addresses: table(), keys: table() }
    }

    /// In whole codes.
    const fn limit(&self, guesser: &Guesser) -> u32 {
        match guesser {
            Guesser::Account(_) => self.limits.account,
            Guesser::Shoppers(_) => self.limits.address,
            Guesser::Key(_) | Guesser::Servers(_) => self.limits.key,
            Guesser::Seller(_) => self.limits.seller,
        }
    }

    const fn table(&mut self, guesser: &Guesser) -> &mut Table {
        match guesser {
            Guesser::Account(_) => &mut self.accounts,
            Guesser::Shoppers(_) | Guesser::Servers(_) => &mut self.addresses,
            Guesser::Key(_) | Guesser::Seller(_) => &mut self.keys,
        }
    }

    /// What a guess counts for others while it is on its way: no more than it can come to.
    fn towards_others(&self, guessers: &Guessers, asked: Tenths) -> Tenths {
        asked.min(self.limit(&guessers.own).saturating_mul(WHOLE))
    }

    pub fn admit(&mut self, guessers: &Guessers, asked: Tenths, standing: Standing, now: Timestamp) -> Admission {
        let limit = self.limit(&guessers.own);
        let mut wait = false;
        if let Some(window) = self.table(&guessers.own).known(&guessers.own, now) {
            if window.wrong >= limit * WHOLE {
                return Admission::No(RanOut { seconds: window.seconds_left(now), limit });
            }
            wait = window.on_their_way > 0 && window.wrong + window.on_their_way + asked > limit * WHOLE;
        }
        let towards = self.towards_others(guessers, asked);
        if standing != Standing::Good {
            let mut ran_out: Option<(Timestamp, RanOut)> = None;
            let mut tight = false;
            for other in &guessers.others {
                let limit = self.limit(other);
                let Some(window) = self.table(other).known(other, now) else { continue };
                if window.wrong >= limit * WHOLE {
                    let found = RanOut { seconds: window.seconds_left(now), limit };
                    let at = window.ran_out_at.unwrap_or(now);
                    ran_out = Some(match ran_out {
                        Some((earlier, known)) if known.seconds >= found.seconds => (earlier.min(at), known),
                        Some((earlier, _)) => (earlier.min(at), found),
                        None => (at, found),
                    });
                }
                tight |= window.on_their_way > 0 && window.wrong + window.on_their_way + towards > limit * WHOLE;
            }
            match (ran_out, standing) {
                (Some((at, _)), Standing::Unknown) => return Admission::Ask(at),
                (Some((_, ran_out)), _) => return Admission::No(ran_out),
                (None, Standing::Unknown) if tight => return Admission::Ask(now),
                (None, _) => wait |= tight,
            }
        }
        if wait {
            return Admission::Wait;
        }
        self.table(&guessers.own).of(&guessers.own, now).on_their_way += asked;
        for other in &guessers.others {
            self.table(other).of(other, now).on_their_way += towards;
        }
        Admission::Yes
    }

    /// Those codes are no longer on their way.
    pub fn release(&mut self, guessers: &Guessers, asked: Tenths) {
        let towards = self.towards_others(guessers, asked);
        self.table(&guessers.own).release(&guessers.own, asked);
        for other in &guessers.others {
            self.table(other).release(other, towards);
        }
    }

    /// Counts wrong codes: for others only as many as its own limit leaves, so that nobody uses up more of theirs.
    pub fn count(&mut self, guessers: &Guessers, wrong: Tenths, now: Timestamp) -> Option<Over> {
        let (limit, minutes) = (self.limit(&guessers.own), self.limits.minutes);
        let window = self.table(&guessers.own).of(&guessers.own, now);
        let (towards, own_over) = window.count(wrong, limit * WHOLE, now, minutes);
        let own_over = own_over.then(|| RanOut { seconds: window.seconds_left(now), limit });
        let mut over: Option<Over> = None;
        for other in &guessers.others {
            let limit = self.limit(other);
            let window = self.table(other).of(other, now);
            let ran_out_at = window.ran_out_at;
            if window.count(towards, limit * WHOLE, now, minutes).1 {
                let ran_out = RanOut { seconds: window.seconds_left(now), limit };
                let before = ran_out_at.unwrap_or(now);
                let before = over.and_then(|over| over.unless_before).map_or(before, |known| known.min(before));
                over = Some(Over { ran_out, unless_before: Some(before) });
            }
        }
        own_over.map(|ran_out| Over { ran_out, unless_before: None }).or(over)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_micros(second * 1_000_000)
    }

    fn account(number: usize) -> Guessers {
        let own = Guesser::Account(AccountId::new(&format!("throw-away-{number}")).expect("a name"));
        Guessers { own, others: vec![Guesser::Key("key".to_owned())] }
    }

    fn guess(windows: &mut Windows, guessers: &Guessers, now: Timestamp) -> bool {
        let admitted = windows.admit(guessers, WHOLE, Standing::Good, now) == Admission::Yes;
        if admitted {
            windows.count(guessers, WHOLE, now);
            windows.release(guessers, WHOLE);
        }
        admitted
    }

    #[test]
    fn throw_away_accounts_fill_no_memory_and_push_nobody_out() {
        let limits = GuessLimits { tracked: 1_000, ..GuessLimits::default() };
        let mut windows = Windows::new(limits);
        let locked = account(0);
        (0..5).for_each(|_| assert!(guess(&mut windows, &locked, at(0))));
        for number in 1..200_000 {
            guess(&mut windows, &account(number), at(1));
        }
        assert_eq!((windows.accounts.windows.len(), windows.accounts.cells.len()), (1_000, CELLS));
        assert!(!guess(&mut windows, &locked, at(2)), "it is where it was");
        // Whoever shares a window guesses no more than its limit either.
        let late = account(300_000);
        assert!((0..9).filter(|_| guess(&mut windows, &late, at(2))).count() <= 5);
        // All of it is forgotten in time.
        assert!((0..5).all(|_| guess(&mut windows, &late, at(700))));
        assert!(!guess(&mut windows, &late, at(700)));
    }

    #[test]
    fn a_full_table_has_room_again_when_windows_end() {
        let mut windows = Windows::new(GuessLimits { tracked: 10, ..GuessLimits::default() });
        for number in 0..10 {
            guess(&mut windows, &account(number), at(0));
        }
        guess(&mut windows, &account(10), at(601));
        assert_eq!((windows.accounts.windows.len(), windows.accounts.cells.len()), (1, 0));
    }

    #[test]
    fn what_is_on_its_way_is_released_where_it_was_counted() {
        let mut windows = Windows::new(GuessLimits { tracked: 1, ..GuessLimits::default() });
        let (first, second) = (account(1), account(2));
        assert!(guess(&mut windows, &first, at(0)));
        // No room: shared. Then the first one's window ends, and there would be room.
        assert_eq!(windows.admit(&second, WHOLE, Standing::Good, at(0)), Admission::Yes);
        assert!(windows.accounts.known(&first.own, at(601)).is_some_and(|window| window.is_idle()));
        windows.count(&second, WHOLE, at(601));
        windows.release(&second, WHOLE);
        assert!(windows.accounts.cells.iter().all(|cell| cell.on_their_way == 0));
        assert_eq!(windows.accounts.known(&second.own, at(601)).map(|window| window.wrong), Some(WHOLE));
    }

    #[test]
    fn one_account_counts_for_at_most_its_own_limit_towards_its_key() {
        let mut windows = Windows::new(GuessLimits::default());
        for number in 0..100 {
            let guessers = account(number);
            assert_eq!(windows.admit(&guessers, 10 * WHOLE, Standing::Unknown, at(0)), Admission::Yes);
            assert!(windows.count(&guessers, 10 * WHOLE, at(0)).is_some(), "five more than it may");
            windows.release(&guessers, 10 * WHOLE);
        }
        let key = Guesser::Key("key".to_owned());
        assert_eq!(windows.keys.known(&key, at(0)).map(|window| window.wrong), Some(500 * WHOLE));
    }

    /// A table that is full gives several one window, whatever their limits.
    #[test]
    fn whoever_shares_a_window_with_one_of_a_larger_limit_counts_from_where_that_is() {
        let mut windows = Windows::new(GuessLimits { tracked: 1, ..GuessLimits::default() });
        let network = |number: u32| Network::from(std::net::IpAddr::from(number.to_be_bytes()));
        for number in 0..60_000_u32 {
            let other = if number < 40_000 { Guesser::Servers } else { Guesser::Shoppers };
            let guessers = Guessers { others: vec![other(network(number))], ..account(number as usize) };
            windows.count(&guessers, 5 * WHOLE, at(0));
        }
        let limit = GuessLimits::default().address * WHOLE;
        assert!(windows.addresses.cells.iter().any(|cell| cell.wrong > limit), "some are more servers'");
    }
}
