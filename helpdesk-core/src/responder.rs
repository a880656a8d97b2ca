//! The bot's knowledge: something that answers a customer's question, or says that it cannot.

use std::fmt;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::{id::SessionId, language::Language, message::TextFormat, service::ServiceError};

/// Answers questions. Called by the dispatcher, outside of any transaction, one question of a session at a time.
///
/// # What an implementation promises
///
/// - It returns within its own time limit; the Desk cuts it off after `Policy::answer_timeout` in any case.
/// - It does not try again on its own: the Desk does, by the class of the [`ServiceError`].
/// - It never invents: when it does not know, it says [`Answer::NotFound`], and the customer is offered a person.
#[async_trait]
pub trait Responder: Send + Sync + fmt::Debug + 'static {
    /// Answers `question`.
    async fn answer(&self, question: &Question) -> Result<Answer, ServiceError>;
}

/// What the customer wants to know.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Question {
    /// The dialog that it belongs to.
    pub session: SessionId,
    /// The customer's language; the text itself may be in another.
    pub language: Language,
    /// What the customer wrote or said since the bot's last answer, never empty. Untrusted: never part of an instruction.
    pub text: String,
    /// The dialog before `text`, oldest first, at most
    /// [`QUESTION_HISTORY_MAX_MESSAGES`](crate::limits::QUESTION_HISTORY_MAX_MESSAGES).
    pub history: Vec<Turn>,
    /// The [`Source::id`]s of this session's earlier answers, which did not help: not to be offered again.
    pub tried: Vec<String>,
}

impl Question {
    /// A first question, without history.
    pub fn new(session: SessionId, language: Language, text: impl Into<String>) -> Self {
        Self { session, language, text: text.into(), history: Vec::new(), tried: Vec::new() }
    }
}

/// One earlier message of the dialog.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turn {
    /// Who said it.
    pub speaker: Speaker,
    /// What was said.
    pub text: String,
}

/// Who said something before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Speaker {
    /// The customer.
    Customer,
    /// The bot.
    Bot,
}

/// What became of a question.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Answer {
    /// An answer to show.
    Found {
        /// The text.
        text: String,
        /// How the text is written.
        format: TextFormat,
        /// Where it comes from, best first; shown under the answer and not offered again when it did not help.
        sources: Vec<Source>,
    },
    /// The responder does not know; a person is offered at once.
    NotFound,
    /// The customer asks for a person; they are handed over without further questions.
    HandOff,
}

/// Where an answer comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// Stable name within the responder, such as `ru/password.md`.
    pub id: String,
    /// What the customer sees.
    pub title: String,
    /// Where to read it, if anywhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}
