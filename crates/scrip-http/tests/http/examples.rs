//! A request and an answer of every operation, as the server gives them: written into the document, and kept true by this test.

use std::{collections::HashMap, fs, path::PathBuf};

use serde_json::{Map, Value, json};

use crate::{
    contract::operations,
    shop::{Answer, BUCKETS, Shop, cart, off, seller_off, shipped, terms, with},
};

/// What stands in the document, by operation.
struct Examples {
    shop: Shop,
    all: Map<String, Value>,
    /// Paths as the document has them, by operation.
    templates: HashMap<String, String>,
    ids: HashMap<String, String>,
}

impl Examples {
    /// Asks, and keeps request and answer under a name.
    fn see(&mut self, name: &str, operation: &str, key: &str, method: &str, path: &str, body: Option<&Value>) -> Value {
        let mut ask = self.shop.ask(method, path).by(key).header("x-request-id", "req_5f0c1d");
        if let Some(body) = body {
            ask = ask.json(body);
        }
        if method == "PATCH" {
            ask = ask.header("if-match", "*");
        }
        let answer = ask.send();
        self.keep(name, operation, path, body, &answer);
        answer.body
    }

    fn keep(&mut self, name: &str, operation: &str, path: &str, body: Option<&Value>, answer: &Answer) {
        let shown = if answer.body.is_null() { json!(answer.text) } else { answer.body.clone() };
        let parameters = self.parameters(operation, path);
        let mut example =
            json!({"name": name, "status": answer.status, "parameters": parameters, "request": body, "answer": shown});
        self.mask(&mut example);
        let of_operation = self.all.entry(operation).or_insert_with(|| json!([]));
        of_operation.as_array_mut().expect("a list").push(example);
    }

    /// What stood in path and query.
    fn parameters(&self, operation: &str, path: &str) -> Value {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let template = self.templates.get(operation).unwrap_or_else(|| panic!("{operation} is no operation"));
        let in_path = template.split('/').zip(path.split('/')).filter_map(|(part, value)| {
            let name = part.strip_prefix('{')?.strip_suffix('}')?;
            Some((name.to_owned(), json!(value)))
        });
        let in_query = query.split('&').filter_map(|pair| pair.split_once('=')).map(|(k, v)| (k.to_owned(), json!(v)));
        Value::Object(in_path.chain(in_query).collect())
    }

    /// Ids, secrets and cursors are made of random bits: here the same each time.
    fn mask(&mut self, value: &mut Value) {
        match value {
            // A code's keyed hash.
            Value::String(text) if text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit()) => {
                *text = "5f0c1d9a".repeat(4);
            }
            // A request that brought no id of its own.
            Value::String(text) if text.starts_with("req_") => *text = "req_5f0c1d9a5f0c1d9a5f0c1d9a".to_owned(),
            Value::String(text) => *text = self.masked(text),
            Value::Array(entries) => entries.iter_mut().for_each(|entry| self.mask(entry)),
            Value::Object(members) => {
                for (name, member) in members {
                    match (name.as_str(), &member) {
                        ("next_cursor", Value::String(_)) => *member = json!("eyIwIjo0Mn0"),
                        ("secret", Value::String(_)) => {
                            *member = json!(format!("scrip_06f3k2v9x8q7d5t4r3m2000000_{}", "5f0c1d9a".repeat(8)));
                        }
                        ("token", Value::String(_)) => *member = json!("v4.local.VGhpcyBpcyBvbmx5IGFuIGV4YW1wbGU"),
                        _ => self.mask(member),
                    }
                }
            }
            _ => {}
        }
    }

    fn masked(&mut self, text: &str) -> String {
        const PREFIXES: [&str; 7] = ["cmp_", "cpn_", "job_", "evt_", "key_", "rfd_", "code_"];
        let mut shown = String::new();
        let mut rest = text;
        while let Some((place, prefix)) = PREFIXES.iter().filter_map(|prefix| Some((rest.find(prefix)?, prefix))).min()
        {
            let (begin, end) = (place + prefix.len(), place + prefix.len() + 26);
            let id = rest.get(begin..end).filter(|id| id.bytes().all(|byte| byte.is_ascii_alphanumeric()));
            shown.push_str(&rest[..begin]);
            rest = match id {
                Some(id) => {
                    let number = self.ids.len();
                    let masked = || format!("06f3k2v9x8q7d5t4r3m2{number:06}");
                    shown.push_str(self.ids.entry(id.to_owned()).or_insert_with(masked));
                    &rest[end..]
                }
                None => &rest[begin..],
            };
        }
        shown + rest
    }
}

fn text(value: &Value, pointer: &str) -> String {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_else(|| panic!("no {pointer} in {value}")).to_owned()
}

fn welcome() -> Value {
    let terms = with(off(500), &json!({"name": "Welcome 5.00", "minimum_spend": {"amount": 2_000}}));
    // It has codes and is collected too: terms that name no channels are closed to all but codes once there are any.
    let claims = json!({"channels": ["web", "partner", "code", "system"]});
    // Far enough that whoever copies it can publish it.
    let validity = json!({"type": "fixed", "starts_at": "2026-11-01T00:00:00Z", "expires_at": "2036-12-01T00:00:00Z"});
    with(terms, &json!({"claims": claims, "limits": {"stock": 1_000, "budget": 500_000}, "validity": validity}))
}

fn bought() -> Value {
    shipped(cart(&[("luma", 3_000, 2), ("tako", 4_000, 1)]), &[("luma", 500)])
}

/// The campaigns' and the codes' part.
fn campaigns(examples: &mut Examples) -> String {
    let operator = examples.shop.operator.clone();
    let luma = examples.shop.luma.clone();
    let made = examples.see("platform", "create_campaign", &operator, "POST", "/v1/campaigns", Some(&welcome()));
    let campaign = text(&made, "/id");
    let path = format!("/v1/campaigns/{campaign}");
    let own = with(
        terms(
            &json!({"type": "seller", "seller": "luma"}),
            &json!({"type": "percent_off", "percent_bp": 1_000, "cap": 2_000}),
        ),
        &json!({"name": "Ten percent at luma", "scope": {"categories": ["home"]}, "validity": {"type": "after_claim", "days": 30, "time_zone": "Europe/Madrid"}}),
    );
    examples.see("seller", "create_campaign", &luma, "POST", "/v1/campaigns", Some(&own));
    let wrong = json!({"name": "", "currency": "USD", "issuer": {"type": "platform"}, "benefit": {"type": "amount_off", "amount": -1}});
    examples.see("mistakes", "create_campaign", &operator, "POST", "/v1/campaigns", Some(&wrong));
    let change = json!({"name": "Welcome", "limits": {"stock": 2_000}});
    examples.see("more_stock", "change_campaign", &operator, "PATCH", &path, Some(&change));
    examples.see("published", "publish_campaign", &operator, "POST", &format!("{path}/publish"), None);
    let fixed = json!({"benefit": {"type": "amount_off", "amount": 600}});
    let attached = json!({"metadata": {"erp_id": "C-7", "season": null}});
    examples.see("metadata", "change_campaign", &operator, "PATCH", &path, Some(&attached));
    examples.see("frozen", "change_campaign", &operator, "PATCH", &path, Some(&fixed));
    let shared = json!({"kind": "shared", "code": "SAVE10", "max_uses": 1_000});
    examples.see("shared", "add_codes", &operator, "POST", &format!("{path}/codes"), Some(&shared));
    let unique = json!({"kind": "unique", "count": 1_000, "prefix": "ACME", "source": "acme"});
    let job = examples.see("unique", "add_codes", &operator, "POST", &format!("{path}/codes"), Some(&unique));
    let job = format!("/v1/jobs/{}", text(&job, "/id"));
    let started = std::time::Instant::now();
    while examples.shop.get(&operator, &job).is(200).text_at("/status") != "done" {
        assert!(started.elapsed().as_secs() < 60, "the job doesn't end");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    examples.see("done", "get_job", &operator, "GET", &job, None);
    examples.see("done_already", "cancel_job", &operator, "POST", &format!("{job}/cancel"), None);
    let other = json!({"kind": "shared", "code": "OLD10"});
    let other = examples.shop.post(&operator, &format!("{path}/codes"), &other).is(201);
    let revoke = format!("{path}/codes/{}/revoke", other.text_at("/id"));
    examples.see("shared", "revoke_code", &operator, "POST", &revoke, None);
    let draft = examples.shop.draft(&off(100));
    examples.see("draft", "delete_campaign", &operator, "DELETE", &format!("/v1/campaigns/{draft}"), None);
    examples.see("own", "get_seller_limits", &luma, "GET", "/v1/sellers/luma/limits", None);
    let mut currencies = examples.shop.ask("GET", "/v1/currencies").send().is(200).body;
    let shown = |currency: &Value| ["KWD", "USD", "JPY", "VES"].iter().any(|code| currency["code"] == *code);
    currencies["data"].as_array_mut().expect("currencies").retain(shown);
    examples.all.insert(
        "list_currencies".to_owned(),
        json!([{"name": "some", "status": 200, "request": null, "answer": currencies}]),
    );
    examples.see("paused", "pause_campaign", &operator, "POST", &format!("{path}/pause"), None);
    examples.see("resumed", "resume_campaign", &operator, "POST", &format!("{path}/resume"), None);
    campaign
}

/// Wallets, quotes, orders and refunds.
fn shopping(examples: &mut Examples, campaign: &str) {
    let shop = examples.shop.storefront.clone();
    let coupons = "/v1/accounts/ana/coupons";
    let claim = json!({"campaign": campaign, "channel": "web", "source": "homepage"});
    let coupon = text(&examples.see("collect", "collect_coupon", &shop, "POST", coupons, Some(&claim)), "/id");
    examples.see("limit", "collect_coupon", &shop, "POST", coupons, Some(&claim));
    let code = json!({"code": "save 10"});
    examples.see("activate", "collect_coupon", &shop, "POST", "/v1/accounts/ben/coupons", Some(&code));
    let batch = json!({"claims": [{"account": "cai", "campaign": campaign, "key": "cai-1"}, {"account": "ana", "campaign": campaign}]});
    examples.see("two", "claim_batch", &shop, "POST", "/v1/claims/batch", Some(&batch));
    let grants = json!({"accounts": ["dan", "ana"], "channel": "system"});
    let operator = examples.shop.operator.clone();
    examples.see("two", "grant_coupons", &operator, "POST", &format!("/v1/campaigns/{campaign}/grants"), Some(&grants));
    examples.see("open", "list_offers", &shop, "GET", "/v1/accounts/eva/offers", None);
    let use_best = json!({"cart": bought(), "use": "best", "codes": []});
    examples.see("best", "quote_cart", &shop, "POST", "/v1/accounts/ana/quotes", Some(&use_best));
    let small = json!({"cart": cart(&[("luma", 1_500, 1)]), "use": {"coupons": [coupon]}});
    examples.see("too_small", "quote_cart", &shop, "POST", "/v1/accounts/ana/quotes", Some(&small));
    let orders = "/v1/accounts/ana/orders";
    let changed = json!({"id": "A-1000", "cart": bought(), "expect_discount": 400});
    examples.see("quote_changed", "place_order", &shop, "POST", orders, Some(&changed));
    let order = json!({"id": "A-1001", "cart": bought(), "use": "best", "codes": [], "expect_discount": 500, "hold_minutes": 30});
    examples.see("placed", "place_order", &shop, "POST", orders, Some(&order));
    let at = format!("{orders}/A-1001");
    let other = json!({"cart": bought(), "use": {"coupons": [coupon]}});
    examples.see("revised", "revise_order", &shop, "POST", &format!("{at}/revise"), Some(&other));
    examples.see("an_hour", "extend_order", &shop, "POST", &format!("{at}/extend"), Some(&json!({"hold_minutes": 60})));
    examples.see("paid", "pay_order", &shop, "POST", &format!("{at}/pay"), None);
    let attached = json!({"metadata": {"cart_id": "c-81", "basket": null}});
    examples.see("metadata", "change_order", &shop, "PATCH", &at, Some(&attached));
    let preview = json!({"id": "r-0", "seller": "luma", "preview": true});
    examples.see("preview", "refund_order", &shop, "POST", &format!("{at}/refunds"), Some(&preview));
    let refund =
        json!({"id": "r-1", "lines": [{"line": "l1", "quantity": 1}], "shipping": [{"seller": "luma", "amount": 500}]});
    examples.see("one_unit", "refund_order", &shop, "POST", &format!("{at}/refunds"), Some(&refund));
    let dispute = json!({"id": "r-2", "amounts": [{"line": "l2", "amount": 300, "reason": "scratched"}]});
    examples.see("goods_kept", "refund_order", &shop, "POST", &format!("{at}/refunds"), Some(&dispute));
    let attached = json!({"metadata": {"ticket": "4711"}});
    examples.see("metadata", "change_refund", &shop, "PATCH", &format!("{at}/refunds/r-1"), Some(&attached));
    examples.see("one", "get_refund", &shop, "GET", &format!("{at}/refunds/r-1"), None);
    examples.see("all", "list_refunds", &shop, "GET", &format!("{at}/refunds"), None);
    examples.see("one_seller", "close_order", &shop, "POST", &format!("{at}/close"), Some(&json!({"seller": "luma"})));
    let second = json!({"id": "A-1002", "cart": cart(&[("luma", 900, 1)]), "use": "none"});
    examples.shop.post(&shop, orders, &second).is(201);
    examples.see("all", "cancel_order", &shop, "POST", &format!("{orders}/A-1002/cancel"), Some(&json!({})));
    examples.see("paid", "get_order", &shop, "GET", &at, None);
    examples.see("own", "list_orders", &shop, "GET", &format!("{orders}?limit=1"), None);
    examples.see("paid", "find_orders", &shop, "GET", "/v1/orders?status=paid&seller=luma&limit=1", None);
    examples.see("valid", "list_coupons", &shop, "GET", "/v1/accounts/dan/coupons?status=valid", None);
    examples.see("counts", "summarize_coupons", &shop, "GET", &format!("{coupons}/summary"), None);
    examples.see("inactive", "get_coupon", &shop, "GET", &format!("{coupons}/{coupon}"), None);
    examples.see("any", "find_coupon", &shop, "GET", &format!("/v1/coupons/{coupon}"), None);
}

/// The header, a shared code and a unique one, whose text is an example's.
fn some_codes(csv: &str) -> String {
    let row = |begin: &str| csv.lines().find(|row| row.starts_with(begin)).unwrap_or_else(|| panic!("no {begin}"));
    let (_, unique) = row("ACME-").split_once(',').expect("cells");
    format!("{}\r\n{}\r\nACME-7KQ2M-4XT9D-3C8HV,{unique}\r\n", row("code,"), row("SAVE10,"))
}

/// What operators read, and keys.
fn running(examples: &mut Examples, campaign: &str) {
    let operator = examples.shop.operator.clone();
    let path = format!("/v1/campaigns/{campaign}");
    examples.see("live", "get_campaign", &operator, "GET", &path, None);
    examples.see("live", "list_campaigns", &operator, "GET", "/v1/campaigns?status=live&limit=1", None);
    examples.see("first", "list_events", &operator, "GET", "/v1/events?types=coupon.claimed,order.*&limit=2", None);
    examples.see("first", "list_ledger_entries", &operator, "GET", "/v1/ledger/entries?limit=1", None);
    examples.see(
        "one",
        "report_distribution",
        &operator,
        "GET",
        &format!("/v1/reports/distribution?campaign={campaign}"),
        None,
    );
    examples.see("refused", "list_attempts", &operator, "GET", "/v1/attempts?account=ana&limit=1", None);
    let search = json!({"code": "save 11"});
    let wrong = json!({"code": "SAVE11"});
    examples.shop.post(&operator, "/v1/accounts/ana/coupons", &wrong).refused(422, "code_not_usable");
    examples.see("a_code", "search_attempts", &operator, "POST", "/v1/attempts/search", Some(&search));
    let key =
        json!({"role": "seller", "seller": "nova", "name": "Nova's own shop", "expires_at": "2036-11-10T00:00:00Z"});
    let made = examples.see("seller", "create_key", &operator, "POST", "/v1/keys", Some(&key));
    let path_of_key = format!("/v1/keys/{}", text(&made, "/id"));
    examples.see("seller", "get_key", &operator, "GET", &path_of_key, None);
    let attached = json!({"metadata": {"owner": "team-7"}});
    examples.see("metadata", "change_key", &operator, "PATCH", &path_of_key, Some(&attached));
    examples.see("revoked", "revoke_key", &operator, "POST", &format!("{path_of_key}/revoke"), None);
    let listed = examples.shop.get(&operator, "/v1/keys").is(200);
    let mut first = listed.body.clone();
    // Keys of one millisecond come in an order of chance.
    let keys = first["data"].as_array_mut().expect("keys");
    keys.retain(|key| key["seller"] == "nova");
    examples.mask(&mut first);
    examples
        .all
        .insert("list_keys".to_owned(), json!([{"name": "keys", "status": 200, "request": null, "answer": first}]));
    let codes = format!("{path}/codes.csv");
    let mut exported = examples.shop.get(&operator, &codes).is(200);
    exported.text = some_codes(&exported.text);
    examples.keep("codes", "export_codes", &codes, None, &exported);
    let storefront = examples.shop.storefront.clone();
    let token = json!({"account": "ana"});
    examples.see("ana", "mint_shopper_token", &storefront, "POST", "/v1/shopper-tokens", Some(&token));
    examples.see("ended", "end_campaign", &operator, "POST", &format!("{path}/end"), None);
}

#[test]
fn the_documents_examples_are_what_the_server_answers() {
    // Ids are told apart by the order in which they appear, which is another with other buckets.
    if std::env::var_os(BUCKETS).is_some() {
        return;
    }
    let id = |operation: &Value| operation["operationId"].as_str().expect("an id").to_owned();
    let documented = operations(scrip_http::document());
    let templates = documented.iter().map(|(path, _, operation)| (id(operation), path.clone())).collect();
    let mut examples = Examples { shop: Shop::new(), all: Map::new(), templates, ids: HashMap::new() };
    let campaign = campaigns(&mut examples);
    shopping(&mut examples, &campaign);
    running(&mut examples, &campaign);
    examples.shop.draft(&seller_off("luma", 1));
    let missing: Vec<String> =
        documented.iter().map(|(_, _, operation)| id(operation)).filter(|id| !examples.all.contains_key(id)).collect();
    assert!(missing.is_empty(), "no example of {missing:?}: ask for one here");
    let generated = serde_json::to_string_pretty(&examples.all).expect("JSON") + "\n";
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src/openapi/examples.json");
    if std::env::var_os("SCRIP_BLESS").is_some_and(|value| value == "1") {
        fs::write(&path, &generated).expect("the file can be written");
    }
    let committed = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == generated,
        "the document's examples aren't what the server answers. If the change is meant, write them, and the document after \
         that, with (twice):\n\n    SCRIP_BLESS=1 cargo test -p scrip-http --test http examples committed\n"
    );
}
