//! Refunds beyond those that stand in the order itself: on pages of their own, so that the next one costs the same however many
//! there are.

use minicbor::{Decode, Encode};

use super::{Order, Refund};
use crate::{discount::Funder, money::Amount, name::SellerId};

/// Refunds that stand in the order itself: few orders have more.
pub const REFUNDS_INLINE_MAX: usize = 4;
/// Refunds on a page.
pub const REFUND_PAGE_MAX: u8 = 32;

/// Refunds of one order, oldest first, and what those before them gave back.
#[derive(Clone, PartialEq, Eq, Debug, Default, Encode, Decode)]
#[cbor(map)]
pub struct RefundPage {
    #[n(0)]
    pub before: GivenBack,
    #[n(1)]
    pub refunds: Vec<Refund>,
    /// Where in the journal they are, as the order's own events.
    #[n(2)]
    pub events: Vec<u64>,
}

/// The page that has a refund, by the refund's id.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(map)]
pub struct RefundLocation {
    #[n(0)]
    pub page: u32,
}

/// What an order's refunds gave back by some time.
#[derive(Clone, PartialEq, Eq, Debug, Default, Encode, Decode)]
#[cbor(map)]
pub struct GivenBack {
    /// Units, like the cart's lines.
    #[n(0)]
    pub units: Vec<u32>,
    /// Cash of shipping, like the transactions.
    #[n(1)]
    pub shipping: Vec<Amount>,
}

impl GivenBack {
    /// Of an order of which nothing was given back.
    pub fn nothing(order: &Order) -> Self {
        Self { units: vec![0; order.lines.len()], shipping: vec![Amount::ZERO; order.transactions.len()] }
    }

    /// By the order as it is.
    pub fn by(order: &Order) -> Self {
        Self {
            units: order.lines.iter().map(|line| line.units).collect(),
            shipping: order.shipping.iter().map(|shipping| shipping.cash).collect(),
        }
    }

    /// With one more refund.
    pub fn add(&mut self, order: &Order, refund: &Refund) {
        for part in &refund.lines {
            self.units[usize::from(part.line)] += part.quantity;
        }
        for part in &refund.shipping {
            if let Some(index) = order.transaction_of(&part.seller) {
                self.shipping[index] += part.amount;
            }
        }
    }

    /// With these refunds as well.
    pub fn and<'r>(mut self, order: &Order, refunds: impl IntoIterator<Item = &'r Refund>) -> Self {
        refunds.into_iter().for_each(|refund| self.add(order, refund));
        self
    }
}

impl Order {
    /// The page that one more refund goes to; `None`: the order itself.
    pub fn open_refund_page(&self) -> Option<u32> {
        if scrip_faults::is(scrip_faults::Fault::RefundsInTheOrder) {
            return None;
        }
        let pages = u32::try_from(self.refund_pages.len()).expect("far fewer pages");
        match self.refund_pages.last() {
            None if self.refunds.len() < REFUNDS_INLINE_MAX => None,
            Some(count) if *count < REFUND_PAGE_MAX => Some(pages - 1),
            _ => Some(pages),
        }
    }

    /// Whether `refunds` has all of them.
    pub fn has_all_refunds(&self) -> bool {
        self.refund_pages.is_empty()
    }

    /// With all its refunds, as if each stood in it. `pages` are those that it counts, in their order; what came to them
    /// later than it says is left out.
    pub fn with_refunds_of<'p>(mut self, pages: impl IntoIterator<Item = &'p RefundPage>) -> Self {
        for (count, page) in std::mem::take(&mut self.refund_pages).into_iter().zip(pages) {
            self.refunds.extend(page.refunds.iter().take(usize::from(count)).cloned());
            self.events.extend(page.events.iter().take(usize::from(count)));
        }
        self.reversed_on_pages.clear();
        self.events.sort_unstable();
        self
    }

    /// What a refund gave back to the funders of one seller's lines and shipping, when `before` had been given back: from the
    /// stored shares.
    ///
    /// Shape: each funder once, above 0 only, in order of first appearance; over all sellers just the refund's `funding`.
    pub fn reversed_by(&self, refund: &Refund, before: &GivenBack, seller: &SellerId) -> Vec<(Funder, Amount)> {
        let mut back = Vec::new();
        for part in &refund.lines {
            let line = usize::from(part.line);
            let from = before.units[line];
            if self.cart.lines()[line].seller == *seller {
                let shares = self.applied().filter_map(|applied| applied.share_of_line(line));
                for funded in shares.flat_map(|share| &share.funding) {
                    crate::discount::add_to(&mut back, &funded.funder, funded.units.sum(from, from + part.quantity));
                }
            }
        }
        let index = self.transaction_of(seller);
        for part in refund.shipping.iter().filter(|part| part.seller == *seller) {
            let cash = index.map_or(Amount::ZERO, |index| before.shipping[index]);
            for (funder, _, amount) in self.shipping_reversed(seller, cash, part.amount) {
                crate::discount::add_to(&mut back, funder, amount);
            }
        }
        back
    }

    /// What refunds reversed of a campaign's discount: an order has at most one coupon of a campaign.
    pub fn reversed(&self, campaign: crate::id::CampaignId) -> Amount {
        let in_it = self.refunds.iter().flat_map(|refund| &refund.campaigns);
        let of_it = in_it.chain(&self.reversed_on_pages).filter(|(id, _)| *id == campaign);
        of_it.map(|(_, amount)| *amount).sum()
    }

    /// A refund was put on a page.
    pub(super) fn count_on_page(&mut self, page: u32, refund: &Refund) {
        match self.refund_pages.get_mut(page as usize) {
            Some(count) => *count += 1,
            None => self.refund_pages.push(1),
        }
        for (campaign, amount) in &refund.campaigns {
            match self.reversed_on_pages.iter_mut().find(|(known, _)| known == campaign) {
                Some((_, sum)) => *sum += *amount,
                None => self.reversed_on_pages.push((*campaign, *amount)),
            }
        }
    }
}
