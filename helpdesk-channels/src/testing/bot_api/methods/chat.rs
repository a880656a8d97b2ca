//! What a bot can learn about a chat, and leaving it.

use serde_json::{Value, json};

use super::super::answer::{ApiError, ApiResult};
use super::super::world::{Access, Author, ChatKind};
use super::Ctx;

pub(super) fn get_chat(ctx: &mut Ctx<'_>) -> ApiResult {
    let id = ctx.chat()?;
    let mut wire = ctx.bot().chats[&id].wire.clone();
    wire["accent_color_id"] = 0.into();
    wire["max_reaction_count"] = 11.into();
    wire["accepted_gift_types"] = json!({
        "unlimited_gifts": false,
        "limited_gifts": false,
        "unique_gifts": false,
        "premium_subscription": false,
        "gifts_from_channels": false,
    });
    Ok(wire)
}

pub(super) fn get_member(ctx: &mut Ctx<'_>) -> ApiResult {
    let chat = ctx.chat()?;
    let unknown = || ApiError::bad_request("user not found");
    let user = ctx.params.int("user_id").ok_or_else(unknown)?;
    let bot = ctx.bot();
    if user == bot.id {
        let status = match bot.chats[&chat].access {
            Access::Open => "member",
            Access::Left => "left",
            Access::Blocked | Access::Kicked => "kicked",
        };
        return Ok(member(&bot.wire(), status));
    }
    let place = &bot.chats[&chat];
    let present = match place.kind {
        ChatKind::Private => user == chat,
        _ => place.messages.iter().any(|message| message.author == Author::User(user)),
    };
    let person = ctx.world.users.get(&user).ok_or_else(unknown)?;
    Ok(member(&person.wire(), if present { "member" } else { "left" }))
}

/// The `ChatMember` object.
pub(crate) fn member(user: &Value, status: &str) -> Value {
    let mut member = json!({ "user": user, "status": status });
    if status == "kicked" {
        member["until_date"] = 0.into();
    }
    member
}

pub(super) fn member_count(ctx: &mut Ctx<'_>) -> ApiResult {
    let chat = ctx.chat()?;
    let place = &ctx.bot().chats[&chat];
    let mut people: Vec<_> = place
        .messages
        .iter()
        .filter_map(|message| match message.author {
            Author::User(user) => Some(user),
            _ => None,
        })
        .collect();
    people.sort_unstable();
    people.dedup();
    Ok(json!(people.len() + 1))
}

pub(super) fn leave(ctx: &mut Ctx<'_>) -> ApiResult {
    let chat = ctx.open_chat()?;
    let place = ctx.bot().chats.get_mut(&chat).expect("the chat was found");
    if place.kind == ChatKind::Private {
        return Err(ApiError::bad_request("chat member status can't be changed in private chats"));
    }
    place.access = Access::Left;
    Ok(Value::Bool(true))
}
