//! The documentation under `/docs`.
//!
//! Made once, when it is first asked for, from the OpenAPI document, the lists of reasons and permissions, and the
//! repository's `docs` (embedded by `build.rs`). No scripts, nothing from elsewhere.

mod document;
mod examples;
mod frame;
mod highlight;
mod languages;
mod markdown;
mod operation;
mod reference;
mod schema;
mod search;
mod sequence;

use std::{
    collections::{BTreeMap, HashMap},
    sync::LazyLock,
};

use maud::{Markup, PreEscaped, html};
use scrip_core::reason::Reason;
use serde_json::Value;

use self::{
    document::Document,
    frame::{Group, Item, Navigation},
    markdown::{Links, Rendered},
    schema::Schemas,
    search::{Entry, Index},
};

/// The pages' style sheet: a file of its own, so that the content security policy needs no exception.
pub(crate) const STYLE: &str = include_str!("docs.css");

/// Every page of `docs`: its path there, and its text.
const PAGES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/pages.rs"));

/// Folders of `docs` in the order in which they are read; others follow.
const FOLDERS: [(&str, &str); 5] = [
    ("guides", "Guides"),
    ("concepts", "Concepts"),
    ("operate", "Operate"),
    ("reference", "Reference"),
    ("decisions", "Decisions"),
];

/// All pages, by address, and what finds them.
pub(crate) struct Site {
    pages: HashMap<String, String>,
    navigation: Navigation,
    index: Index,
}

/// The documentation of this build.
pub(crate) fn site() -> &'static Site {
    static SITE: LazyLock<Site> = LazyLock::new(|| {
        let document = crate::contract::contract().clone();
        Site::new(document, PAGES)
    });
    &SITE
}

/// A page of `docs`.
struct Guide {
    href: String,
    folder: String,
    rendered: Rendered,
}

impl Site {
    fn new(document: Value, pages: &[(&str, &str)]) -> Self {
        let document = Document::new(document);
        let links = links(&document, pages);
        let guides = guides(pages, &links);
        let schemas = Schemas { document: &document, links: &links };
        let mut site =
            Self { pages: HashMap::new(), navigation: navigation(&document, &guides), index: Index::default() };
        for page in reference::pages(&schemas) {
            for entry in page.entries {
                site.index.add(entry);
            }
            site.put(&page.href, &page.title, &page.content);
        }
        for guide in &guides {
            site.find_in(guide);
            // The first page of a folder has the others below it.
            let is_first = guide.href == format!("/docs/{}", guide.folder);
            let others =
                guides.iter().filter(|other| is_first && other.folder == guide.folder && other.href != guide.href);
            site.put(&guide.href, &guide.rendered.title, &guide_page(guide, &others.collect::<Vec<_>>()));
        }
        for (folder, title) in folders(&guides) {
            let href = format!("/docs/{folder}");
            let of: Vec<_> = guides.iter().filter(|guide| guide.folder == folder).collect();
            if !site.pages.contains_key(&href) {
                site.put(&href, &title, &folder_page(&title, &of));
            }
        }
        site.put("/docs", "Documentation", &home(&document, &guides, &links));
        site
    }

    fn put(&mut self, href: &str, title: &str, content: &Markup) {
        let page = frame::page(&self.navigation, href, title, "", content);
        self.pages.insert(href.to_owned(), page);
    }

    /// The page at an address.
    pub(crate) fn page(&self, href: &str) -> Option<&str> {
        self.pages.get(href).map(String::as_str)
    }

    /// What is found for a query.
    pub(crate) fn search(&self, query: &str) -> String {
        let query = search::cut(query);
        frame::page(&self.navigation, "/docs/search", "Search", query, &self.index.page(query))
    }

    /// For an address with nothing at it.
    pub(crate) fn nothing(&self) -> String {
        let content = html! {
            article.prose {
                h1 { "Nothing is here" }
                p.lead { "This page doesn't exist. Search for it above, or begin at " a href="/docs" { "the first page" } "." }
            }
        };
        frame::page(&self.navigation, "", "Nothing is here", "", &content)
    }

    fn find_in(&mut self, guide: &Guide) {
        for section in &guide.rendered.sections {
            let title = &guide.rendered.title;
            let (title, href, weight) = if section.anchor.is_empty() {
                (title.clone(), guide.href.clone(), 12)
            } else {
                (format!("{} › {}", title, section.title), format!("{}#{}", guide.href, section.anchor), 6)
            };
            // Decisions are for those who change Scrip.
            let weight = if guide.folder == "decisions" { 0 } else { weight };
            let text = section.text.trim().to_owned();
            self.index.add(Entry { kind: "page", names: vec![section.title.clone()], title, href, text, weight });
        }
    }
}

fn links(document: &Document, pages: &[(&str, &str)]) -> Links {
    let operations = document.operations();
    let mut links = Links {
        operations: operations.iter().map(|operation| (operation.line(), operation.href())).collect(),
        codes: Reason::ALL.iter().map(|(code, _)| (*code).to_owned()).collect(),
        pages: HashMap::new(),
    };
    for (path, _) in pages {
        links.pages.insert((*path).to_owned(), href_of(path));
        if let Some((folder, _)) = path.rsplit_once('/') {
            links.pages.insert(folder.to_owned(), format!("/docs/{folder}"));
        }
    }
    links
}

/// `/docs/concepts/orders` for `concepts/orders.md`, `/docs/reference/proof` for its README.
fn href_of(path: &str) -> String {
    let path = path.strip_suffix(".md").unwrap_or(path);
    format!("/docs/{}", path.strip_suffix("/README").unwrap_or(path))
}

fn guides(pages: &[(&str, &str)], links: &Links) -> Vec<Guide> {
    let guides = pages.iter().map(|(path, text)| Guide {
        href: href_of(path),
        folder: path.split_once('/').map_or("", |(folder, _)| folder).to_owned(),
        rendered: markdown::page(text, path, links),
    });
    guides.collect()
}

/// The folders that have pages, with their titles, in order.
fn folders(guides: &[Guide]) -> Vec<(String, String)> {
    let mut all: BTreeMap<usize, Vec<(String, String)>> = BTreeMap::new();
    for guide in guides.iter().filter(|guide| !guide.folder.is_empty()) {
        let known = FOLDERS.iter().position(|(folder, _)| *folder == guide.folder);
        let title = known.map_or_else(|| capital(&guide.folder), |at| FOLDERS[at].1.to_owned());
        let of = all.entry(known.unwrap_or(FOLDERS.len())).or_default();
        if !of.iter().any(|(folder, _)| *folder == guide.folder) {
            of.push((guide.folder.clone(), title));
        }
    }
    all.into_values().flatten().collect()
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

fn navigation(document: &Document, guides: &[Guide]) -> Navigation {
    let mut navigation = Navigation::default();
    let of = |folder: &str| {
        let items = guides.iter().filter(|guide| guide.folder == folder);
        items.map(|guide| Item::new(&guide.rendered.title, &guide.href)).collect::<Vec<_>>()
    };
    let mut start = vec![Item::new("Overview", "/docs")];
    start.extend(of("guides"));
    start.extend(of(""));
    let group = |title: &str, href: &str, items| Group { title: title.to_owned(), href: href.to_owned(), items };
    navigation.groups.push(group("Start", "/docs/guides", start));
    navigation.groups.push(group("API", "/docs/api", reference::navigation(document)));
    for (folder, title) in folders(guides) {
        if folder != "guides" && folder != "decisions" {
            navigation.groups.push(group(&title, &format!("/docs/{folder}"), of(&folder)));
        }
    }
    if guides.iter().any(|guide| guide.folder == "decisions") {
        let items = vec![Item {
            below: of("decisions")
                .into_iter()
                .filter(|item| item.href != "/docs/decisions")
                .map(|item| (item.title, item.href, String::new()))
                .collect(),
            ..Item::new("Decisions", "/docs/decisions")
        }];
        navigation.groups.push(group("Inside", "/docs/decisions", items));
    }
    navigation
}

fn guide_page(guide: &Guide, others: &[&Guide]) -> Markup {
    let below: Vec<_> = guide.rendered.sections.iter().filter(|section| section.level == 2).collect();
    html! {
        div.columns.guide {
            article.prose {
                (PreEscaped(&guide.rendered.html))
                @if !others.is_empty() { ul.list { @for other in others { (listed(other)) } } }
            }
            @if below.len() > 2 {
                aside.onpage {
                    nav aria-label="On this page" {
                        h2 { "On this page" }
                        ul { @for section in below { li { a href={ "#" (section.anchor) } { (section.title) } } } }
                    }
                }
            }
        }
    }
}

fn folder_page(title: &str, guides: &[&Guide]) -> Markup {
    html! {
        article.prose {
            h1 { (title) }
            ul.list { @for guide in guides { (listed(guide)) } }
        }
    }
}

fn listed(guide: &Guide) -> Markup {
    html! {
        li { a href=(guide.href) { (guide.rendered.title) } p { (first_sentence(&guide.rendered.lead)) } }
    }
}

/// Up to its first full stop, without the word that decisions begin with.
fn first_sentence(text: &str) -> &str {
    let text = text.strip_prefix("Context. ").unwrap_or(text);
    let end = text.find(". ").map_or(text.len(), |at| at + 1);
    &text[..end]
}

fn home(document: &Document, guides: &[Guide], links: &Links) -> Markup {
    html! {
        article.prose.home {
            h1 { "Scrip" }
            div.lead { (markdown::description(document.info()["description"].as_str().unwrap_or_default(), links)) }
            @let begin: Vec<_> = guides.iter().filter(|guide| guide.folder == "guides").collect();
            @if !begin.is_empty() {
                h2 { "Begin here" }
                ul.cards {
                    @for guide in begin {
                        li { a href=(guide.href) { (guide.rendered.title) } p { (first_sentence(&guide.rendered.lead)) } }
                    }
                }
            }
            h2 { "API" }
            ul.cards {
                @for tag in document.tags() {
                    li { a href=(operation::resource_href(tag)) { (tag) } p { (reference::about(document, tag)) } }
                }
                li { a href="/docs/reasons" { "Codes of refusals" } p { "Every “no” has a stable code, with what is missing." } }
                li { a href="/docs/types" { "Types" } p { "Every named object and value of the API." } }
            }
            @for (folder, title) in folders(guides) {
                @if folder != "guides" && folder != "decisions" {
                    h2 { (title) }
                    ul.list { @for guide in guides.iter().filter(|guide| guide.folder == folder) { (listed(guide)) } }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_document_without_anything_makes_pages_all_the_same() {
        let pages = [("guides/x.md", "# X\n\nOne. Two.\n"), ("why/README.md", "# Why\n"), ("why/1.md", "# First\n")];
        let site = Site::new(json!({}), &pages);
        assert!(site.page("/docs/why").is_some_and(|page| page.contains("<li><a href=\"/docs/why/1\">First</a>")));
        assert!(site.page("/docs").is_some_and(|page| page.contains("<p>One.</p>")));
        assert!(site.page("/docs/guides/x").is_some() && site.page("/docs/guides").is_some());
        assert!(site.page("/docs/guides/../secret.key").is_none());
    }
}
