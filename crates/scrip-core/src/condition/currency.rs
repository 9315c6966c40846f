use super::{Condition, Judged};
use crate::reason::Reason;

/// A coupon works on carts of its currency (S7).
pub(super) struct SameCurrency;

impl Condition for SameCurrency {
    fn judge(judged: &Judged<'_>) -> Option<Reason> {
        let (coupon, cart) = (judged.candidate.terms.currency, judged.cart.currency());
        (coupon != cart).then_some(Reason::CurrencyMismatch { coupon, cart })
    }
}
