//! Every decision of Scrip, pure: no I/O, no clock, no randomness, no async.
//!
//! Two functions carry the state: [`command::Command::decide`] turns a command and a [`state::State`] into events or a
//! refusal, and [`state::State::evolve`] applies an event. Time and new ids enter as arguments.

pub mod api_key;
pub mod benefit;
pub mod campaign;
pub mod candidate;
pub mod cart;
pub mod code;
pub mod command;
pub mod condition;
pub mod discount;
pub mod event;
pub mod exchange;
pub mod id;
pub mod idempotency;
pub mod individual;
pub mod ledger;
pub mod metadata;
pub mod minimum_spend;
pub mod money;
pub mod name;
pub mod order;
pub mod quote;
pub mod reason;
pub mod slot;
pub mod state;
pub mod status;
mod stored;
pub mod time;
pub mod wallet;
