//! Reads. Each is one statement, so that what it gives is of one moment.

mod cause;
mod customer;
mod event;
mod message;
mod page;
mod search;
mod session;
mod staff;
mod task;

use helpdesk_core::storage::StorageError;
use sqlx::{
    QueryBuilder, Sqlite, SqlitePool,
    query::Query,
    sqlite::{SqliteArguments, SqliteRow},
};

use uuid::Uuid;

use super::error::failed;

#[cfg(test)]
pub(super) use {session::session_query, task::NEXT_DUE};

/// Where reads come from.
#[derive(Clone)]
pub(super) struct Reader {
    pub(super) pool: SqlitePool,
}

/// A list of ids in brackets, which may be empty.
fn push_ids(query: &mut QueryBuilder<Sqlite>, ids: impl Iterator<Item = Uuid>) {
    query.push("(");
    let mut list = query.separated(", ");
    for id in ids {
        list.push_bind(id);
    }
    query.push(")");
}

impl Reader {
    /// The only row, if there is one.
    async fn one<T>(
        &self,
        query: Query<'_, Sqlite, SqliteArguments>,
        read: impl FnOnce(&SqliteRow) -> Result<T, StorageError>,
    ) -> Result<Option<T>, StorageError> {
        query.fetch_optional(&self.pool).await.map_err(failed)?.as_ref().map(read).transpose()
    }

    /// Every row.
    async fn all<T>(
        &self,
        query: Query<'_, Sqlite, SqliteArguments>,
        read: impl Fn(&SqliteRow) -> Result<T, StorageError>,
    ) -> Result<Vec<T>, StorageError> {
        query.fetch_all(&self.pool).await.map_err(failed)?.iter().map(read).collect()
    }

    /// Whether the database answers.
    pub(super) async fn check(&self) -> Result<(), StorageError> {
        sqlx::query("SELECT 1 FROM helpdesk_events LIMIT 1").fetch_optional(&self.pool).await.map(drop).map_err(failed)
    }
}
