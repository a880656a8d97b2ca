//! What the live feed tells.

use helpdesk_core::{
    desk::feed::{FeedItem as DomainItem, LiveEvent as DomainEvent},
    storage::EventKind,
};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{Message, Person, Session};

/// One item of the feed.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum FeedItem {
    Event(Box<LiveEvent>),
    Reset(Reset),
}

/// Something that happened, as it is now: an old event shows the newest state.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LiveEvent {
    /// Its place in the order of all events: `after` for those that follow it.
    position: u64,
    /// When it happened.
    at: Timestamp,
    #[serde(rename = "type")]
    kind: EventType,
    /// The session that it is about.
    #[schema(required)]
    session_id: Option<Uuid>,
    #[schema(required)]
    session: Option<Session>,
    #[schema(required)]
    message: Option<Message>,
    #[schema(required)]
    staff: Option<Person>,
}

/// What happened.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) enum EventType {
    #[serde(rename = "session.opened")]
    SessionOpened,
    /// Its state, agents or rating changed.
    #[serde(rename = "session.changed")]
    SessionChanged,
    #[serde(rename = "message.created")]
    MessageCreated,
    /// Its text, attachments, transcripts, buttons or delivery changed.
    #[serde(rename = "message.changed")]
    MessageChanged,
    /// An account was made or changed.
    #[serde(rename = "staff.changed")]
    StaffChanged,
    /// Something that a newer version knows.
    #[serde(rename = "other")]
    Other,
}

/// The events after the asked position are no longer kept: load everything afresh, and go on after this one.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Reset {
    #[serde(rename = "type")]
    kind: ResetType,
    position: u64,
}

/// What marks a reset.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ResetType {
    Reset,
}

impl FeedItem {
    pub(crate) fn position(&self) -> u64 {
        match self {
            Self::Event(event) => event.position,
            Self::Reset(reset) => reset.position,
        }
    }
}

impl From<DomainItem> for FeedItem {
    fn from(item: DomainItem) -> Self {
        match item {
            DomainItem::Event(event) => Self::Event(Box::new((*event).clone().into())),
            DomainItem::Reset { position } => Self::Reset(Reset { kind: ResetType::Reset, position }),
        }
    }
}

impl From<DomainEvent> for LiveEvent {
    fn from(event: DomainEvent) -> Self {
        let kind = match event.kind {
            EventKind::SessionOpened { .. } => EventType::SessionOpened,
            EventKind::SessionChanged { .. } => EventType::SessionChanged,
            EventKind::MessageCreated { .. } => EventType::MessageCreated,
            EventKind::MessageChanged { .. } => EventType::MessageChanged,
            EventKind::StaffChanged { .. } => EventType::StaffChanged,
            _ => EventType::Other,
        };
        Self {
            position: event.position,
            at: event.at,
            kind,
            session_id: event.kind.session().map(|id| id.as_uuid()),
            session: event.session.map(Into::into),
            message: event.message.map(Into::into),
            staff: event.staff.map(Into::into),
        }
    }
}
