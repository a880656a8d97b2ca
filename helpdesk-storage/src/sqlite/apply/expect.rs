//! Expectations, as queries that select 1 where they hold.

use helpdesk_core::storage::{Conflict, Expectation, StorageError};

use super::{Plan, unknown};
use crate::sqlite::{batch::Verdict, encode::integer};

impl Plan {
    pub(super) fn expect(&mut self, expectation: Expectation) -> Result<(), StorageError> {
        let batch = &mut self.batch;
        match expectation {
            Expectation::SessionRevision { session, revision } => batch
                .add(
                    Verdict::Holds(Conflict::Session),
                    "SELECT EXISTS (SELECT 1 FROM helpdesk_sessions WHERE id = ? AND revision = ?)",
                )
                .bind(session.as_uuid())
                .bind(integer(revision)),
            Expectation::NoUnclosedSession { customer, except } => batch
                .add(
                    Verdict::Holds(Conflict::SessionUnclosed),
                    "SELECT NOT EXISTS (SELECT 1 FROM helpdesk_sessions \
                     WHERE customer = ? AND state <> 'closed' AND id IS NOT ?)",
                )
                .bind(customer.as_uuid())
                .bind(except.map(|session| session.as_uuid())),
            Expectation::TaskHeld { task, fence } => batch
                .add(
                    Verdict::Holds(Conflict::Task),
                    "SELECT EXISTS (SELECT 1 FROM helpdesk_tasks WHERE id = ? AND fence = ? AND lease_until IS NOT NULL)",
                )
                .bind(task.as_uuid())
                .bind(integer(fence)),
            Expectation::AttachmentCount { message, count } => batch
                .add(
                    Verdict::Holds(Conflict::Message),
                    "SELECT EXISTS (SELECT 1 FROM helpdesk_messages m WHERE m.id = ? \
                     AND ? = (SELECT count(*) FROM helpdesk_attachments a WHERE a.message = m.id))",
                )
                .bind(message.as_uuid())
                .bind(i64::from(count)),
            Expectation::DeliveryUnchanged { message, delivery } => batch
                .add(
                    Verdict::DeliveryIs(delivery),
                    "SELECT delivery_channel, delivery_address_key, delivery_status, delivery_external_ids, \
                     delivery_updated_at FROM helpdesk_messages WHERE id = ?",
                )
                .bind(message.as_uuid()),
            Expectation::StaffRevision { staff, revision } => batch
                .add(
                    Verdict::Holds(Conflict::Staff),
                    "SELECT EXISTS (SELECT 1 FROM helpdesk_staff WHERE id = ? AND revision = ?)",
                )
                .bind(staff.as_uuid())
                .bind(integer(revision)),
            Expectation::NoStaff => {
                batch.add(Verdict::Holds(Conflict::Staff), "SELECT NOT EXISTS (SELECT 1 FROM helpdesk_staff)")
            }
            _ => return Err(unknown("expectation")),
        };
        Ok(())
    }
}
