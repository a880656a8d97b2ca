//! What goes out to a channel.

use serde_json::Value;

use crate::{
    address::ExternalId,
    blob::BlobKey,
    id::MessageId,
    message::{FileKind, TextFormat},
};

/// A message on its way to a customer, with everything that a channel needs to show it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Outgoing {
    /// The message.
    pub message: MessageId,
    /// The full name of the staff member who wrote it (A14); `None` for the bot.
    pub author_name: Option<String>,
    /// The text.
    pub text: String,
    /// How the text is written.
    pub format: TextFormat,
    /// The question under the text; empty where the text itself asks.
    pub question: String,
    /// The choices under it.
    pub buttons: Vec<Button>,
    /// Files to send with it.
    pub files: Vec<OutgoingFile>,
    /// The label of the button that opens a new request, for channels that keep one in sight.
    pub new_request: String,
    /// The channel's name of the message that it replies to.
    pub reply_to: Option<ExternalId>,
}

impl Outgoing {
    /// A plain text of the bot.
    pub fn text(message: MessageId, text: impl Into<String>) -> Self {
        Self {
            message,
            author_name: None,
            text: text.into(),
            format: TextFormat::Plain,
            question: String::new(),
            buttons: Vec::new(),
            files: Vec::new(),
            new_request: String::new(),
            reply_to: None,
        }
    }
}

/// One choice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Button {
    /// What the customer sees.
    pub label: String,
    /// What comes back when it is pressed; at most 64 bytes.
    pub token: String,
}

/// A file to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutgoingFile {
    /// How to show it.
    pub kind: FileKind,
    /// Its name.
    pub name: String,
    /// Its media type.
    pub mime: String,
    /// Its size in bytes.
    pub size_bytes: u64,
    /// Where its bytes are.
    pub blob: BlobKey,
}

/// One call to the platform: what the channel's own `render` wrote and its `send` reads.
#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    /// The call, in the channel's own form.
    pub call: Value,
    /// The file that goes with it.
    pub file: Option<OutgoingFile>,
}

/// The platform took a part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// What the platform calls it.
    pub external_id: ExternalId,
}
