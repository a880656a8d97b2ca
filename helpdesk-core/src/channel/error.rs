//! How a call to a channel can end other than well, in classes that the dispatcher acts on.

use std::time::Duration;

use crate::address::Address;

/// A failed call to a [`Channel`](super::Channel).
///
/// `reason` is shown to staff and logged: it never carries a token, a header or a customer's text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ChannelError {
    /// Nothing was done, and another try may succeed: no connection, the platform is overloaded.
    #[error("temporarily unavailable: {reason}")]
    Temporary {
        /// What happened.
        reason: String,
    },
    /// Nothing was done: the platform asks for a pause.
    #[error("rate limited for {} s", retry_after.as_secs())]
    RateLimited {
        /// How long to pause.
        retry_after: Duration,
    },
    /// Nothing was done, and another try would end the same.
    #[error("refused: {reason}")]
    Permanent {
        /// What happened.
        reason: String,
    },
    /// Nothing was done: the customer cannot be reached at this address (they blocked the bot, the mailbox is gone).
    #[error("the address cannot be reached: {reason}")]
    Unreachable {
        /// What happened.
        reason: String,
    },
    /// Nothing was done: the address has moved, and the send is to be made there.
    #[error("the address has moved")]
    Moved {
        /// The new address.
        to: Address,
    },
    /// The file is larger than the channel gives away or takes.
    #[error("the file is too large for the channel")]
    TooLarge,
    /// It may have been done or not: the request went out and its answer was lost.
    #[error("the outcome is unknown: {reason}")]
    Unknown {
        /// What happened.
        reason: String,
    },
}

impl ChannelError {
    /// A [`ChannelError::Temporary`].
    pub fn temporary(reason: impl Into<String>) -> Self {
        Self::Temporary { reason: reason.into() }
    }

    /// A [`ChannelError::Permanent`].
    pub fn permanent(reason: impl Into<String>) -> Self {
        Self::Permanent { reason: reason.into() }
    }

    /// A [`ChannelError::Unknown`].
    pub fn unknown(reason: impl Into<String>) -> Self {
        Self::Unknown { reason: reason.into() }
    }
}
