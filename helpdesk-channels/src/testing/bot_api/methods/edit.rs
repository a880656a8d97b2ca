//! Changing and deleting messages.

use serde_json::{Map, Value};

use super::super::answer::{ApiError, ApiResult};
use super::super::formatting;
use super::super::world::{Author, ChatKind, StoredMessage, now};
use super::Ctx;
use super::markup::{self, Markup};
use super::media::caption_fields;

const NOT_MODIFIED: &str = "message is not modified: specified new message content and reply \
                            markup are exactly the same as a current content and reply markup of \
                            the message";

pub(super) fn text(ctx: &mut Ctx<'_>) -> ApiResult {
    let chat = ctx.open_chat()?;
    let (text, entities) = formatting::from_params(ctx.params, "text", "entities")?;
    if text.is_empty() {
        return Err(ApiError::bad_request("message text is empty"));
    }
    if formatting::length(&text) > formatting::MAX_TEXT {
        return Err(ApiError::bad_request("MESSAGE_TOO_LONG"));
    }
    let mut content = Map::new();
    content.insert("text".to_owned(), text.into());
    if !entities.is_empty() {
        content.insert("entities".to_owned(), Value::Array(entities));
    }
    apply(ctx, chat, &["text", "entities"], content, |message| {
        if message.wire.get("text").is_none() {
            return Err(ApiError::bad_request("there is no text in the message to edit"));
        }
        Ok(())
    })
}

pub(super) fn caption(ctx: &mut Ctx<'_>) -> ApiResult {
    let chat = ctx.open_chat()?;
    let (text, entities) = formatting::from_params(ctx.params, "caption", "caption_entities")?;
    let content = caption_fields(&text, entities)?;
    apply(ctx, chat, &["caption", "caption_entities"], content, |message| {
        if message.wire.get("text").is_some() {
            return Err(ApiError::bad_request("there is no caption in the message to edit"));
        }
        Ok(())
    })
}

pub(super) fn reply_markup(ctx: &mut Ctx<'_>) -> ApiResult {
    let chat = ctx.open_chat()?;
    apply(ctx, chat, &[], Map::new(), |_| Ok(()))
}

/// Replaces the named fields of a message of the bot, and its inline keyboard.
fn apply(
    ctx: &mut Ctx<'_>,
    chat: i64,
    replaced: &[&str],
    mut content: Map<String, Value>,
    check: impl FnOnce(&StoredMessage) -> Result<(), ApiError>,
) -> ApiResult {
    let markup = markup::check(ctx.params.json("reply_markup")?)?;
    let id = message_id(ctx)?;
    let message = ctx.bot().message(chat, id).ok_or_else(|| ApiError::bad_request("message to edit not found"))?;
    if message.author != Author::Bot {
        return Err(ApiError::bad_request("message can't be edited"));
    }
    check(message)?;
    let mut wire = message.wire.as_object().cloned().unwrap_or_default();
    for field in replaced {
        wire.remove(*field);
    }
    wire.remove("reply_markup");
    wire.append(&mut content);
    if let Markup::Inline(keyboard) = markup {
        wire.insert("reply_markup".to_owned(), keyboard);
    }
    let wire = Value::Object(wire);
    if wire == message.wire {
        return Err(ApiError::bad_request(NOT_MODIFIED));
    }
    message.wire = wire;
    message.wire["edit_date"] = now().into();
    Ok(message.wire.clone())
}

fn message_id(ctx: &Ctx<'_>) -> Result<i32, ApiError> {
    ctx.params
        .int("message_id")
        .and_then(|id| i32::try_from(id).ok())
        .ok_or_else(|| ApiError::bad_request("message identifier is not specified"))
}

pub(super) fn delete(ctx: &mut Ctx<'_>) -> ApiResult {
    let chat = ctx.open_chat()?;
    let id = message_id(ctx)?;
    let bot = ctx.bot();
    // In a private chat a bot may delete what the person wrote as well.
    let private = bot.chats[&chat].kind == ChatKind::Private;
    let message = bot.message(chat, id).ok_or_else(|| ApiError::bad_request("message to delete not found"))?;
    if message.author != Author::Bot && !private {
        return Err(ApiError::bad_request("message can't be deleted"));
    }
    message.deleted = true;
    Ok(Value::Bool(true))
}

pub(super) fn delete_many(ctx: &mut Ctx<'_>) -> ApiResult {
    let chat = ctx.open_chat()?;
    let ids = match ctx.params.json("message_ids")? {
        Some(Value::Array(ids)) if (1..=100).contains(&ids.len()) => ids,
        _ => return Err(ApiError::bad_request("message identifiers are not specified")),
    };
    for id in ids.iter().filter_map(Value::as_i64).filter_map(|id| i32::try_from(id).ok()) {
        // Messages that are gone are skipped.
        if let Some(message) = ctx.bot().message(chat, id) {
            message.deleted = true;
        }
    }
    Ok(Value::Bool(true))
}
