//! A clock that stands still until a test moves it.

use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use tokio::sync::watch;

use crate::clock::{Clock, later, whole_microseconds};

/// A [`Clock`] whose time is set by hand. Whoever waits for a time is woken as soon as a test moves past it.
///
/// ```
/// use std::{sync::Arc, time::Duration};
/// use helpdesk_core::{clock::Clock, testing::ManualClock};
///
/// # async fn an_hour_in_no_time() {
/// let clock = Arc::new(ManualClock::new());
/// let in_an_hour = clock.now() + Duration::from_secs(3600);
/// let sleeper = tokio::spawn({ let clock = clock.clone(); async move { clock.wait_until(in_an_hour).await } });
/// clock.advance(Duration::from_secs(3600));
/// sleeper.await.unwrap();
/// # }
/// ```
#[derive(Debug)]
pub struct ManualClock {
    now: watch::Sender<Timestamp>,
}

impl ManualClock {
    /// A clock that stands at noon of the first of June 2026, UTC.
    pub fn new() -> Self {
        Self::at(Timestamp::constant(1_780_315_200, 0))
    }

    /// A clock that stands at `now`.
    pub fn at(now: Timestamp) -> Self {
        Self { now: watch::Sender::new(whole_microseconds(now)) }
    }

    /// Moves the time on.
    pub fn advance(&self, by: Duration) {
        self.now.send_modify(|now| *now = whole_microseconds(later(*now, by)));
    }

    /// Sets the time, which may also be an earlier one: systems' clocks are set back now and then.
    pub fn set(&self, now: Timestamp) {
        self.now.send_replace(whole_microseconds(now));
    }
}

impl Default for ManualClock {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        *self.now.borrow()
    }

    async fn wait_until(&self, at: Timestamp) {
        // The sender lives in `self`, so waiting for it cannot fail.
        let _ = self.now.subscribe().wait_for(|now| *now >= at).await;
    }
}
