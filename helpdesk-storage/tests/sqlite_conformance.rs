//! `SqliteStorage` keeps what `Storage` promises.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use helpdesk_storage::SqliteStorage;
use tempfile::{TempDir, tempdir};

async fn in_a_folder() -> (SqliteStorage, TempDir) {
    let folder = tempdir().unwrap();
    let storage = SqliteStorage::open(folder.path().join("helpdesk.db")).await.unwrap();
    (storage, folder)
}

helpdesk_core::testing::storage_suite!(in_a_folder);
