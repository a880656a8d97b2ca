//! A storage and a blob store in memory: what tests and trials run on, and the shortest reading of what [`Storage`] and
//! [`Blobs`](crate::blob::Blobs) promise.
//!
//! A commit works on a copy of the tables and puts it in their place at its very end, so a refused change set leaves
//! nothing behind and needs no undoing. Rows are shared between the copies, but every read looks through whole tables: this
//! is made to be read, not to be fast, and it forgets everything when it is dropped.

mod apply;
mod blobs;
mod list;
mod read;
mod search;
mod tables;
mod task;

use std::{
    fmt,
    sync::{Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use jiff::Timestamp;

pub use blobs::MemoryBlobs;

use self::tables::Tables;
use crate::{
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

/// A [`Storage`] that keeps everything in memory.
///
/// ```
/// use helpdesk_core::{Storage, memory::MemoryStorage};
///
/// # async fn first_start() -> Result<(), Box<dyn std::error::Error>> {
/// let storage = MemoryStorage::new();
/// storage.check().await?;
/// assert_eq!(storage.event_range().await?, (0, 0));
/// # Ok(())
/// # }
/// ```
#[derive(Default)]
pub struct MemoryStorage {
    tables: Mutex<Tables>,
}

impl MemoryStorage {
    /// An empty storage.
    pub fn new() -> Self {
        Self::default()
    }

    fn tables(&self) -> MutexGuard<'_, Tables> {
        // A commit that panicked never got to put its copy in place, so what is behind a poisoned lock is whole.
        self.tables.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for MemoryStorage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The tables hold customers' words.
        f.debug_struct("MemoryStorage").finish_non_exhaustive()
    }
}

#[async_trait]
impl Storage for MemoryStorage {
    async fn commit(&self, changes: ChangeSet) -> Result<Committed, CommitError> {
        let mut tables = self.tables();
        let mut copy = tables.clone();
        let committed = copy.apply(changes)?;
        *tables = copy;
        Ok(committed)
    }

    async fn cause_outcome(&self, scope: &str, key: &str) -> Result<Option<String>, StorageError> {
        Ok(self.tables().causes.get(&(scope.to_owned(), key.to_owned())).map(|cause| cause.outcome.clone()))
    }

    async fn customer(&self, id: CustomerId) -> Result<Option<AddressBook>, StorageError> {
        Ok(self.tables().address_book(id))
    }

    async fn customer_by_address(&self, address: &Address) -> Result<Option<AddressBook>, StorageError> {
        let tables = self.tables();
        Ok(tables.address(address).and_then(|known| tables.address_book(known.customer)))
    }

    async fn session(&self, id: SessionId) -> Result<Option<Session>, StorageError> {
        Ok(self.tables().sessions.get(&id).map(|session| Session::clone(session)))
    }

    async fn session_unclosed(&self, customer: CustomerId) -> Result<Option<Session>, StorageError> {
        Ok(self.tables().session_unclosed(customer).cloned())
    }

    async fn session_latest(&self, customer: CustomerId) -> Result<Option<Session>, StorageError> {
        Ok(self.tables().session_latest(customer).cloned())
    }

    async fn session_summary_batch(&self, ids: &[SessionId]) -> Result<Vec<SessionSummary>, StorageError> {
        let tables = self.tables();
        let found = ids.iter().filter_map(|id| tables.sessions.get(id));
        Ok(found.map(|session| tables.summary(session)).collect())
    }

    async fn session_summary(&self, id: SessionId) -> Result<Option<SessionSummary>, StorageError> {
        let tables = self.tables();
        Ok(tables.sessions.get(&id).map(|session| tables.summary(session)))
    }

    async fn session_list(
        &self,
        filter: &SessionFilter,
        page: &PageRequest,
    ) -> Result<Page<SessionSummary>, StorageError> {
        self.tables().session_list(filter, page)
    }

    async fn chat(&self, id: ChatId) -> Result<Option<Chat>, StorageError> {
        Ok(self.tables().chats.get(&id).map(|chat| Chat::clone(chat)))
    }

    async fn chat_members(&self, id: ChatId) -> Result<Vec<Member>, StorageError> {
        Ok(self.tables().members.get(&id).map(|members| members.to_vec()).unwrap_or_default())
    }

    async fn message_batch(&self, ids: &[MessageId]) -> Result<Vec<Message>, StorageError> {
        let tables = self.tables();
        Ok(ids.iter().filter_map(|id| tables.messages.get(id)).map(|kept| kept.message.clone()).collect())
    }

    async fn message(&self, id: MessageId) -> Result<Option<Message>, StorageError> {
        Ok(self.tables().messages.get(&id).map(|kept| kept.message.clone()))
    }

    async fn message_by_external(
        &self,
        address: &Address,
        external: &ExternalId,
    ) -> Result<Option<Message>, StorageError> {
        Ok(self.tables().message_by_external(address, external).cloned())
    }

    async fn message_by_group(&self, chat: ChatId, group: &str) -> Result<Option<Message>, StorageError> {
        Ok(self.tables().message_by_group(chat, group).cloned())
    }

    async fn message_list(&self, filter: &MessageFilter, page: &PageRequest) -> Result<Page<Message>, StorageError> {
        self.tables().message_list(filter, page)
    }

    async fn message_revisions(&self, id: MessageId) -> Result<Vec<Revision>, StorageError> {
        Ok(self.tables().messages.get(&id).map(|kept| kept.revisions.clone()).unwrap_or_default())
    }

    async fn message_search(
        &self,
        filter: &SearchFilter,
        page: &PageRequest,
    ) -> Result<Page<MessageHit>, StorageError> {
        self.tables().message_search(filter, page)
    }

    async fn attachment(&self, id: AttachmentId) -> Result<Option<(Attachment, Message)>, StorageError> {
        Ok(self.tables().attachment(id))
    }

    async fn staff(&self, id: StaffId) -> Result<Option<Staff>, StorageError> {
        Ok(self.tables().staff.get(&id).map(|staff| Staff::clone(staff)))
    }

    async fn staff_by_login(&self, login: &str) -> Result<Option<Staff>, StorageError> {
        Ok(self.tables().staff_by_login(login).cloned())
    }

    async fn staff_list(&self, page: &PageRequest) -> Result<Page<Staff>, StorageError> {
        self.tables().staff_list(page)
    }

    async fn staff_token(&self, hash: TokenHash) -> Result<Option<StaffToken>, StorageError> {
        Ok(self.tables().tokens.get(&hash).map(|token| StaffToken::clone(token)))
    }

    async fn event_list(&self, after: u64, limit: u32) -> Result<Vec<Event>, StorageError> {
        Ok(self.tables().event_list(after, limit))
    }

    async fn event_range(&self) -> Result<(u64, u64), StorageError> {
        Ok(self.tables().event_range())
    }

    async fn task_next_due(&self) -> Result<Option<Timestamp>, StorageError> {
        Ok(self.tables().task_next_due())
    }

    async fn task_backlog(&self, now: Timestamp) -> Result<TaskBacklog, StorageError> {
        Ok(self.tables().task_backlog(now))
    }

    async fn check(&self) -> Result<(), StorageError> {
        Ok(())
    }
}
