//! The HTTP contract, asked as integrators ask: the whole router over a store in memory, with a clock set by hand.
//! After each test the journal is replayed and compared with documents and tables.

mod attempts;
mod bad_input;
mod buckets;
mod campaigns;
mod contract;
mod feeds;
mod guessing;
mod idempotency;
mod late_payment;
mod look_ups;
mod orders;
mod quotes;
mod reason_parameters;
mod reasons;
mod refund_matrix;
mod refunds;
mod refused_changes_nothing;
mod repeated;
mod revise;
mod roles;
mod seed;
mod sellers;
mod sellers_apart;
mod shop;
mod wallet;
