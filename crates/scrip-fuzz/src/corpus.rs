//! Where mutation begins: what was stored ever, and requests of every kind.

use std::{fs, io, path::PathBuf};

use scrip_core::state::Kind;
use scrip_http::PERMISSIONS;

use crate::targets::request::SEPARATOR;

/// The committed files of one target, in order of their names.
///
/// # Errors
/// If the folder can't be read.
pub fn committed(target: &str) -> io::Result<Vec<Vec<u8>>> {
    let mut paths: Vec<PathBuf> =
        fs::read_dir(folder(target))?.map(|entry| Ok(entry?.path())).collect::<io::Result<_>>()?;
    paths.sort();
    paths.iter().map(fs::read).collect()
}

/// `fuzz/corpus/<target>`.
pub fn folder(target: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus").join(target)
}

/// What the code itself says: golden bytes of every event and document, a request of every operation.
pub fn derived(target: &str) -> Vec<Vec<u8>> {
    match target {
        "event" => golden("event ").into_iter().map(|(_, bytes)| bytes).collect(),
        "document" => golden("document ")
            .into_iter()
            .filter_map(|(name, bytes)| {
                let kind = Kind::ALL.iter().find(|kind| format!("{kind:?}") == name)?;
                Some([&[kind.number()], &bytes[..]].concat())
            })
            .collect(),
        "frame" => golden("event ").into_iter().flat_map(|(_, bytes)| frames(&bytes)).collect(),
        "request" => requests(),
        _ => Vec::new(),
    }
}

/// Name and bytes of the golden lines that begin so.
fn golden(kind: &str) -> Vec<(String, Vec<u8>)> {
    include_str!("../../scrip-core/tests/decider/golden/v1.txt")
        .lines()
        .filter_map(|line| line.strip_prefix(kind)?.split_once(" = "))
        .filter_map(|(name, hex)| {
            let digits: Option<Vec<u8>> = (0..hex.len() / 2)
                .map(|place| u8::from_str_radix(hex.get(place * 2..place * 2 + 2)?, 16).ok())
                .collect();
            Some((name.split(' ').next()?.to_owned(), digits?))
        })
        .collect()
}

/// Of both formats.
fn frames(event: &[u8]) -> [Vec<u8>; 2] {
    let event = minicbor::decode(event).expect("golden bytes can be read");
    let at = scrip_core::time::Timestamp::from_micros(1);
    let frame = scrip_store::frame::Frame::new(scrip_core::slot::Bucket::FIRST, 1, at, [1; 16], [2; 32], &[&event]);
    [frame.encode().0, frame.sealed(&scrip_store::secret::ChainSecret::new(1, &[3; 32])).encode().0]
}

/// Every operation by every role, with a body that some of them take.
fn requests() -> Vec<Vec<u8>> {
    let cart = r#"{"currency":"USD","lines":[{"id":"l1","seller":"luma","product":"lamp","categories":["home"],"unit_price":3000,"quantity":2,"on_sale":false}],"shipping":[{"seller":"luma","amount":500}]}"#;
    let bodies = [
        "{}".to_owned(),
        format!(r#"{{"cart":{cart},"use":"best","codes":["SAVE10"]}}"#),
        format!(r#"{{"id":"A-3","cart":{cart},"use":"none","codes":[],"expect_discount":500,"hold_minutes":30}}"#),
        r#"{"id":"r-1","lines":[{"line":"l1","quantity":1}],"amounts":[],"shipping":[],"preview":true}"#.to_owned(),
        r#"{"campaign":"cmp_00000000000000000000000000","channel":"web","source":"home"}"#.to_owned(),
        r#"{"kind":"shared","code":"SAVE11","max_uses":3}"#.to_owned(),
        r#"{"name":"x","issuer":{"type":"platform"},"currency":"USD","benefit":{"type":"percent_off","percent_bp":1000,"cap":5},"validity":{"type":"after_claim","days":7,"time_zone":"Asia/Shanghai"}}"#.to_owned(),
    ];
    let query = b"status=valid&limit=5&cursor=WzEsIngiXQ&sort=newest&from=2026-11-01T00:00:00Z";
    let mut all = Vec::new();
    for (place, row) in PERMISSIONS.iter().enumerate() {
        let operation = u8::try_from(place).expect("fewer than 256");
        let wanted: &[String] = if row.method == "GET" { &bodies[..1] } else { &bodies };
        for body in wanted {
            let query: &[u8] = if row.method == "GET" { query } else { b"" };
            let ids: &[u8] = if row.path.contains("{order}") { b"ana/A-2/r-1" } else { b"ana" };
            let parts: [&[u8]; 9] =
                [ids, query, b"", b"key-1", b"\"1\"", b"application/json", b"", b"req-1", body.as_bytes()];
            all.push([&[operation, operation % 4], &parts.join(&SEPARATOR)[..]].concat());
        }
    }
    all
}
