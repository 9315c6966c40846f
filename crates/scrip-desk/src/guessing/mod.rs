//! Wrong codes, limited: guessing must not pay, and whoever guesses locks out nobody but themselves.
//!
//! Counted before the codes are looked at and given back if they were right, so that many at once can't slip through: what is
//! on its way counts like what was wrong, and one who would go over only because of it waits for the outcome. A wrong code
//! counts in the window that the first one opened; nothing prolongs that, least of all a guess that was refused.
//!
//! An account's own limit is for everybody. Those of its key and its address, which it shares, are for whoever isn't known
//! yet: an account that had a coupon or an order before they ran out goes on. No limit is an operator's.

mod guess;
mod limits;
mod windows;

use std::sync::{Mutex, MutexGuard, PoisonError};

use scrip_engine::Engine;
use tokio::sync::Notify;

pub use self::limits::GuessLimits;
use self::windows::Windows;

/// Wrong codes of the last minutes.
pub(crate) struct Guesses {
    windows: Mutex<Windows>,
    /// Somebody's codes have been judged.
    judged: Notify,
    limits: GuessLimits,
    /// Who was known before, and what time it is.
    engine: Engine,
}

impl Guesses {
    pub fn new(limits: GuessLimits, engine: Engine) -> Self {
        Self { windows: Mutex::new(Windows::new(limits)), judged: Notify::new(), limits, engine }
    }

    fn windows(&self) -> MutexGuard<'_, Windows> {
        self.windows.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
