//! Whether objects are objects: a derived reader takes a list of values in the order of the fields for an object, and nobody
//! means that.

use std::{collections::HashMap, fmt, sync::OnceLock};

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use crate::contract::{contract, referred};

/// Where an operation's body may have objects and lists.
pub fn of_body(method: &str, path: &str) -> Option<&'static Shape> {
    static SHAPES: OnceLock<HashMap<&'static str, HashMap<String, Shape>>> = OnceLock::new();
    let shapes = SHAPES.get_or_init(|| {
        let paths = contract()["paths"].as_object().into_iter().flatten();
        paths.map(|(path, item)| (path.as_str(), bodies(item))).collect()
    });
    shapes.get(path)?.get(method)
}

/// Of the operations of one path, by method.
fn bodies(item: &'static Value) -> HashMap<String, Shape> {
    let operations = item.as_object().into_iter().flatten();
    operations
        .filter_map(|(method, operation)| {
            let schema = operation["requestBody"]["content"]["application/json"].get("schema")?;
            Some((method.to_ascii_uppercase(), Shape::of(&[schema])))
        })
        .collect()
}

/// What the schemas that a value may have let stand below it; of numbers and texts nothing is asked.
#[derive(Debug)]
pub struct Shape {
    /// Nothing is known of the value: it may be a list as well.
    is_anything: bool,
    members: HashMap<&'static str, Self>,
    /// `None`: not a list.
    element: Option<Box<Self>>,
}

impl Shape {
    fn of(schemas: &[&'static Value]) -> Self {
        let alternatives = alternatives(schemas);
        let mut names: Vec<&'static str> = Vec::new();
        for schema in &alternatives {
            names.extend(schema["properties"].as_object().into_iter().flatten().map(|(name, _)| name.as_str()));
        }
        let member = |name: &'static str| {
            let of: Vec<_> = alternatives.iter().filter_map(|schema| schema["properties"].get(name)).collect();
            (name, Self::of(&of))
        };
        let elements: Vec<_> =
            alternatives.iter().filter(|schema| takes_list(schema)).map(|schema| &schema["items"]).collect();
        Self {
            is_anything: schemas.is_empty(),
            members: names.into_iter().map(member).collect(),
            element: (!elements.is_empty()).then(|| Box::new(Self::of(&elements))),
        }
    }

    /// Whether every list in a body stands where the schema has one. Reads the text once, keeps nothing of it.
    pub fn fits(&self, bytes: &[u8]) -> bool {
        // Most bodies of claims have no list at all.
        if !bytes.contains(&b'[') {
            return true;
        }
        let mut reader = serde_json::Deserializer::from_slice(bytes);
        self.deserialize(&mut reader).is_ok()
    }
}

/// References and alternatives followed to schemas of their own.
fn alternatives(schemas: &[&'static Value]) -> Vec<&'static Value> {
    let mut found = Vec::new();
    let mut next = schemas.to_vec();
    while let Some(schema) = next.pop() {
        if let Some(name) = referred(schema) {
            next.push(crate::contract::schema(name));
        } else if let Some(all) = schema["oneOf"].as_array() {
            next.extend(all);
        } else {
            found.push(schema);
        }
    }
    found
}

fn takes_list(schema: &Value) -> bool {
    let kind = &schema["type"];
    kind == "array" || kind.as_array().is_some_and(|kinds| kinds.iter().any(|kind| kind == "array"))
}

impl<'de> DeserializeSeed<'de> for &Shape {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        if self.is_anything {
            deserializer.deserialize_ignored_any(IgnoredAny).map(drop)
        } else {
            deserializer.deserialize_any(self)
        }
    }
}

impl<'de> Visitor<'de> for &Shape {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("what the schema has here")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(of) = map.next_key_seed(Name(&self.members))? {
            match of {
                Some(shape) => map.next_value_seed(shape)?,
                None => map.next_value::<IgnoredAny>().map(drop)?,
            }
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        let Some(element) = self.element.as_deref() else {
            return Err(A::Error::custom("a list where an object is"));
        };
        while seq.next_element_seed(element)?.is_some() {}
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
}

/// Looks a member up by its name, without keeping the name.
struct Name<'s>(&'s HashMap<&'static str, Shape>);

impl<'de, 's> DeserializeSeed<'de> for Name<'s> {
    type Value = Option<&'s Shape>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'s> Visitor<'_> for Name<'s> {
    type Value = Option<&'s Shape>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a member's name")
    }

    fn visit_str<E>(self, name: &str) -> Result<Self::Value, E> {
        Ok(self.0.get(name))
    }
}
