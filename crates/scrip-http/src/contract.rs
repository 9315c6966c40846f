//! The OpenAPI document as it is committed: what is served, and what requests are judged by. [`crate::openapi`] makes it from the
//! routes, and a test holds the two against each other.

use std::sync::LazyLock;

use serde_json::Value;

const TEXT: &str = include_str!("../../../api/openapi.v1.json");
const SCHEMAS: &str = "#/components/schemas/";

/// The document as JSON.
pub const fn document() -> &'static str {
    TEXT
}

/// The same to be looked at.
pub(crate) fn contract() -> &'static Value {
    static CONTRACT: LazyLock<Value> = LazyLock::new(|| serde_json::from_str(TEXT).expect("made by a program"));
    &CONTRACT
}

/// An operation of the document.
pub(crate) fn operation(method: &str, path: &str) -> &'static Value {
    &contract()["paths"][path][method.to_ascii_lowercase()]
}

/// Whether an operation takes query parameters: what an operation without any is sent must be refused, never ignored.
pub(crate) fn takes_query(method: &str, path: &str) -> bool {
    let parameters = operation(method, path)["parameters"].as_array();
    parameters.is_some_and(|all| all.iter().any(|parameter| parameter["in"] == "query"))
}

/// A schema by its name.
pub(crate) fn schema(name: &str) -> &'static Value {
    &contract()["components"]["schemas"][name]
}

/// The name that a schema refers to.
pub(crate) fn referred(schema: &Value) -> Option<&str> {
    schema["$ref"].as_str()?.strip_prefix(SCHEMAS)
}
