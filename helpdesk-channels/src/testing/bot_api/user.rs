//! A scripted person: what they write and press.
//!
//! Everything a person does happens at once and becomes an update. What they see is in
//! `user_view.rs`, files are in `user_media.rs`, and groups in `group.rs`.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::formatting;
use super::methods::member;
use super::screen::ScreenMessage;
use super::world::{Access, Chat, ChatKind, Person, Query, Shared, now};

/// A person with a Telegram client who talks to a bot.
///
/// ```no_run
/// # async fn example() {
/// use helpdesk_channels::testing::bot_api::BotApiServer;
///
/// let telegram = BotApiServer::start().await;
/// // ... a bot is started with `telegram.url()` and `telegram.token()` ...
/// let anna = telegram.user("Anna", "ru").with_username("anna");
/// let asked = anna.say("Where is my order?");
/// anna.wait_for_text_after(asked, "Let me look").await;
/// anna.press("Call a human");
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct ScriptedUser {
    pub(crate) shared: Arc<Shared>,
    pub(crate) bot: usize,
    pub(crate) id: i64,
}

impl ScriptedUser {
    /// The person's id, which is the id of their private chat with a bot as well.
    pub fn id(&self) -> i64 {
        self.id
    }

    /// Sets the last name.
    pub fn with_last_name(self, last_name: &str) -> Self {
        self.update(|person| person.last_name = Some(last_name.to_owned()))
    }

    /// Sets the username, without `@`.
    pub fn with_username(self, username: &str) -> Self {
        self.update(|person| person.username = Some(username.to_owned()))
    }

    /// Changes the first name, as people do at any time.
    pub fn with_first_name(self, first_name: &str) -> Self {
        self.update(|person| first_name.clone_into(&mut person.first_name))
    }

    /// Changes the language of the client; `""` is none.
    pub fn with_language(self, code: &str) -> Self {
        self.update(|person| person.language_code = (!code.is_empty()).then(|| code.to_owned()))
    }

    fn update(self, change: impl FnOnce(&mut Person)) -> Self {
        self.shared.edit(|world| {
            if let Some(person) = world.users.get_mut(&self.id) {
                change(person);
            }
        });
        self
    }

    /// The same person talking to another bot, added with `BotApiServer::add_bot`.
    ///
    /// # Panics
    ///
    /// When there is no bot with this token.
    pub fn with_bot(&self, token: &str) -> Self {
        let bot = self.shared.read(|world| world.bots.iter().position(|bot| bot.token == token));
        Self { bot: bot.expect("a bot with this token was added"), ..self.clone() }
    }

    /// Opens the bot and presses "Start". Returns the message's id, as all sending functions do.
    pub fn start(&self) -> i32 {
        self.say("/start")
    }

    /// Writes a text. A text over 4096 characters is sent in several messages, as clients do; the
    /// id is that of the last one.
    pub fn say(&self, text: &str) -> i32 {
        let mut last = 0;
        for part in split(text) {
            last = self.post(self.id, text_fields(&part, formatting::plain(&part)));
        }
        last
    }

    /// Writes a text with formatting, given as `MessageEntity` objects.
    pub fn say_with_entities(&self, text: &str, entities: &[Value]) -> i32 {
        self.post(self.id, text_fields(text, entities.to_vec()))
    }

    /// Writes a text as a reply to a message.
    ///
    /// # Panics
    ///
    /// When the message is not there.
    pub fn reply(&self, message_id: i32, text: &str) -> i32 {
        let quoted = self.shared.quietly(|world| world.bots[self.bot].quoted(self.id, message_id));
        let mut fields = text_fields(text, formatting::plain(text));
        let quoted = quoted.unwrap_or_else(|| panic!("no message {message_id}\n{}", self.print()));
        fields.insert("reply_to_message".to_owned(), quoted);
        self.post(self.id, fields)
    }

    /// Sends a message with the given fields of the `Message` object, for kinds of messages that
    /// have no function of their own, such as forwarded ones or polls.
    ///
    /// # Panics
    ///
    /// When the fields are not an object.
    pub fn send_fields(&self, fields: Value) -> i32 {
        let Value::Object(fields) = fields else { panic!("the fields must be an object") };
        self.post(self.id, fields)
    }

    /// Sends a place.
    pub fn location(&self, latitude: f64, longitude: f64) -> i32 {
        self.send_fields(json!({ "location": { "latitude": latitude, "longitude": longitude } }))
    }

    /// Sends a contact.
    pub fn contact(&self, phone_number: &str, first_name: &str) -> i32 {
        let contact = json!({ "phone_number": phone_number, "first_name": first_name });
        self.send_fields(json!({ "contact": contact }))
    }

    pub(crate) fn post(&self, chat: i64, fields: Map<String, Value>) -> i32 {
        self.shared.edit(|world| world.incoming(self.bot, self.id, chat, fields))
    }

    /// Replaces the text of an own message, or the caption of one with a file.
    ///
    /// # Panics
    ///
    /// When the message is not there.
    pub fn edit(&self, message_id: i32, text: &str) {
        self.edit_in(self.id, message_id, text);
    }

    pub(crate) fn edit_in(&self, chat: i64, message_id: i32, text: &str) {
        let found = self.shared.edit(|world| {
            let bot = &mut world.bots[self.bot];
            let message = bot.message(chat, message_id)?;
            let entities = formatting::plain(text);
            let names =
                if message.wire.get("text").is_some() { ["text", "entities"] } else { ["caption", "caption_entities"] };
            message.wire[names[0]] = text.into();
            message.wire[names[1]] = Value::Array(entities);
            message.wire["edit_date"] = now().into();
            let wire = message.wire.clone();
            bot.updates.push("edited_message", &wire);
            Some(())
        });
        assert!(found.is_some(), "no message {message_id} to edit\n{}", self.print());
    }

    /// Presses the button with this label on the newest message with inline buttons. The label may
    /// be a part that only one button has. Returns the id of the callback query.
    ///
    /// # Panics
    ///
    /// When there is no such button, or it is a link.
    pub fn press(&self, label: &str) -> String {
        let newest = self.newest_with_buttons();
        let button = newest.button(label).cloned();
        let button = button.unwrap_or_else(|| panic!("no button {label:?} to press\n{}", self.print()));
        let data = button.data.unwrap_or_else(|| panic!("the button {label:?} is a link"));
        self.press_data(newest.id, &data)
    }

    /// Presses the first button for which the predicate holds, given its label and data, on the
    /// newest message with inline buttons.
    ///
    /// # Panics
    ///
    /// When there is no such button.
    pub fn press_where(&self, mut fits: impl FnMut(&str, &str) -> bool) -> String {
        let newest = self.newest_with_buttons();
        let data = newest.buttons.iter().flatten().find_map(|button| {
            let data = button.data.as_deref()?;
            fits(&button.label, data).then(|| data.to_owned())
        });
        let data = data.unwrap_or_else(|| panic!("no such button to press\n{}", self.print()));
        self.press_data(newest.id, &data)
    }

    fn newest_with_buttons(&self) -> ScreenMessage {
        let newest = self.screen().into_iter().rev().find(|message| !message.buttons.is_empty());
        newest.unwrap_or_else(|| panic!("no message has buttons\n{}", self.print()))
    }

    /// Presses a button with this data on a message, whether it is there or not: old messages,
    /// deleted ones and forged data are allowed. Returns the id of the callback query.
    pub fn press_data(&self, message_id: i32, data: &str) -> String {
        self.shared.edit(|world| {
            let number = world.next_number();
            let id = format!("{}", 4_400_000_000_000 + number);
            let from = world.users[&self.id].wire();
            let chat = world.users[&self.id].chat_wire();
            let bot = &mut world.bots[self.bot];
            let message = match bot.message(self.id, message_id) {
                Some(message) => message.wire.clone(),
                None => json!({ "chat": chat, "message_id": message_id, "date": 0 }),
            };
            bot.updates.push(
                "callback_query",
                &json!({
                    "id": id,
                    "from": from,
                    "message": message,
                    "chat_instance": format!("{}", -1_000_000_000 - self.id),
                    "data": data,
                }),
            );
            bot.queries.insert(
                id.clone(),
                Query {
                    user: self.id,
                    message: message_id,
                    data: data.to_owned(),
                    expired: false,
                    answer: None,
                    number,
                },
            );
            id
        })
    }

    /// Presses a button of the reply keyboard, which sends its label (or the person's contact).
    ///
    /// # Panics
    ///
    /// When the reply keyboard has no such button.
    pub fn press_reply_button(&self, label: &str) -> i32 {
        let found = self.shared.edit(|world| {
            let chat = world.bots[self.bot].chats.get_mut(&self.id)?;
            let keyboard = chat.keyboard.clone()?;
            let rows = keyboard["keyboard"].as_array()?;
            let button =
                rows.iter().filter_map(Value::as_array).flatten().find(|button| button["text"] == label)?.clone();
            if keyboard["one_time_keyboard"] == true {
                chat.keyboard = None;
            }
            Some((button, world.users[&self.id].first_name.clone()))
        });
        let Some((button, name)) = found else {
            panic!("no button {label:?} on the reply keyboard\n{}", self.print());
        };
        if button["request_contact"] == true {
            let contact = json!({
                "phone_number": "+10000000000",
                "first_name": name,
                "user_id": self.id,
            });
            self.send_fields(json!({ "contact": contact }))
        } else if button["request_location"] == true {
            self.location(55.75, 37.62)
        } else {
            self.say(label)
        }
    }

    /// Blocks the bot, which is told so and cannot write any more.
    pub fn block(&self) {
        self.set_access(Access::Blocked, "member", "kicked");
    }

    /// Unblocks the bot.
    pub fn unblock(&self) {
        self.set_access(Access::Open, "kicked", "member");
    }

    fn set_access(&self, access: Access, old: &str, new: &str) {
        self.shared.edit(|world| {
            let person = &world.users[&self.id];
            let bot = &mut world.bots[self.bot];
            let me = bot.wire();
            let chat = bot.chats.entry(self.id).or_insert_with(|| Chat::new(self.id, ChatKind::Private));
            chat.wire = person.chat_wire();
            if chat.access == access {
                return;
            }
            chat.access = access;
            bot.updates.push(
                "my_chat_member",
                &json!({
                    "chat": person.chat_wire(),
                    "from": person.wire(),
                    "date": now(),
                    "old_chat_member": member(&me, old),
                    "new_chat_member": member(&me, new),
                }),
            );
        });
    }
}

pub(crate) fn text_fields(text: &str, entities: Vec<Value>) -> Map<String, Value> {
    let mut fields = Map::new();
    fields.insert("text".to_owned(), text.into());
    if !entities.is_empty() {
        fields.insert("entities".to_owned(), Value::Array(entities));
    }
    fields
}

/// Cuts a text into messages.
fn split(text: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut units = 0;
    for c in text.chars() {
        if units + c.len_utf16() > formatting::MAX_TEXT {
            parts.push(String::new());
            units = 0;
        }
        units += c.len_utf16();
        if let Some(part) = parts.last_mut() {
            part.push(c);
        }
    }
    parts
}
