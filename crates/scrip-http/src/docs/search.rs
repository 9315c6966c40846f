//! Search over operations, types, members, codes and pages: on the server, so that it needs neither a script nor the net.

use maud::{Markup, html};

/// What can be found.
pub struct Entry {
    pub kind: &'static str,
    pub title: String,
    pub href: String,
    pub text: String,
    /// Other names of it that are looked for as a whole: an operation's id, its path.
    pub names: Vec<String>,
    /// Of two that match alike the heavier comes first.
    pub weight: u32,
}

/// Longer questions are cut: nobody types them, and each word costs a look at every entry.
pub const QUERY_MAX: usize = 100;
const WORDS_MAX: usize = 8;
const SHOWN_MAX: usize = 40;
const EXCERPT: usize = 150;

#[derive(Default)]
pub struct Index {
    entries: Vec<(Entry, String, String)>,
}

impl Index {
    pub fn add(&mut self, mut entry: Entry) {
        entry.names.iter_mut().for_each(|name| name.make_ascii_lowercase());
        // Marks of code in descriptions.
        entry.text = entry.text.replace('`', "");
        let (title, text) = (entry.title.to_ascii_lowercase(), entry.text.to_ascii_lowercase());
        self.entries.push((entry, title, text));
    }

    /// Those in which every word stands, the best first.
    fn find(&self, query: &str) -> Vec<&Entry> {
        let words = words(query);
        if words.is_empty() {
            return Vec::new();
        }
        let whole = words.join(" ");
        let mut found: Vec<(u32, &Entry)> = Vec::new();
        for (entry, title, text) in &self.entries {
            let each = words.iter().map(|word| match title.find(word.as_str()) {
                Some(at) => in_title(title, at, word),
                None if text.contains(word.as_str()) => 5,
                None => 0,
            });
            let each: Vec<u32> = each.collect();
            if each.iter().all(|score| *score > 0) {
                let is_it = *title == whole || entry.names.contains(&whole);
                // Many types have a member of the same name: operations are looked for more often.
                let exact = match (is_it, entry.kind) {
                    (false, _) => 0,
                    (true, "member") => 5,
                    (true, _) => 100,
                };
                found.push((
                    each.iter().sum::<u32>() / u32::try_from(each.len()).unwrap_or(1) + exact + entry.weight,
                    entry,
                ));
            }
        }
        found.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
        found.into_iter().map(|(_, entry)| entry).collect()
    }

    /// The page of what was found.
    pub fn page(&self, query: &str) -> Markup {
        let found = self.find(query);
        let words = words(query);
        html! {
            article.prose.found {
                h1 { "Search" }
                @if words.is_empty() {
                    p.lead { "Type what you look for: an operation, a member, a code, a word of the pages." }
                } @else if found.is_empty() {
                    p.lead { "Nothing has " q { (query) } "." }
                    p { "Fewer words find more. All there is: " a href="/docs" { "the documentation" } ", "
                        a href="/docs/types" { "types" } ", " a href="/docs/reasons" { "codes" } "." }
                } @else {
                    p.lead { (found.len()) @if found.len() == 1 { " place for " } @else { " places for " } q { (query) }
                        @if found.len() > SHOWN_MAX { ", the first " (SHOWN_MAX) } "." }
                    ol.results {
                        @for entry in found.iter().take(SHOWN_MAX) {
                            li {
                                a href=(entry.href) { (entry.title) } " " span.type { (entry.kind) }
                                @if !entry.text.is_empty() { p { (excerpt(&entry.text, &words)) } }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// How well a word fits that stands in a title: as its begin or a whole word of it better than as a part of one.
fn in_title(title: &str, at: usize, word: &str) -> u32 {
    let is_word = |c: char| !(c.is_alphanumeric() || c == '_');
    let ends = |at: usize, end: usize| {
        title[..at].ends_with(is_word) && (title[end..].is_empty() || title[end..].starts_with(is_word))
    };
    match at {
        0 => 40,
        _ if title.match_indices(word).any(|(at, _)| ends(at, at + word.len())) => 35,
        _ => 20,
    }
}

/// A query as far as it is looked at.
pub fn cut(query: &str) -> &str {
    query.char_indices().nth(QUERY_MAX).map_or(query, |(end, _)| &query[..end]).trim()
}

fn words(query: &str) -> Vec<String> {
    cut(query).split_whitespace().take(WORDS_MAX).map(str::to_ascii_lowercase).collect()
}

/// The text around the first word, which is marked.
fn excerpt(text: &str, words: &[String]) -> Markup {
    // Lower case in ASCII keeps every place.
    let lower = text.to_ascii_lowercase();
    let first = words.iter().filter_map(|word| lower.find(word.as_str()).map(|at| (at, at + word.len()))).min();
    let (at, end) = first.unwrap_or((0, 0));
    let from = boundary(text, at.saturating_sub(EXCERPT / 3), at);
    let mut to = (end + EXCERPT).min(text.len());
    while !text.is_char_boundary(to) {
        to += 1;
    }
    html! {
        @if from > 0 { "… " } (&text[from..at]) @if end > at { mark { (&text[at..end]) } } (&text[end..to]) @if to < text.len() { " …" }
    }
}

/// Where a word begins at or after `wanted`, at the latest `last`.
fn boundary(text: &str, mut wanted: usize, last: usize) -> usize {
    while !text.is_char_boundary(wanted) {
        wanted += 1;
    }
    if wanted == 0 { 0 } else { text[wanted..last].find(' ').map_or(last, |space| wanted + space + 1) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn index() -> Index {
        let mut index = Index::default();
        for (title, text) in [("Refund an order", "POST refunds"), ("budget", "the most, é, of a refund"), ("Pay", "")]
        {
            let entry = Entry {
                kind: "page",
                title: title.to_owned(),
                href: format!("/{title}"),
                text: text.to_owned(),
                names: Vec::new(),
                weight: 0,
            };
            index.add(entry);
        }
        index
    }

    #[test]
    fn titles_go_before_texts_and_every_word_must_stand() {
        let index = index();
        let of = |query: &str| index.find(query).iter().map(|entry| entry.title.clone()).collect::<Vec<_>>();
        assert_eq!(of("REFUND"), ["Refund an order", "budget"]);
        assert_eq!(of("refund most"), ["budget"]);
        assert!(of("nothing").is_empty() && of("   ").is_empty());
    }

    #[test]
    fn what_is_called_so_goes_first_then_operations_then_members() {
        let mut index = Index::default();
        for (kind, title, name, weight) in [
            ("member", "order", "", 4),
            ("page", "An order's life", "", 12),
            ("operation", "Reorder", "", 20),
            ("operation", "Place an order", "POST /v1/orders", 20),
            ("type", "Order", "", 10),
        ] {
            let (title, names) = (title.to_owned(), vec![name.to_owned()]);
            index.add(Entry {
                kind,
                href: title.clone(),
                title,
                text: "post /v1/orders order".to_owned(),
                names,
                weight,
            });
        }
        let of = |query: &str| index.find(query).iter().map(|entry| entry.title.clone()).collect::<Vec<_>>();
        assert_eq!(of("order"), ["Order", "Place an order", "order", "An order's life", "Reorder"]);
        assert_eq!(of("post /v1/orders").first().map(String::as_str), Some("Place an order"));
    }

    #[test]
    fn what_was_asked_is_escaped_and_cut() {
        let html = index().page("<script>alert(1)</script>").into_string();
        assert!(!html.contains("<script") && html.contains("&lt;script&gt;"), "{html}");
        assert_eq!(cut(&"é".repeat(500)).chars().count(), QUERY_MAX);
    }

    #[test]
    fn excerpts_begin_and_end_between_characters() {
        let text = "ééé ".repeat(100) + "needle" + &" ééé".repeat(100);
        for words in [vec!["needle".to_owned()], vec!["absent".to_owned()]] {
            assert!(!excerpt(&text, &words).into_string().is_empty());
        }
        assert!(excerpt(&text, &["needle".to_owned()]).into_string().contains("<mark>needle</mark>"));
    }
}
