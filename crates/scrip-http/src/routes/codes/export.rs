use axum::{
    body::{Body, Bytes},
    extract::State,
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use scrip_core::{id::CampaignId, reason::Reason};
use tokio::sync::mpsc;

use crate::{api::Api, auth::Caller, params::PathOf, problem::Problem};

/// Codes read from the store at once.
const PAGE: usize = 5_000;

/// Export a campaign's codes as CSV
///
/// Streamed. The only place where unique codes leave in clear.
#[utoipa::path(get, path = "/v1/campaigns/{campaign}/codes.csv", tag = "Codes", operation_id = "export_codes",
    params(("campaign" = CampaignId, Path, description = "The campaign")),
    responses((status = 200, description = "code, kind, source, job", body = String, content_type = "text/csv")))]
pub(super) async fn export(
    State(api): State<Api>,
    caller: Caller,
    PathOf(campaign): PathOf<CampaignId>,
) -> Result<Response, Problem> {
    let known = api.engine.registry().campaign(campaign);
    known
        .filter(|known| caller.seller.is_none() || known.terms.issuer.seller() == caller.seller.as_ref())
        .ok_or(Reason::NotFound)?;
    let (sender, receiver) = mpsc::channel::<Result<Bytes, std::io::Error>>(4);
    tokio::task::spawn_blocking(move || stream(&api, campaign, &sender));
    let body = Body::from_stream(ReceiverStream(receiver));
    let mut response = body.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8"));
    headers.insert(header::CONTENT_DISPOSITION, HeaderValue::from_static("attachment; filename=\"codes.csv\""));
    Ok(response)
}

fn stream(api: &Api, campaign: CampaignId, sender: &mpsc::Sender<Result<Bytes, std::io::Error>>) {
    let mut after = None;
    let mut text = String::from("code,kind,source,job\r\n");
    loop {
        let page = match api.engine.read(|reader| reader.codes(campaign, after, PAGE)) {
            Ok(page) => page,
            Err(error) => {
                // The answer has begun: all that is left is to break it off.
                let _ = sender.blocking_send(Err(std::io::Error::other(error.to_string())));
                return;
            }
        };
        let is_last = page.len() < PAGE;
        after = page.last().map(|row| (row.position, row.number)).or(after);
        for row in page {
            // Codes, names and ids begin with a letter or a digit and hold no comma or quote: nothing to escape, and
            // nothing that a spreadsheet takes for a formula, but for a source that begins with a dash.
            let code = match &row.sealed {
                Some(sealed) => api.engine.secrets().open_code(sealed).unwrap_or_else(|_| format!("…{}", row.label)),
                None => row.label.clone(),
            };
            let source = row.source.map_or(String::new(), |source| {
                let guard = if source.as_str().starts_with('-') { "'" } else { "" };
                format!("{guard}{source}")
            });
            let job = row.job.map_or(String::new(), |job| job.to_string());
            text.push_str(&format!("{code},{},{source},{job}\r\n", row.kind));
        }
        if sender.blocking_send(Ok(Bytes::from(std::mem::take(&mut text)))).is_err() || is_last {
            return;
        }
    }
}

/// The receiving end as a stream.
struct ReceiverStream(mpsc::Receiver<Result<Bytes, std::io::Error>>);

impl futures_core::Stream for ReceiverStream {
    type Item = Result<Bytes, std::io::Error>;

    fn poll_next(
        mut self: std::pin::Pin<&mut Self>,
        context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Self::Item>> {
        self.0.poll_recv(context)
    }
}
