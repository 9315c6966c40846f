//! What columns hold: the few kinds of values that every database has, and how the domain's types stand in them.

use std::borrow::Cow;

use scrip_core::{
    code::SecretNumber,
    id::{CampaignId, CouponId, JobId},
    metadata::Members,
    money::{Amount, Currency},
    name::{AccountId, IndividualId, LineId, OrderId, ProductId, RefundName, SellerId, SourceName},
    slot::Bucket,
    time::Timestamp,
};

use super::word::Word;

/// A stored value. Values are ordered as rows are listed by them: nothing, numbers, texts by their bytes, bytes.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Value<'v> {
    Null,
    /// Also an amount in minor units, an instant in microseconds since 1970, and 0 or 1 for no or yes.
    Integer(i64),
    /// Also an id, and metadata as a JSON object.
    Text(Cow<'v, str>),
    Bytes(Cow<'v, [u8]>),
}

impl Value<'_> {
    /// The same, borrowing nothing.
    pub fn into_owned(self) -> Value<'static> {
        match self {
            Self::Null => Value::Null,
            Self::Integer(number) => Value::Integer(number),
            Self::Text(text) => Value::Text(Cow::Owned(text.into_owned())),
            Self::Bytes(bytes) => Value::Bytes(Cow::Owned(bytes.into_owned())),
        }
    }
}

/// A type that stands in a column.
pub trait Column: Sized {
    fn value(&self) -> Value<'_>;

    /// `None` for what was never written.
    fn read(value: &Value<'_>) -> Option<Self>;
}

/// A row as a backend reads it.
pub trait Stored {
    /// What stands in a column, counted from 0; `None` for what is no value of ours.
    fn value(&self, column: usize) -> Option<Value<'_>>;
}

/// A stored value that isn't what its column may hold.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{value:?} isn't what the column {column} of {table} may hold")]
pub struct Unreadable {
    pub table: &'static str,
    pub column: &'static str,
    /// `None`: no value of ours.
    pub value: Option<Value<'static>>,
}

/// Reads a row's columns one after the other.
pub(super) struct Reading<'s> {
    pub table: &'static str,
    pub names: &'static [&'static str],
    pub stored: &'s dyn Stored,
    pub next: usize,
}

impl Reading<'_> {
    /// Errors: [`Unreadable`], naming the column.
    pub fn column<C: Column>(&mut self) -> Result<C, Unreadable> {
        let at = self.next;
        self.next += 1;
        let value = self.stored.value(at);
        value.as_ref().and_then(C::read).ok_or_else(|| Unreadable {
            table: self.table,
            column: self.names.get(at).copied().unwrap_or_default(),
            value: value.map(Value::into_owned),
        })
    }
}

fn integer(value: &Value<'_>) -> Option<i64> {
    if let Value::Integer(number) = value { Some(*number) } else { None }
}

fn text<'v>(value: &'v Value<'_>) -> Option<&'v str> {
    if let Value::Text(text) = value { Some(text) } else { None }
}

impl<C: Column> Column for Option<C> {
    fn value(&self) -> Value<'_> {
        self.as_ref().map_or(Value::Null, C::value)
    }

    fn read(value: &Value<'_>) -> Option<Self> {
        if *value == Value::Null { Some(None) } else { C::read(value).map(Some) }
    }
}

impl<W: Word> Column for W {
    fn value(&self) -> Value<'_> {
        Value::Text(Cow::Borrowed(self.word()))
    }

    fn read(value: &Value<'_>) -> Option<Self> {
        W::find(text(value)?)
    }
}

impl Column for i64 {
    fn value(&self) -> Value<'_> {
        Value::Integer(*self)
    }

    fn read(value: &Value<'_>) -> Option<Self> {
        integer(value)
    }
}

/// Positions and counts. A journal of 2^63 events isn't reached; a bound of a search may be.
impl Column for u64 {
    fn value(&self) -> Value<'_> {
        Value::Integer(i64::try_from(*self).unwrap_or(i64::MAX))
    }

    fn read(value: &Value<'_>) -> Option<Self> {
        integer(value)?.try_into().ok()
    }
}

impl Column for u32 {
    fn value(&self) -> Value<'_> {
        Value::Integer((*self).into())
    }

    fn read(value: &Value<'_>) -> Option<Self> {
        integer(value)?.try_into().ok()
    }
}

impl Column for bool {
    fn value(&self) -> Value<'_> {
        Value::Integer((*self).into())
    }

    fn read(value: &Value<'_>) -> Option<Self> {
        match integer(value)? {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }
}

impl Column for String {
    fn value(&self) -> Value<'_> {
        Value::Text(Cow::Borrowed(self))
    }

    fn read(value: &Value<'_>) -> Option<Self> {
        text(value).map(str::to_owned)
    }
}

impl Column for Vec<u8> {
    fn value(&self) -> Value<'_> {
        Value::Bytes(Cow::Borrowed(self))
    }

    fn read(value: &Value<'_>) -> Option<Self> {
        if let Value::Bytes(bytes) = value { Some(bytes.to_vec()) } else { None }
    }
}

impl Column for Bucket {
    fn value(&self) -> Value<'_> {
        Value::Integer(self.get().into())
    }

    fn read(value: &Value<'_>) -> Option<Self> {
        integer(value)?.try_into().ok().map(Self::from_u16)
    }
}

impl Column for SecretNumber {
    fn value(&self) -> Value<'_> {
        Value::Integer(self.get().into())
    }

    fn read(value: &Value<'_>) -> Option<Self> {
        u32::read(value).map(Self::new)
    }
}

impl Column for Amount {
    fn value(&self) -> Value<'_> {
        Value::Integer(self.minor())
    }

    fn read(value: &Value<'_>) -> Option<Self> {
        integer(value).filter(|minor| *minor >= 0).map(Self::of)
    }
}

impl Column for Timestamp {
    fn value(&self) -> Value<'_> {
        Value::Integer(self.micros())
    }

    fn read(value: &Value<'_>) -> Option<Self> {
        integer(value).map(Self::from_micros)
    }
}

/// As a JSON object, keys in order: the same members are the same text.
impl Column for Members {
    fn value(&self) -> Value<'_> {
        Value::Text(Cow::Owned(serde_json::to_string(self).expect("texts by texts can be written")))
    }

    fn read(value: &Value<'_>) -> Option<Self> {
        serde_json::from_str(text(value)?).ok()
    }
}

impl Column for Currency {
    fn value(&self) -> Value<'_> {
        Value::Text(Cow::Borrowed(self.code()))
    }

    fn read(value: &Value<'_>) -> Option<Self> {
        Self::from_code(text(value)?)
    }
}

macro_rules! ids {
    ($($name:ident)*) => {$(
        impl Column for $name {
            fn value(&self) -> Value<'_> {
                Value::Text(Cow::Owned(self.to_string()))
            }

            fn read(value: &Value<'_>) -> Option<Self> {
                text(value)?.parse().ok()
            }
        }
    )*};
}
ids!(CampaignId CouponId JobId);

/// Names are read as they were taken, whatever a name may be today.
macro_rules! names {
    ($($name:ident)*) => {$(
        impl Column for $name {
            fn value(&self) -> Value<'_> {
                Value::Text(Cow::Borrowed(self.as_str()))
            }

            fn read(value: &Value<'_>) -> Option<Self> {
                text(value).filter(|text| !text.is_empty()).map(Self::stored)
            }
        }
    )*};
}
names!(AccountId IndividualId LineId OrderId ProductId RefundName SellerId SourceName);
