//! The pages of the API: resources, operations, types, codes, events.

use std::collections::{BTreeMap, BTreeSet};

use maud::{Markup, html};
use scrip_core::reason::Reason;
use serde_json::Value;

use super::{
    document::{self, Document, Operation, text},
    frame::Item,
    languages,
    markdown::description,
    operation::{self, code, endpoint, resource_href},
    schema::{Place, Schemas, Told, type_href},
    search::Entry,
};

/// A page, and what is to be found on it.
pub struct Page {
    pub href: String,
    pub title: String,
    pub content: Markup,
    pub entries: Vec<Entry>,
}

/// What a resource is for, where the document doesn't say it.
const ABOUT: [(&str, &str); 12] = [
    ("Campaigns", "Programmes that give out coupons: their terms, and their life from draft to end."),
    ("Codes", "Strings that give a coupon: shared by many, or unique; made in the background as jobs."),
    ("Wallet", "An account's coupons: collected, activated by code, granted."),
    ("Quotes", "What a cart would cost, and why each coupon applies or doesn't. Nothing is held."),
    (
        "Orders",
        "One checkout of one account: placed, paid, closed, or cancelled. Holds coupons and budget until it is paid.",
    ),
    ("Refunds", "Money back, by units, shipping or amount, and what becomes of the coupons."),
    ("Ledger", "Who paid which minor unit of which discount, in double entry."),
    ("Reports", "What channels, sources and campaigns brought, and what they cost."),
    ("Events", "The journal as a feed: everything that happened, in order."),
    ("Operations", "For those who find out why something was refused."),
    ("Money", "Every currency with its decimals. No key is needed."),
    ("Access", "API keys, and tokens for shoppers' browsers."),
];

pub fn about<'a>(document: &'a Document, tag: &str) -> &'a str {
    let said = document.tag_description(tag);
    let ours = || ABOUT.iter().find(|(known, _)| *known == tag).map_or("", |(_, about)| *about);
    if said.is_empty() { ours() } else { said }
}

pub fn navigation(document: &Document) -> Vec<Item> {
    let operations = document.operations();
    let mut items = vec![Item::new("All operations", "/docs/api")];
    for tag in document.tags() {
        let below = operations.iter().filter(|operation| operation.tag == tag);
        items.push(Item {
            below: below.map(|o| (o.summary.to_owned(), o.href(), o.method.to_owned())).collect(),
            ..Item::new(tag, &resource_href(tag))
        });
    }
    items.push(Item::new("Codes of refusals", "/docs/reasons"));
    if event_types(document).is_some() {
        items.push(Item::new("Types of events", "/docs/events"));
    }
    items.push(Item::new("Types", "/docs/types"));
    items
}

/// All of them.
pub fn pages(schemas: &Schemas<'_>) -> Vec<Page> {
    let document = schemas.document;
    let operations = document.operations();
    let mut pages = vec![all_operations(schemas, &operations), codes(schemas, &operations), types(document)];
    for tag in document.tags() {
        let of: Vec<_> = operations.iter().filter(|operation| operation.tag == tag).collect();
        pages.push(resource(schemas, tag, &of));
    }
    pages.extend(operations.iter().map(|operation| operation_page(schemas, operation)));
    let uses = Uses::new(document, &operations);
    pages.extend(document.schemas().map(|(name, schema)| type_page(schemas, name, schema, &uses)));
    pages.extend(events(schemas));
    pages
}

fn listed(operation: &Operation<'_>) -> Markup {
    html! { li { a href=(operation.href()) { (operation.summary) } p.endpoint { (endpoint(operation)) } } }
}

fn all_operations(schemas: &Schemas<'_>, operations: &[Operation<'_>]) -> Page {
    let content = html! {
        article.prose {
            h1 { "All operations" }
            p.lead { "JSON over HTTP. The same as a document for tools: " a href="/openapi.json" { "openapi.json" } " (OpenAPI 3.1)." }
            @for tag in schemas.document.tags() {
                @let id = tag.to_lowercase();
                h2 id=(id) { a.here href={ "#" (id) } { (tag) } }
                ul.list.operations { @for operation in operations.iter().filter(|o| o.tag == tag) { (listed(operation)) } }
            }
        }
    };
    Page { href: "/docs/api".to_owned(), title: "All operations".to_owned(), content, entries: Vec::new() }
}

fn resource(schemas: &Schemas<'_>, tag: &str, operations: &[&Operation<'_>]) -> Page {
    let document = schemas.document;
    let about = about(document, tag);
    // What its operations answer with: the things of this resource.
    let mut answered = Vec::new();
    for operation in operations {
        for (status, response) in operation.value["responses"].as_object().into_iter().flatten() {
            let content = &document.follow(response)["content"]["application/json"]["schema"];
            let name = document.shape(content).name.filter(|_| status.starts_with('2'));
            answered.extend(name.filter(|name| !answered.contains(name)));
        }
    }
    let content = html! {
        article.prose {
            p.crumb { a href="/docs/api" { "API" } }
            h1 { (tag) }
            div.lead { (description(about, schemas.links)) }
            ul.list.operations { @for operation in operations { (listed(operation)) } }
            @if !answered.is_empty() {
                h2 id="types" { a.here href="#types" { "What they answer with" } }
                p.chips { @for name in answered { a href=(type_href(name)) { (name) } " " } }
            }
        }
    };
    let entry = Entry {
        kind: "resource",
        title: tag.to_owned(),
        href: resource_href(tag),
        text: about.to_owned(),
        names: Vec::new(),
        weight: 15,
    };
    Page { href: resource_href(tag), title: tag.to_owned(), content, entries: vec![entry] }
}

fn operation_page(schemas: &Schemas<'_>, operation: &Operation<'_>) -> Page {
    let mut text = format!("{} — {}", operation.line(), operation.description);
    for parameter in operation.value["parameters"].as_array().into_iter().flatten() {
        let parameter = schemas.document.follow(parameter);
        text.push_str(&format!(
            " · {} {}",
            document::text(&parameter["name"]),
            document::text(&parameter["description"])
        ));
    }
    text.push_str(&format!(" · {}", operation.id));
    let entry = Entry {
        kind: "operation",
        title: operation.summary.to_owned(),
        href: operation.href(),
        text,
        names: vec![operation.line(), operation.path.to_owned(), operation.id.to_owned()],
        weight: 20,
    };
    Page {
        href: operation.href(),
        title: operation.summary.to_owned(),
        content: operation::page(schemas, operation),
        entries: vec![entry],
    }
}

/// Where each named type is used.
#[derive(Default)]
struct Uses<'a> {
    by_operation: BTreeMap<&'a str, BTreeSet<(&'static str, usize)>>,
    by_type: BTreeMap<&'a str, BTreeSet<&'a str>>,
    operations: Vec<Operation<'a>>,
    written: BTreeSet<&'a str>,
}

impl<'a> Uses<'a> {
    fn new(document: &'a Document, operations: &[Operation<'a>]) -> Self {
        let mut uses = Self { operations: operations.to_vec(), ..Self::default() };
        for (name, schema) in document.schemas() {
            references(schema, &mut |used| {
                uses.by_type.entry(used).or_default().insert(name);
            });
        }
        for (number, operation) in operations.iter().enumerate() {
            let parts = [("sent", &operation.value["requestBody"]), ("sent", &operation.value["parameters"])];
            for (how, part) in parts.into_iter().chain([("answered", &operation.value["responses"])]) {
                references(part, &mut |used| {
                    // Every operation answers with problems.
                    if used != "Problem" {
                        uses.by_operation.entry(used).or_default().insert((how, number));
                    }
                });
            }
        }
        let sent = uses.by_operation.iter().filter(|(_, of)| of.iter().any(|(how, _)| *how == "sent"));
        let mut open: Vec<&str> = sent.map(|(name, _)| *name).collect();
        let schemas: BTreeMap<&str, &Value> = document.schemas().collect();
        while let Some(name) = open.pop() {
            if uses.written.insert(name)
                && let Some(schema) = schemas.get(name)
            {
                references(schema, &mut |used| open.push(used));
            }
        }
        uses
    }
}

fn references<'a>(value: &'a Value, see: &mut impl FnMut(&'a str)) {
    match value {
        Value::Object(members) => {
            if let Some(name) = document::reference(value) {
                see(name);
            }
            members.values().for_each(|member| references(member, see));
        }
        Value::Array(entries) => entries.iter().for_each(|entry| references(entry, see)),
        _ => {}
    }
}

fn type_page(schemas: &Schemas<'_>, name: &str, schema: &Value, uses: &Uses<'_>) -> Page {
    let document = schemas.document;
    let shape = document.shape(schema);
    let said = text(&schema["description"]);
    let told = if uses.written.contains(name) { Told::Writer } else { Told::Reader };
    let operations = uses.by_operation.get(name);
    let types = uses.by_type.get(name);
    let content = html! {
        div.columns {
            article.prose {
                p.crumb { a href="/docs/types" { "Types" } }
                h1 { (name) }
                @if !said.is_empty() { div.lead { (description(said, schemas.links)) } }
                @if !schemas.has_content(&shape) { p.of { span.type { (schemas.type_of(&shape)) } } }
                (schemas.content(&shape, &Place::new("", told)))
                @if operations.is_some() || types.is_some() {
                    h2 id="used-by" { a.here href="#used-by" { "Where it is used" } }
                    @for (how, title) in [("sent", "Sent to"), ("answered", "Answered by")] {
                        @let of: Vec<_> = operations.into_iter().flatten().filter(|(known, _)| *known == how).collect();
                        @if !of.is_empty() {
                            p.chips { span.chips-of { (title) } @for (_, number) in of {
                                @let operation = &uses.operations[*number];
                                a href=(operation.href()) { (operation.summary) } " "
                            } }
                        }
                    }
                    @if let Some(types) = types {
                        p.chips { span.chips-of { "In" } @for name in types { a href=(type_href(name)) { (name) } " " } }
                    }
                }
            }
            aside.examples aria-label="Example" {
                figure.code {
                    figcaption { "Example" }
                    (code("json", &languages::json(&document.example_named(name).unwrap_or_else(|| document.example_of(schema, told))), "Example"))
                }
            }
        }
    };
    let mut entries = vec![Entry {
        kind: "type",
        title: name.to_owned(),
        href: type_href(name),
        text: said.to_owned(),
        names: Vec::new(),
        weight: 10,
    }];
    members_of(document, name, &shape, "", &mut entries);
    Page { href: type_href(name), title: name.to_owned(), content, entries }
}

/// A type's members, to be found at their places on its page.
fn members_of(document: &Document, name: &str, shape: &document::Shape<'_>, at: &str, entries: &mut Vec<Entry>) {
    for variant in document.variants(shape.schema) {
        if let Some(tag) = variant.tag {
            let text = variant.shape.description.or(variant.shape.schema["description"].as_str()).unwrap_or_default();
            entries.push(Entry {
                kind: "variant",
                title: tag.to_owned(),
                href: format!("{}#{at}{tag}", type_href(name)),
                text: format!("of {name}. {text}"),
                names: Vec::new(),
                weight: 8,
            });
            members_of(document, name, &variant.shape, &format!("{at}{tag}."), entries);
        }
    }
    for member in document.members(shape.schema) {
        let of = document.shape(member.schema);
        let said = of.description.or(of.schema["description"].as_str()).unwrap_or_default();
        let values = of.schema["enum"].as_array().into_iter().flatten().filter_map(Value::as_str);
        let values: Vec<_> = values.collect();
        entries.push(Entry {
            kind: "member",
            title: member.name.to_owned(),
            href: format!("{}#{at}{}", type_href(name), member.name),
            text: format!("of {name}. {said} {}", values.join(" ")).trim().to_owned(),
            names: Vec::new(),
            weight: 4,
        });
    }
}

fn types(document: &Document) -> Page {
    let content = html! {
        article.prose {
            h1 { "Types" }
            p.lead { "Every named object and value of the API, by name." }
            ul.list.types {
                @for (name, schema) in document.schemas() {
                    li { a href=(type_href(name)) { (name) } p { (first_line(text(&schema["description"]))) } }
                }
            }
        }
    };
    let entry = Entry {
        kind: "page",
        title: "Types".to_owned(),
        href: "/docs/types".to_owned(),
        text: "Every named object and value.".to_owned(),
        names: Vec::new(),
        weight: 12,
    };
    Page { href: "/docs/types".to_owned(), title: "Types".to_owned(), content, entries: vec![entry] }
}

fn first_line(text: &str) -> String {
    text.split("\n\n").next().unwrap_or_default().replace('`', "")
}

/// The statuses with which a code is answered, and the operations that do.
type Answered<'a> = (BTreeSet<&'a str>, Vec<&'a Operation<'a>>);

/// The first code of each group of reasons, and what it is called.
const REASON_GROUPS: [(&str, &str); 6] = [
    ("coupon_not_found", "Why a coupon doesn’t apply"),
    ("quote_changed", "Orders"),
    ("campaign_not_found", "Claims and codes"),
    ("order_not_paid", "Refunds"),
    ("validity_is_fixed", "Terms of campaigns"),
    ("invalid_json", "Any request"),
];

/// The list of reasons in its groups, in its own order.
fn reason_groups() -> Vec<(&'static str, Vec<&'static (&'static str, &'static str)>)> {
    let mut groups: Vec<(&str, Vec<_>)> = Vec::new();
    for reason in Reason::ALL {
        if let Some((_, title)) = REASON_GROUPS.iter().find(|(first, _)| *first == reason.0) {
            groups.push((title, Vec::new()));
        }
        if let Some((_, group)) = groups.last_mut() {
            group.push(reason);
        }
    }
    groups
}

/// Every reason, with who may answer it.
fn codes(schemas: &Schemas<'_>, operations: &[Operation<'_>]) -> Page {
    let document = schemas.document;
    let mut answered: BTreeMap<&str, Answered<'_>> = BTreeMap::new();
    for operation in operations {
        for (status, response) in operation.value["responses"].as_object().into_iter().flatten() {
            for code in document.codes(document.follow(response)) {
                let of = answered.entry(code).or_default();
                of.0.insert(status);
                if !of.1.iter().any(|known| known.id == operation.id) {
                    of.1.push(operation);
                }
            }
        }
    }
    let everywhere = operations.len() * 3 / 4;
    let content = html! {
        article.prose {
            h1 { "Codes of refusals" }
            p.lead { "Every “no” has a stable code, in a problem’s " code { "code" } " and in " code { "errors" }
                ". Codes are appended, never renamed. Names in braces are parameters: they stand beside the code." }
            @let groups = reason_groups();
            p.chips { @for (title, _) in &groups { a href={ "#" (anchor_of(title)) } { (title) } " " } }
            @for (title, reasons) in groups {
                @let anchor = anchor_of(title);
                h2 id=(anchor) { a.here href={ "#" (anchor) } { (title) } }
                ul.members.reasons {
                    @for (code, meaning) in reasons { (reason(code, meaning, answered.get(code), everywhere)) }
                }
            }
        }
    };
    let entries = Reason::ALL.iter().map(|(code, meaning)| Entry {
        kind: "code",
        title: (*code).to_owned(),
        href: format!("/docs/reasons#{code}"),
        text: (*meaning).to_owned(),
        names: Vec::new(),
        weight: 14,
    });
    Page {
        href: "/docs/reasons".to_owned(),
        title: "Codes of refusals".to_owned(),
        content,
        entries: entries.collect(),
    }
}

fn anchor_of(title: &str) -> String {
    let words = title.to_lowercase().replace(' ', "-");
    words.chars().filter(|c| c.is_alphanumeric() || *c == '-').collect()
}

/// One code: its statuses, and the operations that answer it unless that is nearly every one.
fn reason(code: &str, meaning: &str, answered: Option<&Answered<'_>>, everywhere: usize) -> Markup {
    html! {
        li id=(code) {
            div.member {
                a.name href={ "#" (code) } { code { (code) } }
                @for status in answered.into_iter().flat_map(|of| &of.0) { " " span.status.bad { (status) } }
            }
            div.said { p { (meaning) } }
            @match answered {
                None => p.bounds { "In quotes alone, beside the coupon" },
                Some((_, of)) if of.len() > everywhere => p.bounds { "By nearly every operation" },
                Some((_, of)) => p.chips { @for operation in of { a href=(operation.href()) { (operation.summary) } " " } },
            }
        }
    }
}

/// The schema of an event's type, where it is an enumeration.
fn event_types(document: &Document) -> Option<&Value> {
    let (_, event) = document.schemas().find(|(name, _)| *name == "Event")?;
    let member = document.members(event).into_iter().find(|member| member.name == "type")?;
    let schema = document.shape(member.schema).schema;
    schema["enum"].as_array().is_some_and(|values| values.len() > 1).then_some(schema)
}

/// An event's place in the list of types, and its name.
type Placed<'a> = (usize, &'a Value);

/// Types by what stands before their dot, in the order of the first of each.
fn kinds_of_events<'a>(all: &[Placed<'a>]) -> Vec<(&'a str, Vec<Placed<'a>>)> {
    let mut kinds: Vec<(&str, Vec<_>)> = Vec::new();
    for placed in all {
        let kind = text(placed.1).split('.').next().unwrap_or_default();
        match kinds.iter_mut().find(|(known, _)| *known == kind) {
            Some((_, of)) => of.push(*placed),
            None => kinds.push((kind, vec![*placed])),
        }
    }
    kinds
}

fn events(schemas: &Schemas<'_>) -> Option<Page> {
    let types = event_types(schemas.document)?;
    let meanings = &types["x-enum-descriptions"];
    let all: Vec<_> = types["enum"].as_array()?.iter().enumerate().collect();
    let meaning = |(place, name): (usize, &Value)| -> String {
        meanings[place].as_str().or(meanings[text(name)].as_str()).unwrap_or_default().to_owned()
    };
    let content = html! {
        article.prose {
            h1 { "Types of events" }
            div.lead { (description("What `GET /v1/events` tells, by the `type` of each event. `types=order.*` asks for all of a kind.", schemas.links)) }
            p { "What stands in one: " a href="/docs/types/Event" { "Event" } "." }
            @let kinds = kinds_of_events(&all);
            p.chips { @for (kind, _) in &kinds { a href={ "#" (kind) } { (kind) } " " } }
            @for (kind, events) in kinds {
                h2 id=(kind) { a.here href={ "#" (kind) } { code { (kind) ".*" } } }
                ul.members {
                    @for (place, name) in events {
                        @let id = text(name);
                        li id=(id) {
                            div.member { a.name href={ "#" (id) } { code { (id) } } }
                            div.said { (description(&meaning((place, name)), schemas.links)) }
                        }
                    }
                }
            }
        }
    };
    let entries = all.iter().map(|(place, name)| Entry {
        kind: "event",
        title: text(name).to_owned(),
        href: format!("/docs/events#{}", text(name)),
        text: meaning((*place, name)),
        names: Vec::new(),
        weight: 14,
    });
    let entries = entries.collect();
    Some(Page { href: "/docs/events".to_owned(), title: "Types of events".to_owned(), content, entries })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_stands_in_a_group() {
        let groups = reason_groups();
        assert_eq!(groups.len(), REASON_GROUPS.len());
        assert_eq!(groups.iter().map(|(_, group)| group.len()).sum::<usize>(), Reason::ALL.len());
    }
}
