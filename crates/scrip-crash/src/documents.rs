//! A store's documents, decoded.

use std::collections::BTreeMap;

use scrip_core::{
    campaign::{Allowance, Campaign},
    code::Code,
    id::CampaignId,
    name::{AccountId, OrderId},
    order::{Order, Refund},
    state::{Aggregate, Kind, decode},
    wallet::Coupon,
};
use scrip_store::{Store, StoreError};

/// All of one store that the harnesses look at.
#[derive(Debug, Default)]
pub struct Documents {
    pub campaigns: BTreeMap<CampaignId, Campaign>,
    /// By the bytes of the campaign's id. The server under test has one bucket, so one is the whole.
    pub allowances: BTreeMap<Vec<u8>, Allowance>,
    pub orders: BTreeMap<(AccountId, OrderId), Order>,
    /// By account, live and in history.
    pub coupons: BTreeMap<String, Vec<Coupon>>,
    pub codes: Vec<Code>,
}

impl Documents {
    /// Errors: the store can't be read, or a document in it.
    pub fn read(store: &dyn Store) -> Result<Self, StoreError> {
        let mut documents = Self::default();
        let mut snapshot = store.snapshot()?;
        for bucket in store.buckets().all() {
            for (kind, key, document) in snapshot.all_documents(bucket)? {
                let aggregate = decode(kind, &document.body)
                    .map_err(|error| StoreError::Damaged { what: format!("a {kind:?} document: {error}") })?;
                documents.take(kind, &key, aggregate)?;
            }
        }
        Ok(documents)
    }

    fn take(&mut self, kind: Kind, key: &[u8], aggregate: Aggregate) -> Result<(), StoreError> {
        match aggregate {
            Aggregate::Campaign(campaign) => drop(self.campaigns.insert(campaign.id, campaign)),
            Aggregate::Order(order) => drop(self.orders.insert((order.account.clone(), order.id.clone()), order)),
            Aggregate::Allowance(allowance) => drop(self.allowances.insert(key.to_vec(), allowance)),
            Aggregate::Code(code) => self.codes.push(code),
            Aggregate::Wallet(wallet) => self.hold(kind, key, wallet.live)?,
            Aggregate::WalletPage(page) => self.hold(kind, key, page.live)?,
            Aggregate::History(history) => self.hold(kind, key, history.coupons)?,
            Aggregate::RefundPage(page) => self.add_refunds(kind, key, page.refunds)?,
            Aggregate::RefundLocation(_) => {}
            Aggregate::RecentKeys(_) | Aggregate::Due(_) | Aggregate::ApiKey(_) | Aggregate::Job(_) => {}
            // Of linked accounts and of many buckets: the real server has neither yet.
            Aggregate::Individual(_)
            | Aggregate::CampaignHere(_)
            | Aggregate::CodeHere(_)
            | Aggregate::GrantBook(_)
            | Aggregate::LeasesOut(_)
            | Aggregate::LeasesReturning(_) => {}
        }
        Ok(())
    }

    /// After their order, by the number of its kind. Both names end with a zero byte.
    fn add_refunds(&mut self, kind: Kind, key: &[u8], refunds: Vec<Refund>) -> Result<(), StoreError> {
        let mut names = key.splitn(3, |byte| *byte == 0).map(|name| std::str::from_utf8(name).ok());
        let (Some(Some(account)), Some(Some(order))) = (names.next(), names.next()) else {
            return Err(damaged(kind));
        };
        let key = (AccountId::stored(account), OrderId::stored(order));
        self.orders.get_mut(&key).ok_or_else(|| damaged(kind))?.refunds.extend(refunds);
        Ok(())
    }

    /// The account's name is what stands before the first zero byte.
    fn hold(&mut self, kind: Kind, key: &[u8], coupons: Vec<Coupon>) -> Result<(), StoreError> {
        let name = key.split(|byte| *byte == 0).next().unwrap_or_default();
        let account = std::str::from_utf8(name).map_err(|_| damaged(kind))?;
        self.coupons.entry(account.to_owned()).or_default().extend(coupons);
        Ok(())
    }
}

fn damaged(kind: Kind) -> StoreError {
    StoreError::Damaged { what: format!("the key of a {kind:?} document can't be read") }
}
