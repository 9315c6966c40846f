//! Keys of aggregates: small versioned documents, each in one bucket.

use crate::{
    code::CodeHash,
    exchange::Pool,
    id::{CampaignId, JobId, KeyId, Uid},
    name::{AccountId, IndividualId, OrderId, RefundName},
    order::Order,
    slot::{Bucket, Buckets, Slot},
    time::Timestamp,
};

/// Names one aggregate.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Key {
    Wallet(AccountId),
    WalletPage(AccountId, u32),
    History(AccountId, u32),
    Order(AccountId, OrderId),
    Campaign(CampaignId),
    /// What the bucket has given out of the campaign's stock and budget, and its quotas of both.
    Allowance(Bucket, CampaignId),
    Code(CodeHash),
    /// Idempotency keys used for an account or a collection on a day.
    RecentKeys(Holder, u32),
    /// Orders whose hold runs out in a second, 64 documents for each by account: a busy second is many small documents
    /// instead of one that is written again and again, and a command can name the one that it will write to.
    Due(Bucket, u64, u64),
    ApiKey(KeyId),
    Job(JobId),
    /// A campaign as a bucket that isn't its home knows it.
    CampaignHere(Bucket, CampaignId),
    /// A code as a bucket that isn't its home knows it.
    CodeHere(Bucket, CodeHash),
    /// In a pool's home: what it has granted to which bucket.
    GrantBook(Pool),
    /// In the codes' home: leases that nobody has confirmed or released yet. 64 documents for each bucket.
    LeasesOut(Bucket, u8),
    /// In the accounts' bucket: leases that nobody uses any more and that return to the codes' home. 64 documents for each bucket.
    LeasesReturning(Bucket, u8),
    /// What an individual's linked accounts in a bucket have claimed.
    Individual(Bucket, IndividualId),
    /// Refunds of an order beyond those that stand in it.
    RefundPage(AccountId, OrderId, u32),
    /// Which page has a refund.
    RefundLocation(AccountId, OrderId, RefundName),
}

/// Whose idempotency keys: an account's, or those of a collection such as the campaigns.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, minicbor::Encode, minicbor::Decode)]
pub enum Holder {
    #[n(0)]
    Account(#[n(0)] AccountId),
    #[n(1)]
    Campaign(#[n(0)] CampaignId),
    /// All campaigns. A new one's key and home are in the same bucket, which is chosen by the key. So are those
    /// of a new API key; of a code that is taken back it is the code's own.
    #[n(2)]
    Campaigns(#[n(0)] Slot),
    #[n(3)]
    Keys,
}

impl Holder {
    fn slot(&self) -> Slot {
        match self {
            Self::Account(account) => account.slot(),
            Self::Campaign(campaign) => campaign.uid().slot(),
            Self::Campaigns(slot) => *slot,
            Self::Keys => Slot::of(b"keys"),
        }
    }
}

/// The kinds of aggregates, by the number that stands in every stored key. Append, never renumber.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[repr(u8)]
pub enum Kind {
    Wallet = 0,
    WalletPage = 1,
    History = 2,
    Order = 3,
    Campaign = 4,
    Allowance = 5,
    Code = 6,
    RecentKeys = 7,
    Due = 8,
    ApiKey = 9,
    Job = 10,
    CampaignHere = 11,
    CodeHere = 12,
    GrantBook = 13,
    LeasesOut = 14,
    LeasesReturning = 15,
    Individual = 16,
    RefundPage = 17,
    RefundLocation = 18,
}

impl Kind {
    pub const ALL: [Self; 19] = [
        Self::Wallet,
        Self::WalletPage,
        Self::History,
        Self::Order,
        Self::Campaign,
        Self::Allowance,
        Self::Code,
        Self::RecentKeys,
        Self::Due,
        Self::ApiKey,
        Self::Job,
        Self::CampaignHere,
        Self::CodeHere,
        Self::GrantBook,
        Self::LeasesOut,
        Self::LeasesReturning,
        Self::Individual,
        Self::RefundPage,
        Self::RefundLocation,
    ];

    pub const fn number(self) -> u8 {
        self as u8
    }

    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.get(usize::from(number)).copied()
    }
}

impl Key {
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Wallet(_) => Kind::Wallet,
            Self::WalletPage(..) => Kind::WalletPage,
            Self::History(..) => Kind::History,
            Self::Order(..) => Kind::Order,
            Self::Campaign(_) => Kind::Campaign,
            Self::Allowance(..) => Kind::Allowance,
            Self::Code(_) => Kind::Code,
            Self::RecentKeys(..) => Kind::RecentKeys,
            Self::Due(..) => Kind::Due,
            Self::ApiKey(_) => Kind::ApiKey,
            Self::Job(_) => Kind::Job,
            Self::CampaignHere(..) => Kind::CampaignHere,
            Self::CodeHere(..) => Kind::CodeHere,
            Self::GrantBook(_) => Kind::GrantBook,
            Self::LeasesOut(..) => Kind::LeasesOut,
            Self::LeasesReturning(..) => Kind::LeasesReturning,
            Self::Individual(..) => Kind::Individual,
            Self::RefundPage(..) => Kind::RefundPage,
            Self::RefundLocation(..) => Kind::RefundLocation,
        }
    }

    /// The bucket that has the aggregate, in every stored key.
    pub fn bucket(&self, buckets: Buckets) -> Bucket {
        match self {
            Self::Wallet(account)
            | Self::WalletPage(account, _)
            | Self::History(account, _)
            | Self::Order(account, _)
            | Self::RefundPage(account, ..)
            | Self::RefundLocation(account, ..) => account.slot().bucket(buckets),
            Self::Campaign(campaign) => campaign.uid().slot().bucket(buckets),
            Self::Code(hash) => hash.slot().bucket(buckets),
            Self::RecentKeys(holder, _) => holder.slot().bucket(buckets),
            Self::ApiKey(key) => key.uid().slot().bucket(buckets),
            Self::Job(job) => job.uid().slot().bucket(buckets),
            Self::GrantBook(pool) => pool.slot().bucket(buckets),
            Self::Allowance(bucket, _)
            | Self::Due(bucket, ..)
            | Self::CampaignHere(bucket, _)
            | Self::CodeHere(bucket, _)
            | Self::LeasesOut(bucket, _)
            | Self::LeasesReturning(bucket, _)
            | Self::Individual(bucket, _) => *bucket,
        }
    }

    /// The key within its kind, so that byte order is the order of ranges.
    pub fn bytes(&self) -> Vec<u8> {
        match self {
            Self::Wallet(account) => account.as_str().as_bytes().to_vec(),
            Self::WalletPage(account, page) if scrip_faults::is(scrip_faults::Fault::PagesBeyondAByte) => {
                joined(account.as_str(), &[u8::try_from(*page).expect("a wallet has few pages")])
            }
            Self::WalletPage(account, page) => match u8::try_from(*page) {
                Ok(page) => joined(account.as_str(), &[page]),
                // Beyond what one byte can say, after all that it can.
                Err(_) => joined(account.as_str(), &[&[u8::MAX][..], &page.to_be_bytes()].concat()),
            },
            Self::History(account, page) => joined(account.as_str(), &page.to_be_bytes()),
            Self::RefundPage(account, order, page) => {
                joined(account.as_str(), &joined(order.as_str(), &page.to_be_bytes()))
            }
            Self::RefundLocation(account, order, refund) => {
                joined(account.as_str(), &joined(order.as_str(), refund.as_str().as_bytes()))
            }
            Self::Order(account, order) => joined(account.as_str(), order.as_str().as_bytes()),
            Self::Campaign(campaign) | Self::Allowance(_, campaign) | Self::CampaignHere(_, campaign) => {
                campaign.uid().bytes().to_vec()
            }
            Self::Code(hash) | Self::CodeHere(_, hash) => hash.bytes().to_vec(),
            Self::GrantBook(pool) => match pool {
                Pool::Stock(campaign) => tagged(b's', campaign.uid().bytes(), &[]),
                Pool::SourceStock(campaign, source) => tagged(b'o', campaign.uid().bytes(), source.as_str().as_bytes()),
                Pool::Budget(campaign) => tagged(b'b', campaign.uid().bytes(), &[]),
                Pool::CodeUses(hash) => tagged(b'c', hash.bytes(), &[]),
                Pool::Individual(individual, campaign) => {
                    tagged(b'i', campaign.uid().bytes(), individual.as_str().as_bytes())
                }
            },
            Self::LeasesOut(_, chunk) | Self::LeasesReturning(_, chunk) => vec![*chunk],
            Self::Individual(_, individual) => individual.as_str().as_bytes().to_vec(),
            Self::RecentKeys(holder, day) => {
                // Day first: what is written goes to the end, and old days can be dropped as a range.
                let mut bytes = day.to_be_bytes().to_vec();
                match holder {
                    Holder::Account(account) => {
                        bytes.push(b'a');
                        bytes.extend_from_slice(account.as_str().as_bytes());
                    }
                    Holder::Campaign(campaign) => {
                        bytes.push(b'c');
                        bytes.extend_from_slice(campaign.uid().bytes());
                    }
                    Holder::Campaigns(slot) => {
                        bytes.push(b'C');
                        bytes.extend_from_slice(&slot.get().to_be_bytes());
                    }
                    Holder::Keys => bytes.push(b'K'),
                }
                bytes
            }
            Self::Due(_, second, chunk) => [second.to_be_bytes(), chunk.to_be_bytes()].concat(),
            Self::ApiKey(key) => key.uid().bytes().to_vec(),
            Self::Job(job) => job.uid().bytes().to_vec(),
        }
    }

    /// The pages that follow a wallet's head.
    pub fn wallet_pages(account: &AccountId, count: usize) -> impl Iterator<Item = Self> + use<'_> {
        numbers(count).map(|page| Self::WalletPage(account.clone(), page))
    }

    /// The pages of a wallet's history.
    pub fn history_pages(account: &AccountId, count: usize) -> impl Iterator<Item = Self> + use<'_> {
        numbers(count).map(|page| Self::History(account.clone(), page))
    }

    /// The pages of an order's refunds.
    pub fn refund_pages(order: &Order) -> impl Iterator<Item = Self> + use<'_> {
        let key = |page| Self::RefundPage(order.account.clone(), order.id.clone(), page);
        numbers(order.refund_pages.len()).map(key)
    }

    /// The list that a leased code stands in at its home.
    pub fn leases_out(buckets: Buckets, hash: CodeHash) -> Self {
        Self::LeasesOut(hash.slot().bucket(buckets), chunk_of(hash))
    }

    /// The list that a code of another bucket stands in on its way home.
    pub fn leases_returning(bucket: Bucket, hash: CodeHash) -> Self {
        Self::LeasesReturning(bucket, chunk_of(hash))
    }

    /// The key of the document that takes what falls due at `at` for an account.
    pub fn due(bucket: Bucket, at: Timestamp, account: &AccountId) -> Self {
        // The low bits: the high ones are the bucket's.
        Self::Due(bucket, at.seconds().unsigned_abs(), u64::from(account.slot().get() & 63))
    }

    /// Reads a `RecentKeys` key back from its bytes.
    pub fn recent_keys_from_bytes(bytes: &[u8]) -> Option<Self> {
        let (day, holder) = bytes.split_first_chunk()?;
        let (letter, name) = holder.split_first()?;
        let holder = match letter {
            b'a' => Holder::Account(AccountId::new(std::str::from_utf8(name).ok()?).ok()?),
            b'c' => Holder::Campaign(CampaignId::from_uid(Uid::from_bytes(name.try_into().ok()?))),
            b'C' => Holder::Campaigns(Slot::from_u16(u16::from_be_bytes(name.try_into().ok()?))),
            b'K' if name.is_empty() => Holder::Keys,
            _ => return None,
        };
        Some(Self::RecentKeys(holder, u32::from_be_bytes(*day)))
    }

    /// Reads a `Due` key back from its bytes.
    pub fn due_from_bytes(bucket: Bucket, bytes: &[u8]) -> Option<Self> {
        let (second, chunk) = (bytes.get(..8)?, bytes.get(8..16)?);
        Some(Self::Due(bucket, u64::from_be_bytes(second.try_into().ok()?), u64::from_be_bytes(chunk.try_into().ok()?)))
    }
}

/// 0 to `count` − 1. A document lists its pages in a byte each: it is far too large long before there are 2^32.
fn numbers(count: usize) -> impl Iterator<Item = u32> {
    0..u32::try_from(count).unwrap_or(u32::MAX)
}

/// One of 64 by bits that don't choose the bucket.
const fn chunk_of(hash: CodeHash) -> u8 {
    hash.bytes()[2] & 63
}

/// A kind's letter, 16 bytes, and a name.
fn tagged(letter: u8, id: &[u8; 16], name: &[u8]) -> Vec<u8> {
    let mut bytes = vec![letter];
    bytes.extend_from_slice(id);
    bytes.extend_from_slice(name);
    bytes
}

/// A name and a suffix; no name contains a zero byte.
fn joined(name: &str, suffix: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(name.len() + 1 + suffix.len());
    bytes.extend_from_slice(name.as_bytes());
    bytes.push(0);
    bytes.extend_from_slice(suffix);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::name::SourceName;

    #[test]
    fn kinds_keep_their_numbers() {
        for (index, kind) in Kind::ALL.into_iter().enumerate() {
            assert_eq!(usize::from(kind.number()), index);
            assert_eq!(Kind::from_number(kind.number()), Some(kind));
        }
    }

    #[test]
    fn keys_keep_their_bytes_and_buckets() {
        let buckets = Buckets::new(65_536).expect("a power of two");
        let here = Bucket::from_u16(0x0102);
        let account = AccountId::new("ana").expect("valid");
        let order = OrderId::new("o-1").expect("valid");
        let individual = IndividualId::new("ind").expect("valid");
        let source = SourceName::new("mail").expect("valid");
        let uid = |byte| Uid::from_bytes([byte; 16]);
        let (campaign, hash) = (CampaignId::from_uid(uid(0x41)), CodeHash::from_bytes([0x55; 16]));
        // Golden: every stored document is found by these.
        let stored = [
            (Key::Wallet(account.clone()), r"24d4 ana"),
            (Key::WalletPage(account.clone(), 7), r"24d4 ana\x00\x07"),
            (Key::WalletPage(account.clone(), 256), r"24d4 ana\x00\xff\x00\x00\x01\x00"),
            (Key::History(account.clone(), 7), r"24d4 ana\x00\x00\x00\x00\x07"),
            (Key::Order(account.clone(), order.clone()), r"24d4 ana\x00o-1"),
            (Key::Campaign(campaign), r"1410 AAAAAAAAAAAAAAAA"),
            (Key::Allowance(here, campaign), r"0102 AAAAAAAAAAAAAAAA"),
            (Key::Code(hash), r"5555 UUUUUUUUUUUUUUUU"),
            (Key::RecentKeys(Holder::Account(account.clone()), 5), r"24d4 \x00\x00\x00\x05aana"),
            (Key::RecentKeys(Holder::Campaign(campaign), 5), r"1410 \x00\x00\x00\x05cAAAAAAAAAAAAAAAA"),
            (Key::RecentKeys(Holder::Campaigns(Slot::from_u16(0xABCD)), 5), r"abcd \x00\x00\x00\x05C\xab\xcd"),
            (Key::RecentKeys(Holder::Keys, 5), r"48a5 \x00\x00\x00\x05K"),
            (Key::Due(here, 6, 63), r"0102 \x00\x00\x00\x00\x00\x00\x00\x06\x00\x00\x00\x00\x00\x00\x00?"),
            (Key::ApiKey(KeyId::from_uid(uid(0x33))), r"333c 3333333333333333"),
            (Key::Job(JobId::from_uid(uid(0x44))), r"4441 DDDDDDDDDDDDDDDD"),
            (Key::CampaignHere(here, campaign), r"0102 AAAAAAAAAAAAAAAA"),
            (Key::CodeHere(here, hash), r"0102 UUUUUUUUUUUUUUUU"),
            (Key::GrantBook(Pool::Stock(campaign)), r"1410 sAAAAAAAAAAAAAAAA"),
            (Key::GrantBook(Pool::SourceStock(campaign, source)), r"1410 oAAAAAAAAAAAAAAAAmail"),
            (Key::GrantBook(Pool::Budget(campaign)), r"1410 bAAAAAAAAAAAAAAAA"),
            (Key::GrantBook(Pool::CodeUses(hash)), r"5555 cUUUUUUUUUUUUUUUU"),
            (Key::GrantBook(Pool::Individual(individual.clone(), campaign)), r"4691 iAAAAAAAAAAAAAAAAind"),
            (Key::LeasesOut(here, 9), r"0102 \t"),
            (Key::LeasesReturning(here, 9), r"0102 \t"),
            (Key::Individual(here, individual), r"0102 ind"),
            (Key::RefundPage(account.clone(), order.clone(), 7), r"24d4 ana\x00o-1\x00\x00\x00\x00\x07"),
            (Key::RefundLocation(account, order, RefundName::new("r-1").expect("valid")), r"24d4 ana\x00o-1\x00r-1"),
        ];
        for (key, text) in &stored {
            let (bucket, bytes) = (key.bucket(buckets).get(), key.bytes());
            assert_eq!(format!("{bucket:04x} {}", bytes.escape_ascii()), *text, "{key:?}");
        }
        assert!(Kind::ALL.iter().all(|kind| stored.iter().any(|(key, _)| key.kind() == *kind)));
    }

    #[test]
    fn keys_of_different_accounts_never_meet() {
        let account = |text| AccountId::new(text).expect("valid");
        let order = |text| OrderId::new(text).expect("valid");
        assert_ne!(Key::Order(account("a"), order("bc")).bytes(), Key::Order(account("ab"), order("c")).bytes());
    }

    #[test]
    fn keys_of_used_keys_are_read_back_from_their_bytes() {
        let campaign = CampaignId::from_uid(Uid::from_bytes([7; 16]));
        for holder in [
            Holder::Account(AccountId::new("ana").expect("valid")),
            Holder::Campaign(campaign),
            Holder::Campaigns(Slot::from_u16(0xABCD)),
            Holder::Keys,
        ] {
            let key = Key::RecentKeys(holder, 20_601);
            assert_eq!(Key::recent_keys_from_bytes(&key.bytes()), Some(key));
        }
        for other in [&b""[..], &[0, 0, 0, 1], &[0, 0, 0, 1, b'x'], &[0, 0, 0, 1, b'C', 1], &[0, 0, 0, 1, b'a']] {
            assert_eq!(Key::recent_keys_from_bytes(other), None);
        }
    }

    #[test]
    fn pages_of_a_wallet_have_keys_of_their_own_in_the_order_of_their_numbers() {
        let account = AccountId::new("ana").expect("valid");
        let keys: Vec<Vec<u8>> = Key::wallet_pages(&account, 70_000).map(|key| key.bytes()).collect();
        assert!(keys.windows(2).all(|pair| pair[0] < pair[1]));
        // As they were stored before there could be more than 256.
        assert_eq!((&keys[7][..], &keys[255][..]), (&b"ana\0\x07"[..], &b"ana\0\xff"[..]));
    }

    #[test]
    fn i4_keys_of_new_campaigns_in_different_slots_never_meet() {
        let keys = |slot| Key::RecentKeys(Holder::Campaigns(Slot::from_u16(slot)), 20_601).bytes();
        assert_ne!(keys(1), keys(2), "two documents under one key: the second save would lose the first");
    }
}
