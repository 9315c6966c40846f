//! The HTTP contract: routes, wire types, auth, refusals as problems, OpenAPI.

mod address;
mod answer_room;
mod api;
mod attempt_log;
mod attempted;
mod auth;
mod body;
mod body_room;
mod clipped;
mod concurrent;
pub mod cors;
mod counted;
pub mod csv;
mod cursor;
mod docs;
mod exports;
mod forbidden;
mod guesses;
mod idempotency;
mod limits;
mod middleware;
mod mistakes;
mod openapi;
mod page;
mod params;
mod permissions;
mod problem;
mod rates;
mod readiness;
mod reply;
mod routes;
mod seller_limits;
mod shape;
mod shares;
mod sides;
mod status;
mod tokens;
mod unread;
pub mod wire;

pub use address::TrustedProxy;
pub use api::{Api, ApiOptions, router};
pub use auth::{NewKey, new_key};
pub use cors::Origin;
pub use counted::announce_metrics;
pub use guesses::GuessLimits;
pub use limits::{
    AnswerLimits, AttemptLimits, BodyLimits, DrainLimits, ExportLimits, Limits, RequestRates, WaitLimits,
};
pub use mistakes::in_words;
pub use openapi::{document, endpoints};
pub use permissions::{Access, PERMISSIONS, Permission, is_open, permissions_page};
pub use seller_limits::{SellerLimit, SellerLimits};
pub use status::status_of;
