//! The page of an operation: what it does, what it takes and gives, why it refuses, who may call it, and how to call it.

use std::fmt::Write;

use axum::http::StatusCode;
use maud::{Markup, PreEscaped, html};
use scrip_core::reason::Reason;
use serde_json::{Map, Value, json};

use super::{
    document::{Document, Operation, Shape, text},
    examples::Example,
    highlight::highlight,
    languages::{self, LANGUAGES, Request},
    markdown::description,
    schema::{Place, Schemas, Told, value_of},
};
use scrip_desk::{Access, ROLES};

use crate::operations::PERMISSIONS;

const KEY: &str = "7f0f4a1b6c21";

/// What its page says of an operation, and how it looks.
pub fn page(schemas: &Schemas<'_>, operation: &Operation<'_>) -> Markup {
    html! {
        div.columns {
            article.prose {
                p.crumb { a href="/docs/api" { "API" } " / " a href=(resource_href(operation.tag)) { (operation.tag) } }
                h1 { (operation.summary) }
                p.endpoint { (endpoint(operation)) }
                div.lead { (description(operation.description, schemas.links)) }
                // Where there is room for one column only, the examples come last.
                p.jump { a href="#examples" { "Examples" } }
                (callers(operation))
                (parameters(schemas, operation))
                (body(schemas, operation))
                (answers(schemas, operation))
                (errors(schemas, operation))
            }
            aside.examples id="examples" aria-label="Examples" { (examples(schemas.document, operation)) }
        }
    }
}

pub fn resource_href(tag: &str) -> String {
    format!("/docs/api/{}", tag.to_lowercase())
}

/// Method and path, the path's parameters set apart.
pub fn endpoint(operation: &Operation<'_>) -> Markup {
    let mut path = String::new();
    for (place, part) in operation.path.split('/').enumerate() {
        if place > 0 {
            // A path that is longer than its column breaks between its parts.
            path.push_str("/<wbr>");
        }
        let _ = if part.starts_with('{') { write!(path, "<var>{part}</var>") } else { write!(path, "{part}") };
    }
    html! {
        span class={ "method " (operation.method) } { (operation.method.to_uppercase()) } " "
        code.path { (PreEscaped(path)) }
    }
}

/// Whether an operation can be called without a key.
fn is_open(operation: &Operation<'_>) -> bool {
    operation.value["security"].as_array().is_some_and(Vec::is_empty)
}

fn callers(operation: &Operation<'_>) -> Markup {
    let line = (operation.method.to_uppercase(), operation.path);
    let known = PERMISSIONS.iter().find(|permission| (permission.method, permission.path) == (line.0.as_str(), line.1));
    html! {
        section.callers aria-labelledby="callers" {
            h2 id="callers" { a.here href="#callers" { "Who may call it" } }
            @match known {
                None if is_open(operation) => p { "Anybody: no key is needed." },
                None => p { "Whoever has a good key." },
                Some(permission) => ul.roles {
                    @for (role, access) in ROLES.into_iter().zip(permission.access) {
                        @let (class, word) = match access {
                            Access::All => ("all", "all"),
                            Access::Own => ("own", "its own"),
                            Access::No => ("no", "no"),
                        };
                        li class=(class) {
                            b { (role.as_str()) } " " span { (word) @if let Some(less) = permission.operation.less(role) { ": " (less) } }
                        }
                    }
                },
            }
            p.bounds { a href="/docs/reference/permissions" { "Who may do what" } }
        }
    }
}

fn parameters(schemas: &Schemas<'_>, operation: &Operation<'_>) -> Markup {
    let all = operation.value["parameters"].as_array().into_iter().flatten();
    let all: Vec<_> = all.map(|parameter| schemas.document.follow(parameter)).collect();
    html! {
        @for (place, title) in [("path", "In the path"), ("query", "In the query"), ("header", "Headers")] {
            @let of: Vec<_> = all.iter().filter(|parameter| parameter["in"] == place).collect();
            @if !of.is_empty() {
                section aria-labelledby=(place) {
                    h2 id=(place) { a.here href={ "#" (place) } { (title) } }
                    ul.members {
                        @for parameter in of { (self::parameter(schemas, parameter, place)) }
                    }
                }
            }
        }
    }
}

fn parameter(schemas: &Schemas<'_>, parameter: &Value, place: &str) -> Markup {
    let name = text(&parameter["name"]);
    let id = format!("{place}.{name}");
    let shape = schemas.document.shape(&parameter["schema"]);
    let said = parameter["description"].as_str().or(shape.description).or(shape.schema["description"].as_str());
    html! {
        li id=(id) {
            div.member {
                a.name href={ "#" (id) } { code { (name) } }
                " " span.type { (schemas.type_of(&shape)) }
                @if parameter["required"] == true && place != "path" { " " span.need { "required" } }
            }
            @if let Some(said) = said { div.said { (description(said, schemas.links)) } }
            (schemas.values(shape.schema)) (schemas.bounds_at(&Shape { description: said, ..shape }))
        }
    }
}

fn body(schemas: &Schemas<'_>, operation: &Operation<'_>) -> Markup {
    let body = schemas.document.follow(&operation.value["requestBody"]);
    let kinds = body["content"].as_object();
    html! {
        @if let Some(kinds) = kinds {
            section aria-labelledby="body" {
                h2 id="body" { a.here href="#body" { "Body" } }
                @if body["required"] != true { p.bounds { "May be left out." } }
                @for (number, (kind, content)) in kinds.iter().enumerate() {
                    @let shape = schemas.document.shape(&content["schema"]);
                    @if kinds.len() > 1 { h3 { code { (kind) } } }
                    p.of { span.type { (schemas.type_of(&shape)) } @if kinds.len() == 1 && kind != "application/json" { " as " code { (kind) } } }
                    @if let Some(said) = body["description"].as_str() { div.said { (description(said, schemas.links)) } }
                    @let anchor = if number == 0 { "body.".to_owned() } else { format!("body-{}.", number + 1) };
                    (schemas.content(&shape, &Place::new(&anchor, Told::Writer)))
                }
            }
        }
    }
}

fn responses<'a>(document: &'a Document, operation: &Operation<'a>) -> Vec<(&'a str, &'a Value)> {
    let responses = operation.value["responses"].as_object().into_iter().flatten();
    let mut all: Vec<_> = responses.map(|(status, response)| (status.as_str(), document.follow(response))).collect();
    // What was done before what was found done already.
    all.sort_by_key(|(status, _)| (status.starts_with(['4', '5']), *status == "200", *status));
    all
}

fn is_problem(status: &str) -> bool {
    !status.starts_with('2')
}

fn answers(schemas: &Schemas<'_>, operation: &Operation<'_>) -> Markup {
    let all = responses(schemas.document, operation);
    let good: Vec<_> = all.into_iter().filter(|(status, _)| !is_problem(status)).collect();
    let mut shown: Vec<String> = Vec::new();
    html! {
        section aria-labelledby="answers" {
            h2 id="answers" { a.here href="#answers" { "Answers" } }
            @for (status, response) in good {
                @let anchor = format!("answer-{status}");
                div.answer id=(anchor) {
                    h3 { a.here href={ "#" (anchor) } { span.status { (status) } } " " (text(&response["description"])) }
                    @for (kind, content) in response["content"].as_object().into_iter().flatten() {
                        @let shape = schemas.document.shape(&content["schema"]);
                        p.of { span.type { (schemas.type_of(&shape)) } @if kind != "application/json" { " as " code { (kind) } } }
                        @if schemas.has_content(&shape) && !shown.contains(&type_key(&shape)) {
                            ({ shown.push(type_key(&shape)); PreEscaped("") })
                            details.inside open {
                                summary { "Members" }
                                (schemas.content(&shape, &Place::new(&format!("{anchor}."), Told::Reader)))
                            }
                        }
                    }
                    (headers(schemas, response))
                }
            }
        }
    }
}

fn type_key(shape: &Shape<'_>) -> String {
    shape.name.map_or_else(|| shape.schema.to_string(), str::to_owned)
}

fn headers(schemas: &Schemas<'_>, response: &Value) -> Markup {
    let Some(headers) = response["headers"].as_object() else { return html! {} };
    html! {
        details.inside {
            summary { "Headers" }
            ul.members {
                @for (name, header) in headers {
                    @let header = schemas.document.follow(header);
                    li {
                        div.member { code { (name) } " " span.type { (schemas.type_of(&schemas.document.shape(&header["schema"]))) } }
                        div.said { (description(text(&header["description"]), schemas.links)) }
                    }
                }
            }
        }
    }
}

fn errors(schemas: &Schemas<'_>, operation: &Operation<'_>) -> Markup {
    let all = responses(schemas.document, operation);
    html! {
        section aria-labelledby="errors" {
            h2 id="errors" { a.here href="#errors" { "Refusals" } }
            p { "Each is a " a href="/docs/types/Problem" { "Problem" } " with one of these stable codes." }
            dl.errors {
                @for (status, response) in all.iter().filter(|(status, _)| is_problem(status)) {
                    @let codes = schemas.document.codes(response);
                    dt id={ "error-" (status) } { span.status.bad { (status) } }
                    dd {
                        @if codes.is_empty() {
                            (text(&response["description"]))
                        } @else {
                            ul.codes {
                                @for code in codes {
                                    li { (value_of(code, schemas.links)) " " span { (meaning(code)) } }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// What a code says, its parameters left as their names.
pub fn meaning(code: &str) -> &'static str {
    Reason::ALL.iter().find(|(known, _)| *known == code).map_or("", |(_, text)| text)
}

/// A request that succeeds with its answer, other ones with theirs folded away, and a refusal.
fn examples(document: &Document, operation: &Operation<'_>) -> Markup {
    let sent = document.requests(operation);
    let (kind, mut bodies) = sent.map_or(("", Vec::new()), |sent| sent);
    let all = responses(document, operation);
    let each = all.iter().flat_map(|(status, response)| document.answers(response).into_iter().map(|of| (*status, of)));
    let mut answers: Vec<_> = each.collect();
    if answers.iter().all(|(status, _)| is_problem(status)) {
        let made = all.iter().find_map(|(status, response)| Some((*status, document.answer(response)?)));
        answers.extend(made.filter(|(status, _)| !is_problem(status)));
    }
    let mut take = |wanted: &dyn Fn(&str, &Example) -> bool| {
        let at = answers.iter().position(|(status, example)| wanted(status, example))?;
        Some(answers.remove(at))
    };
    let mut first = None;
    let mut answered = None;
    for (at, body) in bodies.iter().enumerate() {
        answered = take(&|status, example| !is_problem(status) && example.name == body.name);
        if answered.is_some() {
            first = Some(at);
            break;
        }
    }
    let body = (!bodies.is_empty()).then(|| bodies.remove(first.unwrap_or(0)));
    let answered = answered.or_else(|| take(&|status, _| !is_problem(status)));
    let others: Vec<_> = bodies.into_iter().map(|body| (take(&|_, example| example.name == body.name), body)).collect();
    let refused = take(&|status, _| is_problem(status)).or_else(|| problem(document, &all));
    let good = all.iter().find(|(status, _)| answered.as_ref().map_or(!is_problem(status), |(of, _)| of == status));
    let name = answered.as_ref().map_or("", |(_, example)| &example.name);
    let body = body.map(|of| (kind.to_owned(), of.value));
    let request = request(document, operation, name, body, good.map(|(_, of)| *of));
    html! {
        (tabs(operation.id, &request))
        @match &answered {
            Some((status, example)) => (answer(status, "Answer", "Answer", &example.value)),
            None => @if let Some((status, _)) = good { p.bounds { span.status { (status) } " without a body" } }
        }
        @for (answered, body) in others {
            details.more {
                summary { (body.title) }
                figure.code { figcaption { "Body" } (code("json", &shown(&body.value), &format!("Body: {}", body.title))) }
                @if let Some((status, example)) = answered {
                    (answer(status, "Answer", &format!("Answer: {}", body.title), &example.value))
                }
            }
        }
        @for (status, example) in answers.iter().filter(|(status, _)| !is_problem(status)) {
            details.more { summary { (example.title) } (answer(status, "Answer", &format!("Answer: {}", example.title), &example.value)) }
        }
        @if let Some((status, example)) = refused { (answer(status, "Refused", "Refused", &example.value)) }
    }
}

/// Codes that hardly anybody meets, though a list may begin with them.
const RARE: [&str; 2] = ["amount_out_of_range", "idempotency_key_reused"];

/// The rules' own refusal, made from its code, where the document has no example of one.
fn problem<'a>(document: &Document, all: &[(&'a str, &'a Value)]) -> Option<(&'a str, Example)> {
    let of = |wanted: &str| all.iter().find(|(status, _)| *status == wanted);
    let (status, response) = of("422").or_else(|| of("409")).or_else(|| of("404"))?;
    let codes = document.codes(response);
    let code = *codes.iter().find(|code| !RARE.contains(code)).or(codes.first())?;
    let (detail, params) = filled(code);
    let status_code = status.parse::<u16>().ok().and_then(|status| StatusCode::from_u16(status).ok())?;
    let value = json!({
        "type": format!("/docs/reasons#{code}"),
        "title": status_code.canonical_reason(),
        "status": status_code.as_u16(),
        "detail": detail,
        "code": code,
        "request_id": "req_8f4e2c1a9b7d6e5f0a3c2b1d",
        "params": params,
        "errors": [{"pointer": null, "parameter": null, "code": code, "detail": detail}],
        "more": 0,
    });
    Some((status, Example { name: String::new(), title: String::new(), value }))
}

/// What a code says with parameters as an answer has them, and those.
fn filled(code: &str) -> (String, Map<String, Value>) {
    let parameters = Reason::PARAMETERS.iter().find(|(known, _)| *known == code).map_or(&[][..], |(_, all)| *all);
    let (mut text, mut params) = (meaning(code).to_owned(), Map::new());
    for (name, kind) in parameters {
        let value = match *name {
            "campaign_status" => json!("live"),
            "order_status" => json!("cancelled"),
            "of" => json!("changes"),
            "limit" => json!(1_000),
            "line" => json!("l1"),
            "seller" => json!("luma"),
            "order" => json!("A-1001"),
            _ if ["Amount", "u32", "u64"].contains(kind) => json!(2),
            _ => continue,
        };
        text = text.replace(&format!("{{{name}}}"), &value.as_str().map_or_else(|| value.to_string(), str::to_owned));
        params.insert((*name).to_owned(), value);
    }
    (text, params)
}

/// The request of the example of that name.
fn request(
    document: &Document,
    operation: &Operation<'_>,
    example: &str,
    body: Option<(String, Value)>,
    answer: Option<&Value>,
) -> Request {
    let parameters = operation.value["parameters"].as_array().into_iter().flatten();
    let mut path = operation.path.to_owned();
    let mut query = Vec::new();
    let mut headers = Vec::new();
    for parameter in parameters.map(|parameter| document.follow(parameter)) {
        let name = text(&parameter["name"]);
        if name == "Idempotency-Key" {
            headers.push((name.to_owned(), KEY.to_owned()));
            continue;
        }
        let Some(value) = document.parameter(parameter, example) else { continue };
        match parameter["in"].as_str() {
            Some("path") => path = path.replace(&format!("{{{name}}}"), &percent_encoded(&value)),
            Some("query") => query.push(format!("{name}={}", percent_encoded(&value))),
            Some("header") => headers.push((name.to_owned(), value)),
            _ => {}
        }
    }
    if !query.is_empty() {
        path = format!("{path}?{}", query.join("&"));
    }
    let content = answer.and_then(|answer| answer["content"].as_object()).and_then(|kinds| kinds.iter().next());
    let shape = content.map(|(_, content)| document.shape(&content["schema"]));
    Request {
        method: operation.method.to_uppercase(),
        path,
        headers,
        body,
        needs_key: !is_open(operation),
        noun: noun(document, shape.as_ref()),
        answers_json: content.is_none_or(|(kind, _)| kind.contains("json")),
    }
}

/// A name for what is answered: `order` for an `Order`, `page` for a list.
fn noun(document: &Document, shape: Option<&Shape<'_>>) -> String {
    let Some(shape) = shape else { return "done".to_owned() };
    if document.members(shape.schema).iter().any(|member| member.name == "data") {
        return "page".to_owned();
    }
    let name = shape.name.filter(|name| name.chars().all(|c| c.is_ascii_alphanumeric())).unwrap_or("result");
    let mut snake = String::new();
    for c in name.trim_end_matches("Document").chars() {
        if c.is_ascii_uppercase() && !snake.is_empty() {
            snake.push('_');
        }
        snake.push(c.to_ascii_lowercase());
    }
    // In TypeScript and Python alike a word without joints, which neither language nor example has taken.
    match snake.rsplit('_').next() {
        Some(word) if !languages::TAKEN.contains(&word) => word.to_owned(),
        _ => "result".to_owned(),
    }
}

/// RFC 3986: what isn't unreserved is encoded, so that an id with a slash stays one part of a path.
fn percent_encoded(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(byte.into());
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

/// The request in each language; which is shown is a choice of radio buttons, so it needs no script.
fn tabs(id: &str, request: &Request) -> Markup {
    html! {
        fieldset.tabs {
            legend.vh { "Language of the example" }
            @for (number, (name, ..)) in LANGUAGES.iter().enumerate() {
                @let tab = format!("{id}-{}", name.to_lowercase());
                input class={ "tab t" (number) } type="radio" name="language" id=(tab) checked[number == 0];
                label for=(tab) { (name) }
            }
            @for (number, (name, language, write)) in LANGUAGES.iter().enumerate() {
                div class={ "panel p" (number) } { (code(language, &write(request), name)) }
            }
        }
    }
}

/// `label` tells it from the page's other answers where one can't see where it stands.
fn answer(status: &str, title: &str, label: &str, value: &Value) -> Markup {
    html! {
        figure.code {
            figcaption { span.status.bad[is_problem(status)] { (status) } " " (title) }
            (code("json", &shown(value), label))
        }
    }
}

fn shown(value: &Value) -> String {
    value.as_str().map_or_else(|| languages::json(value), str::to_owned)
}

pub fn code(language: &str, text: &str, label: &str) -> Markup {
    html! { pre tabindex="0" role="region" aria-label=(label) { code class=(language) { (highlight(text, language)) } } }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_for_the_answer_is_nobody_elses() {
        let document = Document::new(json!({"components": {"schemas": {
            "Order": {"type": "object"}, "CreatedKey": {"type": "object"}, "Case": {"type": "object"},
            "Orders": {"type": "object", "properties": {"data": {"type": "array"}}}}}}));
        let noun = |name: &str| {
            let schema = json!({"$ref": format!("#/components/schemas/{name}")});
            super::noun(&document, Some(&document.shape(&schema)))
        };
        assert_eq!(["Order", "CreatedKey", "Case", "Orders"].map(noun), ["order", "result", "result", "page"]);
        assert_eq!(super::noun(&document, None), "done");
    }

    #[test]
    fn ids_stay_one_part_of_a_path() {
        assert_eq!(percent_encoded("gid://shop/Product 12"), "gid%3A%2F%2Fshop%2FProduct%2012");
        assert_eq!(percent_encoded("A-1001.b_c~é"), "A-1001.b_c~%C3%A9");
    }
}
