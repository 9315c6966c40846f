//! Keys of aggregates: small versioned documents, each in one bucket. Which there are, `aggregate.rs` lists.

mod part;

pub(crate) use part::{Lives, PageNumber, joined};

use super::aggregate::Key;
use crate::{
    id::{CampaignId, CodeHash, Uid},
    idempotency::Holder,
    name::AccountId,
    order::Order,
    slot::{Bucket, Buckets, Slot},
    time::Timestamp,
};

impl Key {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::name::OrderId;

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
        for other in [
            &b""[..],
            &[0, 0, 0, 1],
            &[0, 0, 0, 1, b'x'],
            &[0, 0, 0, 1, b'C', 1],
            &[0, 0, 0, 1, b'a'],
            &[0, 0, 0, 1, b'K', 1],
        ] {
            assert_eq!(Key::recent_keys_from_bytes(other), None);
        }
    }

    #[test]
    fn what_falls_due_in_a_second_is_spread_by_the_low_bits_of_the_slot() {
        let buckets = Buckets::new(1_024).expect("a power of two");
        let mut chunks = std::collections::BTreeSet::new();
        for number in 0..500 {
            let account = AccountId::new(&format!("a{number}")).expect("valid");
            let (bucket, at) = (account.slot().bucket(buckets), Timestamp::from_micros(6_999_999));
            let key = Key::due(bucket, at, &account);
            let chunk = u64::from(account.slot().get() % 64);
            assert_eq!(key, Key::Due(bucket, 6, chunk));
            assert_eq!(Key::due_from_bytes(bucket, &key.bytes()), Some(key));
            chunks.insert(chunk);
        }
        assert_eq!(chunks.len(), 64, "all of them");
        assert_eq!(Key::due_from_bytes(Bucket::FIRST, &[0; 15]), None);
    }

    #[test]
    fn leases_that_wait_are_spread_by_bits_that_do_not_choose_the_bucket() {
        for (byte, chunk) in [(0, 0), (1, 1), (63, 63), (64, 0), (255, 63)] {
            let mut bytes = [0x55; 16];
            bytes[2] = byte;
            let hash = CodeHash::from_bytes(bytes);
            let buckets = Buckets::new(65_536).expect("a power of two");
            assert_eq!(Key::leases_out(buckets, hash), Key::LeasesOut(Bucket::from_u16(0x5555), chunk));
            assert_eq!(Key::leases_returning(Bucket::FIRST, hash), Key::LeasesReturning(Bucket::FIRST, chunk));
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
