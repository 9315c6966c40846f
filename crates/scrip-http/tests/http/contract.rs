//! The documents that integrators build on.

use std::{collections::BTreeSet, fs, path::PathBuf, sync::OnceLock};

use axum::http::HeaderMap;
use serde_json::Value;

use crate::shop::Shop;

fn committed(name: &str, generated: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..").join(name);
    if std::env::var_os("SCRIP_BLESS").is_some_and(|value| value == "1") {
        fs::create_dir_all(path.parent().expect("in a folder")).expect("the folder can be made");
        fs::write(&path, generated).expect("the file can be written");
    }
    let committed = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == generated,
        "{name} isn't what the code generates. If the change is meant, write it with:\n\n    SCRIP_BLESS=1 cargo test -p scrip-http --test http committed\n"
    );
}

#[test]
fn the_committed_openapi_document_is_the_generated_one() {
    committed("api/openapi.v1.json", &scrip_http::generated_document());
}

#[test]
fn the_committed_list_of_endpoints_is_the_generated_one() {
    committed("api/endpoints.txt", &scrip_http::endpoints());
}

#[test]
fn the_committed_page_of_permissions_is_the_generated_one() {
    committed("docs/reference/permissions.md", &scrip_http::permissions_page());
}

#[test]
fn the_served_document_is_the_generated_one_and_needs_no_key() {
    let shop = Shop::new();
    assert_eq!(shop.ask("GET", "/openapi.json").send().is(200).text, scrip_http::document());
}

#[test]
fn the_document_is_openapi_3_1_and_describes_every_response() {
    let document = scrip_http::document();
    let parsed = oas3::from_json(document).expect("an OpenAPI document");
    assert!(parsed.openapi.starts_with("3.1."), "{}", parsed.openapi);
    let mut count = 0;
    for (path, method, operation) in operations(document) {
        let responses = operation["responses"].as_object().expect("responses");
        assert!(responses.keys().any(|status| status.starts_with('2')), "{method} {path}: no success");
        for (status, response) in responses {
            let described = response["description"].as_str().is_some_and(|text| !text.is_empty());
            assert!(described, "{method} {path}: {status} has no description");
            count += 1;
        }
        for member in ["operationId", "summary"] {
            assert!(operation[member].is_string(), "{method} {path}: no {member}");
        }
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            assert!(!parameter["schema"].is_null(), "{method} {path}: {parameter} has no schema");
        }
    }
    assert!(count > 100);
}

#[test]
fn operation_ids_are_unique_and_references_lead_somewhere() {
    let text = scrip_http::document();
    let ids: Vec<String> = operations(text).iter().map(|(_, _, op)| op["operationId"].to_string()).collect();
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len());
    let document: Value = serde_json::from_str(text).expect("JSON");
    let mut dangling = Vec::new();
    walk(&document, &mut |object| {
        if let Some(reference) = object.get("$ref").and_then(Value::as_str)
            && document.pointer(reference.trim_start_matches('#')).is_none()
        {
            dangling.push(reference.to_owned());
        }
    });
    assert!(dangling.is_empty(), "{dangling:?}");
}

#[test]
fn strangers_learn_nothing_and_callers_learn_which_paths_exist() {
    let shop = Shop::new();
    for path in ["/v1", "/v1/", "/v1/nothing", "/v1/campaigns/x/y/z"] {
        shop.ask("GET", path).send().refused(401, "unauthenticated");
        shop.get(&shop.operator, path).refused(404, "not_found");
        shop.get(&shop.shopper("ana"), path).refused(404, "not_found");
    }
    shop.ask("GET", "/nothing").send().refused(404, "not_found");
    for (method, path) in [
        ("DELETE", "/v1/campaigns"),
        ("PUT", "/v1/campaigns"),
        ("GET", "/v1/accounts/ana/quotes"),
        ("GET", "/v1/campaigns/x/publish"),
        ("PATCH", "/v1/orders"),
    ] {
        shop.ask(method, path).send().refused(401, "unauthenticated");
        for key in [&shop.operator, &shop.luma, &shop.storefront, &shop.shopper("ana")] {
            let answer = shop.ask(method, path).by(key).send().refused(405, "method_not_allowed");
            assert!(answer.header("allow").is_some(), "RFC 9110 wants Allow with 405: {method} {path}");
        }
    }
}

#[test]
fn head_is_answered_like_get_without_its_body() {
    let shop = Shop::new();
    let answer = shop.ask("HEAD", "/v1/campaigns").by(&shop.operator).send();
    assert_eq!((answer.status, answer.text.as_str()), (200, ""));
}

#[test]
fn operators_pages_answer_without_a_key() {
    let shop = Shop::new();
    for path in ["/livez", "/readyz", "/metrics", "/docs", "/docs/reasons"] {
        let answer = shop.ask("GET", path).send().is(200);
        assert!(!answer.text.contains("<script"), "{path} works without scripts");
    }
    let reasons = shop.ask("GET", "/docs/reasons").send();
    for (code, _) in scrip_core::reason::Reason::ALL {
        assert!(reasons.text.contains(&format!("id=\"{code}\"")), "{code} has no place on the reference page");
    }
}

#[test]
fn a_callers_request_id_is_kept_and_a_bad_one_replaced() {
    let shop = Shop::new();
    let answer = shop.ask("GET", "/livez").header("x-request-id", "shop-17.a:b_c").send();
    assert_eq!(answer.header("x-request-id"), Some("shop-17.a:b_c"));
    let answer = shop.ask("GET", "/livez").header("x-request-id", "<script>").send();
    assert!(answer.header("x-request-id").is_some_and(|id| id.starts_with("req_")));
}

/// Path, method and operation of all.
pub fn operations(document: &str) -> Vec<(String, String, Value)> {
    let document: Value = serde_json::from_str(document).expect("JSON");
    let mut all = Vec::new();
    for (path, item) in document["paths"].as_object().expect("paths") {
        for (method, operation) in item.as_object().expect("operations") {
            all.push((path.clone(), method.to_uppercase(), operation.clone()));
        }
    }
    all
}

pub fn walk(value: &Value, see: &mut impl FnMut(&serde_json::Map<String, Value>)) {
    match value {
        Value::Object(members) => {
            see(members);
            members.values().for_each(|value| walk(value, see));
        }
        Value::Array(entries) => entries.iter().for_each(|value| walk(value, see)),
        _ => {}
    }
}

/// Method, path, operation.
type Operations = Vec<(String, String, Value)>;

/// What an operation is seen to answer is what it is documented to answer: status, code, headers, and a body of that schema.
pub fn check_documented(line: &str, status: u16, headers: &HeaderMap, body: &Value) {
    static DOCUMENT: OnceLock<(Value, Operations)> = OnceLock::new();
    let (document, known) = DOCUMENT.get_or_init(|| {
        let text = scrip_http::document();
        (serde_json::from_str(text).expect("JSON"), operations(text))
    });
    let (method, path) = line.split_once(' ').expect("a method and a path");
    let path = path.split('?').next().unwrap_or(path);
    let is_of = |template: &str| {
        let same = |(asked, known): (&str, &str)| known.starts_with('{') || asked == known;
        template.split('/').count() == path.split('/').count() && path.split('/').zip(template.split('/')).all(same)
    };
    // A literal path goes before one with parameters, as in the router.
    let mut of: Vec<_> = known.iter().filter(|(template, on, _)| on == method && is_of(template)).collect();
    of.sort_by_key(|(template, ..)| template.matches('{').count());
    let Some((template, _, operation)) = of.first() else { return };
    let what = format!("{method} {template} answers {status}");
    let response = &operation["responses"][status.to_string()];
    assert!(
        !response.is_null(),
        "{what} {}, which its documentation doesn't mention: openapi/refusals.rs",
        body["code"]
    );
    if status >= 400 {
        let codes = response["x-codes"].as_array().expect("codes");
        let known = codes.contains(&body["code"]);
        assert!(known, "{what} with {}, which its documentation doesn't mention: openapi/refusals.rs", body["code"]);
    }
    let names = ["etag", "location", "retry-after", "idempotent-replayed", "tables-rebuilding", "www-authenticate"];
    for name in names.into_iter().chain(["x-request-id"]) {
        let declared = response["headers"].as_object().into_iter().flatten();
        let declared = declared.into_iter().any(|(known, _)| known.eq_ignore_ascii_case(name));
        let sent = headers.contains_key(name);
        assert!(declared || !sent, "{what} with {name}, which isn't declared: openapi/headers.rs");
        assert!(
            sent || !declared || ["idempotent-replayed", "tables-rebuilding"].contains(&name),
            "{what} without {name}, which is declared"
        );
    }
    let contents = response["content"].as_object().into_iter().flatten();
    for (_, content) in contents.filter(|(kind, _)| kind.ends_with("json")) {
        let wrong = misfits(document, &content["schema"], body, "");
        assert!(
            wrong.is_empty(),
            "{what}, which isn't of its schema (openapi/sides.rs says what is left out): {wrong:#?}\n{body:#}"
        );
    }
}

/// Where a value isn't what a schema says: members missing or unknown, other kinds, words that aren't listed.
pub fn misfits(document: &Value, schema: &Value, value: &Value, at: &str) -> Vec<String> {
    if let Some(reference) = schema["$ref"].as_str() {
        let schema = document.pointer(reference.trim_start_matches('#')).expect("a schema");
        return misfits(document, schema, value, at);
    }
    if let Some(alternatives) = schema["oneOf"].as_array() {
        let all: Vec<Vec<String>> =
            alternatives.iter().map(|alternative| misfits(document, alternative, value, at)).collect();
        return all.into_iter().min_by_key(Vec::len).unwrap_or_default();
    }
    let kinds: Vec<&str> = match &schema["type"] {
        Value::String(kind) => vec![kind],
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    if !kinds.is_empty() && !kinds.contains(&kind) {
        return vec![format!("{at} is {kind}, not {kinds:?}"); 9];
    }
    let mut wrong = Vec::new();
    if schema["enum"].as_array().is_some_and(|words| !value.is_null() && !words.contains(value))
        || schema.get("const").is_some_and(|only| only != value)
    {
        wrong.extend(vec![format!("{at} is {value}, which isn't listed"); 9]);
    }
    if let Some(members) = value.as_object() {
        for (name, member) in members {
            match schema["properties"].get(name) {
                Some(schema) => wrong.extend(misfits(document, schema, member, &format!("{at}/{name}"))),
                None if schema["additionalProperties"].is_object() => {
                    wrong.extend(misfits(document, &schema["additionalProperties"], member, &format!("{at}/{name}")));
                }
                None => wrong.push(format!("{at}/{name} isn't in the schema")),
            }
        }
        for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            if !members.contains_key(name) {
                wrong.push(format!("{at}/{name} is missing"));
            }
        }
    }
    for (place, entry) in value.as_array().into_iter().flatten().enumerate() {
        wrong.extend(misfits(document, &schema["items"], entry, &format!("{at}/{place}")));
    }
    wrong
}
