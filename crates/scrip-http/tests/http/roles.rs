//! Who may do what: every operation of the document × every caller there is, as the table says.
//!
//! A new operation is asked here by itself, from its row; [`ASKED`] says what else it needs to succeed.

use std::collections::BTreeSet;

use scrip_core::api_key::Role;
use scrip_desk::{Access, Operation};
use scrip_http::{PERMISSIONS, Permission, is_open};
use serde_json::{Value, json};

use crate::{
    contract::operations,
    shop::{Answer, Shop, cart, off, seller_off, with},
};

/// An id of any prefix that nothing has.
const NOBODYS: &str = "00000000000000000000000000";

/// A marketplace in which every operation can succeed: everything in it is of ana and of luma.
struct World {
    shop: Shop,
    /// Of luma: a draft, a live and a paused one.
    draft: String,
    live: String,
    paused: String,
    coupon: String,
    job: String,
    code: String,
    spare_key: String,
}

/// What stands in a path's braces.
type Ids<'a> = dyn Fn(&str) -> String + 'a;

impl World {
    fn new() -> Self {
        let shop = Shop::new();
        let step =
            |id: &str, step: &str| shop.post(&shop.luma, &format!("/v1/campaigns/{id}/{step}"), &json!({})).is(200);
        let draft = shop.draft(&seller_off("luma", 100));
        let live = shop.live(&with(
            seller_off("luma", 100),
            &json!({"limits": {"budget": "unlimited", "per_individual": null},
                "claims": {"channels": ["web", "seller_store", "code"]}}),
        ));
        let paused = shop.live(&seller_off("luma", 100));
        step(&paused, "pause");
        let coupon = shop.collect("ana", &live);
        let body = json!({"kind": "unique", "count": 1});
        let job =
            shop.post(&shop.luma, &format!("/v1/campaigns/{live}/codes"), &body).is(202).text_at("/id").to_owned();
        // The job goes on by itself: what it adds to the journal mustn't be taken for a refusal's.
        let started = std::time::Instant::now();
        while shop.get(&shop.luma, &format!("/v1/jobs/{job}")).is(200)["/status"] != "done" {
            assert!(started.elapsed().as_secs() < 60, "the job doesn't end");
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        let body = json!({"kind": "shared", "code": "LUMA"});
        let code =
            shop.post(&shop.luma, &format!("/v1/campaigns/{live}/codes"), &body).is(201).text_at("/id").to_owned();
        shop.order("ana", &json!({"id": "placed", "cart": lumas(), "use": "none"})).is(201);
        shop.order("ana", &json!({"id": "paid", "cart": lumas(), "use": {"coupons": [coupon]}})).is(201);
        shop.step("ana", "paid", "pay", &json!({})).is(200);
        let refund = json!({"id": "r-1", "lines": [{"line": "l1", "quantity": 1}]});
        shop.step("ana", "paid", "refunds", &refund).is(201);
        let spare_key = shop.post(&shop.operator, "/v1/keys", &json!({"role": "storefront"})).is(201);
        let spare_key = spare_key.text_at("/id").to_owned();
        Self { draft, live, paused, coupon, job, code, spare_key, shop }
    }

    /// The ids with which an operation succeeds.
    fn known(&self, row: &Permission, name: &str) -> String {
        let path = row.path;
        let last = path.rsplit('/').next().unwrap_or_default();
        let id = match (name, last) {
            ("account", _) => "ana",
            ("campaign", "publish") => &self.draft,
            ("campaign", _) if row.method == "DELETE" => &self.draft,
            ("seller", _) => "luma",
            ("campaign", "resume") => &self.paused,
            ("campaign", _) => &self.live,
            ("coupon", _) => &self.coupon,
            ("order", "pay" | "extend" | "cancel" | "revise") => "placed",
            ("order", _) => "paid",
            ("refund", _) => "r-1",
            ("job", _) => &self.job,
            ("code", _) => &self.code,
            ("key", _) => &self.spare_key,
            _ => panic!("{path}: say in World::known what {{{name}}} is, and in unknown() what it isn't"),
        };
        id.to_owned()
    }

    fn ask(&self, row: &Permission, key: Option<&str>, ids: &Ids<'_>, body: &Value) -> Answer {
        let mut ask = self.shop.ask(row.method, &filled(row.path, ids));
        if let Some(key) = key {
            ask = ask.by(key);
        }
        if row.method == "PATCH" {
            ask = ask.header("if-match", "*");
        }
        if row.method == "GET" { ask.send() } else { ask.json(body).send() }
    }

    fn key(&self, role: Role) -> String {
        match role {
            Role::Operator => self.shop.operator.clone(),
            Role::Seller => self.shop.luma.clone(),
            Role::Storefront => self.shop.storefront.clone(),
            Role::Shopper => self.shop.shopper("ana"),
        }
    }
}

fn lumas() -> Value {
    cart(&[("luma", 1_000, 2)])
}

/// An id of the same form that nothing has.
fn unknown(name: &str) -> String {
    match name {
        "campaign" => format!("cmp_{NOBODYS}"),
        "coupon" => format!("cpn_{NOBODYS}"),
        "job" => format!("job_{NOBODYS}"),
        "code" => format!("code_{NOBODYS}"),
        "key" => format!("key_{NOBODYS}"),
        _ => "nobody".to_owned(),
    }
}

fn filled(path: &str, ids: &Ids<'_>) -> String {
    let part = |part: &str| match part.strip_prefix('{').and_then(|rest| rest.split_once('}')) {
        Some((name, rest)) => ids(name) + rest,
        None => part.to_owned(),
    };
    path.split('/').map(part).collect::<Vec<_>>().join("/")
}

fn names(path: &str) -> Vec<&str> {
    path.split('/').filter_map(|part| part.strip_prefix('{')?.split('}').next()).collect()
}

type BodyOf = fn(&World, Role) -> Value;

/// The body with which an operation succeeds, where it needs one: for the role that asks.
const ASKED: &[(&str, BodyOf)] = &[
    ("POST /v1/campaigns", |_, role| if role == Role::Seller { seller_off("luma", 5) } else { off(5) }),
    ("PATCH /v1/campaigns/{campaign}", |_, _| json!({"name": "Another"})),
    ("POST /v1/campaigns/{campaign}/codes", |_, _| json!({"kind": "shared", "code": "SAVE10"})),
    ("POST /v1/campaigns/{campaign}/grants", |_, _| json!({"accounts": ["cleo"], "channel": "web"})),
    ("POST /v1/claims/batch", |world, _| json!({"claims": [{"account": "ana", "campaign": world.live}]})),
    ("POST /v1/accounts/{account}/coupons", |world, _| json!({"campaign": world.live})),
    ("POST /v1/accounts/{account}/quotes", |_, _| json!({"cart": lumas()})),
    ("POST /v1/accounts/{account}/orders", |_, _| json!({"id": "new", "cart": lumas()})),
    ("PATCH /v1/accounts/{account}/orders/{order}", |_, _| json!({"metadata": {"k": "v"}})),
    ("PATCH /v1/accounts/{account}/orders/{order}/refunds/{refund}", |_, _| json!({"metadata": {"k": "v"}})),
    ("POST /v1/accounts/{account}/orders/{order}/extend", |_, _| json!({"hold_minutes": 60})),
    ("POST /v1/accounts/{account}/orders/{order}/revise", |_, _| json!({"cart": lumas()})),
    // A shopper may preview and nothing more.
    (
        "POST /v1/accounts/{account}/orders/{order}/refunds",
        |_, role| json!({"id": "r-2", "all": true, "preview": role == Role::Shopper}),
    ),
    ("POST /v1/shopper-tokens", |_, _| json!({"account": "ana"})),
    ("POST /v1/attempts/search", |_, _| json!({"code": "SAVE10"})),
    ("POST /v1/keys", |_, _| json!({"role": "storefront"})),
];

fn asked(world: &World, row: &Permission, role: Role) -> Value {
    let line = format!("{} {}", row.method, row.path);
    let found = ASKED.iter().find(|(of, _)| *of == line);
    found.map_or_else(|| json!({}), |(_, body)| body(world, role))
}

/// An answer without what names the request and the objects that were asked for.
fn said(answer: &Answer, asked_for: &[String]) -> (u16, String) {
    let mut body = answer.body.clone();
    if let Some(id) = body.get_mut("request_id") {
        *id = Value::Null;
    }
    let mut text = if body.is_null() { answer.text.clone() } else { body.to_string() };
    for id in asked_for {
        text = text.replace(&format!("\"{id}\""), "\"…\"").replace(&format!("/{id}"), "/…");
    }
    (answer.status, text)
}

const ROLES: [Role; 4] = [Role::Operator, Role::Seller, Role::Storefront, Role::Shopper];

#[test]
fn every_operation_has_its_row_and_every_row_its_operation() {
    let documented: BTreeSet<(String, String)> = operations(scrip_http::document())
        .into_iter()
        .filter(|(path, ..)| path.starts_with("/v1"))
        .map(|(path, method, _)| (method, path))
        .collect();
    let rows: BTreeSet<(String, String)> =
        PERMISSIONS.iter().map(|row| (row.method.to_owned(), row.path.to_owned())).collect();
    assert_eq!(documented, rows);
    assert_eq!(rows.len(), PERMISSIONS.len(), "an operation has two rows");
    let routed: Vec<Operation> = PERMISSIONS.iter().map(|row| row.operation).collect();
    assert_eq!(routed, Operation::ALL, "an operation of the desk has no route, or two");
}

#[test]
fn every_role_may_what_the_table_says_and_no_more() {
    for row in PERMISSIONS.iter() {
        let refusing = World::new();
        let before = refusing.shop.journal_end();
        for (column, role) in ROLES.into_iter().enumerate() {
            let what = format!("{} {} by {role:?}", row.method, row.path);
            if row.access[column] == Access::No {
                let ids = |name: &str| refusing.known(row, name);
                let body = asked(&refusing, row, role);
                let answer = refusing.ask(row, Some(&refusing.key(role)), &ids, &body);
                assert_eq!(
                    (answer.status, &answer.body["code"]),
                    (403, &json!("forbidden")),
                    "{what}: {}",
                    answer.text
                );
                continue;
            }
            // What one role has done must not stand in another's way.
            let world = World::new();
            let ids = |name: &str| world.known(row, name);
            let answer = world.ask(row, Some(&world.key(role)), &ids, &asked(&world, row, role));
            assert!((200..300).contains(&answer.status), "{what}: {} {}", answer.status, answer.text);
        }
        assert_eq!(refusing.shop.journal_end(), before, "{} {}: a refusal changed something", row.method, row.path);
    }
}

#[test]
fn whoever_has_no_good_key_is_told_the_same_everywhere() {
    let world = World::new();
    let shop = &world.shop;
    let revoked = shop.post(&shop.operator, "/v1/keys", &json!({"role": "operator"})).is(201);
    shop.post(&shop.operator, &format!("/v1/keys/{}/revoke", revoked.text_at("/id")), &json!({})).is(200);
    let expired = shop.shopper("ana");
    shop.minutes_pass(10);
    let mut wrong_secret = shop.operator.clone();
    wrong_secret.truncate(wrong_secret.len() - 4);
    let mut changed_token = shop.shopper("ana");
    let flipped = if changed_token.pop() == Some('A') { 'B' } else { 'A' };
    changed_token.push(flipped);
    let unknown_key = format!("scrip_{NOBODYS}_{}", "0".repeat(64));
    let before = shop.journal_end();
    let callers = [
        ("no key", None),
        ("an empty key", Some("")),
        ("half a secret", Some(wrong_secret.as_str())),
        ("a revoked key", Some(revoked.text_at("/secret"))),
        ("an unknown key", Some(&unknown_key)),
        ("a key of no form", Some("scrip_x_y")),
        ("an expired token", Some(&expired)),
        ("a changed token", Some(&changed_token)),
        ("a token of no form", Some("v4.local.x")),
    ];
    let mut told = BTreeSet::new();
    for row in PERMISSIONS.iter() {
        for (who, key) in &callers {
            let ids = |name: &str| world.known(row, name);
            if is_open(row.method, row.path) {
                world.ask(row, *key, &ids, &asked(&world, row, Role::Operator)).is(200);
                continue;
            }
            let answer = world.ask(row, *key, &ids, &asked(&world, row, Role::Operator));
            assert_eq!(answer.status, 401, "{} {} with {who}: {}", row.method, row.path, answer.text);
            assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
            told.insert(said(&answer, &[]));
        }
    }
    assert_eq!(told.len(), 1, "{told:#?}");
    assert_eq!(shop.journal_end(), before);
    for authorization in ["Basic YTpi", "Bearer", "bearer  ", "scrip", "Bearer \t"] {
        let answer = shop.ask("GET", "/v1/campaigns").header("authorization", authorization).send();
        answer.refused(401, "unauthenticated");
    }
}

#[test]
fn what_is_anothers_answers_exactly_like_what_does_not_exist() {
    let world = World::new();
    let shop = &world.shop;
    let ben = shop.shopper("ben");
    let before = shop.journal_end();
    for row in PERMISSIONS.iter() {
        for (column, stranger) in [(1, &shop.tako), (3, &ben)] {
            if row.access[column] != Access::Own {
                continue;
            }
            let what = format!("{} {} by {:?}", row.method, row.path, ROLES[column]);
            let body = asked(&world, row, ROLES[column]);
            let known = |name: &str| world.known(row, name);
            let named: Vec<String> = names(row.path).into_iter().map(known).collect();
            let foreign = world.ask(row, Some(stranger), &known, &body);
            if named.is_empty() {
                // A list has nothing of others in it; what is made for another isn't.
                assert!(
                    !foreign.text.contains("luma") && !foreign.text.contains(&world.live),
                    "{what}: {}",
                    foreign.text
                );
                assert!(row.method == "GET" || foreign.status >= 400, "{what}: {}", foreign.text);
                continue;
            }
            let nobodys: Vec<String> = names(row.path).into_iter().map(unknown).collect();
            let none = world.ask(row, Some(stranger), &unknown, &body);
            assert_eq!(said(&foreign, &named), said(&none, &nobodys), "{what}");
            let is_empty_list = foreign.status == 200 && foreign.body["data"] == json!([]);
            assert!(foreign.status == 404 || is_empty_list, "{what}: {} {}", foreign.status, foreign.text);
        }
    }
    assert_eq!(shop.journal_end(), before, "asking for another's changed something");
}

#[test]
fn what_is_anothers_is_not_found_below_ones_own_account_either() {
    let world = World::new();
    let shop = &world.shop;
    let ben = shop.shopper("ben");
    let before = shop.journal_end();
    let below = |row: &&Permission| row.path.contains("{account}") && names(row.path).len() > 1;
    let mut checked = 0;
    for row in PERMISSIONS.iter().filter(below) {
        for (column, key) in [(0, &shop.operator), (2, &shop.storefront), (3, &ben)] {
            if row.access[column] == Access::No {
                continue;
            }
            let body = asked(&world, row, ROLES[column]);
            let bens =
                |ids: &dyn Fn(&str) -> String, name: &str| if name == "account" { "ben".to_owned() } else { ids(name) };
            let known = |name: &str| bens(&|name| world.known(row, name), name);
            let none = |name: &str| bens(&unknown, name);
            let anas = world.ask(row, Some(key), &known, &body).refused(404, "not_found");
            let nobodys = world.ask(row, Some(key), &none, &body).refused(404, "not_found");
            let [anas_ids, nobodys_ids] =
                [&known as &Ids<'_>, &none].map(|ids| names(row.path).into_iter().map(ids).collect::<Vec<_>>());
            assert_eq!(said(&anas, &anas_ids), said(&nobodys, &nobodys_ids), "{} {}", row.method, row.path);
            checked += 1;
        }
    }
    assert!(checked > 20, "{checked}");
    assert_eq!(shop.journal_end(), before);
}

#[test]
fn a_role_without_the_right_is_told_so_before_its_input_is_judged() {
    let shop = Shop::new();
    let ana = shop.shopper("ana");
    for row in PERMISSIONS.iter() {
        for (column, key) in [(1, &shop.luma), (2, &shop.storefront), (3, &ana)] {
            if row.access[column] == Access::No {
                let path = filled(row.path, &|_| "not-an-id".to_owned()) + "?what=ever";
                shop.ask(row.method, &path).by(key).bytes(b"{").send().refused(403, "forbidden");
            }
        }
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
