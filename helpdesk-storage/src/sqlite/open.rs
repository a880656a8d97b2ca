//! Opening a storage: a file of its own, or a host's pool.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use sqlx::{
    ConnectOptions as _, Connection as _, Executor as _, SqlitePool,
    migrate::MigrateError,
    sqlite::{SqliteConnectOptions, SqlitePoolOptions, SqliteSynchronous},
};

use super::{SqliteStorage, migrate::migrate, writer::Writer};

/// Connections that read at the same time. Reads are short, so a few keep every core of a small server busy.
const READERS_DEFAULT_COUNT: u32 = 4;
/// How long a write waits for another process, or for the host's own writes to the same file.
const BUSY_TIMEOUT_DEFAULT: Duration = Duration::from_secs(5);
/// How often switching a new file to WAL mode is tried while others do the same.
const SWITCH_MAX_TRIES: u32 = 100;
/// Shapes of change sets that the writer keeps prepared, and statements that a reader does.
const PREPARED_MAX_COUNT: usize = 256;
/// Pages of the write-ahead log before they are copied into the file. A page that changed many times is copied once, so with
/// a longer log less is written; 16 MiB take a blink to read when a storage is opened after a crash.
const LOG_PAGES: u32 = 4096;
/// Memory for pages of the writer and of each reader: the inner pages of every index fit in.
const CACHE_KIBIBYTES: u32 = 16 * 1024;

/// How a [`SqliteStorage`] opens its file.
///
/// ```
/// use helpdesk_storage::SqliteOptions;
/// let options = SqliteOptions { readers: 8, ..SqliteOptions::new("helpdesk.db") };
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SqliteOptions {
    /// The file; it is created when it is not there, its folder is not.
    pub path: PathBuf,
    /// Most connections that read at the same time, 1 or more.
    pub readers: u32,
    /// How long a write waits while another process, or the host itself, writes to the same file.
    pub busy_timeout: Duration,
}

impl SqliteOptions {
    /// The file at `path`, with 4 readers and a busy timeout of 5 seconds.
    pub fn new(path: impl AsRef<Path>) -> Self {
        Self { path: path.as_ref().to_path_buf(), readers: READERS_DEFAULT_COUNT, busy_timeout: BUSY_TIMEOUT_DEFAULT }
    }
}

/// Why a storage could not be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The file cannot be opened, or is no database.
    #[error("the database cannot be opened: look whether its folder exists and may be written to")]
    Database(#[from] sqlx::Error),
    /// The host's database does not keep a write-ahead log, so every write would stop every read.
    #[error("the database is not in WAL mode: open the pool with `SqliteJournalMode::Wal`")]
    NoWriteAheadLog,
    /// The schema was written by a newer version, or changed by other hands.
    #[error("the helpdesk's tables cannot be brought up to date: they are newer than this version, or were changed")]
    Schema(#[source] MigrateError),
}

impl SqliteStorage {
    /// Opens the file at `path` as [`SqliteOptions::new`] has it, and brings its schema up to date.
    ///
    /// ```no_run
    /// # async fn open() -> Result<(), helpdesk_storage::OpenError> {
    /// let storage = helpdesk_storage::SqliteStorage::open("helpdesk.db").await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`OpenError::Database`] and [`OpenError::Schema`].
    pub async fn open(path: impl AsRef<Path>) -> Result<Self, OpenError> {
        Self::open_with(SqliteOptions::new(path)).await
    }

    /// Opens a file and brings its schema up to date.
    ///
    /// # Errors
    ///
    /// [`OpenError::Database`] and [`OpenError::Schema`].
    pub async fn open_with(options: SqliteOptions) -> Result<Self, OpenError> {
        let connect = SqliteConnectOptions::new()
            .filename(&options.path)
            .create_if_missing(true)
            .busy_timeout(options.busy_timeout)
            .statement_cache_capacity(PREPARED_MAX_COUNT)
            .pragma("cache_size", format!("-{CACHE_KIBIBYTES}"))
            .pragma("wal_autocheckpoint", LOG_PAGES.to_string())
            .disable_statement_logging();
        keep_log(&connect).await?;
        let writer = prepare(connect.clone()).await?;
        let readers = SqlitePoolOptions::new()
            .max_connections(options.readers.max(1))
            .connect_with(connect.pragma("query_only", "ON"))
            .await?;
        Ok(Self::new(readers, writer))
    }

    /// Lives in a host's database, beside the host's own tables: ours all begin with `helpdesk_`, also the one that counts
    /// our migrations.
    ///
    /// Reads go through `pool`. Writes go through one more connection, which is opened with the pool's own options and set
    /// to `synchronous = FULL` and `foreign_keys = ON`, so that what is promised does not depend on the host's settings, and
    /// none of the pool's connections is changed or kept. The host may write to its own tables at the same time; each side
    /// waits for the other for as long as its busy timeout says (ours is 5 seconds).
    ///
    /// # Errors
    ///
    /// [`OpenError::NoWriteAheadLog`] when the database is not in WAL mode, which also refuses one that lives in memory;
    /// [`OpenError::Database`] and [`OpenError::Schema`].
    pub async fn from_pool(pool: SqlitePool) -> Result<Self, OpenError> {
        let connect = SqliteConnectOptions::clone(&pool.connect_options())
            .busy_timeout(BUSY_TIMEOUT_DEFAULT)
            .statement_cache_capacity(PREPARED_MAX_COUNT)
            .disable_statement_logging();
        let writer = prepare(connect).await?;
        Ok(Self::new(pool, writer))
    }
}

/// Switches a file of our own to WAL mode, in which it stays. SQLite does not wait for its lock here, so when several
/// processes start on a new file at the same time, those that come too late wait for a lock that it does wait for, and look
/// again.
async fn keep_log(connect: &SqliteConnectOptions) -> Result<(), sqlx::Error> {
    let mut connection = connect.connect().await?;
    let mut tries = 1;
    loop {
        match connection.execute("PRAGMA journal_mode = WAL").await {
            Err(error) if is_busy(&error) && tries < SWITCH_MAX_TRIES => {
                connection.begin_with("BEGIN IMMEDIATE").await?.rollback().await?;
                tries += 1;
            }
            Err(error) => return Err(error),
            Ok(_) => return connection.close().await,
        }
    }
}

/// Whether another connection holds a lock.
fn is_busy(error: &sqlx::Error) -> bool {
    // SQLITE_BUSY, in the lower byte of SQLite's extended codes.
    let code = error.as_database_error().and_then(|error| error.code()?.parse::<u32>().ok());
    code.is_some_and(|code| code & 0xff == 5)
}

/// Makes the database ready, and a writer for it.
async fn prepare(connect: SqliteConnectOptions) -> Result<Writer, OpenError> {
    // What a savepoint would restore is kept in memory: else it goes to a temporary file, page by page, and four of five
    // writes of a busy storage are to that file.
    let connect = connect.synchronous(SqliteSynchronous::Full).foreign_keys(true).pragma("temp_store", "MEMORY");
    let mut connection = connect.connect().await?;
    let mode: String = sqlx::query_scalar("PRAGMA journal_mode").fetch_one(&mut connection).await?;
    if !mode.eq_ignore_ascii_case("wal") {
        return Err(OpenError::NoWriteAheadLog);
    }
    migrate(&mut connection).await.map_err(|error| match error {
        MigrateError::Execute(error) => OpenError::Database(error),
        error => OpenError::Schema(error),
    })?;
    connection.close().await?;
    Ok(Writer::new(connect))
}
