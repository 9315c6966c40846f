//! The headers of requests and answers.

use scrip_desk::Operation;
use serde_json::{Value, json};

use super::sides::for_each_operation;

/// Headers of answers, by name: described once.
const HEADERS: &[(&str, &str, &str)] = &[
    ("X-Request-Id", "string", "The request's own, or one that was made for it; the log knows it."),
    ("ETag", "string", "The campaign's version, for If-Match."),
    ("Location", "string", "Where what was made can be read."),
    ("Idempotent-Replayed", "boolean", "`true`: this is the answer of before, under the same idempotency key."),
    (
        "Tables-Rebuilding",
        "boolean",
        "`true`: a newer version is working out anew what lists and reports answer from, beside the running server. Until then they answer \
         by the rules of before; what happens meanwhile is in them.",
    ),
    ("Retry-After", "integer", "Seconds to wait before asking again."),
    ("WWW-Authenticate", "string", "`Bearer`: what is asked for."),
];

/// Operations that answer with a campaign and its version.
const WITH_ETAG: &[&str] = &[
    "create_campaign",
    "get_campaign",
    "change_campaign",
    "publish_campaign",
    "pause_campaign",
    "resume_campaign",
    "end_campaign",
];

/// Operations that say where what they made is.
const WITH_LOCATION: &[(&str, &str)] = &[
    ("create_campaign", "201"),
    ("collect_coupon", "201"),
    ("place_order", "201"),
    ("refund_order", "201"),
    ("add_codes", "202"),
];

/// Declares every header where it is sent.
pub fn declare(document: &mut Value) {
    for (name, kind, text) in HEADERS {
        let mut schema = json!({"type": kind});
        if *kind == "integer" {
            schema = json!({"type": kind, "format": "int32", "minimum": 1});
        }
        document["components"]["headers"][*name] = json!({"description": text, "schema": schema});
    }
    for_each_operation(document, &mut |operation| {
        let id = operation["operationId"].as_str().unwrap_or_default().to_owned();
        let parameters = operation["parameters"].as_array().into_iter().flatten();
        let keyed = parameters.into_iter().any(|parameter| parameter["name"] == "Idempotency-Key");
        for (status, response) in operation["responses"].as_object_mut().into_iter().flatten() {
            let good = status.starts_with('2');
            let mut sent = vec!["X-Request-Id"];
            if good && keyed {
                sent.push("Idempotent-Replayed");
            }
            if good && Operation::by_id(&id).is_some_and(Operation::reads_tables) {
                sent.push("Tables-Rebuilding");
            }
            if good && WITH_ETAG.contains(&id.as_str()) {
                sent.push("ETag");
            }
            if WITH_LOCATION.contains(&(id.as_str(), status.as_str())) {
                sent.push("Location");
            }
            match status.as_str() {
                "401" => sent.push("WWW-Authenticate"),
                "429" | "503" => sent.push("Retry-After"),
                _ => {}
            }
            for name in sent {
                response["headers"][name] = json!({"$ref": format!("#/components/headers/{name}")});
            }
        }
    });
}
