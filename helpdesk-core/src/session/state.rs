//! Where a session stands.

use serde::{Deserialize, Serialize};

use crate::id::{MessageId, StaffId};

/// The state of a session, with what the next decision needs to know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum State {
    /// The bot waits for a question.
    Listening {
        /// How many answers the bot has given.
        answers: u8,
        /// How many questions it has been asked.
        turn: u32,
    },
    /// The responder works on question number `turn`; its result for an earlier one is dropped.
    Answering {
        /// How many answers the bot has given.
        answers: u8,
        /// The number of the question.
        turn: u32,
    },
    /// The bot has answered and asks whether it helped (A6).
    Confirming {
        /// How many answers the bot has given, this one included.
        answers: u8,
        /// The number of the question that was answered.
        turn: u32,
        /// The answer, which carries the buttons.
        answer: MessageId,
    },
    /// The bot cannot help and asks whether the customer is ready to talk to support (A8).
    Offered {
        /// The message that carries the buttons.
        prompt: MessageId,
    },
    /// Handed over; nobody has joined yet (A10).
    Queued,
    /// Staff are in the dialog (A14).
    Active {
        /// Who has joined, in the order of joining; never empty.
        agents: Vec<StaffId>,
    },
    /// Over.
    Closed {
        /// How it ended.
        resolution: Resolution,
    },
}

/// The name of a [`State`] as lists filter by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StateKind {
    /// The bot has it: listening, answering or confirming.
    Bot,
    /// The customer is asked whether they want a person.
    Offered,
    /// Waits for the first agent.
    Queued,
    /// Agents are in it.
    Active,
    /// Over.
    Closed,
}

impl StateKind {
    /// Every kind.
    pub const ALL: [Self; 5] = [Self::Bot, Self::Offered, Self::Queued, Self::Active, Self::Closed];

    /// The name in lists and in storages.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Bot => "bot",
            Self::Offered => "offered",
            Self::Queued => "queued",
            Self::Active => "active",
            Self::Closed => "closed",
        }
    }
}

impl std::str::FromStr for StateKind {
    type Err = UnknownState;

    fn from_str(name: &str) -> Result<Self, UnknownState> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name).ok_or(UnknownState)
    }
}

/// A text that names no [`StateKind`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no such state: use bot, offered, queued, active or closed")]
pub struct UnknownState;

impl State {
    /// The name of the state as lists filter by it.
    pub const fn kind(&self) -> StateKind {
        match self {
            Self::Listening { .. } | Self::Answering { .. } | Self::Confirming { .. } => StateKind::Bot,
            Self::Offered { .. } => StateKind::Offered,
            Self::Queued => StateKind::Queued,
            Self::Active { .. } => StateKind::Active,
            Self::Closed { .. } => StateKind::Closed,
        }
    }

    /// The message whose buttons still count.
    pub const fn open_prompt(&self) -> Option<MessageId> {
        match self {
            Self::Confirming { answer, .. } => Some(*answer),
            Self::Offered { prompt } => Some(*prompt),
            _ => None,
        }
    }
}

/// How a session ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Resolution {
    /// The customer said that the bot's answer helped (A6).
    SolvedByBot,
    /// An agent closed it.
    SolvedByStaff,
    /// The customer did not want to talk to support (A9).
    Declined,
    /// The customer opened a new request; counts as resolved (A2, A16).
    Superseded,
    /// Nobody touched it for too long.
    Expired,
}

impl Resolution {
    /// Whether the request counts as resolved in lists and statistics (A6, A16).
    pub const fn is_resolved(self) -> bool {
        matches!(self, Self::SolvedByBot | Self::SolvedByStaff | Self::Superseded)
    }

    /// The name in lists and in storages.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SolvedByBot => "solved_by_bot",
            Self::SolvedByStaff => "solved_by_staff",
            Self::Declined => "declined",
            Self::Superseded => "superseded",
            Self::Expired => "expired",
        }
    }
}

/// Why the bot offers a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum OfferReason {
    /// The last allowed answer did not help (A7).
    AnswersExhausted,
    /// The bot has no answer.
    NoAnswer,
    /// The bot, or a service that it leans on, failed.
    BotFailed,
    /// The voice could not be turned into words.
    VoiceNotUnderstood,
}
