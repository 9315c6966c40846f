//! A request in the languages in which integrators write it, with nothing to install but httpx.

use std::fmt::Write;

use serde_json::Value;

/// What is sent.
pub struct Request {
    /// In upper case.
    pub method: String,
    /// With its parameters filled in and percent-encoded.
    pub path: String,
    /// Besides authorization and content type.
    pub headers: Vec<(String, String)>,
    /// The kind of content, and the content.
    pub body: Option<(String, Value)>,
    /// Whether a caller must say who it is.
    pub needs_key: bool,
    /// What the answer is, in a word of code: `order`.
    pub noun: String,
    pub answers_json: bool,
}

/// Writes a request as a program.
type Writer = fn(&Request) -> String;

/// Name for people, name for [`highlight`](super::highlight), and the one who writes it.
pub const LANGUAGES: [(&str, &str, Writer); 3] =
    [("curl", "curl", curl), ("TypeScript", "typescript", typescript), ("Python", "python", python)];

/// Where examples find the server: where it listens unless told otherwise.
const SERVER: &str = "http://127.0.0.1:8080";

/// Names that an answer can't have: those of the examples, and words of the languages.
pub const TAKEN: [&str; 16] = [
    "answer", "case", "class", "default", "def", "export", "from", "function", "httpx", "import", "key", "new", "os",
    "return", "scrip", "type",
];

fn curl(request: &Request) -> String {
    let mut text = format!("SCRIP={SERVER}\n");
    if request.needs_key {
        text.push_str("KEY=scrip_…\n");
    }
    text.push_str("\ncurl");
    let usual = if request.body.is_some() { "POST" } else { "GET" };
    if request.method != usual {
        let _ = write!(text, " -X {}", request.method);
    }
    let _ = write!(text, " \"$SCRIP{}\"", request.path.replace('$', "\\$"));
    if request.needs_key {
        text.push_str(" \\\n  -H \"Authorization: Bearer $KEY\"");
    }
    for (name, value) in &request.headers {
        let _ = write!(text, " \\\n  -H {}", shell(&format!("{name}: {value}")));
    }
    if let Some((kind, body)) = &request.body {
        let _ = write!(text, " \\\n  -H \"Content-Type: {kind}\" \\\n  -d {}", shell(&as_text(body)));
    }
    text
}

fn typescript(request: &Request) -> String {
    let path = request.path.replace('`', "%60").replace("${", "%24{");
    let mut options = String::new();
    if request.method != "GET" {
        let _ = writeln!(options, "  method: {:?},", request.method);
    }
    let mut headers = Vec::new();
    if request.needs_key {
        headers.push("Authorization: `Bearer ${key}`".to_owned());
    }
    if let Some((kind, _)) = &request.body {
        headers.push(format!("\"Content-Type\": {}", quoted(kind)));
    }
    headers.extend(request.headers.iter().map(|(name, value)| format!("{}: {}", quoted(name), quoted(value))));
    match headers.as_slice() {
        [] => {}
        [only] => writeln!(options, "  headers: {{ {only} }},").unwrap_or_default(),
        all => writeln!(options, "  headers: {{\n    {},\n  }},", all.join(",\n    ")).unwrap_or_default(),
    }
    if let Some((_, body)) = &request.body {
        let said = match body {
            Value::String(text) => quoted(text),
            body => format!("JSON.stringify({})", literal(body, 1, &TYPESCRIPT)),
        };
        let _ = writeln!(options, "  body: {said},");
    }
    let options = if options.is_empty() { String::new() } else { format!(", {{\n{options}}}") };
    let read = if request.answers_json { "json" } else { "text" };
    let key = if request.needs_key { "const key = process.env.KEY;\n" } else { "" };
    format!(
        "const scrip = \"{SERVER}\";\n{key}\n\
         const answer = await fetch(`${{scrip}}{path}`{options});\n\
         if (!answer.ok) throw new Error((await answer.json()).code);\n\
         const {} = await answer.{read}();",
        request.noun
    )
}

fn python(request: &Request) -> String {
    let path = request.path.replace('{', "{{").replace('}', "}}");
    let mut text = match request.needs_key {
        true => format!("import os\n\nimport httpx\n\nscrip = \"{SERVER}\"\nkey = os.environ[\"KEY\"]\n\n"),
        false => format!("import httpx\n\nscrip = \"{SERVER}\"\n\n"),
    };
    let _ = write!(text, "answer = httpx.{}(\n    f\"{{scrip}}{path}\",\n", request.method.to_lowercase());
    let mut headers = Vec::new();
    if request.needs_key {
        headers.push("\"Authorization\": f\"Bearer {key}\"".to_owned());
    }
    headers.extend(request.headers.iter().map(|(name, value)| format!("{}: {}", quoted(name), quoted(value))));
    if let Some((kind, body)) = &request.body
        && (body.is_string() || kind != "application/json")
    {
        headers.push(format!("\"Content-Type\": {}", quoted(kind)));
    }
    match headers.as_slice() {
        [] => {}
        [only] => writeln!(text, "    headers={{{only}}},").unwrap_or_default(),
        all => writeln!(text, "    headers={{\n        {},\n    }},", all.join(",\n        ")).unwrap_or_default(),
    }
    if let Some((_, body)) = &request.body {
        let _ = match body {
            Value::String(body) => writeln!(text, "    content={},", quoted(body)),
            body => writeln!(text, "    json={},", literal(body, 1, &PYTHON)),
        };
    }
    let read = if request.answers_json { "json()" } else { "text" };
    let _ = write!(text, ")\nanswer.raise_for_status()\n{} = answer.{read}", request.noun);
    text
}

/// In single quotes, as a shell takes it.
fn shell(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

/// A string of JSON is one of TypeScript and of Python.
fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

fn as_text(body: &Value) -> String {
    body.as_str().map_or_else(|| literal(body, 0, &JSON), str::to_owned)
}

/// How a language writes what JSON has.
struct Notation {
    indent: usize,
    names_are_bare: bool,
    trailing_comma: bool,
    words: [&'static str; 3],
}

const JSON: Notation =
    Notation { indent: 2, names_are_bare: false, trailing_comma: false, words: ["true", "false", "null"] };
const TYPESCRIPT: Notation = Notation { names_are_bare: true, trailing_comma: true, ..JSON };
const PYTHON: Notation =
    Notation { indent: 4, names_are_bare: false, trailing_comma: true, words: ["True", "False", "None"] };

/// As long as a line may be before a value is broken into several.
const LINE_MAX: usize = 58;

/// JSON to be read: short values on one line.
pub fn json(value: &Value) -> String {
    literal(value, 0, &JSON)
}

fn literal(value: &Value, depth: usize, notation: &Notation) -> String {
    let flat = on_one_line(value, notation);
    let is_scalar = !(value.is_object() || value.is_array());
    if is_scalar || (depth > 0 && flat.len() + depth * notation.indent <= LINE_MAX) || flat.len() <= 40 {
        return flat;
    }
    let pad = " ".repeat((depth + 1) * notation.indent);
    let parts: Vec<String> = match value {
        Value::Object(members) => members
            .iter()
            .map(|(name, value)| format!("{pad}{}: {}", name_of(name, notation), literal(value, depth + 1, notation)))
            .collect(),
        Value::Array(entries) => {
            entries.iter().map(|entry| format!("{pad}{}", literal(entry, depth + 1, notation))).collect()
        }
        _ => return flat,
    };
    let (open, close) = if value.is_object() { ('{', '}') } else { ('[', ']') };
    let end = if notation.trailing_comma { "," } else { "" };
    format!("{open}\n{}{end}\n{}{close}", parts.join(",\n"), " ".repeat(depth * notation.indent))
}

fn on_one_line(value: &Value, notation: &Notation) -> String {
    match value {
        Value::Null => notation.words[2].to_owned(),
        Value::Bool(is) => notation.words[usize::from(!is)].to_owned(),
        Value::Object(members) if members.is_empty() => "{}".to_owned(),
        Value::Object(members) => {
            let members = members.iter();
            let parts: Vec<_> =
                members.map(|(k, v)| format!("{}: {}", name_of(k, notation), on_one_line(v, notation))).collect();
            let space = if notation.indent == 2 { " " } else { "" };
            format!("{{{space}{}{space}}}", parts.join(", "))
        }
        Value::Array(entries) => {
            let parts: Vec<_> = entries.iter().map(|entry| on_one_line(entry, notation)).collect();
            format!("[{}]", parts.join(", "))
        }
        other => other.to_string(),
    }
}

fn name_of(name: &str, notation: &Notation) -> String {
    let is_word = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') && !name.starts_with(char::is_numeric);
    if notation.names_are_bare && is_word { name.to_owned() } else { quoted(name) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn request() -> Request {
        Request {
            method: "POST".to_owned(),
            path: "/v1/accounts/ana/orders".to_owned(),
            headers: vec![("Idempotency-Key".to_owned(), "k-1".to_owned())],
            body: Some(("application/json".to_owned(), json!({"id": "it's", "gift": true, "note": null}))),
            needs_key: true,
            noun: "order".to_owned(),
            answers_json: true,
        }
    }

    #[test]
    fn curl_quotes_for_the_shell() {
        let expected = "SCRIP=http://127.0.0.1:8080\nKEY=scrip_…\n\ncurl \"$SCRIP/v1/accounts/ana/orders\" \\\n  -H \"Authorization: Bearer $KEY\" \\\n  \
             -H 'Idempotency-Key: k-1' \\\n  -H \"Content-Type: application/json\" \\\n  \
             -d '{\n  \"id\": \"it'\\''s\",\n  \"gift\": true,\n  \"note\": null\n}'";
        assert_eq!(curl(&request()), expected);
    }

    #[test]
    fn typescript_and_python_write_their_own_words() {
        let text = typescript(&request());
        assert!(text.contains("body: JSON.stringify({ id: \"it's\", gift: true, note: null }),"), "{text}");
        let text = python(&request());
        assert!(text.contains("json={\"id\": \"it's\", \"gift\": True, \"note\": None},"), "{text}");
        let begin = "import os\n\nimport httpx\n\nscrip = \"http://127.0.0.1:8080\"\nkey = os.environ[\"KEY\"]\n\n\
             answer = httpx.post(\n    f\"{scrip}/v1/accounts/ana/orders\",";
        assert!(text.starts_with(begin), "{text}");
    }

    #[test]
    fn a_read_is_short() {
        let request = Request { method: "GET".to_owned(), headers: Vec::new(), body: None, ..request() };
        let expected = "\n\ncurl \"$SCRIP/v1/accounts/ana/orders\" \\\n  -H \"Authorization: Bearer $KEY\"";
        assert!(curl(&request).ends_with(expected), "{}", curl(&request));
        let open = Request { needs_key: false, ..request };
        for text in [curl(&open), typescript(&open), python(&open)] {
            assert!(text.contains("127.0.0.1:8080") && !text.to_lowercase().contains("key"), "{text}");
        }
    }
}
