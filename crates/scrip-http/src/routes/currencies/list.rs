use crate::{reply::Reply, wire::CurrenciesDocument};

/// List currencies
///
/// All that people pay with or paid with, with the number of decimals of ISO 4217, by which an amount in minor units is
/// divided to be shown: whatever a browser's own table says. No key needed; it changes with releases only.
#[utoipa::path(get, path = "/v1/currencies", tag = "Money", operation_id = "list_currencies",
    security(()),
    responses((status = 200, description = "All of them, by code", body = CurrenciesDocument)))]
pub(super) async fn list() -> Reply<CurrenciesDocument> {
    Reply::ok(CurrenciesDocument::all())
}
