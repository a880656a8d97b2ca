//! Groups and channels: being added and removed, messages in them, and upgrades to supergroups.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::formatting;
use super::methods::member;
use super::screen::ScreenMessage;
use super::user::{ScriptedUser, text_fields};
use super::world::{Access, Author, Chat, ChatKind, Person, Shared, World, message_id, now};

/// Who adds the bot to groups and channels.
const OWNER: &str = "Owner";

/// A group or a supergroup with a bot in it.
#[derive(Clone, Debug)]
pub struct ScriptedGroup {
    shared: Arc<Shared>,
    bot: usize,
    id: i64,
    title: String,
}

impl ScriptedGroup {
    pub(crate) fn create(shared: &Arc<Shared>, bot: usize, kind: ChatKind, title: &str) -> Self {
        let id = shared.edit(|world| {
            let id = world.open_chat(bot, kind, title);
            world.bot_status(bot, id, "left", "member");
            id
        });
        Self { shared: shared.clone(), bot, id, title: title.to_owned() }
    }

    /// The id of the chat, which is negative.
    pub fn id(&self) -> i64 {
        self.id
    }

    /// Removes the bot from the group.
    pub fn remove_bot(&self) {
        self.shared.edit(|world| {
            world.bot_status(self.bot, self.id, "member", "kicked");
            world.set_access(self.bot, self.id, Access::Kicked);
        });
    }

    /// Adds the bot again.
    pub fn add_bot(&self) {
        self.shared.edit(|world| {
            world.set_access(self.bot, self.id, Access::Open);
            world.bot_status(self.bot, self.id, "left", "member");
        });
    }

    /// Upgrades the group: messages move to a supergroup with a new id, and sending to the old one
    /// answers with `migrate_to_chat_id`.
    pub fn migrate(&self) -> Self {
        let id = self.shared.edit(|world| {
            let new = world.open_chat(self.bot, ChatKind::Supergroup, &self.title);
            world.notice(self.bot, self.id, "migrate_to_chat_id", new);
            world.notice(self.bot, new, "migrate_from_chat_id", self.id);
            if let Some(chat) = world.bots[self.bot].chats.get_mut(&self.id) {
                chat.migrated_to = Some(new);
            }
            new
        });
        Self { id, ..self.clone() }
    }

    /// The messages in the group, without deleted ones.
    pub fn screen(&self) -> Vec<ScreenMessage> {
        self.shared.read(|world| world.bots[self.bot].screen(self.id))
    }

    /// Waits until the bot has written a message that contains this text.
    ///
    /// # Panics
    ///
    /// When that does not happen in the server's patience.
    pub async fn wait_for_text(&self, part: &str) -> ScreenMessage {
        let patience = self.shared.read(|world| world.patience);
        let found = self.shared.wait_until(patience, |world| {
            let screen = world.bots[self.bot].screen(self.id);
            screen.into_iter().find(|message| message.from_bot && message.words().contains(part))
        });
        match found.await {
            Some(message) => message,
            None => panic!("waited {patience:?} for {part:?} from the bot in {}", self.title),
        }
    }
}

impl ScriptedUser {
    /// Writes into a group.
    pub fn say_in(&self, group: &ScriptedGroup, text: &str) -> i32 {
        self.post(group.id, text_fields(text, formatting::plain(text)))
    }

    /// Replies to a message in a group.
    ///
    /// # Panics
    ///
    /// When the message is not there.
    pub fn reply_in(&self, group: &ScriptedGroup, message_id: i32, text: &str) -> i32 {
        let quoted = self.shared.quietly(|world| world.bots[self.bot].quoted(group.id, message_id));
        let mut fields = text_fields(text, formatting::plain(text));
        fields.insert("reply_to_message".to_owned(), quoted.expect("the message is in the group"));
        self.post(group.id, fields)
    }

    /// Replaces the text of an own message in a group.
    pub fn edit_in_group(&self, group: &ScriptedGroup, message_id: i32, text: &str) {
        self.edit_in(group.id, message_id, text);
    }
}

/// A channel with a bot as its administrator.
#[derive(Clone, Debug)]
pub struct ScriptedChannel {
    shared: Arc<Shared>,
    bot: usize,
    id: i64,
}

impl ScriptedChannel {
    pub(crate) fn create(shared: &Arc<Shared>, bot: usize, title: &str) -> Self {
        let id = shared.edit(|world| {
            let id = world.open_chat(bot, ChatKind::Channel, title);
            world.bot_status(bot, id, "left", "administrator");
            id
        });
        Self { shared: shared.clone(), bot, id }
    }

    /// The id of the chat, which is negative.
    pub fn id(&self) -> i64 {
        self.id
    }

    /// Posts a text. Returns the message's id.
    pub fn post(&self, text: &str) -> i32 {
        self.shared.edit(|world| {
            let bot = &mut world.bots[self.bot];
            let fields = text_fields(text, formatting::plain(text));
            let wire = bot.store(self.id, Author::Chat, None, fields);
            let id = message_id(&wire);
            bot.updates.push("channel_post", &wire);
            id
        })
    }

    /// The posts, without deleted ones.
    pub fn screen(&self) -> Vec<ScreenMessage> {
        self.shared.read(|world| world.bots[self.bot].screen(self.id))
    }
}

impl World {
    fn open_chat(&mut self, bot: usize, kind: ChatKind, title: &str) -> i64 {
        let number = self.next_number();
        let (id, name) = match kind {
            ChatKind::Group | ChatKind::Private => (-4_000_000_000 - number, "group"),
            ChatKind::Supergroup => (-1_002_000_000_000 - number, "supergroup"),
            ChatKind::Channel => (-1_001_000_000_000 - number, "channel"),
        };
        let mut chat = Chat::new(id, kind);
        chat.wire = json!({ "id": id, "type": name, "title": title });
        self.bots[bot].chats.insert(id, chat);
        id
    }

    fn owner() -> Value {
        let owner = Person {
            id: 699_999_999,
            first_name: OWNER.to_owned(),
            last_name: None,
            username: None,
            language_code: None,
        };
        owner.wire()
    }

    /// Tells the bot that its place in a chat has changed.
    fn bot_status(&mut self, bot: usize, chat: i64, old: &str, new: &str) {
        let bot = &mut self.bots[bot];
        let me = bot.wire();
        let place = bot.chats[&chat].wire.clone();
        bot.updates.push(
            "my_chat_member",
            &json!({
                "chat": place,
                "from": Self::owner(),
                "date": now(),
                "old_chat_member": status(&me, old),
                "new_chat_member": status(&me, new),
            }),
        );
    }

    fn set_access(&mut self, bot: usize, chat: i64, access: Access) {
        if let Some(chat) = self.bots[bot].chats.get_mut(&chat) {
            chat.access = access;
        }
    }

    /// A service message.
    fn notice(&mut self, bot: usize, chat: i64, field: &str, value: i64) {
        let fields = Map::from_iter([(field.to_owned(), Value::from(value))]);
        let bot = &mut self.bots[bot];
        let wire = bot.store(chat, Author::Chat, Some(Self::owner()), fields);
        bot.updates.push("message", &wire);
    }
}

fn status(user: &Value, status: &str) -> Value {
    let mut member = member(user, status);
    if status == "administrator" {
        for right in [
            "can_be_edited",
            "is_anonymous",
            "can_manage_chat",
            "can_change_info",
            "can_post_messages",
            "can_edit_messages",
            "can_delete_messages",
            "can_manage_video_chats",
            "can_invite_users",
            "can_restrict_members",
            "can_promote_members",
            "can_post_stories",
            "can_edit_stories",
            "can_delete_stories",
        ] {
            member[right] = matches!(right, "can_post_messages" | "can_edit_messages").into();
        }
    }
    member
}
