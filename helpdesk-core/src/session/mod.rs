//! Sessions: one support dialog each, from the request to its resolution.
//!
//! The rules of chapter A live in [`decide`](decide::decide), one `match` over state and input; everything around it is
//! plain data. A customer has at most one unclosed session, on whichever channel (A2); the storage refuses a second.

pub mod decide;
pub mod input;
pub mod person_wanted;
pub mod policy;
pub mod state;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use decide::{Decision, Effect, Notice, Refusal, Say, decide};
pub use input::{AnswerOutcome, Input};
pub use policy::{IdleTimeouts, Policy, RetryPolicy};
pub use state::{OfferReason, Resolution, State, StateKind};

use crate::{
    address::Address,
    id::{ChatId, CustomerId, SessionId, StaffId},
};

/// One support dialog.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// Identity.
    pub id: SessionId,
    /// What people call it by: 1, 2, 3 … in the order of opening. Given by the storage.
    pub number: u64,
    /// Who asks for help.
    pub customer: CustomerId,
    /// Its messages.
    pub chat: ChatId,
    /// Where answers go: the address that the customer last wrote from.
    pub address: Address,
    /// Where it stands.
    pub state: State,
    /// Counts its changes: a decision made on an older one is refused.
    pub revision: u64,
    /// The customer's rating of the help, one to five.
    pub rating: Option<u8>,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// When anybody last wrote or decided anything here.
    pub touched_at: Timestamp,
    /// When it went to people; agents see it from then on (A12).
    pub handed_over_at: Option<Timestamp>,
    /// When a person first answered.
    pub person_answered_at: Option<Timestamp>,
    /// When it was closed.
    pub closed_at: Option<Timestamp>,
}

impl Session {
    /// A new session, before its first decision.
    pub fn open(id: SessionId, chat: ChatId, customer: CustomerId, address: Address, now: Timestamp) -> Self {
        Self {
            id,
            number: 0,
            customer,
            chat,
            address,
            state: State::Listening { answers: 0, turn: 0 },
            revision: 0,
            rating: None,
            opened_at: now,
            touched_at: now,
            handed_over_at: None,
            person_answered_at: None,
            closed_at: None,
        }
    }

    /// Whether it is over.
    pub fn is_closed(&self) -> bool {
        matches!(self.state, State::Closed { .. })
    }

    /// The staff members who have joined it.
    pub fn agents(&self) -> &[StaffId] {
        match &self.state {
            State::Active { agents } => agents,
            _ => &[],
        }
    }
}
