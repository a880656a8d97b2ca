//! A storage that fails on purpose.

use async_trait::async_trait;
use jiff::Timestamp;

use super::{FaultPlan, REASON};
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

/// A [`Storage`] with faults before and after its commits.
///
/// It also steps back once before each commit, as a real database would: commands that run at the same time on one thread
/// meet there, and their conflicts are the same in every run.
#[derive(Debug)]
pub struct FaultyStorage<S> {
    inner: S,
    plan: FaultPlan,
}

impl<S> FaultyStorage<S> {
    /// `inner` with the faults of `plan`.
    pub fn new(inner: S, plan: FaultPlan) -> Self {
        Self { inner, plan }
    }
}

#[async_trait]
impl<S: Storage> Storage for FaultyStorage<S> {
    async fn commit(&self, changes: ChangeSet) -> Result<Committed, CommitError> {
        tokio::task::yield_now().await;
        if self.plan.pass("commit:before") {
            return Err(StorageError::unavailable(REASON).into());
        }
        let committed = self.inner.commit(changes).await?;
        if self.plan.pass("commit:after") {
            return Err(StorageError::unavailable(REASON).into());
        }
        Ok(committed)
    }

    async fn cause_outcome(&self, scope: &str, key: &str) -> Result<Option<String>, StorageError> {
        self.inner.cause_outcome(scope, key).await
    }

    async fn customer(&self, id: CustomerId) -> Result<Option<AddressBook>, StorageError> {
        self.inner.customer(id).await
    }

    async fn customer_by_address(&self, address: &Address) -> Result<Option<AddressBook>, StorageError> {
        self.inner.customer_by_address(address).await
    }

    async fn session(&self, id: SessionId) -> Result<Option<Session>, StorageError> {
        self.inner.session(id).await
    }

    async fn session_unclosed(&self, customer: CustomerId) -> Result<Option<Session>, StorageError> {
        self.inner.session_unclosed(customer).await
    }

    async fn session_latest(&self, customer: CustomerId) -> Result<Option<Session>, StorageError> {
        self.inner.session_latest(customer).await
    }

    async fn session_summary_batch(&self, ids: &[SessionId]) -> Result<Vec<SessionSummary>, StorageError> {
        self.inner.session_summary_batch(ids).await
    }

    async fn session_summary(&self, id: SessionId) -> Result<Option<SessionSummary>, StorageError> {
        self.inner.session_summary(id).await
    }

    async fn session_list(
        &self,
        filter: &SessionFilter,
        page: &PageRequest,
    ) -> Result<Page<SessionSummary>, StorageError> {
        self.inner.session_list(filter, page).await
    }

    async fn chat(&self, id: ChatId) -> Result<Option<Chat>, StorageError> {
        self.inner.chat(id).await
    }

    async fn chat_members(&self, id: ChatId) -> Result<Vec<Member>, StorageError> {
        self.inner.chat_members(id).await
    }

    async fn message_batch(&self, ids: &[MessageId]) -> Result<Vec<Message>, StorageError> {
        self.inner.message_batch(ids).await
    }

    async fn message(&self, id: MessageId) -> Result<Option<Message>, StorageError> {
        self.inner.message(id).await
    }

    async fn message_by_external(
        &self,
        address: &Address,
        external: &ExternalId,
    ) -> Result<Option<Message>, StorageError> {
        self.inner.message_by_external(address, external).await
    }

    async fn message_by_group(&self, chat: ChatId, group: &str) -> Result<Option<Message>, StorageError> {
        self.inner.message_by_group(chat, group).await
    }

    async fn message_list(&self, filter: &MessageFilter, page: &PageRequest) -> Result<Page<Message>, StorageError> {
        self.inner.message_list(filter, page).await
    }

    async fn message_revisions(&self, id: MessageId) -> Result<Vec<Revision>, StorageError> {
        self.inner.message_revisions(id).await
    }

    async fn message_search(
        &self,
        filter: &SearchFilter,
        page: &PageRequest,
    ) -> Result<Page<MessageHit>, StorageError> {
        self.inner.message_search(filter, page).await
    }

    async fn attachment(&self, id: AttachmentId) -> Result<Option<(Attachment, Message)>, StorageError> {
        self.inner.attachment(id).await
    }

    async fn staff(&self, id: StaffId) -> Result<Option<Staff>, StorageError> {
        self.inner.staff(id).await
    }

    async fn staff_by_login(&self, login: &str) -> Result<Option<Staff>, StorageError> {
        self.inner.staff_by_login(login).await
    }

    async fn staff_list(&self, page: &PageRequest) -> Result<Page<Staff>, StorageError> {
        self.inner.staff_list(page).await
    }

    async fn staff_token(&self, hash: TokenHash) -> Result<Option<StaffToken>, StorageError> {
        self.inner.staff_token(hash).await
    }

    async fn event_list(&self, after: u64, limit: u32) -> Result<Vec<Event>, StorageError> {
        self.inner.event_list(after, limit).await
    }

    async fn event_range(&self) -> Result<(u64, u64), StorageError> {
        self.inner.event_range().await
    }

    async fn task_next_due(&self) -> Result<Option<Timestamp>, StorageError> {
        self.inner.task_next_due().await
    }

    async fn task_backlog(&self, now: Timestamp) -> Result<TaskBacklog, StorageError> {
        self.inner.task_backlog(now).await
    }

    async fn check(&self) -> Result<(), StorageError> {
        self.inner.check().await
    }
}
