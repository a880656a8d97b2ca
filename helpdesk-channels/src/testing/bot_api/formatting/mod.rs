//! Formatted text: lengths in UTF-16 units, entities given by the bot, and entities found in text.

mod html;
mod markdown;

use serde_json::{Value, json};

use super::answer::ApiError;
use super::params::Params;

/// The longest text of a message, in UTF-16 units after the markup was taken out.
pub(crate) const MAX_TEXT: usize = 4096;
/// The longest caption.
pub(crate) const MAX_CAPTION: usize = 1024;

/// A text without its markup, and the markup as `MessageEntity` objects.
pub(crate) type Formatted = (String, Vec<Value>);

/// The length that Telegram counts: UTF-16 units.
pub(crate) fn length(text: &str) -> usize {
    text.encode_utf16().count()
}

/// Reads a text and its markup from parameters.
pub(crate) fn from_params(params: &Params, text: &str, entities: &str) -> Result<Formatted, ApiError> {
    let text = params.text(text).unwrap_or_default();
    let entities = match params.json(entities)? {
        Some(Value::Array(entities)) => entities,
        Some(_) => return Err(ApiError::bad_request("expected an Array of MessageEntity")),
        None => Vec::new(),
    };
    format(&text, params.text("parse_mode").as_deref(), &entities)
}

/// Takes the markup out of a text, checks given entities, trims, and finds links and the like.
pub(crate) fn format(text: &str, parse_mode: Option<&str>, entities: &[Value]) -> Result<Formatted, ApiError> {
    let problem = |text: String| ApiError::bad_request(format!("can't parse entities: {text}"));
    let mode = parse_mode.unwrap_or_default().to_ascii_lowercase();
    let (text, entities) = match mode.as_str() {
        "html" => html::parse(text).map_err(problem)?,
        "markdownv2" => markdown::parse(text).map_err(problem)?,
        "" => (text.to_owned(), check(text, entities)?),
        _ => return Err(ApiError::bad_request("unsupported parse_mode")),
    };
    let (text, mut entities) = trim(&text, entities);
    detect(&text, &mut entities);
    Ok((text, entities))
}

/// Adds what Telegram finds in a text without markup, such as commands and links.
pub(crate) fn plain(text: &str) -> Vec<Value> {
    let mut entities = Vec::new();
    detect(text, &mut entities);
    entities
}

/// Checks that entities lie within the text and do not split characters.
fn check(text: &str, entities: &[Value]) -> Result<Vec<Value>, ApiError> {
    let units: Vec<u16> = text.encode_utf16().collect();
    let splits = |at: usize| units.get(at).is_some_and(|unit| (0xDC00..0xE000).contains(unit));
    let mut checked = Vec::new();
    for entity in entities {
        let number = |name: &str| entity[name].as_u64().and_then(|n| usize::try_from(n).ok());
        let (Some(offset), Some(length)) = (number("offset"), number("length")) else {
            return Err(ApiError::bad_request("can't parse MessageEntity: wrong offset or length"));
        };
        if entity["type"].as_str().is_none() {
            return Err(ApiError::bad_request("can't parse MessageEntity: field \"type\" must be of type String"));
        }
        let end = offset + length;
        let place = format!("entity beginning at UTF-16 offset {offset}");
        if end > units.len() {
            return Err(ApiError::bad_request(format!(
                "{place} ends after the end of the text at UTF-16 offset {end}"
            )));
        }
        if splits(offset) {
            return Err(ApiError::bad_request(format!("{place} starts in a middle of a UTF-16 symbol")));
        }
        if splits(end) {
            return Err(ApiError::bad_request(format!(
                "{place} ends in a middle of a UTF-16 symbol at UTF-16 offset {end}"
            )));
        }
        if length > 0 {
            checked.push(entity.clone());
        }
    }
    Ok(checked)
}

fn span(entity: &Value) -> (usize, usize) {
    let number = |name: &str| entity[name].as_u64().and_then(|n| usize::try_from(n).ok()).unwrap_or(0);
    (number("offset"), number("offset") + number("length"))
}

/// Cuts white space off both ends and moves the entities accordingly.
fn trim(text: &str, entities: Vec<Value>) -> Formatted {
    let cut = length(text) - length(text.trim_start());
    let text = text.trim();
    let end = length(text);
    let moved = entities.into_iter().filter_map(|mut entity| {
        let (from, to) = span(&entity);
        let from = from.saturating_sub(cut).min(end);
        let to = to.saturating_sub(cut).min(end);
        entity["offset"] = from.into();
        entity["length"] = (to - from).into();
        (to > from).then_some(entity)
    });
    (text.to_owned(), moved.collect())
}

/// Finds commands, links, addresses, mentions and hashtags outside other entities.
fn detect(text: &str, entities: &mut Vec<Value>) {
    let taken: Vec<_> = entities
        .iter()
        .filter(|entity| {
            let kind = entity["type"].as_str().unwrap_or_default();
            matches!(
                kind,
                "code" | "pre" | "text_link" | "text_mention" | "bot_command" | "url" | "email" | "mention" | "hashtag"
            )
        })
        .map(span)
        .collect();
    let mut at = 0;
    for word in text.split_inclusive(char::is_whitespace) {
        let offset = at;
        at += length(word);
        let word = word.trim_end();
        if let Some((kind, size)) = classify(word)
            && taken.iter().all(|(from, to)| offset + size <= *from || offset >= *to)
        {
            entities.push(json!({ "type": kind, "offset": offset, "length": size }));
        }
    }
    entities.sort_by_key(span);
}

/// What a word is, and how many UTF-16 units of it.
fn classify(word: &str) -> Option<(&'static str, usize)> {
    let name = |text: &str| {
        let is_name = |c: &char| c.is_alphanumeric() || *c == '_';
        text.chars().take_while(is_name).map(char::len_utf16).sum::<usize>()
    };
    if let Some(rest) = word.strip_prefix('/') {
        let size = name(rest);
        let mut total = 1 + size;
        if let Some(bot) = rest.get(size..).and_then(|rest| rest.strip_prefix('@')) {
            total += 1 + name(bot);
        }
        return (size > 0 && rest.is_char_boundary(size) && rest[..size].is_ascii()).then_some(("bot_command", total));
    }
    if let Some(rest) = word.strip_prefix('@') {
        let size = name(rest);
        return (size >= 4).then_some(("mention", 1 + size));
    }
    if let Some(rest) = word.strip_prefix('#') {
        let size = name(rest);
        return (size > 0).then_some(("hashtag", 1 + size));
    }
    let word = word.trim_end_matches(['.', ',', '!', '?', ';', ':', ')']);
    if let Some(rest) = word.strip_prefix("https://").or_else(|| word.strip_prefix("http://")) {
        return (!rest.is_empty()).then(|| ("url", length(word)));
    }
    let (local, domain) = word.split_once('@')?;
    let is_email = !local.is_empty() && domain.contains('.') && !domain.ends_with('.');
    is_email.then(|| ("email", length(word)))
}
