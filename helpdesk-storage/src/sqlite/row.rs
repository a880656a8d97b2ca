//! Rows read back into the domain. Each type has one place here, and one list of columns that every query of it selects, so
//! that no two queries can read it differently.
//!
//! Columns are selected under names of their own (`session_id`, `message_id` …), so that joins never collide.

use helpdesk_core::{
    AttachmentId, ChatId, CustomerId, MessageId, SessionId, StaffId, TaskId,
    address::{Address, ChannelName, ExternalId},
    chat::{Chat, ChatKind, Member},
    message::{Attachment, Delivery, Message, Prompt, Revision},
    person::{Customer, CustomerAddress, Staff, StaffToken, TokenHash},
    session::Session,
    storage::{Event, LeasedTask, Preview, StorageError, Task, TaskBacklog},
};
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde_json::Value;
use sqlx::{Decode, Row as _, Sqlite, Type, sqlite::SqliteRow};
use uuid::Uuid;

/// The columns of a [`Customer`], of table `customers` as `c`.
macro_rules! customer_columns {
    () => {
        "c.id AS customer_id, c.name AS customer_name, c.language, c.host_id, c.attributes, \
         c.created_at AS customer_created_at"
    };
}

/// The columns of a [`Session`], of table `sessions` as `s`.
macro_rules! session_columns {
    () => {
        "s.id AS session_id, s.number, s.customer, s.chat AS session_chat, s.channel, s.address_key, s.state_detail, \
         s.revision, s.rating, s.opened_at, s.touched_at, s.handed_over_at, s.person_answered_at, s.closed_at"
    };
}

/// The columns of a [`Message`], of table `messages` as `m`. Its attachments come along as one JSON array, whose bodies are
/// texts, so that a damaged one is told from a failed query.
macro_rules! message_columns {
    () => {
        "m.place, m.id AS message_id, m.chat AS message_chat, m.seq, m.author, m.visibility, m.text, m.format, m.prompt, \
         m.prompt_open, m.sources, m.reply_to, m.forwarded_from, m.created_at AS message_created_at, m.edited_at, \
         m.deleted_at, m.pinned_at, m.external_id, m.album, m.delivery_channel, m.delivery_address_key, \
         m.delivery_status, m.delivery_external_ids, m.delivery_updated_at, \
         (SELECT json_group_array(json_object('id', hex(a.id), 'body', a.body) ORDER BY a.place) \
          FROM helpdesk_attachments a WHERE a.message = m.id) AS attachments"
    };
}

pub(super) use {customer_columns, message_columns, session_columns};

/// One row of a certain thing, which errors are about.
struct Columns<'r> {
    row: &'r SqliteRow,
    what: &'static str,
}

impl<'r> Columns<'r> {
    fn unreadable(&self, column: &str) -> StorageError {
        StorageError::Unreadable { what: self.what, reason: format!("its {column} is damaged or unknown here") }
    }

    fn get<T: Decode<'r, Sqlite> + Type<Sqlite>>(&self, column: &str) -> Result<T, StorageError> {
        self.row.try_get(column).map_err(|_| self.unreadable(column))
    }

    fn id<T>(&self, column: &str, wrap: fn(Uuid) -> T) -> Result<T, StorageError> {
        self.get(column).map(wrap)
    }

    fn id_opt<T>(&self, column: &str, wrap: fn(Uuid) -> T) -> Result<Option<T>, StorageError> {
        Ok(self.get::<Option<Uuid>>(column)?.map(wrap))
    }

    fn text(&self, column: &str) -> Result<String, StorageError> {
        self.get(column)
    }

    fn count<T: TryFrom<i64>>(&self, column: &str) -> Result<T, StorageError> {
        T::try_from(self.get::<i64>(column)?).map_err(|_| self.unreadable(column))
    }

    fn time(&self, column: &str) -> Result<Timestamp, StorageError> {
        Timestamp::from_microsecond(self.get(column)?).map_err(|_| self.unreadable(column))
    }

    fn time_opt(&self, column: &str) -> Result<Option<Timestamp>, StorageError> {
        let micros: Option<i64> = self.get(column)?;
        micros.map(Timestamp::from_microsecond).transpose().map_err(|_| self.unreadable(column))
    }

    fn json<T: DeserializeOwned>(&self, column: &str) -> Result<T, StorageError> {
        serde_json::from_str(self.get(column)?).map_err(|_| self.unreadable(column))
    }

    fn name<T: DeserializeOwned>(&self, column: &str) -> Result<T, StorageError> {
        serde_json::from_value(Value::String(self.get(column)?)).map_err(|_| self.unreadable(column))
    }

    fn address(&self, channel: &str, key: &str) -> Result<Address, StorageError> {
        let channel = ChannelName::new(self.text(channel)?).map_err(|_| self.unreadable(channel))?;
        Address::new(channel, self.text(key)?).map_err(|_| self.unreadable(key))
    }
}

/// The answer to a question of yes and no, in the first column.
pub(super) fn truth(row: &SqliteRow) -> Result<bool, StorageError> {
    row.try_get::<bool, _>(0)
        .map_err(|_| StorageError::Unreadable { what: "condition", reason: "it is neither true nor false".to_owned() })
}

/// The outcome that is kept with a cause.
pub(super) fn outcome(row: &SqliteRow) -> Result<String, StorageError> {
    Columns { row, what: "cause" }.text("outcome")
}

pub(super) fn customer(row: &SqliteRow) -> Result<Customer, StorageError> {
    let columns = Columns { row, what: "customer" };
    Ok(Customer {
        id: columns.id("customer_id", CustomerId::from_uuid)?,
        name: columns.text("customer_name")?,
        language: columns.name("language")?,
        host_id: columns.get("host_id")?,
        attributes: columns.json("attributes")?,
        created_at: columns.time("customer_created_at")?,
    })
}

/// The address of a row that joins a customer with one; `None` where they have none.
pub(super) fn customer_address(row: &SqliteRow) -> Result<Option<CustomerAddress>, StorageError> {
    let columns = Columns { row, what: "address" };
    if columns.get::<Option<&str>>("channel")?.is_none() {
        return Ok(None);
    }
    Ok(Some(CustomerAddress {
        address: columns.address("channel", "address_key")?,
        customer: columns.id("customer_id", CustomerId::from_uuid)?,
        handle: columns.get("handle")?,
        unreachable_since: columns.time_opt("unreachable_since")?,
    }))
}

pub(super) fn session(row: &SqliteRow) -> Result<Session, StorageError> {
    let columns = Columns { row, what: "session" };
    Ok(Session {
        id: columns.id("session_id", SessionId::from_uuid)?,
        number: columns.count("number")?,
        customer: columns.id("customer", CustomerId::from_uuid)?,
        chat: columns.id("session_chat", ChatId::from_uuid)?,
        address: columns.address("channel", "address_key")?,
        state: columns.json("state_detail")?,
        revision: columns.count("revision")?,
        rating: columns.get("rating")?,
        opened_at: columns.time("opened_at")?,
        touched_at: columns.time("touched_at")?,
        handed_over_at: columns.time_opt("handed_over_at")?,
        person_answered_at: columns.time_opt("person_answered_at")?,
        closed_at: columns.time_opt("closed_at")?,
    })
}

pub(super) fn chat(row: &SqliteRow) -> Result<Chat, StorageError> {
    let columns = Columns { row, what: "chat" };
    Ok(Chat {
        id: columns.id("id", ChatId::from_uuid)?,
        kind: chat_kind(&columns)?,
        title: columns.text("title")?,
        description: columns.text("description")?,
        created_at: columns.time("created_at")?,
        archived_at: columns.time_opt("archived_at")?,
        last_seq: columns.count("last_seq")?,
    })
}

fn chat_kind(columns: &Columns<'_>) -> Result<ChatKind, StorageError> {
    let session = columns.id_opt("session", SessionId::from_uuid)?;
    let kind = serde_json::json!({ "kind": columns.text("kind")?, "session": session });
    serde_json::from_value(kind).map_err(|_| columns.unreadable("kind"))
}

pub(super) fn member(row: &SqliteRow) -> Result<Member, StorageError> {
    let columns = Columns { row, what: "member" };
    Ok(Member {
        staff: columns.id("staff", StaffId::from_uuid)?,
        role: columns.name("role")?,
        joined_at: columns.time("joined_at")?,
        read_seq: columns.count("read_seq")?,
        cleared_seq: columns.count("cleared_seq")?,
        pinned: columns.get("pinned")?,
        muted: columns.get("muted")?,
    })
}

pub(super) fn message(row: &SqliteRow) -> Result<Message, StorageError> {
    let columns = Columns { row, what: "message" };
    let prompt = match columns.get::<Option<&str>>("prompt")? {
        Some(_) => Some(Prompt { kind: columns.json("prompt")?, open: columns.get("prompt_open")? }),
        None => None,
    };
    Ok(Message {
        id: columns.id("message_id", MessageId::from_uuid)?,
        chat: columns.id("message_chat", ChatId::from_uuid)?,
        seq: columns.count("seq")?,
        author: columns.json("author")?,
        visibility: columns.name("visibility")?,
        text: columns.text("text")?,
        format: columns.name("format")?,
        attachments: attachments(row)?,
        prompt,
        sources: columns.json("sources")?,
        reply_to: columns.id_opt("reply_to", MessageId::from_uuid)?,
        forwarded_from: columns.id_opt("forwarded_from", MessageId::from_uuid)?,
        created_at: columns.time("message_created_at")?,
        edited_at: columns.time_opt("edited_at")?,
        deleted_at: columns.time_opt("deleted_at")?,
        pinned_at: columns.time_opt("pinned_at")?,
        external_id: columns.get::<Option<String>>("external_id")?.map(ExternalId),
        group: columns.get("album")?,
        delivery: delivery(row)?,
    })
}

/// The place of a message in the order of the commits.
pub(super) fn message_place(row: &SqliteRow) -> Result<i64, StorageError> {
    Columns { row, what: "message" }.get("place")
}

/// What a message is found by: its place, its text and its attachments.
pub(super) fn message_words(row: &SqliteRow) -> Result<(i64, String, Vec<Attachment>), StorageError> {
    Ok((message_place(row)?, Columns { row, what: "message" }.text("text")?, attachments(row)?))
}

/// The attachments of a message, out of the JSON array that [`message_columns`] selects.
fn attachments(row: &SqliteRow) -> Result<Vec<Attachment>, StorageError> {
    #[derive(serde::Deserialize)]
    struct Stored {
        id: Uuid,
        body: String,
    }
    let columns = Columns { row, what: "attachment" };
    let stored: Vec<Stored> = columns.json("attachments")?;
    let attachment = |Stored { id, body }| {
        let body = serde_json::from_str(&body).map_err(|_| columns.unreadable("body"))?;
        Ok(Attachment { id: AttachmentId::from_uuid(id), body })
    };
    stored.into_iter().map(attachment).collect()
}

pub(super) fn delivery(row: &SqliteRow) -> Result<Option<Delivery>, StorageError> {
    let columns = Columns { row, what: "delivery" };
    if columns.get::<Option<&str>>("delivery_status")?.is_none() {
        return Ok(None);
    }
    Ok(Some(Delivery {
        address: columns.address("delivery_channel", "delivery_address_key")?,
        status: columns.json("delivery_status")?,
        external_ids: columns.json("delivery_external_ids")?,
        updated_at: columns.time("delivery_updated_at")?,
    }))
}

/// The gist of the message that a summary's row is joined with; `None` where there is none.
pub(super) fn preview(row: &SqliteRow) -> Result<Option<Preview>, StorageError> {
    let columns = Columns { row, what: "message" };
    if columns.get::<Option<&str>>("last_author")?.is_none() {
        return Ok(None);
    }
    Ok(Some(Preview {
        author: columns.json("last_author")?,
        text: columns.text("last_text")?,
        attachment_count: columns.count("last_attachment_count")?,
        at: columns.time("last_created_at")?,
    }))
}

/// What a summary's row says of its session besides the session: the customer's name and the number of messages.
pub(super) fn summary_extras(row: &SqliteRow) -> Result<(String, u64), StorageError> {
    let columns = Columns { row, what: "session" };
    Ok((columns.text("customer_name")?, columns.count("message_count")?))
}

pub(super) fn revision(row: &SqliteRow) -> Result<Revision, StorageError> {
    let columns = Columns { row, what: "revision" };
    Ok(Revision { text: columns.text("text")?, replaced_at: columns.time("replaced_at")? })
}

pub(super) fn staff(row: &SqliteRow) -> Result<Staff, StorageError> {
    let columns = Columns { row, what: "account" };
    Ok(Staff {
        id: columns.id("id", StaffId::from_uuid)?,
        login: columns.text("login")?,
        password_hash: columns.get("password_hash")?,
        full_name: columns.text("full_name")?,
        role: columns.name("role")?,
        active: columns.get("active")?,
        language: columns.name("language")?,
        profile: columns.json("profile")?,
        revision: columns.count("revision")?,
        created_at: columns.time("created_at")?,
    })
}

pub(super) fn staff_token(row: &SqliteRow) -> Result<StaffToken, StorageError> {
    let columns = Columns { row, what: "login" };
    let hash: &[u8] = columns.get("hash")?;
    Ok(StaffToken {
        hash: TokenHash(hash.try_into().map_err(|_| columns.unreadable("hash"))?),
        staff: columns.id("staff", StaffId::from_uuid)?,
        created_at: columns.time("created_at")?,
        expires_at: columns.time("expires_at")?,
    })
}

pub(super) fn event(row: &SqliteRow) -> Result<Event, StorageError> {
    let columns = Columns { row, what: "event" };
    Ok(Event { position: columns.count("position")?, at: columns.time("at")?, kind: columns.json("kind")? })
}

pub(super) fn leased_task(row: &SqliteRow) -> Result<LeasedTask, StorageError> {
    let columns = Columns { row, what: "task" };
    Ok(LeasedTask {
        id: columns.id("id", TaskId::from_uuid)?,
        lane: columns.text("lane")?,
        task: columns.json::<Task>("task")?,
        tries: columns.count("tries")?,
        fence: columns.count("fence")?,
        lease_until: columns.time("lease_until")?,
    })
}

/// Where a task stands: its time and its place in the order of creation.
pub(super) fn task_place(row: &SqliteRow) -> Result<(i64, i64), StorageError> {
    let columns = Columns { row, what: "task" };
    Ok((columns.get("due_at")?, columns.get("place")?))
}

/// When the next task falls due.
pub(super) fn next_due(row: &SqliteRow) -> Result<Option<Timestamp>, StorageError> {
    Columns { row, what: "task" }.time_opt("next_due")
}

pub(super) fn backlog(row: &SqliteRow) -> Result<TaskBacklog, StorageError> {
    let columns = Columns { row, what: "task" };
    let mut backlog = TaskBacklog::default();
    backlog.due = columns.count("due")?;
    backlog.total = columns.count("total")?;
    backlog.oldest_due = columns.time_opt("oldest_due")?;
    Ok(backlog)
}

/// The positions of the oldest event and of the newest.
pub(super) fn event_range(row: &SqliteRow) -> Result<(u64, u64), StorageError> {
    let columns = Columns { row, what: "event" };
    Ok((columns.count("oldest")?, columns.count("newest")?))
}
