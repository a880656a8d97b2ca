//! Chats: every place with messages. Support dialogs and the four corporate kinds are the same chats and the same messages
//! under other rules, so whatever serves one serves all.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::id::{ChatId, SessionId, StaffId};

/// A place with messages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chat {
    /// Identity.
    pub id: ChatId,
    /// Whose place it is and which rules hold.
    pub kind: ChatKind,
    /// Title of a group or broadcast; empty where the kind implies it.
    pub title: String,
    /// Description of a group or broadcast.
    pub description: String,
    /// When it was created.
    pub created_at: Timestamp,
    /// Since when nothing more is written here; `None` while it is active.
    pub archived_at: Option<Timestamp>,
    /// The [`seq`](crate::message::Message::seq) of its newest message; 0 when there is none. Kept by the storage.
    pub last_seq: u64,
}

/// The kinds of chats (requirements, chapter B).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum ChatKind {
    /// The dialog of one session, between a customer, the bot and staff.
    Support {
        /// The session that owns it.
        session: SessionId,
    },
    /// Two colleagues (B2).
    Direct,
    /// A group of colleagues (B3).
    Group,
    /// A group of colleagues about one session (B4).
    TicketGroup {
        /// The session it is about.
        session: SessionId,
    },
    /// A chat in which only its admins write (B5).
    Broadcast,
}

/// A colleague's place in a corporate chat.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// Who.
    pub staff: StaffId,
    /// What they may do there.
    pub role: MemberRole,
    /// When they came.
    pub joined_at: Timestamp,
    /// The newest message that they have read (B7).
    pub read_seq: u64,
    /// Messages up to this one are hidden from them: they cleared the history for themselves.
    pub cleared_seq: u64,
    /// Whether the chat stands on top of their list.
    pub pinned: bool,
    /// Whether the chat is silent for them.
    pub muted: bool,
}

/// What a member may do in a corporate chat (B3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MemberRole {
    /// Reads, and writes where members may.
    Member,
    /// Manages members and the chat.
    Admin,
    /// The creator: an admin whom nobody can remove.
    Owner,
}
