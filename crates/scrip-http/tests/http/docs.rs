//! The documentation under `/docs`, read as a browser reads it: every page that a link leads to.

use std::collections::{BTreeMap, BTreeSet};

use html5gum::{Token, Tokenizer};
use scrip_core::reason::Reason;
use scrip_desk::Access;
use scrip_http::PERMISSIONS;
use serde_json::Value;

use crate::{contract::operations, shop::Shop};

/// What of a page the tests look at.
#[derive(Default)]
struct Page {
    text: String,
    ids: BTreeSet<String>,
    links: Vec<String>,
    /// Ids that other attributes name.
    named: Vec<String>,
    problems: Vec<String>,
}

/// Elements without an end tag, as HTML has them; those of SVG that are written so have one here.
const VOID: [&str; 8] = ["meta", "link", "input", "br", "hr", "wbr", "img", "col"];

impl Page {
    fn read(html: &str) -> Self {
        let mut page = Self::default();
        let mut open: Vec<String> = Vec::new();
        for token in Tokenizer::new(html) {
            match token.expect("a text can be read") {
                Token::StartTag(tag) => {
                    let name = String::from_utf8_lossy(&tag.name).into_owned();
                    for (attribute, value) in &tag.attributes {
                        let value = String::from_utf8_lossy(&value.value).into_owned();
                        match &attribute[..] {
                            b"id" if !page.ids.insert(value.clone()) => page.problems.push(format!("{value} twice")),
                            b"href" => page.links.push(value),
                            b"for" | b"aria-labelledby" | b"aria-describedby" | b"popovertarget" => {
                                page.named.push(value);
                            }
                            b"style" | b"onclick" => page.problems.push("the policy forbids it".to_owned()),
                            _ => {}
                        }
                    }
                    if name == "script" {
                        page.problems.push("a script".to_owned());
                    }
                    if !tag.self_closing && !VOID.contains(&name.as_str()) {
                        open.push(name);
                    }
                }
                Token::EndTag(tag) => {
                    let name = String::from_utf8_lossy(&tag.name).into_owned();
                    match open.pop() {
                        Some(begun) if begun == name => {}
                        begun => page.problems.push(format!("{name} ends inside of {begun:?}")),
                    }
                }
                Token::String(text) => page.text.push_str(&String::from_utf8_lossy(&text.value)),
                Token::Error(error) => page.problems.push(format!("{error:?}")),
                _ => {}
            }
        }
        page.problems.extend(open.into_iter().map(|name| format!("{name} is never closed")));
        page
    }
}

/// Every page that can be reached from the first.
fn all(shop: &Shop) -> BTreeMap<String, Page> {
    let mut pages = BTreeMap::new();
    let mut open = vec!["/docs".to_owned()];
    while let Some(path) = open.pop() {
        if pages.contains_key(&path) {
            continue;
        }
        let answer = shop.ask("GET", &path).send().is(200);
        let is_page = answer.header("content-type").is_some_and(|kind| kind.starts_with("text/html"));
        let page = if is_page { Page::read(&answer.text) } else { Page::default() };
        let inner = page.links.iter().filter(|link| link.starts_with('/'));
        open.extend(inner.map(|link| link.split('#').next().unwrap_or_default().to_owned()));
        pages.insert(path, page);
    }
    pages
}

#[test]
fn every_link_of_every_page_leads_to_a_place_and_the_html_is_well_formed() {
    let shop = Shop::new();
    let pages = all(&shop);
    assert!(pages.len() > 150, "{} pages", pages.len());
    let mut wrong = Vec::new();
    for (path, page) in &pages {
        wrong.extend(page.problems.iter().map(|problem| format!("{path}: {problem}")));
        wrong.extend(
            page.named.iter().filter(|id| !page.ids.contains(*id)).map(|id| format!("{path}: nothing is {id}")),
        );
        for link in &page.links {
            let (to, anchor) = link.split_once('#').unwrap_or((link, ""));
            let to = if to.is_empty() { path } else { to };
            let is_elsewhere = to.starts_with("https://");
            let found = pages.get(to).is_some_and(|page| anchor.is_empty() || page.ids.contains(anchor));
            if !is_elsewhere && !found {
                wrong.push(format!("{path}: {link} leads nowhere"));
            }
        }
        if page.text.contains("list of object") {
            wrong.push(format!("{path}: a list of what?"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// The parts of an operation's page that are for it alone, without the way through.
fn main_of(html: &str) -> &str {
    html.split_once("<main").map_or("", |(_, main)| main)
}

#[test]
fn every_operation_says_who_may_call_it_and_shows_how_in_three_languages() {
    let shop = Shop::new();
    let mut wrong = Vec::new();
    for (path, method, operation) in operations(scrip_http::document()) {
        let (tag, id) = (operation["tags"][0].as_str().unwrap_or_default(), operation["operationId"].as_str());
        let id = id.expect("an id");
        let html = shop.ask("GET", &format!("/docs/api/{}/{id}", tag.to_lowercase())).send().is(200).text;
        let page = Page::read(main_of(&html).trim_start_matches(" id=\"main\">"));
        let mut wanted = vec![format!("{method} {path}")];
        for language in ["curl", "typescript", "python"] {
            if !page.ids.contains(&format!("{id}-{language}")) {
                wrong.push(format!("{id}: no {language}"));
            }
        }
        wanted.extend(["curl ".to_owned(), "await fetch(".to_owned(), "httpx.".to_owned()]);
        if let Some(permission) = PERMISSIONS.iter().find(|of| of.method == method && of.path == path) {
            for (role, access) in ["operator", "seller", "storefront", "shopper"].iter().zip(permission.access) {
                let word = match access {
                    Access::All => "all",
                    Access::Own => "its own",
                    Access::No => "no",
                };
                wanted.push(format!("{role} {word}"));
            }
        }
        for (status, response) in operation["responses"].as_object().expect("responses") {
            wanted.push(status.clone());
            let codes = response["x-codes"].as_array().into_iter().flatten().filter_map(Value::as_str);
            assert!(codes.clone().next().is_some() || status.starts_with('2'), "{id}: {status} without a code");
            for code in codes.filter(|code| Reason::ALL.iter().any(|(known, _)| known == code)) {
                if !page.links.contains(&format!("/docs/reasons#{code}")) {
                    wrong.push(format!("{id}: {code} isn't there"));
                }
            }
        }
        wrong.extend(wanted.into_iter().filter(|text| !page.text.contains(text)).map(|text| format!("{id}: {text}?")));
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// The curl example of a page, as its parts: method, path and body.
fn curl(html: &str) -> (String, String, Option<Value>) {
    let begin = html.find("aria-label=\"curl\"").expect("an example");
    let example = &html[begin..html[begin..].find("</pre>").expect("an end") + begin];
    let text = Page::read(&format!("<pre {example}</pre>")).text;
    let body = text.split_once("-d '").map(|(_, body)| body.trim_end_matches('\'').replace("'\\''", "'"));
    let path = text.split("$SCRIP").nth(1).and_then(|rest| rest.split('"').next()).expect("a path").to_owned();
    let said = text.split_once("-X ").and_then(|(_, rest)| rest.split(' ').next());
    let usual = if body.is_some() { "POST" } else { "GET" };
    let body = body.map(|body| serde_json::from_str(&body).unwrap_or(Value::String(body)));
    (said.unwrap_or(usual).to_owned(), path, body)
}

#[test]
fn every_example_is_understood_by_the_server() {
    let shop = Shop::new();
    let mut wrong = Vec::new();
    for (path, method, operation) in operations(scrip_http::document()) {
        let id = operation["operationId"].as_str().expect("an id");
        let tag = operation["tags"][0].as_str().unwrap_or_default().to_lowercase();
        let html = shop.ask("GET", &format!("/docs/api/{tag}/{id}")).send().is(200).text;
        let (shown_method, shown_path, body) = curl(&html);
        assert_eq!(shown_method, method, "{id}");
        assert_eq!(
            shown_path.split('?').next().map(|path| path.split('/').count()),
            Some(path.split('/').count()),
            "{id}"
        );
        let ask = shop.ask(&method, &shown_path).by(&shop.operator).header("if-match", "\"1\"");
        let answer = match &body {
            Some(Value::String(text)) => ask.bytes(text.as_bytes()),
            Some(body) => ask.json(body),
            None => ask,
        };
        let answer = answer.send();
        // What it names isn't there; but it was read.
        if matches!(answer.status, 400 | 405 | 413) {
            wrong.push(format!("{id}: {} {body:?}", answer.text));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn no_refusal_of_a_page_has_a_parameter_left_open() {
    let shop = Shop::new();
    for (_, _, operation) in operations(scrip_http::document()) {
        let id = operation["operationId"].as_str().expect("an id");
        let tag = operation["tags"][0].as_str().unwrap_or_default().to_lowercase();
        let html = shop.ask("GET", &format!("/docs/api/{tag}/{id}")).send().is(200).text;
        let Some(begin) = html.find("aria-label=\"Refused\"") else { continue };
        let refused = &html[begin..begin + html[begin..].find("</pre>").expect("an end")];
        let text = Page::read(&format!("<pre {refused}</pre>")).text;
        let detail = text.split("\"detail\": \"").nth(1).and_then(|rest| rest.split('"').next()).expect("a detail");
        assert!(!detail.contains('{'), "{id}: {detail}");
    }
}

#[test]
fn an_example_asks_for_what_its_answer_shows() {
    let shop = Shop::new();
    let mut seen = 0;
    for (path, _, operation) in operations(scrip_http::document()) {
        let parts: Vec<&str> = path.split('/').collect();
        let Some(last) = parts.iter().rposition(|part| part.starts_with('{')) else { continue };
        // Below an id stand lists, whose entries have ids of their own: `…/{order}/refunds`.
        let is_of_one = parts.get(last + 1).is_none_or(|verb| !verb.ends_with('s'));
        let successes = operation["responses"].as_object().expect("responses").iter();
        let answered: Vec<&str> = successes
            .filter(|(status, _)| status.starts_with('2'))
            .flat_map(|(_, response)| response["content"]["application/json"]["examples"].as_object())
            .flat_map(|examples| examples.values().filter_map(|example| example["value"]["id"].as_str()))
            .collect();
        if answered.is_empty() || !is_of_one {
            continue;
        }
        let id = operation["operationId"].as_str().expect("an id");
        let tag = operation["tags"][0].as_str().unwrap_or_default().to_lowercase();
        let html = shop.ask("GET", &format!("/docs/api/{tag}/{id}")).send().is(200).text;
        let (_, shown_path, _) = curl(&html);
        let asked = shown_path.split(['/', '?']).nth(last).expect("as many parts");
        assert!(answered.contains(&asked), "{id}: {asked} is asked for, {answered:?} answered");
        seen += 1;
    }
    assert!(seen > 15, "{seen} operations on one thing");
}

#[test]
fn the_repositorys_pages_are_served_and_nothing_beside_them() {
    let shop = Shop::new();
    for (path, title) in [
        ("/docs/concepts/orders", "An order's life"),
        ("/docs/guides/beside-your-order-service", "Beside your order service"),
        ("/docs/guides/going-live", "Going live"),
        ("/docs/guides/conventions", "Conventions"),
        ("/docs/concepts/codes", "Why a code campaign is closed to collecting"),
        ("/docs/events", "coupon.claimed"),
        ("/docs/operate/deploy", "Deploy"),
        ("/docs/decisions/0001-the-decider", "0001"),
    ] {
        let html = shop.ask("GET", path).send().is(200).text;
        assert!(Page::read(&html).text.contains(title), "{path}");
    }
    for path in [
        "/docs/nothing",
        "/docs/concepts/orders.md",
        "/docs/../Cargo.toml",
        "/docs/%2e%2e/Cargo.toml",
        "/docs/..%2fREADME",
        "/docs/%ff",
    ] {
        let answer = shop.ask("GET", path).send();
        assert_eq!(answer.status, 404, "{path}");
        assert!(!answer.text.contains("[workspace]"), "{path}");
    }
}

#[test]
fn search_finds_operations_members_codes_and_pages_and_escapes_what_was_asked() {
    let shop = Shop::new();
    let found = |query: &str| {
        let html = shop.ask("GET", &format!("/docs/search?q={query}")).send().is(200).text;
        main_of(&html).to_owned()
    };
    for (query, href) in [
        ("place+an+order", "/docs/api/orders/place_order"),
        ("POST+/v1/campaigns", "/docs/api/campaigns/create_campaign"),
        ("unit_price", "/docs/types/LineRequest#unit_price"),
        ("sold_out", "/docs/reasons#sold_out"),
        ("largest+remainder", "/docs/concepts/application-order#splitting-over-lines"),
        ("LARGEST%20Remainder", "/docs/concepts/application-order#splitting-over-lines"),
    ] {
        assert!(found(query).contains(&format!("href=\"{href}\"")), "{query}");
    }
    let html = found("%3Cscript%3Ealert(1)%3C/script%3E%22");
    assert!(!html.contains("<script") && html.contains("&lt;script&gt;"), "{html}");
    let whole = shop.ask("GET", "/docs/search?q=%22%3E%3Cb%3E").send().is(200).text;
    assert!(!whole.contains("\"><b>") && Page::read(&whole).problems.is_empty());
    for odd in ["", "%20", "%ff", &"x".repeat(20_000), "a+".repeat(5_000).as_str()] {
        let html = found(odd);
        assert!(html.len() < 60_000, "{} bytes for a query of {}", html.len(), odd.len());
    }
    shop.ask("GET", "/docs/search").send().is(200);
    shop.ask("GET", "/docs/search?p=1&q=a&q=b").send().is(200);
}

#[test]
fn only_pages_may_send_their_form_and_only_here() {
    let shop = Shop::new();
    for (path, form) in
        [("/docs", "'self'"), ("/docs/search?q=x", "'self'"), ("/docs/nothing", "'self'"), ("/livez", "'none'")]
    {
        let answer = shop.ask("GET", path).send();
        let policy = answer.header("content-security-policy").expect("a policy");
        assert!(policy.starts_with("default-src 'none'; style-src 'self'; ") && !policy.contains("unsafe"), "{policy}");
        assert!(policy.contains(&format!("form-action {form};")), "{path}: {policy}");
    }
}
