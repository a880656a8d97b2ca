//! What a storage must do. There is one write path, [`Storage::commit`]; everything else reads.

mod change_set;
mod error;
mod event;
mod list;
mod task;

use std::fmt;

use async_trait::async_trait;
use jiff::Timestamp;

pub use change_set::{Cause, ChangeSet, Committed, Expectation, Write};
pub use error::{CommitError, Conflict, StorageError};
pub use event::{Event, EventKind};
pub use list::{
    Cursor, InvalidCursor, MessageFilter, MessageHit, MessageOrder, Page, PageRequest, Preview, SearchFilter,
    SessionFilter, SessionOrder, SessionSummary,
};
pub use task::{Claim, LeasedTask, NewTask, Task, TaskBacklog};

use crate::{
    address::{Address, ExternalId},
    chat::{Chat, Member},
    id::{AttachmentId, ChatId, CustomerId, MessageId, SessionId, StaffId},
    message::{Attachment, Message, Revision},
    person::{AddressBook, Staff, StaffToken, TokenHash},
    session::Session,
};

/// A database of the helpdesk.
///
/// # What an implementation promises
///
/// - [`commit`](Self::commit) is all or nothing, durable when it returns `Ok`, and serial: change sets have one total
///   order, which is the order of [`Event::position`], of [`Message::seq`] within a chat and of [`Session::number`].
/// - A reader who has seen an event at position *n* never finds a new one below *n* later.
/// - Expectations are checked against the same state that is written to. A storage may put many callers' change sets into
///   one transaction, as long as each is applied or refused on its own.
/// - At most one unclosed session per customer, one account per login, one customer per address: also when a change set
///   forgets to expect it, as [`CommitError::Conflict`].
/// - Times and ids are read back exactly as they were written.
///
/// `helpdesk_core::testing::storage_suite!` checks an implementation against this.
#[async_trait]
pub trait Storage: Send + Sync + fmt::Debug + 'static {
    /// Writes everything of `changes`, or nothing.
    async fn commit(&self, changes: ChangeSet) -> Result<Committed, CommitError>;

    /// The outcome that was kept with a cause that was committed; `None` while it was not.
    async fn cause_outcome(&self, scope: &str, key: &str) -> Result<Option<String>, StorageError>;

    /// A customer with their addresses.
    async fn customer(&self, id: CustomerId) -> Result<Option<AddressBook>, StorageError>;
    /// The customer whose address this is.
    async fn customer_by_address(&self, address: &Address) -> Result<Option<AddressBook>, StorageError>;

    /// A session.
    async fn session(&self, id: SessionId) -> Result<Option<Session>, StorageError>;
    /// The one session of a customer that is not closed.
    async fn session_unclosed(&self, customer: CustomerId) -> Result<Option<Session>, StorageError>;
    /// The session that a customer opened last, closed or not.
    async fn session_latest(&self, customer: CustomerId) -> Result<Option<Session>, StorageError>;
    /// A session as lists show it.
    async fn session_summary(&self, id: SessionId) -> Result<Option<SessionSummary>, StorageError>;
    /// Several sessions as lists show them, in any order; those that do not exist are left out. At most
    /// [`PAGE_MAX_ROWS`](crate::limits::PAGE_MAX_ROWS) ids.
    async fn session_summary_batch(&self, ids: &[SessionId]) -> Result<Vec<SessionSummary>, StorageError>;
    /// Sessions, a page at a time.
    async fn session_list(
        &self,
        filter: &SessionFilter,
        page: &PageRequest,
    ) -> Result<Page<SessionSummary>, StorageError>;

    /// A chat.
    async fn chat(&self, id: ChatId) -> Result<Option<Chat>, StorageError>;
    /// The members of a corporate chat, in the order of joining.
    async fn chat_members(&self, id: ChatId) -> Result<Vec<Member>, StorageError>;

    /// A message with its attachments and its delivery.
    async fn message(&self, id: MessageId) -> Result<Option<Message>, StorageError>;
    /// Several messages, in any order; those that do not exist are left out. At most
    /// [`PAGE_MAX_ROWS`](crate::limits::PAGE_MAX_ROWS) ids.
    async fn message_batch(&self, ids: &[MessageId]) -> Result<Vec<Message>, StorageError>;
    /// The message that the channel calls `external` at `address`: one that came in, or one that was sent out.
    async fn message_by_external(
        &self,
        address: &Address,
        external: &ExternalId,
    ) -> Result<Option<Message>, StorageError>;
    /// The message of a chat that an album is put together in (A5).
    async fn message_by_group(&self, chat: ChatId, group: &str) -> Result<Option<Message>, StorageError>;
    /// Messages of a chat, a page at a time.
    async fn message_list(&self, filter: &MessageFilter, page: &PageRequest) -> Result<Page<Message>, StorageError>;
    /// The earlier texts of an edited message, oldest first.
    async fn message_revisions(&self, id: MessageId) -> Result<Vec<Revision>, StorageError>;
    /// Messages and transcripts that hold every word of the query, in any inflection of Russian and English, newest first.
    async fn message_search(&self, filter: &SearchFilter, page: &PageRequest)
    -> Result<Page<MessageHit>, StorageError>;
    /// An attachment and the message that it belongs to.
    async fn attachment(&self, id: AttachmentId) -> Result<Option<(Attachment, Message)>, StorageError>;

    /// A staff member.
    async fn staff(&self, id: StaffId) -> Result<Option<Staff>, StorageError>;
    /// The staff member with this login, without regard to case.
    async fn staff_by_login(&self, login: &str) -> Result<Option<Staff>, StorageError>;
    /// Staff by full name, a page at a time.
    async fn staff_list(&self, page: &PageRequest) -> Result<Page<Staff>, StorageError>;
    /// A login by its token's hash.
    async fn staff_token(&self, hash: TokenHash) -> Result<Option<StaffToken>, StorageError>;

    /// Events after `position`, in order, at most `limit`.
    async fn event_list(&self, after: u64, limit: u32) -> Result<Vec<Event>, StorageError>;
    /// The positions of the oldest event that is still kept and of the newest one; `(0, 0)` when there was never any, and
    /// `(newest + 1, newest)` when all of them are pruned.
    async fn event_range(&self) -> Result<(u64, u64), StorageError>;

    /// When the next task can be taken up: the earliest due time of the lanes' heads, where a held one counts from the end
    /// of its lease. `None` when there are no tasks.
    async fn task_next_due(&self) -> Result<Option<Timestamp>, StorageError>;
    /// How much work is waiting.
    async fn task_backlog(&self, now: Timestamp) -> Result<TaskBacklog, StorageError>;

    /// Whether the database answers at all, for readiness checks.
    async fn check(&self) -> Result<(), StorageError>;
}
