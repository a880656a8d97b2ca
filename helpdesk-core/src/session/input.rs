//! What can happen to a session.

use jiff::Timestamp;

use super::OfferReason;
use crate::{
    id::StaffId,
    message::{Choice, TextFormat},
    responder::Source,
};

/// Something that happened, as the decision sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// The session was just created (A1).
    Open,
    /// The customer wrote text or sent a voice (A4).
    Question {
        /// They ask for a person in so many words.
        wants_person: bool,
    },
    /// The customer sent media with neither text nor voice (A5).
    Media,
    /// The customer pressed a button.
    Press(Choice),
    /// The responder is done with question number `turn`.
    Answer {
        /// The question's number.
        turn: u32,
        /// What came of it.
        outcome: AnswerOutcome,
    },
    /// The customer opened another request (A2, A16).
    Superseded,
    /// A staff member joins the discussion (A14).
    Join(StaffId),
    /// A staff member leaves it.
    Leave(StaffId),
    /// A staff member writes to the customer.
    Write(StaffId),
    /// A staff member closes it as solved.
    Close(StaffId),
    /// The idle timer went off at this time.
    IdleTimer(Timestamp),
}

/// What came of a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AnswerOutcome {
    /// An answer.
    Found {
        /// The text.
        text: String,
        /// How it is written.
        format: TextFormat,
        /// Where it comes from.
        sources: Vec<Source>,
    },
    /// No answer, and why: a person is offered.
    Offer(OfferReason),
    /// The customer asked for a person.
    HandOff,
}
