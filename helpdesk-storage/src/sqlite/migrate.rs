//! The schema, brought up to date when a storage is opened.
//!
//! A host may have migrations of its own in the same file, so ours are kept in a table of our own. sqlx takes no lock for
//! migrations on SQLite; here they all run in one transaction that holds the write lock from its beginning, so two processes
//! that start at the same time do not meet halfway, and a failed migration leaves the old schema as it was.

use std::borrow::Cow;

use sqlx::{
    Connection as _, SqlSafeStr as _, SqliteConnection,
    migrate::{MigrateError, Migration, MigrationType, Migrator},
};

const TABLE: &str = "helpdesk_migrations";

/// Every migration: its version, its name, and its statements. One that was released is never changed again.
const MIGRATIONS: [(i64, &str, &str); 1] = [(1, "initial", include_str!("../../migrations/sqlite/0001_initial.sql"))];

/// Applies what has not been applied yet.
pub(super) async fn migrate(connection: &mut SqliteConnection) -> Result<(), MigrateError> {
    let migration = |(version, name, statements): (i64, &'static str, &'static str)| {
        Migration::new(version, Cow::Borrowed(name), MigrationType::Simple, statements.into_sql_str(), false)
    };
    let mut migrator = Migrator::with_migrations(MIGRATIONS.into_iter().map(migration).collect());
    migrator.dangerous_set_table_name(TABLE);
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
    migrator.run(&mut *transaction).await?;
    transaction.commit().await?;
    Ok(())
}
