//! What a message holds: its text, files, place and contact. What the Desk has no form for is kept as a text in brackets.

use helpdesk_core::{
    ExternalId,
    channel::{IncomingFile, IncomingMessage},
    limits::{MESSAGE_TEXT_MAX_CHARS, shorten},
    message::FileKind,
};
use serde_json::Value;
use teloxide::types::{
    FileMeta, Location, MediaKind, Message, MessageEntity, MessageKind, PhotoSize, Seconds, Sticker,
};

use super::{salvage::kind_of, text::with_links};

/// How teloxide marks a size that Telegram did not tell.
const SIZE_UNKNOWN: u32 = u32::MAX;

/// The message without what it holds.
pub(super) fn envelope(message: &Message) -> IncomingMessage {
    IncomingMessage {
        external_id: Some(ExternalId(message.id.0.to_string())),
        group: message.media_group_id().map(|group| group.0.clone()),
        reply_to: message.reply_to_message().map(|replied| ExternalId(replied.id.0.to_string())),
        ..IncomingMessage::default()
    }
}

/// What a customer sent; `None` for a notice of Telegram itself, such as that a message was pinned.
pub(super) fn content(message: &Message, raw: &Value) -> Option<IncomingMessage> {
    let mut incoming = envelope(message);
    match &message.kind {
        MessageKind::Common(common) => media(&common.media_kind, &mut incoming),
        MessageKind::Dice(dice) => {
            let emoji = raw.pointer("/dice/emoji").and_then(Value::as_str).unwrap_or("🎲");
            incoming.text = format!("[dice: {emoji} {}]", dice.dice.value);
        }
        MessageKind::WebAppData(sent) => incoming.text = format!("[{}]", sent.web_app_data.data),
        kind if is_notice(kind) => return None,
        _ => incoming.text = format!("[{}]", kind_of(raw)),
    }
    incoming.text = shorten(&incoming.text, MESSAGE_TEXT_MAX_CHARS);
    Some(incoming)
}

/// What Telegram puts into a private chat by itself, on occasions that are nobody's words.
fn is_notice(kind: &MessageKind) -> bool {
    matches!(
        kind,
        MessageKind::Pinned(_)
            | MessageKind::MessageAutoDeleteTimerChanged(_)
            | MessageKind::ConnectedWebsite(_)
            | MessageKind::WriteAccessAllowed(_)
            | MessageKind::ProximityAlertTriggered(_)
            | MessageKind::ChatBackground(_)
            | MessageKind::ChatBoostAdded(_)
            | MessageKind::DirectMessagePriceChanged(_)
            | MessageKind::PaidMessagePriceChanged(_)
            | MessageKind::NewChatMembers(_)
            | MessageKind::LeftChatMember(_)
            | MessageKind::NewChatTitle(_)
            | MessageKind::NewChatPhoto(_)
            | MessageKind::DeleteChatPhoto(_)
            | MessageKind::GroupChatCreated(_)
            | MessageKind::SupergroupChatCreated(_)
            | MessageKind::ChannelChatCreated(_)
            | MessageKind::ForumTopicCreated(_)
            | MessageKind::ForumTopicEdited(_)
            | MessageKind::ForumTopicClosed(_)
            | MessageKind::ForumTopicReopened(_)
            | MessageKind::GeneralForumTopicHidden(_)
            | MessageKind::GeneralForumTopicUnhidden(_)
            | MessageKind::VideoChatScheduled(_)
            | MessageKind::VideoChatStarted(_)
            | MessageKind::VideoChatEnded(_)
            | MessageKind::VideoChatParticipantsInvited(_)
    )
}

/// The text or caption of an edited message; `None` for kinds that have neither.
pub(super) fn text_of_edit(message: &Message) -> Option<String> {
    let MessageKind::Common(common) = &message.kind else { return None };
    let captioned = matches!(
        common.media_kind,
        MediaKind::Text(_)
            | MediaKind::Animation(_)
            | MediaKind::Audio(_)
            | MediaKind::Document(_)
            | MediaKind::Photo(_)
            | MediaKind::Video(_)
            | MediaKind::Voice(_)
    );
    captioned.then(|| {
        let mut incoming = IncomingMessage::default();
        media(&common.media_kind, &mut incoming);
        shorten(&incoming.text, MESSAGE_TEXT_MAX_CHARS)
    })
}

fn media(media: &MediaKind, incoming: &mut IncomingMessage) {
    match media {
        MediaKind::Text(it) => incoming.text = with_links(&it.text, &it.entities),
        MediaKind::Animation(it) => {
            caption(incoming, it.caption.as_ref(), &it.caption_entities);
            let mime = it.animation.mime_type.as_ref();
            let file = file(FileKind::Video, &it.animation.file).named(it.animation.file_name.as_ref());
            incoming.files.push(file.typed(mime).lasting(it.animation.duration).0);
        }
        MediaKind::Audio(it) => {
            caption(incoming, it.caption.as_ref(), &it.caption_entities);
            let audio = &it.audio;
            let song = match (&audio.performer, &audio.title) {
                (Some(performer), Some(title)) => Some(format!("{performer} – {title}")),
                (performer, title) => performer.as_ref().or(title.as_ref()).cloned(),
            };
            let file = file(FileKind::Audio, &audio.file).named(audio.file_name.as_ref().or(song.as_ref()));
            incoming.files.push(file.typed(audio.mime_type.as_ref()).lasting(audio.duration).0);
        }
        MediaKind::Document(it) => {
            caption(incoming, it.caption.as_ref(), &it.caption_entities);
            let file = file(FileKind::Document, &it.document.file).named(it.document.file_name.as_ref());
            incoming.files.push(file.typed(it.document.mime_type.as_ref()).0);
        }
        MediaKind::Photo(it) => {
            caption(incoming, it.caption.as_ref(), &it.caption_entities);
            incoming
                .files
                .extend(largest(&it.photo).map(|photo| file(FileKind::Photo, &photo.file).typed(Some("image/jpeg")).0));
        }
        MediaKind::Video(it) => {
            caption(incoming, it.caption.as_ref(), &it.caption_entities);
            let file = file(FileKind::Video, &it.video.file).named(it.video.file_name.as_ref());
            incoming.files.push(file.typed(it.video.mime_type.as_ref()).lasting(it.video.duration).0);
        }
        MediaKind::VideoNote(it) => {
            let file = file(FileKind::VideoNote, &it.video_note.file).typed(Some("video/mp4"));
            incoming.files.push(file.lasting(it.video_note.duration).0);
        }
        MediaKind::Voice(it) => {
            caption(incoming, it.caption.as_ref(), &it.caption_entities);
            let file = file(FileKind::Voice, &it.voice.file).typed(it.voice.mime_type.as_ref());
            incoming.files.push(file.lasting(it.voice.duration).0);
        }
        MediaKind::Sticker(it) => incoming.files.push(sticker(&it.sticker)),
        MediaKind::Location(it) => incoming.location = Some(place(&it.location, None)),
        MediaKind::Venue(it) => {
            let title = format!("{}, {}", it.venue.title, it.venue.address);
            incoming.location = Some(place(&it.venue.location, Some(title)));
        }
        MediaKind::Contact(it) => {
            let names = [Some(&it.contact.first_name), it.contact.last_name.as_ref()];
            let name = names.into_iter().flatten().map(String::as_str).collect::<Vec<_>>().join(" ");
            incoming.contact = Some((name, it.contact.phone_number.clone()));
        }
        MediaKind::Poll(it) => {
            let options = it.poll.options.iter().map(|option| option.text.as_str());
            incoming.text = listed("poll", &it.poll.question, options);
        }
        MediaKind::Checklist(it) => {
            let tasks = it.checklist.tasks.iter().map(|task| task.text.as_str());
            incoming.text = listed("checklist", &it.checklist.title, tasks);
        }
        MediaKind::Game(it) => incoming.text = format!("[game: {}]", it.game.title),
        MediaKind::Story(_) => incoming.text = "[story]".to_owned(),
        MediaKind::PaidMedia(_) => incoming.text = "[paid media]".to_owned(),
        // Asked about before the content is looked at.
        MediaKind::Migration(_) => {}
    }
}

fn caption(incoming: &mut IncomingMessage, caption: Option<&String>, entities: &[MessageEntity]) {
    incoming.text = caption.map(|caption| with_links(caption, entities)).unwrap_or_default();
}

fn listed<'a>(kind: &str, title: &str, lines: impl Iterator<Item = &'a str>) -> String {
    let mut text = format!("[{kind}: {title}]");
    for line in lines {
        text.push_str("\n- ");
        text.push_str(line);
    }
    text
}

/// The photo in its best quality; Telegram sends it in several sizes.
fn largest(sizes: &[PhotoSize]) -> Option<&PhotoSize> {
    sizes.iter().max_by_key(|size| u64::from(size.width) * u64::from(size.height))
}

fn sticker(sticker: &Sticker) -> IncomingFile {
    let (mime, extension) = match (sticker.flags.is_animated, sticker.flags.is_video) {
        (true, _) => ("application/x-tgsticker", "tgs"),
        (_, true) => ("video/webm", "webm"),
        _ => ("image/webp", "webp"),
    };
    let name = sticker.emoji.as_ref().map(|emoji| format!("{emoji}.{extension}"));
    file(FileKind::Sticker, &sticker.file).named(name.as_ref()).typed(Some(mime)).0
}

/// Degrees as whole millionths, about a tenth of a metre.
fn place(location: &Location, title: Option<String>) -> (i64, i64, Option<String>) {
    (millionths(location.latitude), millionths(location.longitude), title)
}

#[expect(clippy::cast_possible_truncation, reason = "the cast saturates, and degrees are far from the limits")]
pub(super) fn millionths(degrees: f64) -> i64 {
    (degrees * 1e6).round() as i64
}

/// A file that is being described.
struct Described(IncomingFile);

fn file(kind: FileKind, meta: &FileMeta) -> Described {
    Described(IncomingFile {
        kind,
        name: None,
        mime: None,
        size_bytes: (meta.size != SIZE_UNKNOWN).then(|| u64::from(meta.size)),
        duration_seconds: None,
        reference: meta.id.0.clone(),
    })
}

impl Described {
    fn named(mut self, name: Option<&String>) -> Self {
        self.0.name = name.cloned();
        self
    }

    fn typed(mut self, mime: Option<impl ToString>) -> Self {
        self.0.mime = mime.map(|mime| mime.to_string());
        self
    }

    fn lasting(mut self, duration: Seconds) -> Self {
        self.0.duration_seconds = Some(duration.seconds());
        self
    }
}
