use scrip_core::reason::Reason;
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        ObjectBuilder, RefOr,
        schema::{AdditionalProperties, Schema, Type},
    },
};

/// Why not: a stable code and its parameters beside it.
#[derive(Serialize)]
#[serde(transparent)]
pub struct ReasonDocument(pub Reason);

impl PartialSchema for ReasonDocument {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .property(
                "code",
                ObjectBuilder::new()
                    .schema_type(Type::String)
                    .enum_values(Some(Reason::ALL.iter().map(|(code, _)| *code))),
            )
            .required("code")
            .additional_properties(Some(AdditionalProperties::FreeForm(true)))
            .description(Some("Why not: a stable code, with its parameters beside it."))
            .build()
            .into()
    }
}

impl ToSchema for ReasonDocument {
    fn name() -> std::borrow::Cow<'static, str> {
        "Reason".into()
    }
}

/// RFC 9457, `application/problem+json`.
#[derive(Serialize, ToSchema)]
#[schema(as = Problem)]
pub struct ProblemDocument {
    /// Where the code is explained.
    pub r#type: String,
    pub title: String,
    pub status: u16,
    /// What happened, in words.
    pub detail: String,
    /// Stable: from the closed list of reasons.
    pub code: String,
    pub request_id: String,
    /// The parameters of `code`.
    #[schema(value_type = Object)]
    pub params: Map<String, Value>,
    pub errors: Vec<ProblemError>,
    /// With `quote_changed`: the quote as it is now.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub quote: Option<Value>,
}

/// One reason and its place in the request.
#[derive(Serialize, ToSchema)]
pub struct ProblemError {
    /// JSON pointer (RFC 6901) into the request; null if it is about no place.
    pub pointer: Option<String>,
    pub code: String,
    pub detail: String,
}
