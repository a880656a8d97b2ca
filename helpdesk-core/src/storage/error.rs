//! How storages fail.

/// A change set was not written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CommitError {
    /// The same cause was committed before; nothing was written now.
    #[error("this was committed before")]
    Duplicate {
        /// The outcome that was kept with it.
        outcome: String,
    },
    /// What the change set was decided on has changed since: read again and decide again.
    #[error("what was read has changed since: {0:?}")]
    Conflict(Conflict),
    /// The storage failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// What collided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Conflict {
    /// A session has moved on.
    Session,
    /// The customer has an unclosed session.
    SessionUnclosed,
    /// The address is somebody's.
    Address,
    /// A message, its attachments or its delivery have changed.
    Message,
    /// The lease on the task is lost.
    Task,
    /// The login is taken.
    Login,
    /// An account has changed, or there are accounts already.
    Staff,
    /// A row with this id exists.
    Id,
}

/// A failed call to a storage.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StorageError {
    /// The database cannot be reached, is full, or failed; worth another try.
    #[error("the database is unavailable")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A row cannot be understood: it was written by a newer version or by other hands.
    #[error("a stored {what} cannot be read: {reason}")]
    Unreadable {
        /// What it is.
        what: &'static str,
        /// Why.
        reason: String,
    },
    /// A change set updates a row that does not exist.
    #[error("there is no such {what} to change")]
    Missing {
        /// What it is.
        what: &'static str,
    },
    /// A cursor that this storage did not write.
    #[error(transparent)]
    Cursor(#[from] super::InvalidCursor),
}

impl StorageError {
    /// Wraps a driver's error.
    pub fn unavailable(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Unavailable(error.into())
    }
}
