//! Who may what: which operations a role may ask for, and which channels it may name.

mod channels;
mod operation;

pub use channels::may_name;
pub(crate) use channels::{claims_as, grants_as};
pub use operation::{Access, Operation, ROLES};
