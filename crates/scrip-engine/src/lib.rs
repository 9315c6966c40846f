//! Sequencers: load → decide → evolve → save → answer; reads of committed state; jobs in the background.

mod answer;
mod beyond;
mod clock;
mod depleted;
mod engine;
mod jobs;
mod load;
mod place;
mod projection;
mod random;
mod read;
mod registry;
mod secrets;
mod seeded;
mod sequencer;
mod steps;
pub mod verify;

pub use answer::Answer;
pub use clock::{Clock, ManualClock, SystemClock};
pub use engine::{Engine, EngineError, EngineOptions, Pending, Receipt};
pub use place::{Placement, Revision, shown};
pub use random::{Random, fill_random};
pub use read::{Places, QuoteAnswer, Reader, Use};
pub use registry::Registry;
pub use secrets::{NotOurs, Secrets};
pub use sequencer::{KeyUse, Sequencer};
