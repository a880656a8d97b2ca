//! Everything that one command writes, in one piece.

use jiff::Timestamp;

use super::{Claim, EventKind, LeasedTask, NewTask};
use crate::{
    address::Address,
    chat::{Chat, Member},
    id::{ChatId, CustomerId, MessageId, SessionId, StaffId, TaskId},
    message::{Attachment, Delivery, Message},
    person::{Customer, CustomerAddress, Staff, StaffToken, TokenHash},
    session::Session,
};

/// What one command writes: all of it or nothing.
///
/// A storage checks `cause`, then `expect`, then applies `writes` in their order, then appends `events` and `tasks`, and
/// takes the tasks of `claim` last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeSet {
    /// When the command was decided: the time of its events and of its tasks' creation.
    pub at: Timestamp,
    /// What makes it happen once.
    pub cause: Option<Cause>,
    /// What must still hold for it to be applied.
    pub expect: Vec<Expectation>,
    /// Rows to write.
    pub writes: Vec<Write>,
    /// Events to publish.
    pub events: Vec<EventKind>,
    /// Work for later.
    pub tasks: Vec<NewTask>,
    /// Work to take up now.
    pub claim: Option<Claim>,
}

impl ChangeSet {
    /// A change set that writes nothing yet.
    pub fn new(at: Timestamp) -> Self {
        Self {
            at,
            cause: None,
            expect: Vec::new(),
            writes: Vec::new(),
            events: Vec::new(),
            tasks: Vec::new(),
            claim: None,
        }
    }

    /// Whether committing it would change nothing.
    pub fn is_empty(&self) -> bool {
        self.cause.is_none()
            && self.writes.is_empty()
            && self.events.is_empty()
            && self.tasks.is_empty()
            && self.claim.is_none()
    }
}

/// What made a command happen: committed at most once, however often it is given.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cause {
    /// Whose key it is, such as `telegram` or `staff:<id>`: keys of different scopes never collide.
    pub scope: String,
    /// The channel's name of the update, or the client's key.
    pub key: String,
    /// What is given back when the same cause comes again, such as the id of what was created.
    pub outcome: String,
}

/// Something that must hold for a change set to be applied.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Expectation {
    /// The session exists and has this revision.
    SessionRevision {
        /// The session.
        session: SessionId,
        /// Its revision when it was read.
        revision: u64,
    },
    /// The customer has no unclosed session, but for `except`.
    NoUnclosedSession {
        /// The customer.
        customer: CustomerId,
        /// The session that this very change set closes first.
        except: Option<SessionId>,
    },
    /// The task is leased under this fencing number: nobody has taken it over. The lease's end is not looked at, since a
    /// result that is late but still the only one is welcome.
    TaskHeld {
        /// The task.
        task: TaskId,
        /// The number of the lease.
        fence: u64,
    },
    /// The message has as many attachments as it had when it was read.
    AttachmentCount {
        /// The message.
        message: MessageId,
        /// The number.
        count: u32,
    },
    /// The message's delivery is at the place where it was when it was read.
    DeliveryUnchanged {
        /// The message.
        message: MessageId,
        /// Its delivery then.
        delivery: Delivery,
    },
    /// The account exists and has this revision.
    StaffRevision {
        /// The account.
        staff: StaffId,
        /// Its revision when it was read.
        revision: u64,
    },
    /// There is no account at all: the first admin is being made (A11).
    NoStaff,
}

/// One row to write. An insert of what exists is a [`Conflict`](super::Conflict), an update of what does not exist is
/// [`StorageError::Missing`](super::StorageError::Missing): neither ever turns into the other.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Write {
    /// A new customer.
    CustomerInsert(Customer),
    /// A changed customer.
    CustomerUpdate(Customer),
    /// A new address; a conflict when it is somebody's already.
    AddressInsert(CustomerAddress),
    /// A changed address: handle and reachability.
    AddressUpdate(CustomerAddress),
    /// An address that is called otherwise now: sessions, deliveries and waiting work follow it.
    AddressMove {
        /// The old address.
        from: Address,
        /// The new one.
        to: Address,
    },
    /// A new chat with its members.
    ChatInsert {
        /// The chat; its `last_seq` is 0.
        chat: Chat,
        /// Its members, for the corporate kinds.
        members: Vec<Member>,
    },
    /// A member of a corporate chat, new or changed.
    MemberPut {
        /// The chat.
        chat: ChatId,
        /// The member.
        member: Member,
    },
    /// A new session; the storage gives it its number.
    SessionInsert(Session),
    /// A changed session, with its new revision.
    SessionUpdate(Session),
    /// A new message with its attachments and its delivery; the storage gives it its place in the chat.
    MessageInsert(Box<Message>),
    /// A changed text; the text before becomes a revision.
    MessageRevise {
        /// The message.
        message: MessageId,
        /// The new text.
        text: String,
        /// When it was changed.
        at: Timestamp,
    },
    /// The text of an album, which came with one of its later parts (A5). Not an edit: nothing was there before.
    MessageCaption {
        /// The message.
        message: MessageId,
        /// The text.
        text: String,
    },
    /// An album is complete: its `group` is forgotten, so that a straggler becomes a message of its own (A5).
    AlbumClose {
        /// The message.
        message: MessageId,
    },
    /// The buttons under a message no longer count.
    PromptClose {
        /// The message.
        message: MessageId,
    },
    /// One more attachment on a message (a later part of an album).
    AttachmentInsert {
        /// The message.
        message: MessageId,
        /// The attachment.
        attachment: Attachment,
    },
    /// A changed attachment: fetched, transcribed.
    AttachmentUpdate(Attachment),
    /// How far a message has come on its way to the customer.
    DeliveryUpdate {
        /// The message.
        message: MessageId,
        /// Its delivery.
        delivery: Delivery,
    },
    /// A new account; a conflict when the login is taken.
    StaffInsert(Staff),
    /// A changed account, with its new revision; a conflict when the login is taken.
    StaffUpdate(Staff),
    /// A new login.
    TokenInsert(StaffToken),
    /// A login ends; one that has ended is no error.
    TokenDelete(TokenHash),
    /// Every login of an account ends, but for one.
    TokenDeleteAll {
        /// The account.
        staff: StaffId,
        /// The login that stays.
        except: Option<TokenHash>,
    },
    /// A task is done.
    TaskFinish(TaskId),
    /// A task is still being worked on: its lease is longer.
    TaskRenew {
        /// The task.
        task: TaskId,
        /// Until when it is held.
        lease_until: Timestamp,
    },
    /// A task is given back, to be taken up again at `due_at`.
    TaskRetry {
        /// The task.
        task: TaskId,
        /// When.
        due_at: Timestamp,
        /// Whether this counts as a try.
        counted: bool,
    },
    /// What nobody will ask for any more is forgotten: causes and events from before these times, and logins that have
    /// expired by the time of the change set.
    Prune {
        /// Causes from before this time: an update or a client's key that old is taken as new.
        causes_before: Timestamp,
        /// Events from before this time: a reader that far behind starts anew.
        events_before: Timestamp,
    },
}

/// A change set was written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Committed {
    /// The position of its last event; `None` when it had none.
    pub position: Option<u64>,
    /// The tasks that its claim took up.
    pub claimed: Vec<LeasedTask>,
}

impl Committed {
    /// The outcome of a commit.
    pub fn new(position: Option<u64>, claimed: Vec<LeasedTask>) -> Self {
        Self { position, claimed }
    }
}
