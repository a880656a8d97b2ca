//! Makes one call of those that [`render`](super::render) wrote.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use futures_util::StreamExt;
use helpdesk_core::{
    Address, ExternalId,
    channel::{ChannelError, FileSource, OutgoingFile, Part, Receipt},
};
use teloxide::{
    RequestError,
    payloads::{
        SendAudioSetters, SendDocumentSetters, SendMessageSetters, SendPhotoSetters, SendVideoSetters, SendVoiceSetters,
    },
    prelude::Requester,
    types::{
        ChatId, InlineKeyboardButton, InlineKeyboardMarkup, InputFile, KeyboardButton, KeyboardMarkup,
        LinkPreviewOptions, Message, MessageId, ReplyMarkup, ReplyParameters,
    },
};
use tokio_util::io::StreamReader;

use super::{
    TelegramChannel, errors,
    render::call::{Call, FileMethod, Markup},
};

/// Makes Telegram take one part, when its turn has come.
pub(super) async fn send(
    channel: &TelegramChannel,
    to: &Address,
    part: Part,
    files: &dyn FileSource,
) -> Result<Receipt, ChannelError> {
    let chat = chat_id(to)?;
    let call: Call = serde_json::from_value(part.call)
        .map_err(|_| ChannelError::permanent("the part was not rendered by this channel"))?;
    channel.pace.turn(chat.0).await?;
    let sent = match (call, part.file) {
        (Call::SendText { text, entities, markup, reply_to }, None) => {
            let mut call =
                channel.connection.calls.send_message(chat, text).entities(entities).link_preview_options(NO_PREVIEW);
            call.reply_markup = reply_markup(markup);
            call.reply_parameters = reply_to.map(reply_parameters);
            receipt(channel, call.await)
        }
        (Call::SendFile { method, caption, entities, markup, reply_to }, Some(file)) => {
            let upload = Upload::open(files, &file).await?;
            let bot = &channel.connection.uploads;
            let (input, markup) = (upload.input, reply_markup(markup));
            let reply_to = reply_to.map(reply_parameters);
            // The five methods take the same parameters, and teloxide has a type for each.
            macro_rules! call {
                ($method:ident) => {{
                    let mut call = bot.$method(chat, input).caption(caption).caption_entities(entities);
                    call.reply_markup = markup;
                    call.reply_parameters = reply_to;
                    call.await
                }};
            }
            let sent = match method {
                FileMethod::Photo => call!(send_photo),
                FileMethod::Video => call!(send_video),
                FileMethod::Audio => call!(send_audio),
                FileMethod::Voice => call!(send_voice),
                FileMethod::Document => call!(send_document),
            };
            if upload.broken.load(Ordering::Acquire) {
                // Telegram drops an upload without an end.
                return Err(ChannelError::temporary("the file could not be read to its end"));
            }
            receipt(channel, sent)
        }
        _ => return Err(ChannelError::permanent("the part and its file do not belong together")),
    };
    sent.map(|id| Receipt { external_id: ExternalId(id.to_string()) })
}

/// Takes the buttons away. It may be asked for any number of times.
pub(super) async fn remove_buttons(
    channel: &TelegramChannel,
    to: &Address,
    sent: &ExternalId,
) -> Result<(), ChannelError> {
    let chat = chat_id(to)?;
    let Ok(message) = sent.0.parse() else {
        return Err(ChannelError::permanent("this is no message of Telegram"));
    };
    let call = channel.connection.calls.edit_message_reply_markup(chat, MessageId(message));
    match call.await {
        Ok(_) => Ok(()),
        Err(error) if errors::done_all_the_same(&error) || errors::nothing_to_edit(&error) => Ok(()),
        Err(error) => Err(errors::repeatable(errors::classify(&channel.name, &error))),
    }
}

fn receipt(channel: &TelegramChannel, sent: Result<Message, RequestError>) -> Result<i64, ChannelError> {
    match sent {
        Ok(message) => Ok(message.id.0.into()),
        Err(error) => errors::sent_all_the_same(&error).ok_or_else(|| errors::classify(&channel.name, &error)),
    }
}

fn chat_id(to: &Address) -> Result<ChatId, ChannelError> {
    to.key.parse().map(ChatId).map_err(|_| ChannelError::permanent("the address is no chat of Telegram"))
}

/// Previews of links in the bot's answers would bury the buttons.
const NO_PREVIEW: LinkPreviewOptions = LinkPreviewOptions {
    is_disabled: true,
    url: None,
    prefer_small_media: false,
    prefer_large_media: false,
    show_above_text: false,
};

fn reply_parameters(message: i32) -> ReplyParameters {
    // The customer may have deleted what is replied to.
    ReplyParameters::new(MessageId(message)).allow_sending_without_reply()
}

fn reply_markup(markup: Markup) -> Option<ReplyMarkup> {
    match markup {
        Markup::None => None,
        Markup::Buttons { rows } => {
            let button =
                |button: super::render::call::Button| InlineKeyboardButton::callback(button.label, button.token);
            let rows = rows.into_iter().map(|row| row.into_iter().map(button));
            Some(ReplyMarkup::InlineKeyboard(InlineKeyboardMarkup::new(rows)))
        }
        Markup::Keyboard { new_request } => {
            let keyboard = KeyboardMarkup::new([[KeyboardButton::new(new_request)]]);
            Some(ReplyMarkup::Keyboard(keyboard.persistent().resize_keyboard()))
        }
    }
}

/// A file on its way from the blob store to Telegram, never whole in memory.
struct Upload {
    input: InputFile,
    /// Set when the blob store broke off, which looks to the HTTP client like any other broken connection.
    broken: Arc<AtomicBool>,
}

impl Upload {
    async fn open(files: &dyn FileSource, file: &OutgoingFile) -> Result<Self, ChannelError> {
        let broken = Arc::new(AtomicBool::new(false));
        let mark = Arc::clone(&broken);
        let bytes = files
            .open(file)
            .await?
            .map(move |chunk| chunk.inspect_err(|_: &io::Error| mark.store(true, Ordering::Release)));
        let input = InputFile::read(StreamReader::new(bytes)).file_name(file.name.clone());
        Ok(Self { input, broken })
    }
}
