//! The engine over stores of one and of eight buckets: the same rules, with races, with a crash between any two steps, and the same
//! random walks on every store.

mod crashes;
mod differential;
mod market;
mod races;
mod rules;
mod ways;
