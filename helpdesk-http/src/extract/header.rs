//! Headers that change what a request means.

use axum::{extract::FromRequestParts, http::request::Parts};
use helpdesk_core::limits::CAUSE_KEY_MAX_BYTES;

use crate::problem::{Kind, Problem};

const NAME: &str = "idempotency-key";

/// The client's own key of a request that creates something: the same key again gives the same result, once.
pub(crate) struct IdempotencyKey(pub(crate) Option<String>);

impl<S: Sync> FromRequestParts<S> for IdempotencyKey {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let mut values = parts.headers.get_all(NAME).iter();
        let key = match (values.next(), values.next()) {
            (None, _) => return Ok(Self(None)),
            (Some(value), None) => value.to_str().ok().filter(|key| is_key(key)),
            (Some(_), Some(_)) => None,
        };
        let refused = || {
            Problem::new(Kind::InvalidHeader)
                .parameter("Idempotency-Key", format!("one key of 1 to {CAUSE_KEY_MAX_BYTES} visible ASCII characters"))
        };
        key.map(|key| Self(Some(key.to_owned()))).ok_or_else(refused)
    }
}

fn is_key(text: &str) -> bool {
    (1..=CAUSE_KEY_MAX_BYTES).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}
