//! Living in a host's database, beside the host's own tables and migrations.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::{borrow::Cow, path::Path};

use common::{arrival, customer};
use futures_util::future;
use helpdesk_core::Storage as _;
use helpdesk_storage::{OpenError, SqliteStorage};
use sqlx::{
    SqlSafeStr as _, SqlitePool,
    migrate::{Migration, MigrationType, Migrator},
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous},
};
use tempfile::tempdir;

/// A host's pool: in WAL mode, with a weaker durability than ours, and with migrations of its own.
async fn host(path: &Path) -> SqlitePool {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Normal);
    let pool = SqlitePool::connect_with(options).await.unwrap();
    let orders = Migration::new(
        1,
        Cow::Borrowed("orders"),
        MigrationType::Simple,
        "CREATE TABLE IF NOT EXISTS orders (number INTEGER PRIMARY KEY, customer TEXT NOT NULL)".into_sql_str(),
        false,
    );
    Migrator::with_migrations(vec![orders]).run(&pool).await.unwrap();
    pool
}

async fn names(pool: &SqlitePool) -> Vec<String> {
    sqlx::query_scalar("SELECT name FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%' ORDER BY name")
        .fetch_all(pool)
        .await
        .unwrap()
}

#[tokio::test]
async fn everything_of_ours_bears_our_prefix_and_the_hosts_migrations_stay_its_own() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("host.db");
    let pool = host(&path).await;
    let before = names(&pool).await;
    let migrations = "SELECT version, description FROM _sqlx_migrations";
    let applied: Vec<(i64, String)> = sqlx::query_as(migrations).fetch_all(&pool).await.unwrap();

    let storage = SqliteStorage::from_pool(pool.clone()).await.unwrap();
    storage.commit(arrival(1)).await.unwrap();

    let ours: Vec<_> = names(&pool).await.into_iter().filter(|name| !before.contains(name)).collect();
    assert!(ours.contains(&"helpdesk_migrations".to_owned()), "{ours:?}");
    assert!(ours.iter().all(|name| name.starts_with("helpdesk_")), "{ours:?}");
    let now: Vec<(i64, String)> = sqlx::query_as(migrations).fetch_all(&pool).await.unwrap();
    assert_eq!(now, applied);
    // The host starts again: its migrations and ours run over what is there.
    let storage = SqliteStorage::from_pool(host(&path).await).await.unwrap();
    assert!(storage.customer(customer(1).id).await.unwrap().is_some());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_host_and_the_helpdesk_write_at_the_same_time() {
    let folder = tempdir().unwrap();
    let pool = host(&folder.path().join("host.db")).await;
    let storage = SqliteStorage::from_pool(pool.clone()).await.unwrap();
    let orders = async {
        for number in 0..200 {
            let mut transaction = pool.begin_with("BEGIN IMMEDIATE").await.unwrap();
            sqlx::query("INSERT INTO orders (number, customer) VALUES (?, 'Анна')")
                .bind(number)
                .execute(&mut *transaction)
                .await
                .unwrap();
            transaction.commit().await.unwrap();
        }
    };
    let arrivals = future::join_all((0..200).map(|number| storage.commit(arrival(number))));
    let ((), outcomes) = future::join(orders, arrivals).await;
    assert!(outcomes.iter().all(Result::is_ok));
    let orders: i64 = sqlx::query_scalar("SELECT count(*) FROM orders").fetch_one(&pool).await.unwrap();
    assert_eq!((orders, storage.event_range().await.unwrap()), (200, (1, 200)));
}

#[tokio::test]
async fn a_host_without_a_write_ahead_log_is_told_what_to_do() {
    let folder = tempdir().unwrap();
    let options = SqliteConnectOptions::new()
        .filename(folder.path().join("host.db"))
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Delete);
    let pool = SqlitePool::connect_with(options).await.unwrap();
    assert!(matches!(SqliteStorage::from_pool(pool.clone()).await, Err(OpenError::NoWriteAheadLog)));
    assert_eq!(names(&pool).await, [""; 0], "nothing was made");
    let in_memory = SqlitePool::connect("sqlite::memory:").await.unwrap();
    assert!(matches!(SqliteStorage::from_pool(in_memory).await, Err(OpenError::NoWriteAheadLog)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_that_start_at_once_agree_on_one_schema() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("helpdesk.db");
    let opened = future::join_all((0..8).map(|_| SqliteStorage::open(&path))).await;
    for (number, storage) in opened.into_iter().enumerate() {
        storage.unwrap().commit(arrival(number as u128)).await.unwrap();
    }
}

#[tokio::test]
async fn a_schema_from_the_future_is_refused() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("host.db");
    let pool = host(&path).await;
    drop(SqliteStorage::from_pool(pool.clone()).await.unwrap());
    sqlx::query(
        "INSERT INTO helpdesk_migrations (version, description, success, checksum, execution_time) \
         VALUES (9999, 'later', TRUE, x'00', 0)",
    )
    .execute(&pool)
    .await
    .unwrap();
    let refused = SqliteStorage::from_pool(pool).await.unwrap_err();
    assert!(matches!(refused, OpenError::Schema(_)), "{refused:?}");
    assert!(!refused.to_string().contains("host.db"));
}

#[tokio::test]
async fn a_folder_that_is_not_there_is_no_panic_and_no_leak() {
    let refused = SqliteStorage::open("/nowhere/at/all/helpdesk.db").await.unwrap_err();
    assert!(matches!(refused, OpenError::Database(_)), "{refused:?}");
    assert!(!refused.to_string().contains("nowhere"), "{refused}");
}
