//! Webhooks: settings of a bot, and the task that delivers its updates in order.
//!
//! An update is sent again with growing pauses until it is answered with a 2xx status, and the
//! next one is not sent before. `max_connections` is remembered but deliveries are never parallel.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::answer::{ApiError, ApiResult};
use super::http_client;
use super::methods;
use super::params::Params;
use super::world::{Bot, Shared, now};

/// How long the host may take to answer a delivery.
const PATIENCE: Duration = Duration::from_secs(30);

/// The webhook of one bot.
#[derive(Debug, Default)]
pub(crate) struct Webhook {
    pub(crate) url: String,
    pub(crate) secret: Option<String>,
    pub(crate) max_connections: i64,
    pub(crate) last_error: Option<(i64, String)>,
    /// Grows with every change of the settings.
    version: u64,
}

impl Webhook {
    pub(crate) fn is_set(&self) -> bool {
        !self.url.is_empty()
    }
}

/// `setWebhook`.
pub(crate) fn set(bot: &mut Bot, params: &Params) -> ApiResult {
    let url = params.text("url").unwrap_or_default();
    if url.is_empty() {
        return Ok(delete(bot, params));
    }
    check_url(&url)?;
    let secret = params.text("secret_token").filter(|secret| !secret.is_empty());
    if let Some(secret) = &secret {
        if secret.len() > 256 {
            return Err(ApiError::bad_request("secret token is too long"));
        }
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
        if !secret.bytes().all(allowed) {
            return Err(ApiError::bad_request("secret token contains unallowed characters"));
        }
    }
    let max_connections = params.int("max_connections").unwrap_or(40);
    if !(1..=100).contains(&max_connections) {
        return Err(ApiError::bad_request("max_connections must be between 1 and 100"));
    }
    if let Some(Value::Array(kinds)) = params.json("allowed_updates")? {
        bot.updates.allow(&kinds);
    }
    if params.flag("drop_pending_updates") {
        bot.updates.clear();
    }
    let version = bot.webhook.version + 1;
    bot.webhook = Webhook { url, secret, max_connections, last_error: None, version };
    Ok(Value::Bool(true))
}

/// Plain HTTP is taken for this machine only, where the cloud Bot API could not deliver anyway.
fn check_url(url: &str) -> Result<(), ApiError> {
    if url.starts_with("https://") && url.len() > "https://".len() {
        return Ok(());
    }
    let Some((_, host, _)) = http_client::split_url(url) else {
        return Err(ApiError::bad_request("bad webhook: invalid webhook URL specified"));
    };
    let name = host.rsplit_once(':').map_or(host.as_str(), |(name, _)| name);
    if name == "localhost" || name.starts_with("127.") || name == "[::1]" {
        Ok(())
    } else {
        Err(ApiError::bad_request("bad webhook: HTTPS url must be provided for webhook"))
    }
}

/// `deleteWebhook`.
pub(crate) fn delete(bot: &mut Bot, params: &Params) -> Value {
    if params.flag("drop_pending_updates") {
        bot.updates.clear();
    }
    let version = bot.webhook.version + 1;
    bot.webhook = Webhook { version, ..Webhook::default() };
    Value::Bool(true)
}

/// `getWebhookInfo`.
pub(crate) fn info(bot: &Bot) -> Value {
    let mut info = json!({
        "url": bot.webhook.url,
        "has_custom_certificate": false,
        "pending_update_count": bot.updates.len(),
    });
    if bot.webhook.is_set() {
        info["max_connections"] = bot.webhook.max_connections.into();
        info["ip_address"] = "127.0.0.1".into();
    }
    if let Some((date, message)) = &bot.webhook.last_error {
        info["last_error_date"] = (*date).into();
        info["last_error_message"] = message.as_str().into();
    }
    if let Some(kinds) = bot.updates.allowed() {
        info["allowed_updates"] = json!(kinds);
    }
    info
}

struct Delivery {
    id: i64,
    update: Value,
    url: String,
    secret: Option<String>,
    version: u64,
}

/// Delivers a bot's updates for as long as the server lives.
pub(crate) async fn deliver(shared: Arc<Shared>, bot: usize) {
    let stop = shared.stop.clone();
    let work = async {
        let mut failures = 0u32;
        loop {
            let next = next_delivery(&shared, bot).await;
            match send(&next).await {
                Ok(reply) => {
                    failures = 0;
                    shared.edit(|world| world.bots[bot].updates.accepted(next.id));
                    answer_in_reply(&shared, bot, &reply).await;
                }
                Err(error) => {
                    let (first, longest) = shared.edit(|world| {
                        world.bots[bot].webhook.last_error = Some((now(), error));
                        world.retry
                    });
                    let pause = first.saturating_mul(1 << failures.min(16)).min(longest);
                    failures += 1;
                    // New settings are tried at once.
                    let changed = shared
                        .wait_until(pause, |world| (world.bots[bot].webhook.version != next.version).then_some(()));
                    if changed.await.is_some() {
                        failures = 0;
                    }
                }
            }
        }
    };
    tokio::select! {
        () = stop.cancelled() => {}
        () = work => {}
    }
}

async fn next_delivery(shared: &Shared, bot: usize) -> Delivery {
    let mut changes = shared.changes();
    loop {
        changes.borrow_and_update();
        let next = shared.read(|world| {
            let bot = &world.bots[bot];
            let queued = bot.updates.first()?;
            (bot.webhook.is_set() && !world.faults.outage()).then(|| Delivery {
                id: queued.id,
                update: queued.update.clone(),
                url: bot.webhook.url.clone(),
                secret: bot.webhook.secret.clone(),
                version: bot.webhook.version,
            })
        });
        if let Some(next) = next {
            return next;
        }
        // The sender lives as long as `shared`, so this never ends in an error.
        let _ = changes.changed().await;
    }
}

async fn send(delivery: &Delivery) -> Result<Vec<u8>, String> {
    let mut headers = vec![("Content-Type", "application/json")];
    if let Some(secret) = &delivery.secret {
        headers.push(("X-Telegram-Bot-Api-Secret-Token", secret));
    }
    let body = delivery.update.to_string();
    let sending = http_client::send("POST", &delivery.url, &headers, body.as_bytes());
    match tokio::time::timeout(PATIENCE, sending).await {
        Err(_) => Err("Read timeout expired".to_owned()),
        Ok(Err(error)) => Err(error),
        Ok(Ok(answer)) if (200..300).contains(&answer.status) => Ok(answer.body),
        Ok(Ok(answer)) => {
            let reason = axum::http::StatusCode::from_u16(answer.status)
                .ok()
                .and_then(|status| status.canonical_reason())
                .unwrap_or_default();
            Err(format!("Wrong response from the webhook: {} {reason}", answer.status))
        }
    }
}

/// A host may call one method in its answer to a delivery.
async fn answer_in_reply(shared: &Shared, bot: usize, reply: &[u8]) {
    if let Ok(Value::Object(mut call)) = serde_json::from_slice::<Value>(reply)
        && let Some(Value::String(method)) = call.remove("method")
    {
        let params = Params::from_object(call);
        let number = shared.edit(|world| world.log_call(bot, &method, &params));
        let outcome = methods::call(shared, bot, &method, &params).await;
        shared.edit(|world| world.log_outcome(number, &outcome));
    }
}
