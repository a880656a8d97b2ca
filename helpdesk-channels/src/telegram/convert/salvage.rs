//! Reads from the raw JSON of an update what teloxide's types could not: only the fields that matter, each on its own, so that
//! one of an unknown form costs nothing but itself.

use helpdesk_core::{
    ExternalId, Language,
    channel::{InboundEvent, IncomingFile, IncomingMessage, Sender},
    limits::{MESSAGE_TEXT_MAX_CHARS, shorten},
    message::FileKind,
};
use serde_json::Value;

use super::{Known, Reaction, Taken, content::millionths, text::Command};

/// The fields that hold a file, and what kind it is. An animation comes as a document as well, so it is looked for first.
const FILES: [(&str, FileKind); 7] = [
    ("animation", FileKind::Video),
    ("voice", FileKind::Voice),
    ("audio", FileKind::Audio),
    ("video", FileKind::Video),
    ("video_note", FileKind::VideoNote),
    ("sticker", FileKind::Sticker),
    ("document", FileKind::Document),
];

/// The fields of a [`Message`](https://core.telegram.org/bots/api#message) that do not say what it holds.
const AROUND_THE_CONTENT: [&str; 30] = [
    "message_id",
    "message_thread_id",
    "direct_messages_topic",
    "from",
    "sender_chat",
    "sender_boost_count",
    "sender_business_bot",
    "date",
    "business_connection_id",
    "chat",
    "forward_origin",
    "is_topic_message",
    "is_automatic_forward",
    "reply_to_message",
    "external_reply",
    "quote",
    "reply_to_story",
    "reply_to_checklist_task_id",
    "via_bot",
    "edit_date",
    "has_protected_content",
    "is_from_offline",
    "is_paid_post",
    "media_group_id",
    "author_signature",
    "paid_star_count",
    "effect_id",
    "reply_markup",
    "has_media_spoiler",
    "show_caption_above_media",
];

/// What came, in words: the name of the field that holds it.
pub(super) fn kind_of(message: &Value) -> String {
    let fields = message.as_object().into_iter().flatten().map(|(name, _)| name.as_str());
    fields
        .filter(|name| !AROUND_THE_CONTENT.contains(name))
        .map(|name| name.replace('_', " "))
        .next()
        .unwrap_or_else(|| "a message of an unknown kind".to_owned())
}

/// Reads what can be read of a message, an edit or a press; `None` for everything else.
pub(super) fn salvage(id: i64, raw: &Value, known: &Known<'_>) -> Option<Taken> {
    if let Some(query) = raw.get("callback_query") {
        return press(id, query, known);
    }
    let edited = raw.get("edited_message");
    let message = raw.get("message").or(edited)?;
    if message.pointer("/chat/type")?.as_str()? != "private" {
        return None;
    }
    let chat = message.pointer("/chat/id")?.as_i64()?;
    let external_id = ExternalId(message.get("message_id")?.as_i64()?.to_string());
    let sender = sender(message.get("from").or(message.get("chat")));
    let text = message.get("text").or(message.get("caption")).and_then(Value::as_str);
    let event = match text.map(|text| (text, Command::read(text, known))) {
        text if edited.is_some() => InboundEvent::Edit { external_id, text: shorten(text?.0, MESSAGE_TEXT_MAX_CHARS) },
        Some((_, Command::Open { .. })) if message.get("text").is_some() => InboundEvent::Open,
        text => InboundEvent::Message(content(message, external_id, text.map(|(text, _)| text))),
    };
    Some(Taken::event(id, chat, known, sender, event))
}

fn content(message: &Value, external_id: ExternalId, text: Option<&str>) -> IncomingMessage {
    let string = |pointer: &str| message.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
    let degrees = |pointer: &str| message.pointer(pointer).and_then(Value::as_f64).map(millionths);
    let photo = message.get("photo").and_then(Value::as_array).and_then(|sizes| {
        // The last is the largest.
        sizes.last().and_then(|size| file(FileKind::Photo, size))
    });
    let file = FILES.into_iter().find_map(|(name, kind)| file(kind, message.get(name)?)).or(photo);
    let place = degrees("/location/latitude").zip(degrees("/location/longitude"));
    let mut incoming = IncomingMessage {
        external_id: Some(external_id),
        text: shorten(text.unwrap_or_default(), MESSAGE_TEXT_MAX_CHARS),
        files: file.into_iter().collect(),
        location: place.map(|(latitude, longitude)| (latitude, longitude, string("/venue/title"))),
        contact: string("/contact/first_name").zip(string("/contact/phone_number")),
        group: string("/media_group_id"),
        reply_to: message.pointer("/reply_to_message/message_id").map(|id| ExternalId(id.to_string())),
    };
    let has_something =
        text.is_some() || !incoming.files.is_empty() || incoming.location.is_some() || incoming.contact.is_some();
    if !has_something {
        incoming.text = format!("[{}]", kind_of(message));
    }
    incoming
}

fn file(kind: FileKind, file: &Value) -> Option<IncomingFile> {
    let string = |name: &str| file.get(name).and_then(Value::as_str).map(str::to_owned);
    Some(IncomingFile {
        kind,
        name: string("file_name"),
        mime: string("mime_type"),
        size_bytes: file.get("file_size").and_then(Value::as_u64),
        duration_seconds: file.get("duration").and_then(Value::as_u64).and_then(|seconds| seconds.try_into().ok()),
        reference: string("file_id")?,
    })
}

fn press(id: i64, query: &Value, known: &Known<'_>) -> Option<Taken> {
    // Buttons are sent to private chats only, and such a chat has the id of its person.
    let chat = query.pointer("/from/id")?.as_i64()?;
    let token = query.get("data")?.as_str()?.to_owned();
    let reaction = Reaction::AnswerPress { query: query.get("id")?.as_str()?.to_owned() };
    let event = InboundEvent::Press { token };
    Some(Taken { reaction, ..Taken::event(id, chat, known, sender(query.get("from")), event) })
}

fn sender(person: Option<&Value>) -> Sender {
    let string = |name: &str| person.and_then(|person| person.get(name)).and_then(Value::as_str);
    Sender {
        name: [string("first_name"), string("last_name")].into_iter().flatten().collect::<Vec<_>>().join(" "),
        handle: string("username").map(str::to_owned),
        language: string("language_code").map(Language::from_tag),
    }
}
