//! The simulator's state: people, bots, chats and messages, behind one lock with change notices.
//!
//! Every bot has its own conversations; people and files are shared by all bots of a server.

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Map, Value, json};
use tokio::sync::watch;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::calls::Call;
use super::faults::FaultBook;
use super::files::FileStore;
use super::updates::UpdateQueue;
use super::webhook::Webhook;

/// What all handles of one server share.
#[derive(Debug)]
pub(crate) struct Shared {
    world: Mutex<World>,
    changes: watch::Sender<u64>,
    pub(crate) stop: CancellationToken,
    pub(crate) address: SocketAddr,
}

impl Shared {
    pub(crate) fn new(world: World, stop: CancellationToken, address: SocketAddr) -> Self {
        Self { world: Mutex::new(world), changes: watch::Sender::new(0), stop, address }
    }

    fn lock(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn read<T>(&self, look: impl FnOnce(&World) -> T) -> T {
        look(&self.lock())
    }

    /// Changes the state and wakes everybody who waits for a change.
    pub(crate) fn edit<T>(&self, change: impl FnOnce(&mut World) -> T) -> T {
        let result = change(&mut self.lock());
        self.changes.send_modify(|version| *version += 1);
        result
    }

    /// Changes the state without waking anybody.
    pub(crate) fn quietly<T>(&self, change: impl FnOnce(&mut World) -> T) -> T {
        change(&mut self.lock())
    }

    pub(crate) fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    /// Waits until `look` finds something, at most for `patience`.
    pub(crate) async fn wait_until<T>(
        &self,
        patience: Duration,
        mut look: impl FnMut(&World) -> Option<T>,
    ) -> Option<T> {
        let mut changes = self.changes();
        let deadline = Instant::now() + patience;
        loop {
            changes.borrow_and_update();
            if let Some(found) = self.read(&mut look) {
                return Some(found);
            }
            if tokio::time::timeout_at(deadline, changes.changed()).await.is_err() {
                return None;
            }
        }
    }
}

/// Everything the simulator remembers.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) bots: Vec<Bot>,
    pub(crate) users: BTreeMap<i64, Person>,
    pub(crate) files: FileStore,
    pub(crate) calls: VecDeque<Call>,
    pub(crate) faults: FaultBook,
    pub(crate) patience: Duration,
    pub(crate) retry: (Duration, Duration),
    next: i64,
}

impl World {
    /// A world whose generated identifiers begin behind `first_number`.
    pub(crate) fn new(first_number: i64) -> Self {
        Self {
            bots: Vec::new(),
            users: BTreeMap::new(),
            files: FileStore::default(),
            calls: VecDeque::new(),
            faults: FaultBook::default(),
            patience: Duration::from_secs(10),
            retry: (Duration::from_millis(50), Duration::from_secs(1)),
            next: first_number,
        }
    }

    /// The next number of the one counter behind all generated identifiers.
    pub(crate) fn next_number(&mut self) -> i64 {
        self.next += 1;
        self.next
    }

    /// A message from a person into a chat, with the update that a bot gets of it.
    pub(crate) fn incoming(&mut self, bot: usize, user: i64, chat: i64, fields: Map<String, Value>) -> i32 {
        let person = &self.users[&user];
        let bot = &mut self.bots[bot];
        if chat == user {
            let open = bot.chats.entry(user).or_insert_with(|| Chat::new(user, ChatKind::Private));
            open.wire = person.chat_wire();
            assert!(
                open.access == Access::Open,
                "{} has blocked the bot and cannot write to it: call unblock() first",
                person.first_name
            );
        }
        let wire = bot.store(chat, Author::User(user), Some(person.wire()), fields);
        let id = message_id(&wire);
        if bot.sees(chat, &wire) {
            bot.updates.push("message", &wire);
        }
        id
    }
}

/// A person with a Telegram account.
#[derive(Clone, Debug)]
pub(crate) struct Person {
    pub(crate) id: i64,
    pub(crate) first_name: String,
    pub(crate) last_name: Option<String>,
    pub(crate) username: Option<String>,
    pub(crate) language_code: Option<String>,
}

impl Person {
    /// The `User` object.
    pub(crate) fn wire(&self) -> Value {
        let mut wire = json!({ "id": self.id, "is_bot": false, "first_name": self.first_name });
        put(&mut wire, "last_name", self.last_name.as_ref());
        put(&mut wire, "username", self.username.as_ref());
        put(&mut wire, "language_code", self.language_code.as_ref());
        wire
    }

    /// The `Chat` object of a private chat with this person.
    pub(crate) fn chat_wire(&self) -> Value {
        let mut wire = json!({ "id": self.id, "type": "private", "first_name": self.first_name });
        put(&mut wire, "last_name", self.last_name.as_ref());
        put(&mut wire, "username", self.username.as_ref());
        wire
    }
}

fn put(wire: &mut Value, name: &str, value: Option<&String>) {
    if let Some(value) = value {
        wire[name] = Value::String(value.clone());
    }
}

/// A bot account with everything that belongs to it.
#[derive(Debug)]
pub(crate) struct Bot {
    pub(crate) token: String,
    pub(crate) id: i64,
    pub(crate) name: String,
    pub(crate) username: String,
    pub(crate) reads_all_groups: bool,
    pub(crate) chats: BTreeMap<i64, Chat>,
    pub(crate) updates: UpdateQueue,
    pub(crate) webhook: Webhook,
    /// Commands by scope and language.
    pub(crate) commands: BTreeMap<(String, String), Value>,
    pub(crate) queries: BTreeMap<String, Query>,
    next_message: i32,
}

impl Bot {
    pub(crate) fn new(token: &str, name: &str, username: &str) -> Self {
        let id = token.split(':').next().and_then(|id| id.parse().ok()).unwrap_or(1);
        Self {
            token: token.to_owned(),
            id,
            name: name.to_owned(),
            username: username.to_owned(),
            reads_all_groups: true,
            chats: BTreeMap::new(),
            updates: UpdateQueue::default(),
            webhook: Webhook::default(),
            commands: BTreeMap::new(),
            queries: BTreeMap::new(),
            next_message: 0,
        }
    }

    /// The `User` object of the bot.
    pub(crate) fn wire(&self) -> Value {
        json!({
            "id": self.id,
            "is_bot": true,
            "first_name": self.name,
            "username": self.username,
        })
    }

    /// Puts a message into a chat and returns it the way the Bot API shows it.
    pub(crate) fn store(
        &mut self,
        chat: i64,
        author: Author,
        from: Option<Value>,
        mut fields: Map<String, Value>,
    ) -> Value {
        let place = self.chats.get_mut(&chat).expect("the chat exists");
        // Supergroups and channels number their messages, an account numbers all the others.
        let id = if matches!(place.kind, ChatKind::Supergroup | ChatKind::Channel) {
            place.next_message += 1;
            place.next_message
        } else {
            self.next_message += 1;
            self.next_message
        };
        fields.insert("message_id".to_owned(), id.into());
        fields.insert("date".to_owned(), now().into());
        fields.insert("chat".to_owned(), place.wire.clone());
        if let Some(from) = from {
            fields.insert("from".to_owned(), from);
        } else {
            fields.insert("sender_chat".to_owned(), place.wire.clone());
        }
        let wire = Value::Object(fields);
        place.messages.push(StoredMessage { id, author, wire: wire.clone(), deleted: false });
        wire
    }

    /// Whether the bot is shown this message: with privacy mode only some of a group's messages.
    pub(crate) fn sees(&self, chat: i64, wire: &Value) -> bool {
        let Some(place) = self.chats.get(&chat) else { return false };
        if place.access != Access::Open {
            return false;
        }
        if !matches!(place.kind, ChatKind::Group | ChatKind::Supergroup) || self.reads_all_groups {
            return true;
        }
        let text = wire["text"].as_str().or(wire["caption"].as_str()).unwrap_or_default();
        text.starts_with('/')
            || text.contains(&format!("@{}", self.username))
            || wire["reply_to_message"]["from"]["id"] == self.id
            || (wire.get("text").is_none() && wire.get("caption").is_none())
    }

    /// A message that is still there.
    pub(crate) fn message(&mut self, chat: i64, id: i32) -> Option<&mut StoredMessage> {
        let place = self.chats.get_mut(&chat)?;
        place.messages.iter_mut().find(|message| message.id == id && !message.deleted)
    }

    /// The object for `reply_to_message`: the message without what it replied to itself.
    pub(crate) fn quoted(&mut self, chat: i64, id: i32) -> Option<Value> {
        let mut wire = self.message(chat, id)?.wire.clone();
        wire.as_object_mut()?.remove("reply_to_message");
        Some(wire)
    }
}

/// What kind of chat it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ChatKind {
    Private,
    Group,
    Supergroup,
    Channel,
}

/// Whether the bot may write to a chat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    Open,
    /// The person has blocked the bot.
    Blocked,
    /// The bot was removed.
    Kicked,
    /// The bot left.
    Left,
}

/// A chat of one bot.
#[derive(Debug)]
pub(crate) struct Chat {
    pub(crate) kind: ChatKind,
    pub(crate) wire: Value,
    pub(crate) messages: Vec<StoredMessage>,
    /// The reply keyboard on the person's screen.
    pub(crate) keyboard: Option<Value>,
    pub(crate) access: Access,
    pub(crate) migrated_to: Option<i64>,
    /// The last chat action and when it was set, in milliseconds since 1970.
    pub(crate) action: Option<(String, i64)>,
    next_message: i32,
}

impl Chat {
    pub(crate) fn new(id: i64, kind: ChatKind) -> Self {
        Self {
            kind,
            wire: json!({ "id": id }),
            messages: Vec::new(),
            keyboard: None,
            access: Access::Open,
            migrated_to: None,
            action: None,
            next_message: 0,
        }
    }
}

/// Who wrote a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Author {
    Bot,
    User(i64),
    /// A channel post, or a notice without an author.
    Chat,
}

/// A message the way the Bot API shows it.
#[derive(Clone, Debug)]
pub(crate) struct StoredMessage {
    pub(crate) id: i32,
    pub(crate) author: Author,
    pub(crate) wire: Value,
    pub(crate) deleted: bool,
}

/// A press of an inline button.
#[derive(Clone, Debug)]
pub(crate) struct Query {
    pub(crate) user: i64,
    pub(crate) message: i32,
    pub(crate) data: String,
    pub(crate) expired: bool,
    /// The parameters of the answer.
    pub(crate) answer: Option<Value>,
    pub(crate) number: i64,
}

/// Seconds since 1970.
pub(crate) fn now() -> i64 {
    now_millis() / 1000
}

/// Milliseconds since 1970.
pub(crate) fn now_millis() -> i64 {
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(elapsed.as_millis()).unwrap_or(i64::MAX)
}

/// The `message_id` of a message object.
pub(crate) fn message_id(wire: &Value) -> i32 {
    wire["message_id"].as_i64().and_then(|id| i32::try_from(id).ok()).unwrap_or_default()
}
