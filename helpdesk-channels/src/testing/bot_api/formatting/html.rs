//! The HTML parse mode: the tags that Telegram knows, and its error messages.

use serde_json::{Value, json};

use super::{Formatted, length};

struct Open {
    tag: String,
    /// The entity without its length; `None` for tags that only nest.
    entity: Option<Value>,
    offset: usize,
    byte: usize,
}

/// Takes the tags out of a text.
pub(super) fn parse(source: &str) -> Result<Formatted, String> {
    let mut text = String::new();
    let mut units = 0;
    let mut entities: Vec<Value> = Vec::new();
    let mut open: Vec<Open> = Vec::new();
    let mut at = 0;
    while let Some(c) = source[at..].chars().next() {
        let rest = &source[at..];
        match c {
            '&' => {
                let (decoded, used) = entity(rest).unwrap_or(('&', 1));
                text.push(decoded);
                units += decoded.len_utf16();
                at += used;
            }
            '<' => {
                let end = rest.find('>').ok_or_else(|| format!("Unclosed start tag at byte offset {at}"))?;
                let inside = &rest[1..end];
                if let Some(name) = inside.strip_prefix('/') {
                    close(&mut open, &mut entities, name.trim(), at, units)?;
                } else {
                    let (tag, entity) = start_tag(inside, at, &open)?;
                    open.push(Open { tag, entity, offset: units, byte: at });
                }
                at += end + 1;
            }
            c => {
                text.push(c);
                units += c.len_utf16();
                at += c.len_utf8();
            }
        }
    }
    if let Some(unclosed) = open.last() {
        return Err(format!(
            "Can't find end tag corresponding to start tag \"{}\" at byte offset {}",
            unclosed.tag, unclosed.byte
        ));
    }
    debug_assert_eq!(units, length(&text));
    merge_code_in_pre(&mut entities);
    Ok((text, entities))
}

fn close(open: &mut Vec<Open>, entities: &mut Vec<Value>, name: &str, at: usize, units: usize) -> Result<(), String> {
    let name = name.to_ascii_lowercase();
    let Some(last) = open.pop() else {
        return Err(format!("Unexpected end tag at byte offset {at}"));
    };
    if last.tag != name && !name.is_empty() {
        return Err(format!(
            "Unmatched end tag at byte offset {at}, expected \"</{}>\", found \"</{name}>\"",
            last.tag
        ));
    }
    if let Some(mut entity) = last.entity
        && units > last.offset
    {
        entity["offset"] = last.offset.into();
        entity["length"] = (units - last.offset).into();
        entities.push(entity);
    }
    Ok(())
}

fn start_tag(inside: &str, at: usize, open: &[Open]) -> Result<(String, Option<Value>), String> {
    let name_end = inside.find(|c: char| c.is_whitespace()).unwrap_or(inside.len());
    let tag = inside[..name_end].to_ascii_lowercase();
    let attributes = &inside[name_end..];
    let kind = |kind: &str| Some(json!({ "type": kind }));
    let entity = match tag.as_str() {
        "b" | "strong" => kind("bold"),
        "i" | "em" => kind("italic"),
        "u" | "ins" => kind("underline"),
        "s" | "strike" | "del" => kind("strikethrough"),
        "tg-spoiler" => kind("spoiler"),
        "span" if attribute(attributes, "class").as_deref() == Some("tg-spoiler") => kind("spoiler"),
        "span" => {
            return Err(format!("Tag \"span\" must have class \"tg-spoiler\" at byte offset {at}"));
        }
        "pre" => kind("pre"),
        "code" => {
            let class = attribute(attributes, "class");
            let language = class.as_deref().and_then(|class| class.strip_prefix("language-"));
            match language {
                Some(language) if open.last().is_some_and(|open| open.tag == "pre") => {
                    Some(json!({ "type": "code", "language": language }))
                }
                _ => kind("code"),
            }
        }
        "blockquote" if attributes.contains("expandable") => kind("expandable_blockquote"),
        "blockquote" => kind("blockquote"),
        "a" => match attribute(attributes, "href") {
            Some(url) if url.contains(':') => Some(json!({ "type": "text_link", "url": url })),
            Some(url) if url.contains('.') => Some(json!({ "type": "text_link", "url": format!("http://{url}") })),
            _ => None,
        },
        "tg-emoji" => {
            attribute(attributes, "emoji-id").map(|id| json!({ "type": "custom_emoji", "custom_emoji_id": id }))
        }
        _ => return Err(format!("Unsupported start tag \"{tag}\" at byte offset {at}")),
    };
    Ok((tag, entity))
}

fn attribute(attributes: &str, wanted: &str) -> Option<String> {
    let mut rest = attributes.trim_start();
    while !rest.is_empty() {
        let name_end = rest.find(|c: char| c == '=' || c.is_whitespace()).unwrap_or(rest.len());
        let name = &rest[..name_end];
        rest = rest[name_end..].trim_start();
        let mut value = String::new();
        if let Some(after) = rest.strip_prefix('=') {
            let after = after.trim_start();
            let quote = after.chars().next().filter(|c| matches!(c, '"' | '\''));
            let (raw, left) = if let Some(quote) = quote {
                let body = &after[1..];
                let end = body.find(quote).unwrap_or(body.len());
                (&body[..end], body.get(end + 1..).unwrap_or_default())
            } else {
                let end = after.find(char::is_whitespace).unwrap_or(after.len());
                (&after[..end], &after[end..])
            };
            value = decode(raw);
            rest = left.trim_start();
        } else if name.is_empty() {
            return None;
        }
        if name.eq_ignore_ascii_case(wanted) {
            return Some(value);
        }
    }
    None
}

fn decode(text: &str) -> String {
    let mut decoded = String::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let (c, used) = if c == '&' { entity(rest).unwrap_or(('&', 1)) } else { (c, c.len_utf8()) };
        decoded.push(c);
        rest = &rest[used..];
    }
    decoded
}

/// A character reference at the start of a text and how many bytes it takes.
fn entity(text: &str) -> Option<(char, usize)> {
    let end = text.find(';').filter(|end| *end <= 10)?;
    let name = &text[1..end];
    let decoded = match name {
        "lt" => '<',
        "gt" => '>',
        "amp" => '&',
        "quot" => '"',
        _ => {
            let digits = name.strip_prefix('#')?;
            let code = match digits.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => digits.parse().ok()?,
            };
            char::from_u32(code)?
        }
    };
    Some((decoded, end + 1))
}

/// `<pre><code class="language-…">` is one block of code with a language.
fn merge_code_in_pre(entities: &mut Vec<Value>) {
    let languages: Vec<Value> = entities.iter().filter(|entity| entity.get("language").is_some()).cloned().collect();
    entities.retain(|entity| entity.get("language").is_none());
    for code in languages {
        for pre in entities.iter_mut().filter(|entity| entity["type"] == "pre") {
            if pre["offset"] == code["offset"] && pre["length"] == code["length"] {
                pre["language"] = code["language"].clone();
            }
        }
    }
}
