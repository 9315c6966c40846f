use std::{borrow::Cow, collections::BTreeMap};

use scrip_core::reason::Reason;
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        KnownFormat, ObjectBuilder, Ref, RefOr, SchemaFormat,
        schema::{Schema, Type},
    },
};

use super::QuoteDocument;

/// Why not: a stable code and its parameters beside it.
#[derive(Serialize)]
#[serde(transparent)]
pub struct ReasonDocument(pub Reason);

/// A code of the closed list.
pub struct ReasonCode;

/// The parameters of a code, each only where the code has it.
pub struct ReasonParameters;

/// RFC 9457, `application/problem+json`.
#[derive(Serialize, ToSchema)]
#[schema(as = Problem)]
pub struct ProblemDocument {
    /// Where the code is explained.
    pub r#type: String,
    pub title: String,
    #[schema(minimum = 400, maximum = 599)]
    pub status: u16,
    /// What happened, in words.
    pub detail: String,
    /// Of the first error.
    #[schema(value_type = ReasonCode)]
    pub code: String,
    /// As in `X-Request-Id`.
    pub request_id: String,
    /// The parameters of `code`.
    #[schema(value_type = ReasonParameters)]
    pub params: Map<String, Value>,
    /// All that is wrong with the request: at most 100.
    pub errors: Vec<ProblemError>,
    /// How many errors there are besides.
    pub more: u32,
    /// With `quote_changed`: the quote as it is now.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<QuoteDocument>)]
    pub quote: Option<Value>,
}

/// One reason and its place in the request, with the parameters of its code beside it.
#[derive(Serialize)]
pub struct ProblemError;

impl PartialSchema for ReasonCode {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .enum_values(Some(Reason::ALL.iter().map(|(code, _)| *code)))
            .description(Some("A stable code of the closed list of reasons: codes are appended, never renamed."))
            .into()
    }
}

impl ToSchema for ReasonCode {
    fn name() -> Cow<'static, str> {
        "ReasonCode".into()
    }
}

/// The object's members with every parameter that a reason has.
fn with_parameters(mut object: ObjectBuilder) -> ObjectBuilder {
    for (name, (kind, codes)) in parameters() {
        let codes: Vec<String> = codes.iter().map(|code| format!("`{code}`")).collect();
        let mut schema = ObjectBuilder::new().description(Some(format!("Of {}.", codes.join(", "))));
        schema = match kind {
            Kind::Integer => {
                schema.schema_type(Type::Integer).format(Some(SchemaFormat::KnownFormat(KnownFormat::Int64)))
            }
            Kind::Instant => {
                schema.schema_type(Type::String).format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)))
            }
            Kind::Text => schema.schema_type(Type::String),
        };
        object = object.property(name, schema);
    }
    object
}

/// What a parameter is in JSON.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    Integer,
    Instant,
    Text,
}

/// Every parameter's kind, which is one for all codes, and the codes that have it.
fn parameters() -> BTreeMap<&'static str, (Kind, Vec<&'static str>)> {
    let mut all: BTreeMap<&str, (Kind, Vec<&str>)> = BTreeMap::new();
    for (code, fields) in Reason::PARAMETERS {
        for (name, rust) in *fields {
            let rust = rust.trim_start_matches("Option<").trim_end_matches('>').trim();
            let kind = match rust {
                "Amount" | "u16" | "u32" | "u64" | "i64" | "usize" => Kind::Integer,
                "Timestamp" => Kind::Instant,
                _ => Kind::Text,
            };
            let known = all.entry(name).or_insert((kind, Vec::new()));
            assert!(known.0 == kind, "{name} of {code} is of another kind than elsewhere");
            known.1.push(code);
        }
    }
    all
}

impl PartialSchema for ReasonParameters {
    fn schema() -> RefOr<Schema> {
        with_parameters(ObjectBuilder::new())
            .description(Some("The parameters of a code, each only where the code has it."))
            .into()
    }
}

impl ToSchema for ReasonParameters {
    fn name() -> Cow<'static, str> {
        "ReasonParameters".into()
    }
}

fn code() -> Ref {
    Ref::from_schema_name(ReasonCode::name())
}

impl PartialSchema for ReasonDocument {
    fn schema() -> RefOr<Schema> {
        with_parameters(ObjectBuilder::new().property("code", code()).required("code"))
            .description(Some("Why not: a stable code, with its parameters beside it."))
            .into()
    }
}

impl ToSchema for ReasonDocument {
    fn name() -> Cow<'static, str> {
        "Reason".into()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((ReasonCode::name().into(), ReasonCode::schema()));
    }
}

impl PartialSchema for ProblemError {
    fn schema() -> RefOr<Schema> {
        let text = |description: &str| ObjectBuilder::new().schema_type(Type::String).description(Some(description));
        let may_be_null = |description: &str| {
            use utoipa::openapi::schema::SchemaType;
            text(description).schema_type(SchemaType::from_iter([Type::String, Type::Null]))
        };
        let object = ObjectBuilder::new()
            .property(
                "pointer",
                may_be_null("JSON pointer (RFC 6901) into the body; null if it is about no place there."),
            )
            .property(
                "parameter",
                may_be_null("The parameter of path, query or header that it is about; null if about none."),
            )
            .property("code", code())
            .property("detail", text("Which field, and what it may be."));
        ["pointer", "parameter", "code", "detail"]
            .into_iter()
            .fold(with_parameters(object), ObjectBuilder::required)
            .description(Some("One reason and its place in the request, with the parameters of its code beside it."))
            .into()
    }
}

impl ToSchema for ProblemError {
    fn name() -> Cow<'static, str> {
        "ProblemError".into()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((ReasonCode::name().into(), ReasonCode::schema()));
    }
}
