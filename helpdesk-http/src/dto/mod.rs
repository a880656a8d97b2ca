//! The forms that go over the wire. They are types of their own, so that a change of the domain never changes an answer by
//! accident; every one of them has a snapshot test.
//!
//! A field without a value is `null` and never left out. Times are RFC 3339 in UTC, ids are UUIDs, sizes are bytes.

mod account;
mod attachment;
mod feed;
mod message;
mod session;
mod status;
#[cfg(test)]
mod tests;

use helpdesk_core::storage::Page;
use serde::Serialize;
use utoipa::ToSchema;

use crate::extract::PageCursor;

pub(crate) use account::{LoginRequest, LoginResponse, PasswordChange, Person, PersonChange, PersonNew};
pub(crate) use feed::FeedItem;
pub(crate) use message::{Message, MessageForm, MessageHit, NewMessage, Revision};
pub(crate) use session::{Session, SessionDetail, SessionState};
pub(crate) use status::Status;

/// A page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct List<T> {
    /// The rows.
    items: Vec<T>,
    /// The `cursor` of the next page; `null` on the last one.
    #[schema(required)]
    next: Option<String>,
}

impl<T> List<T> {
    pub(crate) fn of<D: Into<T>>(page: Page<D>) -> Self {
        Self { items: page.items.into_iter().map(Into::into).collect(), next: page.next.as_ref().map(PageCursor::text) }
    }
}

/// A list that is never long enough for pages.
impl<T, D: Into<T>> FromIterator<D> for List<T> {
    fn from_iter<I: IntoIterator<Item = D>>(items: I) -> Self {
        Self { items: items.into_iter().map(Into::into).collect(), next: None }
    }
}
