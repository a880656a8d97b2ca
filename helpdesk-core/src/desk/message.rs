//! What staff do with messages: read, write, note, send again, search (A13–A15).

use super::{
    Attempt, Desk,
    dialog::acting_staff,
    plan::{Plan, Setting},
    raced,
    view::{FoundMessage, MessageView, Names},
};
use crate::{
    blob::{BlobKey, ByteStream},
    chat::ChatKind,
    error::DeskError,
    id::{MessageId, SessionId, StaffId},
    limits::{
        CAUSE_KEY_MAX_BYTES, FILE_MAX_BYTES, FILE_NAME_MAX_CHARS, MESSAGE_ATTACHMENTS_MAX_COUNT,
        MESSAGE_TEXT_MAX_CHARS, SEARCH_QUERY_MAX_CHARS, shorten,
    },
    message::{
        Attachment, AttachmentBody, Author, Delivery, DeliveryStatus, File, FileKind, FileState, Message, Revision,
        Transcript, Visibility,
    },
    permission::{Action, Actor, Relation, allowed},
    session::{Input, Session, decide},
    storage::{
        Cause, ChangeSet, CommitError, EventKind, Expectation, MessageFilter, MessageOrder, NewTask, Page, PageRequest,
        SearchFilter, Task, Write,
    },
};

/// A message that a staff member writes.
#[derive(Default)]
pub struct NewMessage {
    /// The text, 1 to [`MESSAGE_TEXT_MAX_CHARS`] characters; may be empty when there are files.
    pub text: String,
    /// Whether it is a note that staff alone see.
    pub note: bool,
    /// The message that it replies to, in the same dialog.
    pub reply_to: Option<MessageId>,
    /// The client's key: the same key given twice writes one message.
    pub key: Option<String>,
    /// Files, where [`Policy::agents_may_attach`](crate::Policy::agents_may_attach) allows them (A15).
    pub files: Vec<NewFile>,
}

impl std::fmt::Debug for NewMessage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewMessage")
            .field("note", &self.note)
            .field("reply_to", &self.reply_to)
            .field("key", &self.key)
            .field("files", &self.files.len())
            .finish_non_exhaustive()
    }
}

/// A file that a staff member sends.
pub struct NewFile {
    /// Its name.
    pub name: String,
    /// Its media type.
    pub mime: String,
    /// Its bytes, at most [`FILE_MAX_BYTES`].
    pub content: ByteStream,
}

impl Desk {
    /// Messages of a session, notes included, a page at a time (A13).
    pub async fn message_list(
        &self,
        actor: &Actor,
        session: SessionId,
        order: MessageOrder,
        page: &PageRequest,
    ) -> Result<Page<MessageView>, DeskError> {
        let session = self.session_for(actor, Action::SessionRead, session).await?;
        let filter = MessageFilter { chat: session.chat, with_notes: true, order };
        let found = self.storage().message_list(&filter, page).await?;
        let mut names = Names::default();
        let mut items = Vec::with_capacity(found.items.len());
        for message in found.items {
            items.push(names.message(self, message).await?);
        }
        Ok(Page { items, next: found.next })
    }

    /// Writes to the customer, or a note to colleagues. The customer sees who wrote (A14).
    ///
    /// # Errors
    ///
    /// [`Refusal::NotJoined`](crate::session::Refusal::NotJoined) before joining and
    /// [`Refusal::Closed`](crate::session::Refusal::Closed) after the end; notes need neither.
    pub async fn message_send(
        &self,
        actor: &Actor,
        session: SessionId,
        new: NewMessage,
    ) -> Result<MessageView, DeskError> {
        let staff = acting_staff(actor)?;
        let draft = self.check_draft(&new)?;
        let action = if new.note { Action::SessionNote } else { Action::SessionWrite };
        // A message that was written before is answered with, whatever has become of the session since.
        if let Some(written) = self.written_before(actor, session, staff, draft.key.as_deref()).await? {
            return self.message_view(written).await;
        }
        // Refused before any file is stored; and once more below, on what is there by then.
        let read = self.session_for(actor, action, session).await?;
        if !new.note {
            decide(&read, Input::Write(staff), self.policy(), self.now(), self.ids(self.now()))?;
        }
        let attachments = self.store_files(new.files).await?;
        let id = until_committed!(async {
            let session = self.session_for(actor, action, session).await?;
            self.try_send(&session, staff, &draft, &attachments).await
        })?;
        self.message_view(id).await
    }

    async fn try_send(
        &self,
        session: &Session,
        staff: StaffId,
        draft: &Draft,
        attachments: &[Attachment],
    ) -> Result<MessageId, Attempt> {
        let now = self.now();
        let ids = self.ids(now);
        let language = self.language_of(session).await?;
        let setting = Setting { policy: self.policy(), phrases: self.phrases(), language: &language, ids, now };
        let mut plan = Plan::change(session, setting);
        let mut message = Message::new(ids.message(), session.chat, Author::Staff(staff), draft.text.clone(), now);
        message.attachments = attachments.to_vec();
        message.reply_to = self.reply_within(session, draft.reply_to).await?;
        if draft.note {
            message.visibility = Visibility::Staff;
        } else {
            self.react(&mut plan, ids, now, Input::Write(staff))?;
            plan.session.person_answered_at.get_or_insert(now);
            plan = plan.touch();
            message.delivery = Some(Delivery::pending(session.address.clone(), now));
        }
        let id = message.id;
        plan.message(message);
        let mut changes = plan.finish();
        changes.cause = draft.key.as_deref().map(|key| {
            let (scope, key) = cause_of(staff, session.id, key);
            Cause { scope, key, outcome: id.to_string() }
        });
        match self.commit(changes).await {
            Ok(_) => Ok(id),
            Err(CommitError::Duplicate { outcome }) => Ok(written(&outcome)?),
            Err(error) => Err(raced(error)),
        }
    }

    async fn written_before(
        &self,
        actor: &Actor,
        session: SessionId,
        staff: StaffId,
        key: Option<&str>,
    ) -> Result<Option<MessageId>, DeskError> {
        let Some(key) = key else { return Ok(None) };
        self.session_for(actor, Action::SessionRead, session).await?;
        let (scope, key) = cause_of(staff, session, key);
        self.storage().cause_outcome(&scope, &key).await?.map(|outcome| written(&outcome)).transpose()
    }

    /// Sends a message again whose delivery failed or is unknown. In the unknown case the customer may get it twice, which
    /// is why a person decides.
    pub async fn message_resend(&self, actor: &Actor, id: MessageId) -> Result<MessageView, DeskError> {
        until_committed!(async {
            let (message, session) = self.message_for(actor, Action::MessageResend, id).await?;
            let Some(before) = message.delivery.clone().filter(|delivery| delivery.status.may_resend()) else {
                return Err(DeskError::Conflict(
                    "only a message whose delivery failed or is unknown can be sent again".to_owned(),
                )
                .into());
            };
            let now = self.now();
            // The parts that arrived stay where they are; it goes on with the one that did not, to where the customer is now.
            let delivery = Delivery {
                address: session.address.clone(),
                status: DeliveryStatus::Pending,
                external_ids: if before.address == session.address { before.external_ids.clone() } else { Vec::new() },
                updated_at: now,
            };
            let mut changes = ChangeSet::new(now);
            changes.expect.push(Expectation::DeliveryUnchanged { message: id, delivery: before });
            changes.tasks.push(NewTask {
                id: self.ids(now).task(),
                lane: Task::lane_to(&delivery.address),
                task: Task::Deliver { message: id },
                due_at: now,
            });
            changes.writes.push(Write::DeliveryUpdate { message: id, delivery });
            changes.events.push(EventKind::MessageChanged {
                session: Some(session.id),
                chat: message.chat,
                message: id,
            });
            self.commit(changes).await.map(drop).map_err(raced)
        })?;
        self.message_view(id).await
    }

    /// The earlier texts of an edited message, oldest first.
    pub async fn message_revisions(&self, actor: &Actor, id: MessageId) -> Result<Vec<Revision>, DeskError> {
        self.message_for(actor, Action::SessionRead, id).await?;
        Ok(self.storage().message_revisions(id).await?)
    }

    /// Messages and transcripts with every word of `query`, in any inflection, newest first; in one session or in all that
    /// `actor` may see.
    pub async fn message_search(
        &self,
        actor: &Actor,
        query: &str,
        session: Option<SessionId>,
        page: &PageRequest,
    ) -> Result<Page<FoundMessage>, DeskError> {
        let length = query.chars().count();
        if query.trim().is_empty() || length > SEARCH_QUERY_MAX_CHARS || query.contains('\0') {
            return Err(DeskError::Invalid(format!("a search has 1 to {SEARCH_QUERY_MAX_CHARS} characters")));
        }
        if let Some(session) = session {
            self.session_for(actor, Action::SessionRead, session).await?;
        }
        let handed_over_only = allowed(actor, Action::SessionRead, Relation::WithBot).is_err();
        let filter = SearchFilter { query: query.to_owned(), handed_over_only, session };
        let found = self.storage().message_search(&filter, page).await?;
        let mut names = Names::default();
        let mut items = Vec::with_capacity(found.items.len());
        for hit in found.items {
            items.push(FoundMessage { view: names.message(self, hit.message).await?, session: hit.session });
        }
        Ok(Page { items, next: found.next })
    }

    /// The message and its session, if `actor` may do `action` there.
    pub(super) async fn message_for(
        &self,
        actor: &Actor,
        action: Action,
        id: MessageId,
    ) -> Result<(Message, Session), DeskError> {
        let missing = || DeskError::NotFound { what: "message" };
        let message = self.storage().message(id).await?.ok_or_else(missing)?;
        let Some(ChatKind::Support { session }) = self.storage().chat(message.chat).await?.map(|chat| chat.kind) else {
            return Err(missing());
        };
        match self.session_for(actor, action, session).await {
            Ok(session) => Ok((message, session)),
            Err(DeskError::NotFound { .. }) => Err(missing()),
            Err(error) => Err(error),
        }
    }

    pub(super) async fn message_view(&self, id: MessageId) -> Result<MessageView, DeskError> {
        let message = self.storage().message(id).await?.ok_or(DeskError::NotFound { what: "message" })?;
        Names::default().message(self, message).await
    }

    fn check_draft(&self, new: &NewMessage) -> Result<Draft, DeskError> {
        let invalid = |reason: String| Err(DeskError::Invalid(reason));
        if !new.files.is_empty() && !self.policy().agents_may_attach {
            return invalid("only text can be sent to a customer here (policy `agents_may_attach`)".to_owned());
        }
        if new.files.len() > MESSAGE_ATTACHMENTS_MAX_COUNT {
            return invalid(format!("a message has at most {MESSAGE_ATTACHMENTS_MAX_COUNT} files"));
        }
        if new.text.trim().is_empty() && new.files.is_empty() {
            return invalid("the text is empty".to_owned());
        }
        if new.text.contains('\0') {
            return invalid("the text holds U+0000, which cannot be kept".to_owned());
        }
        if new.text.chars().count() > MESSAGE_TEXT_MAX_CHARS {
            return invalid(format!("the text is longer than {MESSAGE_TEXT_MAX_CHARS} characters"));
        }
        if new.key.as_ref().is_some_and(|key| key.is_empty() || key.len() > CAUSE_KEY_MAX_BYTES) {
            return invalid(format!("a client's key has 1 to {CAUSE_KEY_MAX_BYTES} bytes"));
        }
        Ok(Draft { text: new.text.clone(), note: new.note, reply_to: new.reply_to, key: new.key.clone() })
    }

    async fn reply_within(
        &self,
        session: &Session,
        reply_to: Option<MessageId>,
    ) -> Result<Option<MessageId>, DeskError> {
        let Some(id) = reply_to else { return Ok(None) };
        let replied = self.storage().message(id).await?.filter(|message| message.chat == session.chat);
        match replied {
            Some(_) => Ok(Some(id)),
            None => Err(DeskError::Invalid("the message replied to is not in this dialog".to_owned())),
        }
    }

    /// Files go to the blob store before the message that names them is committed: a message never names what is missing.
    async fn store_files(&self, files: Vec<NewFile>) -> Result<Vec<Attachment>, DeskError> {
        let mut attachments = Vec::with_capacity(files.len());
        for file in files {
            let id = self.ids(self.now()).attachment();
            let blob = BlobKey::of_attachment(id);
            let size_bytes = self.inner.blobs.write(&blob, file.content, FILE_MAX_BYTES).await?;
            let mime = shorten(&file.mime, 120);
            attachments.push(Attachment {
                id,
                body: AttachmentBody::File(File {
                    kind: kind_of(&mime),
                    name: shorten(&file.name, FILE_NAME_MAX_CHARS),
                    mime,
                    size_bytes: Some(size_bytes),
                    duration_seconds: None,
                    state: FileState::Stored { blob },
                    transcript: Transcript::None,
                }),
            });
        }
        Ok(attachments)
    }
}

/// A client's key is its own within one session.
fn cause_of(staff: StaffId, session: SessionId, key: &str) -> (String, String) {
    (format!("staff:{staff}"), format!("{session}:{key}"))
}

/// The message that a cause's outcome names.
fn written(outcome: &str) -> Result<MessageId, DeskError> {
    outcome.parse().map_err(|_| DeskError::NotFound { what: "message" })
}

/// A [`NewMessage`] that was checked, without its files.
struct Draft {
    text: String,
    note: bool,
    reply_to: Option<MessageId>,
    key: Option<String>,
}

fn kind_of(mime: &str) -> FileKind {
    match mime.split('/').next() {
        Some("image") => FileKind::Photo,
        Some("video") => FileKind::Video,
        Some("audio") => FileKind::Audio,
        _ => FileKind::Document,
    }
}
