//! Wrong codes, limited: guessing must not pay.
//!
//! Counted before the codes are looked at and given back if they were right, so that many at once can't slip through: what is
//! on its way counts like what was wrong, and one who would go over only because of it waits for the outcome. A wrong code
//! counts in the window that the first one opened; nothing prolongs that, least of all an attempt that was refused.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use scrip_core::{
    code::{CheckSymbol, CodeText, EnteredCode, check_symbol_of},
    event::Role,
    name::{AccountId, OrderId},
    reason::Reason,
    time::Timestamp,
};
use scrip_engine::Reader;
use tokio::sync::Notify;

use crate::{address::Network, api::Api, auth::Caller, problem::Problem};

/// A tenth of a wrong code: a typing mistake, which the check symbol tells from a guess, counts as one.
type Tenths = u32;

/// A wrong code.
const WHOLE: Tenths = 10;
/// How long a series of wrong codes counts.
const WINDOW_MINUTES: u32 = 10;
/// Who waits longer than this for others' outcome is told to try again.
const PATIENCE: Duration = Duration::from_secs(5);
/// Ended windows are looked for when there are so many, and then at each doubling.
const SWEEP_FROM: usize = 1_024;

/// Whose wrong codes count together.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
enum Guesser {
    Account(AccountId),
    /// Shoppers that come by themselves, from one address.
    Shoppers(Network),
    /// An API key: a shop's server, which speaks for many accounts.
    Key(String),
    /// The servers at one address, whatever their keys.
    Servers(Network),
}

impl Guesser {
    const fn limit(&self) -> Tenths {
        match self {
            Self::Account(_) => 5 * WHOLE,
            Self::Shoppers(_) => 20 * WHOLE,
            Self::Key(_) | Self::Servers(_) => 1_000 * WHOLE,
        }
    }

    fn all(account: &AccountId, caller: &Caller) -> Vec<Self> {
        let mut all = vec![Self::Account(account.clone())];
        if caller.role == Role::Shopper {
            all.extend(caller.address.map(Self::Shoppers));
        } else {
            all.push(Self::Key(caller.scope.clone()));
            all.extend(caller.address.map(Self::Servers));
        }
        all
    }
}

/// One guesser's wrong codes since the first of them.
#[derive(Clone, Copy, Default)]
struct Window {
    wrong: Tenths,
    /// Of codes that are being looked at.
    on_their_way: Tenths,
    /// When the wrong ones are forgotten. Meaningless while there are none.
    ends_at: Option<Timestamp>,
}

impl Window {
    /// Forgets what is over. A clock that was set back doesn't make a window longer.
    fn at(&mut self, now: Timestamp) -> &mut Self {
        if self.ends_at.is_some_and(|ends_at| now >= ends_at) {
            (self.wrong, self.ends_at) = (0, None);
        }
        self.ends_at = self.ends_at.map(|ends_at| ends_at.min(now.plus_minutes(WINDOW_MINUTES)));
        self
    }

    fn seconds_left(&self, now: Timestamp) -> u32 {
        let left = self.ends_at.map_or(0, |ends_at| ends_at.micros() - now.micros());
        u32::try_from(left.div_euclid(1_000_000) + i64::from(left.rem_euclid(1_000_000) > 0)).unwrap_or(0).max(1)
    }
}

/// Wrong codes of the last ten minutes.
#[derive(Default)]
pub struct Attempts {
    windows: Mutex<Windows>,
    settled: Notify,
}

#[derive(Default)]
struct Windows {
    of: HashMap<Guesser, Window>,
    sweep_at: usize,
}

/// Whether codes may be looked at.
enum Admission {
    Yes,
    /// Only when it is known what became of those on their way.
    Wait,
    /// Too many were wrong.
    No {
        seconds: u32,
    },
}

impl Windows {
    fn admit(&mut self, guessers: &[Guesser], asked: Tenths, now: Timestamp) -> Admission {
        let mut locked: Option<u32> = None;
        let mut wait = false;
        for guesser in guessers {
            let Some(window) = self.of.get_mut(guesser) else { continue };
            let window = window.at(now);
            if window.wrong >= guesser.limit() {
                locked = locked.max(Some(window.seconds_left(now)));
            }
            wait |= window.on_their_way > 0 && window.wrong + window.on_their_way + asked > guesser.limit();
        }
        match locked {
            Some(seconds) => return Admission::No { seconds },
            None if wait => return Admission::Wait,
            None => {}
        }
        self.sweep(now);
        for guesser in guessers {
            self.of.entry(guesser.clone()).or_default().on_their_way += asked;
        }
        Admission::Yes
    }

    /// Those codes are no longer on their way.
    fn release(&mut self, guessers: &[Guesser], asked: Tenths) {
        for guesser in guessers {
            let Some(window) = self.of.get_mut(guesser) else { continue };
            window.on_their_way = window.on_their_way.saturating_sub(asked);
            if window.wrong == 0 && window.on_their_way == 0 {
                self.of.remove(guesser);
            }
        }
    }

    /// Counts wrong codes. The seconds to wait, if they are more than the one code by which anybody may reach the limit.
    fn count(&mut self, guessers: &[Guesser], wrong: Tenths, now: Timestamp) -> Option<u32> {
        let mut over = None;
        for guesser in guessers.iter().filter(|_| wrong > 0) {
            let window = self.of.entry(guesser.clone()).or_default().at(now);
            let sum = window.wrong + wrong;
            window.wrong = sum.min(guesser.limit());
            window.ends_at.get_or_insert(now.plus_minutes(WINDOW_MINUTES));
            if sum >= guesser.limit() + WHOLE {
                over = over.max(Some(window.seconds_left(now)));
            }
        }
        over
    }

    fn sweep(&mut self, now: Timestamp) {
        if self.of.len() < self.sweep_at.max(SWEEP_FROM) {
            return;
        }
        self.of.retain(|_, window| {
            let window = window.at(now);
            window.wrong > 0 || window.on_their_way > 0
        });
        self.sweep_at = self.of.len() * 2;
    }
}

impl Attempts {
    fn windows(&self) -> MutexGuard<'_, Windows> {
        self.windows.lock().expect("nobody panics holding it")
    }

    async fn begin(
        self: &Arc<Self>,
        api: &Api,
        guessers: Vec<Guesser>,
        codes: Vec<CodeText>,
    ) -> Result<Attempt, Problem> {
        let asked = codes.iter().map(weight).sum();
        let admitted = async {
            loop {
                let settled = self.settled.notified();
                tokio::pin!(settled);
                // From here on no outcome is missed.
                settled.as_mut().enable();
                match self.windows().admit(&guessers, asked, api.engine.now()) {
                    Admission::Yes => return Ok(()),
                    Admission::No { seconds } => return Err(too_many(seconds)),
                    Admission::Wait => {}
                }
                settled.await;
            }
        };
        tokio::time::timeout(PATIENCE, admitted).await.unwrap_or_else(|_| Err(too_many(1)))?;
        Ok(Attempt { attempts: Arc::clone(self), guessers, codes, on_their_way: asked })
    }
}

fn too_many(seconds: u32) -> Problem {
    Problem::from(Reason::TooManyAttempts).retry_after(seconds)
}

fn weight(code: &CodeText) -> Tenths {
    if check_symbol_of(code) == CheckSymbol::Wrong { 1 } else { WHOLE }
}

/// Codes that are being looked at. Dropped without an outcome they were no attempt: nobody was told anything.
pub struct Attempt {
    attempts: Arc<Attempts>,
    guessers: Vec<Guesser>,
    codes: Vec<CodeText>,
    on_their_way: Tenths,
}

impl Attempt {
    /// Counts those that are wrong.
    ///
    /// Errors: `too_many_attempts` if there are more than were left: then nothing may be said of any.
    pub fn settle(self, now: Timestamp, is_wrong: impl Fn(&CodeText) -> bool) -> Result<(), Problem> {
        let wrong = self.codes.iter().filter(|code| is_wrong(code)).map(weight).sum();
        let over = self.attempts.windows().count(&self.guessers, wrong, now);
        over.map_or(Ok(()), |seconds| Err(too_many(seconds)))
    }
}

impl Drop for Attempt {
    fn drop(&mut self) {
        self.attempts.windows().release(&self.guessers, self.on_their_way);
        self.attempts.settled.notify_waiters();
    }
}

impl Api {
    /// Asks whether these codes may be looked at, and says that they are.
    ///
    /// Errors: `too_many_attempts`.
    pub(crate) async fn attempt(
        &self,
        caller: &Caller,
        account: &AccountId,
        codes: &[EnteredCode],
    ) -> Result<Attempt, Problem> {
        // Whoever gives no code guesses none.
        let guessers = if codes.is_empty() { Vec::new() } else { Guesser::all(account, caller) };
        let codes = codes.iter().map(|code| code.text.clone()).collect();
        self.attempts.begin(self, guessers, codes).await
    }

    /// Counts the wrong ones among codes that a command on an order is about to use. With `placed` as the id of a new order: one
    /// that is there is only sent again, which tells nothing of codes.
    ///
    /// Errors: `too_many_attempts`.
    pub(crate) async fn count_wrong_codes(
        &self,
        caller: &Caller,
        account: &AccountId,
        placed: Option<&OrderId>,
        codes: &[EnteredCode],
    ) -> Result<(), Problem> {
        if codes.is_empty() {
            return Ok(());
        }
        let attempt = self.attempt(caller, account, codes).await?;
        let (account, placed, codes) = (account.clone(), placed.cloned(), codes.to_vec());
        let judge = move |reader: &mut Reader<'_>| match placed {
            Some(order) if reader.order(&account, &order)?.is_some() => Ok(Vec::new()),
            _ => reader.unusable_codes(&account, &codes),
        };
        let wrong = self.read(judge).await?;
        attempt.settle(self.engine.now(), |code| wrong.iter().any(|wrong| wrong.text == *code))
    }
}
