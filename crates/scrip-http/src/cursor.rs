//! Opaque cursors.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use scrip_core::reason::Refusal;
use serde::{Serialize, de::DeserializeOwned};

use scrip_desk::hash;

use crate::problem::Problem;

/// A list as it was asked for, whose cursors are no other's: which list, whose, sorted and filtered how.
pub struct List(u64);

impl List {
    /// `asked`: all that decides what is in the list and in which order.
    pub fn of(asked: &impl Serialize) -> Self {
        let hash = hash(asked);
        Self(u64::from_be_bytes(hash[..8].try_into().expect("half of 16 bytes")))
    }

    /// Where a page ended.
    pub fn cursor(&self, after: &impl Serialize) -> String {
        encode(&(self.0, after))
    }

    /// Where the next page begins.
    ///
    /// Errors: `invalid_field` for a cursor of another list, or none at all.
    pub fn after<T: DeserializeOwned>(&self, cursor: Option<&str>) -> Result<Option<T>, Problem> {
        match decode::<(u64, T)>(cursor)? {
            Some((list, _)) if list != self.0 => Err(unknown()),
            found => Ok(found.map(|(_, after)| after)),
        }
    }
}

/// Where a feed goes on, whatever was asked of it: its reader may ask for other types from there.
pub fn encode(after: &impl Serialize) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(serde_json::to_vec(after).expect("where a page ended can be written"))
}

/// Errors: `invalid_field` for anything that [`encode`] didn't make.
pub fn decode<T: DeserializeOwned>(cursor: Option<&str>) -> Result<Option<T>, Problem> {
    let Some(cursor) = cursor else { return Ok(None) };
    BASE64_URL_SAFE_NO_PAD
        .decode(cursor)
        .ok()
        .and_then(|bytes| serde_json::from_slice(&bytes).ok())
        .map(Some)
        .ok_or_else(unknown)
}

/// The same of a cursor in a body.
pub fn unknown_in_body() -> Problem {
    Refusal::invalid("/cursor", "a next_cursor of this list").into()
}

/// A cursor that this list never gave.
pub fn unknown() -> Problem {
    Problem::parameter("cursor", "a next_cursor of this list")
}
