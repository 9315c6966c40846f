//! Walking over schemas as JSON.

use serde_json::{Map, Value, json};

use crate::contract::referred;

pub const SCHEMAS: &str = "#/components/schemas/";

/// A reference to a schema by name.
pub fn reference(name: &str) -> Value {
    json!({"$ref": format!("{SCHEMAS}{name}")})
}

/// The schemas of a document by name.
pub fn schemas(document: &mut Value) -> &mut Map<String, Value> {
    document["components"]["schemas"].as_object_mut().expect("a document has schemas")
}

/// Every object in a value, innermost first.
pub fn each(value: &mut Value, change: &mut impl FnMut(&mut Map<String, Value>)) {
    match value {
        Value::Object(members) => {
            members.values_mut().for_each(|member| each(member, change));
            change(members);
        }
        Value::Array(entries) => entries.iter_mut().for_each(|entry| each(entry, change)),
        _ => {}
    }
}

/// Every name that a value refers to.
pub fn references(value: &Value, see: &mut impl FnMut(&str)) {
    match value {
        Value::Object(members) => {
            if let Some(name) = referred(value) {
                see(name);
            }
            members.values().for_each(|member| references(member, see));
        }
        Value::Array(entries) => entries.iter().for_each(|entry| references(entry, see)),
        _ => {}
    }
}

/// References lead to the new names.
pub fn rename(value: &mut Value, new_name: &impl Fn(&str) -> Option<String>) {
    each(value, &mut |members| {
        for key in ["$ref", "mapping"] {
            match members.get_mut(key) {
                Some(Value::String(to)) => follow(to, new_name),
                Some(Value::Object(mapping)) if key == "mapping" => {
                    for to in mapping.values_mut() {
                        if let Value::String(to) = to {
                            follow(to, new_name);
                        }
                    }
                }
                _ => {}
            }
        }
    });
}

fn follow(to: &mut String, new_name: &impl Fn(&str) -> Option<String>) {
    if let Some(new) = to.strip_prefix(SCHEMAS).and_then(new_name) {
        *to = format!("{SCHEMAS}{new}");
    }
}

/// `amount_off` as a type is named: `AmountOff`.
pub fn pascal(word: &str) -> String {
    word.split(['_', '-', '.']).map(|part| part[..1].to_ascii_uppercase() + &part[1..]).collect()
}

/// Whether null is one of the values.
pub fn is_nullable(schema: &Value) -> bool {
    let null =
        |kinds: &Value| kinds == "null" || kinds.as_array().is_some_and(|all| all.iter().any(|kind| kind == "null"));
    null(&schema["type"]) || schema["oneOf"].as_array().is_some_and(|all| all.iter().any(|one| null(&one["type"])))
}

/// The schema without null.
pub fn given(schema: &Value) -> Value {
    let mut schema = schema.clone();
    if let Some(kinds) = schema["type"].as_array() {
        let others: Vec<Value> = kinds.iter().filter(|kind| *kind != "null").cloned().collect();
        schema["type"] = if let [one] = &others[..] { one.clone() } else { Value::Array(others) };
    }
    if let Some(all) = schema.get("oneOf").and_then(Value::as_array) {
        let others: Vec<Value> = all.iter().filter(|one| one["type"] != "null").cloned().collect();
        if let [one] = &others[..] {
            let mut one = one.clone();
            if let (Some(one), Some(members)) = (one.as_object_mut(), schema.as_object()) {
                one.extend(members.iter().filter(|(name, _)| *name != "oneOf").map(|(n, v)| (n.clone(), v.clone())));
            }
            return one;
        }
        schema["oneOf"] = Value::Array(others);
    }
    schema
}
