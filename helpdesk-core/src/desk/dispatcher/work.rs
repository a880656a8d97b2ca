//! One piece of work, from its lease to its end.

use std::time::Duration;

use super::{answer, deliver, file, timer};
use crate::{
    clock::later,
    desk::Desk,
    error::DeskError,
    storage::{ChangeSet, CommitError, Conflict, Expectation, LeasedTask, Task, Write},
};

/// Does `task` and holds its lease meanwhile.
pub(super) async fn perform(desk: &Desk, task: LeasedTask) {
    let job = Job { desk, task: &task };
    let done = tokio::select! {
        done = run(&job) => done,
        () = job.keep_lease() => return,
    };
    match done {
        Ok(()) => {}
        Err(Stopped::LeaseLost) => tracing::debug!(task = %task.id, "another worker has taken over"),
        // The lease runs out and the task is taken up again.
        Err(Stopped::Failed(error)) => {
            tracing::error!(task = %task.id, kind = ?task.task, %error, "work stopped; it is taken up again");
        }
    }
}

async fn run(job: &Job<'_>) -> Result<(), Stopped> {
    match job.task.task {
        Task::Answer { session, turn } => answer::answer(job, session, turn).await,
        Task::Fetch { attachment } => file::fetch(job, attachment).await,
        Task::Transcribe { attachment } => file::transcribe(job, attachment).await,
        Task::Deliver { message } => deliver::deliver(job, message).await,
        Task::RemoveButtons { message } => deliver::remove_buttons(job, message).await,
        Task::SettleAlbum { session, message, parts } => timer::settle_album(job, session, message, parts).await,
        Task::Idle { session, state } => timer::idle(job, session, state).await,
    }
}

/// Why a piece of work did not come to its end here.
pub(super) enum Stopped {
    /// Another worker holds the task.
    LeaseLost,
    /// Something that the task's own rules do not cover, such as a failed storage.
    Failed(DeskError),
}

impl<E: Into<DeskError>> From<E> for Stopped {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

/// A task that this worker holds.
pub(super) struct Job<'a> {
    pub(super) desk: &'a Desk,
    pub(super) task: &'a LeasedTask,
}

impl Job<'_> {
    /// Commits `changes` under the lease. `Ok(false)`: what they were decided on has changed; decide again.
    pub(super) async fn commit(&self, mut changes: ChangeSet) -> Result<bool, Stopped> {
        changes.expect.push(Expectation::TaskHeld { task: self.task.id, fence: self.task.fence });
        match self.desk.commit(changes).await {
            Ok(_) => Ok(true),
            Err(CommitError::Conflict(Conflict::Task)) => Err(Stopped::LeaseLost),
            Err(CommitError::Conflict(_)) => Ok(false),
            Err(error) => Err(Stopped::Failed(error.into())),
        }
    }

    /// Commits `changes` and the end of the task in one.
    pub(super) async fn finish(&self, mut changes: ChangeSet) -> Result<bool, Stopped> {
        changes.writes.push(Write::TaskFinish(self.task.id));
        self.commit(changes).await
    }

    /// Ends the task: there is nothing (more) to do.
    pub(super) async fn drop_task(&self) -> Result<(), Stopped> {
        self.finish(ChangeSet::new(self.desk.now())).await.map(drop)
    }

    /// Gives the task back for another try after `pause`, together with `changes`.
    pub(super) async fn retry_after(
        &self,
        pause: Duration,
        counted: bool,
        mut changes: ChangeSet,
    ) -> Result<(), Stopped> {
        let due_at = later(self.desk.now(), pause);
        changes.writes.push(Write::TaskRetry { task: self.task.id, due_at, counted });
        self.commit(changes).await.map(drop)
    }

    /// The pause before the next try, or `None` when `max_tries` are used up with the one that just failed.
    pub(super) fn next_pause(&self, max_tries: u32) -> Option<Duration> {
        let failed = self.task.tries + 1;
        (failed < max_tries).then(|| self.desk.policy().retry.pause(failed))
    }

    /// Renews the lease until it is lost.
    async fn keep_lease(&self) {
        let lease = self.desk.policy().lease;
        loop {
            let renew_at = later(self.desk.now(), lease / 3);
            self.desk.inner.clock.wait_until(renew_at).await;
            let now = self.desk.now();
            let mut changes = ChangeSet::new(now);
            changes.writes.push(Write::TaskRenew { task: self.task.id, lease_until: later(now, lease) });
            match self.commit(changes).await {
                Ok(_) => {}
                Err(Stopped::LeaseLost) => return,
                Err(Stopped::Failed(error)) => {
                    tracing::warn!(task = %self.task.id, %error, "the lease could not be renewed");
                }
            }
        }
    }
}
