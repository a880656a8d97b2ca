//! Where platforms push their updates to.

use std::{sync::Arc, time::Duration};

use axum::{
    extract::{Request, State},
    http::StatusCode,
};
use helpdesk_core::channel::{Push, PushReply};

use crate::{
    extract::{Id, read_body},
    problem::{Kind, Problem},
    state::App,
};

/// Longest update of a platform.
const PUSH_MAX_BYTES: usize = 10 * 1024 * 1024;

/// Take an update of a platform
///
/// For the platform of the channel alone: the channel checks the platform's own secret.
#[utoipa::path(post, path = "/channels/{name}/webhook", tag = "channels", operation_id = "channel_push", security(()),
    params(("name" = String, Path, description = "The channel's configured name")),
    request_body(content = Vec<u8>, content_type = "application/octet-stream", description = "What the platform sends"),
    responses((status = 200, description = "Stored; the platform may forget it"))
)]
pub(super) async fn webhook(
    State(app): State<App>,
    Id(name): Id<String>,
    request: Request,
) -> Result<StatusCode, Problem> {
    let Some(channel) = app.desk.channel(&name).map(Arc::clone) else { return Err(Problem::not_found("channel")) };
    let header = |(name, value): (&axum::http::HeaderName, &axum::http::HeaderValue)| {
        (name.as_str().to_owned(), value.as_bytes().to_vec())
    };
    let headers = request.headers().iter().map(header).collect();
    let body = read_body(request, &app, PUSH_MAX_BYTES).await?;
    match channel.push(&app.desk, Push::new(headers, body)).await {
        PushReply::Accepted => Ok(StatusCode::OK),
        PushReply::Unauthorized => Err(Problem::new(Kind::Unauthenticated).detail("the platform's secret is wrong")),
        PushReply::Invalid => Err(Problem::new(Kind::InvalidBody).detail("no update of this platform")),
        PushReply::TryAgain => Err(Problem::new(Kind::Unavailable).retry_after(Duration::from_secs(5))),
        _ => Err(Problem::not_found("channel with a webhook")),
    }
}
