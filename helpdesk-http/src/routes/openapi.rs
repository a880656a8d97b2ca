//! The description of all this, for programs.

use axum::{
    extract::State,
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};

use crate::state::App;

/// This document
#[utoipa::path(get, path = "/api/v1/openapi.json", tag = "operation", operation_id = "openapi", security(()), responses(
    (status = 200, description = "OpenAPI 3.1", content_type = "application/json")
))]
pub(super) async fn show(State(app): State<App>) -> Response {
    let json = HeaderValue::from_static("application/json");
    ([(header::CONTENT_TYPE, json)], app.openapi.clone()).into_response()
}
