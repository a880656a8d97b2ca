//! The methods of the Bot API: finding one by name, and what all of them share.

mod bot;
mod chat;
mod edit;
mod markup;
mod media;
mod message;

use serde_json::{Map, Value, json};

pub(crate) use chat::member;

use super::answer::{ApiError, ApiResult};
use super::params::Params;
use super::polling;
use super::webhook;
use super::world::{Access, Author, Bot, Chat, ChatKind, Shared, World};

/// The documented spelling of every method that is simulated.
const NAMES: &[&str] = &[
    "answerCallbackQuery",
    "close",
    "deleteMessage",
    "deleteMessages",
    "deleteMyCommands",
    "deleteWebhook",
    "editMessageCaption",
    "editMessageReplyMarkup",
    "editMessageText",
    "getChat",
    "getChatMember",
    "getChatMemberCount",
    "getFile",
    "getMe",
    "getMyCommands",
    "getUpdates",
    "getWebhookInfo",
    "leaveChat",
    "logOut",
    "sendAnimation",
    "sendAudio",
    "sendChatAction",
    "sendContact",
    "sendDocument",
    "sendLocation",
    "sendMediaGroup",
    "sendMessage",
    "sendPhoto",
    "sendSticker",
    "sendVideo",
    "sendVideoNote",
    "sendVoice",
    "setChatMenuButton",
    "setMyCommands",
    "setMyDescription",
    "setMyName",
    "setMyShortDescription",
    "setWebhook",
];

/// The documented spelling of a method's name; unknown names stay as they are.
pub(crate) fn spelling(method: &str) -> String {
    let known = NAMES.iter().find(|name| name.eq_ignore_ascii_case(method));
    known.map_or_else(|| method.to_owned(), |name| (*name).to_owned())
}

/// Carries out a method, whatever the case of its name.
pub(crate) async fn call(shared: &Shared, bot: usize, method: &str, params: &Params) -> ApiResult {
    match spelling(method).as_str() {
        "getUpdates" => polling::get_updates(shared, bot, params).await,
        name => shared.edit(|world| dispatch(&mut Ctx { world, bot, params }, name)),
    }
}

fn dispatch(ctx: &mut Ctx<'_>, name: &str) -> ApiResult {
    let params = ctx.params;
    match name {
        "getMe" => Ok(bot::get_me(ctx.bot())),
        "logOut" | "close" | "setMyName" | "setMyDescription" | "setMyShortDescription" | "setChatMenuButton" => {
            Ok(Value::Bool(true))
        }
        "setMyCommands" => bot::set_commands(ctx),
        "getMyCommands" => bot::get_commands(ctx),
        "deleteMyCommands" => bot::delete_commands(ctx),
        "setWebhook" => webhook::set(ctx.bot(), params),
        "deleteWebhook" => Ok(webhook::delete(ctx.bot(), params)),
        "getWebhookInfo" => Ok(webhook::info(ctx.bot())),
        "answerCallbackQuery" => bot::answer_callback_query(ctx),
        "getFile" => {
            let id = params.text("file_id").unwrap_or_default();
            ctx.world.files.link(&id)
        }
        "sendMessage" => message::send_message(ctx),
        "sendLocation" => message::send_location(ctx),
        "sendContact" => message::send_contact(ctx),
        "sendChatAction" => message::send_chat_action(ctx),
        "sendMediaGroup" => media::send_group(ctx),
        "editMessageText" => edit::text(ctx),
        "editMessageCaption" => edit::caption(ctx),
        "editMessageReplyMarkup" => edit::reply_markup(ctx),
        "deleteMessage" => edit::delete(ctx),
        "deleteMessages" => edit::delete_many(ctx),
        "getChat" => chat::get_chat(ctx),
        "getChatMember" => chat::get_member(ctx),
        "getChatMemberCount" => chat::member_count(ctx),
        "leaveChat" => chat::leave(ctx),
        name => match media::kind_of(name) {
            Some(kind) => media::send(ctx, kind),
            None => Err(ApiError::new(404, "Not Found: method not found")),
        },
    }
}

/// One call: the state, the calling bot and the parameters.
pub(crate) struct Ctx<'a> {
    pub(crate) world: &'a mut World,
    pub(crate) bot: usize,
    pub(crate) params: &'a Params,
}

impl Ctx<'_> {
    pub(crate) fn bot(&mut self) -> &mut Bot {
        &mut self.world.bots[self.bot]
    }

    /// The chat of the call, which the bot knows.
    pub(crate) fn chat(&mut self) -> Result<i64, ApiError> {
        let given = self.params.text("chat_id").unwrap_or_default();
        if given.is_empty() {
            return Err(ApiError::bad_request("chat_id is empty"));
        }
        let bot = self.bot();
        let found = match given.strip_prefix('@') {
            Some(name) => {
                let named = |chat: &Chat| {
                    chat.kind != ChatKind::Private
                        && chat.wire["username"].as_str().is_some_and(|it| it.eq_ignore_ascii_case(name))
                };
                bot.chats.iter().find(|(_, chat)| named(chat)).map(|(id, _)| *id)
            }
            None => given.parse().ok().filter(|id| bot.chats.contains_key(id)),
        };
        found.ok_or_else(|| ApiError::bad_request("chat not found"))
    }

    /// The chat of the call, to which the bot may write.
    pub(crate) fn open_chat(&mut self) -> Result<i64, ApiError> {
        let id = self.chat()?;
        let chat = &self.bot().chats[&id];
        if let Some(new) = chat.migrated_to {
            let error = ApiError::bad_request("group chat was upgraded to a supergroup chat");
            return Err(error.with_parameters(json!({ "migrate_to_chat_id": new })));
        }
        let place = match chat.kind {
            ChatKind::Private => "private",
            ChatKind::Group => "group",
            ChatKind::Supergroup => "supergroup",
            ChatKind::Channel => "channel",
        };
        match chat.access {
            Access::Open => Ok(id),
            Access::Blocked => Err(ApiError::forbidden("bot was blocked by the user")),
            Access::Kicked => Err(ApiError::forbidden(&format!("bot was kicked from the {place} chat"))),
            Access::Left => Err(ApiError::forbidden(&format!("bot is not a member of the {place} chat"))),
        }
    }

    /// The message that the new one replies to, as fields of the new message.
    pub(crate) fn reply(&mut self, chat: i64) -> Result<Map<String, Value>, ApiError> {
        let params = self.params;
        let mut fields = Map::new();
        let reply = params.json("reply_parameters")?;
        let (target, lenient) = match &reply {
            Some(reply) => (
                reply["message_id"].as_i64().or_else(|| reply["message_id"].as_str()?.parse().ok()),
                reply["allow_sending_without_reply"] == true,
            ),
            None => (params.int("reply_to_message_id"), params.flag("allow_sending_without_reply")),
        };
        let Some(target) = target else { return Ok(fields) };
        let target = i32::try_from(target).unwrap_or_default();
        match self.bot().quoted(chat, target) {
            Some(quoted) => {
                fields.insert("reply_to_message".to_owned(), quoted);
            }
            None if lenient => {}
            None => return Err(ApiError::bad_request("message to be replied not found")),
        }
        Ok(fields)
    }

    /// Checks `reply_markup` and posts a message of the bot.
    pub(crate) fn post(&mut self, chat: i64, mut fields: Map<String, Value>) -> ApiResult {
        let markup = markup::check(self.params.json("reply_markup")?)?;
        fields.append(&mut self.reply(chat)?);
        if self.params.flag("protect_content") {
            fields.insert("has_protected_content".to_owned(), true.into());
        }
        let bot = self.bot();
        let place = bot.chats.get_mut(&chat).expect("the chat was found");
        place.action = None;
        let channel = place.kind == ChatKind::Channel;
        match markup {
            markup::Markup::Inline(keyboard) => {
                fields.insert("reply_markup".to_owned(), keyboard);
            }
            markup::Markup::Keyboard(keyboard) => place.keyboard = Some(keyboard),
            markup::Markup::Remove => place.keyboard = None,
            markup::Markup::None => {}
        }
        let from = (!channel).then(|| bot.wire());
        Ok(bot.store(chat, Author::Bot, from, fields))
    }
}
