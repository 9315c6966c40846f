//! The OpenAPI 3.1 document, generated from the routes, and the pages that show it offline.

use std::{
    collections::{HashMap, HashSet},
    sync::OnceLock,
};

use scrip_core::reason::Reason;
use utoipa::{
    OpenApi, ToSchema,
    openapi::{
        Content, HttpMethod, InfoBuilder, OpenApiBuilder, Ref, RefOr, Required, ResponseBuilder, Server,
        path::{Operation, ParameterBuilder, ParameterIn, PathItem},
        schema::{ObjectBuilder, Type},
        security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme},
    },
};

use crate::{
    routes,
    wire::{ProblemDocument, ReasonDocument},
};

#[derive(OpenApi)]
#[openapi(components(schemas(ProblemDocument, ReasonDocument)))]
struct Shared;

/// What the document begins with.
pub(crate) fn head() -> utoipa::openapi::OpenApi {
    let mut head = OpenApiBuilder::new()
        .info(
            InfoBuilder::new()
                .title("Scrip")
                .version("1")
                .description(Some(
                    "Coupons for marketplaces with many sellers: exact with money, impossible to oversell.\n\n\
                     Amounts are integers in the minor unit of the object's currency. Every POST that changes something \
                     takes an Idempotency-Key. A refusal is an application/problem+json with a stable code.",
                ))
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

/// The document as JSON: what is served, committed and tested.
pub fn document() -> String {
    static DOCUMENT: OnceLock<String> = OnceLock::new();
    DOCUMENT
        .get_or_init(|| {
            let (_, mut api) = routes::all().split_for_parts();
            complete(&mut api);
            let mut document = serde_json::to_value(&api).expect("the document can be written");
            schemas::mend(&mut document);
            serde_json::to_string_pretty(&document).expect("JSON can be written") + "\n"
        })
        .clone()
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

/// What an operation does, in a few words.
pub(crate) fn summary(method: &str, path: &str) -> Option<String> {
    let (_, api) = routes::all().split_for_parts();
    let item = api.paths.paths.get(path)?;
    operations(item).into_iter().find(|(known, _)| name(known) == method).and_then(|(_, found)| found.summary.clone())
}

/// Whether an operation takes query parameters: what an operation without any is sent must be refused, never ignored.
pub(crate) fn takes_query(method: &str, path: &str) -> bool {
    static WITH_QUERY: OnceLock<HashSet<(&str, String)>> = OnceLock::new();
    let with_query = WITH_QUERY.get_or_init(|| {
        let (_, api) = routes::all().split_for_parts();
        let mut with_query = HashSet::new();
        for (path, item) in &api.paths.paths {
            for (method, operation) in operations(item) {
                let mut parameters = operation.parameters.iter().flatten();
                if parameters.any(|parameter| matches!(parameter, RefOr::T(p) if p.parameter_in == ParameterIn::Query))
                {
                    with_query.insert((name(&method), path.clone()));
                }
            }
        }
        with_query
    });
    with_query.contains(&(method, path.to_owned()))
}

/// An operation's id: `place_order` for `POST /v1/accounts/{account}/orders`.
pub(crate) fn operation_id(method: &str, path: &str) -> Option<String> {
    static IDS: OnceLock<HashMap<(String, String), String>> = OnceLock::new();
    let ids = IDS.get_or_init(|| {
        let (_, api) = routes::all().split_for_parts();
        let all = api.paths.paths.iter().flat_map(|(path, item)| {
            operations(item).into_iter().map(move |(method, operation)| (method, path, operation))
        });
        let id = |operation: &Operation| operation.operation_id.clone().unwrap_or_default();
        all.map(|(method, path, operation)| ((name(&method).to_owned(), path.clone()), id(operation))).collect()
    });
    ids.get(&(method.to_owned(), path.to_owned())).cloned()
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
            (&mut item.patch, true),
            (&mut item.put, true),
            (&mut item.delete, true),
        ] {
            let Some(operation) = operation else { continue };
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
            // What only some operations answer.
            let conditional = operation.operation_id.as_deref() == Some("change_campaign");
            let some = [
                (changes, "408", "The body didn't arrive in time"),
                (changes, "413", "The body is larger than 1 MiB"),
                (conditional, "412", "The campaign has changed since that ETag"),
                (conditional, "428", "If-Match is missing"),
            ];
            let some = some.into_iter().filter(|(answers, ..)| *answers).map(|(_, status, text)| (status, text));
            let all = [
                ("400", "Malformed: the problem names the field and its limit"),
                ("401", "No or no good key"),
                ("403", "The role may not"),
                ("404", "Unknown, or somebody else's"),
                ("409", "In conflict with the present state"),
                ("422", "Understood, and refused by the rules"),
                ("429", "Too many; see Retry-After"),
                ("503", "The store can't take it now"),
            ];
            for (status, description) in all.into_iter().chain(some) {
                let content = Content::new(Some(Ref::from_schema_name(ProblemDocument::name())));
                let response = ResponseBuilder::new()
                    .description(description)
                    .content("application/problem+json", content)
                    .build();
                operation.responses.responses.entry(status.to_owned()).or_insert(RefOr::T(response));
            }
        }
    }
}

/// Commands but those that keep no key: quotes change nothing, a new key's secret is kept nowhere.
fn item_takes_key(operation: &Operation) -> bool {
    let without = ["quote_cart", "create_key", "revoke_key", "mint_shopper_token", "change_campaign", "claim_batch"];
    operation.operation_id.as_deref().is_some_and(|id| !without.contains(&id))
}

/// The API reference as one page without scripts: it works offline.
pub(crate) fn docs_page() -> String {
    docs::page(&document())
}

pub(crate) const DOCS_STYLE: &str = docs::STYLE;

/// Every reason with its text.
pub(crate) fn reasons_page() -> String {
    docs::reasons(Reason::ALL)
}

mod docs;
mod schemas;
