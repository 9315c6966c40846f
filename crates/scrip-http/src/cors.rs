//! Pages of other origins: what a browser lets them read, which is what shopper tokens may do, and nothing else.

use std::{fmt, str::FromStr, sync::Arc};

use axum::{
    extract::{MatchedPath, Request},
    http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use scrip_core::api_key::Role;
use serde::{Deserialize, Deserializer, de};

use scrip_desk::Access;

use crate::operations::operation_of;

/// An origin as browsers write it: `https://shop.example`, `http://localhost:3000`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Debug)]
pub struct Origin(String);

/// A text that no browser sends as an origin.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error(
    "not an origin such as https://shop.example or http://localhost:3000: http or https, a host in small letters, the port unless \
     it is the scheme's own, and nothing behind that"
)]
pub struct InvalidOrigin;

impl FromStr for Origin {
    type Err = InvalidOrigin;

    fn from_str(text: &str) -> Result<Self, InvalidOrigin> {
        let uri: Uri = text.parse().map_err(|_| InvalidOrigin)?;
        let (scheme, authority) = uri.scheme_str().zip(uri.authority()).ok_or(InvalidOrigin)?;
        let own_port = match scheme {
            "http" => 80,
            "https" => 443,
            _ => return Err(InvalidOrigin),
        };
        let is_host = |host: &str| !host.is_empty() && !host.contains('*') && host.to_ascii_lowercase() == host;
        let written = match authority.port_u16() {
            Some(port) if port == own_port => return Err(InvalidOrigin),
            Some(port) => format!("{scheme}://{}:{port}", authority.host()),
            None => format!("{scheme}://{}", authority.host()),
        };
        if is_host(authority.host()) && written == text { Ok(Self(written)) } else { Err(InvalidOrigin) }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl serde::Serialize for Origin {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Origin {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(|error| de::Error::custom(format!("{text:?} is {error}")))
    }
}

/// What pages may send besides what browsers let them anyway.
const TAKEN: HeaderValue = HeaderValue::from_static("authorization, content-type, idempotency-key, x-request-id");
/// What they may read besides the body and what browsers let them anyway.
const EXPOSED: HeaderValue = HeaderValue::from_static(
    "ETag, Idempotent-Replayed, Location, Retry-After, Tables-Rebuilding, WWW-Authenticate, X-Request-Id",
);
/// Seconds for which a browser needn't ask again.
const GOOD_FOR: HeaderValue = HeaderValue::from_static("600");
/// What the answer to a browser's question depends on.
const ASKED: HeaderValue =
    HeaderValue::from_static("Origin, Access-Control-Request-Method, Access-Control-Request-Headers");

/// The origins whose pages may read answers.
#[derive(Clone)]
pub struct Origins(Arc<[Origin]>);

/// What a request's answer says to the browser that asks for it.
pub enum Sharing {
    /// Nothing: the path is none that shoppers use, or no origin is allowed.
    None,
    /// The answer depends on who asks, and this one may not read it.
    Withheld,
    /// The page may read it.
    With(HeaderValue),
    /// A browser asks whether a page may send what it wants to: it may, by these methods.
    Asked(HeaderValue, String),
}

impl Origins {
    pub fn new(origins: Vec<Origin>) -> Self {
        Self(origins.into())
    }

    /// What to say to the request's browser.
    pub fn sharing(&self, request: &Request) -> Sharing {
        let path = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str).unwrap_or_default();
        let methods: Vec<&str> =
            ["GET", "POST", "PATCH", "DELETE"].into_iter().filter(|method| may(method, path)).collect();
        if self.0.is_empty() || methods.is_empty() {
            return Sharing::None;
        }
        let headers = request.headers();
        let origin = headers.get(header::ORIGIN).filter(|given| self.0.iter().any(|known| *given == known.0.as_str()));
        let Some(origin) = origin.cloned() else { return Sharing::Withheld };
        let wanted =
            headers.get(header::ACCESS_CONTROL_REQUEST_METHOD).filter(|_| *request.method() == Method::OPTIONS);
        match wanted.map(|method| method.to_str().unwrap_or_default()) {
            Some(method) if methods.contains(&method) => Sharing::Asked(origin, methods.join(", ")),
            Some(_) => Sharing::Withheld,
            None if may(read_as(request.method()), path) => Sharing::With(origin),
            None => Sharing::Withheld,
        }
    }
}

/// Whether a shopper's token, or anybody, may do it.
fn may(method: &str, path: &str) -> bool {
    operation_of(method, path)
        .is_some_and(|operation| operation.is_open() || operation.access(Role::Shopper) != Access::No)
}

/// HEAD is GET without the body (RFC 9110).
fn read_as(method: &Method) -> &str {
    if *method == Method::HEAD { "GET" } else { method.as_str() }
}

impl Sharing {
    /// The answer to a browser that only asks whether it may: needs no key, as browsers send none.
    pub fn answer(&self) -> Option<Response> {
        let Self::Asked(_, methods) = self else { return None };
        let mut response = StatusCode::NO_CONTENT.into_response();
        let headers = response.headers_mut();
        let methods = HeaderValue::from_str(methods).expect("names of methods");
        headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, methods);
        headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, TAKEN);
        headers.insert(header::ACCESS_CONTROL_MAX_AGE, GOOD_FOR);
        Some(response)
    }

    /// Says it in the answer.
    pub fn say(self, headers: &mut HeaderMap) {
        match self {
            Self::None => {}
            Self::Withheld => {
                headers.append(header::VARY, HeaderValue::from_static("Origin"));
            }
            Self::With(origin) => {
                headers.append(header::VARY, HeaderValue::from_static("Origin"));
                headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
                headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
            }
            Self::Asked(origin, _) => {
                headers.append(header::VARY, ASKED);
                headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_are_taken_as_browsers_write_them() {
        for good in ["https://shop.example", "http://localhost:3000", "http://127.0.0.1:8080", "https://[::1]:8443"] {
            assert_eq!(good.parse::<Origin>().map(|origin| origin.to_string()), Ok(good.to_owned()));
        }
        for bad in [
            "",
            "*",
            "null",
            "shop.example",
            "https://",
            "https://shop.example/",
            "https://shop.example/shop",
            "https://Shop.example",
            "https://*.shop.example",
            "https://shop.example:443",
            "http://shop.example:80",
            "https://ana@shop.example",
            "ftp://shop.example",
            "https://shop.example?x=1",
            "https://shop.example:",
        ] {
            assert_eq!(bad.parse::<Origin>(), Err(InvalidOrigin), "{bad}");
        }
    }
}
