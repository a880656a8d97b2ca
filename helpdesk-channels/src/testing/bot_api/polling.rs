//! `getUpdates`: the long poll, offsets, and the conflicts with a webhook or another poll.

use std::time::Duration;

use serde_json::Value;
use tokio::time::Instant;

use super::answer::{ApiError, ApiResult};
use super::params::Params;
use super::world::Shared;

/// The longest wait that the Bot API grants.
const MAX_WAIT: i64 = 50;

pub(crate) async fn get_updates(shared: &Shared, bot: usize, params: &Params) -> ApiResult {
    let limit = params.int("limit").filter(|limit| (1..=100).contains(limit)).unwrap_or(100);
    let limit = usize::try_from(limit).unwrap_or(100);
    let wait = params.int("timeout").unwrap_or(0).clamp(0, MAX_WAIT).unsigned_abs();
    let allowed = params.json("allowed_updates")?;
    let offset = params.int("offset").unwrap_or(0);

    let mut changes = shared.changes();
    let poll = shared.edit(|world| {
        let bot = &mut world.bots[bot];
        if bot.webhook.is_set() {
            return Err(ApiError::conflict(
                "can't use getUpdates method while webhook is active; use deleteWebhook to delete \
                 the webhook first",
            ));
        }
        if let Some(Value::Array(kinds)) = &allowed {
            bot.updates.allow(kinds);
        }
        bot.updates.confirm(offset);
        bot.updates.poll += 1;
        Ok(bot.updates.poll)
    })?;

    let deadline = Instant::now() + Duration::from_secs(wait);
    loop {
        changes.borrow_and_update();
        let batch = shared.read_batch(bot, poll, limit)?;
        if !batch.is_empty() || Instant::now() >= deadline {
            return Ok(Value::Array(batch));
        }
        // At the deadline the queue is looked at once more, and an empty list is the answer.
        let _ = tokio::time::timeout_at(deadline, changes.changed()).await;
    }
}

impl Shared {
    fn read_batch(&self, bot: usize, poll: u64, limit: usize) -> Result<Vec<Value>, ApiError> {
        self.quietly(|world| {
            let bot = &mut world.bots[bot];
            if bot.webhook.is_set() {
                return Err(ApiError::conflict("terminated by setWebhook request"));
            }
            if bot.updates.poll != poll {
                return Err(ApiError::conflict(
                    "terminated by other getUpdates request; make sure that only one bot instance \
                     is running",
                ));
            }
            Ok(bot.updates.batch(limit))
        })
    }
}
