//! The reference page: rendered here, no script, nothing from elsewhere.

use std::fmt::Write;

use serde_json::Value;

/// An operation: method, path, description.
type Shown<'a> = (&'a str, &'a str, &'a Value);

/// The pages' style sheet: a file of its own, so that the content security policy needs no exception.
pub const STYLE: &str = include_str!("docs.css");

/// The reference of an OpenAPI document.
pub fn page(document: &str) -> String {
    let api: Value = serde_json::from_str(document).unwrap_or_default();
    let mut by_tag: Vec<(String, Vec<Shown<'_>>)> = Vec::new();
    for (path, item) in api["paths"].as_object().into_iter().flatten() {
        for (method, operation) in item.as_object().into_iter().flatten() {
            let tag = operation["tags"][0].as_str().unwrap_or("Other").to_owned();
            match by_tag.iter_mut().find(|entry| entry.0 == tag) {
                Some(entry) => entry.1.push((method, path, operation)),
                None => by_tag.push((tag, vec![(method, path, operation)])),
            }
        }
    }
    let mut nav = String::new();
    let mut body = String::new();
    for (tag, operations) in &by_tag {
        let _ = write!(nav, "<li><a href=\"#{0}\">{0}</a></li>", escape(tag));
        let _ = write!(body, "<section id=\"{0}\"><h2>{0}</h2>", escape(tag));
        for (method, path, operation) in operations {
            body.push_str(&operation_html(&api, method, path, operation));
        }
        body.push_str("</section>");
    }
    let _ = write!(nav, "<li><a href=\"#schemas\">Objects</a></li>");
    body.push_str("<section id=\"schemas\"><h2>Objects</h2>");
    for (name, schema) in api["components"]["schemas"].as_object().into_iter().flatten() {
        let _ = write!(
            body,
            "<details id=\"schema-{0}\"><summary><code>{0}</code> {1}</summary>{2}</details>",
            escape(name),
            text(&schema["description"]),
            schema_html(schema, 0)
        );
    }
    body.push_str("</section>");
    let intro = format!(
        "<p class=lead>{}</p><p>Send an API key or a shopper token as a bearer token. \
         The machine-readable document is <a href=\"/openapi.json\">/openapi.json</a> (OpenAPI 3.1); \
         every refusal's code is explained under <a href=\"/docs/reasons\">reasons</a>.</p>",
        text(&api["info"]["description"]).replace("\n\n", "</p><p>")
    );
    shell("Scrip API", &nav, &format!("<h1>Scrip API</h1>{intro}{body}"))
}

/// The closed list of reasons.
pub fn reasons(all: &[(&str, &str)]) -> String {
    let mut body = String::from(
        "<h1>Reasons</h1><p class=lead>Every \u{201c}no\u{201d} has a stable code. Codes are appended, never renamed.</p>\
         <table><thead><tr><th scope=col>Code</th><th scope=col>Meaning</th></tr></thead><tbody>",
    );
    for (code, meaning) in all {
        let _ = write!(body, "<tr id=\"{code}\"><td><code>{code}</code></td><td>{}</td></tr>", escape(meaning));
    }
    body.push_str("</tbody></table>");
    shell("Scrip reasons", "<li><a href=\"/docs\">API reference</a></li>", &body)
}

fn operation_html(api: &Value, method: &str, path: &str, operation: &Value) -> String {
    let id = operation["operationId"].as_str().unwrap_or_default();
    let mut html = format!(
        "<details class=operation id=\"{id}\"><summary><span class=\"method {method}\">{}</span> <code>{}</code> \
         <span class=what>{}</span></summary><p>{}</p>",
        method.to_uppercase(),
        escape(path),
        text(&operation["summary"]),
        text(&operation["description"]),
    );
    let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
    if !parameters.is_empty() {
        html.push_str("<h4>Parameters</h4><dl>");
        for parameter in &parameters {
            let _ = write!(
                html,
                "<dt><code>{}</code> <small>{}{}</small></dt><dd>{} {}</dd>",
                text(&parameter["name"]),
                text(&parameter["in"]),
                if parameter["required"] == true { ", required" } else { "" },
                type_html(&parameter["schema"]),
                text(&parameter["description"]),
            );
        }
        html.push_str("</dl>");
    }
    let request = &operation["requestBody"]["content"]["application/json"]["schema"];
    if !request.is_null() {
        let _ = write!(html, "<h4>Body</h4>{}", schema_html(resolve(api, request), 0));
    }
    html.push_str("<h4>Answers</h4><dl>");
    for (status, response) in operation["responses"].as_object().into_iter().flatten() {
        let content = response["content"].as_object().and_then(|content| content.iter().next());
        let schema = content.map(|(_, content)| type_html(&content["schema"])).unwrap_or_default();
        let _ = write!(html, "<dt><code>{status}</code></dt><dd>{} {schema}</dd>", text(&response["description"]));
    }
    html.push_str("</dl></details>");
    html
}

fn resolve<'a>(api: &'a Value, schema: &'a Value) -> &'a Value {
    match schema["$ref"].as_str().and_then(|reference| reference.rsplit('/').next()) {
        Some(name) => &api["components"]["schemas"][name],
        None => schema,
    }
}

fn schema_html(schema: &Value, depth: usize) -> String {
    if depth > 3 {
        return type_html(schema);
    }
    let mut html = String::new();
    for key in ["oneOf", "allOf", "anyOf"] {
        for part in schema[key].as_array().into_iter().flatten() {
            html.push_str(&schema_html(part, depth + 1));
        }
    }
    if let Some(properties) = schema["properties"].as_object() {
        let required = schema["required"].as_array().cloned().unwrap_or_default();
        html.push_str("<dl>");
        for (name, property) in properties {
            let mark = if required.iter().any(|entry| entry == name) { " <small>required</small>" } else { "" };
            let _ = write!(
                html,
                "<dt><code>{}</code>{mark}</dt><dd>{} {}</dd>",
                escape(name),
                type_html(property),
                text(&property["description"])
            );
        }
        html.push_str("</dl>");
    }
    if html.is_empty() { format!("<p>{}</p>", type_html(schema)) } else { html }
}

fn type_html(schema: &Value) -> String {
    if let Some(name) = schema["$ref"].as_str().and_then(|reference| reference.rsplit('/').next()) {
        return format!("<a href=\"#schema-{0}\">{0}</a>", escape(name));
    }
    if let Some(values) = schema["enum"].as_array() {
        let shown: Vec<String> = values.iter().take(12).map(|value| format!("<code>{}</code>", text(value))).collect();
        return shown.join(" | ");
    }
    for key in ["oneOf", "anyOf", "allOf"] {
        if let Some(parts) = schema[key].as_array() {
            return parts.iter().map(type_html).collect::<Vec<_>>().join(" | ");
        }
    }
    if schema["type"] == "array" {
        return format!("list of {}", type_html(&schema["items"]));
    }
    let kind = match &schema["type"] {
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" | "),
        kind => kind.as_str().unwrap_or("object").to_owned(),
    };
    let mut html = format!("<span class=type>{}</span>", escape(&kind));
    if let (Some(minimum), Some(maximum)) = (schema["minimum"].as_i64(), schema["maximum"].as_i64()) {
        let _ = write!(html, " <small>{minimum} to {maximum}</small>");
    }
    if let Some(pattern) = schema["pattern"].as_str() {
        let _ = write!(html, " <small><code>{}</code></small>", escape(pattern));
    }
    html
}

fn shell(title: &str, nav: &str, body: &str) -> String {
    format!(
        "<!doctype html><html lang=en><head><meta charset=utf-8>\
         <meta name=viewport content=\"width=device-width, initial-scale=1\"><title>{title}</title>\
         <link rel=stylesheet href=\"/docs/style.css\"></head><body><a class=skip href=\"#main\">Skip to content</a>\
         <nav aria-label=\"Sections\"><a class=brand href=\"/docs\">Scrip</a><ul>{nav}</ul></nav>\
         <main id=main>{body}</main></body></html>"
    )
}

fn text(value: &Value) -> String {
    escape(value.as_str().unwrap_or_default())
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
