//! Tasks: lanes, leases and tries.

use std::{collections::BTreeSet, sync::Arc};

use jiff::Timestamp;

use super::tables::{KeptTask, Tables, change};
use crate::{
    id::TaskId,
    storage::{Claim, LeasedTask, StorageError, TaskBacklog},
};

impl Tables {
    /// A task and its place in the order of creation.
    pub(super) fn task(&self, id: TaskId) -> Option<(u64, &KeptTask)> {
        self.tasks.iter().find(|(_, kept)| kept.new.id == id).map(|(place, kept)| (*place, kept.as_ref()))
    }

    pub(super) fn task_finish(&mut self, id: TaskId) -> Result<(), StorageError> {
        let (place, _) = self.task(id).ok_or(StorageError::Missing { what: "task" })?;
        self.tasks.remove(&place);
        Ok(())
    }

    pub(super) fn task_renew(&mut self, id: TaskId, lease_until: Timestamp) -> Result<(), StorageError> {
        self.task_mut(id)?.lease_until = Some(lease_until);
        Ok(())
    }

    pub(super) fn task_retry(&mut self, id: TaskId, due_at: Timestamp, counted: bool) -> Result<(), StorageError> {
        let kept = self.task_mut(id)?;
        kept.new.due_at = due_at;
        kept.tries += u32::from(counted);
        kept.lease_until = None;
        Ok(())
    }

    fn task_mut(&mut self, id: TaskId) -> Result<&mut KeptTask, StorageError> {
        let (place, _) = self.task(id).ok_or(StorageError::Missing { what: "task" })?;
        change(&mut self.tasks, place, "task")
    }

    /// Everything that waits in lane `from` waits in lane `to` from now on, by the order of creation.
    pub(super) fn lane_rename(&mut self, from: &str, to: &str) {
        for kept in self.tasks.values_mut().filter(|kept| kept.new.lane == from) {
            to.clone_into(&mut Arc::make_mut(kept).new.lane);
        }
    }

    /// Takes the oldest unfinished task of each lane, if it is due and held by nobody; the longest overdue first.
    pub(super) fn task_claim(&mut self, claim: &Claim) -> Vec<LeasedTask> {
        let mut free: Vec<_> = self
            .lane_heads()
            .filter(|(_, kept)| kept.due() <= claim.now)
            .map(|(place, kept)| (kept.new.due_at, place))
            .collect();
        free.sort_unstable();
        free.truncate(claim.max as usize);
        let places = free.into_iter().map(|(_, place)| place);
        places.filter_map(|place| self.tasks.get_mut(&place).map(|kept| Arc::make_mut(kept).lease(claim))).collect()
    }

    pub(super) fn task_next_due(&self) -> Option<Timestamp> {
        self.lane_heads().map(|(_, kept)| kept.due()).min()
    }

    pub(super) fn task_backlog(&self, now: Timestamp) -> TaskBacklog {
        let waiting = || self.tasks.values().filter(|kept| kept.due() <= now);
        TaskBacklog {
            due: waiting().count() as u64,
            total: self.tasks.len() as u64,
            oldest_due: waiting().map(|kept| kept.new.due_at).min(),
        }
    }

    /// The oldest unfinished task of each lane, in the order of creation. It holds the others of its lane back.
    fn lane_heads(&self) -> impl Iterator<Item = (u64, &KeptTask)> {
        let mut seen = BTreeSet::new();
        self.tasks
            .iter()
            .filter(move |(_, kept)| seen.insert(kept.new.lane.as_str()))
            .map(|(place, kept)| (*place, kept.as_ref()))
    }
}

impl KeptTask {
    /// From when on it can be taken: not before its time, and not while somebody holds it.
    fn due(&self) -> Timestamp {
        self.lease_until.map_or(self.new.due_at, |until| until.max(self.new.due_at))
    }

    fn lease(&mut self, claim: &Claim) -> LeasedTask {
        self.fence += 1;
        self.lease_until = Some(claim.lease_until);
        LeasedTask {
            id: self.new.id,
            lane: self.new.lane.clone(),
            task: self.new.task.clone(),
            tries: self.tries,
            fence: self.fence,
            lease_until: claim.lease_until,
        }
    }
}
