//! Does the work that follows from commits: answers, transcripts, files, sends, timers.
//!
//! Work is taken up under a lease, in order within its lane, and its result goes back as a change set that also finishes
//! the task, so a result and its task stand or fall together. Whoever lost the lease cannot commit: the fencing number in
//! [`Expectation::TaskHeld`](crate::storage::Expectation::TaskHeld) has moved on. A crash at any point leaves the task to
//! be taken up again after its lease.

/// Commits a change set together with the end of a job's task, and decides it anew as long as other commits come in between.
macro_rules! finish_with {
    ($job:expr, $changes:expr) => {{
        let mut left = $crate::limits::CONFLICT_RETRIES_MAX_COUNT;
        loop {
            let changes: Result<$crate::storage::ChangeSet, $crate::desk::dispatcher::work::Stopped> = $changes.await;
            if $job.finish(changes?).await? {
                break Ok(());
            }
            if left == 0 {
                break Err($crate::desk::dispatcher::work::Stopped::Failed($crate::error::DeskError::Busy));
            }
            left -= 1;
        }
    }};
}

mod answer;
mod deliver;
mod file;
mod timer;
mod work;

use std::{sync::Arc, time::Duration};

use tokio::{sync::Semaphore, task::JoinSet};
use tokio_util::sync::CancellationToken;

pub(super) use self::deliver::label;
use super::{Desk, upkeep};
use crate::{
    channel::SharedChannel,
    clock::later,
    storage::{ChangeSet, Claim, LeasedTask, StorageError},
};

/// Tasks that are worked on at the same time.
const WORKERS: usize = 128;
/// How often the storage is asked for work without having been woken: a lease may have run out, another process may have
/// written.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How long a channel that gave up is left alone.
const CHANNEL_PAUSE: Duration = Duration::from_secs(60);
/// How long work that is under way may take after `shutdown`. What is cut off is taken up again by the next run.
const DRAIN: Duration = Duration::from_secs(20);

/// Runs the channels, the workers and the upkeep until `shutdown`.
pub(super) async fn run(desk: &Desk, shutdown: CancellationToken) {
    let mut background = JoinSet::new();
    for channel in desk.inner.channels.values() {
        background.spawn(receive_from(desk.clone(), Arc::clone(channel), shutdown.child_token()));
    }
    background.spawn(upkeep::run(desk.clone(), shutdown.child_token()));
    let mut workers = JoinSet::new();
    take_up_work(desk, &shutdown, &mut workers).await;
    // Receivers end first, so that what they take in last is at least stored; workers finish what they hold.
    let drained = async {
        while background.join_next().await.is_some() {}
        while workers.join_next().await.is_some() {}
    };
    tokio::select! {
        () = drained => {}
        () = desk.inner.clock.wait_until(later(desk.now(), DRAIN)) => {
            tracing::warn!("work under way was cut off; the next run takes it up again");
        }
    }
}

/// Keeps a channel receiving.
async fn receive_from(desk: Desk, channel: SharedChannel, shutdown: CancellationToken) {
    let name = channel.name().clone();
    while !shutdown.is_cancelled() {
        desk.inner.status.set_running(&name, true);
        let ended = channel.run(desk.clone(), shutdown.clone()).await;
        desk.inner.status.set_running(&name, false);
        if let Err(error) = ended {
            tracing::error!(channel = %name, %error, "the channel stopped receiving; it is started again in a minute");
            desk.report_channel(&name, Some(error.to_string()));
        }
        tokio::select! {
            () = desk.inner.clock.wait_until(later(desk.now(), CHANNEL_PAUSE)) => {}
            () = shutdown.cancelled() => {}
        }
    }
}

async fn take_up_work(desk: &Desk, shutdown: &CancellationToken, workers: &mut JoinSet<()>) {
    let slots = Arc::new(Semaphore::new(WORKERS));
    while !shutdown.is_cancelled() {
        while workers.try_join_next().is_some() {}
        let slot = tokio::select! {
            slot = Arc::clone(&slots).acquire_owned() => slot,
            () = shutdown.cancelled() => return,
        };
        drop(slot);
        let free = u32::try_from(slots.available_permits()).unwrap_or(1).max(1);
        let claimed = claim(desk, free).await.unwrap_or_else(|error| {
            tracing::error!(%error, "work could not be taken up; trying again");
            Vec::new()
        });
        if claimed.is_empty() {
            tokio::select! {
                () = desk.inner.work.notified() => {}
                () = wait_for_due(desk) => {}
                () = shutdown.cancelled() => return,
            }
            continue;
        }
        for task in claimed {
            // There are at least as many permits as tasks: only this loop hands them out.
            let Ok(slot) = Arc::clone(&slots).acquire_owned().await else { return };
            let desk = desk.clone();
            workers.spawn(async move {
                work::perform(&desk, task).await;
                drop(slot);
                // The next task of this lane may be taken up now.
                desk.inner.work.notify_one();
            });
        }
    }
}

async fn claim(desk: &Desk, max: u32) -> Result<Vec<LeasedTask>, crate::error::DeskError> {
    let now = desk.now();
    // Asking first costs a read; an empty claim would cost a commit.
    if desk.storage().task_next_due().await?.is_none_or(|due| due > now) {
        return Ok(Vec::new());
    }
    let mut changes = ChangeSet::new(now);
    changes.claim = Some(Claim { now, lease_until: later(now, desk.policy().lease), max });
    Ok(desk.commit(changes).await?.claimed)
}

/// Until the next task falls due, but not longer than [`LOOK_EVERY`].
async fn wait_for_due(desk: &Desk) {
    let now = desk.now();
    let look = later(now, LOOK_EVERY);
    let next: Result<_, StorageError> = desk.storage().task_next_due().await;
    let due = next.ok().flatten().filter(|due| *due > now).unwrap_or(look);
    desk.inner.clock.wait_until(due.min(look)).await;
}
