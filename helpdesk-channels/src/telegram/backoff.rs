//! Pauses between tries of what is repeated until it works.

use std::time::Duration;

use helpdesk_core::channel::ChannelError;
use teloxide::RequestError;
use tracing::warn;

use super::{TelegramChannel, errors};

const FIRST: Duration = Duration::from_millis(250);
const LONGEST: Duration = Duration::from_secs(30);

/// Pauses that double from a quarter of a second to half a minute.
pub(super) struct Backoff(Duration);

impl Backoff {
    pub(super) fn new() -> Self {
        Self(FIRST)
    }

    /// The next pause.
    pub(super) fn next(&mut self) -> Duration {
        let pause = self.0;
        self.0 = (pause * 2).min(LONGEST);
        pause
    }

    /// Begins anew, after a success.
    pub(super) fn reset(&mut self) {
        self.0 = FIRST;
    }
}

/// Repeats a call that may be made any number of times until Telegram takes it, or refuses it for good.
pub(super) async fn until_taken<T, F>(
    channel: &TelegramChannel,
    what: &str,
    mut call: impl FnMut() -> F,
) -> Result<T, ChannelError>
where
    F: Future<Output = Result<T, RequestError>>,
{
    let mut backoff = Backoff::new();
    loop {
        let error = match call().await {
            Ok(done) => return Ok(done),
            Err(error) => errors::classify(&channel.name, &error),
        };
        let pause = match &error {
            ChannelError::Permanent { .. } => return Err(error),
            ChannelError::RateLimited { retry_after } => *retry_after,
            _ => backoff.next(),
        };
        warn!(channel = %channel.name, %error, "{what} did not work; trying again in {pause:?}");
        tokio::time::sleep(pause).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_a_limit_and_begin_anew() {
        let mut backoff = Backoff::new();
        let pauses: Vec<_> = (0..9).map(|_| backoff.next().as_millis()).collect();
        assert_eq!(pauses, [250, 500, 1000, 2000, 4000, 8000, 16000, 30000, 30000]);
        backoff.reset();
        assert_eq!(backoff.next(), FIRST);
    }
}
