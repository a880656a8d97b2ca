//! What a person sees: messages with their buttons and files, and notices after pressing buttons.

use std::fmt::Write as _;

use serde::Serialize;
use serde_json::Value;

use super::media::FileKind;
use super::world::{Author, Bot, StoredMessage};

/// A message on a person's screen.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct ScreenMessage {
    /// The number of the message in its chat.
    pub id: i32,
    /// Whether the bot wrote it.
    pub from_bot: bool,
    /// The name of who wrote it.
    pub author: String,
    /// When it was written, in seconds since 1970.
    pub date: i64,
    /// The text of a text message.
    pub text: Option<String>,
    /// The formatting of the text, as `MessageEntity` objects.
    pub entities: Vec<Value>,
    /// The caption under a file.
    pub caption: Option<String>,
    /// The formatting of the caption.
    pub caption_entities: Vec<Value>,
    /// The file in it: at most one, as every picture of an album is a message of its own.
    pub files: Vec<ScreenFile>,
    /// The inline buttons, by rows.
    pub buttons: Vec<Vec<ScreenButton>>,
    /// Whether it was edited.
    pub edited: bool,
    /// Whether it was deleted, and so is not on the screen any more.
    pub deleted: bool,
    /// The message that it replies to.
    pub reply_to: Option<i32>,
    /// The album that it belongs to.
    pub media_group_id: Option<String>,
    /// The message as the Bot API shows it.
    pub raw: Value,
}

/// A file on the screen.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct ScreenFile {
    /// What it is shown as.
    pub kind: FileKind,
    /// Its `file_id`, of the largest size for a picture.
    pub file_id: String,
    /// Its name.
    pub name: Option<String>,
    /// Its media type.
    pub mime: Option<String>,
    /// Its declared size in bytes.
    pub size: u64,
}

/// An inline button.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct ScreenButton {
    /// What is written on it.
    pub label: String,
    /// What the bot gets when it is pressed.
    pub data: Option<String>,
    /// The link that it opens.
    pub url: Option<String>,
}

/// The bot's answer to a press of an inline button.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct CallbackAnswer {
    /// The press, as returned by [`super::ScriptedUser::press`].
    pub query_id: String,
    /// The message with the button.
    pub message_id: i32,
    /// The button's data.
    pub data: String,
    /// The notice; without one only the waiting sign disappears.
    pub text: Option<String>,
    /// Whether the notice is a dialog to be closed.
    pub show_alert: bool,
    /// The link to open.
    pub url: Option<String>,
    /// Grows from answer to answer.
    pub number: i64,
}

impl ScreenMessage {
    pub(crate) fn new(message: &StoredMessage) -> Self {
        let wire = &message.wire;
        let text = |name: &str| wire[name].as_str().map(str::to_owned);
        let list = |name: &str| wire[name].as_array().cloned().unwrap_or_default();
        let author = ["from", "sender_chat"].into_iter().find_map(|field| {
            let author = &wire[field];
            author["first_name"].as_str().or_else(|| author["title"].as_str())
        });
        let kinds = FileKind::ALL.into_iter().filter(|kind| wire.get(kind.field()).is_some());
        Self {
            id: message.id,
            from_bot: message.author == Author::Bot,
            author: author.unwrap_or_default().to_owned(),
            date: wire["date"].as_i64().unwrap_or_default(),
            text: text("text"),
            entities: list("entities"),
            caption: text("caption"),
            caption_entities: list("caption_entities"),
            files: kinds.take(1).map(|kind| file(kind, wire)).collect(),
            buttons: buttons(&wire["reply_markup"]["inline_keyboard"]),
            edited: wire.get("edit_date").is_some(),
            deleted: message.deleted,
            reply_to: wire["reply_to_message"]["message_id"].as_i64().and_then(|id| i32::try_from(id).ok()),
            media_group_id: text("media_group_id"),
            raw: wire.clone(),
        }
    }

    /// The text or the caption, or nothing.
    pub fn words(&self) -> &str {
        self.text.as_deref().or(self.caption.as_deref()).unwrap_or_default()
    }

    /// The button with this label: exactly, or else the only one with a label that contains it.
    pub fn button(&self, label: &str) -> Option<&ScreenButton> {
        let all: Vec<_> = self.buttons.iter().flatten().collect();
        if let Some(exact) = all.iter().copied().find(|button| button.label == label) {
            return Some(exact);
        }
        let mut similar = all.into_iter().filter(|button| button.label.contains(label));
        similar.next().filter(|_| similar.next().is_none())
    }
}

fn file(kind: FileKind, wire: &Value) -> ScreenFile {
    let mut object = &wire[kind.field()];
    if let Some(sizes) = object.as_array() {
        object = sizes.last().unwrap_or(&Value::Null);
    }
    let text = |name: &str| object[name].as_str().map(str::to_owned);
    ScreenFile {
        kind,
        file_id: text("file_id").unwrap_or_default(),
        name: text("file_name"),
        mime: text("mime_type"),
        size: object["file_size"].as_u64().unwrap_or_default(),
    }
}

fn buttons(rows: &Value) -> Vec<Vec<ScreenButton>> {
    let button = |button: &Value| ScreenButton {
        label: button["text"].as_str().unwrap_or_default().to_owned(),
        data: button["callback_data"].as_str().map(str::to_owned),
        url: button["url"].as_str().map(str::to_owned),
    };
    let rows = rows.as_array().map(Vec::as_slice).unwrap_or_default();
    rows.iter().map(|row| row.as_array().into_iter().flatten().map(button).collect()).collect()
}

impl Bot {
    /// The messages of a chat that are not deleted.
    pub(crate) fn screen(&self, chat: i64) -> Vec<ScreenMessage> {
        self.history(chat).into_iter().filter(|message| !message.deleted).collect()
    }

    /// All messages of a chat.
    pub(crate) fn history(&self, chat: i64) -> Vec<ScreenMessage> {
        self.chats.get(&chat).map(|chat| chat.messages.iter().map(ScreenMessage::new).collect()).unwrap_or_default()
    }

    /// The labels of the reply keyboard, by rows.
    pub(crate) fn keyboard(&self, chat: i64) -> Option<Vec<Vec<String>>> {
        let keyboard = self.chats.get(&chat)?.keyboard.as_ref()?;
        let label = |button: &Value| button["text"].as_str().unwrap_or_default().to_owned();
        let rows = keyboard["keyboard"].as_array()?;
        Some(rows.iter().map(|row| row.as_array().into_iter().flatten().map(label).collect()).collect())
    }

    /// The answers to a person's presses, in order.
    pub(crate) fn callback_answers(&self, user: i64) -> Vec<CallbackAnswer> {
        let mut answers: Vec<_> = self
            .queries
            .iter()
            .filter(|(_, query)| query.user == user)
            .filter_map(|(id, query)| {
                let answer = query.answer.as_ref()?;
                Some(CallbackAnswer {
                    query_id: id.clone(),
                    message_id: query.message,
                    data: query.data.clone(),
                    text: answer["text"].as_str().map(str::to_owned),
                    show_alert: answer["show_alert"] == true,
                    url: answer["url"].as_str().map(str::to_owned),
                    number: query.number,
                })
            })
            .collect();
        answers.sort_by_key(|answer| answer.number);
        answers
    }
}

/// The screen as a text, for messages about failed expectations.
pub(crate) fn print(messages: &[ScreenMessage], keyboard: Option<&Vec<Vec<String>>>) -> String {
    let mut out = String::new();
    for message in messages {
        let edited = if message.edited { " (edited)" } else { "" };
        let reply = message.reply_to.map(|id| format!(" (reply to {id})")).unwrap_or_default();
        let _ = writeln!(
            out,
            "  #{} {}{edited}{reply}: {}",
            message.id,
            message.author,
            message.words().replace('\n', "\n      ")
        );
        for file in &message.files {
            let name = file.name.as_deref().unwrap_or_default();
            let _ = writeln!(out, "      <{:?} {name} {} bytes>", file.kind, file.size);
        }
        for row in &message.buttons {
            let labels: Vec<_> = row.iter().map(|button| format!("[{}]", button.label)).collect();
            let _ = writeln!(out, "      {}", labels.join(" "));
        }
    }
    if let Some(rows) = keyboard {
        for row in rows {
            let _ = writeln!(out, "  keyboard: {}", row.join(" | "));
        }
    }
    if out.is_empty() {
        out.push_str("  (nothing)\n");
    }
    out
}
