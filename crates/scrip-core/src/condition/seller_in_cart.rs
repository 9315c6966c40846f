use super::{Condition, Judged};
use crate::reason::Reason;

/// A seller's coupon works in that seller's store (S19).
pub(super) struct SellerInCart;

impl Condition for SellerInCart {
    fn judge(judged: &Judged<'_>) -> Option<Reason> {
        let seller = judged.candidate.terms.issuer.seller()?;
        let in_cart = judged.cart.lines().iter().any(|line| line.seller == *seller);
        (!in_cart).then(|| Reason::SellerNotInCart { seller: seller.clone() })
    }
}
