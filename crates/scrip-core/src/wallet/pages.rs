use minicbor::{Decode, Encode};

use super::Coupon;
use crate::{id::CampaignId, name::IndividualId};

/// Live coupons of one document: a claim rewrites at most this many.
pub const PAGE_MAX: usize = 32;
/// Live coupons of a wallet.
pub const LIVE_MAX: u32 = 500;
/// Coupons of one page of history.
pub const HISTORY_PAGE_MAX: usize = 200;

/// The head of a wallet: the individual, its counts, and the first page of live coupons. Most wallets are no more.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(map)]
pub struct Wallet {
    #[n(0)]
    pub individual: IndividualId,
    /// Coupons ever claimed per campaign, less those whose claim was given back.
    #[n(1)]
    pub counts: Vec<(CampaignId, u32)>,
    #[n(2)]
    pub live: Vec<Coupon>,
    /// How many coupons each further page has.
    #[n(3)]
    pub further: Vec<u8>,
    /// How many coupons each page of history has.
    #[n(4)]
    pub history: Vec<u8>,
    /// Whether the account counts together with others: [`crate::individual::Individual`].
    #[cbor(n(5), skip_if = "crate::stored::is_false", default)]
    pub linked: bool,
}

/// A further page of live coupons.
#[derive(Clone, PartialEq, Eq, Debug, Default, Encode, Decode)]
#[cbor(map)]
pub struct WalletPage {
    #[n(0)]
    pub live: Vec<Coupon>,
}

/// A page of coupons in their last state: used, reclaimed, expired.
#[derive(Clone, PartialEq, Eq, Debug, Default, Encode, Decode)]
#[cbor(map)]
pub struct History {
    #[n(0)]
    pub coupons: Vec<Coupon>,
}

impl Wallet {
    pub const fn new(individual: IndividualId) -> Self {
        Self {
            individual,
            counts: Vec::new(),
            live: Vec::new(),
            further: Vec::new(),
            history: Vec::new(),
            linked: false,
        }
    }

    pub fn count(&self, campaign: CampaignId) -> u32 {
        self.counts.iter().find(|entry| entry.0 == campaign).map_or(0, |entry| entry.1)
    }

    pub(crate) fn counted(&mut self, campaign: CampaignId) {
        match self.counts.iter_mut().find(|entry| entry.0 == campaign) {
            Some(entry) => entry.1 += 1,
            None => self.counts.push((campaign, 1)),
        }
    }

    pub(crate) fn uncounted(&mut self, campaign: CampaignId) {
        if let Some(index) = self.counts.iter().position(|entry| entry.0 == campaign) {
            self.counts[index].1 -= 1;
            if self.counts[index].1 == 0 {
                self.counts.remove(index);
            }
        }
    }

    /// Live coupons on all pages.
    pub fn live_count(&self) -> u32 {
        let further: u32 = self.further.iter().map(|&count| u32::from(count)).sum();
        u32::try_from(self.live.len()).expect("a page is short") + further
    }

    /// The page of history that takes the next coupon.
    pub fn open_history_page(&self) -> u32 {
        match self.history.last() {
            Some(&count) if usize::from(count) < HISTORY_PAGE_MAX => self.last_history_page(),
            _ => u32::try_from(self.history.len()).expect("far fewer pages"),
        }
    }

    fn last_history_page(&self) -> u32 {
        u32::try_from(self.history.len() - 1).expect("far fewer pages")
    }
}
