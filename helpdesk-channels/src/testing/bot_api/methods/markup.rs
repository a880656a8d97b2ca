//! `reply_markup`: inline keyboards, reply keyboards and their removal.

use serde_json::{Value, json};

use super::super::answer::ApiError;

/// The most buttons that one keyboard may have.
const MAX_BUTTONS: usize = 100;

/// A checked `reply_markup`.
#[derive(Debug)]
pub(crate) enum Markup {
    Inline(Value),
    Keyboard(Value),
    Remove,
    None,
}

pub(crate) fn check(markup: Option<Value>) -> Result<Markup, ApiError> {
    let Some(markup) = markup else { return Ok(Markup::None) };
    if !markup.is_object() {
        return Err(ApiError::bad_request("object expected as reply markup"));
    }
    if let Some(rows) = markup.get("inline_keyboard") {
        let rows = each_button(rows, inline_button)?;
        return Ok(if rows.is_empty() { Markup::None } else { Markup::Inline(json!({ "inline_keyboard": rows })) });
    }
    if let Some(rows) = markup.get("keyboard") {
        let rows = each_button(rows, keyboard_button)?;
        if rows.is_empty() {
            return Err(ApiError::bad_request("reply keyboard markup must be non-empty"));
        }
        let mut keyboard = markup.clone();
        keyboard["keyboard"] = Value::Array(rows);
        return Ok(Markup::Keyboard(keyboard));
    }
    if markup["remove_keyboard"] == true {
        return Ok(Markup::Remove);
    }
    Ok(Markup::None)
}

/// Checks every button and returns the rows without the empty ones.
fn each_button(rows: &Value, check: impl Fn(&Value) -> Result<Value, ApiError>) -> Result<Vec<Value>, ApiError> {
    let shape = || ApiError::bad_request("field \"keyboard\" of the reply markup must be an Array of Arrays");
    let mut checked = Vec::new();
    let mut count = 0;
    for row in rows.as_array().ok_or_else(shape)? {
        let row = row.as_array().ok_or_else(shape)?;
        count += row.len();
        let row = row.iter().map(&check).collect::<Result<Vec<_>, _>>()?;
        if !row.is_empty() {
            checked.push(Value::Array(row));
        }
    }
    if count > MAX_BUTTONS {
        return Err(ApiError::bad_request("REPLY_MARKUP_TOO_LONG"));
    }
    Ok(checked)
}

fn inline_button(button: &Value) -> Result<Value, ApiError> {
    let problem = |text: &str| ApiError::bad_request(format!("can't parse inline keyboard button: {text}"));
    let Some(fields) = button.as_object() else {
        return Err(problem("InlineKeyboardButton must be an Object"));
    };
    let Some(text) = button["text"].as_str() else {
        return Err(problem("Field \"text\" must be of type String"));
    };
    if text.trim().is_empty() {
        return Err(ApiError::bad_request("BUTTON_TEXT_INVALID"));
    }
    if let Some(data) = fields.get("callback_data").filter(|data| !data.is_null()) {
        let data = data.as_str().ok_or_else(|| problem("Field \"callback_data\" must be of type String"))?;
        if data.is_empty() || data.len() > 64 {
            return Err(ApiError::bad_request("BUTTON_DATA_INVALID"));
        }
        return Ok(button.clone());
    }
    if let Some(url) = button["url"].as_str() {
        let known = ["http://", "https://", "tg://", "ton://"];
        if !known.iter().any(|scheme| url.starts_with(scheme)) && !url.contains('.') {
            return Err(ApiError::bad_request("BUTTON_URL_INVALID"));
        }
        return Ok(button.clone());
    }
    if fields.len() < 2 {
        return Err(problem("Text buttons are unallowed in the inline keyboard"));
    }
    Ok(button.clone())
}

fn keyboard_button(button: &Value) -> Result<Value, ApiError> {
    let text = button.as_str().or_else(|| button["text"].as_str());
    match text {
        Some(text) if text.trim().is_empty() => Err(ApiError::bad_request("keyboard button text must be non-empty")),
        Some(_) if button.is_object() => Ok(button.clone()),
        Some(text) => Ok(json!({ "text": text })),
        None => Err(ApiError::bad_request("can't parse keyboard button: KeyboardButton must be a String or an Object")),
    }
}
