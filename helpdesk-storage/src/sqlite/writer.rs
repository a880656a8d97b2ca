//! The one writer, and group commit.
//!
//! SQLite has one writer at a time and makes a commit durable by waiting for the disk. So change sets queue up for one task,
//! which takes whatever is waiting into one transaction, waits for the disk once, and only then answers each caller. Callers
//! that come while it waits are the next group: the busier it is, the larger the groups.
//!
//! - Each change set stands or falls alone: it runs under a savepoint, which is rolled back when it is refused.
//! - A caller who stops waiting changes nothing: its change set is written or refused all the same.
//! - When the transaction itself breaks (the disk is full, another process holds the lock for too long), everyone in the
//!   group is told that the database is unavailable, and the connection is opened anew for the next group.
//! - The task runs on the runtime of a caller and ends with the storage. Should that runtime end first, a caller on another
//!   one starts the task again there; what was under way is rolled back with its connection.

use std::{
    collections::BTreeMap,
    pin::pin,
    sync::{Arc, Mutex as StdMutex, PoisonError},
};

use helpdesk_core::storage::{ChangeSet, CommitError, Committed, StorageError};
use sqlx::{ConnectOptions as _, Connection as _, SqliteConnection, sqlite::SqliteConnectOptions};
use tokio::sync::{Mutex, mpsc, oneshot, watch};

use super::{
    apply::Plan,
    batch::{Batch, Verdict},
    index,
};

/// Most change sets in one transaction: a bound on how long the first of them waits for the last.
const GROUP_MAX_CHANGE_SETS: usize = 256;
/// Most change sets that wait; beyond that their callers wait to get in.
const QUEUE_MAX_CHANGE_SETS: usize = 1024;

/// The way to the writing task.
pub(super) struct Writer {
    connect: Arc<SqliteConnectOptions>,
    queue: mpsc::Sender<Request>,
    waiting: Arc<Mutex<mpsc::Receiver<Request>>>,
    /// Closed by the end of the task that runs now.
    running: StdMutex<Option<watch::Receiver<()>>>,
}

/// A change set whose caller waits for its fate.
struct Request {
    plan: Plan,
    caller: oneshot::Sender<Result<Committed, CommitError>>,
}

/// The cause of [`StorageError::Unavailable`] when there is no database to blame.
#[derive(Debug, thiserror::Error)]
enum Broken {
    #[error("the writing task ended before the commit")]
    TaskEnded,
    #[error("the transaction was not committed")]
    Transaction(#[source] Arc<sqlx::Error>),
}

impl Writer {
    /// A writer that connects when it is first needed.
    pub(super) fn new(connect: SqliteConnectOptions) -> Self {
        let (queue, waiting) = mpsc::channel(QUEUE_MAX_CHANGE_SETS);
        Self { connect: Arc::new(connect), queue, waiting: Arc::new(Mutex::new(waiting)), running: StdMutex::new(None) }
    }

    /// Commits a change set together with whatever else is waiting.
    pub(super) async fn commit(&self, changes: ChangeSet) -> Result<Committed, CommitError> {
        // Made here, where callers do not wait for each other.
        let plan = Plan::new(changes)?;
        let (caller, fate) = oneshot::channel();
        let mut answered = pin!(async {
            // A queue that is closed has no task to answer either, which the next line finds out.
            self.queue.send(Request { plan, caller }).await.ok();
            fate.await
        });
        loop {
            let mut task = self.task();
            tokio::select! {
                biased;
                answer = &mut answered => {
                    return answer.unwrap_or_else(|_| Err(StorageError::unavailable(Broken::TaskEnded).into()));
                }
                // The task sends nothing here: it can only have ended, so it is started again.
                _ = task.changed() => {}
            }
        }
    }

    /// The running task; started if there is none.
    pub(super) fn task(&self) -> watch::Receiver<()> {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(task) = running.as_ref().filter(|task| task.has_changed().is_ok()) {
            return task.clone();
        }
        let (alive, task) = watch::channel(());
        let (connect, waiting) = (self.connect.clone(), self.waiting.clone());
        tokio::spawn(async move {
            write_groups(&connect, &waiting).await;
            drop(alive);
        });
        *running = Some(task.clone());
        task
    }
}

/// Writes one group after the other until the storage is dropped.
async fn write_groups(connect: &SqliteConnectOptions, waiting: &Mutex<mpsc::Receiver<Request>>) {
    let mut waiting = waiting.lock().await;
    let mut connection = None;
    let mut group = Vec::with_capacity(GROUP_MAX_CHANGE_SETS);
    while waiting.recv_many(&mut group, GROUP_MAX_CHANGE_SETS).await > 0 {
        let (plans, callers): (Vec<_>, Vec<_>) = group.drain(..).map(|request| (request.plan, request.caller)).unzip();
        // A caller who is gone does not want to know.
        match write_group(connect, &mut connection, plans).await {
            Ok(fates) => {
                for (caller, fate) in callers.into_iter().zip(fates) {
                    caller.send(fate).ok();
                }
            }
            Err(error) => {
                tracing::warn!(%error, change_sets = callers.len(), "a transaction was not committed");
                let error = Arc::new(error);
                for caller in callers {
                    let broken = StorageError::unavailable(Broken::Transaction(error.clone()));
                    caller.send(Err(broken.into())).ok();
                }
            }
        }
    }
}

/// Writes a group in one transaction, which is durable when this returns. On an error nothing of it is promised.
async fn write_group(
    connect: &SqliteConnectOptions,
    idle: &mut Option<SqliteConnection>,
    group: Vec<Plan>,
) -> Result<Vec<Result<Committed, CommitError>>, sqlx::Error> {
    // Out of its place until the end: a connection whose transaction broke is not used again.
    let mut connection = match idle.take() {
        Some(connection) => connection,
        None => connect.connect().await?,
    };
    let outcome = write_transaction(&mut connection, group).await;
    match outcome {
        Ok(_) => *idle = Some(connection),
        // Waits for the connection's thread, so that its lock is gone before the next group asks for it.
        Err(_) => drop(connection.close().await),
    }
    outcome
}

async fn write_transaction(
    connection: &mut SqliteConnection,
    group: Vec<Plan>,
) -> Result<Vec<Result<Committed, CommitError>>, sqlx::Error> {
    let mut fates = Vec::with_capacity(group.len());
    let mut frame = Frame::Begin;
    let mut words = BTreeMap::new();
    let mut reworded = Vec::new();
    for plan in group {
        match plan.run(frame.open(), connection).await? {
            Ok(applied) => {
                frame = Frame::Keep;
                words.extend(applied.words);
                reworded.extend(applied.reworded);
                fates.push(Ok(applied.committed));
            }
            Err(refused) => {
                frame = Frame::Undo;
                fates.push(Err(refused));
            }
        }
    }
    let mut end = frame.close();
    if !reworded.is_empty() {
        end.run(connection).await?.ok();
        words.extend(index::words_again(connection, &reworded).await?);
        end = Batch::default();
    }
    index::put(&mut end, &words);
    end.add(Verdict::Frame, "COMMIT");
    // What can be refused is a change set, and none is left in this batch.
    end.run(connection).await?.ok();
    Ok(fates)
}

/// What has to happen to the change set before, ahead of the next. It goes along with the statements of that one, which
/// spares a round trip.
#[derive(Clone, Copy)]
enum Frame {
    /// There was none: the transaction begins. It takes the write lock at once, since a lock that is asked for later fails
    /// when another connection was faster, whatever the busy timeout says.
    Begin,
    /// It stays.
    Keep,
    /// It was refused.
    Undo,
}

impl Frame {
    /// A batch that opens the savepoint of the next change set.
    fn open(self) -> Batch {
        let mut batch = self.close();
        if let Self::Begin = self {
            batch.add(Verdict::Frame, "BEGIN IMMEDIATE");
        }
        batch.add(Verdict::Frame, "SAVEPOINT helpdesk_change_set");
        batch
    }

    /// A batch that ends the savepoint of the last change set.
    fn close(self) -> Batch {
        let mut batch = Batch::default();
        match self {
            Self::Begin => {}
            Self::Keep => {
                batch.add(Verdict::Frame, "RELEASE helpdesk_change_set");
            }
            Self::Undo => {
                batch
                    .add(Verdict::Frame, "ROLLBACK TO helpdesk_change_set")
                    .add(Verdict::Frame, "RELEASE helpdesk_change_set");
            }
        }
        batch
    }
}
