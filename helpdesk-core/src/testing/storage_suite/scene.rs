//! What every test begins with: customers, sessions, messages and accounts, put into the storage under test.

use std::{collections::BTreeMap, sync::Arc};

use jiff::Timestamp;

use crate::{
    address::{Address, ChannelName, ExternalId},
    chat::{Chat, ChatKind},
    id::{Ids, MessageId},
    language::Language,
    message::{Attachment, AttachmentBody, Author, Delivery, File, FileKind, FileState, Message, Transcript},
    person::{Customer, CustomerAddress, Profile, Role, Staff},
    session::{Resolution, Session, State},
    storage::{
        ChangeSet, Claim, CommitError, Committed, Conflict, EventKind, LeasedTask, NewTask, Storage, StorageError,
        Task, Write,
    },
    testing::SequentialIds,
};

/// A storage with the means to put things into it.
pub(super) struct Scene {
    pub(super) storage: Arc<dyn Storage>,
    source: SequentialIds,
}

/// `seconds` after the first moment of every test.
pub(super) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_780_315_200 + seconds).expect("tests stay within the calendar")
}

/// A channel's name.
pub(super) fn channel(name: &'static str) -> ChannelName {
    ChannelName::new(name).expect("tests name channels rightly")
}

/// An address on the channel `telegram`.
pub(super) fn address(key: &str) -> Address {
    Address::new(channel("telegram"), key).expect("tests give addresses that fit")
}

/// A channel's name of a message.
pub(super) fn external(id: &str) -> ExternalId {
    ExternalId(id.to_owned())
}

/// A change set of `writes`, without cause, expectation, events and tasks.
pub(super) fn writes(writes: impl IntoIterator<Item = Write>) -> ChangeSet {
    ChangeSet { writes: writes.into_iter().collect(), ..ChangeSet::new(at(0)) }
}

/// A document that is stored already.
pub(super) fn file(kind: FileKind, transcript: Transcript) -> AttachmentBody {
    AttachmentBody::File(File {
        kind,
        name: "file.bin".to_owned(),
        mime: "application/octet-stream".to_owned(),
        size_bytes: Some(7),
        duration_seconds: None,
        state: FileState::Remote { channel: channel("telegram"), reference: "remote-1".to_owned() },
        transcript,
    })
}

/// Asserts that a commit was refused as this conflict.
#[track_caller]
pub(super) fn assert_conflict(outcome: Result<Committed, CommitError>, expected: Conflict) {
    match outcome {
        Err(CommitError::Conflict(conflict)) => assert_eq!(conflict, expected),
        other => panic!("expected the conflict {expected:?}, got {other:?}"),
    }
}

/// Asserts that a commit was refused because the row to change does not exist.
#[track_caller]
pub(super) fn assert_missing(outcome: &Result<Committed, CommitError>) {
    assert!(
        matches!(outcome, Err(CommitError::Storage(StorageError::Missing { .. }))),
        "expected StorageError::Missing, got {outcome:?}"
    );
}

impl Scene {
    pub(super) fn new(storage: Arc<dyn Storage>) -> Self {
        Self { storage, source: SequentialIds::new() }
    }

    /// New ids, the same in every run.
    pub(super) fn ids(&self) -> Ids<'_> {
        Ids::new(&self.source, at(0))
    }

    /// Commits what must be taken.
    #[track_caller]
    pub(super) fn commit(&self, changes: ChangeSet) -> impl Future<Output = Committed> {
        let place = std::panic::Location::caller();
        async move {
            match self.storage.commit(changes).await {
                Ok(committed) => committed,
                Err(error) => panic!("the commit at {place} was refused: {error:?}"),
            }
        }
    }

    /// Writes what must be taken.
    pub(super) async fn write(&self, rows: impl IntoIterator<Item = Write>) {
        self.commit(writes(rows)).await;
    }

    /// A customer that is not stored yet.
    pub(super) fn customer_new(&self, name: &str) -> Customer {
        Customer {
            id: self.ids().customer(),
            name: name.to_owned(),
            language: Language::RUSSIAN,
            host_id: None,
            attributes: BTreeMap::new(),
            created_at: at(0),
        }
    }

    /// A stored customer with the address `telegram:<name>`.
    pub(super) async fn customer(&self, name: &str) -> Customer {
        let customer = self.customer_new(name);
        let known =
            CustomerAddress { address: address(name), customer: customer.id, handle: None, unreachable_since: None };
        self.write([Write::CustomerInsert(customer.clone()), Write::AddressInsert(known)]).await;
        customer
    }

    /// A session and its chat that are not stored yet, at the customer's own address.
    pub(super) fn session_new(&self, customer: &Customer, opened_at: Timestamp) -> (Session, Chat) {
        let (id, chat) = (self.ids().session(), self.ids().chat());
        let session = Session::open(id, chat, customer.id, address(&customer.name), opened_at);
        let chat = Chat {
            id: chat,
            kind: ChatKind::Support { session: id },
            title: String::new(),
            description: String::new(),
            created_at: opened_at,
            archived_at: None,
            last_seq: 0,
        };
        (session, chat)
    }

    /// What opens `session`.
    pub(super) fn opening(session: &Session, chat: Chat) -> ChangeSet {
        ChangeSet {
            events: vec![EventKind::SessionOpened { session: session.id }],
            ..writes([Write::ChatInsert { chat, members: Vec::new() }, Write::SessionInsert(session.clone())])
        }
    }

    /// A stored session of `customer`.
    pub(super) async fn session(&self, customer: &Customer) -> Session {
        self.session_at(customer, at(0)).await
    }

    /// A stored session of `customer` that was opened at a certain time.
    pub(super) async fn session_at(&self, customer: &Customer, opened_at: Timestamp) -> Session {
        let (session, chat) = self.session_new(customer, opened_at);
        self.commit(Self::opening(&session, chat)).await;
        self.session_stored(&session).await
    }

    /// The session of a new customer.
    pub(super) async fn dialog(&self, name: &str) -> Session {
        let customer = self.customer(name).await;
        self.session(&customer).await
    }

    /// `session` as the storage has it now.
    pub(super) async fn session_stored(&self, session: &Session) -> Session {
        let found = self.storage.session(session.id).await.expect("a read succeeds");
        found.expect("the session is stored")
    }

    /// Stores `session` with `change` made to it, as its next revision.
    pub(super) async fn session_change(&self, session: &Session, change: impl FnOnce(&mut Session)) -> Session {
        let mut changed = self.session_stored(session).await;
        changed.revision += 1;
        change(&mut changed);
        self.write([Write::SessionUpdate(changed.clone())]).await;
        changed
    }

    /// Closes `session`.
    pub(super) async fn close(&self, session: &Session) -> Session {
        let resolution = Resolution::SolvedByStaff;
        self.session_change(session, |session| session.state = State::Closed { resolution }).await
    }

    /// A message of the customer that is not stored yet.
    pub(super) fn message_new(&self, session: &Session, text: &str) -> Message {
        Message::new(self.ids().message(), session.chat, Author::Customer(session.customer), text, at(1))
    }

    /// Stores a message and gives it back as it was stored.
    pub(super) async fn insert(&self, message: Message) -> Message {
        let id = message.id;
        self.write([Write::MessageInsert(Box::new(message))]).await;
        self.message_stored(id).await
    }

    /// A stored message of the customer.
    pub(super) async fn message(&self, session: &Session, text: &str) -> Message {
        self.insert(self.message_new(session, text)).await
    }

    /// A stored message of the bot on its way to the customer.
    pub(super) async fn message_out(&self, session: &Session, text: &str) -> Message {
        let mut message = self.message_new(session, text);
        message.author = Author::Bot;
        message.delivery = Some(Delivery::pending(session.address.clone(), at(1)));
        self.insert(message).await
    }

    /// A message as the storage has it now.
    pub(super) async fn message_stored(&self, id: MessageId) -> Message {
        self.storage.message(id).await.expect("a read succeeds").expect("the message is stored")
    }

    /// An attachment with a new id.
    pub(super) fn attachment(&self, body: AttachmentBody) -> Attachment {
        Attachment { id: self.ids().attachment(), body }
    }

    /// An account that is not stored yet.
    pub(super) fn staff_new(&self, login: &str, full_name: &str) -> Staff {
        Staff {
            id: self.ids().staff(),
            login: login.to_owned(),
            password_hash: None,
            full_name: full_name.to_owned(),
            role: Role::Agent,
            active: true,
            language: Language::ENGLISH,
            profile: Profile::default(),
            revision: 0,
            created_at: at(0),
        }
    }

    /// A stored account.
    pub(super) async fn staff(&self, login: &str, full_name: &str) -> Staff {
        let staff = self.staff_new(login, full_name);
        self.write([Write::StaffInsert(staff.clone())]).await;
        staff
    }

    /// A task that is not stored yet.
    pub(super) fn task_new(&self, lane: &str, due_at: Timestamp) -> NewTask {
        let task = Task::Deliver { message: self.ids().message() };
        NewTask { id: self.ids().task(), lane: lane.to_owned(), task, due_at }
    }

    /// A stored task.
    pub(super) async fn task(&self, lane: &str, due_at: Timestamp) -> NewTask {
        let task = self.task_new(lane, due_at);
        self.commit(ChangeSet { tasks: vec![task.clone()], ..ChangeSet::new(at(0)) }).await;
        task
    }

    /// Takes up to `max` tasks that are due at `now`, for a minute.
    pub(super) async fn claim(&self, now: Timestamp, max: u32) -> Vec<LeasedTask> {
        let lease_until = now + std::time::Duration::from_mins(1);
        let claim = Claim { now, lease_until, max };
        self.commit(ChangeSet { claim: Some(claim), ..ChangeSet::new(now) }).await.claimed
    }
}
