//! What a failed call to Telegram means: whether it was carried out, and whether another try could end better.
//!
//! Nothing of an error is passed on as it is. HTTP errors carry the address with the token in it, and answers that make no
//! sense carry somebody's text.

use std::time::Duration;

use helpdesk_core::{Address, ChannelName, channel::ChannelError, limits::shorten};
use serde::Deserialize;
use teloxide::{ApiError, RequestError};

/// How long to pause when Telegram says that there are too many calls and not for how long.
pub(super) const PAUSE: Duration = Duration::from_secs(5);
/// Longest text of Telegram that is shown to staff.
const REASON_MAX_CHARS: usize = 200;

/// The class of a failed call on the channel called `channel`.
pub(super) fn classify(channel: &ChannelName, error: &RequestError) -> ChannelError {
    match error {
        RequestError::Api(error) => by_description(&description(error)),
        RequestError::RetryAfter(pause) => ChannelError::RateLimited { retry_after: pause.duration() },
        RequestError::MigrateToChatId(chat) => moved(channel, chat.0),
        RequestError::Network(error) => {
            // Asked first: a connection that took too long was never used.
            if error.is_connect() {
                ChannelError::temporary("no connection to Telegram")
            } else if error.is_builder() {
                ChannelError::permanent("the call cannot be put together")
            } else if error.is_timeout() {
                ChannelError::unknown("Telegram did not answer in time")
            } else {
                ChannelError::unknown("the connection to Telegram broke off before the answer")
            }
        }
        RequestError::InvalidJson { raw, .. } => unreadable(channel, raw),
        RequestError::Io(_) => ChannelError::temporary("the file could not be read"),
    }
}

/// What Telegram's own answer says. A method that was answered with an error was not carried out.
fn by_description(description: &str) -> ChannelError {
    let reason = || shorten(description, REASON_MAX_CHARS);
    let says = |text: &str| description.contains(text);
    if description == "Unauthorized" || description == "Not Found" || says("Invalid bot token") {
        return ChannelError::permanent("Telegram does not accept the bot's token");
    }
    if says("file is too big") || says("Request Entity Too Large") {
        return ChannelError::TooLarge;
    }
    // 401 and 403 about a chat, and the 400s that mean the same; see `td_api` errors in the Bot API server's source.
    let gone = ["Forbidden", "Unauthorized", "chat not found", "user not found", "deactivated", "PEER_ID_INVALID"];
    if gone.into_iter().any(says) {
        return ChannelError::Unreachable { reason: reason() };
    }
    if says("Too Many Requests") {
        return ChannelError::RateLimited { retry_after: PAUSE };
    }
    let busy = [
        "Internal Server Error",
        "Bad Gateway",
        "Gateway Timeout",
        "Service Unavailable",
        "Conflict",
        "restart",
        // Said of a file that is not there, or not there yet.
        "temporarily unavailable",
    ];
    if busy.into_iter().any(says) || description == CONFLICT_WEBHOOK {
        return ChannelError::Temporary { reason: reason() };
    }
    ChannelError::Permanent { reason: reason() }
}

/// How teloxide words an answer of 409 to `getUpdates` while a webhook is set.
const CONFLICT_WEBHOOK: &str = "can't use getUpdates method while webhook is active";

/// Telegram's own words. teloxide's `Display` puts those that it does not know in quotes.
fn description(error: &ApiError) -> String {
    match error {
        ApiError::Unknown(text) => text.clone(),
        known => known.to_string(),
    }
}

/// Whether somebody else receives this bot's updates: another process that polls, or a webhook.
pub(super) fn is_conflict(error: &RequestError) -> bool {
    matches!(error, RequestError::Api(error) if {
        let description = description(error);
        description.starts_with("Conflict") || description == CONFLICT_WEBHOOK
    })
}

/// Whether it is a webhook that receives this bot's updates.
pub(super) fn is_webhook_set(error: &RequestError) -> bool {
    is_conflict(error) && matches!(error, RequestError::Api(error) if description(error).contains("webhook is active"))
}

/// The id of a message that was sent although teloxide could not read the answer: a newer Bot API may describe messages in
/// ways that it does not know.
pub(super) fn sent_all_the_same(error: &RequestError) -> Option<i64> {
    let RequestError::InvalidJson { raw, .. } = error else { return None };
    let answer: Answer = serde_json::from_str(raw).ok()?;
    if answer.ok { answer.result?.get("message_id")?.as_i64() } else { None }
}

/// Whether a call was carried out although teloxide could not read the answer.
pub(super) fn done_all_the_same(error: &RequestError) -> bool {
    let RequestError::InvalidJson { raw, .. } = error else { return false };
    serde_json::from_str::<Answer>(raw).is_ok_and(|answer| answer.ok)
}

/// Whether a message has no buttons to take away, any more or at all: it is gone, too old to be changed, or without them.
pub(super) fn nothing_to_edit(error: &RequestError) -> bool {
    let text = match error {
        RequestError::Api(error) => description(error),
        RequestError::InvalidJson { raw, .. } => match serde_json::from_str::<Answer>(raw) {
            Ok(answer) if !answer.ok => answer.description,
            _ => return false,
        },
        _ => return false,
    };
    let harmless = [
        "message is not modified",
        "message to edit not found",
        "message can't be edited",
        "MESSAGE_ID_INVALID",
        "message identifier is not specified",
    ];
    harmless.into_iter().any(|harmless| text.contains(harmless))
}

/// An answer in the form that [every method](https://core.telegram.org/bots/api#making-requests) has.
#[derive(Deserialize)]
struct Answer {
    ok: bool,
    result: Option<serde_json::Value>,
    #[serde(default)]
    description: String,
    #[serde(default)]
    parameters: Parameters,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Parameters {
    retry_after: Option<u64>,
    migrate_to_chat_id: Option<i64>,
}

/// An answer that teloxide could not read. Without a JSON envelope it is a proxy's, and what became of the call is open.
fn unreadable(channel: &ChannelName, raw: &str) -> ChannelError {
    match serde_json::from_str::<Answer>(raw) {
        Ok(Answer { ok: false, parameters: Parameters { retry_after: Some(seconds), .. }, .. }) => {
            ChannelError::RateLimited { retry_after: Duration::from_secs(seconds) }
        }
        Ok(Answer { ok: false, parameters: Parameters { migrate_to_chat_id: Some(chat), .. }, .. }) => {
            moved(channel, chat)
        }
        Ok(Answer { ok: false, description, .. }) => by_description(&description),
        Ok(Answer { ok: true, .. }) | Err(_) => ChannelError::unknown("Telegram's answer makes no sense"),
    }
}

fn moved(channel: &ChannelName, chat: i64) -> ChannelError {
    ChannelError::Moved { to: Address { channel: channel.clone(), key: chat.to_string() } }
}

/// The error of a call that does no harm when it is made twice: not knowing its outcome is a reason to make it again.
pub(super) fn repeatable(error: ChannelError) -> ChannelError {
    match error {
        ChannelError::Unknown { reason } => ChannelError::Temporary { reason },
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    /// The error that teloxide makes of an answer: a description that it knows or not, or a body that it cannot read.
    fn answered(body: &str) -> RequestError {
        let source = serde_json::from_str::<()>(body).expect_err("it is no unit");
        RequestError::InvalidJson { source: Arc::new(source), raw: body.into() }
    }

    fn api(description: &str) -> RequestError {
        let json = serde_json::to_string(description).unwrap();
        RequestError::Api(serde_json::from_str(&json).unwrap())
    }

    fn class(error: &RequestError) -> String {
        let name = ChannelName::new("telegram").unwrap();
        match classify(&name, error) {
            ChannelError::Temporary { .. } => "temporary".to_owned(),
            ChannelError::Permanent { .. } => "permanent".to_owned(),
            ChannelError::Unreachable { .. } => "unreachable".to_owned(),
            ChannelError::Unknown { .. } => "unknown".to_owned(),
            ChannelError::RateLimited { retry_after } => format!("pause {}", retry_after.as_secs()),
            ChannelError::Moved { to } => format!("moved {to}"),
            ChannelError::TooLarge => "too large".to_owned(),
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn descriptions_have_classes() {
        let table = [
            ("Forbidden: bot was blocked by the user", "unreachable"),
            ("Forbidden: user is deactivated", "unreachable"),
            ("Forbidden: bot can't initiate conversation with a user", "unreachable"),
            ("Forbidden: something new", "unreachable"),
            ("Bad Request: chat not found", "unreachable"),
            ("Bad Request: PEER_ID_INVALID", "unreachable"),
            ("Unauthorized", "permanent"),
            ("Not Found", "permanent"),
            ("Bad Request: message text is empty", "permanent"),
            ("Bad Request: BUTTON_DATA_INVALID", "permanent"),
            ("Bad Request: file is too big", "too large"),
            ("Request Entity Too Large", "too large"),
            ("Too Many Requests: retry later", "pause 5"),
            ("Internal Server Error", "temporary"),
            ("Bad Gateway", "temporary"),
            ("Bad Request: wrong file_id or the file is temporarily unavailable", "temporary"),
            ("Internal Server Error: restart", "temporary"),
            (
                "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running",
                "temporary",
            ),
        ];
        for (description, expected) in table {
            assert_eq!(class(&api(description)), expected, "{description}");
        }
    }

    #[test]
    fn answers_that_teloxide_cannot_read_have_classes() {
        let table = [
            ("<html><h1>502 Bad Gateway</h1></html>", "unknown"),
            ("", "unknown"),
            (r#"{"ok":true,"result":{"odd":1}}"#, "unknown"),
            (r#"{"ok":false,"error_code":403,"description":"Forbidden: bot was kicked"}"#, "unreachable"),
            (r#"{"ok":false,"description":"x","parameters":{"retry_after":7,"odd":1}}"#, "pause 7"),
            (r#"{"ok":false,"description":"x","parameters":{"migrate_to_chat_id":-1007}}"#, "moved telegram:-1007"),
        ];
        for (body, expected) in table {
            assert_eq!(class(&answered(body)), expected, "{body}");
        }
        assert_eq!(sent_all_the_same(&answered(r#"{"ok":true,"result":{"message_id":7,"odd":{}}}"#)), Some(7));
        assert_eq!(sent_all_the_same(&answered(r#"{"ok":false,"result":{"message_id":7}}"#)), None);
        assert!(nothing_to_edit(&api("Bad Request: message to edit not found")));
        assert!(!nothing_to_edit(&api("Bad Request: chat not found")));
        assert!(done_all_the_same(&answered(r#"{"ok":true,"result":[]}"#)));
    }

    #[test]
    fn conflicts_are_recognised() {
        assert!(is_conflict(&api(
            "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"
        )));
        assert!(is_conflict(&api(
            "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook first"
        )));
        assert!(!is_conflict(&api("Bad Request: chat not found")));
    }
}
