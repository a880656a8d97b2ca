//! Updates that Telegram pushes: [`setWebhook`](https://core.telegram.org/bots/api#setwebhook), and what the host hands on.
//!
//! A push is answered with success only when the Desk has stored it. Anything else makes Telegram push it again.

use helpdesk_core::{
    Desk,
    channel::{ChannelError, Push, PushReply},
};
use secrecy::ExposeSecret;
use serde_json::Value;
use subtle::ConstantTimeEq;
use teloxide::{payloads::SetWebhookSetters, prelude::Requester, requests::Request};
use tracing::{error, info, warn};

use super::{TelegramChannel, WebhookOptions, backoff::until_taken, convert, receive::allowed_updates};

/// Where Telegram puts the secret.
const SECRET_HEADER: &str = "x-telegram-bot-api-secret-token";

/// Asks Telegram to push updates; waiting ones are kept.
pub(super) async fn set(channel: &TelegramChannel, options: &WebhookOptions) -> Result<(), ChannelError> {
    let Ok(url) = options.url.trim().parse() else {
        return Err(ChannelError::permanent("the webhook's address is no URL"));
    };
    let call = channel
        .connection
        .calls
        .set_webhook(url)
        .allowed_updates(allowed_updates())
        .secret_token(options.secret.expose_secret());
    match until_taken(channel, "setWebhook", || call.send_ref()).await {
        Ok(_) => {
            info!(channel = %channel.name, "Telegram pushes updates to the webhook");
            Ok(())
        }
        Err(error) => {
            error!(channel = %channel.name, %error, "Telegram refuses the webhook");
            Err(error)
        }
    }
}

/// Takes one push.
pub(super) async fn take(channel: &TelegramChannel, desk: &Desk, push: &Push) -> PushReply {
    let Some(options) = &channel.webhook else { return PushReply::NotFound };
    let given = push.header(SECRET_HEADER).unwrap_or_default();
    if !bool::from(given.ct_eq(options.secret.expose_secret().as_bytes())) {
        return PushReply::Unauthorized;
    }
    let Ok(update) = serde_json::from_slice::<Value>(&push.body) else { return PushReply::Invalid };
    if convert::update_id(&update).is_none() {
        return PushReply::Invalid;
    }
    let labels = convert::new_request_labels(desk.phrases());
    let Some(taken) = convert::convert(&update, &channel.known(&labels)) else { return PushReply::Accepted };
    match channel.apply(desk, &taken).await {
        Ok(()) => PushReply::Accepted,
        Err(error) => {
            let (name, update) = (&channel.name, taken.id);
            warn!(channel = %name, update, %error, "an update could not be stored; Telegram is to push it again");
            PushReply::TryAgain
        }
    }
}
