//! Events: what happened, in one total order, so that a reader resumes from the last one it saw and misses nothing.
//!
//! An event names what changed and holds none of it; the [feed](crate::desk::feed) shows it as it is when the event is read.
//! So no event keeps a text that was edited or deleted since.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::id::{ChatId, MessageId, SessionId, StaffId};

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// Its place in the total order: 1, 2, 3 … with gaps allowed, never reused.
    pub position: u64,
    /// When it happened.
    pub at: Timestamp,
    /// What happened.
    pub kind: EventKind,
}

/// What happened, and to what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "type")]
#[non_exhaustive]
pub enum EventKind {
    /// A session was opened.
    #[serde(rename = "session.opened")]
    SessionOpened {
        /// The session.
        session: SessionId,
    },
    /// A session's state, agents or rating changed.
    #[serde(rename = "session.changed")]
    SessionChanged {
        /// The session.
        session: SessionId,
    },
    /// A message was written.
    #[serde(rename = "message.created")]
    MessageCreated {
        /// The session, if the chat is a support dialog.
        session: Option<SessionId>,
        /// The chat.
        chat: ChatId,
        /// The message.
        message: MessageId,
    },
    /// A message's text, attachments, transcripts, buttons or delivery changed.
    #[serde(rename = "message.changed")]
    MessageChanged {
        /// The session, if the chat is a support dialog.
        session: Option<SessionId>,
        /// The chat.
        chat: ChatId,
        /// The message.
        message: MessageId,
    },
    /// An account was made or changed.
    #[serde(rename = "staff.changed")]
    StaffChanged {
        /// The account.
        staff: StaffId,
    },
}

impl EventKind {
    /// The session that it is about.
    pub fn session(&self) -> Option<SessionId> {
        match self {
            Self::SessionOpened { session } | Self::SessionChanged { session } => Some(*session),
            Self::MessageCreated { session, .. } | Self::MessageChanged { session, .. } => *session,
            Self::StaffChanged { .. } => None,
        }
    }

    /// The message that it is about.
    pub fn message(&self) -> Option<MessageId> {
        match self {
            Self::MessageCreated { message, .. } | Self::MessageChanged { message, .. } => Some(*message),
            _ => None,
        }
    }
}
