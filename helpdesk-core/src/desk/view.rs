//! What readers are shown: stored things with the names that they refer to.

use std::collections::BTreeMap;

use super::Desk;
use crate::{
    address::Address,
    error::DeskError,
    id::StaffId,
    message::{Author, Message},
    person::AddressBook,
    session::Session,
    storage::SessionSummary,
};

/// A session for a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionView {
    /// The session with its customer's name and its last message.
    pub summary: SessionSummary,
    /// Who has joined, in the order of joining.
    pub agents: Vec<StaffName>,
}

/// A session with everything about its customer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionDetail {
    /// The session as lists show it.
    pub view: SessionView,
    /// The customer and their addresses.
    pub customer: AddressBook,
    /// The address that answers go to, and whether it can be reached.
    pub reachable: bool,
}

/// A message with its author's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageView {
    /// The message.
    pub message: Message,
    /// The full name of a staff member or the name of a customer; `None` for the bot.
    pub author_name: Option<String>,
}

/// A message that a search has found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundMessage {
    /// The message with its author's name.
    pub view: MessageView,
    /// Its session.
    pub session: Session,
}

/// A staff member's id and full name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StaffName {
    /// Who.
    pub id: StaffId,
    /// Full name.
    pub full_name: String,
}

/// Looks names up, each once.
#[derive(Default)]
pub(super) struct Names {
    names: BTreeMap<Author, Option<String>>,
}

impl Names {
    /// A name that is known from elsewhere.
    pub(super) fn learn(&mut self, author: Author, name: String) {
        self.names.insert(author, Some(name));
    }

    pub(super) async fn author(&mut self, desk: &Desk, author: Author) -> Result<Option<String>, DeskError> {
        if let Some(known) = self.names.get(&author) {
            return Ok(known.clone());
        }
        let name = match author {
            Author::Bot => None,
            Author::Staff(id) => desk.storage().staff(id).await?.map(|staff| staff.full_name),
            Author::Customer(id) => desk.storage().customer(id).await?.map(|book| book.customer.name),
        };
        self.names.insert(author, name.clone());
        Ok(name)
    }

    pub(super) async fn session(&mut self, desk: &Desk, summary: SessionSummary) -> Result<SessionView, DeskError> {
        let mut agents = Vec::with_capacity(summary.session.agents().len());
        for id in summary.session.agents() {
            let full_name = self.author(desk, Author::Staff(*id)).await?.unwrap_or_default();
            agents.push(StaffName { id: *id, full_name });
        }
        Ok(SessionView { summary, agents })
    }

    pub(super) async fn message(&mut self, desk: &Desk, message: Message) -> Result<MessageView, DeskError> {
        let author_name = self.author(desk, message.author).await?;
        Ok(MessageView { message, author_name })
    }
}

impl SessionDetail {
    /// Puts a session and its customer together.
    pub(super) fn new(view: SessionView, customer: AddressBook) -> Self {
        let address: &Address = &view.summary.session.address;
        let reachable = customer
            .addresses
            .iter()
            .find(|known| known.address == *address)
            .is_none_or(|known| known.unreachable_since.is_none());
        Self { view, customer, reachable }
    }
}
