//! The OpenAPI 3.1 document, generated from the routes.

use serde_json::{Value, json};
use utoipa::{
    OpenApi,
    openapi::{
        ContactBuilder, HttpMethod, InfoBuilder, OpenApiBuilder, RefOr, Required, Server,
        path::{Operation, ParameterBuilder, ParameterIn, PathItem},
        schema::{ObjectBuilder, Type},
        security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme},
    },
};

use crate::{
    routes,
    wire::{ProblemDocument, ProblemError, ReasonCode, ReasonDocument, ReasonParameters},
};

#[derive(OpenApi)]
#[openapi(components(schemas(ProblemDocument, ReasonDocument, ReasonCode, ReasonParameters, ProblemError)))]
struct Shared;

/// What the document begins with.
fn head() -> utoipa::openapi::OpenApi {
    let mut head = OpenApiBuilder::new()
        .info(
            InfoBuilder::new()
                .title("Scrip")
                .version("1")
                .description(Some(
                    "Coupons for marketplaces with many sellers: exact with money, impossible to oversell.\n\n\
                     Amounts are integers in the minor unit of the object's currency. Orders and refunds are idempotent by \
                     their own id, for ever. Where an operation lists an Idempotency-Key, the same key with the same command \
                     gets the same answer for at least 24 hours; keys are told apart by caller, operation, and the account or \
                     campaign in the path. A refusal is an application/problem+json with a stable code.",
                ))
                .contact(Some(ContactBuilder::new().name(Some("Whoever runs this server")).build()))
                .license(Some(
                    utoipa::openapi::LicenseBuilder::new()
                        .name("Apache-2.0 OR MIT")
                        .identifier(Some("Apache-2.0 OR MIT"))
                        .build(),
                )),
        )
        .servers(Some([Server::new("/")]))
        .build();
    head.merge(Shared::openapi());
    head
}

/// The document as JSON, as the routes have it: to be committed.
pub fn generated_document() -> String {
    serde_json::to_string_pretty(&generated()).expect("JSON can be written") + "\n"
}

/// What is derived, made into what other people's tools read.
fn generated() -> Value {
    let mut api = head();
    api.merge(routes::all().into_openapi());
    complete(&mut api);
    let mut document = serde_json::to_value(&api).expect("the document can be written");
    schemas::mend(&mut document);
    named::name_all(&mut document);
    // Terms and metadata, and nothing besides.
    schema::schemas(&mut document)["CampaignRequest"]["additionalProperties"] = json!(false);
    sides::divide(&mut document);
    sides::patch(&mut document, "CampaignRequest", "CampaignPatch");
    schema::schemas(&mut document)["CampaignPatch"]["properties"]["metadata"]["$ref"] =
        schema::reference("MetadataPatch")["$ref"].clone();
    let patch = &mut document["paths"]["/v1/campaigns/{campaign}"]["patch"]["requestBody"];
    patch["content"] = json!({"application/json": {"schema": schema::reference("CampaignPatch")}});
    named::drop_unused(&mut document);
    refusals::declare(&mut document);
    headers::declare(&mut document);
    members::tell(&mut document);
    prose::tell(&mut document);
    examples::show(&mut document);
    document
}

/// One line per operation: method, path, operation id.
pub fn endpoints() -> String {
    let (_, api) = routes::all().split_for_parts();
    let mut lines = Vec::new();
    for (path, item) in &api.paths.paths {
        for (method, operation) in operations(item) {
            let id = operation.operation_id.clone().unwrap_or_default();
            lines.push(format!("{:<6} {path}  {id}", name(&method)));
        }
    }
    lines.sort();
    lines.join("\n") + "\n"
}

fn operations(item: &PathItem) -> Vec<(HttpMethod, &Operation)> {
    [
        (HttpMethod::Get, &item.get),
        (HttpMethod::Post, &item.post),
        (HttpMethod::Patch, &item.patch),
        (HttpMethod::Put, &item.put),
        (HttpMethod::Delete, &item.delete),
    ]
    .into_iter()
    .filter_map(|(method, operation)| operation.as_ref().map(|operation| (method, operation)))
    .collect()
}

const fn name(method: &HttpMethod) -> &'static str {
    match method {
        HttpMethod::Get => "GET",
        HttpMethod::Post => "POST",
        HttpMethod::Patch => "PATCH",
        HttpMethod::Put => "PUT",
        HttpMethod::Delete => "DELETE",
        _ => "OTHER",
    }
}

/// Of idempotency keys: printable ASCII, not beginning or ending with a space, and not two quotes around nothing.
const KEY_PATTERN: &str = r#"^([!-~]|[!#-~][!-~]|"[!#-~]|[!-~][ -~]{1,253}[!-~])$"#;

/// What all operations have in common, said once here instead of at each.
fn complete(api: &mut utoipa::openapi::OpenApi) {
    let components = api.components.get_or_insert_default();
    components.security_schemes.insert(
        "bearer".to_owned(),
        RefOr::T(SecurityScheme::Http(
            HttpBuilder::new()
                .scheme(HttpAuthScheme::Bearer)
                .description(Some("An API key, or a shopper token."))
                .build(),
        )),
    );
    api.security = Some(vec![SecurityRequirement::new::<_, [String; 0], String>("bearer", [])]);
    for item in api.paths.paths.values_mut() {
        for (operation, changes) in [
            (&mut item.get, false),
            (&mut item.post, true),
            (&mut item.patch, false),
            (&mut item.put, false),
            (&mut item.delete, false),
        ] {
            let Some(operation) = operation else { continue };
            if takes_shopper_address(operation) {
                operation.parameters.get_or_insert_default().push(RefOr::T(
                    ParameterBuilder::new()
                        .name("Shopper-Address")
                        .parameter_in(ParameterIn::Header)
                        .required(Required::False)
                        .description(Some(
                            "The shopper's own IP address, where a storefront's or an operator's server speaks for one: wrong codes \
                             are counted by it. Nobody else is believed.",
                        ))
                        .example(Some(json!("203.0.113.9")))
                        .schema(Some(ObjectBuilder::new().schema_type(Type::String)))
                        .build(),
                ));
            }
            if changes && item_takes_key(operation) {
                operation.parameters.get_or_insert_default().push(RefOr::T(
                    ParameterBuilder::new()
                        .name("Idempotency-Key")
                        .parameter_in(ParameterIn::Header)
                        .required(Required::False)
                        .description(Some("At most 255 characters; the same key and command get the same answer."))
                        .schema(Some(
                            ObjectBuilder::new()
                                .schema_type(Type::String)
                                .pattern(Some(KEY_PATTERN))
                                .max_length(Some(255)),
                        ))
                        .build(),
                ));
            }
        }
    }
}

/// Operations by which a shopper's codes come in.
fn takes_shopper_address(operation: &Operation) -> bool {
    let with = ["collect_coupon", "quote_cart", "place_order", "revise_order"];
    operation.operation_id.as_deref().is_some_and(|id| with.contains(&id))
}

/// Commands but those that keep no key: quotes and searches change nothing, a token is kept nowhere, a key is revoked once, and
/// a patch names the version that it changes.
fn item_takes_key(operation: &Operation) -> bool {
    let without = ["quote_cart", "search_attempts", "revoke_key", "mint_shopper_token", "change_campaign"];
    operation.operation_id.as_deref().is_some_and(|id| !without.contains(&id))
}

mod examples;
mod headers;
mod members;
mod named;
mod prose;
mod refusals;
pub(crate) mod schema;
mod schemas;
mod sides;
