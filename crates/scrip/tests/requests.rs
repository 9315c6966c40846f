//! Requests as hostile or broken clients send them, over real sockets to the real binary: each is refused or cut off
//! cleanly, nothing changes, and others are served meanwhile.

use std::{
    io::{ErrorKind, Read, Write},
    net::TcpStream,
    os::unix::net::UnixStream,
    path::Path,
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use tempfile::TempDir;

mod support;
use support::{Server, folder};

/// Generous: a machine may be busy. What takes longer hangs.
const HANGS: Duration = Duration::from_secs(60);
/// The server's patience in these tests.
const PATIENCE: Duration = Duration::from_secs(2);

struct Wire {
    server: Server,
    operator: String,
    data: TempDir,
}

/// One answer as it came over the wire.
#[derive(Debug)]
struct Raw {
    status: u16,
    head: String,
    body: String,
}

impl Raw {
    fn header(&self, name: &str) -> Option<&str> {
        let named = |line: &&str| line.split(':').next().is_some_and(|known| known.eq_ignore_ascii_case(name));
        self.head.lines().find(named).and_then(|line| line.split_once(':')).map(|(_, value)| value.trim())
    }

    #[track_caller]
    fn refused(self, status: u16, code: &str) -> Self {
        let body: Value = serde_json::from_str(&self.body).unwrap_or_default();
        assert_eq!((self.status, body["code"].as_str()), (status, Some(code)), "{self:?}");
        self
    }
}

impl Wire {
    fn start() -> Self {
        let data = folder();
        let seconds = PATIENCE.as_secs().to_string();
        let server = Server::start_with(data.path(), &["--request-seconds", &seconds]);
        let operator = server.key(&["operator"]);
        Self { server, operator, data }
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.server.base.trim_start_matches("http://")).expect("it listens");
        stream.set_read_timeout(Some(HANGS)).expect("a timeout can be set");
        stream.set_write_timeout(Some(HANGS)).expect("a timeout can be set");
        stream
    }

    /// Sends bytes and reads until the server closes, or half a minute of silence.
    fn send(&self, bytes: &[u8]) -> Vec<Raw> {
        let mut stream = self.connect();
        // A server that refuses early may have closed before all is written.
        let _ = stream.write_all(bytes);
        answers(&read_to_end(&mut stream))
    }

    #[track_caller]
    fn one(&self, bytes: &[u8]) -> Raw {
        let mut answers = self.send(bytes);
        assert_eq!(answers.len(), 1, "{answers:?}");
        answers.remove(0)
    }

    /// A request by the operator, with more header lines and a body as they are.
    fn request(&self, line: &str, headers: &str, body: &[u8]) -> Vec<u8> {
        let key = &self.operator;
        let mut bytes =
            format!("{line} HTTP/1.1\r\nHost: shop\r\nAuthorization: Bearer {key}\r\n{headers}\r\n").into_bytes();
        bytes.extend(body);
        bytes
    }

    fn post(&self, path: &str, body: &[u8]) -> Raw {
        let length = format!("Content-Length: {}\r\nConnection: close\r\n", body.len());
        self.one(&self.request(&format!("POST {path}"), &length, body))
    }

    #[track_caller]
    fn still_serves(&self) {
        let answer = self.one(b"GET /livez HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n\r\n");
        assert_eq!(answer.status, 200);
    }

    fn campaigns(&self) -> usize {
        let answer = self.one(&self.request("GET /v1/campaigns", "Connection: close\r\n", b""));
        let body: Value = serde_json::from_str(&answer.body).expect("JSON");
        body["data"].as_array().expect("a list").len()
    }
}

/// All that comes before the other end closes. A reset is a close too.
#[track_caller]
fn read_to_end(stream: &mut impl Read) -> Vec<u8> {
    let mut all = Vec::new();
    let mut buffer = [0; 64 * 1024];
    loop {
        match stream.read(&mut buffer) {
            Ok(0) => return all,
            Ok(count) => all.extend(&buffer[..count]),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                panic!("the server neither answers nor closes; so far {:?}", String::from_utf8_lossy(&all))
            }
            Err(_) => return all,
        }
    }
}

/// Answers one after the other, each with its Content-Length.
fn answers(bytes: &[u8]) -> Vec<Raw> {
    let mut all = Vec::new();
    let mut rest = bytes;
    while let Some(end) = rest.windows(4).position(|window| window == b"\r\n\r\n") {
        let head = String::from_utf8_lossy(&rest[..end]).into_owned();
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status line");
        let mut raw = Raw { status, head, body: String::new() };
        let length: usize = raw.header("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
        rest = &rest[end + 4..];
        let body = &rest[..length.min(rest.len())];
        raw.body = String::from_utf8_lossy(body).into_owned();
        rest = &rest[body.len()..];
        all.push(raw);
    }
    all
}

fn terms() -> Value {
    json!({"name": "Test", "issuer": {"type": "platform"}, "currency": "USD",
        "benefit": {"type": "amount_off", "amount": 100}, "validity": {"type": "after_claim", "days": 30}})
}

#[test]
fn every_answer_forbids_browsers_what_they_need_not() {
    let wire = Wire::start();
    for (line, status) in [
        ("GET /livez", 200),
        ("GET /docs", 200),
        ("GET /docs/style.css", 200),
        ("GET /openapi.json", 200),
        ("GET /v1/campaigns", 200),
        ("GET /v1/nothing", 404),
        ("DELETE /v1/campaigns", 405),
        ("GET /nothing", 404),
    ] {
        let answer = wire.one(&wire.request(line, "Connection: close\r\n", b""));
        assert_eq!(answer.status, status, "{line}");
        let policy = answer.header("content-security-policy").unwrap_or_default();
        assert!(
            policy.starts_with("default-src 'none'") && policy.contains("frame-ancestors 'none'"),
            "{line}: {policy}"
        );
        assert!(!policy.contains("unsafe") && !policy.contains("script-src"), "{line}: {policy}");
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("x-frame-options", "DENY"),
            ("cache-control", "no-store"),
            ("cross-origin-resource-policy", "same-origin"),
        ] {
            assert_eq!(answer.header(name), Some(value), "{line}");
        }
        for name in ["server", "x-powered-by", "access-control-allow-origin"] {
            assert_eq!(answer.header(name), None, "{line}");
        }
        assert!(answer.header("x-request-id").is_some(), "{line}");
        assert!(!answer.body.contains("<style") && !answer.body.contains("style="), "{line}: needs no inline style");
    }
}

#[test]
fn a_body_over_a_mebibyte_is_refused_whether_or_not_it_says_its_length() {
    let wire = Wire::start();
    let large = vec![b' '; 1024 * 1024 + 1];
    wire.post("/v1/campaigns", &large).refused(413, "payload_too_large");
    let mut chunked = Vec::new();
    for part in large.chunks(64 * 1024) {
        chunked.extend(format!("{:x}\r\n", part.len()).bytes());
        chunked.extend(part);
        chunked.extend(b"\r\n");
    }
    chunked.extend(b"0\r\n\r\n");
    let headers = "Transfer-Encoding: chunked\r\n";
    wire.one(&wire.request("POST /v1/campaigns", headers, &chunked)).refused(413, "payload_too_large");
    // Said to be large and never sent.
    let headers = "Content-Length: 99999999999\r\n";
    wire.one(&wire.request("POST /v1/campaigns", headers, b"{")).refused(413, "payload_too_large");
    wire.still_serves();
    assert_eq!(wire.campaigns(), 0);
}

#[test]
fn a_chunked_body_of_an_allowed_size_is_taken() {
    let wire = Wire::start();
    let body = terms().to_string();
    let (first, second) = body.split_at(20);
    let chunks = format!("{:x};ext=1\r\n{first}\r\n{:x}\r\n{second}\r\n0\r\n\r\n", first.len(), second.len());
    let headers = "Transfer-Encoding: chunked\r\nConnection: close\r\n";
    assert_eq!(wire.one(&wire.request("POST /v1/campaigns", headers, chunks.as_bytes())).status, 201);
}

#[test]
fn lines_and_headers_have_their_size() {
    let wire = Wire::start();
    let long = "a".repeat(17_000);
    let many: String = (0..200).map(|number| format!("X-{number}: 1\r\n")).collect();
    for (line, headers) in [
        (format!("GET /v1/campaigns?cursor={long}"), String::new()),
        ("GET /livez".to_owned(), format!("X-Long: {long}\r\n")),
        ("GET /livez".to_owned(), many),
    ] {
        let answer = wire.one(&wire.request(&line, &headers, b""));
        assert!(matches!(answer.status, 414 | 431), "{answer:?}");
    }
    wire.still_serves();
}

#[test]
fn odd_json_is_refused_or_read_and_never_a_fault() {
    let wire = Wire::start();
    let deep = "[".repeat(100_000) + &"]".repeat(100_000);
    let nested = "{\"cart\":".repeat(50_000);
    let twice = terms().to_string().replacen("{\"name\":\"Test\"", "{\"name\":\"Test\",\"name\":\"Other\"", 1);
    let digits = terms().to_string().replace("100}", &format!("{}}}", "9".repeat(10_000)));
    let exponent = terms().to_string().replace("100}", "1e400}");
    let fraction = terms().to_string().replace("100}", "100.5}");
    let null_byte = terms().to_string().replace("Test", "Te\0st");
    let surrogate = terms().to_string().replace("Test", "\\ud800");
    let mut invalid_utf8 = terms().to_string().into_bytes();
    let place = invalid_utf8.windows(4).position(|window| window == b"Test").expect("the name");
    invalid_utf8[place] = 0xFF;
    for (name, body) in [
        ("deep", deep.into_bytes()),
        ("nested", nested.into_bytes()),
        ("a name twice", twice.into_bytes()),
        ("ten thousand digits", digits.into_bytes()),
        ("an exponent", exponent.into_bytes()),
        ("a fraction", fraction.into_bytes()),
        ("a bare NUL", null_byte.into_bytes()),
        ("half a surrogate pair", surrogate.into_bytes()),
        ("invalid UTF-8", invalid_utf8),
        ("a byte order mark", [b"\xEF\xBB\xBF", terms().to_string().as_bytes()].concat()),
        ("UTF-16", terms().to_string().encode_utf16().flat_map(u16::to_le_bytes).collect()),
    ] {
        let answer = wire.post("/v1/campaigns", &body);
        assert_eq!(answer.status, 400, "{name}: {answer:?}");
        let said = ["invalid_json", "invalid_field", "unknown_field"].iter().any(|code| answer.body.contains(code));
        assert!(said, "{name}: {answer:?}");
    }
    assert_eq!(wire.campaigns(), 0);
    wire.still_serves();
}

#[test]
fn a_cart_has_at_most_five_hundred_lines() {
    let wire = Wire::start();
    let quote = |lines: usize| {
        let line = |number| json!({"id": format!("l{number}"), "seller": "luma", "product": "lamp", "unit_price": 1, "quantity": 1});
        let lines: Vec<Value> = (0..lines).map(line).collect();
        let body = json!({"cart": {"currency": "USD", "lines": lines}}).to_string();
        wire.post("/v1/accounts/ana/quotes", body.as_bytes())
    };
    assert_eq!(quote(500).status, 200);
    quote(501).refused(400, "invalid_field");
}

#[test]
fn a_body_is_json_whatever_it_calls_itself() {
    // curl says "form" where nobody says otherwise, and the README's commands say nothing.
    let wire = Wire::start();
    let body = terms().to_string();
    for kind in ["application/x-www-form-urlencoded", "text/plain", "application/json; charset=utf-8", ""] {
        let headers = format!("Content-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n", body.len());
        let answer = wire.one(&wire.request("POST /v1/campaigns", &headers, body.as_bytes()));
        assert_eq!(answer.status, 201, "{kind}: {answer:?}");
    }
    let headers = "Content-Encoding: gzip\r\nContent-Length: 4\r\nConnection: close\r\n";
    wire.one(&wire.request("POST /v1/campaigns", headers, b"\x1f\x8b\x08\x00")).refused(400, "invalid_field");
}

#[test]
fn methods_are_those_of_the_path() {
    let wire = Wire::start();
    for method in ["DELETE", "PUT", "OPTIONS", "TRACE", "PROPFIND"] {
        let answer = wire.one(&wire.request(&format!("{method} /v1/campaigns"), "Connection: close\r\n", b""));
        let answer = answer.refused(405, "method_not_allowed");
        let allowed = answer.header("allow").unwrap_or_default();
        assert!(allowed.contains("GET") && allowed.contains("POST"), "{method}: {allowed}");
    }
    let get = wire.one(&wire.request("GET /v1/campaigns", "Connection: close\r\n", b""));
    let mut stream = wire.connect();
    stream.write_all(&wire.request("HEAD /v1/campaigns", "Connection: close\r\n", b"")).expect("sent");
    let head = String::from_utf8(read_to_end(&mut stream)).expect("text");
    assert!(head.starts_with("HTTP/1.1 200") && head.ends_with("\r\n\r\n"), "{head}");
    assert!(head.contains(&format!("content-length: {}", get.body.len())), "{head}");
}

#[test]
fn two_ways_to_say_where_a_body_ends_are_refused_and_nothing_behind_it_is_read() {
    let wire = Wire::start();
    let inner = wire.request("POST /v1/campaigns", &format!("Content-Length: {}\r\n", terms().to_string().len()), b"");
    let inner = [inner, terms().to_string().into_bytes()].concat();
    // What one end takes for the body's end the other takes for the next request.
    let both = |te: &str| format!("Content-Length: 5\r\n{te}\r\n");
    for (name, headers) in [
        ("both", both("Transfer-Encoding: chunked")),
        ("both, an odd coding", both("Transfer-Encoding: xchunked")),
        ("both, chunked not last", both("Transfer-Encoding: chunked, identity")),
        ("both, twice", both("Transfer-Encoding: identity\r\nTransfer-Encoding: chunked")),
        ("both, in odd case", both("tRANSFER-eNCODING:\tchunked")),
        ("an odd coding alone", "Transfer-Encoding: xchunked\r\n".to_owned()),
        ("two lengths", "Content-Length: 5\r\nContent-Length: 6\r\n".to_owned()),
        ("a signed length", "Content-Length: +5\r\n".to_owned()),
        ("a list of lengths", "Content-Length: 5, 6\r\n".to_owned()),
        ("a space before the colon", "Transfer-Encoding : chunked\r\n".to_owned()),
        ("a folded header", "X-A: 1\r\n Transfer-Encoding: chunked\r\n".to_owned()),
        ("a bare line feed in a value", "X-A: 1\rTransfer-Encoding: chunked\r\n".to_owned()),
    ] {
        let bytes = [wire.request("POST /v1/claims/batch", &headers, b"0\r\n\r\n"), inner.clone()].concat();
        let answers = wire.send(&bytes);
        assert!(answers.len() <= 1, "{name}: {answers:?}");
        assert!(answers.iter().all(|answer| answer.status == 400), "{name}: {answers:?}");
        assert_eq!(wire.campaigns(), 0, "{name}: a smuggled request was done");
    }
    wire.still_serves();
}

#[test]
fn requests_one_after_the_other_on_a_connection_are_each_answered() {
    let wire = Wire::start();
    let body = terms().to_string();
    let post = wire.request("POST /v1/campaigns", &format!("Content-Length: {}\r\n", body.len()), body.as_bytes());
    let last = wire.request("GET /v1/campaigns", "Connection: close\r\n", b"");
    let answers = wire.send(&[post.clone(), post, last].concat());
    let statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
    assert_eq!(statuses, [201, 201, 200]);
}

#[test]
fn what_is_no_http_is_cut_off() {
    let wire = Wire::start();
    for bytes in [
        &b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"[..],
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET /livez HTTP/9.9\r\n\r\n",
        b"GET /live\0z HTTP/1.1\r\nHost: shop\r\n\r\n",
        b"\r\n\r\n\r\n\r\n",
        &[0; 4096],
        &[0xFF; 4096],
    ] {
        let answers = wire.send(bytes);
        assert!(answers.iter().all(|answer| answer.status >= 400), "{bytes:?}: {answers:?}");
    }
    wire.still_serves();
}

/// Waits for the server to close, sending a byte now and then as long as it takes them.
#[track_caller]
fn is_cut_off_while_dripping(mut stream: TcpStream) -> Vec<u8> {
    let started = Instant::now();
    stream.set_read_timeout(Some(Duration::from_millis(300))).expect("a timeout can be set");
    let mut all = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        assert!(started.elapsed() < HANGS, "a slow client is never cut off");
        let _ = stream.write_all(b"a");
        match stream.read(&mut buffer) {
            Ok(0) => return all,
            Ok(count) => all.extend(&buffer[..count]),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
            Err(_) => return all,
        }
    }
}

#[test]
fn slow_clients_are_cut_off_and_others_are_served_meanwhile() {
    let wire = Wire::start();
    let slow: Vec<TcpStream> = (0..200)
        .map(|_| {
            let mut stream = wire.connect();
            stream.write_all(b"GET /livez HTTP/1.1\r\nX-Slow: ").expect("sent");
            stream
        })
        .collect();
    let mut body = wire.connect();
    body.write_all(&wire.request("POST /v1/campaigns", "Content-Length: 1000\r\n", b"{")).expect("sent");
    wire.still_serves();
    assert_eq!(wire.post("/v1/campaigns", terms().to_string().as_bytes()).status, 201);
    let answers = answers(&is_cut_off_while_dripping(body));
    assert!(
        answers.iter().any(|answer| answer.status == 408 && answer.body.contains("request_timeout")),
        "{answers:?}"
    );
    let started = Instant::now();
    for stream in slow {
        is_cut_off_while_dripping(stream);
    }
    assert!(started.elapsed() < HANGS);
    wire.still_serves();
    assert_eq!(wire.campaigns(), 1);
}

#[test]
fn large_bodies_of_one_account_take_its_share_of_memory_and_no_more() {
    const LARGE: usize = 1_000_000;
    let wire = Wire::start();
    let asked = json!({"account": "ana"}).to_string();
    let minted: Value = serde_json::from_str(&wire.post("/v1/shopper-tokens", asked.as_bytes()).body).expect("a token");
    let by_ana = |headers: &str, body: &[u8]| {
        let token = minted["token"].as_str().expect("a token");
        let head = format!(
            "POST /v1/accounts/ana/quotes HTTP/1.1\r\nHost: shop\r\nAuthorization: Bearer {token}\r\n{headers}\r\n"
        );
        [head.as_bytes(), body].concat()
    };
    let length = format!("Content-Length: {LARGE}\r\n");
    let begun = || {
        let mut stream = wire.connect();
        stream.write_all(&by_ana(&length, &vec![b' '; LARGE / 2])).expect("sent");
        stream
    };
    // Four megabytes are an account's.
    let mut first: Vec<TcpStream> = (0..4).map(|_| begun()).collect();
    // A small one has no need of them, nor has a shop's server of what shoppers take.
    let quote = json!({"cart": {"currency": "USD", "lines": [
        {"id": "l1", "seller": "luma", "product": "lamp", "unit_price": 1, "quantity": 1}]}})
    .to_string();
    let small = format!("Connection: close\r\nContent-Length: {}\r\n", quote.len());
    let padded = format!("{quote}{}", " ".repeat(LARGE - quote.len()));
    let started = Instant::now();
    while started.elapsed() < HANGS {
        let mut another = begun();
        another.set_read_timeout(Some(Duration::from_millis(200))).expect("a timeout can be set");
        let mut head = [0; 12];
        if another.read_exact(&mut head).is_ok() {
            assert_eq!(&head[9..], b"429");
            break;
        }
        // The first four may not all have begun before it.
        first.push(another);
    }
    assert!(started.elapsed() < HANGS, "a fifth is refused");
    assert_eq!(wire.one(&by_ana(&small, quote.as_bytes())).status, 200);
    assert_eq!(wire.post("/v1/accounts/ana/quotes", padded.as_bytes()).status, 200);
    for stream in first {
        drop(stream);
    }
    while started.elapsed() < HANGS {
        if wire.one(&by_ana(&format!("Connection: close\r\n{length}"), padded.as_bytes())).status == 200 {
            return;
        }
        thread::sleep(Duration::from_millis(50));
    }
    panic!("what those took that hung up isn't given back");
}

#[test]
fn idle_connections_are_many_and_closed_in_the_end() {
    let wire = Wire::start();
    let mut idle: Vec<TcpStream> = (0..400).map(|_| wire.connect()).collect();
    for stream in &mut idle[..200] {
        stream.write_all(b"GET /livez HTTP/1.1\r\nHost: shop\r\n\r\n").expect("sent");
    }
    wire.still_serves();
    for stream in &mut idle {
        // Answered or not, in the end it is closed.
        read_to_end(stream);
    }
    wire.still_serves();
}

#[test]
fn where_there_is_no_room_a_connection_waits_and_is_served_then() {
    let data = folder();
    let server = Server::start_with(data.path(), &["--request-seconds", "2", "--connections-max", "2"]);
    let address = server.base.trim_start_matches("http://").to_owned();
    let held: Vec<TcpStream> = (0..2).map(|_| TcpStream::connect(&address).expect("it listens")).collect();
    let mut waits = TcpStream::connect(&address).expect("the system takes it");
    waits.set_read_timeout(Some(HANGS)).expect("a timeout can be set");
    waits.write_all(b"GET /livez HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n\r\n").expect("sent");
    let answered = answers(&read_to_end(&mut waits));
    assert_eq!(answered.first().map(|answer| answer.status), Some(200), "once the idle ones were closed");
    drop(held);
}

#[test]
fn the_data_folders_socket_waits_for_nobody_either() {
    let wire = Wire::start();
    let connect = || {
        let stream = UnixStream::connect(wire.data.path().join("scrip.sock")).expect("it listens");
        stream.set_read_timeout(Some(HANGS)).expect("a timeout can be set");
        stream
    };
    // As many as it takes at once, with nothing, half a head, or half a body.
    let part = [
        "",
        "GET /v1/keys HTTP/1.1\r\nHost: ",
        "POST /v1/keys HTTP/1.1\r\nHost: shop\r\nContent-Type: application/json\r\nContent-Length: 90\r\n\r\n{",
    ];
    let mut held: Vec<UnixStream> = (0..32).map(|_| connect()).collect();
    for (stream, part) in held.iter_mut().zip(part.iter().cycle()) {
        stream.write_all(part.as_bytes()).expect("sent");
    }
    let mut waits = connect();
    waits.write_all(b"GET /v1/keys HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n\r\n").expect("sent");
    assert_eq!(answers(&read_to_end(&mut waits)).first().map(|answer| answer.status), Some(200));
    for (stream, part) in held.iter_mut().zip(part.iter().cycle()) {
        let told = answers(&read_to_end(stream));
        let status = if part.starts_with("POST") { Some(408) } else { None };
        assert_eq!(told.first().map(|answer| answer.status), status, "{part}");
    }
}

#[test]
fn who_reads_slowly_keeps_nobody_waiting() {
    let wire = Wire::start();
    // Answers of a quarter of a megabyte each, asked for again and again and never read.
    let ask = b"GET /openapi.json HTTP/1.1\r\nHost: shop\r\n\r\n".repeat(100);
    let lazy: Vec<TcpStream> = (0..50)
        .map(|_| {
            let mut stream = wire.connect();
            stream.set_nonblocking(true).expect("it can be");
            let _ = stream.write(&ask);
            stream
        })
        .collect();
    for _ in 0..20 {
        wire.still_serves();
    }
    assert_eq!(wire.post("/v1/campaigns", terms().to_string().as_bytes()).status, 201);
    thread::sleep(PATIENCE * 3);
    for mut stream in lazy {
        stream.set_nonblocking(false).expect("it can be");
        read_to_end(&mut stream);
    }
    wire.still_serves();
}

#[test]
fn a_client_that_stops_reading_an_export_holds_no_reader_of_the_database() {
    let wire = Wire::start();
    let made: Value =
        serde_json::from_str(&wire.post("/v1/campaigns", terms().to_string().as_bytes()).body).expect("JSON");
    let path = format!("/v1/campaigns/{}/codes", made["id"].as_str().expect("an id"));
    let job: Value =
        serde_json::from_str(&wire.post(&path, br#"{"kind":"unique","count":100000}"#).body).expect("JSON");
    let job = format!("GET /v1/jobs/{}", job["id"].as_str().expect("a job"));
    let started = Instant::now();
    while !wire.one(&wire.request(&job, "Connection: close\r\n", b"")).body.contains("\"done\"") {
        assert!(started.elapsed() < HANGS, "the job doesn't end");
        thread::sleep(Duration::from_millis(50));
    }
    let lazy: Vec<TcpStream> = (0..40)
        .map(|_| {
            let mut stream = wire.connect();
            stream.write_all(&wire.request(&format!("GET {path}.csv"), "", b"")).expect("sent");
            stream
        })
        .collect();
    for _ in 0..10 {
        assert_eq!(wire.campaigns(), 1);
    }
    drop(lazy);
    wire.still_serves();
}

#[test]
fn a_setting_that_names_no_network_is_refused_with_what_it_may_be() {
    let data = folder();
    let output = serve(data.path(), &["--trusted-proxies", "proxy.example"]);
    assert!(output.contains("10.0.0.0/8"), "{output}");
}

fn serve(data: &Path, arguments: &[&str]) -> String {
    let mut command = Command::new(support::BINARY);
    command.args(["serve", "--listen", "127.0.0.1:0", "--data"]).arg(data).args(arguments).stdout(Stdio::null());
    let output = command.output().expect("the binary runs");
    assert!(!output.status.success());
    String::from_utf8(output.stderr).expect("text")
}

/// A pooled client's connection: one request, its answer by `Content-Length`, and the stream again.
fn answer_on(stream: &mut TcpStream) -> Raw {
    let mut all = Vec::new();
    let mut buffer = [0; 64 * 1024];
    loop {
        if let Some(end) = all.windows(4).position(|window| window == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&all[..end]).into_owned();
            let length = head
                .lines()
                .find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length:").map(str::to_owned))
                .and_then(|length| length.trim().parse::<usize>().ok())
                .unwrap_or(0);
            if all.len() >= end + 4 + length {
                return answers(&all).remove(0);
            }
        }
        match stream.read(&mut buffer) {
            Ok(0) => panic!("closed after {:?}", String::from_utf8_lossy(&all)),
            Ok(count) => all.extend(&buffer[..count]),
            Err(error) => panic!("{error} after {:?}", String::from_utf8_lossy(&all)),
        }
    }
}

#[test]
fn a_connection_can_be_used_again_after_an_early_refusal_whose_body_came_late() {
    let wire = Wire::start();
    let operator = wire.operator.clone();
    let key = |key: &str| format!("Authorization: Bearer {key}\r\n");
    let luma = wire.server.key(&["seller", "--seller", "luma"]);
    let early: [(&str, String, u16); 7] = [
        ("POST /v1/accounts/ana/coupons", String::new(), 401),
        ("POST /v1/accounts/ana/coupons", key("scrip_nobody_0"), 401),
        ("POST /v1/keys", key(&luma), 403),
        ("POST /v1/nothing", key(&operator), 404),
        ("PUT /v1/campaigns", key(&operator), 405),
        ("POST /v1/accounts/a%20b/coupons", key(&operator), 400),
        ("POST /v1/campaigns", key(&operator) + "Idempotency-Key: \"\"\r\n", 400),
    ];
    for (line, headers, status) in early {
        for length in [10, 40_000] {
            let mut stream = wire.connect();
            let head = format!("{line} HTTP/1.1\r\nHost: shop\r\n{headers}Content-Length: {length}\r\n\r\n");
            stream.write_all(head.as_bytes()).expect("it listens");
            // The refusal is ready by now, the body isn't here.
            thread::sleep(Duration::from_millis(100));
            stream.write_all(&vec![b' '; length]).expect("the server reads it");
            let refused = answer_on(&mut stream);
            assert_eq!((refused.status, refused.header("connection")), (status, None), "{line}: {refused:?}");
            let next = wire.request("POST /v1/campaigns", "Content-Length: 2\r\n", b"{}");
            stream.write_all(&next).expect("the connection is open");
            answer_on(&mut stream).refused(400, "invalid_field");
        }
    }
}

#[test]
fn an_early_refusal_says_that_the_connection_ends_if_the_body_is_long_or_does_not_come() {
    let wire = Wire::start();
    let long = 900_000;
    for (headers, body) in [
        (format!("Content-Length: {long}\r\n"), vec![b' '; long]),
        ("Content-Length: 2000000\r\n".to_owned(), Vec::new()),
        // Never comes.
        ("Content-Length: 10\r\n".to_owned(), Vec::new()),
        // Waits to be told to come.
        ("Content-Length: 10\r\nExpect: 100-continue\r\n".to_owned(), Vec::new()),
    ] {
        let head = format!("POST /v1/campaigns HTTP/1.1\r\nHost: shop\r\n{headers}\r\n");
        let mut stream = wire.connect();
        stream.write_all(head.as_bytes()).expect("it listens");
        let refused = answer_on(&mut stream);
        assert_eq!((refused.status, refused.header("connection")), (401, Some("close")), "{headers}: {refused:?}");
        let _ = stream.write_all(&body);
    }
    wire.still_serves();
}
