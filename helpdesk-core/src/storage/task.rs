//! Work for the dispatcher, kept in the same transaction as what it follows from.
//!
//! Tasks of one lane are taken up one at a time, in the order of their creation: the oldest unfinished task of a lane holds
//! the others back, also while it waits for its next try. A task is held under a lease with a fencing number that grows
//! with every lease, so that a worker who slept past its lease cannot commit its result.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    address::Address,
    id::{AttachmentId, MessageId, SessionId, TaskId},
    session::StateKind,
};

/// A task to be created.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewTask {
    /// Identity.
    pub id: TaskId,
    /// The lane: tasks of one lane keep their order.
    pub lane: String,
    /// What is to be done.
    pub task: Task,
    /// Not before this time.
    pub due_at: Timestamp,
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "task", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Task {
    /// Ask the responder for an answer to question number `turn` (A4).
    Answer {
        /// The session.
        session: SessionId,
        /// The question's number.
        turn: u32,
    },
    /// Fetch a file from the channel into the blob store.
    Fetch {
        /// The file.
        attachment: AttachmentId,
    },
    /// Make a transcript of a voice (A4).
    Transcribe {
        /// The voice.
        attachment: AttachmentId,
    },
    /// Send a message to its customer.
    Deliver {
        /// The message.
        message: MessageId,
    },
    /// Take the buttons away from a message that was sent (A6).
    RemoveButtons {
        /// The message.
        message: MessageId,
    },
    /// React to an album: nothing more of it is expected (A5).
    SettleAlbum {
        /// The session.
        session: SessionId,
        /// The album's message.
        message: MessageId,
        /// How many parts it had when this was asked for: with more of them, a later look has been asked for.
        parts: u32,
    },
    /// Look whether a session has expired.
    Idle {
        /// The session.
        session: SessionId,
        /// The state that it was in: a timer for another state has nothing to do.
        state: StateKind,
    },
}

impl Task {
    /// The lane of everything that is sent to `address`.
    pub fn lane_to(address: &Address) -> String {
        format!("to:{address}")
    }

    /// The lane of the bot's work on `session`.
    pub fn lane_bot(session: SessionId) -> String {
        format!("bot:{session}")
    }

    /// The lane of a file that nothing waits for.
    pub fn lane_file(attachment: AttachmentId) -> String {
        format!("file:{attachment}")
    }

    /// The lane of an album's timer.
    pub fn lane_album(message: MessageId) -> String {
        format!("album:{message}")
    }

    /// The lane of a session's idle timer in one of its states.
    pub fn lane_idle(session: SessionId, state: StateKind) -> String {
        format!("idle:{session}:{}", state.as_str())
    }
}

/// A wish to take up tasks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// The present: what is due by now, and leases that ran out by now, are taken.
    pub now: Timestamp,
    /// Until when the taken tasks are held.
    pub lease_until: Timestamp,
    /// Most tasks to take.
    pub max: u32,
}

/// A task that is held by a worker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeasedTask {
    /// Identity.
    pub id: TaskId,
    /// The lane.
    pub lane: String,
    /// What is to be done.
    pub task: Task,
    /// How often it was tried and failed before.
    pub tries: u32,
    /// The number of this lease.
    pub fence: u64,
    /// Until when it is held.
    pub lease_until: Timestamp,
}

/// How much work is waiting.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct TaskBacklog {
    /// Tasks that are due and held by nobody.
    pub due: u64,
    /// All tasks, timers included.
    pub total: u64,
    /// Since when the oldest due task waits.
    pub oldest_due: Option<Timestamp>,
}
