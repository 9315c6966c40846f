//! The HTTP contract: routes, wire types, auth, refusals as problems, OpenAPI.

mod address;
mod api;
mod attempt_log;
mod attempted;
mod attempts;
mod auth;
mod body;
mod cursor;
mod idempotency;
mod middleware;
mod openapi;
mod params;
mod permissions;
mod problem;
mod reply;
mod routes;
mod status;
mod tokens;
pub mod wire;

pub use address::TrustedProxy;
pub use api::{Api, ApiOptions, router};
pub use auth::{NewKey, new_key};
pub use openapi::{document, endpoints};
pub use permissions::{Access, PERMISSIONS, Permission, permissions_page};
pub use status::status_of;
