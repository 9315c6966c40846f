//! The engine over stores of one and of eight buckets: the same rules, with races, with a crash between any two steps, and the same
//! random walks on every store.

mod crashes;
mod damaged;
mod differential;
mod failing;
mod followers;
mod leases;
mod market;
mod races;
mod rebuilding;
mod recent_keys;
mod rules;
mod sums;
mod together;
mod verified;
