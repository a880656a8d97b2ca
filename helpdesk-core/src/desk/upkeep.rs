//! Forgets what nobody asks for any more.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::Desk;
use crate::{
    clock::later,
    storage::{ChangeSet, Write},
};

/// How long a cause is known: messengers give an unconfirmed update again for a day, clients retry for less.
const CAUSES_KEPT: Duration = Duration::from_secs(7 * 24 * 3600);
/// How long a reader of the feed may be away and still resume.
const EVENTS_KEPT: Duration = Duration::from_secs(7 * 24 * 3600);
const EVERY: Duration = Duration::from_secs(3600);

/// Prunes once an hour until `shutdown`.
pub(super) async fn run(desk: Desk, shutdown: CancellationToken) {
    loop {
        let next = later(desk.now(), EVERY);
        tokio::select! {
            () = desk.inner.clock.wait_until(next) => {}
            () = shutdown.cancelled() => return,
        }
        let now = desk.now();
        let before = |kept: Duration| now.saturating_sub(kept).unwrap_or(now);
        let mut changes = ChangeSet::new(now);
        changes.writes.push(Write::Prune { causes_before: before(CAUSES_KEPT), events_before: before(EVENTS_KEPT) });
        if let Err(error) = desk.commit(changes).await {
            tracing::warn!(%error, "old causes and events could not be pruned; trying again in an hour");
        }
    }
}
