//! Questions with buttons, and the tokens that a pressed button brings back.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::id::MessageId;

/// A question that is answered by pressing a button.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prompt {
    /// What is asked.
    #[serde(flatten)]
    pub kind: PromptKind,
    /// Whether an answer still counts. Buttons are taken away from the customer's screen once it does not.
    pub open: bool,
}

/// The questions that are asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "prompt", rename_all = "snake_case")]
#[non_exhaustive]
pub enum PromptKind {
    /// “Did the answer help?” (A6)
    Helped,
    /// “Are you ready to talk to support?” (A8)
    Ready,
    /// “How was the help?”, one to five.
    Rate,
}

impl PromptKind {
    /// The choices under the message `prompt`, in the order in which they are shown.
    pub fn choices(self, prompt: MessageId) -> Vec<Choice> {
        match self {
            Self::Helped => [true, false].map(|yes| Choice::Helped { prompt, yes }).into(),
            Self::Ready => [true, false].map(|yes| Choice::Ready { prompt, yes }).into(),
            Self::Rate => (1..=5).map(|stars| Choice::Rate { prompt, stars }).collect(),
        }
    }
}

/// What a pressed button says. Each names the message that it stood under.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Choice {
    /// The answer did or did not help (A6).
    Helped {
        /// The answer.
        prompt: MessageId,
        /// Yes or no.
        yes: bool,
    },
    /// The customer is or is not ready to talk to support (A8–A10).
    Ready {
        /// The message that asked.
        prompt: MessageId,
        /// Yes or no.
        yes: bool,
    },
    /// The customer rates the help.
    Rate {
        /// The message that asked.
        prompt: MessageId,
        /// One to five.
        stars: u8,
    },
}

impl Choice {
    /// The text that a channel puts behind a button: 34 bytes, well below the 64 that Telegram's `callback_data` holds.
    ///
    /// The token is no secret and proves nothing: what it asks for is checked against the customer's own session.
    ///
    /// ```
    /// use helpdesk_core::{MessageId, message::Choice};
    /// let choice = Choice::Ready { prompt: MessageId::from_uuid(uuid::Uuid::nil()), yes: true };
    /// assert_eq!(Choice::from_token(&choice.token()), Some(choice));
    /// assert_eq!(Choice::from_token("r1forged"), None);
    /// ```
    pub fn token(&self) -> String {
        let (kind, value, prompt) = match *self {
            Self::Helped { prompt, yes } => ('h', u8::from(yes), prompt),
            Self::Ready { prompt, yes } => ('r', u8::from(yes), prompt),
            Self::Rate { prompt, stars } => ('s', stars, prompt),
        };
        format!("{kind}{value}{}", prompt.as_uuid().simple())
    }

    /// Reads a token back; `None` for anything that [`token`](Self::token) does not write.
    pub fn from_token(token: &str) -> Option<Self> {
        if token.len() != 34 || !token.is_ascii() {
            return None;
        }
        let prompt = MessageId::from_uuid(Uuid::try_parse(&token[2..]).ok()?);
        match (token.as_bytes()[0], token.as_bytes()[1]) {
            (b'h', value @ (b'0' | b'1')) => Some(Self::Helped { prompt, yes: value == b'1' }),
            (b'r', value @ (b'0' | b'1')) => Some(Self::Ready { prompt, yes: value == b'1' }),
            (b's', value @ b'1'..=b'5') => Some(Self::Rate { prompt, stars: value - b'0' }),
            _ => None,
        }
    }

    /// Whether it says yes; a rating says neither.
    pub fn is_yes(&self) -> bool {
        matches!(self, Self::Helped { yes: true, .. } | Self::Ready { yes: true, .. })
    }

    /// The message that the button stood under.
    pub fn prompt(&self) -> MessageId {
        match self {
            Self::Helped { prompt, .. } | Self::Ready { prompt, .. } | Self::Rate { prompt, .. } => *prompt,
        }
    }
}
