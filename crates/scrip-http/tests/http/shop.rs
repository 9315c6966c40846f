//! A marketplace under test.

use std::{
    collections::BTreeSet,
    net::{IpAddr, SocketAddr},
    ops::Index,
    pin::Pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    task::Poll,
    time::Duration,
};

use axum::{
    Router,
    body::Body,
    extract::ConnectInfo,
    http::{HeaderMap, Request, header},
};
use scrip_core::{
    api_key::Role,
    command::CreateApiKey,
    event::Group,
    name::SellerId,
    reason::Reason,
    slot::Buckets,
    time::{Timestamp, Zones},
};
use scrip_desk::{Desk, DeskOptions, GuessLimits, SellerLimits, new_key};
use scrip_engine::{Clock, Engine, EngineOptions, ManualClock, Positions, Random, Secrets};
use scrip_http::{ApiOptions, Limits, RequestRates};
use scrip_store::memory::MemoryStore;
use serde_json::{Value, json};
use tokio::runtime::Runtime;
use tower::ServiceExt;

/// Set for the run of the same tests with another number of buckets.
pub const BUCKETS: &str = "SCRIP_TEST_BUCKETS";

pub fn buckets() -> Buckets {
    let count = std::env::var(BUCKETS).map_or(1, |count| count.parse().expect("a number"));
    Buckets::new(count).expect("a power of two")
}

/// The one proxy whose word is taken for where a request comes from.
pub const PROXY: &str = "10.0.0.1";

/// When every test begins.
pub const NOON: &str = "2026-11-10T12:00:00Z";

/// The server with a key for each role.
pub struct Shop {
    runtime: Runtime,
    router: Router,
    store: MemoryStore,
    clock: Arc<ManualClock>,
    pub engine: Engine,
    pub operator: String,
    pub storefront: String,
    pub luma: String,
    pub tako: String,
    seen: Mutex<BTreeSet<String>>,
    broken: Arc<AtomicBool>,
}

impl Shop {
    pub fn new() -> Self {
        Self::with(|_, _| ())
    }

    /// With the setting that shows pending coupons of old data (S17).
    pub fn with_pending(show_pending: bool) -> Self {
        Self::with(|desk, _| desk.show_pending = show_pending)
    }

    /// With limits of sellers, exceptions as the setting says them.
    pub fn with_seller_limits(limits: SellerLimits, exceptions: &[&str]) -> Self {
        Self::with(|desk, _| {
            desk.seller_limits = limits;
            desk.seller_exceptions = exceptions.iter().map(|limit| limit.parse().expect("a limit")).collect();
        })
    }

    /// With these limits of what callers may take up.
    pub fn with_limits(limits: Limits) -> Self {
        Self::with(|_, options| options.limits = limits)
    }

    /// With other limits of what lasts, or comes to many commands.
    pub fn with_desk(change: impl FnOnce(&mut DeskOptions)) -> Self {
        Self::with(|desk, _| change(desk))
    }

    /// With these limits of wrong codes.
    pub fn with_guesses(guesses: GuessLimits) -> Self {
        Self::with(|desk, _| desk.guesses = guesses)
    }

    /// With these origins whose pages may use shopper tokens.
    pub fn with_origins(origins: &[&str]) -> Self {
        Self::with(|_, options| {
            options.cors_origins = origins.iter().map(|origin| origin.parse().expect("an origin")).collect();
        })
    }

    /// Of one of several processes, say.
    pub fn over(store: MemoryStore) -> Self {
        Self::with_all(store, |_, _| ())
    }

    fn with(change: impl FnOnce(&mut DeskOptions, &mut ApiOptions)) -> Self {
        Self::with_all(MemoryStore::new(buckets()), change)
    }

    fn with_all(store: MemoryStore, change: impl FnOnce(&mut DeskOptions, &mut ApiOptions)) -> Self {
        let clock = Arc::new(ManualClock::new(Timestamp::parse(NOON).expect("a time")));
        let options = EngineOptions {
            random: Random::system(),
            secrets: Secrets::from_master(&[7; 32]),
            clock: clock.clone(),
            zones: Zones::bundled(),
            on_failure: Box::new(|what| panic!("the store failed: {what}")),
        };
        let engine = Engine::start(Arc::new(store.clone()), options).expect("an empty store can be opened");
        let broken = Arc::new(AtomicBool::new(false));
        let fails = broken.clone();
        let metrics = Arc::new(move || {
            assert!(!fails.load(Ordering::Relaxed), "a fault made on purpose");
            "scrip_up 1\n".to_owned()
        });
        let mut options = ApiOptions {
            metrics,
            trusted_proxies: vec![PROXY.parse().expect("an address")],
            cors_origins: Vec::new(),
            patience: Duration::MAX,
            limits: Limits { requests: RequestRates::NONE, ..Limits::default() },
            noop: false,
        };
        let mut desk_options = DeskOptions::default();
        change(&mut desk_options, &mut options);
        let router = scrip_http::router(Desk::new(engine.clone(), &desk_options), options);
        let key = |role, seller: Option<&str>| {
            let seller = seller.map(|seller| SellerId::new(seller).expect("a name"));
            let new = new_key(role, seller, clock.now());
            engine.submit_blocking(CreateApiKey { key: new.key }, None).expect("a key can be made");
            new.text
        };
        Self {
            operator: key(Role::Operator, None),
            storefront: key(Role::Storefront, None),
            luma: key(Role::Seller, Some("luma")),
            tako: key(Role::Seller, Some("tako")),
            runtime: tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime"),
            router,
            store,
            clock,
            engine,
            seen: Mutex::default(),
            broken,
        }
    }

    /// From here on `GET /metrics` runs into a fault of ours, which no request should be able to.
    pub fn break_metrics(&self) {
        self.broken.store(true, Ordering::Relaxed);
    }

    pub fn set_time(&self, at: &str) {
        self.clock.set(Timestamp::parse(at).expect("a time"));
    }

    /// Lets requests that were sent [`Ask::meanwhile`] go on.
    pub fn goes_on_for(&self, time: Duration) {
        self.runtime.block_on(async { tokio::time::sleep(time).await });
    }

    pub fn minutes_pass(&self, minutes: u32) {
        self.clock.set(self.clock.now().plus_minutes(minutes));
    }

    /// Somebody sets the clock, and no time passes.
    pub fn set_clock(&self, at: &str) {
        self.clock.jump(Timestamp::parse(at).expect("a time"));
    }

    pub fn ask(&self, method: &str, path: &str) -> Ask<'_> {
        let request = Request::builder().method(method).uri(path).header(header::HOST, "shop");
        Ask { shop: self, line: format!("{method} {path}"), request, body: Vec::new() }
    }

    /// Sends all of them at once, from threads of their own, and gives their statuses.
    pub fn at_once<'a>(&self, asks: impl Iterator<Item = Ask<'a>>) -> Vec<u16> {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
        let sent: Vec<_> = asks
            .map(|ask| {
                let request = ask.request.body(Body::from(ask.body)).expect("a well-formed request");
                runtime.spawn(self.router.clone().oneshot(request))
            })
            .collect();
        let answered = sent.into_iter().map(|sent| runtime.block_on(sent).expect("no handler panics"));
        answered.map(|response| response.expect("the router answers").status().as_u16()).collect()
    }

    pub fn get(&self, key: &str, path: &str) -> Answer {
        self.ask("GET", path).by(key).send()
    }

    pub fn post(&self, key: &str, path: &str, body: &Value) -> Answer {
        self.ask("POST", path).by(key).json(body).send()
    }

    /// A shopper token for an account.
    pub fn shopper(&self, account: &str) -> String {
        let minted = self.post(&self.storefront, "/v1/shopper-tokens", &json!({"account": account})).is(201);
        minted.text_at("/token").to_owned()
    }

    /// A draft by its issuer.
    pub fn draft(&self, terms: &Value) -> String {
        self.post(self.issuer_key(terms), "/v1/campaigns", terms).is(201).text_at("/id").to_owned()
    }

    /// A published campaign of its issuer.
    pub fn live(&self, terms: &Value) -> String {
        let id = self.draft(terms);
        self.post(self.issuer_key(terms), &format!("/v1/campaigns/{id}/publish"), &json!({})).is(200);
        id
    }

    fn issuer_key(&self, terms: &Value) -> &str {
        match terms["issuer"]["seller"].as_str() {
            Some("luma") => &self.luma,
            Some("tako") => &self.tako,
            _ => &self.operator,
        }
    }

    /// Collects a coupon through the storefront.
    pub fn collect(&self, account: &str, campaign: &str) -> String {
        let path = format!("/v1/accounts/{account}/coupons");
        self.post(&self.storefront, &path, &json!({"campaign": campaign})).is(201).text_at("/id").to_owned()
    }

    /// A published campaign and one coupon of it for the account.
    pub fn coupon(&self, account: &str, terms: &Value) -> String {
        let campaign = self.live(terms);
        self.collect(account, &campaign)
    }

    pub fn shared_code(&self, campaign: &str, code: &str, max_uses: Option<u32>) {
        let path = format!("/v1/campaigns/{campaign}/codes");
        let body = json!({"kind": "shared", "code": code, "max_uses": max_uses});
        self.post(&self.operator, &path, &body).is(201);
    }

    /// Makes unique codes and waits for them.
    pub fn unique_codes(&self, campaign: &str, count: usize) -> Vec<String> {
        let path = format!("/v1/campaigns/{campaign}/codes");
        let job = self.post(&self.operator, &path, &json!({"kind": "unique", "count": count})).is(202);
        let path = format!("/v1/jobs/{}", job.text_at("/id"));
        let started = std::time::Instant::now();
        while self.get(&self.operator, &path).is(200).text_at("/status") != "done" {
            assert!(started.elapsed().as_secs() < 30, "the job doesn't end");
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        let csv = self.get(&self.operator, &format!("/v1/campaigns/{campaign}/codes.csv")).is(200);
        let codes: Vec<String> =
            csv.text.lines().skip(1).filter_map(|row| row.split(',').next()).map(str::to_owned).collect();
        assert_eq!(codes.len(), count, "{}", csv.text);
        codes
    }

    /// The rest of an answer that was begun.
    ///
    /// Errors: it was broken off.
    pub fn read_to_end(&self, body: Body) -> Result<String, axum::Error> {
        let bytes = self.runtime.block_on(axum::body::to_bytes(body, usize::MAX))?;
        Ok(String::from_utf8(bytes.to_vec()).expect("text"))
    }

    pub fn quote(&self, account: &str, body: &Value) -> Answer {
        self.post(&self.storefront, &format!("/v1/accounts/{account}/quotes"), body).is(200)
    }

    pub fn order(&self, account: &str, body: &Value) -> Answer {
        self.post(&self.storefront, &format!("/v1/accounts/{account}/orders"), body)
    }

    /// A step of an order: `pay`, `close`, `cancel`, `extend`, `refunds`.
    pub fn step(&self, account: &str, order: &str, step: &str, body: &Value) -> Answer {
        self.post(&self.storefront, &format!("/v1/accounts/{account}/orders/{order}/{step}"), body)
    }

    /// A paid order with the best combination.
    pub fn paid(&self, account: &str, id: &str, cart: &Value) -> Answer {
        self.order(account, &json!({"id": id, "cart": cart})).is(201);
        self.step(account, id, "pay", &json!({})).is(200)
    }

    pub fn coupon_status(&self, account: &str, coupon: &str) -> String {
        let path = format!("/v1/accounts/{account}/coupons/{coupon}");
        self.get(&self.storefront, &path).is(200).text_at("/status").to_owned()
    }

    pub fn counters(&self, campaign: &str) -> Value {
        self.get(&self.operator, &format!("/v1/campaigns/{campaign}")).is(200).body["counters"].clone()
    }

    /// Every `code` that stood in an answer.
    pub fn has_seen(&self, code: &str) -> bool {
        self.seen.lock().expect("nobody panics holding it").contains(code)
    }

    /// How many events there are: what is refused must not add any. What moved between buckets on the way gave nobody
    /// anything, and what a job or the sweeper does meanwhile is nobody's request.
    pub fn journal_end(&self) -> usize {
        self.engine
            .read(|reader| reader.events(&Positions::default(), 1_000_000, usize::MAX))
            .expect("the journal can be read")
            .expect("its beginning is there")
            .events
            .iter()
            .filter(|(_, recorded)| recorded.event.group() != Group::Exchange)
            .filter(|(_, recorded)| {
                !["code.unique_added", "order.due_swept", "key.seen"].contains(&recorded.event.type_name())
            })
            .count()
    }
}

impl Drop for Shop {
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        let report = scrip_engine::verify::verify(&self.store).expect("the store can be read");
        assert!(report.is_clean(), "journal, documents and tables differ: {:#?}", report.problems);
    }
}

/// A request on its way.
pub struct Ask<'a> {
    shop: &'a Shop,
    line: String,
    request: axum::http::request::Builder,
    body: Vec<u8>,
}

impl Ask<'_> {
    pub fn by(self, key: &str) -> Self {
        self.header("authorization", &format!("Bearer {key}"))
    }

    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.request = self.request.header(name, value);
        self
    }

    pub fn without_host(mut self) -> Self {
        if let Some(headers) = self.request.headers_mut() {
            headers.remove(header::HOST);
        }
        self
    }

    /// With an idempotency key.
    pub fn once(self, key: &str) -> Self {
        self.header("idempotency-key", key)
    }

    pub fn json(self, body: &Value) -> Self {
        self.bytes(body.to_string().as_bytes())
    }

    pub fn bytes(mut self, body: &[u8]) -> Self {
        self.body = body.to_vec();
        self.header("content-type", "application/json")
    }

    /// Over a connection from this address.
    pub fn from(mut self, peer: &str) -> Self {
        let peer: IpAddr = peer.parse().expect("an address");
        self.request = self.request.extension(ConnectInfo(SocketAddr::new(peer, 1)));
        self
    }

    pub fn send(self) -> Answer {
        let shop = self.shop;
        let sent = self.sent();
        sent.answer(shop)
    }

    /// Begins the request, and goes no further than it goes without waiting.
    pub fn sent(self) -> Sent {
        let request = self.request.body(Body::from(self.body)).expect("a well-formed request");
        let router = self.shop.router.clone();
        let answer = async move {
            let response = router.oneshot(request).await.expect("the router answers");
            let (parts, body) = response.into_parts();
            let bytes = axum::body::to_bytes(body, usize::MAX).await.expect("the body can be read");
            (parts.status.as_u16(), parts.headers, String::from_utf8(bytes.to_vec()).expect("text"))
        };
        let mut answer: Pin<Box<dyn Future<Output = (u16, HeaderMap, String)>>> = Box::pin(answer);
        let here = self.shop.runtime.block_on(async {
            std::future::poll_fn(|context| match answer.as_mut().poll(context) {
                Poll::Ready(here) => Poll::Ready(Some(here)),
                Poll::Pending => Poll::Ready(None),
            })
            .await
        });
        Sent { line: self.line, here, answer }
    }

    /// Begins the request, and hangs up when it has to wait for something.
    pub fn broken_off(self) {
        let shop = self.shop;
        let sent = self.sent();
        assert!(sent.here.is_none(), "{}: answered without waiting for anything", sent.line);
        shop.runtime.block_on(async { drop(sent) });
    }

    /// Sends the request, which goes on while others are sent.
    pub fn meanwhile(self) -> Sent {
        let request = self.request.body(Body::from(self.body)).expect("a well-formed request");
        let router = self.shop.router.clone();
        let sent = self.shop.runtime.spawn(async move {
            let response = router.oneshot(request).await.expect("the router answers");
            let (parts, body) = response.into_parts();
            let bytes = axum::body::to_bytes(body, usize::MAX).await.expect("whole");
            (parts.status.as_u16(), parts.headers, String::from_utf8(bytes.to_vec()).expect("text"))
        });
        Sent { line: self.line, here: None, answer: Box::pin(async { sent.await.expect("no handler panics") }) }
    }

    /// Sends the request and reads no more than the head of its answer, which is 200.
    pub fn begin(self) -> Body {
        let request = self.request.body(Body::from(self.body)).expect("a well-formed request");
        let answer = self.shop.runtime.block_on(self.shop.router.clone().oneshot(request));
        let response = answer.expect("the router answers");
        assert_eq!(response.status().as_u16(), 200, "{}", self.line);
        response.into_body()
    }
}

/// A request whose answer may not be here yet.
pub struct Sent {
    line: String,
    here: Option<(u16, HeaderMap, String)>,
    answer: Pin<Box<dyn Future<Output = (u16, HeaderMap, String)>>>,
}

impl Sent {
    pub fn is_waiting(&self) -> bool {
        self.here.is_none()
    }

    /// Waits for it.
    pub fn answer(self, shop: &Shop) -> Answer {
        let (status, headers, text) = match self.here {
            Some(here) => here,
            None => shop.runtime.block_on(self.answer),
        };
        let body = serde_json::from_str(&text).unwrap_or(Value::Null);
        let answer = Answer { line: self.line, status, headers, text, body };
        answer.check_form();
        crate::contract::check_documented(&answer.line, answer.status, &answer.headers, &answer.body);
        note_codes(&answer.body, &mut shop.seen.lock().expect("nobody panics holding it"));
        answer
    }
}

fn note_codes(value: &Value, seen: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            seen.extend(members.get("code").and_then(Value::as_str).map(str::to_owned));
            members.values().for_each(|value| note_codes(value, seen));
        }
        Value::Array(entries) => entries.iter().for_each(|value| note_codes(value, seen)),
        _ => {}
    }
}

/// What came back.
pub struct Answer {
    line: String,
    pub status: u16,
    pub headers: HeaderMap,
    pub text: String,
    pub body: Value,
}

impl Answer {
    /// What holds for every answer: a request id, and a problem of the promised form for every refusal.
    fn check_form(&self) {
        let id = self.header("x-request-id").unwrap_or_else(|| panic!("{}: no X-Request-Id", self.line));
        // What a load balancer asks is no request of the contract.
        if self.line == "GET /readyz" {
            return;
        }
        // What an operator has to mend is said; any other 5xx is a fault of ours, but where a test
        // makes it.
        let is_told =
            self.body["detail"].as_str().is_some_and(|told| told.contains("clock") || told.contains("time zone"));
        assert!(
            self.status < 500 || self.status == 503 && is_told || self.line == "GET /metrics",
            "{}: {} {}",
            self.line,
            self.status,
            self.text
        );
        // Pages are for people, refusals of pages too.
        if self.status < 400 || self.line.starts_with("GET /docs") {
            return;
        }
        assert_eq!(self.header(header::CONTENT_TYPE.as_str()), Some("application/problem+json"), "{}", self.line);
        let body = &self.body;
        assert_eq!(body["status"], self.status, "{}: {body}", self.line);
        assert_eq!(body["request_id"], id, "{}: {body}", self.line);
        let code = body["code"].as_str().unwrap_or_else(|| panic!("{}: no code in {body}", self.line));
        assert!(Reason::ALL.iter().any(|(known, _)| *known == code), "{}: {code} isn't in the closed list", self.line);
        assert_eq!(body["type"], format!("/docs/reasons#{code}"));
        for member in ["title", "detail"] {
            assert!(body[member].as_str().is_some_and(|text| !text.is_empty()), "{}: no {member} in {body}", self.line);
        }
        let errors = body["errors"].as_array().unwrap_or_else(|| panic!("{}: no errors in {body}", self.line));
        assert!(errors.iter().all(|error| error["code"].is_string() && error["detail"].is_string()), "{body}");
    }

    #[track_caller]
    pub fn is(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}: {}", self.line, self.text);
        self
    }

    /// A refusal with this status and code.
    #[track_caller]
    pub fn refused(self, status: u16, code: &str) -> Self {
        assert_eq!((self.status, self.body["code"].as_str()), (status, Some(code)), "{}: {}", self.line, self.text);
        self
    }

    /// The first error is about this place of the request.
    #[track_caller]
    pub fn pointing(self, pointer: &str) -> Self {
        assert_eq!(self.body["errors"][0]["pointer"], pointer, "{}: {}", self.line, self.text);
        self
    }

    /// The first error is about this parameter of path, query or header.
    #[track_caller]
    pub fn about(self, parameter: &str) -> Self {
        assert_eq!(self.body["errors"][0]["parameter"], parameter, "{}: {}", self.line, self.text);
        self
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    pub fn is_replay(&self) -> bool {
        self.header("idempotent-replayed") == Some("true")
    }

    #[track_caller]
    pub fn text_at(&self, pointer: &str) -> &str {
        self[pointer].as_str().unwrap_or_else(|| panic!("{}: no text at {pointer} in {}", self.line, self.text))
    }

    /// One member of every entry of `data`.
    #[track_caller]
    pub fn column(&self, member: &str) -> Vec<&str> {
        let data = self.body["data"].as_array().unwrap_or_else(|| panic!("{}: no list: {}", self.line, self.text));
        data.iter().map(|entry| entry[member].as_str().unwrap_or_default()).collect()
    }

    /// Why a coupon or code isn't applied in a quote: its reason codes.
    #[track_caller]
    pub fn reasons_of(&self, used_by: &str) -> Vec<&str> {
        let not_applied = self.body["not_applied"].as_array().expect("a quote");
        let entry = not_applied.iter().find(|entry| entry["coupon"] == used_by || entry["code"] == used_by);
        let entry = entry.unwrap_or_else(|| panic!("{used_by} isn't in not_applied: {}", self.text));
        entry["reasons"].as_array().expect("reasons").iter().filter_map(|reason| reason["code"].as_str()).collect()
    }
}

impl Index<&str> for Answer {
    type Output = Value;

    #[track_caller]
    fn index(&self, pointer: &str) -> &Value {
        self.body.pointer(pointer).unwrap_or_else(|| panic!("{}: no {pointer} in {}", self.line, self.text))
    }
}

/// Terms of the platform: `amount` off, valid all November 2026, no other limit than one per individual.
pub fn off(amount: i64) -> Value {
    terms(&json!({"type": "platform"}), &json!({"type": "amount_off", "amount": amount}))
}

/// Terms of a seller: `amount` off.
pub fn seller_off(seller: &str, amount: i64) -> Value {
    terms(&json!({"type": "seller", "seller": seller}), &json!({"type": "amount_off", "amount": amount}))
}

pub fn terms(issuer: &Value, benefit: &Value) -> Value {
    json!({"name": "Test", "issuer": issuer, "currency": "USD", "benefit": benefit, "limits": {"budget": "unlimited"},
        "validity": {"type": "fixed", "starts_at": "2026-11-01T00:00:00Z", "expires_at": "2026-12-01T00:00:00Z"}})
}

/// `base` with some members replaced.
pub fn with(mut base: Value, members: &Value) -> Value {
    for (name, value) in members.as_object().expect("an object") {
        base[name] = value.clone();
    }
    base
}

/// Lines `l1`, `l2` …: seller, unit price, quantity.
pub fn cart(lines: &[(&str, i64, u32)]) -> Value {
    let lines: Vec<Value> = lines
        .iter()
        .enumerate()
        .map(|(place, (seller, price, quantity))| {
            json!({"id": format!("l{}", place + 1), "seller": seller, "product": "lamp", "categories": ["home"],
                "unit_price": price, "quantity": quantity})
        })
        .collect();
    json!({"currency": "USD", "lines": lines})
}

/// The cart with shipping.
pub fn shipped(mut cart: Value, shipping: &[(&str, i64)]) -> Value {
    cart["shipping"] = shipping.iter().map(|(seller, amount)| json!({"seller": seller, "amount": amount})).collect();
    cart
}
