//! Markdown as HTML: the repository's pages, and what the OpenAPI document says of things.

use std::collections::{HashMap, HashSet};

use maud::{Markup, PreEscaped, html};
use pulldown_cmark::{CodeBlockKind, CowStr, Event, HeadingLevel, Options, Parser, Tag, TagEnd, html::push_html};

use super::{highlight::highlight, sequence};

/// Where the things that prose names are described.
#[derive(Default)]
pub struct Links {
    /// `POST /v1/campaigns` → its page.
    pub operations: HashMap<String, String>,
    /// Stable codes of refusals.
    pub codes: HashSet<String>,
    /// The repository's pages by their path in `docs`, such as `concepts/orders.md`, and their folders.
    pub pages: HashMap<String, String>,
}

/// A page, rendered.
pub struct Rendered {
    pub title: String,
    /// Its first paragraph, as plain text.
    pub lead: String,
    pub html: String,
    pub sections: Vec<Section>,
}

/// What stands under a heading.
pub struct Section {
    /// 1 for what comes before the first heading below the title.
    pub level: u8,
    pub anchor: String,
    pub title: String,
    pub text: String,
}

impl Links {
    /// The page that a piece of code in prose names.
    fn of_code(&self, code: &str) -> Option<String> {
        let reason = || self.codes.contains(code).then(|| format!("/docs/reasons#{code}"));
        self.operations.get(code).cloned().or_else(reason)
    }

    /// Where a link of a page leads when it is served; `None` for what isn't under `docs`.
    fn of_page(&self, from: &str, link: &str) -> Option<String> {
        if link.starts_with('#') || link.starts_with("https://") || link.starts_with("http://") {
            return Some(link.to_owned());
        }
        let (path, anchor) = link.split_once('#').map_or((link, None), |(path, anchor)| (path, Some(anchor)));
        let mut parts: Vec<&str> = from.split('/').collect();
        parts.pop();
        for part in path.split('/') {
            match part {
                "" | "." => {}
                ".." => drop(parts.pop()?),
                part => parts.push(part),
            }
        }
        let href = self.pages.get(&parts.join("/"))?;
        Some(anchor.map_or_else(|| href.clone(), |anchor| format!("{href}#{anchor}")))
    }
}

const MARKDOWN: Options = Options::ENABLE_TABLES.union(Options::ENABLE_STRIKETHROUGH).union(Options::ENABLE_TASKLISTS);

/// A page of the repository. `path` is its own, below `docs`.
pub fn page(markdown: &str, path: &str, links: &Links) -> Rendered {
    let mut rendered =
        Rendered { title: String::new(), lead: String::new(), html: String::new(), sections: Vec::new() };
    let mut html = Vec::new();
    let mut anchors = HashMap::new();
    // What is scrolled by itself needs a name that is its own.
    let mut boxes = 0;
    let mut events = Parser::new_ext(markdown, MARKDOWN).peekable();
    rendered.sections.push(Section { level: 1, anchor: String::new(), title: String::new(), text: String::new() });
    while let Some(event) = events.next() {
        match event {
            Event::TaskListMarker(is_done) => {
                let mark = if is_done { "☑" } else { "☐" };
                html.push(raw(format!("<span class=\"box\">{mark}</span>")));
            }
            Event::Start(Tag::Heading { level, .. }) => {
                let inside: Vec<_> = take_until(&mut events, |end| matches!(end, TagEnd::Heading(_)));
                let title = plain(&inside);
                let mut inner = String::new();
                push_html(&mut inner, inside.into_iter());
                if level == HeadingLevel::H1 && rendered.title.is_empty() {
                    rendered.title.clone_from(&title);
                    html.push(raw(format!("<h1>{inner}</h1>")));
                    continue;
                }
                let level = (level as u8).clamp(2, 4);
                let anchor = unique(slug(&title), &mut anchors);
                let heading = html! {
                    @match level {
                        2 => h2 id=(anchor) { a.here href={ "#" (anchor) } { (PreEscaped(inner)) } },
                        3 => h3 id=(anchor) { a.here href={ "#" (anchor) } { (PreEscaped(inner)) } },
                        _ => h4 id=(anchor) { a.here href={ "#" (anchor) } { (PreEscaped(inner)) } },
                    }
                };
                html.push(raw(heading.into_string()));
                rendered.sections.push(Section { level, anchor, title, text: String::new() });
            }
            Event::Start(Tag::CodeBlock(kind)) => {
                let text = plain(&take_until(&mut events, |end| matches!(end, TagEnd::CodeBlock)));
                said(&mut rendered, &text);
                let language = match &kind {
                    CodeBlockKind::Fenced(language) => language.as_ref(),
                    CodeBlockKind::Indented => "",
                };
                boxes += 1;
                html.push(raw(code_block(&text, language, boxes).into_string()));
            }
            Event::Start(Tag::Link { dest_url, .. }) => {
                let inside = take_until(&mut events, |end| matches!(end, TagEnd::Link));
                said(&mut rendered, &plain(&inside));
                let mut inner = String::new();
                push_html(&mut inner, inside.into_iter());
                let link = match links.of_page(path, &dest_url) {
                    Some(href) => html! { a href=(href) { (PreEscaped(inner)) } }.into_string(),
                    None => inner,
                };
                html.push(Event::InlineHtml(link.into()));
            }
            Event::Start(Tag::Table(ref columns)) => {
                boxes += 1;
                // A row of few cells is read as well one below the other, where there is no room beside each other.
                let class = if columns.len() <= 3 { "scroll stacks" } else { "scroll" };
                html.push(raw(format!("<div class=\"{class}\" tabindex=0 role=region aria-label=\"Table {boxes}\">")));
                html.push(event);
            }
            Event::End(TagEnd::Table) => {
                html.push(event);
                html.push(raw("</div>".to_owned()));
                said(&mut rendered, "\n");
            }
            Event::Code(code) => {
                said(&mut rendered, &code);
                html.push(code_in_prose(&code, links));
            }
            Event::Text(text) => {
                said(&mut rendered, &text);
                html.push(Event::Text(text));
            }
            Event::SoftBreak | Event::HardBreak | Event::End(TagEnd::Paragraph | TagEnd::TableCell | TagEnd::Item) => {
                if matches!(event, Event::End(TagEnd::Paragraph)) && rendered.lead.is_empty() {
                    rendered.lead = rendered.sections.last().map_or("", |section| section.text.trim()).to_owned();
                }
                said(&mut rendered, " ");
                html.push(event);
            }
            // Marks for tests; pages have no other HTML.
            Event::Html(_) | Event::InlineHtml(_) | Event::Start(Tag::HtmlBlock) | Event::End(TagEnd::HtmlBlock) => {}
            other => html.push(other),
        }
    }
    push_html(&mut rendered.html, html.into_iter());
    rendered
}

/// A description: a sentence or some paragraphs.
pub fn description(markdown: &str, links: &Links) -> Markup {
    let events = Parser::new(markdown).filter_map(|event| match event {
        Event::Code(code) => Some(code_in_prose(&code, links)),
        Event::Html(text) | Event::InlineHtml(text) => Some(Event::Text(text)),
        Event::Start(Tag::HtmlBlock) | Event::End(TagEnd::HtmlBlock) => None,
        other => Some(other),
    });
    let mut html = String::new();
    push_html(&mut html, events);
    PreEscaped(html)
}

/// Code to be read, scrolled by keyboard too.
fn code_block(text: &str, language: &str, number: usize) -> Markup {
    let drawn = (language == "mermaid").then(|| sequence::drawn(text)).flatten();
    drawn.unwrap_or_else(|| {
        html! { pre tabindex="0" role="region" aria-label={ "Code " (number) } { code { (highlight(text.trim_end(), language)) } } }
    })
}

fn raw<'a>(html: String) -> Event<'a> {
    Event::Html(html.into())
}

fn code_in_prose<'a>(code: &CowStr<'_>, links: &Links) -> Event<'a> {
    let shown = match links.of_code(code) {
        Some(href) => html! { a href=(href) { (named(code)) } },
        None => named(code),
    };
    Event::InlineHtml(shown.into_string().into())
}

/// Code within a sentence or a table: a name stays whole, and what is more than a name may be broken after spaces and slashes.
fn named(code: &str) -> Markup {
    let is_name = !code.contains(['/', ' ']);
    // A path's first slash stays with what follows it.
    let first = code.find(" /").map_or(usize::from(code.starts_with('/')), |space| space + 2);
    html! {
        code class=[is_name.then_some("name")] {
            (&code[..first])
            @for (place, part) in code[first..].split_inclusive('/').enumerate() { @if place > 0 { wbr; } (part) }
        }
    }
}

fn take_until<'a>(events: &mut impl Iterator<Item = Event<'a>>, ends: impl Fn(TagEnd) -> bool) -> Vec<Event<'a>> {
    events.take_while(|event| !matches!(event, Event::End(end) if ends(*end))).collect()
}

fn plain(events: &[Event<'_>]) -> String {
    let texts = events.iter().map(|event| match event {
        Event::Text(text) | Event::Code(text) => text.as_ref(),
        Event::SoftBreak | Event::HardBreak => " ",
        _ => "",
    });
    texts.collect()
}

fn said(rendered: &mut Rendered, text: &str) {
    if let Some(section) = rendered.sections.last_mut() {
        section.text.push_str(text);
    }
}

/// As code hosts make anchors of headings, so that a link works in both places.
fn slug(title: &str) -> String {
    let kept = title.to_lowercase().replace(' ', "-");
    kept.chars().filter(|c| c.is_alphanumeric() || matches!(c, '-' | '_')).collect()
}

fn unique(anchor: String, taken: &mut HashMap<String, u32>) -> String {
    let times = taken.entry(anchor.clone()).or_default();
    *times += 1;
    if *times == 1 { anchor } else { format!("{anchor}-{}", *times - 1) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn links() -> Links {
        let mut links = Links::default();
        links.operations.insert("GET /v1/orders".to_owned(), "/docs/api/orders/find_orders".to_owned());
        links.codes.insert("sold_out".to_owned());
        for (path, href) in [("a/b.md", "/docs/a/b"), ("c.md", "/docs/c"), ("a", "/docs/a")] {
            links.pages.insert(path.to_owned(), href.to_owned());
        }
        links
    }

    #[test]
    fn links_between_pages_are_rewritten_and_others_are_only_text() {
        let of = |from, link| links().of_page(from, link);
        assert_eq!(of("c.md", "a/b.md#x").as_deref(), Some("/docs/a/b#x"));
        assert_eq!(of("a/b.md", "../c.md").as_deref(), Some("/docs/c"));
        assert_eq!(of("a/b.md", "../a").as_deref(), Some("/docs/a"));
        assert_eq!(of("a/b.md", "#here").as_deref(), Some("#here"));
        assert_eq!(of("a/b.md", "../../secret.key"), None);
        assert_eq!(of("a/b.md", "../../../etc/passwd"), None);
        assert_eq!(of("a/b.md", "javascript:alert(1)"), None);
        let page = page("# T\n\n[out](../../README.md) and [in](../c.md).\n", "a/b.md", &links());
        assert!(page.html.contains("<p>out and <a href=\"/docs/c\">in</a>.</p>"), "{}", page.html);
    }

    #[test]
    fn what_is_to_be_ticked_off_has_a_box() {
        let page = page("# T\n\n- [ ] a\n- [x] b\n- c\n", "c.md", &links());
        let marks = ["<span class=\"box\">☐</span>a", "<span class=\"box\">☑</span>b"];
        assert!(marks.iter().all(|mark| page.html.contains(mark)) && !page.html.contains('['), "{}", page.html);
    }

    #[test]
    fn html_in_a_page_is_left_out_and_in_a_description_is_text() {
        let page = page("# T\n\n<script>x</script>\n\na <b>b</b>\n", "c.md", &links());
        assert!(!page.html.contains("<script") && !page.html.contains("<b>"), "{}", page.html);
        let text = description("a <b>b</b> & `<i>`", &links()).into_string();
        assert_eq!(text, "<p>a &lt;b&gt;b&lt;/b&gt; &amp; <code class=\"name\">&lt;i&gt;</code></p>\n");
    }

    #[test]
    fn operations_and_codes_in_prose_lead_to_their_places() {
        let text = description("`GET /v1/orders`, `sold_out`, `else`", &links()).into_string();
        let expected = "<p><a href=\"/docs/api/orders/find_orders\"><code>GET /v1/<wbr>orders</code></a>, \
             <a href=\"/docs/reasons#sold_out\"><code class=\"name\">sold_out</code></a>, <code class=\"name\">else</code></p>\n";
        assert_eq!(text, expected);
    }

    #[test]
    fn headings_have_anchors_that_differ() {
        let page = page("# T\n\nLead.\n\n## Who pays?\n\nx\n\n## Who pays?\n\ny `z`\n", "c.md", &links());
        let sections: Vec<_> = page.sections.iter().map(|s| (s.anchor.as_str(), s.text.trim())).collect();
        assert_eq!(sections, [("", "Lead."), ("who-pays", "x"), ("who-pays-1", "y z")]);
        assert_eq!((page.title.as_str(), page.lead.as_str()), ("T", "Lead."));
    }
}
