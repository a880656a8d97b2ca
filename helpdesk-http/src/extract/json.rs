//! JSON bodies: read within a limit and a time, and matched to their type in full.

use axum::{
    body::Bytes,
    extract::{DefaultBodyLimit, FromRequest, Request},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::{Serialize, de::DeserializeOwned};
use serde_path_to_error::Segment;
use tokio::time::timeout;

use super::JSON_MAX_BYTES;
use crate::{
    problem::{Kind, Problem},
    state::App,
};

/// A JSON body, of a request or of an answer.
pub(crate) struct Json<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequest<App> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &App) -> Result<Self, Problem> {
        if !is_of_type(request.headers(), "application/json") {
            return Err(Problem::new(Kind::UnsupportedMediaType).detail("send `Content-Type: application/json`"));
        }
        let body = read_body(request, app, JSON_MAX_BYTES).await?;
        parse(&body).map(Self)
    }
}

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        axum::Json(self.0).into_response()
    }
}

/// Whether the request's body is of this media type and not compressed.
pub(super) fn is_of_type(headers: &HeaderMap, wanted: &str) -> bool {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case(wanted) && !headers.contains_key(header::CONTENT_ENCODING)
}

/// The whole body, if it is no longer than `max_bytes` and arrives in time.
pub(crate) async fn read_body(mut request: Request, app: &App, max_bytes: usize) -> Result<Bytes, Problem> {
    DefaultBodyLimit::max(max_bytes).apply(&mut request);
    match timeout(app.options.read_timeout, Bytes::from_request(request, app)).await {
        Ok(Ok(body)) => Ok(body),
        Ok(Err(rejection)) if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE => {
            Err(Problem::new(Kind::TooLarge).detail(format!("the body is longer than {max_bytes} bytes")))
        }
        Ok(Err(_)) => Err(Problem::new(Kind::MalformedBody).detail("the body broke off")),
        Err(_) => Err(Problem::new(Kind::Timeout)),
    }
}

/// Reads `body` as a `T`, or says where it does not fit.
pub(super) fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    let text = std::str::from_utf8(body)
        .map_err(|_| Problem::new(Kind::MalformedBody).detail("the body is not valid UTF-8"))?;
    // Serde would also take the fields of an object as an array, in an order that nobody has promised.
    let body = text.trim_ascii_start();
    if !body.is_empty() && !body.starts_with('{') {
        return Err(Problem::new(Kind::InvalidBody).at("#", "expected an object"));
    }
    let mut json = serde_json::Deserializer::from_str(body);
    let value = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        if error.inner().is_data() {
            let detail = error.inner().to_string();
            Problem::new(Kind::InvalidBody).at(pointer(error.path()), detail)
        } else {
            Problem::new(Kind::MalformedBody).detail(error.into_inner().to_string())
        }
    })?;
    json.end().map_err(|error| Problem::new(Kind::MalformedBody).detail(error.to_string()))?;
    Ok(value)
}

/// The place in a JSON Pointer (RFC 6901), as a URI fragment.
fn pointer(path: &serde_path_to_error::Path) -> String {
    let mut pointer = "#".to_owned();
    for segment in path {
        let name = match segment {
            Segment::Map { key } => key.replace('~', "~0").replace('/', "~1"),
            Segment::Seq { index } => index.to_string(),
            Segment::Enum { variant } => variant.clone(),
            Segment::Unknown => continue,
        };
        pointer.push('/');
        pointer.push_str(&name);
    }
    pointer
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Body {
        #[expect(dead_code, reason = "only its type matters")]
        counts: BTreeMap<String, Vec<u32>>,
    }

    fn refusal(body: &[u8]) -> (StatusCode, String) {
        let problem = parse::<Body>(body).unwrap_err();
        (problem.status(), format!("{problem:?}"))
    }

    #[test]
    fn points_at_the_place_that_does_not_fit() {
        let (status, problem) = refusal(br#"{"counts": {"a/b": [1, "two"]}}"#);
        assert_eq!(status, StatusCode::BAD_REQUEST);
        assert!(problem.contains(r##""#/counts/a~1b/1""##), "{problem}");
    }

    #[test]
    fn refuses_what_is_not_one_whole_json_value() {
        for body in [&b"{"[..], b"", b"{\"counts\": {}} {}", b"\xff{}", b"{\"counts\": {}, \"x\": 1}", b"[]"] {
            assert_eq!(refusal(body).0, StatusCode::BAD_REQUEST, "{}", body.escape_ascii());
        }
    }
}
