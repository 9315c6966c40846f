//! The decider from outside: commands run as the engine runs them, judged by the rules and the invariants.
//!
//! Every step is checked: [`world`] loads only what a command names, saves only what changed, and compares with a replay
//! of the journal; [`invariants`] looks at all the documents and books.

mod availability;
mod buckets;
mod build;
mod campaigns;
mod claims;
mod codes;
mod commands;
mod copies;
mod golden;
mod imports;
mod invariants;
mod keys;
mod labels;
mod late_payment;
mod leases;
mod limits;
mod linked;
mod metadata;
mod orders;
mod quotas;
mod random;
mod reasons;
mod refund_amounts;
mod refund_matrix;
mod refund_pages;
mod reversals;
mod revise;
mod room;
mod seller_cancelled;
mod terms;
mod working_set;
mod world;
