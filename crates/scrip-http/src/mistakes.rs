//! All that is wrong with a request at once: judged by the document's own schema, and only after it was refused. An ordinary
//! request pays nothing for it.

use std::collections::HashSet;

use scrip_core::{
    id::{CampaignId, CodeId, CouponId, EventId, JobId, KeyId},
    money::Currency,
    name::{
        AccountId, CategoryId, LineId, METADATA_KEY_LIMIT, METADATA_KEY_PATTERN, MetadataKey, OrderId, ProductId,
        RefundName, SellerId, SourceName, StackingGroup,
    },
    reason::{Reason, RefusalError},
    time::{Timestamp, ZoneName},
};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::{
    clipped::clip,
    contract::{operation, referred, schema},
};

/// What a caller wrote is never told back at length.
const NAME_SHOWN_MAX: usize = 80;

/// The schema of an operation's JSON body, if it takes one.
pub fn body_schema(method: &str, path: &str) -> Option<&'static Value> {
    let schema = &operation(method, path)["requestBody"]["content"]["application/json"]["schema"];
    (!schema.is_null()).then_some(schema)
}

/// At most so many mistakes are listed; of the rest it is only told how many they are.
pub const LISTED_MAX: usize = 100;

/// What is wrong with a request.
#[derive(Default)]
pub struct Mistakes {
    /// At most [`LISTED_MAX`].
    pub listed: Vec<RefusalError>,
    pub more: usize,
}

/// Everything in `value` that `schema` doesn't allow, in the order of the value's members.
pub fn of(schema: &Value, value: &Value) -> Mistakes {
    let mut found = Mistakes::default();
    found.judge(schema, value, &At::Top);
    found
}

/// The same in words, of a value that came some other way than in a request. Its schema may refer to those of the document.
pub fn in_words(schema: &Value, value: &Value) -> Vec<String> {
    let said = |error: RefusalError| {
        let place = error.pointer.filter(|pointer| !pointer.is_empty()).unwrap_or_else(|| "it".to_owned());
        match error.reason {
            Reason::InvalidField { allowed: Some(allowed), .. } => format!("{place} must be {allowed}"),
            Reason::UnknownField => format!("{place} is no field of its object"),
            reason => format!("{place}: {reason}"),
        }
    };
    of(schema, value).listed.into_iter().map(said).collect()
}

/// The same for query parameters, which come as text: each by its own name.
pub fn of_query(method: &str, path: &str, given: &[(String, String)]) -> Mistakes {
    let mut found = Mistakes::default();
    let parameters = operation(method, path)["parameters"].as_array().map_or(&[][..], Vec::as_slice);
    let mut seen = HashSet::new();
    for (name, text) in given {
        let at = At::Member(&At::Top, name);
        let known = parameters.iter().find(|one| one["in"] == "query" && one["name"] == name.as_str());
        let Some(known) = known else {
            found.add(&at, || Reason::UnknownParameter);
            continue;
        };
        if !seen.insert(name) {
            found.invalid(&at, "given once");
            continue;
        }
        found.judge(&known["schema"], &as_sent(&known["schema"], text), &at);
    }
    found
}

/// The same for path parameters.
pub fn of_path(method: &str, path: &str, given: &[(String, String)]) -> Mistakes {
    let mut found = Mistakes::default();
    let parameters = operation(method, path)["parameters"].as_array().map_or(&[][..], Vec::as_slice);
    for (name, text) in given {
        if let Some(known) = parameters.iter().find(|one| one["in"] == "path" && one["name"] == name.as_str()) {
            found.judge(&known["schema"], &Value::from(text.as_str()), &At::Member(&At::Top, name));
        }
    }
    found
}

/// What a parameter of a path may be, after "must be".
pub fn allowed_in_path(method: &str, path: &str, name: &str) -> String {
    let parameters = operation(method, path)["parameters"].as_array().map_or(&[][..], Vec::as_slice);
    let known = parameters.iter().find(|one| one["in"] == "path" && one["name"] == name);
    known.map_or_else(|| "a string".to_owned(), |known| allowed(resolve(&known["schema"]), referred(&known["schema"])))
}

/// A parameter's text as the JSON that its schema means.
fn as_sent(schema: &Value, text: &str) -> Value {
    let kind = |name: &str| kinds(resolve(schema)).contains(&name);
    if kind("integer")
        && let Ok(number) = text.parse::<i64>()
    {
        return Value::from(number);
    }
    if kind("boolean")
        && let Ok(word) = text.parse::<bool>()
    {
        return Value::from(word);
    }
    Value::from(text)
}

/// A place in a value: written out only where it is told.
enum At<'a> {
    Top,
    Member(&'a At<'a>, &'a str),
    Entry(&'a At<'a>, usize),
}

impl At<'_> {
    /// As a JSON pointer, names cut where they are long.
    fn pointer(&self) -> String {
        match self {
            Self::Top => String::new(),
            Self::Entry(above, place) => format!("{}/{place}", above.pointer()),
            Self::Member(above, name) => {
                let mut shown = (*name).to_owned();
                clip(&mut shown, NAME_SHOWN_MAX);
                format!("{}/{}", above.pointer(), shown.replace('~', "~0").replace('/', "~1"))
            }
        }
    }
}

impl Mistakes {
    /// With those of another part of the same body.
    pub fn and(mut self, mut other: Self) -> Self {
        let room = LISTED_MAX - self.listed.len();
        self.more += other.more + other.listed.len().saturating_sub(room);
        other.listed.truncate(room);
        self.listed.append(&mut other.listed);
        self
    }

    fn add(&mut self, at: &At<'_>, reason: impl FnOnce() -> Reason) {
        if self.listed.len() < LISTED_MAX {
            self.listed.push(RefusalError { pointer: Some(at.pointer()), reason: reason() });
        } else {
            self.more += 1;
        }
    }

    fn invalid(&mut self, at: &At<'_>, allowed: impl Into<String>) {
        self.beyond(at, None, allowed);
    }

    fn beyond(&mut self, at: &At<'_>, limit: Option<i64>, allowed: impl Into<String>) {
        self.add(at, || Reason::InvalidField { limit, allowed: Some(allowed.into()) });
    }

    fn judge(&mut self, schema: &Value, value: &Value, at: &At<'_>) {
        let named = referred(schema);
        let schema = resolve(schema);
        if let Some(alternatives) = schema["oneOf"].as_array() {
            return self.judge_alternatives(schema, alternatives, value, at);
        }
        let kinds = kinds(schema);
        let fits = kinds.is_empty() || kinds.iter().any(|kind| is(kind, value));
        if !fits {
            return self.invalid(at, allowed(schema, named));
        }
        match value {
            Value::Object(members) => self.judge_members(schema, members, at),
            Value::Array(entries) => {
                let (least, most) = (schema["minItems"].as_u64(), schema["maxItems"].as_u64());
                if let Some(limit) = outside(entries.len() as u64, least, most) {
                    self.beyond(at, i64::try_from(limit).ok(), allowed(schema, named));
                }
                for (place, entry) in entries.iter().enumerate() {
                    self.judge(&schema["items"], entry, &At::Entry(at, place));
                }
            }
            Value::Number(number) => {
                let number = number.as_i64().unwrap_or(i64::MAX);
                let (least, most) = (schema["minimum"].as_i64(), schema["maximum"].as_i64());
                let limit = least.filter(|least| number < *least).or(most.filter(|most| number > *most));
                if limit.is_some() {
                    self.beyond(at, limit, allowed(schema, named));
                }
            }
            Value::String(text) => {
                let (least, most) = (schema["minLength"].as_u64(), schema["maxLength"].as_u64());
                let listed = schema["enum"].as_array().is_none_or(|all| all.contains(value));
                let is_it = schema.get("const").is_none_or(|only| only == value);
                let parses = named.is_none_or(|name| parses(name, value));
                if let Some(limit) = outside(text.chars().count() as u64, least, most) {
                    self.beyond(at, i64::try_from(limit).ok(), allowed(schema, named));
                } else if !listed || !is_it || !parses {
                    self.invalid(at, allowed(schema, named));
                }
            }
            Value::Null | Value::Bool(_) => {}
        }
    }

    fn judge_members(&mut self, schema: &Value, members: &serde_json::Map<String, Value>, at: &At<'_>) {
        if let Some(limit) = outside(members.len() as u64, None, schema["maxProperties"].as_u64()) {
            self.beyond(at, i64::try_from(limit).ok(), allowed(schema, None));
        }
        for (name, value) in members {
            let at = At::Member(at, name);
            match schema["properties"].get(name) {
                Some(member) => self.judge(member, value, &at),
                None if schema["additionalProperties"] == false => {
                    self.add(&at, || Reason::UnknownField);
                }
                None if !is_named_by(&schema["propertyNames"], name) => {
                    self.invalid(&at, format!("named by {METADATA_KEY_LIMIT}"));
                }
                None if schema["additionalProperties"].is_object() => {
                    self.judge(&schema["additionalProperties"], value, &at);
                }
                None => {}
            }
        }
        for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            if !members.contains_key(name) {
                self.invalid(&At::Member(at, name), "given");
            }
        }
    }

    fn judge_alternatives(&mut self, schema: &Value, alternatives: &[Value], value: &Value, at: &At<'_>) {
        let null = |one: &Value| one["type"] == "null";
        if value.is_null() && alternatives.iter().any(null) {
            return;
        }
        if let Some(tag) = schema["discriminator"]["propertyName"].as_str() {
            let mapping = &schema["discriminator"]["mapping"];
            let words: Vec<&str> = mapping.as_object().into_iter().flatten().map(|(word, _)| word.as_str()).collect();
            if !value.is_object() {
                return self.invalid(at, "an object");
            }
            let chosen = value[tag].as_str().and_then(|word| mapping[word].as_str());
            return match chosen {
                Some(to) => self.judge(&serde_json::json!({"$ref": to}), value, at),
                None if value.get(tag).is_none() => self.invalid(&At::Member(at, tag), "given"),
                None => self.invalid(&At::Member(at, tag), one_of(&words)),
            };
        }
        let given: Vec<&Value> = alternatives.iter().filter(|one| !null(one)).collect();
        let fits = |one: &&&Value| kinds(resolve(one)).iter().any(|kind| is(kind, value));
        match given.iter().find(fits) {
            Some(one) => self.judge(one, value, at),
            None if given.len() == 1 => self.judge(given[0], value, at),
            None => {
                let words: Vec<String> = given.iter().map(|one| allowed(resolve(one), referred(one))).collect();
                self.invalid(at, words.join(", or "));
            }
        }
    }
}

/// What a schema refers to, in the end.
fn resolve(schema: &Value) -> &Value {
    let mut schema = schema;
    while let Some(name) = referred(schema) {
        schema = self::schema(name);
    }
    schema
}

fn kinds(schema: &Value) -> Vec<&str> {
    match &schema["type"] {
        Value::String(kind) => vec![kind],
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

/// As we read JSON: 1.0 is no integer.
fn is(kind: &str, value: &Value) -> bool {
    match kind {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        _ => false,
    }
}

/// Whether a member may have this name; only metadata's names have a form.
fn is_named_by(names: &Value, name: &str) -> bool {
    names["pattern"] != METADATA_KEY_PATTERN || MetadataKey::new(name).is_ok()
}

fn outside(count: u64, least: Option<u64>, most: Option<u64>) -> Option<u64> {
    least.filter(|least| count < *least).or(most.filter(|most| count > *most))
}

fn one_of(words: &[&str]) -> String {
    match words {
        [only] => format!("\"{only}\""),
        _ => format!("one of {}", words.join(", ")),
    }
}

/// What a value may be, after "must be".
fn allowed(schema: &Value, named: Option<&str>) -> String {
    let kinds = kinds(schema);
    let null = if kinds.contains(&"null") { ", or null" } else { "" };
    let kind = kinds.iter().find(|kind| **kind != "null").copied().unwrap_or("object");
    let text = match kind {
        "integer" => match (schema["minimum"].as_i64(), schema["maximum"].as_i64()) {
            (Some(least), Some(most)) => format!("an integer from {least} to {most}"),
            (Some(least), None) => format!("an integer of at least {least}"),
            _ => "an integer".to_owned(),
        },
        "string" => allowed_text(schema, named),
        "array" => match (schema["minItems"].as_u64(), schema["maxItems"].as_u64()) {
            (Some(least), Some(most)) => format!("a list of {least} to {most}"),
            (None, Some(most)) => format!("a list of at most {most}"),
            (Some(least), None) => format!("a list of at least {least}"),
            _ => "a list".to_owned(),
        },
        "boolean" => "true or false".to_owned(),
        _ => match schema["maxProperties"].as_u64() {
            Some(most) => format!("an object of at most {most} members"),
            None => "an object".to_owned(),
        },
    };
    text + null
}

fn allowed_text(schema: &Value, named: Option<&str>) -> String {
    if let Some(words) = schema["enum"].as_array() {
        let words: Vec<&str> = words.iter().filter_map(Value::as_str).collect();
        return if words.len() > 40 { "one of those listed".to_owned() } else { one_of(&words) };
    }
    if let Some(only) = schema["const"].as_str() {
        return one_of(&[only]);
    }
    if let Some((_, text)) = TEXTS.iter().find(|(name, _)| Some(*name) == named) {
        return (*text).to_owned();
    }
    if named.is_some_and(|name| name.ends_with("Id")) {
        let pattern = schema["pattern"].as_str().unwrap_or_default();
        if let Some((prefix, _)) = pattern.trim_start_matches('^').split_once("_[") {
            return format!("an id such as {prefix}_06f3k2v9x8q7d5t4r3m2n1p0ab");
        }
        return format!("a string of {}", scrip_core::name::NAME_LIMIT);
    }
    match (schema["minLength"].as_u64(), schema["maxLength"].as_u64()) {
        (Some(least), Some(most)) => format!("a string of {least} to {most} characters"),
        (None, Some(most)) => format!("a string of at most {most} characters"),
        _ => "a string".to_owned(),
    }
}

/// What the texts are that have a form of their own.
const TEXTS: &[(&str, &str)] = &[
    ("Currency", "an ISO 4217 code, such as USD"),
    ("Timestamp", "an RFC 3339 time between 1970 and 9999, such as 2026-11-01T00:00:00Z"),
    ("ZoneName", "an IANA time zone, such as Asia/Shanghai"),
    ("StackingGroup", scrip_core::name::GROUP_LIMIT),
    ("RefundName", scrip_core::name::NAME_LIMIT),
    ("SourceName", scrip_core::name::NAME_LIMIT),
];

/// Whether a text is one of its kind: by the very parser that reads it.
fn parses(name: &str, value: &Value) -> bool {
    PARSERS.iter().find(|(known, _)| *known == name).is_none_or(|(_, parse)| parse(value))
}

fn reads<T: DeserializeOwned>(value: &Value) -> bool {
    serde_json::from_value::<T>(value.clone()).is_ok()
}

type Parser = fn(&Value) -> bool;

macro_rules! parsers {
    ($($name:ident)*) => { &[$((stringify!($name), reads::<$name> as Parser)),*] };
}

const PARSERS: &[(&str, Parser)] = parsers!(
    AccountId CategoryId LineId OrderId ProductId RefundName SellerId SourceName StackingGroup
    CampaignId CodeId CouponId EventId JobId KeyId Currency Timestamp ZoneName
);
