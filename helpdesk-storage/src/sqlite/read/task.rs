//! How much work waits, and until when.

use helpdesk_core::storage::{StorageError, TaskBacklog};
use jiff::Timestamp;

use super::Reader;
use crate::sqlite::{encode::micros, row};

/// When the next head falls due: the first that nobody holds, which is at the front of an index, or the first whose lease
/// runs out, of the few that are held. Left to itself SQLite would look for the latter among all heads.
pub(in crate::sqlite) const NEXT_DUE: &str = "\
    SELECT min(due_at) AS next_due FROM ( \
        SELECT * FROM (SELECT due_at FROM helpdesk_tasks WHERE head = 1 AND lease_until IS NULL ORDER BY due_at LIMIT 1) \
        UNION ALL \
        SELECT max(due_at, lease_until) FROM helpdesk_tasks INDEXED BY helpdesk_tasks_held \
        WHERE head = 1 AND lease_until IS NOT NULL \
    )";

impl Reader {
    pub(in crate::sqlite) async fn task_next_due(&self) -> Result<Option<Timestamp>, StorageError> {
        Ok(self.one(sqlx::query(NEXT_DUE), row::next_due).await?.flatten())
    }

    /// Looks at every task: for metrics, not for every turn of the dispatcher.
    pub(in crate::sqlite) async fn task_backlog(&self, now: Timestamp) -> Result<TaskBacklog, StorageError> {
        let query = sqlx::query(
            "SELECT count(*) AS total, count(*) FILTER (WHERE max(due_at, coalesce(lease_until, due_at)) <= ?1) AS due, \
             min(due_at) FILTER (WHERE max(due_at, coalesce(lease_until, due_at)) <= ?1) AS oldest_due FROM helpdesk_tasks",
        );
        Ok(self.one(query.bind(micros(now)), row::backlog).await?.unwrap_or_default())
    }
}
