//! Lists: filtered, sorted, and cut into pages by key. A cursor holds the key of the last row that was shown, so rows that
//! come in between move no page.

use std::{cmp::Reverse, str::FromStr, sync::Arc};

use jiff::Timestamp;

use super::tables::Tables;
use crate::{
    id::StaffId,
    limits::shorten,
    message::{Message, Visibility},
    person::Staff,
    session::{Session, State},
    storage::{
        Cursor, InvalidCursor, MessageFilter, MessageOrder, Page, PageRequest, Preview, SessionFilter, SessionOrder,
        SessionSummary, StorageError,
    },
};

/// Most characters of a [`Preview`].
const PREVIEW_MAX_CHARS: usize = 200;

/// A sort key that a cursor can hold. The kind keeps a cursor from being taken by another list.
pub(super) trait Key: Ord + Sized {
    /// What every cursor of this list begins with.
    const KIND: &'static str;
    /// The key as text.
    fn write(&self) -> String;
    /// The key that [`write`](Self::write) wrote.
    fn read(text: &str) -> Option<Self>;
}

/// Cuts `rows` into the page that `page` asks for.
pub(super) fn paginate<K: Key, T>(rows: Vec<(K, T)>, page: &PageRequest) -> Result<Page<T>, StorageError> {
    let after = page.cursor.as_ref().map(read_cursor::<K>).transpose()?;
    let mut rows: Vec<_> = rows.into_iter().filter(|(key, _)| after.as_ref().is_none_or(|after| key > after)).collect();
    rows.sort_by(|(one, _), (other, _)| one.cmp(other));
    let limit = page.rows() as usize;
    let next = match rows.get(limit.saturating_sub(1)) {
        Some((last, _)) if rows.len() > limit => Some(Cursor(format!("{}:{}", K::KIND, last.write()))),
        _ => None,
    };
    rows.truncate(limit);
    Ok(Page { items: rows.into_iter().map(|(_, row)| row).collect(), next })
}

fn read_cursor<K: Key>(cursor: &Cursor) -> Result<K, InvalidCursor> {
    let (kind, key) = cursor.0.split_once(':').ok_or(InvalidCursor)?;
    if kind != K::KIND {
        return Err(InvalidCursor);
    }
    K::read(key).ok_or(InvalidCursor)
}

/// Messages from the first on, by their place in the chat.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Oldest(u64);

/// Messages from the last back.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Newest(Reverse<u64>);

/// Sessions by number, the newest first.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Numbered(Reverse<u64>);

/// Messages of all chats, the newest first.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Found(pub(super) Reverse<u64>);

/// Sessions by how long they wait, ties by number.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Waiting(Timestamp, u64);

/// Staff by full name, ties by id.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Named(String, StaffId);

impl Key for Oldest {
    const KIND: &'static str = "messages";
    fn write(&self) -> String {
        self.0.to_string()
    }
    fn read(text: &str) -> Option<Self> {
        text.parse().ok().map(Self)
    }
}

macro_rules! downwards {
    ($($key:ident = $kind:literal),+) => {$(
        impl Key for $key {
            const KIND: &'static str = $kind;
            fn write(&self) -> String {
                self.0.0.to_string()
            }
            fn read(text: &str) -> Option<Self> {
                text.parse().ok().map(|number| Self(Reverse(number)))
            }
        }
    )+};
}

downwards!(Newest = "messages", Numbered = "numbered", Found = "found");

impl Key for Waiting {
    const KIND: &'static str = "waiting";
    fn write(&self) -> String {
        format!("{}:{}", self.1, self.0)
    }
    fn read(text: &str) -> Option<Self> {
        let (number, since) = text.split_once(':')?;
        Some(Self(since.parse().ok()?, number.parse().ok()?))
    }
}

impl Key for Named {
    const KIND: &'static str = "named";
    fn write(&self) -> String {
        format!("{}:{}", self.1, self.0)
    }
    fn read(text: &str) -> Option<Self> {
        let (id, name) = text.split_once(':')?;
        Some(Self(name.to_owned(), StaffId::from_str(id).ok()?))
    }
}

impl Tables {
    pub(super) fn session_list(
        &self,
        filter: &SessionFilter,
        page: &PageRequest,
    ) -> Result<Page<SessionSummary>, StorageError> {
        let wanted = self.sessions.values().map(Arc::as_ref).filter(|session| passes(session, filter));
        let found = match filter.order {
            SessionOrder::Newest => {
                paginate(wanted.map(|session| (Numbered(Reverse(session.number)), session)).collect(), page)?
            }
            SessionOrder::LongestWaiting => {
                let since = |session: &Session| session.handed_over_at.unwrap_or(session.opened_at);
                paginate(wanted.map(|session| (Waiting(since(session), session.number), session)).collect(), page)?
            }
        };
        Ok(found.map(|session| self.summary(session)))
    }

    pub(super) fn summary(&self, session: &Session) -> SessionSummary {
        let messages = || self.messages.values().map(|kept| &kept.message).filter(|m| m.chat == session.chat);
        let last = messages().filter(|message| message.visibility == Visibility::Everyone).max_by_key(|m| m.seq);
        let customer = self.customers.get(&session.customer);
        SessionSummary {
            session: session.clone(),
            customer_name: customer.map(|customer| customer.name.clone()).unwrap_or_default(),
            message_count: messages().count() as u64,
            last_message: last.map(preview),
        }
    }

    pub(super) fn message_list(
        &self,
        filter: &MessageFilter,
        page: &PageRequest,
    ) -> Result<Page<Message>, StorageError> {
        let wanted = self.messages.values().map(|kept| &kept.message).filter(|message| {
            message.chat == filter.chat && (filter.with_notes || message.visibility == Visibility::Everyone)
        });
        let found = match filter.order {
            MessageOrder::Oldest => paginate(wanted.map(|message| (Oldest(message.seq), message)).collect(), page)?,
            MessageOrder::Newest => {
                paginate(wanted.map(|message| (Newest(Reverse(message.seq)), message)).collect(), page)?
            }
        };
        Ok(found.map(Message::clone))
    }

    pub(super) fn staff_list(&self, page: &PageRequest) -> Result<Page<Staff>, StorageError> {
        let staff = self.staff.values().map(|staff| (Named(staff.full_name.to_lowercase(), staff.id), staff));
        Ok(paginate(staff.collect(), page)?.map(|staff| Staff::clone(staff)))
    }
}

fn passes(session: &Session, filter: &SessionFilter) -> bool {
    (filter.states.is_empty() || filter.states.contains(&session.state.kind()))
        && filter.handed_over.is_none_or(|wanted| session.handed_over_at.is_some() == wanted)
        && filter.customer.is_none_or(|customer| session.customer == customer)
        && filter.channel.as_ref().is_none_or(|channel| session.address.channel == *channel)
        && filter
            .agent
            .is_none_or(|agent| matches!(&session.state, State::Active { agents } if agents.contains(&agent)))
        && filter.opened_from.is_none_or(|from| session.opened_at >= from)
        && filter.opened_before.is_none_or(|before| session.opened_at < before)
}

fn preview(message: &Message) -> Preview {
    Preview {
        author: message.author,
        text: shorten(&message.text, PREVIEW_MAX_CHARS),
        attachment_count: u32::try_from(message.attachments.len()).unwrap_or(u32::MAX),
        at: message.created_at,
    }
}
