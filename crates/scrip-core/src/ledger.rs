//! The double-entry ledger: who paid which minor unit of which discount.

use std::fmt;

use minicbor::{Decode, Encode};
use serde::Serialize;

use crate::{
    discount::Funder,
    id::CampaignId,
    money::{Amount, Currency},
    name::{AccountId, LineId, OrderId, SellerId},
};

/// Postings that add up to zero. The single constructor refuses anything else.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(map)]
pub struct Entry {
    #[n(0)]
    kind: EntryKind,
    #[n(1)]
    currency: Currency,
    #[n(2)]
    postings: Vec<Posting>,
}

/// What happened.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, Serialize)]
#[cbor(index_only)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub enum EntryKind {
    /// A paid order's discounts become their funders' cost.
    #[n(0)]
    DiscountFunded,
    /// A refund gives funders back what they paid for what was returned.
    #[n(1)]
    DiscountReversed,
    /// Face value beyond the discount is lost (S9).
    #[n(2)]
    SurplusForfeited,
    /// A coupon that came back has its face value again.
    #[n(3)]
    SurplusRestored,
}

impl EntryKind {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::DiscountFunded => "discount_funded",
            Self::DiscountReversed => "discount_reversed",
            Self::SurplusForfeited => "surplus_forfeited",
            Self::SurplusRestored => "surplus_restored",
        }
    }
}

/// One side of an entry. Debits are positive, credits negative, in minor units.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(map)]
pub struct Posting {
    #[n(0)]
    pub account: LedgerAccount,
    #[n(1)]
    pub amount: i64,
    #[n(2)]
    pub campaign: CampaignId,
    #[n(3)]
    pub seller: Option<SellerId>,
    /// Absent for shipping.
    #[n(4)]
    pub line: Option<LineId>,
}

/// Where a minor unit is booked. Names in it are percent-encoded, so that each text is one account.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub enum LedgerAccount {
    /// `funder:platform`, `funder:seller:<id>`: the cost of discounts.
    #[n(0)]
    Funder(#[n(0)] Funder),
    /// `discount:<account>/<order>`: what an order's shopper was given.
    #[n(1)]
    Discount(#[n(0)] AccountId, #[n(1)] OrderId),
    /// `face_value:<campaign>`: what coupons promised.
    #[n(2)]
    FaceValue(#[n(0)] CampaignId),
    /// `forfeited:<campaign>`: what was lost of it.
    #[n(3)]
    Forfeited(#[n(0)] CampaignId),
}

impl fmt::Display for LedgerAccount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Funder(funder) => write!(f, "funder:{funder}"),
            Self::Discount(account, order) => write!(f, "discount:{}/{}", account.encoded(), order.encoded()),
            Self::FaceValue(campaign) => write!(f, "face_value:{campaign}"),
            Self::Forfeited(campaign) => write!(f, "forfeited:{campaign}"),
        }
    }
}

/// Postings that don't add up to zero.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the postings don't balance")]
pub struct Unbalanced;

impl Entry {
    /// Errors: [`Unbalanced`].
    pub fn new(kind: EntryKind, currency: Currency, postings: Vec<Posting>) -> Result<Self, Unbalanced> {
        let sum: i128 = postings.iter().map(|posting| i128::from(posting.amount)).sum();
        if sum == 0 { Ok(Self { kind, currency, postings }) } else { Err(Unbalanced) }
    }

    pub const fn kind(&self) -> EntryKind {
        self.kind
    }

    pub const fn currency(&self) -> Currency {
        self.currency
    }

    pub fn postings(&self) -> &[Posting] {
        &self.postings
    }
}

/// One movement between two accounts, as its two postings.
pub(crate) fn movement(
    debit: LedgerAccount,
    credit: LedgerAccount,
    amount: Amount,
    campaign: CampaignId,
    seller: Option<&SellerId>,
    line: Option<&LineId>,
) -> [Posting; 2] {
    let posting = |account, amount| Posting { account, amount, campaign, seller: seller.cloned(), line: line.cloned() };
    [posting(debit, amount.minor()), posting(credit, -amount.minor())]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn i5_an_entry_that_does_not_balance_cannot_be_made() {
        let campaign = CampaignId::from_uid(crate::id::Uid::from_bytes([0; 16]));
        let posting = |amount| Posting {
            account: LedgerAccount::FaceValue(campaign),
            amount,
            campaign,
            seller: None,
            line: None,
        };
        let usd = Currency::from_code("USD").expect("listed");
        assert!(Entry::new(EntryKind::DiscountFunded, usd, vec![posting(5), posting(-5)]).is_ok());
        assert_eq!(Entry::new(EntryKind::DiscountFunded, usd, vec![posting(5), posting(-4)]), Err(Unbalanced));
    }
}
