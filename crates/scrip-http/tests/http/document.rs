//! The document as other people's tools read it: what generated code needs is in it, at every place.

use std::collections::BTreeSet;

use scrip_core::reason::Reason;
use serde_json::{Map, Value, json};

use crate::{
    contract::{misfits, operations, walk},
    shop::{Shop, off, with},
};

fn document() -> Value {
    serde_json::from_str(scrip_http::document()).expect("JSON")
}

fn kinds(schema: &Map<String, Value>) -> Vec<&str> {
    match schema.get("type") {
        Some(Value::String(kind)) => vec![kind],
        Some(Value::Array(kinds)) => kinds.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

/// A reference, or a scalar without anything below it.
fn is_plain(schema: &Value) -> bool {
    let nothing_below =
        ["properties", "items", "oneOf", "allOf", "anyOf", "enum"].iter().all(|key| schema[*key].is_null());
    schema["$ref"].is_string() || nothing_below && schema["type"].is_string() && schema["type"] != "object"
}

#[test]
fn every_integer_says_how_wide_it_is_and_money_is_64_bits() {
    let document = document();
    let mut wrong = Vec::new();
    walk(&document, &mut |schema| {
        if kinds(schema).contains(&"integer")
            && !matches!(schema.get("format").and_then(Value::as_str), Some("int32" | "int64"))
        {
            wrong.push(format!("{schema:?}"));
        }
    });
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert_eq!(document["components"]["schemas"]["Amount"]["format"], "int64");
}

#[test]
fn every_entry_of_a_list_and_every_alternative_has_a_name() {
    let document = document();
    let mut wrong = Vec::new();
    walk(&document, &mut |schema| {
        let items = schema.get("items").into_iter();
        let alternatives = ["oneOf", "anyOf", "allOf"].iter().filter_map(|key| schema.get(*key)?.as_array()).flatten();
        wrong.extend(items.chain(alternatives).filter(|inner| !is_plain(inner)).map(ToString::to_string));
    });
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_object_has_a_name() {
    let document = document();
    let mut wrong = Vec::new();
    for (name, schema) in document["components"]["schemas"].as_object().expect("schemas") {
        for (member, inner) in schema["properties"].as_object().into_iter().flatten() {
            walk(inner, &mut |inner| {
                if inner.contains_key("properties") || inner.get("type").is_some_and(|kind| kind == "object") {
                    wrong.push(format!("{name}.{member}"));
                }
            });
        }
    }
    for (path, method, operation) in operations(scrip_http::document()) {
        walk(&operation, &mut |inner| {
            if inner.contains_key("schema") && inner["schema"]["properties"].is_object() {
                wrong.push(format!("{method} {path}"));
            }
        });
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn alternatives_that_are_objects_say_by_which_member_they_are_told_apart() {
    let document = document();
    let mut wrong = Vec::new();
    for (name, schema) in document["components"]["schemas"].as_object().expect("schemas") {
        let alternatives: Vec<&str> =
            schema["oneOf"].as_array().into_iter().flatten().filter_map(|one| one["$ref"].as_str()).collect();
        let objects = alternatives.iter().filter(|reference| {
            document.pointer(reference.trim_start_matches('#')).is_some_and(|to| to["properties"].is_object())
        });
        if objects.count() < 2 {
            continue;
        }
        let mapping: BTreeSet<&str> = schema["discriminator"]["mapping"]
            .as_object()
            .into_iter()
            .flatten()
            .filter_map(|(_, to)| to.as_str())
            .collect();
        let tagged = schema["discriminator"]["propertyName"].is_string();
        if !tagged || mapping != alternatives.into_iter().collect() {
            wrong.push(name.clone());
        }
    }
    assert!(wrong.is_empty(), "{wrong:?}");
}

/// The names of all schemas that one side of the operations leads to.
fn side(document: &Value, side: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut next: Vec<Value> =
        operations(scrip_http::document()).into_iter().map(|(_, _, operation)| operation[side].clone()).collect();
    while let Some(value) = next.pop() {
        walk(&value, &mut |members| {
            let reference =
                members.get("$ref").and_then(Value::as_str).and_then(|to| to.strip_prefix("#/components/schemas/"));
            if let Some(name) = reference
                && found.insert(name.to_owned())
            {
                next.push(document["components"]["schemas"][name].clone());
            }
        });
    }
    found
}

#[test]
fn answers_list_what_they_always_have_say_no_defaults_and_may_grow() {
    let document = document();
    let mut wrong = Vec::new();
    // Members that are there only where they apply, and nothing else is.
    let parameters = ["ReasonParameters"];
    for name in side(&document, "responses") {
        let schema = &document["components"]["schemas"][&name];
        let members = schema["properties"].as_object().is_some_and(|members| !members.is_empty());
        if members && schema["required"].as_array().is_none_or(Vec::is_empty) && !parameters.contains(&name.as_str()) {
            wrong.push(format!("{name} says of no member that it is always there"));
        }
        walk(schema, &mut |inner| {
            if inner.contains_key("default") || inner.get("additionalProperties") == Some(&Value::Bool(false)) {
                wrong.push(format!("{name}: {inner:?}"));
            }
        });
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn requests_refuse_members_that_they_do_not_know_and_none_is_shared_with_an_answer() {
    let document = document();
    let (asked, answered) = (side(&document, "requestBody"), side(&document, "responses"));
    let mut wrong = Vec::new();
    for name in &asked {
        let schema = &document["components"]["schemas"][name];
        if schema["properties"].is_object() {
            if schema["additionalProperties"] != false {
                wrong.push(format!("{name} takes unknown members"));
            }
            if answered.contains(name) {
                wrong.push(format!("{name} is a request's and an answer's"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn headers_are_declared_where_they_are_sent_and_taken() {
    let mut wrong = Vec::new();
    for (path, method, operation) in operations(scrip_http::document()) {
        let takes = |name: &str| {
            let mut parameters = operation["parameters"].as_array().into_iter().flatten();
            parameters.any(|parameter| parameter["in"] == "header" && parameter["name"] == name)
        };
        if method == "PATCH" && path == "/v1/campaigns/{campaign}" && !takes("If-Match") {
            wrong.push(format!("{method} {path}: If-Match"));
        }
        for (status, response) in operation["responses"].as_object().expect("responses") {
            let sends = |name: &str| response["headers"][name]["$ref"].is_string();
            let mut wanted = vec!["X-Request-Id"];
            if status.starts_with('2') && takes("Idempotency-Key") {
                wanted.push("Idempotent-Replayed");
            }
            if ["429", "503"].contains(&status.as_str()) {
                wanted.push("Retry-After");
            }
            wrong.extend(
                wanted.into_iter().filter(|name| !sends(name)).map(|name| format!("{method} {path} {status}: {name}")),
            );
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_operation_says_its_own_codes() {
    let mut wrong = Vec::new();
    let mut said = BTreeSet::new();
    for (path, method, operation) in operations(scrip_http::document()) {
        for (status, response) in operation["responses"].as_object().expect("responses") {
            if status.starts_with('2') {
                continue;
            }
            let codes = response["x-codes"].as_array().cloned().unwrap_or_default();
            if codes.is_empty() || method == "GET" && ["409", "422"].contains(&status.as_str()) {
                wrong.push(format!("{method} {path}: {status} {codes:?}"));
            }
            for code in codes {
                let code = code.as_str().expect("a code").to_owned();
                if Reason::ALL.iter().all(|(known, _)| *known != code) {
                    wrong.push(format!("{method} {path}: {status} {code} is in no list"));
                }
                said.insert(code);
            }
        }
    }
    // What is said elsewhere than in a refusal of an operation that there is.
    let elsewhere = ["nothing_left_to_discount", "not_in_best_combination", "method_not_allowed"];
    // Of parts to come: what can't be answered yet isn't promised.
    let to_come = ["coupon_frozen"];
    for code in to_come {
        assert!(!said.contains(code), "{code} is answered by nothing yet");
    }
    for (code, _) in Reason::ALL {
        if !said.contains(*code) && !elsewhere.contains(code) && !to_come.contains(code) {
            wrong.push(format!("{code} is said by no operation: openapi/refusals.rs"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn a_code_of_two_statuses_says_when_which() {
    let mut seen = 0;
    for (path, method, operation) in operations(scrip_http::document()) {
        let codes = |status: &str| -> BTreeSet<String> {
            let codes = operation["responses"][status]["x-codes"].as_array().into_iter().flatten();
            codes.filter_map(Value::as_str).map(str::to_owned).collect()
        };
        for code in codes("409").intersection(&codes("422")) {
            let text = operation["responses"]["422"]["description"].as_str().expect("words");
            let told = text.split_once("Those that 409 has too").is_some_and(|(_, told)| told.contains(code.as_str()));
            assert!(told, "{method} {path}: {code}: {text}");
            seen += 1;
        }
    }
    assert!(seen > 0);
}

#[test]
fn every_member_and_every_parameter_is_said_in_words() {
    let document = document();
    let mut wrong = Vec::new();
    for (name, schema) in document["components"]["schemas"].as_object().expect("schemas") {
        for (member, inner) in schema["properties"].as_object().into_iter().flatten() {
            if inner["description"].as_str().is_none_or(|text| text.len() < 5) {
                wrong.push(format!("{name}.{member}"));
            }
        }
    }
    for (path, method, operation) in operations(scrip_http::document()) {
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            if parameter["description"].as_str().is_none_or(|text| text.len() < 5) {
                wrong.push(format!("{method} {path}: {}", parameter["name"]));
            }
        }
    }
    assert!(wrong.is_empty(), "{} without a description, which openapi/members.rs has: {wrong:#?}", wrong.len());
}

#[test]
fn amounts_that_must_be_more_than_nothing_say_so_and_are_refused_at_nothing() {
    let shop = Shop::new();
    let document = document();
    let least =
        |schema: &str, member: &str| document["components"]["schemas"][schema]["properties"][member]["minimum"].clone();
    let benefits = [
        ("AmountOffBenefitRequest", "amount", json!({"type": "amount_off", "amount": 0}), "/benefit/amount"),
        ("PercentOffBenefitRequest", "cap", json!({"type": "percent_off", "percent_bp": 1, "cap": 0}), "/benefit/cap"),
        ("FreeShippingBenefitRequest", "cap", json!({"type": "free_shipping", "cap": 0}), "/benefit/cap"),
        (
            "TierRequest",
            "amount",
            json!({"type": "tiered_amount_off", "tiers": [{"over": 0, "amount": 0}]}),
            "/benefit/tiers/0/amount",
        ),
    ];
    for (schema, member, benefit, pointer) in benefits {
        assert_eq!(least(schema, member), 1, "{schema}.{member}");
        let terms = with(off(1), &json!({"benefit": null}));
        let terms = with(terms, &json!({"benefit": benefit}));
        shop.post(&shop.operator, "/v1/campaigns", &terms).refused(400, "invalid_field").pointing(pointer);
    }
    assert_eq!(least("RefundAmountRequest", "amount"), 1);
}

#[test]
fn no_request_that_is_shown_is_over_soon() {
    let mut shown = 0;
    for (path, method, operation) in operations(scrip_http::document()) {
        walk(&operation["requestBody"], &mut |members| {
            for name in ["expires_at", "ends_at"] {
                if let Some(at) = members.get(name).and_then(Value::as_str) {
                    assert!(at > "2035", "{method} {path}: {name} {at} can't be sent after that");
                    shown += 1;
                }
            }
        });
    }
    assert!(shown >= 2, "{shown}");
}

#[test]
fn what_is_deprecated_says_so() {
    let listed = operations(scrip_http::document());
    let (_, _, events) = listed.iter().find(|(path, ..)| path == "/v1/events").expect("the feed");
    let after = events["parameters"].as_array().expect("some").iter().find(|parameter| parameter["name"] == "after");
    assert_eq!(after.expect("it is")["deprecated"], true);
}

#[test]
fn nothing_of_ours_is_in_the_words() {
    let document = document();
    let mut wrong = Vec::new();
    walk(&document, &mut |members| {
        for key in ["description", "summary"] {
            let Some(text) = members.get(key).and_then(Value::as_str) else { continue };
            let rule = text.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| {
                word.strip_prefix('S')
                    .is_some_and(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
            });
            let ours = [
                "generates",
                "dispatch",
                "serde",
                "Rust",
                "struct ",
                "trait ",
                "[`",
                "the seed",
                "of the rules as data",
            ];
            if rule || ours.iter().any(|word| text.contains(word)) {
                wrong.push(text.to_owned());
            }
        }
    });
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_operation_shows_a_request_and_an_answer_and_they_are_of_their_schemas() {
    let document = document();
    let mut wrong = Vec::new();
    for (path, method, operation) in operations(scrip_http::document()) {
        let mut see = |what: &str, content: &Value| {
            let examples = content["examples"].as_object().into_iter().flatten();
            for (name, example) in examples {
                let misfits = misfits(&document, &content["schema"], &example["value"], "");
                wrong.extend(misfits.into_iter().map(|text| format!("{method} {path}: {what} {name}: {text}")));
            }
        };
        see("request", &operation["requestBody"]["content"]["application/json"]);
        for response in operation["responses"].as_object().into_iter().flatten().map(|(_, response)| response) {
            for content in response["content"].as_object().into_iter().flatten().map(|(_, content)| content) {
                see("answer", content);
            }
        }
        let shown = |content: &Value| content["examples"].as_object().is_some_and(|examples| !examples.is_empty());
        let body = &operation["requestBody"]["content"]["application/json"];
        if !body.is_null() && !shown(body) {
            wrong.push(format!("{method} {path} shows no request: tests/http/examples.rs"));
        }
        let answers =
            operation["responses"].as_object().into_iter().flatten().filter(|(status, _)| status.starts_with('2'));
        let contents = answers.flat_map(|(_, response)| response["content"].as_object().into_iter().flatten());
        let contents: Vec<&Value> = contents.map(|(_, content)| content).collect();
        if !contents.is_empty() && !contents.into_iter().any(shown) {
            wrong.push(format!("{method} {path} shows no answer: tests/http/examples.rs"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
