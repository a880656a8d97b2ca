//! Who may do what: one function, asked by the [`Desk`](crate::desk::Desk) on every command. The facade has no rule of its own.

use serde::{Deserialize, Serialize};

use crate::{id::StaffId, person::Role, session::Session};

/// Who gives a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Actor {
    /// A logged-in staff member.
    Staff {
        /// Who.
        id: StaffId,
        /// Their role at the time of the command.
        role: Role,
    },
    /// The host's own code: everything is allowed to it.
    Host,
}

impl Actor {
    /// The staff member, if it is one.
    pub fn staff_id(&self) -> Option<StaffId> {
        match self {
            Self::Staff { id, .. } => Some(*id),
            Self::Host => None,
        }
    }
}

/// What somebody wants to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Action {
    /// See that a session exists, read it, play its voices, see its pictures (A12, A13).
    SessionRead,
    /// Join or leave the discussion (A14).
    SessionJoin,
    /// Write to the customer (A14); also needs to have joined, which the session's rules check.
    SessionWrite,
    /// Write a note that staff alone see.
    SessionNote,
    /// Close a session.
    SessionClose,
    /// Send a message again whose delivery failed or is unknown.
    MessageResend,
    /// See the staff list.
    StaffList,
    /// Create accounts, change them, disable them (A11).
    StaffManage,
    /// Change one's own password, log out one's own logins.
    OwnAccount,
    /// See how the desk is doing: backlog, channels, failures.
    StatusRead,
}

impl Action {
    /// Every action, for tables that must not miss one.
    pub const ALL: [Self; 10] = [
        Self::SessionRead,
        Self::SessionJoin,
        Self::SessionWrite,
        Self::SessionNote,
        Self::SessionClose,
        Self::MessageResend,
        Self::StaffList,
        Self::StaffManage,
        Self::OwnAccount,
        Self::StatusRead,
    ];
}

/// How the actor stands to what the action is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Relation {
    /// A session that the bot has and that was never handed over.
    WithBot,
    /// A session that was handed over to people, also after its end (A12).
    HandedOver,
    /// A session that the actor has joined.
    Joined,
    /// The actor's own account.
    Own,
    /// Somebody else's account, or no single resource.
    Other,
}

impl Relation {
    /// Every relation, for tables that must not miss one.
    pub const ALL: [Self; 5] = [Self::WithBot, Self::HandedOver, Self::Joined, Self::Own, Self::Other];

    /// How `actor` stands to `session`.
    pub fn to_session(actor: &Actor, session: &Session) -> Self {
        match actor.staff_id() {
            Some(staff) if session.agents().contains(&staff) => Self::Joined,
            _ if session.handed_over_at.is_some() => Self::HandedOver,
            _ => Self::WithBot,
        }
    }

    /// How `actor` stands to the account of `staff`.
    pub fn to_staff(actor: &Actor, staff: StaffId) -> Self {
        if actor.staff_id() == Some(staff) { Self::Own } else { Self::Other }
    }
}

/// A refused command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Denied {
    /// The actor may know that it exists, but not do this.
    #[error("you may not do this: ask an admin")]
    Forbidden,
    /// The actor may not even know that it exists.
    #[error("there is no such thing")]
    Hidden,
}

/// Whether `actor` may do `action` on something that stands in `relation` to them.
pub fn allowed(actor: &Actor, action: Action, relation: Relation) -> Result<(), Denied> {
    let role = match actor {
        Actor::Host => return Ok(()),
        Actor::Staff { role, .. } => *role,
    };
    let about_session = matches!(relation, Relation::WithBot | Relation::HandedOver | Relation::Joined);
    match action {
        // A12: an agent sees what was handed over to people; an admin sees all.
        Action::SessionRead
        | Action::SessionJoin
        | Action::SessionWrite
        | Action::SessionNote
        | Action::SessionClose
        | Action::MessageResend => match (role, relation) {
            _ if !about_session => Err(Denied::Forbidden),
            (Role::Agent, Relation::WithBot) => Err(Denied::Hidden),
            _ => Ok(()),
        },
        Action::StaffList => Ok(()),
        Action::OwnAccount if relation == Relation::Own => Ok(()),
        Action::OwnAccount => Err(Denied::Forbidden),
        // A11: accounts are the admins' alone.
        Action::StaffManage | Action::StatusRead => match role {
            Role::Admin => Ok(()),
            Role::Agent => Err(Denied::Forbidden),
        },
    }
}
