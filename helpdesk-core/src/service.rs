//! What a service that the bot leans on (a model, a transcriber) can answer instead of a result.

use std::time::Duration;

/// A failed call to a [`Responder`](crate::responder::Responder) or a [`Transcriber`](crate::transcriber::Transcriber).
///
/// `reason` is shown to staff and logged: it names what went wrong and never carries a key, a header or a customer's text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ServiceError {
    /// Worth another try: a timeout, an overload, a lost connection.
    #[error("temporarily unavailable: {reason}")]
    Temporary {
        /// What happened.
        reason: String,
        /// How long the service asked to be left alone, where it said so.
        retry_after: Option<Duration>,
    },
    /// Another try would end the same: a refused key, an unreadable file, an answer that makes no sense.
    #[error("failed: {reason}")]
    Permanent {
        /// What happened.
        reason: String,
    },
}

impl ServiceError {
    /// A [`ServiceError::Temporary`] without a wish for when to come back.
    pub fn temporary(reason: impl Into<String>) -> Self {
        Self::Temporary { reason: reason.into(), retry_after: None }
    }

    /// A [`ServiceError::Permanent`].
    pub fn permanent(reason: impl Into<String>) -> Self {
        Self::Permanent { reason: reason.into() }
    }
}
