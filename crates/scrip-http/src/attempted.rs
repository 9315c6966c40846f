//! What a request attempts, as its path and caller say it.

use axum::{
    extract::{FromRequestParts, MatchedPath},
    http::{HeaderValue, Method, Uri, request::Parts},
};
use scrip_core::{
    id::CampaignId,
    name::{AccountId, decoded},
    reason::Reason,
};

use scrip_desk::{About, Attempt, Caller};

use crate::{api::Api, operations::operation_of, problem::Problem};

/// The request's id, for whatever is logged of it.
#[derive(Clone)]
pub struct RequestId(pub HeaderValue);

/// Where a request came in: enough to say later what it attempted.
#[derive(Clone)]
pub struct Attempted {
    method: Method,
    template: MatchedPath,
    /// Its path has the names.
    uri: Uri,
    request_id: RequestId,
}

impl Attempted {
    /// `None` for what only reads, and for paths that don't exist.
    pub fn new(method: &Method, template: Option<&MatchedPath>, uri: &Uri, request_id: &RequestId) -> Option<Self> {
        let template = template.filter(|_| *method != Method::GET && *method != Method::HEAD)?.clone();
        Some(Self { method: method.clone(), template, uri: uri.clone(), request_id: request_id.clone() })
    }

    /// Into the log: this request of the caller's was refused.
    pub fn refused(&self, api: &Api, caller: &Caller, problem: Problem) {
        let account = self.named("{account}").and_then(|name| AccountId::new(&name).ok());
        self.refused_for(api, caller, account, problem);
    }

    /// The same for one of many accounts.
    pub fn refused_for(&self, api: &Api, caller: &Caller, account: Option<AccountId>, problem: Problem) {
        if caller.is_of_this_machine() {
            return;
        }
        let Some(operation) = operation_of(self.method.as_str(), self.template.as_str()) else { return };
        let status = problem.status();
        let (refusal, mut about) = problem.into_parts();
        let order = about.order.take();
        let campaign: Option<CampaignId> = self.named("{campaign}").and_then(|id| id.parse().ok());
        api.desk.note_attempt(Attempt {
            at: api.desk.now(),
            request_id: self.request_id.0.to_str().unwrap_or_default().to_owned(),
            operation,
            role: caller.role,
            caller: caller.scope.clone(),
            account,
            order: self.named("{order}").and_then(|name| name.parse().ok()).or(order),
            about: About { campaign: about.campaign.or(campaign), ..about },
            status,
            refusal,
        });
    }

    fn named(&self, parameter: &str) -> Option<String> {
        let mut segments = self.template.as_str().split('/').zip(self.uri.path().split('/'));
        segments.find_map(|(name, value)| (name == parameter).then(|| decoded(value)).flatten())
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Attempted {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let request_id = parts.extensions.get::<RequestId>().ok_or(Reason::NotFound)?.clone();
        let template = parts.extensions.get::<MatchedPath>();
        Self::new(&parts.method, template, &parts.uri, &request_id).ok_or_else(|| Reason::NotFound.into())
    }
}
