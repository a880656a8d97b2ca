//! Turns an [`Update`](https://core.telegram.org/bots/api#update) into what the Desk understands. Pure: the same update gives
//! the same result, which is what makes its key good for knowing it again.
//!
//! Updates come as raw JSON and are read with teloxide's types. These follow one version of the Bot API strictly, and a
//! message that strays from it (a voice without a media type, a link that is no URL, a kind invented last week) reads as
//! empty. A customer's words must not get lost like that, so `salvage` then takes what it recognises from the JSON.

mod content;
mod salvage;
mod text;

use helpdesk_core::{
    Address, ChannelName, ExternalId, Language, Phrase, Phrases,
    channel::{Inbound, InboundEvent, IncomingMessage, Sender},
};
use serde::Deserialize;
use serde_json::Value;
use teloxide::types::{
    CallbackQuery, Chat, ChatMemberKind, ChatMemberUpdated, MaybeInaccessibleMessage, Message, MessageKind, Update,
    UpdateKind, User,
};
use tracing::debug;

use super::groups;
use text::Command;

/// What reading an update depends on beside the update itself.
#[derive(Clone, Copy)]
pub(super) struct Known<'a> {
    pub(super) channel: &'a ChannelName,
    pub(super) bot_id: &'a str,
    /// The bot's username, once it is known.
    pub(super) username: Option<&'a str>,
    /// The label of the button that opens a request, in every language.
    pub(super) new_request_labels: &'a [String],
}

impl Known<'_> {
    /// Whether `name` is the bot's username; these know no case.
    pub(super) fn is_my_name(&self, name: &str) -> bool {
        self.username.is_some_and(|mine| mine.eq_ignore_ascii_case(name))
    }

    fn address(&self, chat: i64) -> Address {
        Address { channel: self.channel.clone(), key: chat.to_string() }
    }

    /// The name of an update on this channel. Another bot counts its updates on its own, so its id is a part of it.
    fn key(&self, update: i64) -> String {
        format!("{}:{update}", self.bot_id)
    }
}

/// The labels by which [`Known`] recognises the button that opens a request: it comes back as a text.
pub(super) fn new_request_labels(phrases: &Phrases) -> Vec<String> {
    phrases.in_every_language(Phrase::NewRequest).into_iter().map(|(_, label)| label.trim().to_owned()).collect()
}

/// What is to be done about one update.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Taken {
    /// The update's id.
    pub(super) id: i64,
    /// The chat whose order it belongs to.
    pub(super) chat: Option<i64>,
    /// What to give to the Desk, in this order. Empty for what concerns no customer.
    pub(super) inbound: Vec<Inbound>,
    /// What to do when the Desk has it.
    pub(super) reaction: Reaction,
}

/// What follows an update that the Desk has stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Reaction {
    /// Nothing.
    None,
    /// The press of a button is answered with the Desk's notice.
    AnswerPress {
        /// The press.
        query: String,
    },
    /// A group is told that the bot works in private chats.
    SayPrivateOnly {
        /// The group.
        chat: i64,
        /// The language of the one who spoke to the bot.
        language: Language,
    },
}

impl Taken {
    fn new(id: i64, chat: i64) -> Self {
        Self { id, chat: Some(chat), inbound: Vec::new(), reaction: Reaction::None }
    }

    /// One event of the customer in this chat.
    fn event(id: i64, chat: i64, known: &Known<'_>, sender: Sender, event: InboundEvent) -> Self {
        let inbound = Inbound { address: known.address(chat), key: known.key(id), sender, event };
        Self { inbound: vec![inbound], ..Self::new(id, chat) }
    }
}

/// The id of an update.
pub(super) fn update_id(update: &Value) -> Option<i64> {
    update.get("update_id")?.as_i64()
}

/// Reads an update; `None` for what is none.
pub(super) fn convert(raw: &Value, known: &Known<'_>) -> Option<Taken> {
    let id = update_id(raw)?;
    let taken = match Update::deserialize(raw).map(|update| update.kind) {
        Ok(UpdateKind::Message(message)) if message.chat.is_private() => private(id, &message, raw, known),
        Ok(UpdateKind::Message(message)) => group(id, &message, known),
        Ok(UpdateKind::EditedMessage(message)) if message.chat.is_private() => edit(id, &message, raw, known),
        Ok(UpdateKind::CallbackQuery(query)) => Some(press(id, query, known)),
        Ok(UpdateKind::MyChatMember(change)) => membership(id, &change, known),
        Ok(UpdateKind::Error(_)) | Err(_) => salvage::salvage(id, raw, known),
        Ok(_) => None,
    };
    Some(taken.unwrap_or_else(|| {
        debug!(channel = %known.channel, update = id, "an update that concerns no customer");
        Taken { id, chat: None, inbound: Vec::new(), reaction: Reaction::None }
    }))
}

/// A message in a private chat.
fn private(id: i64, message: &Message, raw: &Value, known: &Known<'_>) -> Option<Taken> {
    if matches!(message.kind, MessageKind::Empty {}) {
        return salvage::salvage(id, raw, known);
    }
    let chat = message.chat.id.0;
    let sender = sender(message.from.as_ref(), &message.chat);
    if let Some(to) = message.migrate_to_chat_id() {
        let event = InboundEvent::Moved { to: known.address(to.0) };
        return Some(Taken::event(id, chat, known, sender, event));
    }
    match message.text().map(|text| Command::read(text, known)) {
        Some(Command::Open { rest }) => {
            let mut taken = Taken::event(id, chat, known, sender.clone(), InboundEvent::Open);
            if !rest.is_empty() {
                // What was written behind the command is the request's first message.
                let message = IncomingMessage { text: rest.to_owned(), ..content::envelope(message) };
                taken.inbound.push(Inbound {
                    address: known.address(chat),
                    key: format!("{}:text", known.key(id)),
                    sender,
                    event: InboundEvent::Message(message),
                });
            }
            Some(taken)
        }
        Some(Command::None) | None => {
            let incoming = content::content(message, raw.get("message")?)?;
            Some(Taken::event(id, chat, known, sender, InboundEvent::Message(incoming)))
        }
    }
}

/// A message in a group, a supergroup or a channel.
fn group(id: i64, message: &Message, known: &Known<'_>) -> Option<Taken> {
    let chat = message.chat.id.0;
    if let Some(to) = message.migrate_to_chat_id() {
        let sender = sender(message.from.as_ref(), &message.chat);
        let event = InboundEvent::Moved { to: known.address(to.0) };
        return Some(Taken::event(id, chat, known, sender, event));
    }
    groups::is_addressed(message, known).then(|| {
        let reaction = Reaction::SayPrivateOnly { chat, language: language_of(message.from.as_ref()) };
        Taken { reaction, ..Taken::new(id, chat) }
    })
}

/// A changed text or caption. A live location that moves comes as an edit as well, and says nothing.
fn edit(id: i64, message: &Message, raw: &Value, known: &Known<'_>) -> Option<Taken> {
    if matches!(message.kind, MessageKind::Empty {}) {
        return salvage::salvage(id, raw, known);
    }
    let text = content::text_of_edit(message)?;
    let event = InboundEvent::Edit { external_id: ExternalId(message.id.0.to_string()), text };
    let sender = sender(message.from.as_ref(), &message.chat);
    Some(Taken::event(id, message.chat.id.0, known, sender, event))
}

/// The press of a button.
fn press(id: i64, query: CallbackQuery, known: &Known<'_>) -> Taken {
    // A private chat has the id of its person, also when the message with the button is too old to be shown.
    let chat = query.message.as_ref().map(MaybeInaccessibleMessage::chat);
    let (chat, private) = match chat {
        Some(chat) => (chat.id.0, chat.is_private()),
        None => (i64::try_from(query.from.id.0).unwrap_or_default(), true),
    };
    let mut taken = match query.data {
        Some(token) if private => Taken::event(id, chat, known, sender_of(&query.from), InboundEvent::Press { token }),
        _ => Taken::new(id, chat),
    };
    taken.reaction = Reaction::AnswerPress { query: query.id.0 };
    taken
}

/// The bot was blocked, unblocked, added or removed.
fn membership(id: i64, change: &ChatMemberUpdated, known: &Known<'_>) -> Option<Taken> {
    let chat = change.chat.id.0;
    let inside = |kind: &ChatMemberKind| !matches!(kind, ChatMemberKind::Left | ChatMemberKind::Banned(_));
    let (was, is) = (inside(&change.old_chat_member.kind), inside(&change.new_chat_member.kind));
    if change.chat.is_private() {
        let event = if is { InboundEvent::Reachable } else { InboundEvent::Unreachable };
        return Some(Taken::event(id, chat, known, sender_of(&change.from), event));
    }
    (is && !was).then(|| {
        let reaction = Reaction::SayPrivateOnly { chat, language: language_of(Some(&change.from)) };
        Taken { reaction, ..Taken::new(id, chat) }
    })
}

fn sender(from: Option<&User>, chat: &Chat) -> Sender {
    match from {
        Some(user) => sender_of(user),
        None => Sender {
            name: [chat.first_name(), chat.last_name()].into_iter().flatten().collect::<Vec<_>>().join(" "),
            handle: chat.username().map(str::to_owned),
            language: None,
        },
    }
}

fn sender_of(user: &User) -> Sender {
    Sender {
        name: user.full_name(),
        handle: user.username.clone(),
        language: user.language_code.as_deref().map(Language::from_tag),
    }
}

fn language_of(user: Option<&User>) -> Language {
    user.and_then(|user| user.language_code.as_deref()).map_or(Language::ENGLISH, Language::from_tag)
}

#[cfg(test)]
mod tests;
