//! The documents that integrators build on, and who may do what.

use std::{collections::BTreeSet, fs, path::PathBuf, sync::OnceLock};

use scrip_core::event::Role;
use scrip_http::{Access, PERMISSIONS};
use serde_json::{Value, json};

use crate::shop::{Shop, cart};

/// An id of any prefix that nothing has.
const NOBODY: &str = "00000000000000000000000000";

fn committed(name: &str, generated: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../api").join(name);
    if std::env::var_os("SCRIP_BLESS").is_some_and(|value| value == "1") {
        fs::create_dir_all(path.parent().expect("in a folder")).expect("the folder can be made");
        fs::write(&path, generated).expect("the file can be written");
    }
    let committed = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == generated,
        "api/{name} isn't what the code generates. If the change is meant, write it with:\n\n    SCRIP_BLESS=1 cargo test -p scrip-http --test http committed\n"
    );
}

#[test]
fn the_committed_openapi_document_is_the_generated_one() {
    committed("openapi.v1.json", &scrip_http::document());
}

#[test]
fn the_committed_list_of_endpoints_is_the_generated_one() {
    committed("endpoints.txt", &scrip_http::endpoints());
}

#[test]
fn the_served_document_is_the_generated_one_and_needs_no_key() {
    let shop = Shop::new();
    assert_eq!(shop.ask("GET", "/openapi.json").send().is(200).text, scrip_http::document());
}

#[test]
fn the_document_is_openapi_3_1_and_describes_every_response() {
    let document = scrip_http::document();
    let parsed = oas3::from_json(&document).expect("an OpenAPI document");
    assert!(parsed.openapi.starts_with("3.1."), "{}", parsed.openapi);
    let mut count = 0;
    for (path, method, operation) in operations(&document) {
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
    let ids: Vec<String> = operations(&text).iter().map(|(_, _, op)| op["operationId"].to_string()).collect();
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len());
    let document: Value = serde_json::from_str(&text).expect("JSON");
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
fn every_operation_has_its_row_in_the_permissions_and_the_other_way_round() {
    let documented: BTreeSet<(String, String)> = operations(&scrip_http::document())
        .into_iter()
        .filter(|(path, ..)| path.starts_with("/v1"))
        .map(|(path, method, _)| (method, path))
        .collect();
    let rows: BTreeSet<(String, String)> =
        PERMISSIONS.iter().map(|row| (row.method.to_owned(), row.path.to_owned())).collect();
    assert_eq!(documented, rows);
    assert_eq!(rows.len(), PERMISSIONS.len(), "an operation has two rows");
}

#[test]
fn every_role_gets_what_the_table_says_on_every_operation() {
    let shop = Shop::new();
    let roles = [
        (Role::Operator, shop.operator.clone()),
        (Role::Seller, shop.luma.clone()),
        (Role::Storefront, shop.storefront.clone()),
        (Role::Shopper, shop.shopper("ana")),
    ];
    for row in PERMISSIONS {
        let path = filled(row.path);
        let body = example(row.path);
        shop.ask(row.method, &path).json(&body).send().refused(401, "unauthenticated");
        for (column, (role, key)) in roles.iter().enumerate() {
            let answer = shop.ask(row.method, &path).by(key).json(&body).send();
            let what = format!("{} {path} by {role:?}: {}", row.method, answer.text);
            if row.access[column] == Access::No {
                assert_eq!((answer.status, &answer.body["code"]), (403, &json!("forbidden")), "{what}");
            } else {
                assert!(answer.status != 401 && answer.status != 403, "{what}");
            }
        }
    }
}

#[test]
fn a_role_without_the_right_is_told_so_before_its_input_is_judged() {
    let shop = Shop::new();
    for row in PERMISSIONS.iter().filter(|row| row.access[1] == Access::No) {
        let path = filled(row.path).replace(NOBODY, "not-an-id") + "?what=ever";
        shop.ask(row.method, &path).by(&shop.luma).bytes(b"{").send().refused(403, "forbidden");
    }
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
fn a_bad_key_is_no_key() {
    let shop = Shop::new();
    let mut wrong_secret = shop.operator.clone();
    wrong_secret.pop();
    wrong_secret.push('x');
    let answer = shop.get(&wrong_secret, "/v1/campaigns").refused(401, "unauthenticated");
    assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
    for authorization in
        ["", "Bearer", "Bearer ", "Basic YTpi", "Bearer scrip_", "Bearer scrip_x_y", "Bearer v4.local.x"]
    {
        let answer = shop.ask("GET", "/v1/campaigns").header("authorization", authorization).send();
        answer.refused(401, "unauthenticated");
    }
}

#[test]
fn a_shopper_token_ends_after_ten_minutes() {
    let shop = Shop::new();
    let token = shop.shopper("ana");
    shop.minutes_pass(9);
    shop.get(&token, "/v1/accounts/ana/coupons").is(200);
    shop.minutes_pass(1);
    shop.get(&token, "/v1/accounts/ana/coupons").refused(401, "unauthenticated");
}

#[test]
fn a_revoked_key_is_nobodys_at_once() {
    let shop = Shop::new();
    let made = shop.post(&shop.operator, "/v1/keys", &json!({"role": "seller", "seller": "luma"})).is(201);
    let secret = made.text_at("/secret");
    assert_eq!(made["/seller"], "luma");
    shop.get(secret, "/v1/campaigns").is(200);
    let listed = shop.get(&shop.operator, "/v1/keys").is(200);
    assert!(listed.column("id").contains(&made.text_at("/id")));
    assert!(!listed.text.contains(secret), "a secret is shown once");
    let path = format!("/v1/keys/{}/revoke", made.text_at("/id"));
    let revoked = shop.post(&shop.operator, &path, &json!({})).is(200);
    assert_eq!(revoked["/revoked_at"], crate::shop::NOON);
    shop.get(secret, "/v1/campaigns").refused(401, "unauthenticated");
    shop.minutes_pass(5);
    assert_eq!(shop.post(&shop.operator, &path, &json!({})).is(200).body, revoked.body);
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

/// The path with ids that nothing has.
pub fn filled(path: &str) -> String {
    path.replace("{account}", "ana")
        .replace("{campaign}", &format!("cmp_{NOBODY}"))
        .replace("{coupon}", &format!("cpn_{NOBODY}"))
        .replace("{order}", "A-1")
        .replace("{refund}", "r-1")
        .replace("{job}", &format!("job_{NOBODY}"))
        .replace("{key}", &format!("key_{NOBODY}"))
}

/// A body that a role may send where the operation lets it.
pub fn example(path: &str) -> Value {
    let cart = cart(&[("luma", 1_000, 1)]);
    match path {
        "/v1/accounts/{account}/quotes" => json!({"cart": cart}),
        "/v1/accounts/{account}/orders" => json!({"id": "A-1", "cart": cart}),
        "/v1/accounts/{account}/orders/{order}/revise" => json!({"cart": cart}),
        "/v1/accounts/{account}/orders/{order}/extend" => json!({"hold_minutes": 5}),
        "/v1/accounts/{account}/orders/{order}/refunds" => json!({"id": "r-1", "all": true, "preview": true}),
        "/v1/accounts/{account}/coupons" => json!({"campaign": format!("cmp_{NOBODY}")}),
        "/v1/claims/batch" => json!({"claims": [{"account": "ana", "campaign": format!("cmp_{NOBODY}")}]}),
        "/v1/shopper-tokens" => json!({"account": "ana"}),
        "/v1/keys" => json!({"role": "storefront"}),
        _ => json!({}),
    }
}

/// Path, method and operation of all.
fn operations(document: &str) -> Vec<(String, String, Value)> {
    let document: Value = serde_json::from_str(document).expect("JSON");
    let mut all = Vec::new();
    for (path, item) in document["paths"].as_object().expect("paths") {
        for (method, operation) in item.as_object().expect("operations") {
            all.push((path.clone(), method.to_uppercase(), operation.clone()));
        }
    }
    all
}

fn walk(value: &Value, see: &mut impl FnMut(&serde_json::Map<String, Value>)) {
    match value {
        Value::Object(members) => {
            see(members);
            members.values().for_each(|value| walk(value, see));
        }
        Value::Array(entries) => entries.iter().for_each(|value| walk(value, see)),
        _ => {}
    }
}

/// Every status that an operation is seen to answer with is one that it is documented to answer with.
pub fn check_documented(line: &str, status: u16) {
    static DOCUMENT: OnceLock<Vec<(String, String, Value)>> = OnceLock::new();
    let known = DOCUMENT.get_or_init(|| operations(&scrip_http::document()));
    let (method, path) = line.split_once(' ').expect("a method and a path");
    let path = path.split('?').next().unwrap_or(path);
    let is_of = |template: &str| {
        let same = |(asked, known): (&str, &str)| known.starts_with('{') || asked == known;
        template.split('/').count() == path.split('/').count() && path.split('/').zip(template.split('/')).all(same)
    };
    // A literal path goes before one with parameters, as in the router.
    let mut of: Vec<_> = known.iter().filter(|(template, on, _)| on == method && is_of(template)).collect();
    of.sort_by_key(|(template, ..)| template.matches('{').count());
    if let Some((template, _, operation)) = of.first() {
        let documented = !operation["responses"][status.to_string()].is_null();
        assert!(documented, "{method} {template} answers {status}, which its documentation doesn't mention");
    }
}
