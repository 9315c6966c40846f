use std::collections::HashMap;

use crate::{cart::Cart, discount::Applied, money::Amount, name::SellerId};

/// What a cart comes to with the coupons applied: of a quote and of an order alike.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Figures {
    pub subtotal: Amount,
    pub shipping: Amount,
    /// Goods and shipping.
    pub discount: Amount,
    /// subtotal + shipping − discount
    pub total: Amount,
    pub sellers: Vec<SellerFigures>,
    pub lines: Vec<LineFigures>,
}

/// One seller's part.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SellerFigures {
    pub seller: SellerId,
    pub subtotal: Amount,
    pub shipping: Amount,
    /// Goods and shipping.
    pub discount: Amount,
    pub total: Amount,
}

/// One line's part, in the cart's order. Without shipping.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LineFigures {
    pub subtotal: Amount,
    pub discount: Amount,
    pub total: Amount,
}

/// Adds the shares up.
pub fn figures<'a>(cart: &Cart, applied: impl Iterator<Item = &'a Applied>) -> Figures {
    figures_without(cart, applied, |_| false)
}

/// Adds the shares up; of a seller that is gone every amount is 0.
pub(super) fn figures_without<'a>(
    cart: &Cart,
    applied: impl Iterator<Item = &'a Applied>,
    is_gone: impl Fn(&SellerId) -> bool,
) -> Figures {
    let is_gone: HashMap<&SellerId, bool> =
        cart.sellers().into_iter().map(|seller| (seller, is_gone(seller))).collect();
    let mut lines: Vec<LineFigures> = cart
        .lines()
        .iter()
        .map(|line| if is_gone[&line.seller] { Amount::ZERO } else { line.amount() })
        .map(|subtotal| LineFigures { subtotal, discount: Amount::ZERO, total: subtotal })
        .collect();
    let mut sellers: Vec<SellerFigures> = cart
        .sellers()
        .into_iter()
        .map(|seller| SellerFigures {
            seller: seller.clone(),
            subtotal: Amount::ZERO,
            shipping: Amount::ZERO,
            discount: Amount::ZERO,
            total: Amount::ZERO,
        })
        .collect();
    let index_of: HashMap<&SellerId, usize> =
        cart.sellers().into_iter().enumerate().map(|(index, seller)| (seller, index)).collect();
    for applied in applied {
        for share in &applied.shares {
            let line = usize::from(share.line);
            if !is_gone[&cart.lines()[line].seller] {
                lines[line].discount += share.amount;
            }
        }
        for share in &applied.shipping_shares {
            if let Some(&index) = index_of.get(&share.seller).filter(|_| !is_gone[&share.seller]) {
                sellers[index].discount += share.amount;
            }
        }
    }
    for (line, figures) in cart.lines().iter().zip(&mut lines) {
        figures.total = figures.subtotal - figures.discount;
        let seller = &mut sellers[index_of[&line.seller]];
        seller.subtotal += figures.subtotal;
        seller.discount += figures.discount;
    }
    for entry in cart.shipping().iter().filter(|entry| !is_gone[&entry.seller]) {
        sellers[index_of[&entry.seller]].shipping = entry.amount;
    }
    for seller in &mut sellers {
        seller.total = seller.subtotal + seller.shipping - seller.discount;
    }
    Figures {
        subtotal: sellers.iter().map(|seller| seller.subtotal).sum(),
        shipping: sellers.iter().map(|seller| seller.shipping).sum(),
        discount: sellers.iter().map(|seller| seller.discount).sum(),
        total: sellers.iter().map(|seller| seller.total).sum(),
        sellers,
        lines,
    }
}
