//! Every aggregate: one list, from which follow its key, its kind, its document and how [`State`] finds it.

use super::{
    State,
    key::{Lives, PageNumber, joined},
};
use crate::{
    api_key::ApiKey,
    campaign::{Allowance, Campaign},
    code::{Code, Job},
    exchange::{GrantBook, PendingLeases, Pool},
    id::{CampaignId, CodeHash, JobId, KeyId},
    idempotency::{Holder, RecentKeys},
    individual::Individual,
    name::{AccountId, IndividualId, OrderId, RefundName},
    order::{Due, Order, RefundLocation, RefundPage},
    slot::{Bucket, Buckets},
    wallet::{History, Wallet, WalletPage},
};

macro_rules! aggregates {
    ($(
        $(#[$doc:meta])*
        $number:literal $name:ident($($field:ident: $(& $lent:ident)? $($copied:ident)?),*) {
            bucket: $place:ident, bytes: [$($part:expr),*], document: $document:ty, getter: $getter:ident
        }
    )*) => {
        /// Names one aggregate.
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub enum Key {
            $($(#[$doc])* $name($($($lent)? $($copied)?),*),)*
        }

        /// The kinds of aggregates, by the number that stands in every stored key.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        #[repr(u8)]
        pub enum Kind {
            $($name = $number,)*
        }

        impl Kind {
            /// Every kind, in the order of the list.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// The kind that has this number, if one has.
            pub const fn from_number(number: u8) -> Option<Self> {
                match number {
                    $($number => Some(Self::$name),)*
                    _ => None,
                }
            }
        }

        impl Key {
            /// What the key names one of.
            pub const fn kind(&self) -> Kind {
                match self { $(Self::$name(..) => Kind::$name,)* }
            }

            /// The bucket that has the aggregate, in every stored key.
            #[allow(unused_variables, reason = "one field names the bucket")]
            pub fn bucket(&self, buckets: Buckets) -> Bucket {
                match self { $(Self::$name($($field),*) => $place.bucket(buckets),)* }
            }

            /// The key within its bucket and kind, so that byte order is the order of ranges.
            #[allow(unused_variables, reason = "a bucket's number doesn't stand in them")]
            pub fn bytes(&self) -> Vec<u8> {
                match self { $(Self::$name($($field),*) => joined(&[$($part),*]),)* }
            }
        }

        /// Any aggregate. Encoded without a tag: its key says what it is.
        #[derive(Clone, PartialEq, Eq, Debug)]
        pub enum Aggregate {
            $($name($document),)*
        }

        impl Aggregate {
            /// CBOR with integer keys: unknown keys are skipped, new fields optional, none renumbered.
            pub fn encode(&self) -> Vec<u8> {
                match self {
                    $(Self::$name(document) => minicbor::to_vec(document).expect("writing to memory doesn't fail"),)*
                }
            }
        }

        /// Reads an aggregate of `kind` back.
        ///
        /// Errors: the bytes are no document of that kind.
        pub fn decode(kind: Kind, bytes: &[u8]) -> Result<Aggregate, minicbor::decode::Error> {
            match kind {
                $(Kind::$name => minicbor::decode(bytes).map(Aggregate::$name),)*
            }
        }

        impl State {$(
            #[doc = concat!("What stands under [`Key::", stringify!($name), "`], if it was loaded and there is one.")]
            pub fn $getter(&self, $($field: $(& $lent)? $($copied)?),*) -> Option<&$document> {
                let Aggregate::$name(document) = self.get(&Key::$name($($field.to_owned()),*))? else { return None };
                Some(document)
            }
        )*}
    };
}

// A line of the list, from left to right:
//
// - the number of its kind, stored for ever: append, never renumber;
// - its name, and the fields of its key; `&`: the getter borrows that one;
// - `bucket`: the field that says where it lives;
// - `bytes`: what its key is made of, within bucket and kind, in the order of ranges; joined as in `key/part.rs`;
// - `document`: what is stored under it;
// - `getter`: the method of `State` that finds it.
aggregates! {
    /// An account's coupons: the head, with the first of the live ones.
    0 Wallet(account: &AccountId) { bucket: account, bytes: [account], document: Wallet, getter: wallet }
    /// Live coupons that the head has no room for.
    1 WalletPage(account: &AccountId, page: u32) {
        bucket: account, bytes: [account, &PageNumber(*page)], document: WalletPage, getter: wallet_page
    }
    /// Coupons that were used or have expired.
    2 History(account: &AccountId, page: u32) {
        bucket: account, bytes: [account, page], document: History, getter: history
    }
    3 Order(account: &AccountId, order: &OrderId) {
        bucket: account, bytes: [account, order], document: Order, getter: order
    }
    /// In its home.
    4 Campaign(campaign: CampaignId) {
        bucket: campaign, bytes: [campaign], document: Campaign, getter: campaign_at_home
    }
    /// What the bucket has given out of the campaign's stock and budget, and its quotas of both.
    5 Allowance(bucket: Bucket, campaign: CampaignId) {
        bucket: bucket, bytes: [campaign], document: Allowance, getter: allowance_in
    }
    /// In its home.
    6 Code(hash: CodeHash) { bucket: hash, bytes: [hash], document: Code, getter: code_at_home }
    /// Idempotency keys used for an account or a collection on a day. The day comes first: what is written goes to the end,
    /// and old days can be dropped as a range.
    7 RecentKeys(holder: &Holder, day: u32) {
        bucket: holder, bytes: [day, holder], document: RecentKeys, getter: recent_keys
    }
    /// Orders whose hold runs out in a second, 64 documents for each by account: a busy second is many small documents
    /// instead of one that is written again and again, and a command can name the one that it will write to.
    8 Due(bucket: Bucket, second: u64, chunk: u64) {
        bucket: bucket, bytes: [second, chunk], document: Due, getter: due
    }
    9 ApiKey(id: KeyId) { bucket: id, bytes: [id], document: ApiKey, getter: api_key }
    10 Job(id: JobId) { bucket: id, bytes: [id], document: Job, getter: job }
    /// A campaign as a bucket that isn't its home knows it.
    11 CampaignHere(bucket: Bucket, campaign: CampaignId) {
        bucket: bucket, bytes: [campaign], document: Campaign, getter: campaign_here
    }
    /// A code as a bucket that isn't its home knows it.
    12 CodeHere(bucket: Bucket, hash: CodeHash) { bucket: bucket, bytes: [hash], document: Code, getter: code_here }
    /// In a pool's home: what it has granted to which bucket.
    13 GrantBook(pool: &Pool) { bucket: pool, bytes: [pool], document: GrantBook, getter: grant_book }
    /// In the codes' home: leases that nobody has confirmed or released yet. 64 documents for each bucket.
    14 LeasesOut(bucket: Bucket, chunk: u8) {
        bucket: bucket, bytes: [chunk], document: PendingLeases, getter: leases_out
    }
    /// In the accounts' bucket: leases that nobody uses any more and that return to the codes' home. 64 documents for each
    /// bucket.
    15 LeasesReturning(bucket: Bucket, chunk: u8) {
        bucket: bucket, bytes: [chunk], document: PendingLeases, getter: leases_returning
    }
    /// What an individual's linked accounts in a bucket have claimed.
    16 Individual(bucket: Bucket, individual: &IndividualId) {
        bucket: bucket, bytes: [individual], document: Individual, getter: individual_in
    }
    /// Refunds of an order beyond those that stand in it.
    17 RefundPage(account: &AccountId, order: &OrderId, page: u32) {
        bucket: account, bytes: [account, order, page], document: RefundPage, getter: refund_page
    }
    /// Which page has a refund.
    18 RefundLocation(account: &AccountId, order: &OrderId, refund: &RefundName) {
        bucket: account, bytes: [account, order, refund], document: RefundLocation, getter: refund_location
    }
}

impl Kind {
    /// The number that stands in stored keys.
    pub const fn number(self) -> u8 {
        self as u8
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{id::Uid, name::SourceName, slot::Slot};

    #[test]
    fn kinds_keep_their_numbers() {
        for (index, kind) in Kind::ALL.iter().enumerate() {
            assert_eq!(usize::from(kind.number()), index);
            assert_eq!(Kind::from_number(kind.number()), Some(*kind));
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
}
