//! Lists: filters, orders and pages.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    address::ChannelName,
    id::{ChatId, CustomerId, SessionId, StaffId},
    limits::{PAGE_DEFAULT_ROWS, PAGE_MAX_ROWS},
    message::{Author, Message},
    session::{Session, StateKind},
};

/// Where a page ends and the next begins: opaque to everyone but the storage that wrote it. It counts for the list that it
/// came from alone; a chat's messages are one list, from either end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Cursor(pub String);

/// A cursor that the storage did not write.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the cursor is not one that a list has given; start from the first page")]
pub struct InvalidCursor;

/// Which page is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageRequest {
    /// Most rows, 1 to [`PAGE_MAX_ROWS`].
    pub limit: u32,
    /// The [`Page::next`] of the page before; `None` for the first.
    pub cursor: Option<Cursor>,
}

impl Default for PageRequest {
    fn default() -> Self {
        Self { limit: PAGE_DEFAULT_ROWS, cursor: None }
    }
}

impl PageRequest {
    /// The first `limit` rows.
    pub fn first(limit: u32) -> Self {
        Self { limit, cursor: None }
    }

    /// The limit, held between 1 and [`PAGE_MAX_ROWS`].
    pub fn rows(&self) -> u32 {
        self.limit.clamp(1, PAGE_MAX_ROWS)
    }
}

/// A page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// The rows.
    pub items: Vec<T>,
    /// Where the next page begins; `None` when this is the last.
    pub next: Option<Cursor>,
}

impl<T> Page<T> {
    /// The same page with other rows.
    pub fn map<U>(self, f: impl FnMut(T) -> U) -> Page<U> {
        Page { items: self.items.into_iter().map(f).collect(), next: self.next }
    }
}

/// Which sessions are wanted. Every `None` or empty field lets all through.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SessionFilter {
    /// In one of these states.
    pub states: BTreeSet<StateKind>,
    /// Handed over to people at some time (A12).
    pub handed_over: Option<bool>,
    /// Of this customer.
    pub customer: Option<CustomerId>,
    /// On this channel.
    pub channel: Option<ChannelName>,
    /// With this agent in it.
    pub agent: Option<StaffId>,
    /// Opened at or after this time.
    pub opened_from: Option<Timestamp>,
    /// Opened before this time.
    pub opened_before: Option<Timestamp>,
    /// In this order.
    pub order: SessionOrder,
}

/// The order of a session list.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SessionOrder {
    /// The newest number first.
    #[default]
    Newest,
    /// The one that waits longest first: by the time of the hand-over, or of the opening before it.
    LongestWaiting,
}

/// A session as lists show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionSummary {
    /// The session.
    pub session: Session,
    /// The customer's name.
    pub customer_name: String,
    /// How many messages it has, notes included.
    pub message_count: u64,
    /// Its newest message that is no note.
    pub last_message: Option<Preview>,
}

/// The gist of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preview {
    /// Who wrote it.
    pub author: Author,
    /// The text, shortened to 200 characters.
    pub text: String,
    /// How many attachments it has.
    pub attachment_count: u32,
    /// When it was stored.
    pub at: Timestamp,
}

/// Which messages of a chat are wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageFilter {
    /// The chat.
    pub chat: ChatId,
    /// Whether staff's notes are among them.
    pub with_notes: bool,
    /// In this order.
    pub order: MessageOrder,
}

/// The order of a message list.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MessageOrder {
    /// From the first on.
    #[default]
    Oldest,
    /// From the last back.
    Newest,
}

/// What is searched for, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchFilter {
    /// The words, as a person typed them: no syntax.
    pub query: String,
    /// In sessions that were handed over alone (what agents may see).
    pub handed_over_only: bool,
    /// In this session alone.
    pub session: Option<SessionId>,
}

/// A message that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageHit {
    /// The message.
    pub message: Message,
    /// Its session.
    pub session: Session,
}
