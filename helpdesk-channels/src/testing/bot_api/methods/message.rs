//! Sending what is not a file: texts, places, contacts and "typing…".

use serde_json::{Map, Value, json};

use super::super::answer::{ApiError, ApiResult};
use super::super::formatting;
use super::super::world::now_millis;
use super::Ctx;

/// The actions that a bot may show.
const ACTIONS: [&str; 11] = [
    "typing",
    "upload_photo",
    "record_video",
    "upload_video",
    "record_voice",
    "upload_voice",
    "upload_document",
    "choose_sticker",
    "find_location",
    "record_video_note",
    "upload_video_note",
];

pub(super) fn send_message(ctx: &mut Ctx<'_>) -> ApiResult {
    let chat = ctx.open_chat()?;
    let (text, entities) = formatting::from_params(ctx.params, "text", "entities")?;
    if text.is_empty() {
        return Err(ApiError::bad_request("message text is empty"));
    }
    if formatting::length(&text) > formatting::MAX_TEXT {
        return Err(ApiError::bad_request("message is too long"));
    }
    let mut fields = Map::new();
    fields.insert("text".to_owned(), text.into());
    if !entities.is_empty() {
        fields.insert("entities".to_owned(), Value::Array(entities));
    }
    ctx.post(chat, fields)
}

pub(super) fn send_location(ctx: &mut Ctx<'_>) -> ApiResult {
    let chat = ctx.open_chat()?;
    let coordinate = |name: &str, limit: f64| {
        let empty = || ApiError::bad_request(format!("{name} is empty"));
        let value = ctx.params.number(name).ok_or_else(empty)?;
        if value.abs() > limit {
            return Err(ApiError::bad_request("wrong coordinates"));
        }
        Ok(value)
    };
    let latitude = coordinate("latitude", 90.0)?;
    let longitude = coordinate("longitude", 180.0)?;
    let mut fields = Map::new();
    fields.insert("location".to_owned(), json!({ "latitude": latitude, "longitude": longitude }));
    ctx.post(chat, fields)
}

pub(super) fn send_contact(ctx: &mut Ctx<'_>) -> ApiResult {
    let chat = ctx.open_chat()?;
    let mut contact = Map::new();
    for name in ["phone_number", "first_name", "last_name", "vcard"] {
        match ctx.params.text(name).filter(|value| !value.is_empty()) {
            Some(value) => {
                contact.insert(name.to_owned(), value.into());
            }
            None if matches!(name, "phone_number" | "first_name") => {
                return Err(ApiError::bad_request(format!("{name} is empty")));
            }
            None => {}
        }
    }
    let mut fields = Map::new();
    fields.insert("contact".to_owned(), Value::Object(contact));
    ctx.post(chat, fields)
}

pub(super) fn send_chat_action(ctx: &mut Ctx<'_>) -> ApiResult {
    let chat = ctx.open_chat()?;
    let action = ctx.params.text("action").unwrap_or_default();
    if !ACTIONS.contains(&action.as_str()) {
        return Err(ApiError::bad_request("wrong parameter action in request"));
    }
    if let Some(place) = ctx.bot().chats.get_mut(&chat) {
        place.action = Some((action, now_millis()));
    }
    Ok(Value::Bool(true))
}
