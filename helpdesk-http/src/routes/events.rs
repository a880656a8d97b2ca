//! The live feed, as a WebSocket and as server-sent events.

use axum::{
    extract::{
        State,
        ws::{WebSocketUpgrade, rejection::WebSocketUpgradeRejection},
    },
    http::{HeaderMap, HeaderValue, header},
    response::Response,
};
use serde::Deserialize;

use crate::{
    auth::Caller,
    dto,
    extract::Params,
    feed::{self, Reader, SUBPROTOCOL},
    problem::{Kind, Problem},
    state::App,
};

/// A client of the feed says nothing but pongs.
const CLIENT_MESSAGE_MAX_BYTES: usize = 4096;

/// Where the feed begins.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct FeedQuery {
    /// After this position; without it, with what happens from now on.
    after: Option<u64>,
}

/// Follow events over a WebSocket
///
/// Each text frame is one item. Browsers, which cannot set headers here, log in with the cookie or with the subprotocols
/// `helpdesk.v1, bearer.<token>`. It closes with 4401 when the login no longer counts, with 1001 when the host shuts down,
/// and with 1013 when it is to be resumed later.
#[utoipa::path(get, path = "/api/v1/events", tag = "events", operation_id = "event_socket",
    params(FeedQuery),
    responses((status = 101, description = "The feed, as frames of this form", body = dto::FeedItem))
)]
pub(super) async fn socket(
    State(app): State<App>,
    caller: Caller,
    Params(query): Params<FeedQuery>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, Problem> {
    let upgrade = upgrade.map_err(|rejection| {
        let websocket = HeaderValue::from_static("websocket");
        Problem::new(Kind::UpgradeRequired).detail(rejection.body_text()).header(header::UPGRADE, websocket)
    })?;
    let options = app.options.feed;
    let reader = Reader::open(app, caller, query.after).await?;
    Ok(upgrade
        .protocols([SUBPROTOCOL])
        .max_message_size(CLIENT_MESSAGE_MAX_BYTES)
        .max_frame_size(CLIENT_MESSAGE_MAX_BYTES)
        .on_upgrade(move |socket| feed::socket::run(socket, reader, options)))
}

/// Follow events as server-sent events
///
/// The `data` of each event is one item, and its `id` is the position to resume from.
#[utoipa::path(get, path = "/api/v1/events/stream", tag = "events", operation_id = "event_stream",
    params(FeedQuery, ("Last-Event-ID" = Option<u64>, Header, description = "Goes before `after`: what a browser sends when it comes back")),
    responses((status = 200, description = "The feed, as events of this form", body = dto::FeedItem, content_type = "text/event-stream"))
)]
pub(super) async fn stream(
    State(app): State<App>,
    caller: Caller,
    Params(query): Params<FeedQuery>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let after = feed::last_event_id(&headers)?.or(query.after);
    let options = app.options.feed;
    let reader = Reader::open(app, caller, after).await?;
    Ok(feed::stream::respond(reader, options))
}
