//! Takes updates in, so that none is lost and none is applied twice.
//!
//! Asking [`getUpdates`](https://core.telegram.org/bots/api#getupdates) with an offset makes Telegram forget everything
//! below it. So the next offset is asked for only when the Desk has stored every update of the batch before. When the
//! process dies in between, the same updates come again under the same ids, and the Desk knows them by these.

use std::{collections::BTreeMap, future::pending, time::Duration};

use futures_util::future::join_all;
use helpdesk_core::{Desk, DeskError, channel::ChannelError};
use serde::Serialize;
use serde_json::Value;
use teloxide::{
    RequestError,
    payloads::GetUpdates,
    prelude::Requester,
    requests::{JsonRequest, Payload, Request},
    types::AllowedUpdate,
};
use tokio_util::sync::CancellationToken;
use tracing::{debug, error, warn};

use super::{
    TelegramChannel,
    backoff::Backoff,
    commands,
    convert::{self, Known, Reaction, Taken},
    errors, webhook,
};

/// Most updates in one batch, which is also the most that Telegram gives.
const BATCH_MAX_COUNT: u8 = 100;
/// How long to leave the other one alone that receives this bot's updates.
const CONFLICT_PAUSE: Duration = Duration::from_secs(5);
/// How long courtesies that are under way may take at the end.
const COURTESY_PATIENCE: Duration = Duration::from_secs(3);

/// The kinds of updates that are asked for.
pub(super) fn allowed_updates() -> [AllowedUpdate; 4] {
    [AllowedUpdate::Message, AllowedUpdate::EditedMessage, AllowedUpdate::CallbackQuery, AllowedUpdate::MyChatMember]
}

/// Receives until `shutdown`, by the way that is configured. Returns early only when Telegram does not accept the token or
/// the webhook.
pub(super) async fn run(
    channel: &TelegramChannel,
    desk: &Desk,
    shutdown: &CancellationToken,
) -> Result<(), ChannelError> {
    let receiving = async {
        match &channel.webhook {
            Some(options) => {
                tokio::select! {
                    () = shutdown.cancelled() => return Ok(()),
                    set = webhook::set(channel, options) => set?,
                }
                desk.report_channel(&channel.name, None);
                shutdown.cancelled().await;
                Ok(())
            }
            None => poll(channel, desk, shutdown).await,
        }
    };
    // Publishing the menu must neither delay nor end the receiving.
    let publishing = async {
        commands::publish(channel, desk.phrases()).await;
        pending().await
    };
    let ended = tokio::select! {
        ended = receiving => ended,
        never = publishing => never,
    };
    channel.courtesies.close();
    if tokio::time::timeout(COURTESY_PATIENCE, channel.courtesies.wait()).await.is_err() {
        debug!(channel = %channel.name, "button presses were left unanswered at the end");
    }
    ended
}

async fn poll(channel: &TelegramChannel, desk: &Desk, shutdown: &CancellationToken) -> Result<(), ChannelError> {
    tokio::select! {
        () = shutdown.cancelled() => return Ok(()),
        _ = delete_webhook(channel) => {}
    };
    let mut offset = None;
    let mut backoff = Backoff::new();
    loop {
        let asked = tokio::select! {
            () = shutdown.cancelled() => return Ok(()),
            asked = ask(channel, offset) => asked,
        };
        match asked {
            Ok(updates) => {
                backoff.reset();
                desk.report_channel(&channel.name, None);
                offset = next_offset(&updates).or(offset);
                if !take_batch(channel, desk, &updates, shutdown).await {
                    return Ok(());
                }
            }
            // Set by another process meanwhile, or it could not be deleted before.
            Err(error) if errors::is_webhook_set(&error) && delete_webhook(channel).await => {}
            Err(error) => {
                let pause = pause_after(channel, &error, &mut backoff)?;
                desk.report_channel(&channel.name, Some(errors::classify(&channel.name, &error).to_string()));
                tokio::select! {
                    () = shutdown.cancelled() => return Ok(()),
                    () = tokio::time::sleep(pause) => {}
                }
            }
        }
    }
}

/// Telegram refuses to be asked while a webhook is set. Whether it is gone: a server that does not know webhooks, as small
/// ones for tests, may be asked all the same.
async fn delete_webhook(channel: &TelegramChannel) -> bool {
    match channel.connection.calls.delete_webhook().send().await {
        Ok(_) => true,
        Err(error) => {
            let error = errors::classify(&channel.name, &error);
            warn!(channel = %channel.name, %error, "the webhook could not be deleted");
            false
        }
    }
}

/// `getUpdates` with the updates as they are: teloxide's own types lose what they cannot read, see [`convert`].
#[derive(Serialize)]
#[serde(transparent)]
struct GetRawUpdates(GetUpdates);

impl Payload for GetRawUpdates {
    type Output = Vec<Value>;
    const NAME: &'static str = GetUpdates::NAME;

    fn timeout_hint(&self) -> Option<Duration> {
        self.0.timeout_hint()
    }
}

async fn ask(channel: &TelegramChannel, offset: Option<i32>) -> Result<Vec<Value>, RequestError> {
    let payload = GetUpdates {
        offset,
        limit: Some(BATCH_MAX_COUNT),
        timeout: Some(channel.poll_timeout_seconds),
        allowed_updates: Some(allowed_updates().into()),
    };
    JsonRequest::new(channel.connection.polls.clone(), GetRawUpdates(payload)).send().await
}

fn next_offset(updates: &[Value]) -> Option<i32> {
    let last = updates.iter().filter_map(convert::update_id).max()?;
    i32::try_from(last).ok()?.checked_add(1)
}

/// How long to wait before asking again; an error when asking again is useless.
fn pause_after(
    channel: &TelegramChannel,
    error: &RequestError,
    backoff: &mut Backoff,
) -> Result<Duration, ChannelError> {
    let name = &channel.name;
    if errors::is_conflict(error) {
        error!(
            channel = %name,
            "somebody else receives this bot's updates: stop the other process that runs with the same token, or \
             delete the webhook that it has set"
        );
        return Ok(backoff.next().max(CONFLICT_PAUSE));
    }
    match errors::classify(name, error) {
        ended @ ChannelError::Permanent { .. } => {
            error!(channel = %name, error = %ended, "Telegram refuses to give updates");
            Err(ended)
        }
        ChannelError::RateLimited { retry_after } => Ok(retry_after),
        other => {
            let pause = backoff.next();
            warn!(channel = %name, error = %other, "no updates from Telegram; asking again in {pause:?}");
            Ok(pause)
        }
    }
}

/// Gives a batch to the Desk: the chats side by side, what one chat said in its order. False when `shutdown` came first;
/// then the batch must not be confirmed.
async fn take_batch(channel: &TelegramChannel, desk: &Desk, updates: &[Value], shutdown: &CancellationToken) -> bool {
    let labels = convert::new_request_labels(desk.phrases());
    let known = channel.known(&labels);
    let mut chats: BTreeMap<Option<i64>, Vec<Taken>> = BTreeMap::new();
    for taken in updates.iter().filter_map(|update| convert::convert(update, &known)) {
        chats.entry(taken.chat).or_default().push(taken);
    }
    let chats = chats.values().map(|chat| take_chat(channel, desk, chat, shutdown));
    join_all(chats).await.into_iter().all(|taken| taken)
}

async fn take_chat(channel: &TelegramChannel, desk: &Desk, chat: &[Taken], shutdown: &CancellationToken) -> bool {
    for taken in chat {
        if !insist(channel, desk, taken, shutdown).await {
            return false;
        }
    }
    true
}

/// Gives one update to the Desk until it is stored. False when `shutdown` came first.
async fn insist(channel: &TelegramChannel, desk: &Desk, taken: &Taken, shutdown: &CancellationToken) -> bool {
    let mut backoff = Backoff::new();
    loop {
        if shutdown.is_cancelled() {
            return false;
        }
        let Err(error) = channel.apply(desk, taken).await else { return true };
        let pause = backoff.next();
        let (name, update) = (&channel.name, taken.id);
        error!(channel = %name, update, %error, "an update could not be stored; trying again in {pause:?}");
        tokio::select! {
            () = shutdown.cancelled() => return false,
            () = tokio::time::sleep(pause) => {}
        }
    }
}

impl TelegramChannel {
    /// What reading an update depends on.
    pub(super) fn known<'a>(&'a self, new_request_labels: &'a [String]) -> Known<'a> {
        Known {
            channel: &self.name,
            bot_id: &self.bot_id,
            username: self.username.get().map(String::as_str),
            new_request_labels,
        }
    }

    /// Gives one update to the Desk. An update that the Desk will never take counts as taken, or nobody behind it in the
    /// queue would be heard again; it is logged under its id.
    pub(super) async fn apply(&self, desk: &Desk, taken: &Taken) -> Result<(), DeskError> {
        let mut notice = None;
        for inbound in &taken.inbound {
            match desk.receive(inbound.clone()).await {
                Ok(received) => notice = received.notice,
                Err(DeskError::Invalid(reason)) => {
                    error!(channel = %self.name, update = taken.id, reason, "an update was refused and is skipped");
                }
                Err(error) => return Err(error),
            }
        }
        match &taken.reaction {
            Reaction::None => {}
            Reaction::AnswerPress { query } => self.answer_press(query.clone(), notice),
            Reaction::SayPrivateOnly { chat, language } => self.say_private_only(desk, *chat, language),
        }
        Ok(())
    }

    /// Tells Telegram that a pressed button was taken, or the customer's app shows a spinner for a while. Nothing depends
    /// on it, so nothing waits for it: see [`answerCallbackQuery`](https://core.telegram.org/bots/api#answercallbackquery).
    fn answer_press(&self, query: String, notice: Option<String>) {
        let (bot, name) = (self.connection.calls.clone(), self.name.clone());
        self.courtesies.spawn(async move {
            let mut answer = bot.answer_callback_query(query.into());
            // More than 200 characters are refused.
            answer.text = notice.map(|notice| helpdesk_core::limits::shorten(&notice, 200));
            if let Err(error) = answer.await {
                let error = errors::classify(&name, &error);
                debug!(channel = %name, %error, "a button press was left unanswered");
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use teloxide::{ApiError, types::Seconds};

    use super::{super::TelegramOptions, *};

    fn pause(error: &RequestError) -> Result<Duration, ChannelError> {
        let channel = TelegramChannel::new(TelegramOptions::new("1:TOKEN".into())).unwrap();
        pause_after(&channel, error, &mut Backoff::new())
    }

    #[test]
    fn what_no_retry_mends_ends_the_receiving() {
        assert!(matches!(pause(&ApiError::InvalidToken.into()), Err(ChannelError::Permanent { .. })));
        let conflict = "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook first";
        for conflict in [ApiError::TerminatedByOtherGetUpdates, ApiError::Unknown(conflict.to_owned())] {
            assert_eq!(pause(&conflict.into()), Ok(CONFLICT_PAUSE));
        }
        assert_eq!(pause(&RequestError::RetryAfter(Seconds::from_seconds(9))), Ok(Duration::from_secs(9)));
        let busy = ApiError::Unknown("Internal Server Error".to_owned());
        assert_eq!(pause(&busy.into()), Ok(Backoff::new().next()));
    }

    #[test]
    fn the_next_offset_is_behind_the_last_update() {
        assert_eq!(next_offset(&[json!({ "update_id": 8 }), json!({ "update_id": 7 }), json!({})]), Some(9));
        assert_eq!(next_offset(&[]), None);
        assert_eq!(next_offset(&[json!({ "update_id": i64::MAX })]), None);
    }
}
