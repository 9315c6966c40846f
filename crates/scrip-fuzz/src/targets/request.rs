//! Any request to any operation, by anybody, through the whole router over a store in memory.

use std::{cell::RefCell, sync::Arc, time::Duration};

use axum::{
    Router,
    body::Body,
    http::{HeaderName, HeaderValue, Request, Uri},
};
use scrip_core::{
    api_key::Role,
    command::CreateApiKey,
    name::SellerId,
    slot::Buckets,
    time::{Timestamp, Zones},
};
use scrip_desk::{Desk, DeskOptions, new_key};
use scrip_engine::{Clock, Engine, EngineOptions, ManualClock, Secrets};
use scrip_http::{ApiOptions, Limits, PERMISSIONS, RequestRates};
use scrip_store::memory::MemoryStore;
use serde_json::{Value, json};
use tokio::runtime::Runtime;
use tower::ServiceExt;

/// What stands between the parts of the input.
pub const SEPARATOR: u8 = 0x1E;
/// A shop is closed and another opened after so many requests: it would grow.
const REQUESTS_MAX: u32 = 20_000;

/// The parts after the first two bytes (operation, caller): path parameters with slashes between, query, these headers,
/// body.
const HEADERS: [&str; 6] = ["authorization", "idempotency-key", "if-match", "accept", "content-type", "x-request-id"];

/// One request.
pub fn request(data: &[u8]) {
    thread_local! {
        static SHOP: RefCell<Option<Shop>> = const { RefCell::new(None) };
    }
    SHOP.with_borrow_mut(|shop| {
        if shop.as_ref().is_some_and(|shop| shop.asked >= REQUESTS_MAX) {
            shop.take().expect("just seen").close();
        }
        shop.get_or_insert_with(Shop::open).ask(data);
    });
}

struct Shop {
    runtime: Runtime,
    router: Router,
    engine: Engine,
    keys: [String; 4],
    asked: u32,
}

impl Shop {
    fn open() -> Self {
        let clock = Arc::new(ManualClock::new(Timestamp::from_micros(1_780_000_000_000_000)));
        let options = EngineOptions {
            random: scrip_engine::Random::system(),
            secrets: Secrets::from_master(&[7; 32]),
            clock: clock.clone(),
            zones: Zones::bundled(),
            on_failure: Box::new(|what| panic!("the store failed: {what}")),
        };
        let engine = Engine::start(Arc::new(MemoryStore::new(Buckets::ONE)), options).expect("an empty store opens");
        let router = scrip_http::router(
            Desk::new(engine.clone(), &DeskOptions { show_pending: true, ..DeskOptions::default() }),
            ApiOptions {
                metrics: Arc::new(String::new),
                trusted_proxies: Vec::new(),
                cors_origins: Vec::new(),
                patience: Duration::MAX,
                limits: Limits { requests: RequestRates::NONE, ..Limits::default() },
                noop: false,
            },
        );
        let key = |role, seller: Option<&str>| {
            let new = new_key(role, seller.map(|seller| SellerId::new(seller).expect("a name")), clock.now());
            engine.submit_blocking(CreateApiKey { key: new.key }, None).expect("a key can be made");
            new.text
        };
        let keys =
            [key(Role::Operator, None), key(Role::Seller, Some("luma")), key(Role::Storefront, None), String::new()];
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let mut shop = Self { runtime, router, engine, keys, asked: 0 };
        shop.stock();
        shop
    }

    /// A campaign, a coupon, a code and orders, so that not everything is unknown.
    fn stock(&mut self) {
        let [operator, _, storefront, _] = self.keys.clone();
        let terms = json!({"name": "Fuzz", "issuer": {"type": "platform"}, "currency": "USD",
            "benefit": {"type": "amount_off", "amount": 500}, "limits": {"budget": "unlimited", "per_individual": null},
            "claims": {"channels": ["web", "code"]}, "validity": {"type": "after_claim", "days": 30}});
        let campaign = self.post(&operator, "/v1/campaigns", &terms)["id"].as_str().expect("made").to_owned();
        self.post(&operator, &format!("/v1/campaigns/{campaign}/publish"), &json!({}));
        let code = json!({"kind": "shared", "code": "SAVE10"});
        self.post(&operator, &format!("/v1/campaigns/{campaign}/codes"), &code);
        for _ in 0..3 {
            self.post(&storefront, "/v1/accounts/ana/coupons", &json!({"campaign": campaign}));
        }
        let cart = json!({"currency": "USD", "lines": [
            {"id": "l1", "seller": "luma", "product": "lamp", "unit_price": 3000, "quantity": 2}]});
        for order in ["A-1", "A-2"] {
            self.post(&storefront, "/v1/accounts/ana/orders", &json!({"id": order, "cart": cart}));
        }
        self.post(&storefront, "/v1/accounts/ana/orders/A-2/pay", &json!({}));
        let token = self.post(&storefront, "/v1/shopper-tokens", &json!({"account": "ana"}));
        self.keys[3] = token["token"].as_str().expect("minted").to_owned();
    }

    fn post(&self, key: &str, path: &str, body: &Value) -> Value {
        let request = Request::post(path).header("host", "shop").header("authorization", format!("Bearer {key}"));
        let (status, body) = self.send(request.body(Body::from(body.to_string())).expect("well-formed"));
        assert!(status < 300, "{path}: {status} {body}");
        body
    }

    fn send(&self, request: Request<Body>) -> (u16, Value) {
        let router = self.router.clone();
        self.runtime.block_on(async move {
            let response = router.oneshot(request).await.expect("the router answers");
            let status = response.status().as_u16();
            let kind = response.headers().get("content-type").cloned();
            let bytes = axum::body::to_bytes(response.into_body(), usize::MAX).await.expect("the body can be read");
            if kind.is_none_or(|kind| !kind.as_bytes().ends_with(b"json")) {
                return (status, Value::Null);
            }
            (status, serde_json::from_slice(&bytes).expect("what calls itself JSON is JSON"))
        })
    }

    fn ask(&mut self, data: &[u8]) {
        let [operation, caller, rest @ ..] = data else { return };
        let row = &PERMISSIONS[usize::from(*operation) % PERMISSIONS.len()];
        let mut parts = rest.split(|byte| *byte == SEPARATOR);
        let mut named = parts.next().unwrap_or_default().split(|byte| *byte == b'/');
        let mut path: Vec<u8> = Vec::new();
        for part in row.path.split('/').skip(1) {
            path.push(b'/');
            match part.strip_prefix('{') {
                Some(_) => path.extend(named.next().unwrap_or(b"ana")),
                None => path.extend(part.bytes()),
            }
        }
        let query = parts.next().unwrap_or_default();
        if !query.is_empty() {
            path.push(b'?');
            path.extend(query);
        }
        // What can't be a request never reaches the router.
        let Ok(uri) = Uri::try_from(path) else { return };
        let mut request = Request::builder().method(row.method).uri(uri).header("host", "shop");
        if let Some(key) = self.keys.get(usize::from(*caller) % 6) {
            request = request.header("authorization", format!("Bearer {key}"));
        }
        for name in HEADERS {
            let value = parts.next().unwrap_or_default();
            if let Ok(value) = HeaderValue::from_bytes(value)
                && !value.is_empty()
            {
                request = request.header(HeaderName::from_static(name), value);
            }
        }
        let body: Vec<u8> = parts.collect::<Vec<_>>().join(&SEPARATOR);
        // Millions of codes are a job of their own.
        if row.path.ends_with("/codes") && body.windows(7).any(|window| window == b"\"count\"") {
            return;
        }
        let Ok(request) = request.body(Body::from(body)) else { return };
        self.asked += 1;
        let (status, answer) = self.send(request);
        assert!(status < 500, "{} {}: {status} {answer}", row.method, row.path);
        assert!(status < 400 || answer["code"].is_string(), "{} {}: {status} {answer}", row.method, row.path);
    }

    fn close(self) {
        drop(self.router);
        self.engine.stop();
    }
}
