use axum::{
    extract::State,
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use scrip_core::{
    code::CodeText,
    id::{CampaignId, CodeId},
    reason::Reason,
};
use scrip_engine::{Engine, EngineError, Reader};

use crate::{
    api::Api,
    auth::still,
    caller::Caller,
    csv::cell,
    exports::{self, Page},
    params::PathOf,
    problem::Problem,
};

/// Codes read from the store at once.
const PAGE: usize = 1_000;

/// Export a campaign's codes as CSV
///
/// Streamed, page by page as it is read. Few at once for a key; more are refused. The only place where unique codes leave in clear.
#[utoipa::path(get, path = "/v1/campaigns/{campaign}/codes.csv", tag = "Codes", operation_id = "export_codes",
    params(("campaign" = CampaignId, Path, description = "The campaign")),
    responses((status = 200, description = "code, kind, source, job, id", body = String, content_type = "text/csv")))]
pub(super) async fn export(
    State(api): State<Api>,
    caller: Caller,
    PathOf(campaign): PathOf<CampaignId>,
) -> Result<Response, Problem> {
    let known = api.engine.registry().campaign(campaign);
    known
        .filter(|known| caller.seller.is_none() || known.terms.issuer.seller() == caller.seller.as_ref())
        .ok_or(Reason::NotFound)?;
    let (export_time, begun) = (api.export_time, api.exports.begin(&caller)?);
    let body = exports::body(begun, export_time, None, move |after| {
        let (api, of_page) = (api.clone(), api.engine.clone());
        // Whose key was revoked reads no further.
        let still = still(&api, &caller).map_err(|_| EngineError::Refused(Reason::Unauthenticated.into()));
        let page = move |reader: &mut Reader<'_>| page(&of_page, reader, campaign, after);
        async move {
            still?;
            api.engine.read_on(page).await
        }
    });
    let mut response = body.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8"));
    headers.insert(header::CONTENT_DISPOSITION, HeaderValue::from_static("attachment; filename=\"codes.csv\""));
    Ok(response)
}

/// The rows after a place, with the heading before the first of all, and where the next page begins.
fn page(
    engine: &Engine,
    reader: &mut Reader<'_>,
    campaign: CampaignId,
    after: Option<(u64, u32)>,
) -> Result<Page<Option<(u64, u32)>>, EngineError> {
    let mut text = String::from(if after.is_none() { "code,kind,source,job,id\r\n" } else { "" });
    let rows = reader.codes(campaign, after, PAGE)?;
    let next = rows.last().filter(|_| rows.len() == PAGE).map(|row| Some((row.position, row.number)));
    let secrets = engine.secrets();
    for row in rows {
        let code = match &row.sealed {
            Some(sealed) => secrets.open_code(row.secret, sealed).unwrap_or_else(|_| format!("…{}", row.label)),
            None => row.label.clone(),
        };
        let id = CodeText::parse(&code).map(|text| CodeId::from(secrets.entered(text).hash).to_string());
        let id = id.unwrap_or_default();
        let source = row.source.as_ref().map_or("", |source| source.as_str());
        let job = row.job.map_or(String::new(), |job| job.to_string());
        let cells = [&code, row.kind, source, &job, &id].map(cell);
        text.push_str(&cells.join(","));
        text.push_str("\r\n");
    }
    Ok((text, next))
}
