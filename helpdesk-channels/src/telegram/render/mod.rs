//! Turns a message into the calls that show it. Pure: the same message gives the same calls, before and after a restart.
//!
//! Telegram takes [4096](https://core.telegram.org/bots/api#sendmessage) UTF-16 units in a text and
//! [1024](https://core.telegram.org/bots/api#sendphoto) under a file, and one keyboard per message. So a long text becomes
//! several messages, and the buttons stand under the last one, where the question is.

pub(super) mod call;
mod markdown;
mod rich;
mod split;

use helpdesk_core::{
    channel::{Button, ChannelError, Outgoing, OutgoingFile, Part},
    message::{FileKind, TextFormat},
};
use teloxide::types::MessageEntityKind;

use super::SEND_MAX_BYTES;
use call::{Call, FileMethod, Markup};
use rich::Rich;

/// Longest text, in UTF-16 units.
const TEXT_MAX_UNITS: usize = 4096;
/// Longest text under a file, in UTF-16 units.
const CAPTION_MAX_UNITS: usize = 1024;
/// Largest file that is shown as a [photo](https://core.telegram.org/bots/api#sendphoto).
const PHOTO_MAX_BYTES: u64 = 10 * 1024 * 1024;
/// Longest [token](https://core.telegram.org/bots/api#inlinekeyboardbutton) behind a button.
const TOKEN_MAX_BYTES: usize = 64;
/// How many letters a phone shows in one row of buttons.
const ROW_MAX_CHARS: usize = 30;
/// How many buttons a thumb can tell apart in one row.
const ROW_MAX_BUTTONS: usize = 5;

/// The calls that show `outgoing`, in their order.
pub(super) fn parts(outgoing: &Outgoing) -> Result<Vec<Part>, ChannelError> {
    if outgoing.files.iter().any(|file| file.size_bytes > SEND_MAX_BYTES) {
        return Err(ChannelError::TooLarge);
    }
    let mut pieces = pieces(outgoing);
    if pieces.is_empty() {
        // Telegram takes no empty text, and whoever waits for a message is to see that there was one.
        pieces.push(Piece::new(Rich::plain("…"), None));
    }
    if let Some(first) = pieces.first_mut() {
        first.reply_to = outgoing.reply_to.as_ref().and_then(|replied| replied.0.parse().ok());
    }
    let markup = markup(outgoing)?;
    if let Some(last) = pieces.last_mut() {
        last.markup = markup;
    }
    pieces.into_iter().map(Piece::into_part).collect()
}

/// One call that is being put together.
struct Piece {
    text: Rich,
    file: Option<OutgoingFile>,
    markup: Markup,
    reply_to: Option<i32>,
}

impl Piece {
    fn new(text: Rich, file: Option<&OutgoingFile>) -> Self {
        Self { text, file: file.cloned(), markup: Markup::None, reply_to: None }
    }

    fn into_part(self) -> Result<Part, ChannelError> {
        let (text, entities) = self.text.into_entities();
        let (markup, reply_to) = (self.markup, self.reply_to);
        let call = match &self.file {
            None => Call::SendText { text, entities, markup, reply_to },
            Some(file) => Call::SendFile { method: method(file), caption: text, entities, markup, reply_to },
        };
        let call = serde_json::to_value(call).map_err(|_| ChannelError::permanent("the call has no JSON form"))?;
        Ok(Part { call, file: self.file })
    }
}

fn pieces(outgoing: &Outgoing) -> Vec<Piece> {
    let body = body(outgoing);
    let question = Rich::plain(outgoing.question.trim());
    if let [file] = outgoing.files.as_slice() {
        let mut caption = body.clone();
        caption.append("\n\n", question.clone());
        if caption.units() <= CAPTION_MAX_UNITS {
            return vec![Piece::new(caption, Some(file))];
        }
    }
    let mut pieces: Vec<_> =
        split::split(&body, TEXT_MAX_UNITS).into_iter().map(|text| Piece::new(text, None)).collect();
    pieces.extend(outgoing.files.iter().map(|file| Piece::new(Rich::default(), Some(file))));
    ask(&mut pieces, &question);
    pieces
}

/// Puts the question under the last text, or behind everything when there is no room for it.
fn ask(pieces: &mut Vec<Piece>, question: &Rich) {
    if let Some(last) = pieces.last_mut().filter(|last| last.file.is_none()) {
        let mut asking = last.text.clone();
        asking.append("\n\n", question.clone());
        if asking.units() <= TEXT_MAX_UNITS {
            last.text = asking;
            return;
        }
    }
    pieces.extend(split::split(question, TEXT_MAX_UNITS).into_iter().map(|text| Piece::new(text, None)));
}

/// The author's name in bold (A14) and the text.
fn body(outgoing: &Outgoing) -> Rich {
    let text = match outgoing.format {
        TextFormat::Markdown => markdown::rich(&outgoing.text),
        _ => Rich::plain(&outgoing.text),
    };
    let Some(author) = &outgoing.author_name else { return text.trimmed() };
    let author = author.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut body = Rich::styled(&author, MessageEntityKind::Bold);
    body.append("\n", text.trimmed());
    body
}

/// What stands under the last part: its buttons, or else the button that opens a new request.
fn markup(outgoing: &Outgoing) -> Result<Markup, ChannelError> {
    if outgoing.buttons.iter().any(|button| button.token.is_empty() || button.token.len() > TOKEN_MAX_BYTES) {
        return Err(ChannelError::permanent("a button's token has 1 to 64 bytes"));
    }
    let new_request = outgoing.new_request.trim();
    Ok(match (outgoing.buttons.as_slice(), new_request) {
        ([], "") => Markup::None,
        ([], new_request) => Markup::Keyboard { new_request: new_request.to_owned() },
        (buttons, _) => Markup::Buttons { rows: rows(buttons) },
    })
}

/// Short labels stand side by side, longer ones below each other.
fn rows(buttons: &[Button]) -> Vec<Vec<call::Button>> {
    let count = buttons.len();
    let side_by_side = count <= ROW_MAX_BUTTONS
        && buttons.iter().all(|button| button.label.chars().count() <= ROW_MAX_CHARS / count.max(1));
    let width = if side_by_side { count } else { 1 };
    let button = |button: &Button| call::Button { label: button.label.clone(), token: button.token.clone() };
    buttons.chunks(width.max(1)).map(|row| row.iter().map(button).collect()).collect()
}

/// The method that shows a file as what it is, where Telegram takes its type and size; as a document otherwise.
fn method(file: &OutgoingFile) -> FileMethod {
    let mime = file.mime.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match (file.kind, mime.as_str()) {
        (FileKind::Photo, "image/jpeg" | "image/png") if file.size_bytes <= PHOTO_MAX_BYTES => FileMethod::Photo,
        (FileKind::Video | FileKind::VideoNote, "video/mp4") => FileMethod::Video,
        (FileKind::Voice, "audio/ogg") => FileMethod::Voice,
        (FileKind::Voice | FileKind::Audio, "audio/mpeg" | "audio/mp4" | "audio/x-m4a") => FileMethod::Audio,
        _ => FileMethod::Document,
    }
}

#[cfg(test)]
mod tests;
