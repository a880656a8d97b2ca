//! What comes in from a channel.

use crate::{
    address::{Address, ExternalId},
    language::Language,
    message::FileKind,
};

/// One update of a platform, as the Desk takes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inbound {
    /// Where it came from, and where answers go.
    pub address: Address,
    /// The platform's own name of this update, unique on this channel: the same update given twice is applied once.
    pub key: String,
    /// Who sent it.
    pub sender: Sender,
    /// What happened.
    pub event: InboundEvent,
}

/// What the channel knows of a customer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sender {
    /// Their name; shortened to [`PERSON_NAME_MAX_CHARS`](crate::limits::PERSON_NAME_MAX_CHARS).
    pub name: String,
    /// The channel's handle of them, such as a username without `@`.
    pub handle: Option<String>,
    /// Their language, where the channel tells.
    pub language: Option<Language>,
}

/// What a customer did.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum InboundEvent {
    /// They open a request (A1).
    Open,
    /// They wrote.
    Message(IncomingMessage),
    /// They changed the text of an earlier message.
    Edit {
        /// The channel's name of that message.
        external_id: ExternalId,
        /// The new text.
        text: String,
    },
    /// They pressed a button; the token is what [`Button::token`](super::Button::token) said, or a forgery.
    Press {
        /// The button's token.
        token: String,
    },
    /// They can no longer be reached here (they blocked the bot).
    Unreachable,
    /// They can be reached here again.
    Reachable,
    /// Their address has moved.
    Moved {
        /// The new address.
        to: Address,
    },
}

/// A message as a channel gives it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IncomingMessage {
    /// The channel's name of the message.
    pub external_id: Option<ExternalId>,
    /// The text or caption; empty when there is none.
    pub text: String,
    /// Its files.
    pub files: Vec<IncomingFile>,
    /// A place on the map: latitude and longitude in millionths of a degree, and a title.
    pub location: Option<(i64, i64, Option<String>)>,
    /// A contact: name and phone.
    pub contact: Option<(String, String)>,
    /// The channel's name of the album that this is a part of: parts with the same name are one message (A5).
    pub group: Option<String>,
    /// The channel's name of the message that it replies to.
    pub reply_to: Option<ExternalId>,
}

/// A file that a customer sent; its bytes are fetched later, by a task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IncomingFile {
    /// How it was sent.
    pub kind: FileKind,
    /// Its name, where the channel gives one.
    pub name: Option<String>,
    /// Its media type, where the channel gives one.
    pub mime: Option<String>,
    /// Its size in bytes, where the channel gives it.
    pub size_bytes: Option<u64>,
    /// Length of a recording in seconds.
    pub duration_seconds: Option<u32>,
    /// What [`Channel::fetch`](super::Channel::fetch) needs to read it.
    pub reference: String,
}

/// What became of an [`Inbound`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Received {
    /// Whether the same update had been applied before.
    pub duplicate: bool,
    /// The short text that answers a pressed button, in the customer's language.
    pub notice: Option<String>,
}

impl Received {
    /// The outcome of an update.
    pub fn new(duplicate: bool, notice: Option<String>) -> Self {
        Self { duplicate, notice }
    }
}
