//! Takes what customers do, from any channel.
//!
//! An update is known by its channel and key, so one that comes again changes nothing. Everything that follows from it is
//! one change set; when that is committed, the channel may confirm the update to its platform.

mod files;
mod guest;

use jiff::Timestamp;

use self::guest::Guest;
use super::{
    Attempt, Desk,
    dispatcher::label,
    plan::{Plan, Setting},
    raced,
};
use crate::{
    address::{Address, ExternalId},
    channel::{Inbound, InboundEvent, IncomingMessage, Received},
    chat::{Chat, ChatKind},
    clock::later,
    error::DeskError,
    id::{ChatId, Ids, MessageId},
    language::Language,
    limits::{CAUSE_KEY_MAX_BYTES, MESSAGE_ATTACHMENTS_MAX_COUNT, MESSAGE_TEXT_MAX_CHARS, shorten},
    message::{Author, Choice, Message, PromptKind},
    person::CustomerAddress,
    phrases::Phrase,
    session::{Input, Notice, Session, State, decide, person_wanted::is_person_wanted},
    storage::{Cause, ChangeSet, CommitError, EventKind, Expectation, Task, Write},
};

impl Desk {
    /// Takes one update of a channel and stores everything that follows from it.
    ///
    /// Once this returns `Ok`, the update may be confirmed to the platform: nothing of it can be lost any more. Given the
    /// same update again, it answers with [`Received::duplicate`] and changes nothing.
    ///
    /// # Errors
    ///
    /// [`DeskError::Invalid`] when the update breaks a limit, which no retry mends; otherwise the update is to be given
    /// again later.
    pub async fn receive(&self, inbound: Inbound) -> Result<Received, DeskError> {
        if inbound.key.is_empty() || inbound.key.len() > CAUSE_KEY_MAX_BYTES {
            return Err(DeskError::Invalid(format!("an update's key has 1 to {CAUSE_KEY_MAX_BYTES} bytes")));
        }
        until_committed!(self.try_receive(&inbound))
    }

    async fn try_receive(&self, inbound: &Inbound) -> Result<Received, Attempt> {
        let now = self.now();
        let ids = self.ids(now);
        let known = self.storage().customer_by_address(&inbound.address).await?;
        let writes = matches!(inbound.event, InboundEvent::Open | InboundEvent::Message(_));
        if known.is_none() && !writes {
            // Whoever has never written is nobody's customer: a button of theirs is forged, and the rest is not about us.
            let notice = matches!(inbound.event, InboundEvent::Press { .. }).then_some(Notice::Stale);
            let language = inbound.sender.language.clone().unwrap_or(Language::ENGLISH);
            let notice = notice.map(|notice| self.phrases().text(&language, notice.into()));
            return Ok(Received::new(false, notice));
        }
        let guest = Guest::meet(known, inbound, ids, now);
        let (mut changes, notice) = match &inbound.event {
            InboundEvent::Open => (self.open(&guest, None).await?, None),
            InboundEvent::Message(message) => (self.take_message(&guest, message).await?, None),
            InboundEvent::Edit { external_id, text } => (self.take_edit(&guest, external_id, text).await?, None),
            InboundEvent::Press { token } => self.take_press(&guest, token).await?,
            InboundEvent::Unreachable => (self.take_reachability(&guest, Some(now)).await?, None),
            InboundEvent::Reachable => (self.take_reachability(&guest, None).await?, None),
            InboundEvent::Moved { to } => (self.take_move(&guest, to).await?, None),
        };
        changes.writes.splice(0..0, guest.writes.iter().cloned());
        let notice = notice.map(|notice: Notice| self.phrases().text(&guest.customer.language, notice.into()));
        changes.cause = Some(Cause {
            scope: inbound.address.channel.to_string(),
            key: inbound.key.clone(),
            outcome: notice.clone().unwrap_or_default(),
        });
        match self.commit(changes).await {
            Ok(_) => Ok(Received::new(false, notice)),
            Err(CommitError::Duplicate { outcome }) => {
                Ok(Received::new(true, Some(outcome).filter(|notice| !notice.is_empty())))
            }
            Err(error) => Err(raced(error)),
        }
    }

    /// A1–A3: a new session, which closes the unclosed one wherever it was held; with the customer's first message, when
    /// that is what opened it.
    async fn open(&self, guest: &Guest<'_>, first: Option<&IncomingMessage>) -> Result<ChangeSet, Attempt> {
        let setting = self.setting(guest);
        let mut changes = ChangeSet::new(guest.now);
        let unclosed = self.unclosed(guest).await?;
        changes.expect.push(Expectation::NoUnclosedSession {
            customer: guest.customer.id,
            except: unclosed.as_ref().map(|session| session.id),
        });
        if let Some(old) = &unclosed {
            let mut plan = Plan::change(old, setting);
            plan.decide(decide(old, Input::Superseded, self.policy(), guest.now, guest.ids)?);
            merge(&mut changes, plan.finish());
        }

        let (id, chat) = (guest.ids.session(), guest.ids.chat());
        let session = Session::open(id, chat, guest.customer.id, guest.address.clone(), guest.now);
        changes.writes.push(Write::ChatInsert {
            chat: Chat {
                id: chat,
                kind: ChatKind::Support { session: id },
                title: String::new(),
                description: String::new(),
                created_at: guest.now,
                archived_at: None,
                last_seq: 0,
            },
            members: Vec::new(),
        });
        changes.events.push(EventKind::SessionOpened { session: id });
        let mut plan = Plan::begin(&session, setting);
        plan.idle_timer();
        plan.decide(decide(&session, Input::Open, self.policy(), guest.now, guest.ids)?);
        if let Some(message) = first {
            self.add_message(&mut plan, guest, message, None)?;
        }
        merge(&mut changes, plan.finish());
        Ok(changes)
    }

    /// A4, A5, A8: a message goes into the unclosed session; without one it opens a request of its own.
    async fn take_message(&self, guest: &Guest<'_>, incoming: &IncomingMessage) -> Result<ChangeSet, Attempt> {
        let Some(mut session) = self.unclosed(guest).await? else {
            return match self.policy().open_on_message {
                true => self.open(guest, Some(incoming)).await,
                false => self.keep_without_session(guest, incoming).await,
            };
        };
        if let Some(group) = &incoming.group
            && let Some(album) = self.storage().message_by_group(session.chat, group).await?
        {
            return Ok(self.add_to_album(guest, &session, &album, incoming));
        }
        let reply_to = self.replied_message(guest, incoming).await?;
        // Answers go where the customer wrote last.
        session.address = guest.address.clone();
        let typed = self.typed_choice(guest, &session, incoming);
        let mut plan = Plan::change(&session, self.setting(guest)).touch();
        match typed {
            Some(choice) => {
                let mut message = self.incoming_message(guest, session.chat, incoming);
                message.reply_to = reply_to;
                plan.message(message);
                self.react(&mut plan, guest.ids, guest.now, Input::Press(choice))?;
            }
            None => self.add_message(&mut plan, guest, incoming, reply_to)?,
        }
        Ok(plan.finish())
    }

    /// The choice that a customer typed on a channel without buttons: the whole message is the label of one.
    fn typed_choice(&self, guest: &Guest<'_>, session: &Session, incoming: &IncomingMessage) -> Option<Choice> {
        let channel = self.channel(guest.address.channel.as_str())?;
        if channel.capabilities().buttons || !incoming.files.is_empty() {
            return None;
        }
        let (kind, prompt) = match session.state {
            State::Confirming { answer, .. } => (PromptKind::Helped, answer),
            State::Offered { prompt } => (PromptKind::Ready, prompt),
            _ => return None,
        };
        let spoken = |text: &str| text.trim().trim_end_matches(['.', '!']).to_lowercase();
        let typed = spoken(&incoming.text);
        let language = &guest.customer.language;
        kind.choices(prompt).into_iter().find(|choice| {
            let plain = if choice.is_yes() { Phrase::Yes } else { Phrase::No };
            let labels = [label(self, language, kind, *choice), self.phrases().text(language, plain)];
            labels.iter().any(|label| spoken(label) == typed)
        })
    }

    async fn unclosed(&self, guest: &Guest<'_>) -> Result<Option<Session>, DeskError> {
        if guest.new {
            return Ok(None);
        }
        Ok(self.storage().session_unclosed(guest.customer.id).await?)
    }

    fn incoming_message(&self, guest: &Guest<'_>, chat: ChatId, incoming: &IncomingMessage) -> Message {
        let author = Author::Customer(guest.customer.id);
        let text = kept_text(&incoming.text);
        let mut message = Message::new(guest.ids.message(), chat, author, text, guest.now);
        message.attachments = self.attachments(guest, incoming);
        message.external_id = incoming.external_id.clone();
        message
    }

    /// The message itself, its files' tasks, and the rules' reaction: at once, or for an album when it is complete.
    fn add_message(
        &self,
        plan: &mut Plan<'_>,
        guest: &Guest<'_>,
        incoming: &IncomingMessage,
        reply_to: Option<MessageId>,
    ) -> Result<(), Attempt> {
        let mut message = self.incoming_message(guest, plan.session.chat, incoming);
        message.group = incoming.group.clone();
        message.reply_to = reply_to;
        let (id, in_album) = (message.id, message.group.is_some());
        let question = message.is_question();
        let wants_person = is_person_wanted(&message.text, self.policy());
        let attachments = message.attachments.clone();
        plan.message(message);
        self.add_file_tasks(plan, guest, &attachments);
        if in_album {
            self.settle_later(plan, guest, id, attachments.len());
            return Ok(());
        }
        let input = if question { Input::Question { wants_person } } else { Input::Media };
        self.react(plan, guest.ids, guest.now, input)
    }

    /// What the rules make of an input, added to the plan.
    pub(super) fn react(&self, plan: &mut Plan<'_>, ids: Ids<'_>, now: Timestamp, input: Input) -> Result<(), Attempt> {
        plan.decide(decide(&plan.session, input, self.policy(), now, ids)?);
        Ok(())
    }

    /// A5: one more part of an album that is not complete yet. (A straggler finds it closed, and is a message of its own.)
    fn add_to_album(
        &self,
        guest: &Guest<'_>,
        session: &Session,
        album: &Message,
        incoming: &IncomingMessage,
    ) -> ChangeSet {
        let mut plan = Plan::change(session, self.setting(guest)).touch();
        let count = u32::try_from(album.attachments.len()).unwrap_or(u32::MAX);
        plan.changes.expect.push(Expectation::AttachmentCount { message: album.id, count });
        let room = MESSAGE_ATTACHMENTS_MAX_COUNT.saturating_sub(album.attachments.len());
        let attachments: Vec<_> = self.attachments(guest, incoming).into_iter().take(room).collect();
        for attachment in &attachments {
            plan.changes.writes.push(Write::AttachmentInsert { message: album.id, attachment: attachment.clone() });
        }
        if !incoming.text.trim().is_empty() {
            let text = match album.text.as_str() {
                "" => incoming.text.clone(),
                before => format!("{before}\n{}", incoming.text),
            };
            let text = kept_text(&text);
            plan.changes.writes.push(Write::MessageCaption { message: album.id, text });
        }
        self.add_file_tasks(&mut plan, guest, &attachments);
        plan.message_changed(album.id);
        self.settle_later(&mut plan, guest, album.id, album.attachments.len() + attachments.len());
        plan.finish()
    }

    /// Each part of an album asks for a look at it; the one that finds as many parts as it has seen itself was the last.
    fn settle_later(&self, plan: &mut Plan<'_>, guest: &Guest<'_>, album: MessageId, parts: usize) {
        let parts = u32::try_from(parts).unwrap_or(u32::MAX);
        let settle = Task::SettleAlbum { session: plan.session.id, message: album, parts };
        plan.task_at(Task::lane_album(album), settle, later(guest.now, self.policy().album_window));
    }

    /// Policy `open_on_message` is off: the message is kept with the last session, and the customer is told what to do.
    async fn keep_without_session(&self, guest: &Guest<'_>, incoming: &IncomingMessage) -> Result<ChangeSet, Attempt> {
        let Some(mut last) = self.storage().session_latest(guest.customer.id).await? else {
            // There is nowhere to keep it yet.
            return self.open(guest, Some(incoming)).await;
        };
        last.address = guest.address.clone();
        let mut plan = Plan::change(&last, self.setting(guest));
        let message = self.incoming_message(guest, last.chat, incoming);
        let attachments = message.attachments.clone();
        plan.message(message);
        self.add_file_tasks(&mut plan, guest, &attachments);
        let hint = self.phrases().text(&guest.customer.language, Phrase::OpenFirst);
        plan.notify(hint);
        Ok(plan.finish())
    }

    /// An edit is a revision of the message that it changes. It asks no question anew: the answer may be on its way.
    async fn take_edit(&self, guest: &Guest<'_>, external_id: &ExternalId, text: &str) -> Result<ChangeSet, Attempt> {
        let mut changes = ChangeSet::new(guest.now);
        let edited = self.storage().message_by_external(&guest.address, external_id).await?;
        let Some(message) = edited.filter(|message| message.author == Author::Customer(guest.customer.id)) else {
            tracing::debug!(channel = %guest.address.channel, "an edit of a message that was never received");
            return Ok(changes);
        };
        let text = kept_text(text);
        if text == message.text {
            return Ok(changes);
        }
        let session = match self.storage().chat(message.chat).await?.map(|chat| chat.kind) {
            Some(ChatKind::Support { session }) => Some(session),
            _ => None,
        };
        changes.writes.push(Write::MessageRevise { message: message.id, text, at: guest.now });
        changes.events.push(EventKind::MessageChanged { session, chat: message.chat, message: message.id });
        Ok(changes)
    }

    /// A6, A8: a pressed button. What is not this customer's own, or does not count any more, changes nothing and says so.
    async fn take_press(&self, guest: &Guest<'_>, token: &str) -> Result<(ChangeSet, Option<Notice>), Attempt> {
        let nothing = || (ChangeSet::new(guest.now), Some(Notice::Stale));
        let Some(choice) = Choice::from_token(token) else {
            return Ok(nothing());
        };
        let Some(session) = self.session_of_prompt(choice.prompt()).await? else {
            return Ok(nothing());
        };
        if session.customer != guest.customer.id {
            return Ok(nothing());
        }
        let decision = decide(&session, Input::Press(choice), self.policy(), guest.now, guest.ids)?;
        let notice = decision.notice;
        if decision.next.is_none() && decision.effects.is_empty() {
            return Ok((ChangeSet::new(guest.now), notice));
        }
        let mut plan = Plan::change(&session, self.setting(guest)).touch();
        plan.decide(decision);
        Ok((plan.finish(), notice))
    }

    async fn session_of_prompt(&self, prompt: MessageId) -> Result<Option<Session>, DeskError> {
        let Some(message) = self.storage().message(prompt).await? else { return Ok(None) };
        if message.prompt.is_none() {
            return Ok(None);
        }
        match self.storage().chat(message.chat).await?.map(|chat| chat.kind) {
            Some(ChatKind::Support { session }) => Ok(self.storage().session(session).await?),
            _ => Ok(None),
        }
    }

    async fn take_reachability(
        &self,
        guest: &Guest<'_>,
        unreachable_since: Option<Timestamp>,
    ) -> Result<ChangeSet, Attempt> {
        let mut changes = ChangeSet::new(guest.now);
        changes.writes.push(Write::AddressUpdate(CustomerAddress {
            address: guest.address.clone(),
            customer: guest.customer.id,
            handle: guest.handle.clone(),
            unreachable_since,
        }));
        if let Some(session) = self.unclosed(guest).await? {
            changes.events.push(EventKind::SessionChanged { session: session.id });
        }
        Ok(changes)
    }

    /// The platform calls the customer's address otherwise now.
    async fn take_move(&self, guest: &Guest<'_>, to: &Address) -> Result<ChangeSet, Attempt> {
        let mut changes = ChangeSet::new(guest.now);
        match self.storage().customer_by_address(to).await? {
            Some(owner) if owner.customer.id != guest.customer.id => {
                tracing::warn!(channel = %to.channel, "an address moved to one that is another customer's: left as it is");
            }
            _ => changes.writes.push(Write::AddressMove { from: guest.address.clone(), to: to.clone() }),
        }
        Ok(changes)
    }

    async fn replied_message(
        &self,
        guest: &Guest<'_>,
        incoming: &IncomingMessage,
    ) -> Result<Option<MessageId>, DeskError> {
        match &incoming.reply_to {
            Some(external) => {
                let replied = self.storage().message_by_external(&guest.address, external).await?;
                Ok(replied.map(|message| message.id))
            }
            None => Ok(None),
        }
    }

    fn setting<'a>(&'a self, guest: &'a Guest<'a>) -> Setting<'a> {
        Setting {
            policy: self.policy(),
            phrases: self.phrases(),
            language: &guest.customer.language,
            ids: guest.ids,
            now: guest.now,
        }
    }
}

/// A customer's text as it is kept: not longer than the limit, and without U+0000, which PostgreSQL cannot keep and which
/// shows as nothing.
fn kept_text(text: &str) -> String {
    shorten(&text.replace('\0', ""), MESSAGE_TEXT_MAX_CHARS)
}

/// Puts one plan's changes behind another's.
fn merge(into: &mut ChangeSet, from: ChangeSet) {
    into.expect.extend(from.expect);
    into.writes.extend(from.writes);
    into.events.extend(from.events);
    into.tasks.extend(from.tasks);
}
