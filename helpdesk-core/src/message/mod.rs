//! Messages: one model for support dialogs and corporate chats.

pub mod attachment;
pub mod delivery;
pub mod prompt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use attachment::{Attachment, AttachmentBody, File, FileKind, FileState, Transcript};
pub use delivery::{Delivery, DeliveryStatus};
pub use prompt::{Choice, Prompt, PromptKind};

use crate::{
    address::ExternalId,
    id::{ChatId, CustomerId, MessageId, StaffId},
    responder::Source,
};

/// One message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Identity.
    pub id: MessageId,
    /// Where it stands.
    pub chat: ChatId,
    /// Its place in the chat: 1, 2, 3 … without gaps, in the order of the commits. Given by the storage.
    pub seq: u64,
    /// Who wrote it.
    pub author: Author,
    /// Who may read it.
    pub visibility: Visibility,
    /// What it says; empty when it carries attachments alone.
    pub text: String,
    /// How `text` is written.
    pub format: TextFormat,
    /// Files, places, contacts.
    pub attachments: Vec<Attachment>,
    /// The question with buttons that it asks, if any.
    pub prompt: Option<Prompt>,
    /// Where the bot's answer comes from.
    pub sources: Vec<Source>,
    /// The message that it replies to.
    pub reply_to: Option<MessageId>,
    /// The message that it was forwarded from.
    pub forwarded_from: Option<MessageId>,
    /// When it was stored.
    pub created_at: Timestamp,
    /// When its text was last changed; earlier texts are kept as revisions.
    pub edited_at: Option<Timestamp>,
    /// When it was deleted for everyone.
    pub deleted_at: Option<Timestamp>,
    /// When it was pinned.
    pub pinned_at: Option<Timestamp>,
    /// The channel's name of a message that came in.
    pub external_id: Option<ExternalId>,
    /// The channel's name of the album that it was put together from, such as Telegram's `media_group_id`.
    pub group: Option<String>,
    /// Its way to the customer; `None` for what is not sent anywhere.
    pub delivery: Option<Delivery>,
}

impl Message {
    /// A plain message of `author`, visible to everyone in the chat, with nothing but its text.
    pub fn new(id: MessageId, chat: ChatId, author: Author, text: impl Into<String>, now: Timestamp) -> Self {
        Self {
            id,
            chat,
            seq: 0,
            author,
            visibility: Visibility::Everyone,
            text: text.into(),
            format: TextFormat::Plain,
            attachments: Vec::new(),
            prompt: None,
            sources: Vec::new(),
            reply_to: None,
            forwarded_from: None,
            created_at: now,
            edited_at: None,
            deleted_at: None,
            pinned_at: None,
            external_id: None,
            group: None,
            delivery: None,
        }
    }

    /// Whether it can be taken as a question: it has text, or a voice whose transcript is the text (A4, A5).
    pub fn is_question(&self) -> bool {
        !self.text.trim().is_empty() || self.attachments.iter().any(Attachment::is_voice)
    }
}

/// Who wrote a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "kind", content = "id", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Author {
    /// The customer.
    Customer(CustomerId),
    /// The bot.
    Bot,
    /// A colleague.
    Staff(StaffId),
}

/// Who may read a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Visibility {
    /// Everyone in the chat.
    Everyone,
    /// Staff alone: a private note.
    Staff,
}

/// How a text is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum TextFormat {
    /// As it stands.
    #[default]
    Plain,
    /// Markdown: paragraphs, lists, `**bold**`, `*italic*`, `` `code` ``, links. A channel shows what it can of it.
    Markdown,
}

/// An earlier text of an edited message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revision {
    /// The text before the edit.
    pub text: String,
    /// When it was replaced.
    pub replaced_at: Timestamp,
}
