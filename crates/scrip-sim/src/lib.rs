//! Simulation of the whole engine over the in-memory store: one seed chooses everything that happens, an independent model
//! says what must be true, and both are compared after every step.

mod ask;
mod chance;
mod compare;
mod judge;
mod model;
mod node;
pub mod regression;
mod setting;
mod store;
mod task;
mod workload;
mod world;

pub use setting::Setting;
pub use world::{Failure, Tally, scripts, shortened, walk};
