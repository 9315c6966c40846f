//! Sequencers: load → decide → evolve → save → answer; reads of committed state; jobs in the background.

mod answer;
mod clock;
mod engine;
mod ids;
mod jobs;
mod load;
mod place;
mod projection;
mod read;
mod registry;
mod secrets;
mod sequencer;
pub mod verify;

pub use answer::Answer;
pub use clock::{Clock, ManualClock, SystemClock};
pub use engine::{Engine, EngineError, EngineOptions, Pending, Receipt};
pub use place::{Placement, Revision, shown};
pub use read::{QuoteAnswer, Reader, Use};
pub use registry::Registry;
pub use secrets::{NotOurs, Secrets, fill_random};
pub use sequencer::KeyUse;
