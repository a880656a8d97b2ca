//! What made something happen, and what came of it.

use helpdesk_core::storage::StorageError;

use super::Reader;
use crate::sqlite::row;

impl Reader {
    pub(in crate::sqlite) async fn cause_outcome(
        &self,
        scope: &str,
        key: &str,
    ) -> Result<Option<String>, StorageError> {
        let query = sqlx::query("SELECT outcome FROM helpdesk_causes WHERE scope = ? AND key = ?");
        self.one(query.bind(scope).bind(key), row::outcome).await
    }
}
