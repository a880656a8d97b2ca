//! Sends no faster than Telegram
//! [asks for](https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this): about 30 messages a second
//! in all, and one a second in a chat with short bursts between. Who keeps to it is rarely told to wait.

use std::{num::NonZeroU32, time::Duration};

use governor::{DefaultDirectRateLimiter, DefaultKeyedRateLimiter, Quota, RateLimiter};
use helpdesk_core::channel::ChannelError;

const IN_A_CHAT_PER_SECOND: NonZeroU32 = NonZeroU32::MIN;
/// Enough for a long answer in several parts and the questions around it.
const IN_A_CHAT_BURST: NonZeroU32 = NonZeroU32::new(10).expect("not zero");
const IN_ALL_BURST: NonZeroU32 = NonZeroU32::new(5).expect("not zero");
/// How long a send waits for its turn before it is put back. The Desk counts the wait into the send, and a send that it cuts
/// off counts as one of unknown outcome.
const PATIENCE: Duration = Duration::from_secs(8);
/// How long a send that was put back is left alone.
const PUT_BACK: Duration = Duration::from_secs(2);
/// How many chats are remembered before the quiet ones are forgotten.
const CHATS_KEPT: usize = 10_000;

/// Lets sends through at the pace that Telegram takes them.
pub(super) struct Pace {
    in_all: DefaultDirectRateLimiter,
    in_a_chat: DefaultKeyedRateLimiter<i64>,
}

impl Pace {
    pub(super) fn new(messages_per_second: NonZeroU32) -> Self {
        let burst = IN_ALL_BURST.min(messages_per_second);
        Self {
            in_all: RateLimiter::direct(Quota::per_second(messages_per_second).allow_burst(burst)),
            in_a_chat: RateLimiter::keyed(Quota::per_second(IN_A_CHAT_PER_SECOND).allow_burst(IN_A_CHAT_BURST)),
        }
    }

    /// Returns when a message may be sent to `chat`; an error when too many others are to be sent before.
    pub(super) async fn turn(&self, chat: i64) -> Result<(), ChannelError> {
        if self.in_a_chat.len() > CHATS_KEPT {
            self.in_a_chat.retain_recent();
        }
        let turn = async {
            self.in_a_chat.until_key_ready(&chat).await;
            self.in_all.until_ready().await;
        };
        tokio::time::timeout(PATIENCE, turn).await.map_err(|_| ChannelError::RateLimited { retry_after: PUT_BACK })
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    #[tokio::test]
    async fn a_burst_goes_at_once_and_then_everyone_waits() {
        let pace = Pace::new(NonZeroU32::MIN);
        assert!(pace.turn(1).now_or_never().is_some(), "the first goes at once");
        assert!(pace.turn(2).now_or_never().is_none(), "one a second in all");
    }

    #[test]
    fn one_chat_does_not_hold_up_the_others() {
        let pace = Pace::new(NonZeroU32::new(1_000).expect("not zero"));
        let at_once = |chat: i64| pace.in_a_chat.check_key(&chat).is_ok();
        assert_eq!((0..20).filter(|_| at_once(1)).count(), 10, "a burst, then one a second");
        assert!(at_once(2));
    }
}
