//! The bot itself: who it is, its commands, and answers to presses of buttons.

use serde_json::{Value, json};

use super::super::answer::{ApiError, ApiResult};
use super::super::formatting::length;
use super::super::world::Bot;
use super::Ctx;

pub(super) fn get_me(bot: &Bot) -> Value {
    let mut me = bot.wire();
    me["can_join_groups"] = true.into();
    me["can_read_all_group_messages"] = bot.reads_all_groups.into();
    me["supports_inline_queries"] = false.into();
    me["can_connect_to_business"] = false.into();
    me["has_main_web_app"] = false.into();
    me
}

/// The scope and the language that a list of commands is for.
fn key(ctx: &Ctx<'_>) -> Result<(String, String), ApiError> {
    let scope = ctx.params.json("scope")?.unwrap_or_else(|| json!({ "type": "default" }));
    let kind = scope["type"].as_str().unwrap_or_default();
    let known = [
        "default",
        "all_private_chats",
        "all_group_chats",
        "all_chat_administrators",
        "chat",
        "chat_administrators",
        "chat_member",
    ];
    if !known.contains(&kind) {
        return Err(ApiError::bad_request("can't parse BotCommandScope: unsupported type specified"));
    }
    let scope = match scope["chat_id"].as_i64() {
        Some(chat) => format!("{kind}:{chat}:{}", scope["user_id"]),
        None => kind.to_owned(),
    };
    let language = ctx.params.text("language_code").unwrap_or_default();
    let valid = language.is_empty() || (language.len() == 2 && language.bytes().all(|byte| byte.is_ascii_lowercase()));
    if !valid {
        return Err(ApiError::bad_request("invalid language code specified"));
    }
    Ok((scope, language))
}

pub(super) fn set_commands(ctx: &mut Ctx<'_>) -> ApiResult {
    let key = key(ctx)?;
    let Some(Value::Array(commands)) = ctx.params.json("commands")? else {
        return Err(ApiError::bad_request("parameter \"commands\" is required"));
    };
    if commands.len() > 100 {
        return Err(ApiError::bad_request("BOT_COMMANDS_TOO_MUCH"));
    }
    let mut clean = Vec::new();
    for command in &commands {
        let name = command["command"].as_str().unwrap_or_default().trim_start_matches('/');
        let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
        if name.is_empty() || name.len() > 32 || !name.bytes().all(allowed) {
            return Err(ApiError::bad_request("BOT_COMMAND_INVALID"));
        }
        let description = command["description"].as_str().unwrap_or_default().trim();
        if description.is_empty() || length(description) > 256 {
            return Err(ApiError::bad_request("BOT_COMMAND_DESCRIPTION_INVALID"));
        }
        clean.push(json!({ "command": name, "description": description }));
    }
    ctx.bot().commands.insert(key, Value::Array(clean));
    Ok(Value::Bool(true))
}

pub(super) fn get_commands(ctx: &mut Ctx<'_>) -> ApiResult {
    let key = key(ctx)?;
    Ok(ctx.bot().commands.get(&key).cloned().unwrap_or_else(|| json!([])))
}

pub(super) fn delete_commands(ctx: &mut Ctx<'_>) -> ApiResult {
    let key = key(ctx)?;
    ctx.bot().commands.remove(&key);
    Ok(Value::Bool(true))
}

impl Bot {
    /// The commands in the menu of a private chat: the closest scope that has any, in the person's
    /// language or else without a language.
    pub(crate) fn menu(&self, chat: i64, language: Option<&str>) -> Value {
        let language = language.unwrap_or_default().chars().take(2).collect::<String>();
        let scopes = [format!("chat:{chat}:null"), "all_private_chats".to_owned(), "default".to_owned()];
        for scope in scopes {
            for language in [language.clone(), String::new()] {
                if let Some(commands) = self.commands.get(&(scope.clone(), language)) {
                    return commands.clone();
                }
            }
        }
        json!([])
    }
}

pub(super) fn answer_callback_query(ctx: &mut Ctx<'_>) -> ApiResult {
    let params = ctx.params;
    let id = params.text("callback_query_id").unwrap_or_default();
    let too_old = || ApiError::bad_request("query is too old and response timeout expired or query ID is invalid");
    if params.text("text").is_some_and(|text| length(&text) > 200) {
        return Err(ApiError::bad_request("MESSAGE_TOO_LONG"));
    }
    let number = ctx.world.next_number();
    let query = ctx.bot().queries.get_mut(&id).ok_or_else(too_old)?;
    if query.expired || query.answer.is_some() {
        return Err(too_old());
    }
    query.answer = Some(json!({
        "text": params.text("text").filter(|text| !text.is_empty()),
        "show_alert": params.flag("show_alert"),
        "url": params.text("url"),
    }));
    query.number = number;
    Ok(Value::Bool(true))
}
