//! A clock that jumped: for whoever has the machine, over no network.

use scrip_core::time::Timestamp;
use scrip_engine::{ClockTrouble, EngineError};

use crate::{desk::Desk, not_done::NotDone};

impl Desk {
    /// Takes the clock as it is now for right, after it jumped. Where it is behind what is written, time may be said to stand
    /// still until it gets there. Answers what it shows. Blocks.
    ///
    /// Errors: what keeps anything from being written all the same, or that the journal can't be read.
    pub fn accept_clock(&self, stand_still: bool) -> Result<Timestamp, NotDone> {
        let hindered = |why| NotDone::from(EngineError::Hindered(why));
        match self.engine.accept_clock(stand_still)? {
            Ok(shows) => Ok(shows),
            Err(ClockTrouble::Behind { shows, head }) => Err(hindered(format!(
                "the clock shows {shows}, and the last batch was written at {head}: time in a journal never goes back. Set the \
                 clock right if it is wrong. If it is right, wait until it has come to that; or restore a backup from before; or \
                 say --stand-still, and everything is judged as of {head} until the clock gets there"
            ))),
            Err(trouble) => Err(hindered(trouble.to_string())),
        }
    }
}
