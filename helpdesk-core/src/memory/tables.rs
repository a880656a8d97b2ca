//! The tables: plain maps whose rows are shared between copies, so that copying all of them for a commit is cheap.

use std::{collections::BTreeMap, sync::Arc};

use jiff::Timestamp;

use crate::{
    address::Address,
    chat::{Chat, Member},
    id::{ChatId, CustomerId, MessageId, SessionId, StaffId},
    message::{Message, Revision},
    person::{Customer, CustomerAddress, Staff, StaffToken, TokenHash},
    session::Session,
    storage::{CommitError, Conflict, Event, NewTask, StorageError},
};

/// A table: rows by their key.
pub(super) type Rows<K, V> = BTreeMap<K, Arc<V>>;

/// Everything that is stored.
#[derive(Clone, Default)]
pub(super) struct Tables {
    /// By scope and key.
    pub(super) causes: Rows<(String, String), KeptCause>,
    pub(super) customers: Rows<CustomerId, Customer>,
    /// By the order in which they came.
    pub(super) addresses: Rows<u64, CustomerAddress>,
    pub(super) chats: Rows<ChatId, Chat>,
    /// Of the corporate chats, in the order of joining.
    pub(super) members: Rows<ChatId, Vec<Member>>,
    pub(super) sessions: Rows<SessionId, Session>,
    pub(super) messages: Rows<MessageId, KeptMessage>,
    pub(super) staff: Rows<StaffId, Staff>,
    pub(super) tokens: Rows<TokenHash, StaffToken>,
    /// By position.
    pub(super) events: Rows<u64, Event>,
    /// By the order of their creation, which is their order within a lane.
    pub(super) tasks: Rows<u64, KeptTask>,
    pub(super) last: Last,
}

/// The last numbers that were given out: never given again, also after what they named is gone.
#[derive(Clone, Default)]
pub(super) struct Last {
    pub(super) address: u64,
    pub(super) session: u64,
    pub(super) message: u64,
    pub(super) event: u64,
    pub(super) task: u64,
}

/// What a committed cause left behind.
#[derive(Clone)]
pub(super) struct KeptCause {
    pub(super) outcome: String,
    pub(super) at: Timestamp,
}

/// A message with what is known beside it.
#[derive(Clone)]
pub(super) struct KeptMessage {
    pub(super) message: Message,
    /// Its place among all messages, in the order of the commits.
    pub(super) place: u64,
    /// Its session's address when it was stored: where the channel knows its `external_id`.
    pub(super) came_from: Option<Address>,
    pub(super) revisions: Vec<Revision>,
}

/// A task with its tries and its lease.
#[derive(Clone)]
pub(super) struct KeptTask {
    pub(super) new: NewTask,
    pub(super) tries: u32,
    /// The number of the last lease, 0 before the first.
    pub(super) fence: u64,
    /// Until when it is held; `None` when it was given back or never taken.
    pub(super) lease_until: Option<Timestamp>,
}

/// The next number after `last`.
pub(super) fn next(last: &mut u64) -> u64 {
    *last += 1;
    *last
}

/// Adds a row; a conflict when its key is taken.
pub(super) fn insert<K: Ord, V>(rows: &mut Rows<K, V>, key: K, row: V) -> Result<(), CommitError> {
    if rows.contains_key(&key) {
        return Err(CommitError::Conflict(Conflict::Id));
    }
    rows.insert(key, Arc::new(row));
    Ok(())
}

/// The row to change; an error when there is none.
pub(super) fn change<'a, K: Ord + Copy, V: Clone>(
    rows: &'a mut Rows<K, V>,
    key: K,
    what: &'static str,
) -> Result<&'a mut V, StorageError> {
    rows.get_mut(&key).map(Arc::make_mut).ok_or(StorageError::Missing { what })
}

/// Puts `row` in the place of the one that has its key; an error when there is none.
pub(super) fn replace<K: Ord + Copy, V>(
    rows: &mut Rows<K, V>,
    key: K,
    row: V,
    what: &'static str,
) -> Result<(), StorageError> {
    let kept = rows.get_mut(&key).ok_or(StorageError::Missing { what })?;
    *kept = Arc::new(row);
    Ok(())
}
