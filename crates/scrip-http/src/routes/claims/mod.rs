pub(super) mod batch;
mod collect;

pub(crate) use self::collect::may_name;

use utoipa_axum::{router::OpenApiRouter, routes};

use crate::api::Api;

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(collect::collect, super::coupons::list::list)).routes(routes!(batch::batch))
}
