//! Schemas as pages show them: members with their types and bounds, variants each by itself.

use maud::{Markup, html};
use serde_json::Value;

use super::{
    document::{Document, Member, Shape, text},
    markdown::{self, Links},
};

/// Whether members are told to somebody who writes them or to somebody who reads them.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Told {
    Writer,
    Reader,
}

/// Below so many levels a member's own members are on the page of its type.
const DEPTH_MAX: usize = 3;

/// What is shown with its members, and where.
#[derive(Clone)]
pub struct Place<'a> {
    /// Anchors of members begin with it.
    anchor: String,
    depth: usize,
    /// The names of the schemas around: one in itself isn't opened again.
    within: Vec<&'a str>,
    told: Told,
}

impl Place<'_> {
    pub fn new(anchor: &str, told: Told) -> Self {
        Self { anchor: anchor.to_owned(), depth: 0, within: Vec::new(), told }
    }
}

pub struct Schemas<'a> {
    pub document: &'a Document,
    pub links: &'a Links,
}

impl<'a> Schemas<'a> {
    /// A type in words, named ones as links.
    pub fn type_of(&self, shape: &Shape<'a>) -> Markup {
        html! { (self.type_alone(shape)) @if shape.nullable { " or null" } }
    }

    fn type_alone(&self, shape: &Shape<'a>) -> Markup {
        if let Some(name) = shape.name {
            return html! { a href=(type_href(name)) { (name) } };
        }
        let schema = shape.schema;
        if schema["items"].is_object() {
            let items = self.document.shape(&schema["items"]);
            let is_nameless = items.name.is_none() && !self.document.members(items.schema).is_empty();
            return html! { @if is_nameless { "list" } @else { "list of " (self.type_of(&items)) } };
        }
        let variants = self.document.variants(schema);
        if !variants.is_empty() {
            return html! {
                @for (place, variant) in variants.iter().enumerate() {
                    @if place > 0 { " or " }
                    (self.type_of(&variant.shape))
                }
            };
        }
        if schema["additionalProperties"].is_object() {
            return html! { "map to " (self.type_of(&self.document.shape(&schema["additionalProperties"]))) };
        }
        match (schema["type"].as_str(), schema["format"].as_str()) {
            (Some("string"), Some("date-time")) => html! { "time" },
            (Some(kind), _) => html! { (kind) },
            (None, _) => {
                let kinds = schema["type"].as_array().into_iter().flatten().filter_map(Value::as_str);
                let kinds: Vec<_> = kinds.filter(|kind| *kind != "null").collect();
                html! { (if kinds.is_empty() { "any value".to_owned() } else { kinds.join(" or ") }) }
            }
        }
    }

    /// What is in a schema: its variants, or its members, or its values.
    pub fn content(&self, shape: &Shape<'a>, place: &Place<'a>) -> Markup {
        let schema = shape.schema;
        if schema["items"].is_object() {
            return self.content(&self.document.shape(&schema["items"]), place);
        }
        if !self.document.variants(schema).is_empty() {
            return self.variants(schema, place);
        }
        if self.document.members(schema).is_empty() {
            return html! { (self.values(schema)) (bounds(schema, said_of(schema))) (pattern(schema)) };
        }
        self.members(schema, place)
    }

    /// Whether there is more to show than a type, its bounds and its values.
    pub fn has_content(&self, shape: &Shape<'a>) -> bool {
        let schema = shape.schema;
        if schema["items"].is_object() {
            return self.has_content(&self.document.shape(&schema["items"]));
        }
        let of_objects = |variant: &super::document::Variant<'a>| self.has_content(&variant.shape);
        self.document.variants(schema).iter().any(of_objects) || !self.document.members(schema).is_empty()
    }

    fn members(&self, schema: &'a Value, place: &Place<'a>) -> Markup {
        html! {
            ul.members {
                @for member in self.in_order(schema) {
                    @let shape = self.document.shape(member.schema);
                    @let id = format!("{}{}", place.anchor, member.name);
                    li id=(id) {
                        div.member {
                            a.name href={ "#" (id) } { code { (member.name) } }
                            " " span.type { (self.type_of(&shape)) }
                            @match (place.told, member.required) {
                                (Told::Writer, true) => { " " span.need { "required" } }
                                (Told::Reader, false) => { " " span.may { "may be absent" } }
                                _ => {}
                            }
                            @if member.schema["deprecated"] == true { " " span.need { "deprecated" } }
                        }
                        // A reader is told what a plain value is by its type's link; whoever writes one must know its form.
                        @if place.told == Told::Writer || shape.description.is_some() || shape.name.is_none() || shape.schema["enum"].is_array() {
                            (self.said(&shape))
                        }
                        (self.inside(member.name, &shape, &id, place))
                    }
                }
            }
        }
    }

    /// What must be given goes first, each part as the schema has it.
    fn in_order(&self, schema: &'a Value) -> Vec<Member<'a>> {
        let mut members = self.document.members(schema);
        // The tag, which says what the others are, goes before them.
        members.sort_by_key(|member| (!member.required, member.schema["const"].is_null()));
        members
    }

    /// A member's own members: folded away, or left to the page of its type.
    fn inside(&self, name: &str, shape: &Shape<'a>, id: &str, place: &Place<'a>) -> Markup {
        let items = shape.schema["items"].is_object().then(|| self.document.shape(&shape.schema["items"]));
        let inner = items.unwrap_or(*shape);
        let is_around = inner.name.is_some_and(|name| place.within.contains(&name));
        if !self.has_content(&inner) || is_around || place.depth >= DEPTH_MAX {
            let values = if items.is_some() {
                self.values(inner.schema)
            } else {
                html! {}
            };
            return html! { (values) (self.values(shape.schema)) (self.bounds_at(shape)) };
        }
        let mut within = place.within.clone();
        within.extend(inner.name);
        let below = Place { anchor: format!("{id}."), depth: place.depth + 1, within, told: place.told };
        let of = inner.name.unwrap_or(name);
        let is_union = !self.document.variants(inner.schema).is_empty();
        html! {
            (self.bounds_at(shape))
            details.inside {
                summary { (if is_union { "Variants of " } else { "Members of " }) code { (of) } }
                (self.content(&inner, &below))
            }
        }
    }

    fn variants(&self, schema: &'a Value, place: &Place<'a>) -> Markup {
        html! {
            div.variants {
                @for (number, variant) in self.document.variants(schema).iter().enumerate() {
                    @let key = variant.tag.or(variant.shape.name).map_or_else(|| format!("variant-{}", number + 1), str::to_owned);
                    @let id = format!("{}{key}", place.anchor);
                    div.variant id=(id) role="group" aria-label={ "Variant " (key) } {
                        div.member {
                            @if let Some(tag) = variant.tag { a.name href={ "#" (id) } { code { (tag) } } " " }
                            span.type { (self.type_of(&variant.shape)) }
                        }
                        (self.said(&variant.shape))
                        (self.content(&variant.shape, &Place { anchor: format!("{id}."), ..place.clone() }))
                    }
                }
            }
        }
    }

    /// What is said of a member: at its place, or, of a plain value, by its type.
    fn said(&self, shape: &Shape<'a>) -> Markup {
        match self.text_of(shape) {
            Some(said) => html! { div.said { (markdown::description(said, self.links)) } },
            None => html! {},
        }
    }

    fn text_of(&self, shape: &Shape<'a>) -> Option<&'a str> {
        let own = || shape.schema["description"].as_str().filter(|_| shape.name.is_none() || !self.has_content(shape));
        shape.description.or_else(own)
    }

    /// The bounds of a value where it is used. Those of a named type stand on the type's own page.
    pub fn bounds_at(&self, shape: &Shape<'a>) -> Markup {
        if shape.name.is_some() {
            html! {}
        } else {
            bounds(shape.schema, self.text_of(shape).unwrap_or_default())
        }
    }

    /// The values of an enumeration, with what each means where that is said.
    pub fn values(&self, schema: &Value) -> Markup {
        if !schema["const"].is_null() {
            return html! { p.values { "always " (value_of(&word(&schema["const"]), self.links)) } };
        }
        let Some(values) = schema["enum"].as_array().filter(|values| !values.is_empty()) else { return html! {} };
        let meanings = &schema["x-enum-descriptions"];
        if meanings.is_null() {
            return html! {
                p.values { @if values.len() == 1 { "always " } @else { span.vh { "One of " } } @for value in values { (value_of(&word(value), self.links)) " " } }
            };
        }
        html! {
            dl.meanings {
                @for (place, value) in values.iter().enumerate() {
                    dt { (value_of(&word(value), self.links)) }
                    @let meaning = meanings[place].as_str().or(meanings[text(value)].as_str()).unwrap_or_default();
                    dd { (markdown::description(meaning, self.links)) }
                }
            }
        }
    }
}

pub fn type_href(name: &str) -> String {
    format!("/docs/types/{name}")
}

/// A value in code; a stable code leads to its place.
pub fn value_of(shown: &str, links: &Links) -> Markup {
    html! {
        @if links.codes.contains(shown) { a href={ "/docs/reasons#" (shown) } { code { (shown) } } }
        @else { code { (shown) } }
    }
}

fn word(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn said_of(schema: &Value) -> &str {
    text(&schema["description"])
}

/// How large, how long, how many, and what else a value must be; but nothing that is `said` beside it.
fn bounds(schema: &Value, said: &str) -> Markup {
    let said = numbers(said);
    let number = |name: &str| schema[name].as_i64();
    let span = |of: &str, unit: &str| {
        let (low, high) = match of {
            "" => (number("minimum"), number("maximum")),
            of => (number(&format!("min{of}")), number(&format!("max{of}"))),
        };
        let low = low.filter(|low| *low != 0 || unit.is_empty());
        let is_said = low.into_iter().chain(high).all(|bound| said.contains(&bound));
        match (low, high) {
            _ if is_said => None,
            (Some(low), Some(high)) if low == high => Some(format!("{}{unit}", grouped(low))),
            (Some(low), Some(high)) => Some(format!("{} to {}{unit}", grouped(low), grouped(high))),
            (Some(low), None) => Some(format!("at least {}{unit}", grouped(low))),
            (None, Some(high)) => Some(format!("at most {}{unit}", grouped(high))),
            (None, None) => None,
        }
    };
    let mut all: Vec<String> = [("", ""), ("Length", " characters"), ("Items", " entries"), ("Properties", " members")]
        .into_iter()
        .filter_map(|(of, unit)| span(of, unit))
        .collect();
    if let Some(default) = Some(&schema["default"]).filter(|default| !default.is_null()) {
        all.push(format!("default {default}"));
    }
    html! { @if !all.is_empty() { p.bounds { (all.join(" · ")) } } }
}

/// The numbers in a text, `1,000` as one.
fn numbers(text: &str) -> Vec<i64> {
    let words = text.split(|c: char| !(c.is_ascii_digit() || c == ','));
    words.filter_map(|word| word.trim_matches(',').replace(',', "").parse().ok()).collect()
}

/// For machines: on the page of a type alone, since its description says the same.
fn pattern(schema: &Value) -> Markup {
    html! { @if let Some(pattern) = schema["pattern"].as_str() { p.bounds { "matches " code { (pattern) } } } }
}

/// `1,000,000`
fn grouped(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut shown = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            shown.push(',');
        }
        shown.push(digit);
    }
    if number < 0 { format!("-{shown}") } else { shown }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn shown(schemas: &Value, schema: &Value) -> String {
        let document = Document::new(json!({"components": {"schemas": schemas}}));
        let (links, schema) = (Links::default(), schema.clone());
        let schemas = Schemas { document: &document, links: &links };
        let shape = document.shape(&schema);
        let place = Place::new("", Told::Writer);
        html! { (schemas.type_of(&shape)) "|" (schemas.content(&shape, &place)) }.into_string()
    }

    #[test]
    fn a_tagged_unions_variants_stand_apart_under_their_tags() {
        let variant = |tag: &str, member: &str| {
            json!({"type": "object", "required": ["type"], "properties": {
            "type": {"type": "string", "enum": [tag]}, member: {"type": "integer", "minimum": 1, "maximum": 10_000}}})
        };
        let union = json!({"oneOf": [variant("fixed", "days"), {"$ref": "#/components/schemas/B"}],
            "discriminator": {"propertyName": "type", "mapping": {"bee": "#/components/schemas/B"}}});
        let html = shown(&json!({"B": variant("b", "cap")}), &union);
        assert!(html.contains("id=\"fixed.days\"") && html.contains("id=\"bee.cap\""), "{html}");
        assert!(html.contains("1 to 10,000"), "{html}");
    }

    #[test]
    fn null_is_told_apart_from_variants_and_lists_name_what_is_in_them() {
        let html = shown(
            &json!({"Line": {"type": "object", "properties": {"id": {"type": "string"}}}}),
            &json!({"type": "object", "properties": {
                "lines": {"type": "array", "items": {"$ref": "#/components/schemas/Line"}, "minItems": 1, "maxItems": 500},
                "only": {"oneOf": [{"$ref": "#/components/schemas/Line"}, {"type": "null"}]},
                "pairs": {"type": "array", "items": {"type": "object", "properties": {"x": {"type": "string"}}}}}}),
        );
        assert!(html.contains("list of <a href=\"/docs/types/Line\">Line</a>"), "{html}");
        assert!(html.contains("<a href=\"/docs/types/Line\">Line</a> or null"), "{html}");
        assert!(html.contains("1 to 500 entries") && html.contains("id=\"lines.id\""), "{html}");
        assert!(!html.contains("list of object") && html.contains("id=\"pairs.x\""), "{html}");
    }

    #[test]
    fn what_must_be_given_goes_first_and_a_bound_is_told_once() {
        let html = shown(
            &json!({"Name": {"type": "string", "maxLength": 128}}),
            &json!({"type": "object", "required": ["cart"], "properties": {
                "zone": {"type": "string", "minLength": 1, "maxLength": 99},
                "codes": {"type": "array", "items": {"type": "string"}, "maxItems": 10, "description": "At most 10."},
                "minutes": {"type": "integer", "minimum": 1, "maximum": 10_080, "description": "1 to 10,080; or 30."},
                "seller": {"$ref": "#/components/schemas/Name"},
                "type": {"type": "string", "const": "fixed"},
                "cart": {"type": "integer", "minimum": 0}}}),
        );
        let place = |id: &str| html.find(&format!("id=\"{id}\"")).expect("a member");
        assert!(place("cart") < place("zone") && place("zone") < place("codes"), "{html}");
        assert!(html.contains("1 to 99 characters") && html.contains("at least 0"), "{html}");
        assert!(!html.contains("at most 10 entries") && html.matches("10,080").count() == 1, "{html}");
        assert!(!html.contains("128") && html.contains("always <code>fixed</code>"), "{html}");
    }

    #[test]
    fn a_schema_in_itself_ends() {
        let html = shown(
            &json!({"Node": {"type": "object", "properties": {"next": {"$ref": "#/components/schemas/Node"}}}}),
            &json!({"$ref": "#/components/schemas/Node"}),
        );
        assert!(html.contains("id=\"next.next\"") && !html.contains("id=\"next.next.next\""), "{html}");
    }

    #[test]
    fn numbers_are_grouped() {
        assert_eq!([0, 999, 1_000, 10_000_000, -1_234].map(grouped), ["0", "999", "1,000", "10,000,000", "-1,234"]);
    }
}
