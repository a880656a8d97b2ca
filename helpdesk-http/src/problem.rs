//! Every answer other than the wished one: an RFC 9457 problem document, with a `type` that clients can tell apart and
//! that never changes its meaning. What went wrong inside is logged; the client is told what it can do.

use std::{borrow::Cow, error::Error, time::Duration};

use axum::{
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use helpdesk_core::{DeskError, blob::BlobError, permission::Denied, session::Refusal, storage::StorageError};
use serde::Serialize;
use utoipa::ToSchema;

/// The kinds of problems.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    MalformedBody,
    InvalidBody,
    InvalidQuery,
    InvalidCursor,
    InvalidHeader,
    Unauthenticated,
    InvalidCredentials,
    Forbidden,
    CrossOrigin,
    NotFound,
    MethodNotAllowed,
    Timeout,
    Conflict,
    SessionClosed,
    NotJoined,
    TooLarge,
    UnsupportedMediaType,
    RangeNotSatisfiable,
    Validation,
    UpgradeRequired,
    TooManyLogins,
    Internal,
    Unavailable,
}

impl Kind {
    /// The last part of the `type`, the status, and the `title`.
    const fn parts(self) -> (&'static str, StatusCode, &'static str) {
        match self {
            Self::MalformedBody => ("malformed-body", StatusCode::BAD_REQUEST, "The body cannot be read"),
            Self::InvalidBody => ("invalid-body", StatusCode::BAD_REQUEST, "The body does not have the expected form"),
            Self::InvalidQuery => ("invalid-query", StatusCode::BAD_REQUEST, "A query parameter is not right"),
            Self::InvalidCursor => ("invalid-cursor", StatusCode::BAD_REQUEST, "The cursor is not from this list"),
            Self::InvalidHeader => ("invalid-header", StatusCode::BAD_REQUEST, "A header is not right"),
            Self::Unauthenticated => ("unauthenticated", StatusCode::UNAUTHORIZED, "Log in first"),
            Self::InvalidCredentials => {
                ("invalid-credentials", StatusCode::UNAUTHORIZED, "The login or the password is wrong")
            }
            Self::Forbidden => ("forbidden", StatusCode::FORBIDDEN, "You may not do this"),
            Self::CrossOrigin => ("cross-origin", StatusCode::FORBIDDEN, "The request comes from another site"),
            Self::NotFound => ("not-found", StatusCode::NOT_FOUND, "There is no such thing"),
            Self::MethodNotAllowed => {
                ("method-not-allowed", StatusCode::METHOD_NOT_ALLOWED, "This cannot be done here")
            }
            Self::Timeout => ("timeout", StatusCode::REQUEST_TIMEOUT, "The body took too long to arrive"),
            Self::Conflict => ("conflict", StatusCode::CONFLICT, "It collides with something that exists"),
            Self::SessionClosed => ("session-closed", StatusCode::CONFLICT, "The session is closed"),
            Self::NotJoined => ("not-joined", StatusCode::CONFLICT, "Join the discussion first"),
            Self::TooLarge => ("too-large", StatusCode::PAYLOAD_TOO_LARGE, "The body is too large"),
            Self::UnsupportedMediaType => {
                ("unsupported-media-type", StatusCode::UNSUPPORTED_MEDIA_TYPE, "The body has the wrong type")
            }
            Self::RangeNotSatisfiable => {
                ("range-not-satisfiable", StatusCode::RANGE_NOT_SATISFIABLE, "The file has no such range")
            }
            Self::Validation => ("validation", StatusCode::UNPROCESSABLE_ENTITY, "The input breaks a rule"),
            Self::UpgradeRequired => ("upgrade-required", StatusCode::UPGRADE_REQUIRED, "Open this as a WebSocket"),
            Self::TooManyLogins => ("too-many-logins", StatusCode::TOO_MANY_REQUESTS, "Too many tries to log in"),
            Self::Internal => ("internal", StatusCode::INTERNAL_SERVER_ERROR, "Something went wrong here"),
            Self::Unavailable => ("unavailable", StatusCode::SERVICE_UNAVAILABLE, "Temporarily unavailable"),
        }
    }
}

/// A problem on its way to the client.
#[derive(Debug)]
pub(crate) struct Problem {
    kind: Kind,
    detail: Option<Cow<'static, str>>,
    errors: Vec<InputError>,
    headers: Vec<(HeaderName, HeaderValue)>,
}

/// Why a request was not carried out (RFC 9457).
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
pub(crate) struct ProblemDocument<'a> {
    /// What kind of problem it is: stable, for programs.
    #[serde(rename = "type")]
    #[schema(value_type = String, example = "urn:helpdesk:problem:not-found")]
    kind: String,
    /// What kind of problem it is, for people.
    title: &'static str,
    /// The HTTP status.
    status: u16,
    /// What happened this time and what to change.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<&'a str>,
    /// Which parts of the input are meant.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    errors: &'a [InputError],
}

/// A part of the input that is not right.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct InputError {
    /// Where it stands in the body, as a JSON Pointer in a URI fragment.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "#/password")]
    pub(crate) pointer: Option<String>,
    /// Which query parameter or header it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) parameter: Option<Cow<'static, str>>,
    /// What is wrong with it.
    pub(crate) detail: String,
}

impl Problem {
    pub(crate) fn new(kind: Kind) -> Self {
        Self { kind, detail: None, errors: Vec::new(), headers: Vec::new() }
    }

    pub(crate) fn detail(mut self, detail: impl Into<Cow<'static, str>>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// Points at a part of the body.
    pub(crate) fn at(mut self, pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        self.errors.push(InputError { pointer: Some(pointer.into()), parameter: None, detail: detail.into() });
        self
    }

    /// Names a query parameter or a header.
    pub(crate) fn parameter(mut self, name: impl Into<Cow<'static, str>>, detail: impl Into<String>) -> Self {
        self.errors.push(InputError { pointer: None, parameter: Some(name.into()), detail: detail.into() });
        self
    }

    pub(crate) fn header(mut self, name: HeaderName, value: impl Into<HeaderValue>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// Tells the client when to come back, in whole seconds and never in the past.
    pub(crate) fn retry_after(self, pause: Duration) -> Self {
        let seconds = pause.as_secs() + u64::from(pause.subsec_nanos() > 0);
        self.header(header::RETRY_AFTER, seconds.max(1))
    }

    /// The caller has no login that counts.
    pub(crate) fn unauthenticated() -> Self {
        Self::new(Kind::Unauthenticated)
            .detail("send the token of a login as `Authorization: Bearer …`")
            .header(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))
    }

    /// Nothing is there, or the caller may not know that it is.
    pub(crate) fn not_found(what: &'static str) -> Self {
        Self::new(Kind::NotFound).detail(format!("there is no such {what}"))
    }

    pub(crate) fn status(&self) -> StatusCode {
        self.kind.parts().1
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let (slug, status, title) = self.kind.parts();
        let document = ProblemDocument {
            kind: format!("urn:helpdesk:problem:{slug}"),
            title,
            status: status.as_u16(),
            detail: self.detail.as_deref(),
            errors: &self.errors,
        };
        // Strings and numbers alone: there is nothing in it that could fail to serialise.
        let body = serde_json::to_vec(&document).unwrap_or_default();
        let json = HeaderValue::from_static("application/problem+json");
        let mut response = (status, [(header::CONTENT_TYPE, json)], body).into_response();
        response.headers_mut().extend(self.headers);
        response
    }
}

impl From<DeskError> for Problem {
    fn from(error: DeskError) -> Self {
        let problem = match &error {
            DeskError::NotFound { what } => Self::not_found(what),
            DeskError::Denied(Denied::Forbidden) => Self::new(Kind::Forbidden).detail(error.to_string()),
            DeskError::Denied(_) => Self::new(Kind::NotFound),
            DeskError::Refused(Refusal::Closed) => Self::new(Kind::SessionClosed),
            DeskError::Refused(Refusal::NotJoined) => Self::new(Kind::NotJoined).detail(error.to_string()),
            DeskError::Invalid(detail) => Self::new(Kind::Validation).detail(detail.clone()),
            DeskError::Conflict(detail) => Self::new(Kind::Conflict).detail(detail.clone()),
            DeskError::Storage(StorageError::Cursor(cursor)) => {
                Self::new(Kind::InvalidCursor).parameter("cursor", cursor.to_string())
            }
            DeskError::Blob(BlobError::Missing) => Self::not_found("file"),
            DeskError::Blob(BlobError::TooLarge { .. }) => Self::new(Kind::TooLarge).detail(error.to_string()),
            DeskError::Blob(BlobError::Source(_)) => Self::new(Kind::MalformedBody).detail("the upload broke off"),
            DeskError::Storage(StorageError::Unreadable { .. } | StorageError::Missing { .. }) => {
                Self::new(Kind::Internal)
            }
            _ if error.is_temporary() => Self::new(Kind::Unavailable)
                .detail("the same request may be sent again")
                .retry_after(Duration::from_secs(2)),
            _ => Self::new(Kind::Internal),
        };
        if problem.status().is_server_error() {
            tracing::error!(error = %Chain(&error), "a command failed");
        }
        problem
    }
}

/// Shows an error with everything that it came from.
struct Chain<'a>(&'a dyn Error);

impl std::fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0)?;
        let mut source = self.0.source();
        while let Some(error) = source {
            write!(f, ": {error}")?;
            source = error.source();
        }
        Ok(())
    }
}
