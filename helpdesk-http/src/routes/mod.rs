//! The routes, a file for each noun. A handler says who may call it, what it asks the desk, and what it answers; the rules
//! are the desk's.

mod attachments;
mod auth;
mod channels;
mod events;
mod health;
mod me;
mod messages;
mod openapi;
mod sessions;
mod staff;
mod status;

use utoipa::openapi::OpenApi;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::state::App;

/// Every route, each with its place in the OpenAPI `document`.
pub(crate) fn all(document: OpenApi) -> OpenApiRouter<App> {
    OpenApiRouter::with_openapi(document)
        .routes(routes!(auth::login))
        .routes(routes!(auth::logout))
        .routes(routes!(auth::password))
        .routes(routes!(me::show))
        .routes(routes!(staff::list, staff::create))
        .routes(routes!(staff::show, staff::change))
        .routes(routes!(sessions::list))
        .routes(routes!(sessions::show))
        .routes(routes!(sessions::join))
        .routes(routes!(sessions::leave))
        .routes(routes!(sessions::close))
        .routes(routes!(messages::list, messages::send))
        .routes(routes!(messages::search))
        .routes(routes!(messages::resend))
        .routes(routes!(messages::revisions))
        .routes(routes!(attachments::download))
        .routes(routes!(events::socket))
        .routes(routes!(events::stream))
        .routes(routes!(status::show))
        .routes(routes!(openapi::show))
        .routes(routes!(channels::webhook))
        .routes(routes!(health::alive))
        .routes(routes!(health::ready))
        .routes(routes!(health::metrics))
}
