//! Events in their total order. There is one writer, so positions become visible in the order in which they were given.

use helpdesk_core::storage::{Event, StorageError};

use super::Reader;
use crate::sqlite::{encode::integer, row};

impl Reader {
    pub(in crate::sqlite) async fn event_list(&self, after: u64, limit: u32) -> Result<Vec<Event>, StorageError> {
        let query =
            sqlx::query("SELECT position, at, kind FROM helpdesk_events WHERE position > ? ORDER BY position LIMIT ?");
        self.all(query.bind(integer(after)).bind(i64::from(limit)), row::event).await
    }

    /// SQLite keeps the last position that it gave, also when its event is gone. Then the oldest that a reader can still
    /// get is the one to come.
    pub(in crate::sqlite) async fn event_range(&self) -> Result<(u64, u64), StorageError> {
        let query = sqlx::query(
            "SELECT coalesce((SELECT min(position) FROM helpdesk_events), seq + 1) AS oldest, seq AS newest \
             FROM sqlite_sequence WHERE name = 'helpdesk_events'",
        );
        Ok(self.one(query, row::event_range).await?.unwrap_or((0, 0)))
    }
}
