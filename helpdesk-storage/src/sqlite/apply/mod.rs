//! A change set as statements, in the order that [`ChangeSet`] promises: cause, expectations, writes, events, tasks, claim.
//!
//! Almost everything goes into one [`Batch`], written in advance: the statements themselves check what has to hold, and
//! the first that is refused undoes the rest. A claim follows it, since it hands out rows. The words that messages are found
//! by are left to the writer, which indexes those of a whole group at once.

mod customer;
mod expect;
mod message;
mod session;
mod staff;
pub(super) mod task;

use helpdesk_core::{
    address::ExternalId,
    id::{AttachmentId, ChatId, MessageId},
    storage::{Cause, ChangeSet, Claim, CommitError, Committed, EventKind, StorageError, Write},
};
use jiff::Timestamp;
use sqlx::SqliteConnection;

use super::{
    batch::{Batch, Verdict},
    encode::{json, micros},
};

/// A change set, ready to run.
pub(super) struct Plan {
    batch: Batch,
    claim: Option<Claim>,
    /// The words of new messages, in their order.
    words: Vec<String>,
    reworded: Vec<Reworded>,
    /// What channels call messages that came in. A name belongs to the address that the session has in the end: a customer
    /// who changes channels sends the message and moves the session in one change set, in either order.
    named: Vec<Named>,
}

/// A change set that was written, as far as its transaction goes.
pub(super) struct Applied {
    /// What its caller is told, once the transaction is durable.
    pub(super) committed: Committed,
    /// The places of new messages, and the words that they are found by.
    pub(super) words: Vec<(i64, String)>,
    /// Messages whose words are to be read back and indexed anew.
    pub(super) reworded: Vec<Reworded>,
}

/// A message whose text or attachments changed.
#[derive(Debug, Clone, Copy)]
pub(super) enum Reworded {
    /// This one.
    Message(MessageId),
    /// The one that this attachment is on.
    MessageOf(AttachmentId),
}

/// The channel's name of a message that came in.
struct Named {
    chat: ChatId,
    message: MessageId,
    external: ExternalId,
}

impl Plan {
    /// The statements of a change set.
    pub(super) fn new(changes: ChangeSet) -> Result<Self, StorageError> {
        let ChangeSet { at, cause, expect, writes, events, tasks, claim } = changes;
        let mut plan =
            Self { batch: Batch::default(), claim, words: Vec::new(), reworded: Vec::new(), named: Vec::new() };
        if let Some(cause) = &cause {
            plan.cause(cause, at);
        }
        for expectation in expect {
            plan.expect(expectation)?;
        }
        for write in &writes {
            plan.write(write, at)?;
        }
        plan.name_messages();
        for event in &events {
            plan.event(event, at);
        }
        for task in &tasks {
            plan.task_insert(task, at);
        }
        Ok(plan)
    }

    /// Runs it behind `frame`. The outer error means that the transaction is broken; the inner one that this change set is
    /// refused, and that what it did so far is to be undone.
    pub(super) async fn run(
        self,
        frame: Batch,
        connection: &mut SqliteConnection,
    ) -> Result<Result<Applied, CommitError>, sqlx::Error> {
        let ran = match frame.then(self.batch).run(connection).await? {
            Ok(ran) => ran,
            Err(refused) => return Ok(Err(refused)),
        };
        let claimed = match &self.claim {
            Some(claim) => task::claim(connection, claim).await,
            None => Ok(Vec::new()),
        };
        Ok(claimed.map_err(CommitError::from).map(|claimed| Applied {
            committed: Committed::new(ran.position, claimed),
            words: ran.places.into_iter().zip(self.words).collect(),
            reworded: self.reworded,
        }))
    }

    fn cause(&mut self, Cause { scope, key, outcome }: &Cause, at: Timestamp) {
        self.batch
            .add(Verdict::NotBefore, "SELECT outcome FROM helpdesk_causes WHERE scope = ? AND key = ?")
            .bind(scope)
            .bind(key)
            .add(Verdict::Ran, "INSERT INTO helpdesk_causes (scope, key, outcome, at) VALUES (?, ?, ?, ?)")
            .bind(scope)
            .bind(key)
            .bind(outcome)
            .bind(micros(at));
    }

    fn write(&mut self, write: &Write, at: Timestamp) -> Result<(), StorageError> {
        match write {
            Write::CustomerInsert(customer) => self.customer_insert(customer),
            Write::CustomerUpdate(customer) => self.customer_update(customer),
            Write::AddressInsert(address) => self.address_insert(address),
            Write::AddressUpdate(address) => self.address_update(address),
            Write::AddressMove { from, to } => self.address_move(from, to),
            Write::ChatInsert { chat, members } => self.chat_insert(chat, members),
            Write::MemberPut { chat, member } => self.member_put(*chat, member),
            Write::SessionInsert(session) => self.session_insert(session),
            Write::SessionUpdate(session) => self.session_update(session),
            Write::MessageInsert(message) => self.message_insert(message),
            Write::MessageRevise { message, text, at } => self.message_revise(*message, text, *at),
            Write::MessageCaption { message, text } => self.message_caption(*message, text),
            Write::AlbumClose { message } => self.album_close(*message),
            Write::PromptClose { message } => self.prompt_close(*message),
            Write::AttachmentInsert { message, attachment } => self.attachment_insert(*message, attachment),
            Write::AttachmentUpdate(attachment) => self.attachment_update(attachment),
            Write::DeliveryUpdate { message, delivery } => self.delivery_update(*message, delivery),
            Write::StaffInsert(staff) => self.staff_insert(staff),
            Write::StaffUpdate(staff) => self.staff_update(staff),
            Write::TokenInsert(token) => self.token_insert(token),
            Write::TokenDelete(hash) => self.token_delete(*hash),
            Write::TokenDeleteAll { staff, except } => self.token_delete_all(*staff, *except),
            Write::TaskFinish(task) => self.task_finish(*task),
            Write::TaskRenew { task, lease_until } => self.task_renew(*task, *lease_until),
            Write::TaskRetry { task, due_at, counted } => self.task_retry(*task, *due_at, *counted),
            Write::Prune { causes_before, events_before } => self.prune(*causes_before, *events_before, at),
            _ => return Err(unknown("write")),
        }
        Ok(())
    }

    fn event(&mut self, kind: &EventKind, at: Timestamp) {
        self.batch
            .add(Verdict::Event, "INSERT INTO helpdesk_events (at, kind) VALUES (?, ?)")
            .bind(micros(at))
            .bind(json(kind));
    }

    fn prune(&mut self, causes_before: Timestamp, events_before: Timestamp, now: Timestamp) {
        self.batch
            .add(Verdict::Ran, "DELETE FROM helpdesk_causes WHERE at < ?")
            .bind(micros(causes_before))
            .add(Verdict::Ran, "DELETE FROM helpdesk_events WHERE at < ?")
            .bind(micros(events_before))
            .add(Verdict::Ran, "DELETE FROM helpdesk_staff_tokens WHERE expires_at <= ?")
            .bind(micros(now));
    }
}

/// The core that gave this change set is newer than this storage.
fn unknown(what: &'static str) -> StorageError {
    StorageError::Unreadable { what, reason: "this version of the storage does not know it".to_owned() }
}
