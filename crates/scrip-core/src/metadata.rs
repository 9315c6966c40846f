//! What integrators attach to campaigns, orders and refunds: texts that are kept and shown, never interpreted
//! (decision 0023).

use std::{collections::BTreeMap, fmt, marker::PhantomData};

use minicbor::{Decode, Encode};
use serde::{Deserialize, Deserializer, Serialize, de};

use crate::{
    name::{MetadataKey, SellerId},
    reason::{Reason, Refusal, RefusalError},
};

/// Members that an object may have, whoever wrote them.
pub const MEMBERS_MAX: usize = 20;

/// Members of one request to change them: as many to go as there can be, and as many to come.
const CHANGES_MAX: usize = 2 * MEMBERS_MAX;

/// How often an order's metadata may change, that of its refunds included: its document keeps the position in the journal of each
/// change, so that old answers can be given again.
pub const ORDER_CHANGES_MAX: u32 = 1_000;

const VALUE_LIMIT: &str = "a string of at most 500 characters";

/// A text of at most 500 characters (Unicode code points), perhaps empty.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize)]
#[cbor(transparent)]
#[serde(transparent)]
pub struct MetadataValue(Box<str>);

impl MetadataValue {
    pub const CHARACTERS_MAX: usize = 500;

    /// `None` for a longer text.
    pub fn new(text: &str) -> Option<Self> {
        (text.chars().count() <= Self::CHARACTERS_MAX).then(|| Self(text.into()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<'de> Deserialize<'de> for MetadataValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::new(&text).ok_or_else(|| de::Error::invalid_length(text.chars().count(), &VALUE_LIMIT))
    }
}

/// Who wrote a member. An operator sees all members; every other caller sees those that it, or another key of its role, wrote,
/// a seller its own.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub enum Writer {
    #[n(0)]
    Operator,
    #[n(1)]
    Seller(#[n(0)] SellerId),
    #[n(2)]
    Storefront,
}

/// An object's metadata, and who wrote each member: at most [`MEMBERS_MAX`], in the order of their keys.
#[derive(Clone, PartialEq, Eq, Debug, Default, Encode, Decode)]
#[cbor(transparent)]
pub struct Metadata(Vec<Member>);

#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(map)]
struct Member {
    #[n(0)]
    key: MetadataKey,
    #[n(1)]
    value: MetadataValue,
    #[n(2)]
    by: Writer,
}

impl Member {
    fn is_shown_to(&self, reader: &Writer) -> bool {
        *reader == Writer::Operator || *reader == self.by
    }
}

impl Metadata {
    /// A new object's, all of it by whoever makes the object.
    pub fn new(members: Members, by: &Writer) -> Self {
        Self(members.0.into_iter().map(|(key, value)| Member { key, value, by: by.clone() }).collect())
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Keys and values.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        self.0.iter().flat_map(|member| [member.key.as_str(), member.value.as_str()])
    }

    /// All of it, for those who read everything.
    pub fn all(&self) -> Members {
        self.shown_to(Some(&Writer::Operator))
    }

    /// What a reader may see. `None`: a shopper, who sees nothing.
    pub fn shown_to(&self, reader: Option<&Writer>) -> Members {
        let shown = |member: &&Member| reader.is_some_and(|reader| member.is_shown_to(reader));
        self.0.iter().filter(shown).map(|member| (member.key.clone(), member.value.clone())).collect()
    }

    /// With members set or removed. A member stays whose it was: an operator who corrects a seller's doesn't take it away.
    /// What the caller can't see doesn't exist for it: removing that does nothing.
    ///
    /// Errors: `metadata_key_taken` for each key that somebody has whose members the caller can't see; `limit_reached` for more
    /// than [`MEMBERS_MAX`], those included that the caller can't see.
    pub fn changed(&self, changes: &Changes, by: &Writer) -> Result<Self, Refusal> {
        let mut changed = self.clone();
        let mut taken = Vec::new();
        for (key, value) in &changes.0 {
            let index = changed.0.binary_search_by(|member| member.key.cmp(key));
            match (index, value) {
                (Ok(index), _) if !changed.0[index].is_shown_to(by) => {
                    if value.is_some() {
                        let pointer = Some(format!("/metadata/{key}"));
                        taken.push(RefusalError { pointer, reason: Reason::MetadataKeyTaken });
                    }
                }
                (Ok(index), Some(value)) => changed.0[index].value = value.clone(),
                (Ok(index), None) => drop(changed.0.remove(index)),
                (Err(index), Some(value)) => {
                    let member = Member { key: key.clone(), value: value.clone(), by: by.clone() };
                    changed.0.insert(index, member);
                }
                (Err(_), None) => {}
            }
        }
        if !taken.is_empty() {
            return Err(taken.into());
        }
        if changed.0.len() > MEMBERS_MAX {
            let reason = Reason::LimitReached { limit: MEMBERS_MAX as u64, of: "metadata" };
            return Err(Refusal::at("/metadata", reason));
        }
        Ok(changed)
    }
}

/// Metadata as it is given with a new object and as it is shown: keys and texts.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
#[serde(transparent)]
pub struct Members(BTreeMap<MetadataKey, MetadataValue>);

impl Members {
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromIterator<(MetadataKey, MetadataValue)> for Members {
    fn from_iter<I: IntoIterator<Item = (MetadataKey, MetadataValue)>>(members: I) -> Self {
        Self(members.into_iter().collect())
    }
}

/// Members to set, and (`None`) to remove.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Changes(BTreeMap<MetadataKey, Option<MetadataValue>>);

impl FromIterator<(MetadataKey, Option<MetadataValue>)> for Changes {
    fn from_iter<I: IntoIterator<Item = (MetadataKey, Option<MetadataValue>)>>(members: I) -> Self {
        Self(members.into_iter().collect())
    }
}

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let expected = "an object of at most 20 members";
        deserializer.deserialize_map(Unrepeated { most: MEMBERS_MAX, expected, of: PhantomData }).map(Self)
    }
}

impl<'de> Deserialize<'de> for Changes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let expected = "an object of at most 40 members";
        deserializer.deserialize_map(Unrepeated { most: CHANGES_MAX, expected, of: PhantomData }).map(Self)
    }
}

/// Reads a map of bounded size in which each key stands once.
struct Unrepeated<V> {
    most: usize,
    expected: &'static str,
    of: PhantomData<V>,
}

impl<'de, V: Deserialize<'de>> de::Visitor<'de> for Unrepeated<V> {
    type Value = BTreeMap<MetadataKey, V>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.expected)
    }

    fn visit_map<A: de::MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = BTreeMap::new();
        while let Some(key) = map.next_key::<MetadataKey>()? {
            if members.contains_key(&key) {
                return Err(de::Error::custom(format_args!("duplicate field `{key}`")));
            }
            if members.len() == self.most {
                return Err(de::Error::invalid_length(self.most + 1, &self));
            }
            members.insert(key, map.next_value()?);
        }
        Ok(members)
    }
}

#[cfg(feature = "schema")]
mod schema {
    use utoipa::{
        PartialSchema, ToSchema,
        openapi::{
            ObjectBuilder, RefOr,
            schema::{Schema, SchemaType, Type},
        },
    };

    use super::{CHANGES_MAX, Changes, MEMBERS_MAX, Members, MetadataValue};

    fn value(kind: SchemaType) -> ObjectBuilder {
        ObjectBuilder::new().schema_type(kind).max_length(Some(MetadataValue::CHARACTERS_MAX))
    }

    fn map(most: usize, value: ObjectBuilder, text: &str) -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::Object)
            .max_properties(Some(most))
            .property_names(Some(key()))
            .additional_properties(Some(value))
            .description(Some(text))
            .into()
    }

    fn key() -> ObjectBuilder {
        ObjectBuilder::new().schema_type(Type::String).pattern(Some(crate::name::METADATA_KEY_PATTERN))
    }

    impl PartialSchema for Members {
        fn schema() -> RefOr<Schema> {
            let text = "What you attach to an object: at most 20 strings, kept and shown, never interpreted. Operators see all of \
                        it, other roles what they wrote. It can't be erased: no personal data.";
            map(MEMBERS_MAX, value(Type::String.into()), text)
        }
    }

    impl ToSchema for Members {
        fn name() -> std::borrow::Cow<'static, str> {
            "Metadata".into()
        }
    }

    impl PartialSchema for Changes {
        fn schema() -> RefOr<Schema> {
            let text = "Members to set; null removes one. Those that aren't named stay.";
            map(CHANGES_MAX, value(SchemaType::from_iter([Type::String, Type::Null])), text)
        }
    }

    impl ToSchema for Changes {
        fn name() -> std::borrow::Cow<'static, str> {
            "MetadataPatch".into()
        }
    }
}
