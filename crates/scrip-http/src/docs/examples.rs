//! Example values: the document's own, or, where it has none, made from its schemas.

use serde_json::{Map, Value, json};

use super::{
    document::{Document, Operation, Shape, text},
    schema::Told,
};

/// An example, with what it shows.
#[derive(Clone)]
pub struct Example {
    /// The same of what is sent and of its answer.
    pub name: String,
    pub title: String,
    pub value: Value,
}

const DEPTH_MAX: usize = 6;

/// The marketplace of the README's walk, by the name of a type.
const NAMED: [(&str, &str); 17] = [
    ("AccountId", "ana"),
    ("SellerId", "luma"),
    ("ProductId", "lamp"),
    ("CategoryId", "home"),
    ("LineId", "l1"),
    ("OrderId", "A-1001"),
    ("RefundName", "r-1"),
    ("SourceName", "homepage"),
    ("StackingGroup", "newsletter"),
    ("Currency", "USD"),
    ("ZoneName", "Europe/Madrid"),
    ("EnteredCode", "SAVE10"),
    ("CampaignId", "cmp_06f3k2v9x8q7d5t4r3m2000000"),
    ("CouponId", "cpn_06f3k2v9x8q7d5t4r3m2000006"),
    ("JobId", "job_06f3k2v9x8q7d5t4r3m2000003"),
    ("EventId", "evt_06f3k2v9x8q7d5t4r3m2000010"),
    ("KeyId", "key_06f3k2v9x8q7d5t4r3m2000013"),
];

/// The same, by the name of a member.
fn by_member(name: &str) -> Option<Value> {
    Some(match name {
        "account" => json!("ana"),
        "seller" | "only_seller" => json!("luma"),
        "product" => json!("lamp"),
        "campaign" => json!("cmp_06f3k2v9x8q7d5t4r3m2000000"),
        "coupon" => json!("cpn_06f3k2v9x8q7d5t4r3m2000006"),
        "job" => json!("job_06f3k2v9x8q7d5t4r3m2000003"),
        "key" => json!("key_06f3k2v9x8q7d5t4r3m2000013"),
        "order" => json!("A-1001"),
        "refund" => json!("r-1"),
        "name" => json!("Welcome 5.00"),
        "amount" => json!(500),
        "unit_price" => json!(3000),
        "quantity" => json!(2),
        "hold_minutes" => json!(30),
        "days" => json!(30),
        "If-Match" | "etag" => json!("\"1\""),
        _ => return None,
    })
}

const AT: &str = "2026-11-27T12:00:00Z";

impl Document {
    /// What an operation is sent, as its first example first; with the content's type.
    pub fn requests<'a>(&'a self, operation: &Operation<'a>) -> Option<(&'a str, Vec<Example>)> {
        let body = self.follow(&operation.value["requestBody"]);
        let (kind, content) = json_first(&body["content"])?;
        let mut examples = self.said(content);
        if examples.is_empty() && (body["required"] == true || content["schema"]["properties"].is_object()) {
            let shape = self.shape(&content["schema"]);
            examples.push(Example {
                name: String::new(),
                title: String::new(),
                value: self.sample(&shape, "", Told::Writer, 0),
            });
        }
        Some((kind, examples))
    }

    /// The document's examples of a response.
    pub fn answers(&self, response: &Value) -> Vec<Example> {
        json_first(&response["content"]).map_or_else(Vec::new, |(_, content)| self.said(content))
    }

    /// A response as its schema has it, for one that the document has no example of.
    pub fn answer(&self, response: &Value) -> Option<Example> {
        let (_, content) = json_first(&response["content"])?;
        let value = (!content["schema"].is_null()).then(|| self.example_of(&content["schema"], Told::Reader))?;
        Some(Example { name: String::new(), title: String::new(), value })
    }

    /// What is sent or answered somewhere as a named type.
    pub fn example_named(&self, name: &str) -> Option<Value> {
        let operations = self.operations();
        let bodies = operations.iter().map(|operation| self.follow(&operation.value["requestBody"]));
        let responses =
            operations.iter().flat_map(|operation| operation.value["responses"].as_object().into_iter().flatten());
        let mut all = bodies.chain(responses.map(|(_, response)| self.follow(response)));
        all.find_map(|part| {
            let (_, content) = json_first(&part["content"])?;
            let is_it = super::document::reference(&content["schema"]) == Some(name);
            is_it.then(|| self.said(content).into_iter().next().map(|example| example.value)).flatten()
        })
    }

    /// A value of a named type.
    pub fn example_of(&self, schema: &Value, told: Told) -> Value {
        self.sample(&self.shape(schema), "", told, 0)
    }

    /// A parameter's value in the example of that name; `None`: it may be left out, and was.
    pub fn parameter(&self, parameter: &Value, example: &str) -> Option<String> {
        let said = self.said(parameter);
        let named = said.iter().find(|said| said.name == example || said.name.is_empty());
        if named.is_none() && parameter["required"] != true {
            return None;
        }
        let name = text(&parameter["name"]);
        let made = || self.sample(&self.shape(&parameter["schema"]), name, Told::Writer, 0);
        let value = named.or(said.first()).map_or_else(made, |example| example.value.clone());
        Some(value.as_str().map_or_else(|| value.to_string(), str::to_owned))
    }

    fn said(&self, content: &Value) -> Vec<Example> {
        if !content["example"].is_null() {
            return vec![Example { name: String::new(), title: String::new(), value: content["example"].clone() }];
        }
        let examples = content["examples"].as_object().into_iter().flatten();
        examples
            .filter_map(|(name, example)| {
                let example = self.follow(example);
                let title = example["summary"].as_str().map_or_else(|| in_words(name), str::to_owned);
                let value = &example["value"];
                (!value.is_null()).then(|| Example { name: name.to_owned(), title, value: value.clone() })
            })
            .collect()
    }

    fn sample(&self, shape: &Shape<'_>, name: &str, told: Told, depth: usize) -> Value {
        let schema = shape.schema;
        let given = [&schema["example"], &schema["examples"][0], &schema["const"]];
        if let Some(value) = given.into_iter().find(|value| !value.is_null()) {
            return value.clone();
        }
        if let Some(prefix) = prefix_of_id(schema) {
            let known = NAMED.iter().map(|(_, value)| *value).find(|value| value.starts_with(&prefix));
            return known.map_or_else(|| json!(format!("{prefix}06f3k2v9x8q7d5t4r3m2000014")), |known| json!(known));
        }
        if let Some((_, value)) = NAMED.iter().find(|(known, _)| shape.name == Some(known)) {
            return json!(value);
        }
        let variants = self.variants(schema);
        if let Some(first) = variants.first() {
            return self.sample(&first.shape, name, told, depth);
        }
        if let Some(first) = schema["enum"][0].as_str() {
            return json!(first);
        }
        if schema["items"].is_object() {
            let items = self.shape(&schema["items"]);
            return if depth < DEPTH_MAX { json!([self.sample(&items, name, told, depth + 1)]) } else { json!([]) };
        }
        let mut members = self.members(schema);
        members.sort_by_key(|member| member.schema["const"].is_null());
        if !members.is_empty() {
            let mut object = Map::new();
            for member in members {
                let shape = self.shape(member.schema);
                if depth < DEPTH_MAX && (member.required || (told == Told::Reader && !shape.nullable)) {
                    object.insert(member.name.to_owned(), self.sample(&shape, member.name, told, depth + 1));
                }
            }
            return Value::Object(object);
        }
        let kind = schema["type"].as_str().or_else(|| schema["type"].as_array().and_then(|kinds| kinds[0].as_str()));
        match kind {
            Some("integer" | "number") => {
                let hint = by_member(name).filter(Value::is_i64);
                hint.unwrap_or_else(|| json!(schema["minimum"].as_i64().unwrap_or_default().max(1)))
            }
            Some("boolean") => json!(false),
            Some("object") => json!({}),
            _ if schema["format"] == "date-time" => json!(AT),
            _ => by_member(name).filter(Value::is_string).unwrap_or_else(|| json!("…")),
        }
    }
}

/// `cmp_`, of a pattern of ids that Scrip makes.
fn prefix_of_id(schema: &Value) -> Option<String> {
    let (prefix, rest) = schema["pattern"].as_str()?.strip_prefix('^')?.split_once('_')?;
    rest.starts_with("[0-7]").then(|| format!("{prefix}_"))
}

/// `goods_kept` → `Goods kept`
fn in_words(name: &str) -> String {
    let mut words = name.replace(['_', '-'], " ");
    if let Some(first) = words.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    words
}

/// JSON where it is among the kinds of content, else the first.
fn json_first(content: &Value) -> Option<(&str, &Value)> {
    let kinds = content.as_object()?;
    let json = kinds.iter().find(|(kind, _)| kind.contains("json"));
    json.or_else(|| kinds.iter().next()).map(|(kind, content)| (kind.as_str(), content))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_made_value_names_what_the_written_examples_have() {
        let written = include_str!("../openapi/examples.json");
        let ids = NAMED.iter().map(|(_, value)| *value).filter(|value| value.contains("_06f3"));
        let missing: Vec<&str> = ids.filter(|id| !written.contains(&format!("\"{id}\""))).collect();
        assert!(missing.is_empty(), "the document's examples have none of {missing:?}");
        for member in ["campaign", "coupon", "job", "key"] {
            let value = by_member(member).expect("an id");
            assert!(NAMED.iter().any(|(_, named)| value == *named), "{member} is another than its type's");
        }
    }
}
