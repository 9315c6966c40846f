//! Discounts as they are stored: a coupon's, to the minor unit, and who pays which part of it.

use std::{collections::HashMap, fmt};

use minicbor::{Decode, Encode};

use crate::{
    campaign::Issuer,
    id::{CampaignId, CouponId},
    money::{Amount, Runs},
    name::SellerId,
};

/// One coupon's discount, split to the minor unit over lines, units, shipping and funders. Stored with the order: no
/// refund, split or report ever prorates again.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(map)]
pub struct Applied {
    /// `None` in a quote for a code used directly: its coupon is made with the order.
    #[n(0)]
    pub coupon: Option<CouponId>,
    /// The code, if one was used directly.
    #[n(1)]
    pub code: Option<String>,
    #[n(2)]
    pub campaign: CampaignId,
    #[n(3)]
    pub terms_version: u32,
    #[n(4)]
    pub issuer: Issuer,
    /// Goods and shipping.
    #[n(5)]
    pub discount: Amount,
    /// What the coupon was worth on its face beyond the discount: lost (S9).
    #[n(6)]
    pub surplus: Amount,
    /// Lines with a share above 0, in the cart's order.
    #[n(7)]
    pub shares: Vec<LineShare>,
    #[n(8)]
    pub shipping_shares: Vec<ShippingShare>,
}

/// A coupon's share of a line.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(map)]
pub struct LineShare {
    /// Its index in the cart's list.
    #[n(0)]
    pub line: u16,
    #[n(1)]
    pub amount: Amount,
    /// Per unit, in order.
    #[n(2)]
    pub units: Runs,
    /// Who pays how much of each unit; together `units`.
    #[n(3)]
    pub funding: Vec<FundedUnits>,
}

/// One funder's part of each unit.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(map)]
pub struct FundedUnits {
    #[n(0)]
    pub funder: Funder,
    #[n(1)]
    pub units: Runs,
}

/// A coupon's share of one seller's shipping.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(map)]
pub struct ShippingShare {
    #[n(0)]
    pub seller: SellerId,
    #[n(1)]
    pub amount: Amount,
    #[n(2)]
    pub funding: Vec<(Funder, Amount)>,
}

/// Who pays for a discount. Written `platform` or `seller:<id>`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Encode, Decode)]
pub enum Funder {
    #[n(0)]
    Platform,
    #[n(1)]
    Seller(#[n(0)] SellerId),
}

impl fmt::Display for Funder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Platform => f.write_str("platform"),
            Self::Seller(seller) => write!(f, "seller:{}", seller.encoded()),
        }
    }
}

impl Applied {
    /// Each funder's whole part, in order of first appearance, above 0 only.
    pub fn funding(&self) -> Vec<(Funder, Amount)> {
        let mut totals: Vec<(Funder, Amount)> = Vec::new();
        let mut index_of: HashMap<&Funder, usize> = HashMap::new();
        let lines = self.shares.iter().flat_map(|share| &share.funding).map(|part| (&part.funder, part.units.total()));
        let shipping =
            self.shipping_shares.iter().flat_map(|share| &share.funding).map(|(funder, part)| (funder, *part));
        for (funder, amount) in lines.chain(shipping) {
            if amount.is_zero() {
                continue;
            }
            let index = *index_of.entry(funder).or_insert(totals.len());
            match totals.get_mut(index) {
                Some(entry) => entry.1 += amount,
                None => totals.push((funder.clone(), amount)),
            }
        }
        totals
    }

    pub fn share_of_line(&self, line: usize) -> Option<&LineShare> {
        self.shares.iter().find(|share| usize::from(share.line) == line)
    }
}

/// Adds to a funder's entry, making it if there is something to add.
pub(crate) fn add_to(totals: &mut Vec<(Funder, Amount)>, funder: &Funder, amount: Amount) {
    if amount.is_zero() {
        return;
    }
    match totals.iter_mut().find(|entry| entry.0 == *funder) {
        Some(entry) => entry.1 += amount,
        None => totals.push((funder.clone(), amount)),
    }
}
