//! Wallets: an account's coupons ("My Coupons").

mod coupon;
mod pages;

pub use coupon::{Coupon, CouponState, Origin};
pub use pages::{HISTORY_PAGE_MAX, History, LIVE_MAX, PAGE_MAX, Wallet, WalletPage};
