//! The best combination of coupons, on plain figures: amounts of lines and shipping, and what each coupon asks of them and takes
//! off.
//!
//! [`best`] answers a [`Problem`] with the coupons that save most together. It knows no cart, terms or money but these figures, so
//! brute force, benches and fuzzing try it alone, and another search may replace this one. [`Amounts`] and [`split`] are how any
//! discount of Scrip is divided; `scrip-core` applies orders with them.
//!
//! At most 10,000 steps of some 100 ns bound the work, 40,000 applied coupons the local search after it. Without a limit met the
//! answer is exact. What bounds what, with proofs: `docs/concepts/best-combination.md`.
//!
//! ```
//! use scrip_combination::{Coupon, Lane, Line, Minimum, MinimumBase, Problem, Shape, best, saving};
//! let coupon = |lane, seller, shape| Coupon {
//!     lane, seller, shape, group: None, order: 0, exclusive: false, lines: vec![0], minimum: None, budget: None,
//! };
//! let over = Minimum { needed: 100_01, base: MinimumBase::OnEnteringTheLane };
//! let problem = Problem {
//!     lines: vec![Line { amount: 103_00, seller: 0 }],
//!     shipping: vec![0],
//!     coupons: vec![
//!         coupon(Lane::Seller, Some(0), Shape::Amount(5_00)),
//!         Coupon { minimum: Some(over), ..coupon(Lane::Platform, None, Shape::Amount(20_00)) },
//!     ],
//! };
//! // With the seller's, 98.00 would be left: less than the platform's needs.
//! assert_eq!(best(&problem), [1]);
//! assert_eq!(saving(&problem, &[0, 1]), None);
//! ```

mod amounts;
mod cart;
mod coupon_set;
mod line_set;
mod problem;
mod search;
mod shape;
mod slots;
mod split;

pub use amounts::Amounts;
pub use cart::saving;
pub use line_set::LineSet;
pub use problem::{Coupon, Lane, Line, Minimum, MinimumBase, Problem};
pub use search::best;
pub use shape::{Opaque, Shape, Tier};
pub use split::split;

#[cfg(test)]
extern crate self as scrip_combination;
#[cfg(test)]
#[path = "../tests/support/problems.rs"]
mod problems;
#[cfg(test)]
#[path = "../tests/support/rules.rs"]
mod rules;
