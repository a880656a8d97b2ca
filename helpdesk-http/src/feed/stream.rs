//! The feed as server-sent events: one unnamed event of JSON for each item, with its position as the id, so that a
//! browser's `EventSource` resumes by itself.

use std::convert::Infallible;

use axum::response::{
    IntoResponse, Response, Sse,
    sse::{Event, KeepAlive},
};
use futures_util::stream;

use super::Reader;
use crate::options::FeedOptions;

/// The answer that goes on until the feed ends. Nothing says why it does: the client comes back, and is told then.
pub(crate) fn respond(reader: Reader, options: FeedOptions) -> Response {
    let events = stream::unfold(reader, async |mut reader| {
        let item = reader.next().await.ok()?;
        let event = Event::default().id(item.position().to_string());
        // Strings and numbers alone: it cannot fail to serialise.
        let event = event.data(serde_json::to_string(&item).unwrap_or_default());
        Some((Ok::<_, Infallible>(event), reader))
    });
    let keep_alive = KeepAlive::new().interval(options.ping_every());
    let mut response = Sse::new(events).keep_alive(keep_alive).into_response();
    // Proxies that buffer answers would hold events back.
    response.headers_mut().insert("x-accel-buffering", axum::http::HeaderValue::from_static("no"));
    response
}
