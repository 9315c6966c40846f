use std::net::SocketAddr;

use reqwest::{Client, Method};
use serde_json::Value;

use super::DemoKeys;
use crate::failure::Failure;

/// A shop's side of the API.
#[derive(Clone)]
pub(crate) struct Shop {
    client: Client,
    base: String,
    pub operator: String,
    pub storefront: String,
    pub luma: String,
}

/// An answer: its status and JSON.
pub(crate) struct Answered {
    pub status: u16,
    pub body: Value,
}

impl Shop {
    pub fn new(address: SocketAddr, keys: &DemoKeys) -> Self {
        Self {
            client: Client::new(),
            base: format!("http://{address}"),
            operator: keys.operator.clone(),
            storefront: keys.storefront.clone(),
            luma: keys.luma.clone(),
        }
    }

    /// Errors: only what kept the question from being answered; a refusal is an answer.
    pub async fn ask(&self, method: Method, path: &str, key: &str, body: Option<&Value>) -> Result<Answered, Failure> {
        let mut request = self.client.request(method, format!("{}{path}", self.base)).bearer_auth(key);
        if let Some(body) = body {
            request = request.json(body);
        }
        let response = request.send().await.map_err(|error| Failure::of(format!("asking {path}"), &error))?;
        let status = response.status().as_u16();
        let body = response.json().await.unwrap_or(Value::Null);
        Ok(Answered { status, body })
    }

    pub async fn post(&self, path: &str, body: &Value) -> Result<Answered, Failure> {
        self.ask(Method::POST, path, &self.storefront, Some(body)).await
    }

    pub async fn get(&self, path: &str) -> Result<Answered, Failure> {
        self.ask(Method::GET, path, &self.storefront, None).await
    }
}

impl Answered {
    /// The text at a JSON pointer, or nothing.
    pub fn text(&self, pointer: &str) -> String {
        self.body.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned()
    }

    pub fn number(&self, pointer: &str) -> i64 {
        self.body.pointer(pointer).and_then(Value::as_i64).unwrap_or(i64::MIN)
    }
}
