//! Typed identifiers: newtypes over UUIDv7, so that new rows land at the end of an index and a session's id cannot be
//! passed where a message's is meant. Order within a chat is [`Message::seq`](crate::message::Message::seq), not the id. Decisions never make ids: they are given an [`IdSource`].

use std::{fmt, str::FromStr};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A text that is not an identifier.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not an identifier: expected a UUID such as 0190d5f4-7a3c-7000-8000-000000000001")]
pub struct InvalidId;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// Wraps a UUID that was made elsewhere.
            pub const fn from_uuid(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// The UUID inside.
            pub const fn as_uuid(&self) -> Uuid {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), self.0)
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                Uuid::parse_str(text).map(Self).map_err(|_| InvalidId)
            }
        }
    )+};
}

ids! {
    /// One who asks for help.
    CustomerId,
    /// An agent or an admin.
    StaffId,
    /// A place with messages.
    ChatId,
    /// One message of a chat.
    MessageId,
    /// A file, place or contact that a message carries.
    AttachmentId,
    /// One support dialog, from the request to its resolution.
    SessionId,
    /// One piece of work for the dispatcher.
    TaskId,
}

/// Where new identifiers come from: an argument of every decision that needs one.
pub trait IdSource: Send + Sync + fmt::Debug + 'static {
    /// A new UUIDv7 for something created at `now`; never the same twice.
    fn uuid(&self, now: Timestamp) -> Uuid;
}

/// Identifiers for production: UUIDv7 with a random tail.
#[derive(Debug, Clone, Copy, Default)]
pub struct RandomIds;

impl IdSource for RandomIds {
    fn uuid(&self, now: Timestamp) -> Uuid {
        let seconds = u64::try_from(now.as_second()).unwrap_or(0);
        let nanoseconds = u32::try_from(now.subsec_nanosecond()).unwrap_or(0);
        Uuid::new_v7(uuid::Timestamp::from_unix(uuid::NoContext, seconds, nanoseconds))
    }
}

/// Makes typed ids for one command: an [`IdSource`] together with the command's time.
#[derive(Debug, Clone, Copy)]
pub struct Ids<'a> {
    source: &'a dyn IdSource,
    now: Timestamp,
}

impl<'a> Ids<'a> {
    /// Ids of things created at `now`.
    pub fn new(source: &'a dyn IdSource, now: Timestamp) -> Self {
        Self { source, now }
    }

    /// A new customer's id.
    pub fn customer(&self) -> CustomerId {
        CustomerId(self.source.uuid(self.now))
    }

    /// A new staff member's id.
    pub fn staff(&self) -> StaffId {
        StaffId(self.source.uuid(self.now))
    }

    /// A new chat's id.
    pub fn chat(&self) -> ChatId {
        ChatId(self.source.uuid(self.now))
    }

    /// A new message's id.
    pub fn message(&self) -> MessageId {
        MessageId(self.source.uuid(self.now))
    }

    /// A new attachment's id.
    pub fn attachment(&self) -> AttachmentId {
        AttachmentId(self.source.uuid(self.now))
    }

    /// A new session's id.
    pub fn session(&self) -> SessionId {
        SessionId(self.source.uuid(self.now))
    }

    /// A new task's id.
    pub fn task(&self) -> TaskId {
        TaskId(self.source.uuid(self.now))
    }
}
