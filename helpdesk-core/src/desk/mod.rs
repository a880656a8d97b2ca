//! The engine: takes commands, decides them with the pure rules, commits once, and has the dispatcher deliver later.
//!
//! Every command has the same shape: read what the decision needs, decide, commit; when another commit came in between,
//! do it again with what is there now. Nothing outside the storage is called on the way: that is the dispatcher's work.

/// Runs an attempt at a command until its commit meets no conflict: read, decide, commit, and all again with what is there
/// now. (A macro, because an `AsyncFn` that borrows gives no `Send` future.)
macro_rules! until_committed {
    ($attempt:expr) => {{
        let mut left = $crate::limits::CONFLICT_RETRIES_MAX_COUNT;
        loop {
            match $attempt.await {
                Ok(done) => break Ok(done),
                Err($crate::desk::Attempt::Failed(error)) => break Err(error),
                Err($crate::desk::Attempt::Again) if left > 0 => left -= 1,
                Err($crate::desk::Attempt::Again) => break Err($crate::error::DeskError::Busy),
            }
        }
    }};
}

mod account;
mod attachment;
mod builder;
mod dialog;
mod dispatcher;
pub mod feed;
mod message;
mod plan;
mod receive;
mod status;
mod upkeep;
pub mod view;

use std::{collections::BTreeMap, fmt, sync::Arc};

use jiff::Timestamp;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

pub use account::{NewStaff, StaffChange};
pub use attachment::OpenedFile;
pub use builder::DeskBuilder;
pub use message::{NewFile, NewMessage};
pub use status::{ChannelStatus, Status};

use crate::{
    address::ChannelName,
    blob::Blobs,
    channel::SharedChannel,
    clock::Clock,
    error::DeskError,
    id::{IdSource, Ids},
    phrases::Phrases,
    responder::Responder,
    session::Policy,
    storage::{ChangeSet, CommitError, Committed, Conflict, Storage},
    transcriber::Transcriber,
};

/// The helpdesk. Cheap to clone; every clone is the same desk.
///
/// Commands may be given at once. [`Desk::run`] does the work that follows from them, and must run somewhere for
/// customers to be answered.
///
/// ```no_run
/// use std::sync::Arc;
/// use helpdesk_core::{Desk, memory::{MemoryBlobs, MemoryStorage}};
/// use tokio_util::sync::CancellationToken;
///
/// # async fn embed() -> Result<(), Box<dyn std::error::Error>> {
/// let desk = Desk::builder(Arc::new(MemoryStorage::new()), Arc::new(MemoryBlobs::new())).build()?;
/// let shutdown = CancellationToken::new();
/// desk.run(shutdown).await;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Desk {
    inner: Arc<Inner>,
}

struct Inner {
    storage: Arc<dyn Storage>,
    blobs: Arc<dyn Blobs>,
    channels: BTreeMap<ChannelName, SharedChannel>,
    responder: Option<Arc<dyn Responder>>,
    transcriber: Option<Arc<dyn Transcriber>>,
    policy: Policy,
    phrases: Phrases,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdSource>,
    /// Woken when tasks may have fallen due.
    work: Notify,
    feed: feed::Hub,
    status: status::Board,
}

impl fmt::Debug for Desk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Desk")
            .field("storage", &self.inner.storage)
            .field("channels", &self.inner.channels.keys())
            .finish_non_exhaustive()
    }
}

impl Desk {
    /// Starts to put a desk together; see [`DeskBuilder`].
    pub fn builder(storage: Arc<dyn Storage>, blobs: Arc<dyn Blobs>) -> DeskBuilder {
        DeskBuilder::new(storage, blobs)
    }

    /// Receives from every channel, does all waiting work, and returns once `shutdown` is cancelled and the work that was
    /// under way is done. Work that nobody has begun stays in the storage for the next run.
    pub async fn run(&self, shutdown: CancellationToken) {
        dispatcher::run(self, shutdown).await;
    }

    /// The rules that this desk was built with.
    pub fn policy(&self) -> &Policy {
        &self.inner.policy
    }

    /// The bot's words.
    pub fn phrases(&self) -> &Phrases {
        &self.inner.phrases
    }

    /// The channel with this name.
    pub fn channel(&self, name: &str) -> Option<&SharedChannel> {
        self.inner.channels.iter().find(|(key, _)| key.as_str() == name).map(|(_, channel)| channel)
    }

    /// The present, by the desk's clock.
    pub fn now(&self) -> Timestamp {
        self.inner.clock.now()
    }

    fn storage(&self) -> &dyn Storage {
        self.inner.storage.as_ref()
    }

    fn ids(&self, now: Timestamp) -> Ids<'_> {
        Ids::new(self.inner.ids.as_ref(), now)
    }

    /// Commits and wakes whoever waits for what was written. A change set that changes nothing is not committed.
    async fn commit(&self, changes: ChangeSet) -> Result<Committed, CommitError> {
        if changes.is_empty() {
            return Ok(Committed::default());
        }
        let (events, tasks) = (!changes.events.is_empty(), !changes.tasks.is_empty());
        let committed = self.storage().commit(changes).await?;
        if events {
            self.inner.feed.wake();
        }
        if tasks {
            self.inner.work.notify_one();
        }
        Ok(committed)
    }
}

/// Why one attempt at a command did not end in a commit.
enum Attempt {
    /// Another commit came in between.
    Again,
    /// It cannot be done.
    Failed(DeskError),
}

impl<E: Into<DeskError>> From<E> for Attempt {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

/// What a commit's error means to an attempt: a lost race is tried again.
fn raced(error: CommitError) -> Attempt {
    match error {
        CommitError::Conflict(Conflict::Login) => Attempt::Failed(account::login_taken()),
        CommitError::Conflict(_) => Attempt::Again,
        other => Attempt::Failed(other.into()),
    }
}
