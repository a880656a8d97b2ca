//! For those who run the host: whether it lives, whether it can serve, and how it is doing.

use std::time::Duration;

use axum::{
    extract::State,
    http::{HeaderMap, HeaderValue, header},
    response::{IntoResponse, Response},
};
use helpdesk_core::Actor;
use secrecy::ExposeSecret;
use subtle::ConstantTimeEq;
use tokio::time::timeout;

use crate::{
    auth::bearer,
    options::MetricsAccess,
    problem::{Kind, Problem},
    state::App,
};

/// Longest wait for the storage.
const PATIENCE: Duration = Duration::from_secs(5);

/// Is the process alive
#[utoipa::path(get, path = "/healthz", tag = "operation", operation_id = "alive", security(()), responses(
    (status = 200, description = "It is", body = String, content_type = "text/plain")
))]
pub(super) async fn alive() -> &'static str {
    "ok\n"
}

/// Can it serve
///
/// Whether the storage and the blob store answer.
#[utoipa::path(get, path = "/readyz", tag = "operation", operation_id = "ready", security(()), responses(
    (status = 200, description = "It can", body = String, content_type = "text/plain")
))]
pub(super) async fn ready(State(app): State<App>) -> Result<&'static str, Problem> {
    match timeout(PATIENCE, app.desk.ready()).await {
        Ok(answer) => answer?,
        Err(_) => {
            return Err(Problem::new(Kind::Unavailable).detail("the storage does not answer").retry_after(PATIENCE));
        }
    }
    Ok("ok\n")
}

/// Metrics for Prometheus
///
/// The host may ask for a token of its own, or switch this off.
#[utoipa::path(get, path = "/metrics", tag = "operation", operation_id = "metrics", security((), ("bearer" = [])), responses(
    (status = 200, description = "Prometheus' text format", body = String, content_type = "text/plain")
))]
pub(super) async fn metrics(State(app): State<App>, headers: HeaderMap) -> Result<Response, Problem> {
    let Some(metrics) = &app.metrics else { return Err(Problem::new(Kind::NotFound)) };
    if let MetricsAccess::Token(token) = &app.options.metrics {
        let sent = bearer(&headers).unwrap_or_default();
        if !bool::from(sent.as_bytes().ct_eq(token.expose_secret().as_bytes())) {
            return Err(Problem::unauthenticated());
        }
    }
    // What was counted here is worth telling also while the storage is away.
    let status = timeout(PATIENCE, app.desk.status(&Actor::Host)).await.ok().and_then(Result::ok);
    let text = metrics.render(status.as_ref(), app.desk.now());
    let prometheus = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
    Ok(([(header::CONTENT_TYPE, prometheus)], text).into_response())
}
