//! What surrounds every page: the bar with the search, and the way through.

use maud::{DOCTYPE, Markup, html};

/// The way through, on every page.
#[derive(Default)]
pub struct Navigation {
    pub groups: Vec<Group>,
}

pub struct Group {
    pub title: String,
    /// Pages below it are the group's, listed or not.
    pub href: String,
    pub items: Vec<Item>,
}

pub struct Item {
    pub title: String,
    pub href: String,
    /// Shown while one is on the item's page or on one of them: title, address, method.
    pub below: Vec<(String, String, String)>,
}

impl Item {
    pub fn new(title: &str, href: &str) -> Self {
        Self { title: title.to_owned(), href: href.to_owned(), below: Vec::new() }
    }

    fn is_open(&self, at: &str) -> bool {
        self.href == at || self.below.iter().any(|(_, href, _)| href == at)
    }
}

impl Navigation {
    /// The entry for a page: its own, or that of the nearest page above it, as `/docs/types` for `/docs/types/Order`.
    fn entry_of<'a>(&'a self, here: &str) -> Option<&'a str> {
        let items = self.groups.iter().flat_map(|group| &group.items);
        let all = items.flat_map(|item| {
            std::iter::once(item.href.as_str()).chain(item.below.iter().map(|(_, href, _)| href.as_str()))
        });
        // Everything is below the first page.
        let is_above = |href: &&str| *href == here || (*href != "/docs" && is_below(here, href));
        all.filter(is_above).max_by_key(|href| href.len())
    }
}

fn is_below(here: &str, href: &str) -> bool {
    here.strip_prefix(href).is_some_and(|rest| rest.starts_with('/'))
}

/// What is open and what is marked in the way through.
#[derive(Clone, Copy)]
struct Here<'a> {
    entry: &'a str,
    /// Whether the entry is the page's own.
    is_page: bool,
}

impl Here<'_> {
    fn mark(self, href: &str) -> Option<&'static str> {
        (href == self.entry).then_some(if self.is_page { "page" } else { "true" })
    }
}

/// A whole page. `here` is its own address.
pub fn page(navigation: &Navigation, here: &str, title: &str, query: &str, content: &Markup) -> String {
    let entry = navigation.entry_of(here);
    let marked = Here { entry: entry.unwrap_or_default(), is_page: entry == Some(here) };
    let holds = |group: &Group| {
        group.href == here || is_below(here, &group.href) || group.items.iter().any(|item| item.is_open(marked.entry))
    };
    // On a page of no group all of them are open; else the own one alone, so that it is in sight.
    let all = here == "/docs" || !navigation.groups.iter().any(holds);
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) " · Scrip" }
                link rel="stylesheet" href="/docs/style.css";
            }
            body {
                a.skip href="#main" { "Skip to content" }
                header.top {
                    button.menu type="button" popovertarget="way" { span.bars aria-hidden="true" {} span.vh { "Menu" } }
                    a.brand href="/docs" { "Scrip" span { "docs" } }
                    form.search role="search" action="/docs/search" {
                        label.vh for="q" { "Search the documentation" }
                        input id="q" name="q" type="search" maxlength=(super::search::QUERY_MAX) value=(query)
                            placeholder="Search" autocomplete="off";
                    }
                    a.raw href="/openapi.json" { "openapi.json" }
                }
                nav.way id="way" popover aria-label="Documentation" {
                    @for group in &navigation.groups {
                        details open[all || holds(group)] {
                            summary { h2 { (group.title) } }
                            ul { @for item in &group.items { (self::item(item, marked)) } }
                        }
                    }
                }
                main id="main" { (content) }
            }
        }
    }
    .into_string()
}

fn item(item: &Item, here: Here<'_>) -> Markup {
    html! {
        li {
            a href=(item.href) aria-current=[here.mark(&item.href)] { (item.title) }
            @if item.is_open(here.entry) && !item.below.is_empty() {
                ul {
                    @for (title, href, method) in &item.below {
                        li {
                            a href=(href) aria-current=[here.mark(href)] {
                                span { (title) }
                                @if !method.is_empty() { " " small class={ "method " (method) } { (method.to_uppercase()) } }
                            }
                        }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_without_an_entry_of_its_own_is_marked_at_the_nearest_above() {
        let below = vec![("Place".to_owned(), "/docs/api/orders/place".to_owned(), "post".to_owned())];
        let api = vec![Item { below, ..Item::new("Orders", "/docs/api/orders") }, Item::new("Types", "/docs/types")];
        let group = |title: &str, href: &str, items| Group { title: title.to_owned(), href: href.to_owned(), items };
        let navigation = Navigation {
            groups: vec![
                group("Start", "/docs/guides", vec![Item::new("Overview", "/docs")]),
                group("API", "/docs/api", api),
                group("Concepts", "/docs/concepts", vec![Item::new("Money", "/docs/concepts/money")]),
            ],
        };
        let shown = |here: &str| page(&navigation, here, "T", "", &html! {});
        let marked = |here: &str| {
            shown(here).split(" aria-current=").skip(1).map(|rest| rest[..6].to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(marked("/docs/types/Order"), ["\"true\""]);
        assert_eq!(marked("/docs/api/orders/place"), ["\"page\""]);
        assert!(marked("/docs/concepts").is_empty() && marked("/docs/search").is_empty());
        let open = |here: &str| shown(here).matches("<details open>").count();
        assert_eq!(["/docs", "/docs/search", "/docs/types/Order", "/docs/concepts"].map(open), [3, 3, 1, 1]);
    }
}
