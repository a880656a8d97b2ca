//! Sessions, as they are and as lists show them, and chats.

use helpdesk_core::{
    chat::{Chat, Member},
    id::{ChatId, CustomerId, SessionId},
    limits::shorten,
    session::{Session, StateKind},
    storage::{Page, PageRequest, SessionFilter, SessionOrder, SessionSummary, StorageError},
};
use sqlx::{QueryBuilder, Sqlite, sqlite::SqliteRow};

use super::{
    Reader,
    page::{self, ByNumber, ByWaiting},
    push_ids,
};
use crate::sqlite::{
    encode::{integer, micros},
    row::{self, session_columns},
};

/// Most characters of a preview.
const PREVIEW_MAX_CHARS: usize = 200;

/// A session with what lists show beside it. The newest message that is no note is found from the end of the chat's index.
const SUMMARY: &str = concat!(
    "SELECT ",
    session_columns!(),
    ", coalesce(c.name, '') AS customer_name, \
     coalesce((SELECT max(seq) FROM helpdesk_messages WHERE chat = s.chat), 0) AS message_count, l.author AS last_author, \
     substr(l.text, 1, 201) AS last_text, l.created_at AS last_created_at, \
     (SELECT count(*) FROM helpdesk_attachments a WHERE a.message = l.id) AS last_attachment_count \
     FROM helpdesk_sessions s \
     LEFT JOIN helpdesk_customers c ON c.id = s.customer \
     LEFT JOIN helpdesk_messages l ON l.place = (SELECT place FROM helpdesk_messages \
         WHERE chat = s.chat AND visibility = 'everyone' ORDER BY seq DESC LIMIT 1)"
);

impl Reader {
    pub(in crate::sqlite) async fn session(&self, id: SessionId) -> Result<Option<Session>, StorageError> {
        const BY_ID: &str = concat!("SELECT ", session_columns!(), " FROM helpdesk_sessions s WHERE s.id = ?");
        self.one(sqlx::query(BY_ID).bind(id.as_uuid()), row::session).await
    }

    pub(in crate::sqlite) async fn session_unclosed(
        &self,
        customer: CustomerId,
    ) -> Result<Option<Session>, StorageError> {
        const UNCLOSED: &str = concat!(
            "SELECT ",
            session_columns!(),
            " FROM helpdesk_sessions s WHERE s.customer = ? AND s.state <> 'closed'"
        );
        self.one(sqlx::query(UNCLOSED).bind(customer.as_uuid()), row::session).await
    }

    pub(in crate::sqlite) async fn session_latest(
        &self,
        customer: CustomerId,
    ) -> Result<Option<Session>, StorageError> {
        const LATEST: &str = concat!(
            "SELECT ",
            session_columns!(),
            " FROM helpdesk_sessions s WHERE s.customer = ? ORDER BY s.number DESC LIMIT 1"
        );
        self.one(sqlx::query(LATEST).bind(customer.as_uuid()), row::session).await
    }

    pub(in crate::sqlite) async fn session_summary(
        &self,
        id: SessionId,
    ) -> Result<Option<SessionSummary>, StorageError> {
        let mut query = QueryBuilder::new(SUMMARY);
        query.push(" WHERE s.id = ").push_bind(id.as_uuid());
        self.one(query.build(), summary).await
    }

    pub(in crate::sqlite) async fn session_summary_batch(
        &self,
        ids: &[SessionId],
    ) -> Result<Vec<SessionSummary>, StorageError> {
        let mut query = QueryBuilder::new(SUMMARY);
        query.push(" WHERE s.id IN ");
        push_ids(&mut query, ids.iter().map(SessionId::as_uuid));
        self.all(query.build(), summary).await
    }

    pub(in crate::sqlite) async fn session_list(
        &self,
        filter: &SessionFilter,
        page: &PageRequest,
    ) -> Result<Page<SessionSummary>, StorageError> {
        let mut query = session_query(filter);
        match filter.order {
            SessionOrder::Newest => {
                if let Some(ByNumber(number)) = page::after(page)? {
                    query.push(" AND s.number < ").push_bind(number);
                }
                query.push(" ORDER BY s.number DESC LIMIT ").push_bind(page::rows(page));
                let read = |row: &SqliteRow| summary(row).map(|found| (ByNumber(integer(found.session.number)), found));
                Ok(page::cut(self.all(query.build(), read).await?, page))
            }
            SessionOrder::LongestWaiting => {
                if let Some(ByWaiting(since, number)) = page::after(page)? {
                    query.push(" AND (coalesce(s.handed_over_at, s.opened_at), s.number) > (");
                    query.push_bind(since).push(", ").push_bind(number).push(")");
                }
                query.push(" ORDER BY coalesce(s.handed_over_at, s.opened_at), s.number LIMIT ");
                query.push_bind(page::rows(page));
                let read = |row: &SqliteRow| {
                    let found = summary(row)?;
                    let since = found.session.handed_over_at.unwrap_or(found.session.opened_at);
                    Ok((ByWaiting(micros(since), integer(found.session.number)), found))
                };
                Ok(page::cut(self.all(query.build(), read).await?, page))
            }
        }
    }

    pub(in crate::sqlite) async fn chat(&self, id: ChatId) -> Result<Option<Chat>, StorageError> {
        let query = sqlx::query(
            "SELECT c.*, coalesce((SELECT max(seq) FROM helpdesk_messages WHERE chat = c.id), 0) AS last_seq \
             FROM helpdesk_chats c WHERE c.id = ?",
        );
        self.one(query.bind(id.as_uuid()), row::chat).await
    }

    pub(in crate::sqlite) async fn chat_members(&self, id: ChatId) -> Result<Vec<Member>, StorageError> {
        let query = sqlx::query("SELECT * FROM helpdesk_chat_members WHERE chat = ? ORDER BY place");
        self.all(query.bind(id.as_uuid()), row::member).await
    }
}

/// The sessions that a filter lets through. Conditions that an index is made for are written as the index has them.
pub(in crate::sqlite) fn session_query(filter: &SessionFilter) -> QueryBuilder<Sqlite> {
    let mut query = QueryBuilder::new(SUMMARY);
    query.push(" WHERE TRUE");
    if !filter.states.is_empty() {
        if !filter.states.contains(&StateKind::Closed) {
            query.push(" AND s.state <> 'closed'");
        }
        query.push(" AND s.state IN (");
        let mut names = query.separated(", ");
        for state in &filter.states {
            names.push_bind(state.as_str());
        }
        query.push(")");
    }
    match filter.handed_over {
        Some(true) => query.push(" AND s.handed_over_at IS NOT NULL"),
        Some(false) => query.push(" AND s.handed_over_at IS NULL"),
        None => &mut query,
    };
    if let Some(customer) = filter.customer {
        query.push(" AND s.customer = ").push_bind(customer.as_uuid());
    }
    if let Some(channel) = &filter.channel {
        query.push(" AND s.channel = ").push_bind(channel.as_str().to_owned());
    }
    if let Some(agent) = filter.agent {
        // Agents are in active sessions alone, which are unclosed and few.
        query.push(" AND s.state <> 'closed' AND s.state = 'active'");
        query.push(" AND EXISTS (SELECT 1 FROM json_each(s.state_detail, '$.agents') agents WHERE agents.value = ");
        query.push_bind(agent.to_string()).push(")");
    }
    if let Some(from) = filter.opened_from {
        query.push(" AND s.opened_at >= ").push_bind(micros(from));
    }
    if let Some(before) = filter.opened_before {
        query.push(" AND s.opened_at < ").push_bind(micros(before));
    }
    query
}

fn summary(row: &SqliteRow) -> Result<SessionSummary, StorageError> {
    let session = row::session(row)?;
    let (customer_name, message_count) = row::summary_extras(row)?;
    let mut last_message = row::preview(row)?;
    if let Some(preview) = &mut last_message {
        preview.text = shorten(&preview.text, PREVIEW_MAX_CHARS);
    }
    Ok(SessionSummary { session, customer_name, message_count, last_message })
}
