//! [`SqliteStorage`]: everything in one SQLite file.
//!
//! | file | holds |
//! |---|---|
//! | `open` | opening a file, or living in a host's database |
//! | `migrate` | the schema; the tables themselves are in `migrations/sqlite/` |
//! | `writer` | the one writing task, and group commit |
//! | `apply` | a change set as statements |
//! | `batch` | many statements in one round trip |
//! | `read` | every query, by noun |
//! | `row`, `encode` | how rows are read and values written |
//! | `words`, `index` | the words that search knows, and where they are kept |
//! | `error` | what SQLite's failures mean |

mod apply;
mod batch;
mod encode;
mod error;
mod index;
mod migrate;
mod open;
mod read;
mod row;
mod words;
mod writer;

#[cfg(test)]
mod tests;

use std::fmt;

use async_trait::async_trait;
use helpdesk_core::{
    address::{Address, ExternalId},
    chat::{Chat, Member},
    id::{AttachmentId, ChatId, CustomerId, MessageId, SessionId, StaffId},
    message::{Attachment, Message, Revision},
    person::{AddressBook, Staff, StaffToken, TokenHash},
    session::Session,
    storage::{
        ChangeSet, CommitError, Committed, Event, MessageFilter, MessageHit, Page, PageRequest, SearchFilter,
        SessionFilter, SessionSummary, Storage, StorageError, TaskBacklog,
    },
};
use jiff::Timestamp;
use sqlx::SqlitePool;

pub use open::{OpenError, SqliteOptions};

use self::{read::Reader, writer::Writer};

/// A [`Storage`] in one SQLite file, for a helpdesk of one process: the embedded default.
///
/// Writes go through one connection and are put together (*group commit*): change sets that arrive while the disk is busy
/// become one transaction, in which each still stands or falls alone. Reads go through a pool and never wait for writes.
/// What is committed is on the disk (`synchronous = FULL`).
///
/// Dropping it lets what is under way finish and closes the file.
///
/// ```
/// use helpdesk_core::{Storage, id::CustomerId, language::Language, person::Customer, storage::{ChangeSet, Write}};
/// use helpdesk_storage::SqliteStorage;
///
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("helpdesk.db");
/// let storage = SqliteStorage::open(&path).await?;
/// let customer = Customer {
///     id: CustomerId::from_uuid(uuid::Uuid::now_v7()),
///     name: "Ада".to_owned(),
///     language: Language::RUSSIAN,
///     host_id: None,
///     attributes: Default::default(),
///     created_at: "2026-06-01T12:00:00Z".parse()?,
/// };
/// let mut changes = ChangeSet::new(customer.created_at);
/// changes.writes.push(Write::CustomerInsert(customer.clone()));
/// storage.commit(changes).await?;
/// assert_eq!(storage.customer(customer.id).await?.unwrap().customer, customer);
/// # Ok(())
/// # }
/// # tokio::runtime::Runtime::new().unwrap().block_on(example()).unwrap();
/// ```
pub struct SqliteStorage {
    reader: Reader,
    writer: Writer,
}

impl SqliteStorage {
    fn new(pool: SqlitePool, writer: Writer) -> Self {
        Self { reader: Reader { pool }, writer }
    }
}

impl fmt::Debug for SqliteStorage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteStorage").finish_non_exhaustive()
    }
}

#[async_trait]
impl Storage for SqliteStorage {
    async fn commit(&self, changes: ChangeSet) -> Result<Committed, CommitError> {
        self.writer.commit(changes).await
    }

    async fn cause_outcome(&self, scope: &str, key: &str) -> Result<Option<String>, StorageError> {
        self.reader.cause_outcome(scope, key).await
    }

    async fn customer(&self, id: CustomerId) -> Result<Option<AddressBook>, StorageError> {
        self.reader.customer(id).await
    }

    async fn customer_by_address(&self, address: &Address) -> Result<Option<AddressBook>, StorageError> {
        self.reader.customer_by_address(address).await
    }

    async fn session(&self, id: SessionId) -> Result<Option<Session>, StorageError> {
        self.reader.session(id).await
    }

    async fn session_unclosed(&self, customer: CustomerId) -> Result<Option<Session>, StorageError> {
        self.reader.session_unclosed(customer).await
    }

    async fn session_latest(&self, customer: CustomerId) -> Result<Option<Session>, StorageError> {
        self.reader.session_latest(customer).await
    }

    async fn session_summary_batch(&self, ids: &[SessionId]) -> Result<Vec<SessionSummary>, StorageError> {
        self.reader.session_summary_batch(ids).await
    }

    async fn session_summary(&self, id: SessionId) -> Result<Option<SessionSummary>, StorageError> {
        self.reader.session_summary(id).await
    }

    async fn session_list(
        &self,
        filter: &SessionFilter,
        page: &PageRequest,
    ) -> Result<Page<SessionSummary>, StorageError> {
        self.reader.session_list(filter, page).await
    }

    async fn chat(&self, id: ChatId) -> Result<Option<Chat>, StorageError> {
        self.reader.chat(id).await
    }

    async fn chat_members(&self, id: ChatId) -> Result<Vec<Member>, StorageError> {
        self.reader.chat_members(id).await
    }

    async fn message_batch(&self, ids: &[MessageId]) -> Result<Vec<Message>, StorageError> {
        self.reader.message_batch(ids).await
    }

    async fn message(&self, id: MessageId) -> Result<Option<Message>, StorageError> {
        self.reader.message(id).await
    }

    async fn message_by_external(
        &self,
        address: &Address,
        external: &ExternalId,
    ) -> Result<Option<Message>, StorageError> {
        self.reader.message_by_external(address, external).await
    }

    async fn message_by_group(&self, chat: ChatId, group: &str) -> Result<Option<Message>, StorageError> {
        self.reader.message_by_group(chat, group).await
    }

    async fn message_list(&self, filter: &MessageFilter, page: &PageRequest) -> Result<Page<Message>, StorageError> {
        self.reader.message_list(filter, page).await
    }

    async fn message_revisions(&self, id: MessageId) -> Result<Vec<Revision>, StorageError> {
        self.reader.message_revisions(id).await
    }

    async fn message_search(
        &self,
        filter: &SearchFilter,
        page: &PageRequest,
    ) -> Result<Page<MessageHit>, StorageError> {
        self.reader.message_search(filter, page).await
    }

    async fn attachment(&self, id: AttachmentId) -> Result<Option<(Attachment, Message)>, StorageError> {
        self.reader.attachment(id).await
    }

    async fn staff(&self, id: StaffId) -> Result<Option<Staff>, StorageError> {
        self.reader.staff(id).await
    }

    async fn staff_by_login(&self, login: &str) -> Result<Option<Staff>, StorageError> {
        self.reader.staff_by_login(login).await
    }

    async fn staff_list(&self, page: &PageRequest) -> Result<Page<Staff>, StorageError> {
        self.reader.staff_list(page).await
    }

    async fn staff_token(&self, hash: TokenHash) -> Result<Option<StaffToken>, StorageError> {
        self.reader.staff_token(hash).await
    }

    async fn event_list(&self, after: u64, limit: u32) -> Result<Vec<Event>, StorageError> {
        self.reader.event_list(after, limit).await
    }

    async fn event_range(&self) -> Result<(u64, u64), StorageError> {
        self.reader.event_range().await
    }

    async fn task_next_due(&self) -> Result<Option<Timestamp>, StorageError> {
        self.reader.task_next_due().await
    }

    async fn task_backlog(&self, now: Timestamp) -> Result<TaskBacklog, StorageError> {
        self.reader.task_backlog(now).await
    }

    async fn check(&self) -> Result<(), StorageError> {
        self.reader.check().await
    }
}
