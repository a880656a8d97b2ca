//! Messages.

use helpdesk_core::{
    desk::view::{FoundMessage, MessageView},
    message::{
        Author as DomainAuthor, Delivery as DomainDelivery, DeliveryStatus as DomainStatus, Message as DomainMessage,
        Prompt as DomainPrompt, PromptKind as DomainPromptKind, Revision as DomainRevision, TextFormat as DomainFormat,
        Visibility as DomainVisibility,
    },
    responder::Source as DomainSource,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{attachment::Attachment, session::SessionState};

/// A message.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Message {
    id: Uuid,
    /// Its place in the dialog: 1, 2, 3 …
    seq: u64,
    author: Author,
    /// What it says; empty when it carries attachments alone.
    text: String,
    format: TextFormat,
    visibility: Visibility,
    attachments: Vec<Attachment>,
    /// The question with buttons that it asks.
    #[schema(required)]
    prompt: Option<Prompt>,
    /// Where the bot's answer comes from.
    sources: Vec<Source>,
    /// The message that it replies to.
    #[schema(required)]
    reply_to: Option<Uuid>,
    /// Its way to the customer; `null` for what is not sent anywhere.
    #[schema(required)]
    delivery: Option<Delivery>,
    created_at: Timestamp,
    /// When its text was last changed.
    #[schema(required)]
    edited_at: Option<Timestamp>,
    /// When it was deleted for everyone.
    #[schema(required)]
    deleted_at: Option<Timestamp>,
}

impl From<MessageView> for Message {
    fn from(view: MessageView) -> Self {
        Self::new(view.message, view.author_name)
    }
}

impl Message {
    fn new(message: DomainMessage, author_name: Option<String>) -> Self {
        Self {
            id: message.id.as_uuid(),
            seq: message.seq,
            author: Author::new(message.author, author_name),
            text: message.text,
            format: message.format.into(),
            visibility: message.visibility.into(),
            attachments: message.attachments.into_iter().map(Into::into).collect(),
            prompt: message.prompt.map(Into::into),
            sources: message.sources.into_iter().map(Into::into).collect(),
            reply_to: message.reply_to.map(|id| id.as_uuid()),
            delivery: message.delivery.map(Into::into),
            created_at: message.created_at,
            edited_at: message.edited_at,
            deleted_at: message.deleted_at,
        }
    }
}

/// Who wrote a message.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Author {
    kind: AuthorKind,
    /// `null` for the bot.
    #[schema(required)]
    id: Option<Uuid>,
    /// The full name of a staff member or the name of a customer; `null` for the bot.
    #[schema(required)]
    full_name: Option<String>,
}

impl Author {
    fn new(author: DomainAuthor, full_name: Option<String>) -> Self {
        let id = match author {
            DomainAuthor::Customer(id) => Some(id.as_uuid()),
            DomainAuthor::Staff(id) => Some(id.as_uuid()),
            _ => None,
        };
        Self { kind: author.into(), id, full_name }
    }
}

/// The kinds of authors.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum AuthorKind {
    /// The customer.
    Customer,
    /// The bot.
    Bot,
    /// A colleague.
    Staff,
}

impl From<DomainAuthor> for AuthorKind {
    fn from(author: DomainAuthor) -> Self {
        match author {
            DomainAuthor::Customer(_) => Self::Customer,
            DomainAuthor::Staff(_) => Self::Staff,
            // What else writes is no person.
            _ => Self::Bot,
        }
    }
}

/// How a text is written.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum TextFormat {
    /// As it stands.
    Plain,
    /// Markdown: paragraphs, lists, bold, italic, code, links.
    Markdown,
}

impl From<DomainFormat> for TextFormat {
    fn from(format: DomainFormat) -> Self {
        match format {
            DomainFormat::Markdown => Self::Markdown,
            // Another format is at least a text.
            _ => Self::Plain,
        }
    }
}

/// Who may read a message.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Visibility {
    /// Everyone in the dialog.
    Everyone,
    /// Staff alone: a note.
    Staff,
}

impl From<DomainVisibility> for Visibility {
    fn from(visibility: DomainVisibility) -> Self {
        match visibility {
            DomainVisibility::Everyone => Self::Everyone,
            DomainVisibility::Staff => Self::Staff,
        }
    }
}

/// A question with buttons.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Prompt {
    kind: PromptKind,
    /// Whether an answer still counts.
    open: bool,
}

/// The questions that are asked.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum PromptKind {
    /// Did the answer help?
    Helped,
    /// Are you ready to talk to support?
    Ready,
    /// How was the help?
    Rate,
    /// Another question, which a newer version knows.
    Other,
}

impl From<DomainPrompt> for Prompt {
    fn from(prompt: DomainPrompt) -> Self {
        let kind = match prompt.kind {
            DomainPromptKind::Helped => PromptKind::Helped,
            DomainPromptKind::Ready => PromptKind::Ready,
            DomainPromptKind::Rate => PromptKind::Rate,
            _ => PromptKind::Other,
        };
        Self { kind, open: prompt.open }
    }
}

/// Where an answer of the bot comes from.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Source {
    id: String,
    title: String,
    #[schema(required)]
    url: Option<String>,
}

impl From<DomainSource> for Source {
    fn from(source: DomainSource) -> Self {
        Self { id: source.id, title: source.title, url: source.url }
    }
}

/// How far a message has come on its way to the customer.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Delivery {
    status: DeliveryStatus,
    /// Why it failed.
    #[schema(required)]
    reason: Option<String>,
    /// Whether staff may ask for another try.
    may_resend: bool,
    address: DeliveryAddress,
    /// When the status last changed.
    updated_at: Timestamp,
}

/// Where a message goes.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DeliveryAddress {
    channel: String,
    key: String,
}

/// The status of a delivery.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum DeliveryStatus {
    /// Waits for its turn, also between tries.
    Pending,
    /// Is being sent.
    Sending,
    /// The channel took it.
    Sent,
    /// The customer has read it.
    Read,
    /// It will not arrive unless somebody sends it again.
    Failed,
    /// It may have arrived or not.
    Unknown,
}

impl From<DomainDelivery> for Delivery {
    fn from(delivery: DomainDelivery) -> Self {
        let may_resend = delivery.status.may_resend();
        let (status, reason) = match delivery.status {
            DomainStatus::Pending => (DeliveryStatus::Pending, None),
            DomainStatus::Sending { .. } => (DeliveryStatus::Sending, None),
            DomainStatus::Sent => (DeliveryStatus::Sent, None),
            DomainStatus::Read => (DeliveryStatus::Read, None),
            DomainStatus::Failed { reason } => (DeliveryStatus::Failed, Some(reason)),
            _ => (DeliveryStatus::Unknown, None),
        };
        let address = DeliveryAddress { channel: delivery.address.channel.to_string(), key: delivery.address.key };
        Self { status, reason, may_resend, address, updated_at: delivery.updated_at }
    }
}

/// A message to the customer, or a note.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewMessage {
    /// 1 to 20,000 characters.
    #[schema(min_length = 1, max_length = 20_000)]
    pub(crate) text: String,
    /// Whether it is a note that staff alone see.
    #[serde(default)]
    pub(crate) note: bool,
    /// The message that it replies to, in the same dialog.
    #[serde(default)]
    pub(crate) reply_to: Option<Uuid>,
}

/// A message with files, where the host's policy allows them.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the parts of a form, which are read one by one")]
pub(crate) struct MessageForm {
    text: Option<String>,
    note: Option<bool>,
    reply_to: Option<Uuid>,
    /// Up to 100 files, 100 MiB together.
    #[schema(value_type = Vec<String>, format = Binary, required = false)]
    files: Vec<Vec<u8>>,
}

/// An earlier text of an edited message.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Revision {
    text: String,
    replaced_at: Timestamp,
}

impl From<DomainRevision> for Revision {
    fn from(revision: DomainRevision) -> Self {
        Self { text: revision.text, replaced_at: revision.replaced_at }
    }
}

/// A message that was found.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MessageHit {
    message: Message,
    session: HitSession,
}

/// The session of a message that was found.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HitSession {
    id: Uuid,
    number: u64,
    state: SessionState,
}

impl From<FoundMessage> for MessageHit {
    fn from(hit: FoundMessage) -> Self {
        Self {
            message: Message::from(hit.view),
            session: HitSession {
                id: hit.session.id.as_uuid(),
                number: hit.session.number,
                state: hit.session.state.kind().into(),
            },
        }
    }
}
