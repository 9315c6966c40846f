//! Colour for code: strings, numbers, words of the language, comments. No more, and the same for all languages.

use maud::{Markup, html};

/// Words that each language sets apart.
fn words(language: &str) -> &'static [&'static str] {
    match language {
        "typescript" => &["const", "await", "if", "throw", "new", "import", "from", "method", "headers", "body"],
        "python" => &["import", "as", "with", "True", "False", "None", "if", "raise"],
        "sh" | "bash" | "curl" => &["curl", "export", "scrip", "systemctl", "docker"],
        "json" => &["true", "false", "null"],
        "sql" => &["SELECT", "FROM", "WHERE", "GROUP", "ORDER", "BY", "JOIN", "ON", "AS", "AND", "OR"],
        _ => &[],
    }
}

fn comment(language: &str) -> Option<&'static str> {
    match language {
        "sh" | "bash" | "curl" | "python" | "toml" | "ini" => Some("#"),
        "typescript" => Some("//"),
        "sql" => Some("--"),
        _ => None,
    }
}

/// `text` with its parts marked.
pub fn highlight(text: &str, language: &str) -> Markup {
    html! {
        @if language.is_empty() || language == "text" { (text) } @else {
            @for (class, part) in parts(text, language) {
                @match class { Some(class) => span class=(class) { (part) }, None => (part) }
            }
        }
    }
}

fn parts<'a>(text: &'a str, language: &str) -> Vec<(Option<&'static str>, &'a str)> {
    let (words, comment) = (words(language), comment(language));
    let mut parts = Vec::new();
    let mut plain = 0;
    let mut at = 0;
    while let Some(next) = text[at..].chars().next() {
        let begins_word = at == 0 || !text[..at].ends_with(|c: char| c.is_alphanumeric() || "_-./$".contains(c));
        let begins_line = at == 0 || text[..at].ends_with([' ', '\n']);
        let rest = &text[at..];
        let found = if comment.is_some_and(|mark| begins_line && rest.starts_with(mark)) {
            Some(("c", rest.find('\n').unwrap_or(rest.len())))
        } else if next == '"' || (next == '`' && language == "typescript") {
            let length = string_length(rest, next);
            let is_name = matches!(language, "json" | "curl") && rest[length..].starts_with(':');
            Some((if is_name { "n" } else { "s" }, length))
        } else if next.is_ascii_digit() && begins_word {
            let length = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
            rest[..length].chars().all(|c| c.is_ascii_digit() || c == '_').then_some(("d", length))
        } else if next.is_ascii_alphabetic() && begins_word {
            let length = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(rest.len());
            words.contains(&&rest[..length]).then_some(("k", length))
        } else {
            None
        };
        match found {
            Some((class, length)) => {
                parts.push((None, &text[plain..at]));
                parts.push((Some(class), &rest[..length]));
                at += length;
                plain = at;
            }
            None => at += next.len_utf8(),
        }
    }
    parts.push((None, &text[plain..]));
    parts.retain(|(_, part)| !part.is_empty());
    parts
}

/// From its first quote to its last; to the end where it has none.
fn string_length(rest: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if c == quote => return at + c.len_utf8(),
            _ => {}
        }
    }
    rest.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_character_stays_and_parts_are_told_apart() {
        let text = "{\"a\\\"b\": [\"ç\", 12, true, \"open";
        let parts = parts(text, "json");
        assert_eq!(parts.iter().map(|(_, part)| *part).collect::<String>(), text);
        let marked: Vec<_> = parts.into_iter().filter_map(|(class, part)| class.map(|class| (class, part))).collect();
        assert_eq!(marked, [("n", "\"a\\\"b\""), ("s", "\"ç\""), ("d", "12"), ("k", "true"), ("s", "\"open")]);
    }
}
