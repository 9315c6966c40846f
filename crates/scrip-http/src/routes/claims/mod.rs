pub(super) mod batch;
mod collect;

use utoipa_axum::{router::OpenApiRouter, routes};

use crate::api::Api;

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(collect::collect, super::coupons::list::list)).routes(routes!(batch::batch))
}
