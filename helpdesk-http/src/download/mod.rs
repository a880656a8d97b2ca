//! Files on their way to a browser. They come from strangers: nothing in them may run as a page of ours, and the type that
//! their sender claims decides nothing.

mod disposition;
mod range;

use axum::{
    body::Body,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use helpdesk_core::{AttachmentId, blob::ByteStream};

pub(crate) use disposition::Shown;
pub(crate) use range::{Part, requested};

const HEADERS: [(HeaderName, HeaderValue); 5] = [
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("sandbox; default-src 'none'")),
    (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin")),
    // An attachment's bytes never change.
    (header::CACHE_CONTROL, HeaderValue::from_static("private, max-age=86400, immutable")),
    (header::ACCEPT_RANGES, HeaderValue::from_static("bytes")),
];

/// The entity tag of an attachment's file, which never changes.
pub(crate) fn etag(id: AttachmentId) -> String {
    format!("\"{id}\"")
}

/// Whether the client holds the file already.
pub(crate) fn is_held(headers: &HeaderMap, etag: &str) -> bool {
    let lists = headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    lists.flat_map(|list| list.split(',')).map(str::trim).any(|tag| tag == "*" || tag.trim_start_matches("W/") == etag)
}

/// The answer to a client that holds the file already.
pub(crate) fn not_modified(etag: &str) -> Response {
    with_headers(StatusCode::NOT_MODIFIED.into_response(), etag)
}

/// A file, or a part of it.
pub(crate) fn respond(shown: &Shown, etag: &str, part: &Part, content: ByteStream) -> Response {
    let mut response = with_headers(Body::from_stream(content).into_response(), etag);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(shown.content_type));
    headers.insert(header::CONTENT_DISPOSITION, shown.disposition.clone());
    headers.insert(header::CONTENT_LENGTH, part.len().into());
    if let Some(content_range) = part.content_range() {
        headers.insert(header::CONTENT_RANGE, content_range);
        *response.status_mut() = StatusCode::PARTIAL_CONTENT;
    }
    response
}

fn with_headers(mut response: Response, etag: &str) -> Response {
    response.headers_mut().extend(HEADERS);
    if let Ok(etag) = HeaderValue::try_from(etag) {
        response.headers_mut().insert(header::ETAG, etag);
    }
    response
}
