//! The OpenAPI document as its readers see it: references followed, `null` set apart, variants told from members.

use serde_json::Value;

/// The document, and what of it the pages are made from.
pub struct Document {
    api: Value,
}

/// One operation.
#[derive(Clone, Copy)]
pub struct Operation<'a> {
    /// In lower case, as the document has it.
    pub method: &'a str,
    pub path: &'a str,
    pub id: &'a str,
    pub tag: &'a str,
    pub summary: &'a str,
    pub description: &'a str,
    pub value: &'a Value,
}

/// A schema where it is used.
#[derive(Clone, Copy)]
pub struct Shape<'a> {
    /// Of the schema, where it has one.
    pub name: Option<&'a str>,
    pub schema: &'a Value,
    pub nullable: bool,
    /// What is said of it at the place of use.
    pub description: Option<&'a str>,
}

/// A member of an object.
pub struct Member<'a> {
    pub name: &'a str,
    pub schema: &'a Value,
    pub required: bool,
}

/// One of the alternatives of a union.
pub struct Variant<'a> {
    /// The value of the union's tag, where there is one.
    pub tag: Option<&'a str>,
    pub shape: Shape<'a>,
}

/// Resources in the order in which somebody new meets them; others follow.
const ORDER: [&str; 11] = [
    "Campaigns",
    "Codes",
    "Wallet",
    "Quotes",
    "Orders",
    "Refunds",
    "Ledger",
    "Reports",
    "Events",
    "Operations",
    "Access",
];

/// Aliases of aliases end somewhere; a circle in a broken document ends here.
const REFERENCES_MAX: usize = 8;

impl Document {
    pub fn new(api: Value) -> Self {
        Self { api }
    }

    pub fn info(&self) -> &Value {
        &self.api["info"]
    }

    /// All operations: by resource, then by path, what makes things before what reads them.
    pub fn operations(&self) -> Vec<Operation<'_>> {
        let paths = self.api["paths"].as_object().into_iter().flatten();
        let mut all: Vec<_> = paths
            .flat_map(|(path, item)| item.as_object().into_iter().flatten().map(move |of| (path, of)))
            .filter(|(_, (_, value))| value["operationId"].is_string())
            .map(|(path, (method, value))| Operation {
                method,
                path,
                id: text(&value["operationId"]),
                tag: value["tags"][0].as_str().unwrap_or("Other"),
                summary: text(&value["summary"]),
                description: text(&value["description"]),
                value,
            })
            .collect();
        let methods = ["post", "get", "put", "patch", "delete"];
        all.sort_by_key(|operation| {
            let tag = ORDER.iter().position(|known| *known == operation.tag).unwrap_or(ORDER.len());
            let method = methods.iter().position(|known| *known == operation.method);
            (tag, operation.tag, operation.path, method)
        });
        all
    }

    /// The resources in order.
    pub fn tags(&self) -> Vec<&str> {
        let mut tags: Vec<&str> = self.operations().iter().map(|operation| operation.tag).collect();
        tags.dedup();
        tags
    }

    /// What is said of a resource.
    pub fn tag_description(&self, tag: &str) -> &str {
        let mut tags = self.api["tags"].as_array().into_iter().flatten();
        tags.find(|known| known["name"] == tag).map_or("", |known| text(&known["description"]))
    }

    /// Every named schema.
    pub fn schemas(&self) -> impl Iterator<Item = (&str, &Value)> {
        let schemas = self.api["components"]["schemas"].as_object().into_iter().flatten();
        schemas.map(|(name, schema)| (name.as_str(), schema))
    }

    /// A response, a parameter, a header or an example that may stand under `components`.
    pub fn follow<'a>(&'a self, value: &'a Value) -> &'a Value {
        match value["$ref"].as_str().and_then(|reference| reference.strip_prefix('#')) {
            Some(pointer) => self.api.pointer(pointer).unwrap_or(value),
            None => value,
        }
    }

    pub fn shape<'a>(&'a self, schema: &'a Value) -> Shape<'a> {
        let mut shape = Shape { name: None, schema, nullable: false, description: None };
        for _ in 0..REFERENCES_MAX {
            let schema = shape.schema;
            if shape.name.is_none() && shape.description.is_none() {
                shape.description = schema["description"].as_str();
            }
            if let Some(name) = reference(schema) {
                shape.name = shape.name.or(Some(name));
                shape.schema = &self.api["components"]["schemas"][name];
                continue;
            }
            shape.nullable |= schema["type"].as_array().is_some_and(|kinds| kinds.iter().any(|kind| kind == "null"));
            let given = alternatives(schema);
            let real: Vec<_> = given.iter().filter(|schema| schema["type"] != "null").collect();
            shape.nullable |= real.len() < given.len();
            match (real.as_slice(), schema["allOf"].as_array().map(Vec::as_slice)) {
                ([only], _) => shape.schema = only,
                ([], Some([only])) if schema["properties"].is_null() => shape.schema = only,
                _ => break,
            }
        }
        shape
    }

    /// An object's members, those of its parts too.
    pub fn members<'a>(&'a self, schema: &'a Value) -> Vec<Member<'a>> {
        let mut members = Vec::new();
        for part in schema["allOf"].as_array().into_iter().flatten() {
            members.extend(self.members(self.shape(part).schema));
        }
        let required = schema["required"].as_array();
        let is_required = |name: &str| required.is_some_and(|names| names.iter().any(|known| known == name));
        for (name, schema) in schema["properties"].as_object().into_iter().flatten() {
            members.push(Member { name, schema, required: is_required(name) });
        }
        members
    }

    /// The alternatives of a union of at least two.
    pub fn variants<'a>(&'a self, schema: &'a Value) -> Vec<Variant<'a>> {
        let real = alternatives(schema).iter().filter(|schema| schema["type"] != "null");
        let shapes: Vec<_> = real.map(|schema| self.shape(schema)).collect();
        if shapes.len() < 2 {
            return Vec::new();
        }
        let said = schema["discriminator"]["propertyName"].as_str();
        let mapping = schema["discriminator"]["mapping"].as_object();
        let variants = shapes.into_iter().map(|shape| {
            let mapped = mapping.into_iter().flatten().find(|(_, to)| {
                shape.name.is_some_and(|name| to.as_str().is_some_and(|to| to.rsplit('/').next() == Some(name)))
            });
            let tagged = self.tag(&shape, said).map(|(_, value)| value);
            Variant { tag: mapped.map(|(tag, _)| tag.as_str()).or(tagged), shape }
        });
        variants.collect()
    }

    /// The member that tells which variant an object is, and its value.
    pub fn tag<'a>(&'a self, shape: &Shape<'a>, said: Option<&str>) -> Option<(&'a str, &'a str)> {
        let members = self.members(shape.schema).into_iter();
        let mut tags = members.filter_map(|member| {
            let schema = self.shape(member.schema).schema;
            let value = match schema["enum"].as_array().map(Vec::as_slice) {
                Some([only]) => only.as_str(),
                _ => schema["const"].as_str(),
            };
            value.map(|value| (member.name, value))
        });
        tags.find(|(name, _)| said.is_none_or(|said| said == *name))
    }

    /// The stable codes that a response may carry; empty if the document doesn't say.
    pub fn codes<'a>(&'a self, response: &'a Value) -> Vec<&'a str> {
        if let Some(codes) = response["x-codes"].as_array() {
            return codes.iter().filter_map(Value::as_str).collect();
        }
        let content = response["content"].as_object().into_iter().flatten().next();
        let Some((_, content)) = content else { return Vec::new() };
        let shape = self.shape(&content["schema"]);
        if shape.name == Some("Problem") {
            return Vec::new();
        }
        let members = self.members(shape.schema);
        let code = members.iter().find(|member| member.name == "code").map(|member| self.shape(member.schema));
        let values = code.and_then(|code| code.schema["enum"].as_array()).into_iter().flatten();
        values.filter_map(Value::as_str).collect()
    }
}

impl Operation<'_> {
    pub fn href(&self) -> String {
        format!("/docs/api/{}/{}", self.tag.to_lowercase(), self.id)
    }

    /// As a reader would write it: `POST /v1/campaigns`.
    pub fn line(&self) -> String {
        format!("{} {}", self.method.to_uppercase(), self.path)
    }
}

pub fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// The name of the schema that is referred to.
pub fn reference(schema: &Value) -> Option<&str> {
    schema["$ref"].as_str().and_then(|reference| reference.strip_prefix("#/components/schemas/"))
}

fn alternatives(schema: &Value) -> &[Value] {
    schema["oneOf"].as_array().or(schema["anyOf"].as_array()).map_or(&[], Vec::as_slice)
}
