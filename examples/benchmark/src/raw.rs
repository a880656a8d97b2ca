//! The limit: rows of the size of a message, in batches, each batch durable before the next begins.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use sqlx::{
    QueryBuilder, Sqlite,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

/// Rows in one transaction.
pub(crate) const BATCH_ROWS: usize = 100;

/// Inserts for `time` and answers with rows per second.
pub(crate) async fn rows_per_second(path: &Path, time: Duration) -> Result<f64, sqlx::Error> {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full);
    let pool = SqlitePoolOptions::new().max_connections(1).connect_with(options).await?;
    sqlx::query(
        "CREATE TABLE rows (id BLOB PRIMARY KEY, chat BLOB NOT NULL, seq INTEGER NOT NULL, text TEXT NOT NULL)",
    )
    .execute(&pool)
    .await?;
    sqlx::query("CREATE UNIQUE INDEX rows_by_chat ON rows (chat, seq)").execute(&pool).await?;
    let begun = Instant::now();
    let mut rows = 0_i64;
    while begun.elapsed() < time {
        let mut transaction = pool.begin().await?;
        let mut insert = QueryBuilder::<Sqlite>::new("INSERT INTO rows (id, chat, seq, text) ");
        insert.push_values(0..BATCH_ROWS, |mut row, _| {
            rows += 1;
            let id = (u128::from(rows.unsigned_abs()) << 64).to_be_bytes().to_vec();
            row.push_bind(id)
                .push_bind(vec![7_u8; 16])
                .push_bind(rows)
                .push_bind("How do I reset my password, please?");
        });
        insert.build().execute(&mut *transaction).await?;
        transaction.commit().await?;
    }
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52 rows")]
    Ok(rows as f64 / begun.elapsed().as_secs_f64())
}
