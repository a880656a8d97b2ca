//! Sending files: one by one and in albums.

use serde_json::{Map, Value, json};

use super::super::answer::{ApiError, ApiResult};
use super::super::formatting;
use super::super::media::{FileKind, describe, store_upload};
use super::super::params::Part;
use super::Ctx;

/// The most that a bot may upload in one file.
const MAX_UPLOAD: usize = 50 * 1024 * 1024;
/// The most that a picture may take.
const MAX_PHOTO: usize = 10 * 1024 * 1024;

/// The kind of file that a method sends.
pub(super) fn kind_of(method: &str) -> Option<FileKind> {
    let name = method.strip_prefix("send")?;
    FileKind::ALL.into_iter().find(|kind| kind.field().replace('_', "").eq_ignore_ascii_case(name))
}

pub(super) fn send(ctx: &mut Ctx<'_>, kind: FileKind) -> ApiResult {
    let chat = ctx.open_chat()?;
    let params = ctx.params;
    let field = kind.field();
    let (id, name) = match params.file_part(field) {
        Some(part) => upload(ctx, kind, part)?,
        None => find(ctx, kind, &params.text(field).unwrap_or_default(), field)?,
    };
    let mut extras = Map::new();
    for name in ["duration", "width", "height", "length", "performer", "title", "emoji"] {
        if let Some(value) = params.get(name) {
            extras.insert(name.to_owned(), value.clone());
        }
    }
    extras.insert("file_name".to_owned(), json!(name));
    let mut fields = describe(&mut ctx.world.files, kind, &id, &Value::Object(extras));
    if kind.has_caption() {
        let (text, entities) = formatting::from_params(params, "caption", "caption_entities")?;
        fields.append(&mut caption_fields(&text, entities)?);
    }
    ctx.post(chat, fields)
}

pub(super) fn send_group(ctx: &mut Ctx<'_>) -> ApiResult {
    let chat = ctx.open_chat()?;
    let Some(Value::Array(items)) = ctx.params.json("media")? else {
        return Err(ApiError::bad_request("parameter \"media\" is required"));
    };
    match items.len() {
        0 | 1 => return Err(ApiError::bad_request("there must be at least 2 messages to send as an album")),
        2..=10 => {}
        _ => return Err(ApiError::bad_request("Too much messages to send as an album")),
    }
    let mut albums = Vec::new();
    for item in &items {
        albums.push(album_item(ctx, item)?);
    }
    let kinds: Vec<_> = albums.iter().map(|(kind, _)| *kind).collect();
    let visual = |kind: &FileKind| matches!(kind, FileKind::Photo | FileKind::Video);
    if !kinds.iter().all(visual) && !kinds.iter().all(|kind| *kind == kinds[0]) {
        return Err(ApiError::bad_request("documents and audios can't be mixed with other media types in an album"));
    }
    let group = ctx.world.next_number();
    let mut sent = Vec::new();
    for (_, mut fields) in albums {
        fields.insert("media_group_id".to_owned(), format!("{}", 13_000_000_000 + group).into());
        sent.push(ctx.post(chat, fields)?);
    }
    Ok(Value::Array(sent))
}

fn album_item(ctx: &mut Ctx<'_>, item: &Value) -> Result<(FileKind, Map<String, Value>), ApiError> {
    let kind = item["type"]
        .as_str()
        .and_then(FileKind::from_field)
        .filter(|kind| matches!(kind, FileKind::Photo | FileKind::Video | FileKind::Audio | FileKind::Document));
    let kind = kind.ok_or_else(|| ApiError::bad_request("can't parse InputMedia: wrong type"))?;
    let (id, name) = find(ctx, kind, item["media"].as_str().unwrap_or_default(), "media")?;
    let mut extras = item.clone();
    extras["file_name"] = json!(name);
    let mut fields = describe(&mut ctx.world.files, kind, &id, &extras);
    let caption = item["caption"].as_str().unwrap_or_default();
    let entities = item["caption_entities"].as_array().map(Vec::as_slice).unwrap_or_default();
    let (text, entities) = formatting::format(caption, item["parse_mode"].as_str(), entities)?;
    fields.append(&mut caption_fields(&text, entities)?);
    Ok((kind, fields))
}

/// The fields of a message for a caption, which may be empty.
pub(super) fn caption_fields(text: &str, entities: Vec<Value>) -> Result<Map<String, Value>, ApiError> {
    if formatting::length(text) > formatting::MAX_CAPTION {
        return Err(ApiError::bad_request("message caption is too long"));
    }
    let mut fields = Map::new();
    if !text.is_empty() {
        fields.insert("caption".to_owned(), text.into());
        if !entities.is_empty() {
            fields.insert("caption_entities".to_owned(), Value::Array(entities));
        }
    }
    Ok(fields)
}

/// A file by what stands in the parameter: an attachment, a `file_id` or a link.
fn find(ctx: &mut Ctx<'_>, kind: FileKind, given: &str, field: &str) -> Result<(String, Option<String>), ApiError> {
    let params = ctx.params;
    if let Some(attached) = given.strip_prefix("attach://") {
        let missing = || ApiError::bad_request(format!("attached file \"{attached}\" not found"));
        return upload(ctx, kind, params.part(attached).ok_or_else(missing)?);
    }
    if given.is_empty() {
        return Err(ApiError::bad_request(format!("there is no {field} in the request")));
    }
    if ctx.world.files.get(given).is_some() {
        return Ok((given.to_owned(), None));
    }
    if given.starts_with("http://") || given.starts_with("https://") {
        return Err(ApiError::bad_request("failed to get HTTP URL content"));
    }
    Err(ApiError::bad_request("wrong file identifier/HTTP URL specified"))
}

fn upload(ctx: &mut Ctx<'_>, kind: FileKind, part: &Part) -> Result<(String, Option<String>), ApiError> {
    if part.bytes.is_empty() {
        return Err(ApiError::bad_request("file must be non-empty"));
    }
    if part.bytes.len() > MAX_UPLOAD {
        return Err(ApiError::new(413, "Request Entity Too Large"));
    }
    if kind == FileKind::Photo && part.bytes.len() > MAX_PHOTO {
        return Err(ApiError::bad_request("file is too big"));
    }
    let name = part.file_name.as_deref().filter(|name| !name.is_empty());
    let mime = part.mime.as_deref().filter(|mime| *mime != "application/octet-stream");
    let id = store_upload(&mut ctx.world.files, kind, name, mime, part.bytes.clone());
    Ok((id, name.map(str::to_owned)))
}
