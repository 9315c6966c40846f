//! The engine over stores of one and of eight buckets: the same rules, with races and with a crash between any two steps.

mod crashes;
mod market;
mod races;
mod rules;
