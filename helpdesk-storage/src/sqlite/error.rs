//! How SQLite's failures become the storage's. What an error shows names neither SQL nor a path; the cause is kept inside.

use helpdesk_core::storage::{CommitError, Conflict, StorageError};
use sqlx::error::ErrorKind;

/// A failed read.
pub(super) fn failed(error: sqlx::Error) -> StorageError {
    StorageError::unavailable(error)
}

/// A statement of a change set that did not run: a rule of the schema was broken, or the database failed.
pub(super) fn refused(error: sqlx::Error) -> CommitError {
    match error.as_database_error().map(|error| (error.kind(), error.message())) {
        Some((ErrorKind::UniqueViolation, message)) => CommitError::Conflict(collision(message)),
        Some((ErrorKind::ForeignKeyViolation, _)) => {
            StorageError::Missing { what: "row that another refers to" }.into()
        }
        _ => failed(error).into(),
    }
}

/// What collided, by the columns that SQLite names: `UNIQUE constraint failed: helpdesk_sessions.customer`.
fn collision(message: &str) -> Conflict {
    const RULES: [(&str, Conflict); 4] = [
        ("helpdesk_sessions.customer", Conflict::SessionUnclosed),
        ("helpdesk_addresses.channel", Conflict::Address),
        ("helpdesk_messages.chat", Conflict::Message),
        ("helpdesk_staff.login_folded", Conflict::Login),
    ];
    RULES.into_iter().find(|(columns, _)| message.contains(columns)).map_or(Conflict::Id, |(_, conflict)| conflict)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_collision_is_told_by_the_columns() {
        let kind = |columns: &str| collision(&format!("UNIQUE constraint failed: {columns}"));
        assert_eq!(kind("helpdesk_sessions.customer"), Conflict::SessionUnclosed);
        assert_eq!(kind("helpdesk_addresses.channel, helpdesk_addresses.address_key"), Conflict::Address);
        assert_eq!(kind("helpdesk_messages.chat, helpdesk_messages.album"), Conflict::Message);
        assert_eq!(kind("helpdesk_staff.login_folded"), Conflict::Login);
        assert_eq!(kind("helpdesk_sessions.id"), Conflict::Id);
    }
}
