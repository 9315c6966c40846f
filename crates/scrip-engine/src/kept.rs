//! The end of a journal, as it is written down elsewhere.

use std::{fmt, str::FromStr};

use scrip_core::{slot::Bucket, time::Timestamp};
use scrip_store::{Head, Store, StoreError, frame::Hash};

/// Where a bucket's journal ended at some time: `position:hash`, the hash as 64 hexadecimal digits. Of another bucket than the
/// first `bucket/position:hash`.
///
/// Whoever keeps one outside the database's reach finds out that what it covers was written anew, or is missing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct KeptHead {
    pub bucket: Bucket,
    /// Of a batch's last event.
    pub position: u64,
    pub hash: Hash,
}

/// A text that isn't a head.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("not a head: position, colon, 64 hexadecimal digits, as `scrip verify` prints it")]
pub struct NotAHead;

impl KeptHead {
    pub const fn of(bucket: Bucket, head: &Head) -> Self {
        Self { bucket, position: head.position, hash: head.hash }
    }

    /// Those of a store, with the times of the last batches.
    pub fn all(store: &dyn Store) -> Result<Vec<(Self, Timestamp)>, StoreError> {
        let mut snapshot = store.snapshot()?;
        let mut heads = Vec::new();
        for bucket in store.buckets().all() {
            let head = snapshot.head(bucket)?;
            if head.position > 0 {
                heads.push((Self::of(bucket, &head), head.at));
            }
        }
        Ok(heads)
    }
}

impl fmt::Display for KeptHead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.bucket != Bucket::FIRST {
            write!(f, "{}/", self.bucket.get())?;
        }
        write!(f, "{}:", self.position)?;
        self.hash.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl FromStr for KeptHead {
    type Err = NotAHead;

    fn from_str(text: &str) -> Result<Self, NotAHead> {
        let (bucket, rest) = match text.split_once('/') {
            Some((bucket, rest)) => (Bucket::from_u16(bucket.parse().map_err(|_| NotAHead)?), rest),
            None => (Bucket::FIRST, text),
        };
        let (position, digits) = rest.split_once(':').ok_or(NotAHead)?;
        let position = position.parse().ok().filter(|position| *position > 0).ok_or(NotAHead)?;
        let mut hash = [0; 32];
        if digits.len() != 64 || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return Err(NotAHead);
        }
        for (byte, two) in hash.iter_mut().zip(digits.as_bytes().chunks(2)) {
            let two = std::str::from_utf8(two).map_err(|_| NotAHead)?;
            *byte = u8::from_str_radix(two, 16).map_err(|_| NotAHead)?;
        }
        Ok(Self { bucket, position, hash })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_read_back_from_its_text() {
        let hash = std::array::from_fn(|index| u8::try_from(index * 7).expect("below 256"));
        let first = KeptHead { bucket: Bucket::FIRST, position: 42, hash };
        let other = KeptHead { bucket: Bucket::from_u16(7), ..first };
        assert!(first.to_string().starts_with("42:00070e"), "{first}");
        assert!(other.to_string().starts_with("7/42:00070e"), "{other}");
        for head in [first, other] {
            assert_eq!(head.to_string().parse(), Ok(head));
            assert_eq!(head.to_string().to_uppercase().parse(), Ok(head));
        }
        let whole = first.to_string();
        for wrong in [
            "",
            "42",
            "42:",
            "42:00",
            &whole[1..60],
            &format!("{whole}0"),
            &format!("x{whole}"),
            "0:",
            &whole.replace("42:", "0:"),
            &whole.replace("42:00", "42:+0"),
            &whole.replace("42:00", "42:é"),
        ] {
            assert_eq!(wrong.parse::<KeptHead>(), Err(NotAHead), "{wrong}");
        }
    }
}
