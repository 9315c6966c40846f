use std::time::Duration;

use reqwest::{Client, Method};
use serde_json::Value;

use crate::Trouble;

/// Longer than any answer takes; a server that hangs is found by it.
const PATIENCE: Duration = Duration::from_secs(20);

/// A caller with a key and connections of its own.
#[derive(Clone, Debug)]
pub struct Caller {
    client: Client,
    base: String,
    key: String,
}

/// An answer that arrived whole.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    pub replayed: bool,
    /// Of a campaign, from its ETag.
    pub revision: Option<u64>,
    pub body: Value,
}

impl Answer {
    pub const fn is_done(&self) -> bool {
        self.status >= 200 && self.status < 300
    }

    pub fn text(&self, pointer: &str) -> &str {
        self.body.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
    }
}

impl Caller {
    pub fn new(base: &str, key: &str) -> Self {
        let client = Client::builder().timeout(PATIENCE).build().expect("no setting that can be wrong");
        Self { client, base: base.to_owned(), key: key.to_owned() }
    }

    pub fn key(&self) -> &str {
        &self.key
    }

    /// `None` if the connection broke before the whole answer was here: nobody knows whether it was done.
    pub async fn ask(&self, method: Method, path: &str, key: Option<&str>, body: Option<&Value>) -> Option<Answer> {
        let mut request = self.client.request(method, format!("{}{path}", self.base)).bearer_auth(&self.key);
        if let Some(key) = key {
            request = request.header("Idempotency-Key", key);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        let response = request.send().await.ok()?;
        let status = response.status().as_u16();
        let replayed = response.headers().contains_key("idempotent-replayed");
        let etag = response.headers().get("etag").and_then(|etag| etag.to_str().ok());
        let revision = etag.and_then(|etag| etag.trim_matches('"').parse().ok());
        let text = response.bytes().await.ok()?;
        let body = serde_json::from_slice(&text)
            .unwrap_or_else(|_| Value::String(String::from_utf8_lossy(&text).into_owned()));
        Some(Answer { status, replayed, revision, body })
    }

    pub async fn get(&self, path: &str) -> Option<Answer> {
        self.ask(Method::GET, path, None, None).await
    }

    pub async fn post(&self, path: &str, key: Option<&str>, body: &Value) -> Option<Answer> {
        self.ask(Method::POST, path, key, Some(body)).await
    }

    /// For what must work.
    ///
    /// Errors: it doesn't.
    pub async fn must(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Answer, Trouble> {
        match self.ask(method, path, None, body).await {
            Some(answer) if answer.is_done() => Ok(answer),
            Some(answer) => Err(Trouble::other(format!("{path} was answered {}: {}", answer.status, answer.body))),
            None => Err(Trouble::other(format!("{path} got no answer"))),
        }
    }
}
