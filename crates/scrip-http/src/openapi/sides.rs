//! Requests and answers have schemas of their own: what is asked may leave out what has a default, what is answered always has it.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::contract::referred;

use super::schema::{each, is_nullable, references, rename, schemas};

/// Members of answers that are left out where they don't apply; all others are always there, null or not.
const LEFT_OUT: &[(&str, &[&str])] = &[
    ("Counters", &["budget_held", "budget_spent"]),
    ("Grant", &["coupon", "problem"]),
    ("BatchResult", &["coupon", "problem"]),
    ("Event", &["campaign", "account", "coupon", "order", "refund", "sellers", "amount", "metadata"]),
    ("PercentOffBenefit", &["cap"]),
    ("FreeShippingBenefit", &["cap"]),
    ("Problem", &["quote"]),
];

/// Objects whose members are reasons' parameters: each only where its code has it.
const PARAMETERS: &[&str] = &["Reason", "ReasonParameters", "ProblemError"];

/// Divides what requests and answers share.
pub fn divide(document: &mut Value) {
    let asked = reachable(document, "requestBody");
    let answered = reachable(document, "responses");
    let twins: BTreeSet<String> =
        asked.intersection(&answered).filter(|name| differs(document, name, &mut BTreeSet::new())).cloned().collect();
    let twin = |name: &str| {
        let request = || if name.ends_with("Request") { name.to_owned() } else { format!("{name}Request") };
        twins.contains(name).then(request)
    };
    let mut requests: Vec<(String, Value)> = Vec::new();
    for name in &asked {
        let mut schema = schemas(document)[name].clone();
        rename(&mut schema, &twin);
        requests.push((twin(name).unwrap_or_else(|| name.clone()), schema));
    }
    for_each_operation(document, &mut |operation| {
        if let Some(body) = operation.get_mut("requestBody") {
            rename(body, &twin);
        }
    });
    for name in &answered {
        answer(name, &mut schemas(document)[name]);
    }
    for (name, mut schema) in requests {
        request(&mut schema);
        schemas(document).insert(name, schema);
    }
}

pub fn for_each_operation(document: &mut Value, see: &mut impl FnMut(&mut Value)) {
    for item in document["paths"].as_object_mut().into_iter().flat_map(|paths| paths.values_mut()) {
        item.as_object_mut().into_iter().flat_map(|item| item.values_mut()).for_each(&mut *see);
    }
}

/// The schemas that one side of any operation leads to.
fn reachable(document: &Value, side: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut next = Vec::new();
    for item in document["paths"].as_object().into_iter().flat_map(|paths| paths.values()) {
        for operation in item.as_object().into_iter().flat_map(|item| item.values()) {
            references(&operation[side], &mut |name| next.push(name.to_owned()));
        }
    }
    while let Some(name) = next.pop() {
        references(&document["components"]["schemas"][&name], &mut |name| next.push(name.to_owned()));
        found.insert(name);
        next.retain(|name| !found.contains(name));
    }
    found
}

/// Whether a schema, or one that it leads to, has members: what is optional and what is unknown is told of those.
fn differs(document: &Value, name: &str, seen: &mut BTreeSet<String>) -> bool {
    if !seen.insert(name.to_owned()) {
        return false;
    }
    let schema = &document["components"]["schemas"][name];
    let mut inner = Vec::new();
    references(schema, &mut |name| inner.push(name.to_owned()));
    let members = schema["properties"].is_object();
    members || inner.iter().any(|name| differs(document, name, seen))
}

/// An answer may get members later, says no defaults, and has all its members but those of the lists above.
fn answer(name: &str, schema: &mut Value) {
    let left_out = LEFT_OUT.iter().find(|(known, _)| *known == name).map_or(&[][..], |(_, members)| *members);
    let parameters = PARAMETERS.contains(&name);
    each(schema, &mut |members| {
        members.remove("default");
        if members.get("additionalProperties") == Some(&json!(false)) {
            members.remove("additionalProperties");
        }
    });
    let Some(members) = schema.get_mut("properties").and_then(Value::as_object_mut) else { return };
    if parameters {
        return;
    }
    let mut required = Vec::new();
    for (name, member) in members {
        if left_out.contains(&name.as_str()) {
            if is_nullable(member) {
                *member = super::schema::given(member);
            }
        } else {
            required.push(json!(name));
        }
    }
    if !required.is_empty() {
        schema["required"] = Value::Array(required);
    }
}

/// A request's default is said in words: generators take a member that has one as always given.
fn request(schema: &mut Value) {
    each(schema, &mut |members| {
        let Some(default) = members.remove("default") else { return };
        let said = members.get("description").and_then(Value::as_str).unwrap_or_default();
        if !said.contains("unless said otherwise") {
            let text = format!("{said} Default: `{default}`.");
            members.insert("description".to_owned(), json!(text.trim()));
        }
    });
}

/// The schema of a merge patch (RFC 7396) of a request: the same members, none of them required, at every depth.
pub fn patch(document: &mut Value, of: &str, name: &str) {
    let mut schema = schemas(document)[of].clone();
    let mut inner = Vec::new();
    if let Some(object) = schema.as_object_mut() {
        object.remove("required");
        for member in
            object.get_mut("properties").and_then(Value::as_object_mut).into_iter().flat_map(|all| all.values_mut())
        {
            let all = schemas(document);
            let is_object = |schema: &Value| {
                referred(schema).is_some_and(|name| all.get(name).is_some_and(|to| to["properties"].is_object()))
            };
            let direct = is_object(member);
            let nullable = member["oneOf"].as_array().is_some_and(|parts| parts.len() == 2 && is_nullable(member));
            let targets: Vec<&mut Value> = if direct {
                vec![member]
            } else if nullable {
                member["oneOf"].as_array_mut().into_iter().flatten().filter(|part| is_object(part)).collect()
            } else {
                Vec::new()
            };
            for target in targets {
                let of = referred(target).expect("a reference").to_owned();
                let own = format!("{}Patch", of.strip_suffix("Request").unwrap_or(&of));
                *target = super::schema::reference(&own);
                inner.push((of, own));
            }
        }
    }
    schemas(document).insert(name.to_owned(), schema);
    for (of, own) in inner {
        patch(document, &of, &own);
    }
}
