//! Sessions and chats.

use helpdesk_core::{
    chat::{Chat, ChatKind, Member},
    id::ChatId,
    session::Session,
};

use super::Plan;
use crate::sqlite::{
    batch::Verdict,
    encode::{integer, json, micros, name, tag},
};

impl Plan {
    /// The row's own number is the session's: one more than the highest so far.
    pub(super) fn session_insert(&mut self, session: &Session) {
        self.batch
            .add(
                Verdict::Ran,
                "INSERT INTO helpdesk_sessions (id, customer, chat, opened_at, state_detail, revision, rating, \
                 touched_at, person_answered_at, closed_at, channel, address_key, state, handed_over_at) \
                 VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            )
            .bind(session.id.as_uuid())
            .bind(session.customer.as_uuid())
            .bind(session.chat.as_uuid())
            .bind(micros(session.opened_at));
        self.bind_progress(session);
        self.bind_standing(session);
    }

    /// Whose it is, its chat and its opening never change. What indexes stand on seldom does, and SQLite writes an index
    /// whose columns are set, be it to what they were; so that is set only where it differs.
    pub(super) fn session_update(&mut self, session: &Session) {
        self.batch.add(
            Verdict::Changed("session"),
            "UPDATE helpdesk_sessions SET state_detail = ?, revision = ?, rating = ?, touched_at = ?, \
             person_answered_at = ?, closed_at = ? WHERE id = ?",
        );
        self.bind_progress(session);
        self.batch.bind(session.id.as_uuid()).add(
            Verdict::Ran,
            "UPDATE helpdesk_sessions SET channel = ?, address_key = ?, state = ?, handed_over_at = ? \
             WHERE id = ? AND (channel, address_key, state, handed_over_at) IS NOT (?, ?, ?, ?)",
        );
        self.bind_standing(session);
        self.batch.bind(session.id.as_uuid());
        self.bind_standing(session);
    }

    fn bind_progress(&mut self, session: &Session) {
        self.batch
            .bind(json(&session.state))
            .bind(integer(session.revision))
            .bind(session.rating)
            .bind(micros(session.touched_at))
            .bind(session.person_answered_at.map(micros))
            .bind(session.closed_at.map(micros));
    }

    fn bind_standing(&mut self, session: &Session) {
        self.batch
            .bind(session.address.channel.as_str())
            .bind(&session.address.key)
            .bind(session.state.kind().as_str())
            .bind(session.handed_over_at.map(micros));
    }

    pub(super) fn chat_insert(&mut self, chat: &Chat, members: &[Member]) {
        let session = match chat.kind {
            ChatKind::Support { session } | ChatKind::TicketGroup { session } => Some(session.as_uuid()),
            _ => None,
        };
        self.batch
            .add(
                Verdict::Ran,
                "INSERT INTO helpdesk_chats (id, kind, session, title, description, created_at, archived_at) \
                 VALUES (?, ?, ?, ?, ?, ?, ?)",
            )
            .bind(chat.id.as_uuid())
            .bind(tag(&chat.kind, "kind"))
            .bind(session)
            .bind(&chat.title)
            .bind(&chat.description)
            .bind(micros(chat.created_at))
            .bind(chat.archived_at.map(micros));
        for member in members {
            self.member_put(chat.id, member);
        }
    }

    pub(super) fn member_put(&mut self, chat: ChatId, member: &Member) {
        self.batch
            .add(Verdict::Exists("chat"), "SELECT EXISTS (SELECT 1 FROM helpdesk_chats WHERE id = ?)")
            .bind(chat.as_uuid())
            .add(
                Verdict::Ran,
                "INSERT INTO helpdesk_chat_members (chat, staff, role, joined_at, read_seq, cleared_seq, pinned, muted) \
                 VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (chat, staff) DO UPDATE SET role = excluded.role, \
                 joined_at = excluded.joined_at, read_seq = excluded.read_seq, cleared_seq = excluded.cleared_seq, \
                 pinned = excluded.pinned, muted = excluded.muted",
            )
            .bind(chat.as_uuid())
            .bind(member.staff.as_uuid())
            .bind(name(&member.role))
            .bind(micros(member.joined_at))
            .bind(integer(member.read_seq))
            .bind(integer(member.cleared_seq))
            .bind(member.pinned)
            .bind(member.muted);
    }
}
