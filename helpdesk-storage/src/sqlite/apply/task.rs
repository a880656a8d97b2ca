//! Tasks: lanes, leases and tries.
//!
//! Of each lane one task is the head, which alone may be taken. The rule is kept by the insert below (into an empty lane), by
//! a trigger of the schema (when a head is deleted) and by the renaming of a lane.

use helpdesk_core::{
    id::TaskId,
    storage::{Claim, LeasedTask, NewTask, StorageError},
};
use jiff::Timestamp;
use sqlx::{SqliteConnection, sqlite::SqliteRow};

use super::Plan;
use crate::sqlite::{
    batch::Verdict,
    encode::{json, micros},
    error::failed,
    row,
};

/// Takes heads that are due and held by nobody, the longest overdue first. Where two lanes became one, another task of the
/// lane may still be held; then its head waits too.
pub(in crate::sqlite) const CLAIM: &str = "\
    UPDATE helpdesk_tasks SET fence = fence + 1, lease_until = ? WHERE place IN ( \
        SELECT free.place FROM helpdesk_tasks free \
        WHERE free.head = 1 AND free.due_at <= ? AND (free.lease_until IS NULL OR free.lease_until <= ?) \
        AND NOT EXISTS (SELECT 1 FROM helpdesk_tasks held \
            WHERE held.lane = free.lane AND held.lease_until > ? AND held.place <> free.place) \
        ORDER BY free.due_at, free.place LIMIT ? \
    ) RETURNING id, lane, task, tries, fence, lease_until, due_at, place";

impl Plan {
    pub(super) fn task_insert(&mut self, task: &NewTask, at: Timestamp) {
        self.batch
            .add(
                Verdict::Ran,
                "INSERT INTO helpdesk_tasks (id, lane, task, created_at, due_at, tries, fence, head) VALUES \
                 (?, ?, ?, ?, ?, 0, 0, NOT EXISTS (SELECT 1 FROM helpdesk_tasks WHERE lane = ?))",
            )
            .bind(task.id.as_uuid())
            .bind(&task.lane)
            .bind(json(&task.task))
            .bind(micros(at))
            .bind(micros(task.due_at))
            .bind(&task.lane);
    }

    pub(super) fn task_finish(&mut self, task: TaskId) {
        self.batch.add(Verdict::Changed("task"), "DELETE FROM helpdesk_tasks WHERE id = ?").bind(task.as_uuid());
    }

    pub(super) fn task_renew(&mut self, task: TaskId, lease_until: Timestamp) {
        self.batch
            .add(Verdict::Changed("task"), "UPDATE helpdesk_tasks SET lease_until = ? WHERE id = ?")
            .bind(micros(lease_until))
            .bind(task.as_uuid());
    }

    pub(super) fn task_retry(&mut self, task: TaskId, due_at: Timestamp, counted: bool) {
        self.batch
            .add(
                Verdict::Changed("task"),
                "UPDATE helpdesk_tasks SET due_at = ?, tries = tries + ?, lease_until = NULL WHERE id = ?",
            )
            .bind(micros(due_at))
            .bind(counted)
            .bind(task.as_uuid());
    }

    /// Everything that waits in lane `from` waits in lane `to` from now on, by the order of creation.
    pub(super) fn lane_rename(&mut self, from: &str, to: &str) {
        self.batch
            .add(Verdict::Ran, "UPDATE helpdesk_tasks SET head = 0 WHERE lane IN (?, ?) AND head = 1")
            .bind(from)
            .bind(to)
            .add(Verdict::Ran, "UPDATE helpdesk_tasks SET lane = ? WHERE lane = ?")
            .bind(to)
            .bind(from)
            // What is held already stays ahead of what is older and waits.
            .add(
                Verdict::Ran,
                "UPDATE helpdesk_tasks SET head = 1 WHERE place = coalesce( \
                 (SELECT min(place) FROM helpdesk_tasks WHERE lane = ? AND lease_until IS NOT NULL), \
                 (SELECT min(place) FROM helpdesk_tasks WHERE lane = ?))",
            )
            .bind(to)
            .bind(to);
    }
}

/// Takes tasks up. One that cannot be read leaves its lane, so that it holds nothing else back.
pub(super) async fn claim(connection: &mut SqliteConnection, claim: &Claim) -> Result<Vec<LeasedTask>, StorageError> {
    let mut taken = Vec::new();
    loop {
        let left = i64::from(claim.max) - i64::try_from(taken.len()).unwrap_or(i64::MAX);
        let rows = sqlx::query(CLAIM)
            .bind(micros(claim.lease_until))
            .bind(micros(claim.now))
            .bind(micros(claim.now))
            .bind(micros(claim.now))
            .bind(left.max(0))
            .fetch_all(&mut *connection)
            .await
            .map_err(failed)?;
        let mut unreadable = false;
        for kept in rows {
            let at = row::task_place(&kept)?;
            match row::leased_task(&kept) {
                Ok(task) => taken.push((at, task)),
                Err(error) => {
                    unreadable = true;
                    set_aside(connection, &kept, claim.now, &error).await?;
                }
            }
        }
        // The lanes of what was set aside have new heads by now, which may be due as well.
        if !unreadable {
            break;
        }
    }
    taken.sort_unstable_by_key(|(at, _)| *at);
    Ok(taken.into_iter().map(|(_, task)| task).collect())
}

async fn set_aside(
    connection: &mut SqliteConnection,
    kept: &SqliteRow,
    now: Timestamp,
    error: &StorageError,
) -> Result<(), StorageError> {
    let (_, place) = row::task_place(kept)?;
    tracing::error!(%error, "a task cannot be read and was moved to helpdesk_unreadable_tasks");
    sqlx::query(
        "INSERT INTO helpdesk_unreadable_tasks (id, lane, task, created_at, moved_at, reason) \
         SELECT id, lane, task, created_at, ?, ? FROM helpdesk_tasks WHERE place = ?",
    )
    .bind(micros(now))
    .bind(error.to_string())
    .bind(place)
    .execute(&mut *connection)
    .await
    .map_err(failed)?;
    sqlx::query("DELETE FROM helpdesk_tasks WHERE place = ?")
        .bind(place)
        .execute(&mut *connection)
        .await
        .map_err(failed)?;
    Ok(())
}
