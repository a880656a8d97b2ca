//! Writes: what a [`ChangeSet`] does to the tables, in the order that it promises: cause, expectations, writes, events,
//! tasks, claim. It may stop halfway, since it is given a copy.

use std::sync::Arc;

use jiff::Timestamp;

use super::tables::{KeptCause, KeptMessage, KeptTask, Tables, change, insert, next, replace};
use crate::{
    address::Address,
    chat::{Chat, ChatKind, Member},
    id::{ChatId, MessageId, StaffId},
    message::{Attachment, DeliveryStatus, Message, Revision},
    person::{CustomerAddress, Staff, TokenHash},
    session::Session,
    storage::{
        Cause, ChangeSet, CommitError, Committed, Conflict, Event, EventKind, Expectation, NewTask, StorageError, Task,
        Write,
    },
};

impl Tables {
    /// Applies a change set.
    pub(super) fn apply(&mut self, changes: ChangeSet) -> Result<Committed, CommitError> {
        let ChangeSet { at, cause, expect, writes, events, tasks, claim } = changes;
        if let Some(cause) = cause {
            self.cause_keep(cause, at)?;
        }
        for expectation in &expect {
            self.expect(expectation)?;
        }
        for write in writes {
            self.write(write, at)?;
        }
        let mut position = None;
        for kind in events {
            position = Some(self.event_append(kind, at));
        }
        for task in tasks {
            self.task_insert(task)?;
        }
        let claimed = claim.map(|claim| self.task_claim(&claim)).unwrap_or_default();
        Ok(Committed::new(position, claimed))
    }

    fn cause_keep(&mut self, cause: Cause, at: Timestamp) -> Result<(), CommitError> {
        let Cause { scope, key, outcome } = cause;
        let name = (scope, key);
        if let Some(kept) = self.causes.get(&name) {
            return Err(CommitError::Duplicate { outcome: kept.outcome.clone() });
        }
        insert(&mut self.causes, name, KeptCause { outcome, at })
    }

    fn expect(&self, expectation: &Expectation) -> Result<(), CommitError> {
        let (holds, conflict) = match expectation {
            Expectation::SessionRevision { session, revision } => {
                (self.sessions.get(session).is_some_and(|kept| kept.revision == *revision), Conflict::Session)
            }
            Expectation::NoUnclosedSession { customer, except } => {
                let free = self.session_unclosed(*customer).is_none_or(|session| Some(session.id) == *except);
                (free, Conflict::SessionUnclosed)
            }
            Expectation::TaskHeld { task, fence } => {
                let held = |kept: &KeptTask| kept.fence == *fence && kept.lease_until.is_some();
                (self.task(*task).is_some_and(|(_, kept)| held(kept)), Conflict::Task)
            }
            Expectation::AttachmentCount { message, count } => {
                let holds = |kept: &KeptMessage| kept.message.attachments.len() == *count as usize;
                (self.messages.get(message).is_some_and(|kept| holds(kept)), Conflict::Message)
            }
            Expectation::DeliveryUnchanged { message, delivery } => {
                let holds = |kept: &KeptMessage| kept.message.delivery.as_ref() == Some(delivery);
                (self.messages.get(message).is_some_and(|kept| holds(kept)), Conflict::Message)
            }
            Expectation::StaffRevision { staff, revision } => {
                (self.staff.get(staff).is_some_and(|kept| kept.revision == *revision), Conflict::Staff)
            }
            Expectation::NoStaff => (self.staff.is_empty(), Conflict::Staff),
        };
        if holds { Ok(()) } else { Err(CommitError::Conflict(conflict)) }
    }

    fn write(&mut self, write: Write, at: Timestamp) -> Result<(), CommitError> {
        match write {
            Write::CustomerInsert(customer) => insert(&mut self.customers, customer.id, customer)?,
            Write::CustomerUpdate(customer) => replace(&mut self.customers, customer.id, customer, "customer")?,
            Write::AddressInsert(address) => self.address_insert(address)?,
            Write::AddressUpdate(address) => self.address_update(address)?,
            Write::AddressMove { from, to } => self.address_move(&from, &to)?,
            Write::ChatInsert { chat, members } => self.chat_insert(chat, members)?,
            Write::MemberPut { chat, member } => self.member_put(chat, member)?,
            Write::SessionInsert(session) => self.session_insert(session)?,
            Write::SessionUpdate(session) => self.session_update(session)?,
            Write::MessageInsert(message) => self.message_insert(*message)?,
            Write::MessageRevise { message, text, at } => self.message_revise(message, text, at)?,
            Write::MessageCaption { message, text } => self.message_mut(message)?.text = text,
            Write::AlbumClose { message } => self.message_mut(message)?.group = None,
            Write::PromptClose { message } => {
                if let Some(prompt) = &mut self.message_mut(message)?.prompt {
                    prompt.open = false;
                }
            }
            Write::AttachmentInsert { message, attachment } => self.attachment_insert(message, attachment)?,
            Write::AttachmentUpdate(attachment) => self.attachment_update(attachment)?,
            Write::DeliveryUpdate { message, delivery } => self.message_mut(message)?.delivery = Some(delivery),
            Write::StaffInsert(staff) => self.staff_insert(staff)?,
            Write::StaffUpdate(staff) => self.staff_update(staff)?,
            Write::TokenInsert(token) => insert(&mut self.tokens, token.hash, token)?,
            Write::TokenDelete(hash) => drop(self.tokens.remove(&hash)),
            Write::TokenDeleteAll { staff, except } => self.token_delete_all(staff, except),
            Write::TaskFinish(task) => self.task_finish(task)?,
            Write::TaskRenew { task, lease_until } => self.task_renew(task, lease_until)?,
            Write::TaskRetry { task, due_at, counted } => self.task_retry(task, due_at, counted)?,
            Write::Prune { causes_before, events_before } => {
                self.causes.retain(|_, cause| cause.at >= causes_before);
                self.events.retain(|_, event| event.at >= events_before);
                self.tokens.retain(|_, token| token.expires_at > at);
            }
        }
        Ok(())
    }

    fn address_insert(&mut self, address: CustomerAddress) -> Result<(), CommitError> {
        if self.address(&address.address).is_some() {
            return Err(CommitError::Conflict(Conflict::Address));
        }
        let place = next(&mut self.last.address);
        insert(&mut self.addresses, place, address)
    }

    fn address_update(&mut self, changed: CustomerAddress) -> Result<(), StorageError> {
        let known = self.address_mut(&changed.address)?;
        known.handle = changed.handle;
        known.unreachable_since = changed.unreachable_since;
        Ok(())
    }

    fn address_move(&mut self, from: &Address, to: &Address) -> Result<(), CommitError> {
        if from == to {
            return Ok(());
        }
        let customer = self.address_mut(from)?.customer;
        match self.address(to).map(|known| known.customer) {
            None => self.address_mut(from)?.address = to.clone(),
            // The customer wrote from the new address before the channel told of the move: one row is enough.
            Some(owner) if owner == customer => self.addresses.retain(|_, known| known.address != *from),
            Some(_) => return Err(CommitError::Conflict(Conflict::Address)),
        }
        for session in self.sessions.values_mut().filter(|session| session.address == *from) {
            Arc::make_mut(session).address = to.clone();
        }
        for kept in self.messages.values_mut() {
            let waits = |status: &DeliveryStatus| !matches!(status, DeliveryStatus::Sent | DeliveryStatus::Read);
            let delivery = kept.message.delivery.as_ref();
            if delivery.is_some_and(|delivery| delivery.address == *from && waits(&delivery.status))
                && let Some(delivery) = &mut Arc::make_mut(kept).message.delivery
            {
                delivery.address = to.clone();
            }
        }
        self.lane_rename(&Task::lane_to(from), &Task::lane_to(to));
        Ok(())
    }

    fn chat_insert(&mut self, chat: Chat, members: Vec<Member>) -> Result<(), CommitError> {
        let id = chat.id;
        insert(&mut self.chats, id, chat)?;
        insert(&mut self.members, id, members)
    }

    fn member_put(&mut self, chat: ChatId, member: Member) -> Result<(), CommitError> {
        let members = change(&mut self.members, chat, "chat")?;
        match members.iter_mut().find(|known| known.staff == member.staff) {
            Some(known) => *known = member,
            None => members.push(member),
        }
        Ok(())
    }

    fn session_insert(&mut self, mut session: Session) -> Result<(), CommitError> {
        self.unclosed_is_free(&session)?;
        session.number = next(&mut self.last.session);
        insert(&mut self.sessions, session.id, session)
    }

    fn session_update(&mut self, session: Session) -> Result<(), CommitError> {
        self.unclosed_is_free(&session)?;
        let kept = change(&mut self.sessions, session.id, "session")?;
        *kept = Session { number: kept.number, ..session };
        Ok(())
    }

    /// Refuses `session` while its customer has another one that is not closed.
    fn unclosed_is_free(&self, session: &Session) -> Result<(), CommitError> {
        let other = self.session_unclosed(session.customer).filter(|unclosed| unclosed.id != session.id);
        if !session.is_closed() && other.is_some() {
            return Err(CommitError::Conflict(Conflict::SessionUnclosed));
        }
        Ok(())
    }

    fn message_insert(&mut self, mut message: Message) -> Result<(), CommitError> {
        if message.attachments.iter().any(|attachment| self.attachment(attachment.id).is_some()) {
            return Err(CommitError::Conflict(Conflict::Id));
        }
        let chat = change(&mut self.chats, message.chat, "chat")?;
        message.seq = next(&mut chat.last_seq);
        let came_from = match chat.kind {
            ChatKind::Support { session } => self.sessions.get(&session).map(|session| session.address.clone()),
            _ => None,
        };
        let place = next(&mut self.last.message);
        let id = message.id;
        insert(&mut self.messages, id, KeptMessage { message, place, came_from, revisions: Vec::new() })
    }

    fn message_revise(&mut self, id: MessageId, text: String, at: Timestamp) -> Result<(), CommitError> {
        let kept = change(&mut self.messages, id, "message")?;
        let before = std::mem::replace(&mut kept.message.text, text);
        kept.message.edited_at = Some(at);
        kept.revisions.push(Revision { text: before, replaced_at: at });
        Ok(())
    }

    fn attachment_insert(&mut self, message: MessageId, attachment: Attachment) -> Result<(), CommitError> {
        if self.attachment(attachment.id).is_some() {
            return Err(CommitError::Conflict(Conflict::Id));
        }
        self.message_mut(message)?.attachments.push(attachment);
        Ok(())
    }

    fn attachment_update(&mut self, attachment: Attachment) -> Result<(), CommitError> {
        let missing = StorageError::Missing { what: "attachment" };
        let (_, message) = self.attachment(attachment.id).ok_or(missing)?;
        let attachments = &mut self.message_mut(message.id)?.attachments;
        if let Some(kept) = attachments.iter_mut().find(|kept| kept.id == attachment.id) {
            *kept = attachment;
        }
        Ok(())
    }

    fn message_mut(&mut self, id: MessageId) -> Result<&mut Message, StorageError> {
        change(&mut self.messages, id, "message").map(|kept| &mut kept.message)
    }

    fn staff_insert(&mut self, staff: Staff) -> Result<(), CommitError> {
        self.login_is_free(&staff)?;
        insert(&mut self.staff, staff.id, staff)
    }

    fn staff_update(&mut self, staff: Staff) -> Result<(), CommitError> {
        self.login_is_free(&staff)?;
        Ok(replace(&mut self.staff, staff.id, staff, "staff")?)
    }

    fn login_is_free(&self, staff: &Staff) -> Result<(), CommitError> {
        match self.staff_by_login(&staff.login) {
            Some(other) if other.id != staff.id => Err(CommitError::Conflict(Conflict::Login)),
            _ => Ok(()),
        }
    }

    fn token_delete_all(&mut self, staff: StaffId, except: Option<TokenHash>) {
        self.tokens.retain(|hash, token| token.staff != staff || Some(*hash) == except);
    }

    fn event_append(&mut self, kind: EventKind, at: Timestamp) -> u64 {
        let position = next(&mut self.last.event);
        self.events.insert(position, Arc::new(Event { position, at, kind }));
        position
    }

    fn task_insert(&mut self, new: NewTask) -> Result<(), CommitError> {
        if self.task(new.id).is_some() {
            return Err(CommitError::Conflict(Conflict::Id));
        }
        let place = next(&mut self.last.task);
        insert(&mut self.tasks, place, KeptTask { new, tries: 0, fence: 0, lease_until: None })
    }
}
