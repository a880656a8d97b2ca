//! The one place where time enters. The [`Desk`](crate::desk::Desk) asks its [`Clock`] and hands `now` to the decisions.

use std::{fmt, time::Duration};

use async_trait::async_trait;
use jiff::Timestamp;

/// Tells the time and waits for it.
#[async_trait]
pub trait Clock: Send + Sync + fmt::Debug + 'static {
    /// The present, in UTC, rounded to whole microseconds: what every storage keeps exactly.
    fn now(&self) -> Timestamp;

    /// Returns once `now() >= at`, or at once when that is past already.
    async fn wait_until(&self, at: Timestamp);
}

/// The system's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

#[async_trait]
impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the clock that the others ask")]
    fn now(&self) -> Timestamp {
        whole_microseconds(Timestamp::now())
    }

    #[expect(clippy::disallowed_methods, reason = "this is the clock that the others wait through")]
    async fn wait_until(&self, at: Timestamp) {
        // The system's time can be set back while we sleep, so the condition is checked again.
        loop {
            let Ok(left) = Duration::try_from(at.duration_since(self.now())) else { return };
            if left.is_zero() {
                return;
            }
            tokio::time::sleep(left).await;
        }
    }
}

/// Cuts what is below a microsecond, so that a time read back from a storage equals the one written.
pub fn whole_microseconds(time: Timestamp) -> Timestamp {
    Timestamp::from_microsecond(time.as_microsecond()).unwrap_or(time)
}

/// `time + by`, held at the last representable instant instead of failing.
pub fn later(time: Timestamp, by: Duration) -> Timestamp {
    time.saturating_add(by).unwrap_or(Timestamp::MAX)
}
