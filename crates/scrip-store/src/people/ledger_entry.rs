//! Tables `ledger_entry` and `ledger_posting`: the double-entry ledger.
//!
//! An entry's postings stand in a table of their own, which a backend reads and writes with the entry's.

use std::borrow::Cow;

use scrip_core::{
    discount::Funder,
    id::CampaignId,
    ledger::{Entry, EntryKind, LedgerAccount, Posting},
    money::Currency,
    name::{AccountId, LineId, OrderId, SellerId, decoded},
    slot::Bucket,
    time::Timestamp,
};

use super::{
    table::{List, Page, Table, columns},
    value::{Column, Reading, Stored, Unreadable, Value},
};

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LedgerEntryRow {
    pub bucket: Bucket,
    pub position: u64,
    pub at: Timestamp,
    pub account: AccountId,
    pub order: OrderId,
    pub entry: Entry,
}

impl Table for LedgerEntryRow {
    const NAME: &'static str = "ledger_entry";
    const CALLED: &'static str = "ledger entry";
    const COLUMNS: &'static [&'static str] =
        &["bucket", "position", "at_us", "account", "order_id", "kind", "currency"];
    const LISTS: &'static [List] = &[Self::OF_BUCKET];
    type Key = (Bucket, u64);

    fn key(&self) -> Self::Key {
        (self.bucket, self.position)
    }

    fn write(&self, to: &mut dyn FnMut(Value<'_>)) {
        to(self.bucket.value());
        to(self.position.value());
        to(self.at.value());
        to(self.account.value());
        to(self.order.value());
        to(self.entry.kind().value());
        to(self.entry.currency().value());
    }

    /// Without its postings: see [`LedgerEntryRow::with`].
    fn read(stored: &dyn Stored) -> Result<Self, Unreadable> {
        let mut reading = Reading { table: Self::NAME, names: Self::COLUMNS, stored, next: 0 };
        Ok(Self {
            bucket: reading.column()?,
            position: reading.column()?,
            at: reading.column()?,
            account: reading.column()?,
            order: reading.column()?,
            entry: {
                let (kind, currency): (EntryKind, Currency) = (reading.column()?, reading.column()?);
                Entry::new(kind, currency, Vec::new()).expect("nothing adds up to nothing")
            },
        })
    }

    fn account(&self) -> Option<&AccountId> {
        Some(&self.account)
    }
}

impl LedgerEntryRow {
    /// By position.
    pub const OF_BUCKET: List = List { of: &["bucket"], by: &[], newest_first: false };

    /// A bucket's entries after this position.
    pub fn page_of_bucket(bucket: Bucket, after: u64, limit: usize) -> Page<'static> {
        let (of, after) = (vec![bucket.value().into_owned()], Some(vec![after.value().into_owned()]));
        Page { list: Self::OF_BUCKET, of, after, limit }
    }

    /// The entry with its postings; `None` if they don't balance.
    #[must_use]
    pub fn with(self, postings: Vec<Posting>) -> Option<Self> {
        let entry = Entry::new(self.entry.kind(), self.entry.currency(), postings).ok()?;
        Some(Self { entry, ..self })
    }

    /// The rows of its postings.
    pub fn postings(&self) -> impl Iterator<Item = LedgerPostingRow> {
        (0..).zip(self.entry.postings()).map(|(number, posting)| LedgerPostingRow {
            bucket: self.bucket,
            position: self.position,
            number,
            account: posting.account.clone(),
            amount: posting.amount,
            campaign: posting.campaign,
            seller: posting.seller.clone(),
            line: posting.line.clone(),
        })
    }
}

/// One side of an entry. Debits are positive, credits negative, in minor units.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LedgerPostingRow {
    /// Of the entry.
    pub bucket: Bucket,
    pub position: u64,
    /// In the entry, from 0.
    pub number: u32,
    pub account: LedgerAccount,
    pub amount: i64,
    pub campaign: CampaignId,
    pub seller: Option<SellerId>,
    /// `None` for shipping.
    pub line: Option<LineId>,
}

impl Table for LedgerPostingRow {
    const NAME: &'static str = "ledger_posting";
    const CALLED: &'static str = "ledger posting";
    type Key = (Bucket, u64, u32);

    columns! {
        bucket: "bucket",
        position: "position",
        number: "number",
        account: "ledger_account",
        amount: "amount",
        campaign: "campaign",
        seller: "seller",
        line: "line",
    }

    fn key(&self) -> Self::Key {
        (self.bucket, self.position, self.number)
    }
}

impl From<LedgerPostingRow> for Posting {
    fn from(row: LedgerPostingRow) -> Self {
        let LedgerPostingRow { account, amount, campaign, seller, line, .. } = row;
        Self { account, amount, campaign, seller, line }
    }
}

impl Column for LedgerAccount {
    fn value(&self) -> Value<'_> {
        Value::Text(Cow::Owned(self.to_string()))
    }

    /// Names in it are percent-encoded, so there is one way to read each.
    fn read(value: &Value<'_>) -> Option<Self> {
        let Value::Text(text) = value else { return None };
        let (kind, rest) = text.split_once(':')?;
        match kind {
            "funder" if rest == "platform" => Some(Self::Funder(Funder::Platform)),
            "funder" => {
                let seller = rest.strip_prefix("seller:")?;
                Some(Self::Funder(Funder::Seller(SellerId::stored(&name(seller)?))))
            }
            "discount" => {
                let (account, order) = rest.split_once('/')?;
                Some(Self::Discount(AccountId::stored(&name(account)?), OrderId::stored(&name(order)?)))
            }
            "face_value" => Some(Self::FaceValue(rest.parse().ok()?)),
            "forfeited" => Some(Self::Forfeited(rest.parse().ok()?)),
            _ => None,
        }
    }
}

fn name(encoded: &str) -> Option<String> {
    decoded(encoded).filter(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use scrip_core::id::Uid;

    use super::*;

    fn read(text: &str) -> Option<LedgerAccount> {
        LedgerAccount::read(&Value::Text(text.into()))
    }

    #[test]
    fn every_ledger_account_is_read_back_from_its_text() {
        let campaign = CampaignId::from_uid(Uid::from_bytes([7; 16]));
        for account in [
            LedgerAccount::Funder(Funder::Platform),
            LedgerAccount::Funder(Funder::Seller(SellerId::new("seller:platform").expect("a name"))),
            LedgerAccount::Discount(
                AccountId::new("a:b").expect("a name"),
                OrderId::new("discount:o").expect("a name"),
            ),
            LedgerAccount::Discount(AccountId::new("a/b").expect("a name"), OrderId::new("c%2F/d").expect("a name")),
            // What earlier builds took as names.
            LedgerAccount::Discount(AccountId::stored(".."), OrderId::stored(".")),
            LedgerAccount::FaceValue(campaign),
            LedgerAccount::Forfeited(campaign),
        ] {
            assert_eq!(read(&account.to_string()), Some(account));
        }
        for bad in [
            "",
            "funder",
            "funder:",
            "funder:seller:",
            "discount:a",
            "discount:a/",
            "discount:a/%",
            "face_value:x",
            "other:platform",
        ] {
            assert_eq!(read(bad), None, "{bad:?}");
        }
    }
}
