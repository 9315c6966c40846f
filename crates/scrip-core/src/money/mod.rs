//! Amounts in minor units, basis points, currencies, and the exact splits.

mod amount;
mod basis_points;
mod currencies;
mod currency;
mod runs;
mod split;

pub use amount::{Amount, AmountOutOfRange};
pub use basis_points::BasisPoints;
pub use currency::{Circulation, Currency};
pub use runs::Runs;
pub use split::{split, spread, spread_before};
