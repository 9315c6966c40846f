use crate::{cart::Cart, money::Amount, name::SellerId, quote::Applied};

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
#[expect(clippy::needless_pass_by_value, reason = "an iterator is cloned for each sum, and cheap to hand over")]
pub fn figures<'a>(cart: &Cart, applied: impl Iterator<Item = &'a Applied> + Clone) -> Figures {
    let lines: Vec<LineFigures> = cart
        .lines()
        .iter()
        .enumerate()
        .map(|(place, line)| {
            let subtotal = line.amount();
            let shares = applied.clone().filter_map(|applied| applied.share_of_line(place));
            let discount = shares.map(|share| share.amount).sum();
            LineFigures { subtotal, discount, total: subtotal - discount }
        })
        .collect();
    let sellers: Vec<SellerFigures> = cart
        .sellers()
        .into_iter()
        .map(|seller| {
            let own = || cart.lines().iter().zip(&lines).filter(|(line, _)| line.seller == *seller);
            let subtotal: Amount = own().map(|(_, figures)| figures.subtotal).sum();
            let off_goods: Amount = own().map(|(_, figures)| figures.discount).sum();
            let shipping = cart.shipping_of(seller);
            let off_shipping: Amount = applied
                .clone()
                .flat_map(|applied| &applied.shipping_shares)
                .filter(|share| share.seller == *seller)
                .map(|share| share.amount)
                .sum();
            let discount = off_goods + off_shipping;
            SellerFigures {
                seller: seller.clone(),
                subtotal,
                shipping,
                discount,
                total: subtotal + shipping - discount,
            }
        })
        .collect();
    Figures {
        subtotal: sellers.iter().map(|seller| seller.subtotal).sum(),
        shipping: sellers.iter().map(|seller| seller.shipping).sum(),
        discount: sellers.iter().map(|seller| seller.discount).sum(),
        total: sellers.iter().map(|seller| seller.total).sum(),
        sellers,
        lines,
    }
}
