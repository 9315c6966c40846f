use axum::{
    extract::State,
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use scrip_core::id::CampaignId;
use scrip_desk::{AfterCode, BegunExport, ExportedCode};

use crate::{api::Api, caller::Authenticated, csv::cell, exports, params::PathOf, problem::Problem};

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
    Authenticated(caller): Authenticated,
    PathOf(campaign): PathOf<CampaignId>,
) -> Result<Response, Problem> {
    let BegunExport { share, time } = api.desk.begin_code_export(&caller, campaign).await?;
    let body = exports::body(share, time, None, move |after| {
        let (desk, caller) = (api.desk.clone(), caller.clone());
        async move {
            let (codes, next) = desk.exported_codes(&caller, campaign, after, PAGE).await?;
            Ok((text(after, &codes), next.map(Some)))
        }
    });
    let mut response = body.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8"));
    headers.insert(header::CONTENT_DISPOSITION, HeaderValue::from_static("attachment; filename=\"codes.csv\""));
    Ok(response)
}

/// The rows of a page, with the heading before the first of all.
fn text(after: Option<AfterCode>, codes: &[ExportedCode]) -> String {
    let mut text = String::from(if after.is_none() { "code,kind,source,job,id\r\n" } else { "" });
    for ExportedCode { code, kind, source, job, id } in codes {
        let source = source.as_ref().map_or("", |source| source.as_str());
        let job = job.map_or(String::new(), |job| job.to_string());
        let id = id.map_or(String::new(), |id| id.to_string());
        text.push_str(&[code, *kind, source, &job, &id].map(cell).join(","));
        text.push_str("\r\n");
    }
    text
}
