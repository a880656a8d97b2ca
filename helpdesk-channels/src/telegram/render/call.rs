//! The calls that a message becomes, in the form in which they wait between rendering and sending.

use serde::{Deserialize, Serialize};
use teloxide::types::MessageEntity;

/// One call to Telegram, without its recipient.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "call", rename_all = "snake_case")]
pub(crate) enum Call {
    /// [`sendMessage`](https://core.telegram.org/bots/api#sendmessage).
    SendText {
        /// The text, at most 4096 UTF-16 units.
        text: String,
        /// Its formatting.
        entities: Vec<MessageEntity>,
        /// What stands under it.
        markup: Markup,
        /// The message that it replies to.
        reply_to: Option<i32>,
    },
    /// One of the methods that [send a file](https://core.telegram.org/bots/api#sending-files).
    SendFile {
        /// Which of them.
        method: FileMethod,
        /// The text under the file, at most 1024 UTF-16 units.
        caption: String,
        /// Its formatting.
        entities: Vec<MessageEntity>,
        /// What stands under it.
        markup: Markup,
        /// The message that it replies to.
        reply_to: Option<i32>,
    },
}

/// The methods that send a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum FileMethod {
    /// [`sendPhoto`](https://core.telegram.org/bots/api#sendphoto).
    Photo,
    /// [`sendVideo`](https://core.telegram.org/bots/api#sendvideo).
    Video,
    /// [`sendAudio`](https://core.telegram.org/bots/api#sendaudio).
    Audio,
    /// [`sendVoice`](https://core.telegram.org/bots/api#sendvoice).
    Voice,
    /// [`sendDocument`](https://core.telegram.org/bots/api#senddocument).
    Document,
}

/// What stands under a message. Telegram takes one of these at most.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum Markup {
    /// Nothing; a keyboard from before stays.
    None,
    /// Buttons under this message.
    Buttons {
        /// Row by row.
        rows: Vec<Vec<Button>>,
    },
    /// The button in place of the customer's keyboard that opens a new request (A1).
    Keyboard {
        /// Its label.
        new_request: String,
    },
}

/// A button under a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Button {
    /// What the customer sees.
    pub(crate) label: String,
    /// What comes back.
    pub(crate) token: String,
}
