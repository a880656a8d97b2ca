//! What a command to the [`Desk`](crate::desk::Desk) can answer instead of a result, in classes that a caller can act on.

use crate::{
    blob::BlobError,
    permission::Denied,
    session::Refusal,
    storage::{CommitError, StorageError},
};

/// A command that was not carried out. Nothing of it was stored.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DeskError {
    /// What was asked for does not exist, or the one who asks may not know that it does.
    #[error("there is no such {what}")]
    NotFound {
        /// What was looked for, such as `session`.
        what: &'static str,
    },
    /// The one who asks may not do this.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// The session's rules do not allow it now.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The input breaks a limit or makes no sense; the text says what to change.
    #[error("{0}")]
    Invalid(String),
    /// It collides with something that exists, such as a login that is taken; the text says what to change.
    #[error("{0}")]
    Conflict(String),
    /// Too many others changed the same thing at once; the same command may be sent again.
    #[error("the session is being changed by too many at once; try again")]
    Busy,
    /// The storage failed; the same command may be sent again later.
    #[error("the storage is unavailable")]
    Storage(#[from] StorageError),
    /// The blob store failed; the same command may be sent again later.
    #[error(transparent)]
    Blob(#[from] BlobError),
}

impl DeskError {
    /// Whether the same command may succeed later.
    pub fn is_temporary(&self) -> bool {
        match self {
            Self::Busy | Self::Storage(_) => true,
            Self::Blob(error) => matches!(error, BlobError::Unavailable(_)),
            _ => false,
        }
    }
}

/// Why [`DeskBuilder::build`](crate::desk::DeskBuilder::build) refuses.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// Two channels have the same name.
    #[error("two channels are named {0}: give each its own name")]
    DuplicateChannel(crate::address::ChannelName),
    /// A phrase that the host replaced is not written right.
    #[error(transparent)]
    Phrase(#[from] crate::phrases::PhraseError),
}

/// The outcome of a commit as a command sees it, once duplicates and conflicts have been dealt with.
impl From<CommitError> for DeskError {
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::Storage(error) => Self::Storage(error),
            CommitError::Conflict(_) | CommitError::Duplicate { .. } => Self::Busy,
        }
    }
}
