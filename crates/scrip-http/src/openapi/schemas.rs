//! What the derived schemas say wrongly, mended over the whole document.

use serde_json::{Map, Value, json};

/// Makes every schema say what is really taken and given.
pub fn mend(document: &mut Value) {
    let components = document["components"]["schemas"].clone();
    walk(document, &mut |schema| {
        flatten(schema, &components);
        close_variants(schema);
        bound(schema);
        leave_out(schema);
    });
}

/// Innermost first.
fn walk(value: &mut Value, mend: &mut impl FnMut(&mut Map<String, Value>)) {
    match value {
        Value::Object(members) => {
            members.values_mut().for_each(|member| walk(member, mend));
            mend(members);
        }
        Value::Array(entries) => entries.iter_mut().for_each(|entry| walk(entry, mend)),
        _ => {}
    }
}

/// One object instead of `allOf` several: each part of those refuses the members of the others (`additionalProperties`), so
/// that together they would allow nothing.
fn flatten(schema: &mut Map<String, Value>, components: &Value) {
    let Some(Value::Array(parts)) = schema.remove("allOf") else { return };
    let mut required = Vec::new();
    let mut properties = Map::new();
    for part in parts {
        let part = match part["$ref"].as_str().and_then(|reference| reference.rsplit('/').next()) {
            Some(name) => components[name].clone(),
            None => part,
        };
        required.extend(part["required"].as_array().cloned().unwrap_or_default());
        properties.extend(part["properties"].as_object().cloned().unwrap_or_default());
        if let Some(description) = part.get("description") {
            schema.entry("description").or_insert_with(|| description.clone());
        }
    }
    schema.insert("type".to_owned(), json!("object"));
    schema.insert("required".to_owned(), Value::Array(required));
    schema.insert("properties".to_owned(), Value::Object(properties));
}

/// A tagged variant refuses members that it doesn't know, like every object that is sent.
fn close_variants(schema: &mut Map<String, Value>) {
    for variant in schema.get_mut("oneOf").and_then(Value::as_array_mut).into_iter().flatten() {
        if let Some(variant) = variant.as_object_mut().filter(|variant| variant.contains_key("properties")) {
            variant.insert("additionalProperties".to_owned(), json!(false));
        }
    }
}

/// A count goes up to 2^32 − 1, which is more than the `int32` that is derived for it. Every integer says how wide it is.
fn bound(schema: &mut Map<String, Value>) {
    let kind = schema.get("type");
    let is_integer = kind.is_some_and(|kind| {
        kind == "integer" || kind.as_array().is_some_and(|kinds| kinds.iter().any(|kind| kind == "integer"))
    });
    if is_integer && !schema.contains_key("format") {
        let narrow = schema.get("maximum").and_then(Value::as_i64).is_some_and(|most| most <= i64::from(i32::MAX));
        schema.insert("format".to_owned(), json!(if narrow { "int32" } else { "int64" }));
    }
    if schema.get("format") == Some(&json!("int32")) && !schema.contains_key("maximum") {
        schema.insert("format".to_owned(), json!("int64"));
        schema.insert("maximum".to_owned(), json!(u32::MAX));
    }
}

/// A body that may be left out is one thing, `null` another, which isn't taken.
fn leave_out(operation: &mut Map<String, Value>) {
    let Some(body) = operation.get_mut("requestBody") else { return };
    let schema = &mut body["content"]["application/json"]["schema"];
    if let Some([given, null]) = schema["oneOf"].as_array().map(Vec::as_slice)
        && null["type"] == "null"
    {
        *schema = given.clone();
        body["required"] = json!(false);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_that_refuse_each_others_members_become_one_object() {
        let mut document = json!({"components": {"schemas": {
            "A": {"type": "object", "required": ["a"], "properties": {"a": {"type": "string"}}, "additionalProperties": false},
            "B": {"oneOf": [{"allOf": [{"$ref": "#/components/schemas/A"},
                {"type": "object", "required": ["type"], "properties": {"type": {"enum": ["b"]}}}]}]},
        }}});
        mend(&mut document);
        assert_eq!(
            document["components"]["schemas"]["B"]["oneOf"][0],
            json!({"type": "object", "required": ["a", "type"], "additionalProperties": false,
                "properties": {"a": {"type": "string"}, "type": {"enum": ["b"]}}})
        );
    }

    #[test]
    fn counts_have_their_real_bound() {
        let mut schema = json!({"type": "integer", "format": "int32", "minimum": 0});
        mend(&mut schema);
        assert_eq!(schema["maximum"], 4_294_967_295_u32);
        let mut limit = json!({"type": "integer", "format": "int32", "minimum": 1, "maximum": 100});
        let before = limit.clone();
        mend(&mut limit);
        assert_eq!(limit, before);
    }
}
