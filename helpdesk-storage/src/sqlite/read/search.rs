//! Full-text search over messages of support dialogs.

use helpdesk_core::storage::{MessageHit, Page, PageRequest, SearchFilter, StorageError};
use sqlx::{QueryBuilder, sqlite::SqliteRow};

use super::{
    Reader,
    page::{self, ByPlace},
};
use crate::sqlite::{
    row::{self, message_columns, session_columns},
    words,
};

/// The index is read first, newest first, and stops when the page is full: the cross joins hold SQLite to this order.
const HITS: &str = concat!(
    "SELECT ",
    message_columns!(),
    ", ",
    session_columns!(),
    " FROM helpdesk_search f \
     CROSS JOIN helpdesk_messages m ON m.place = f.rowid \
     CROSS JOIN helpdesk_chats h ON h.id = m.chat AND h.kind = 'support' \
     CROSS JOIN helpdesk_sessions s ON s.id = h.session \
     WHERE m.deleted_at IS NULL AND f.helpdesk_search MATCH "
);

impl Reader {
    pub(in crate::sqlite) async fn message_search(
        &self,
        filter: &SearchFilter,
        page: &PageRequest,
    ) -> Result<Page<MessageHit>, StorageError> {
        let after = page::after(page)?;
        let Some(wanted) = words::of_query(&filter.query) else {
            return Ok(Page { items: Vec::new(), next: None });
        };
        let mut query = QueryBuilder::new(HITS);
        query.push_bind(wanted);
        if let Some(ByPlace(place)) = after {
            query.push(" AND f.rowid < ").push_bind(place);
        }
        if filter.handed_over_only {
            query.push(" AND s.handed_over_at IS NOT NULL");
        }
        if let Some(session) = filter.session {
            query.push(" AND s.id = ").push_bind(session.as_uuid());
        }
        query.push(" ORDER BY f.rowid DESC LIMIT ").push_bind(page::rows(page));
        let read = |row: &SqliteRow| {
            let hit = MessageHit { message: row::message(row)?, session: row::session(row)? };
            Ok((ByPlace(row::message_place(row)?), hit))
        };
        Ok(page::cut(self.all(query.build(), read).await?, page))
    }
}
