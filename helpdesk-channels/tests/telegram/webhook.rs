//! Updates that Telegram pushes to the host.

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode},
    routing::post,
};
use helpdesk_channels::{
    telegram::{TelegramChannel, WebhookOptions},
    testing::BotApiServer,
};
use helpdesk_core::{
    Channel, Desk,
    channel::{Push, PushReply},
    memory::{MemoryBlobs, MemoryStorage},
    testing::faults::{FaultPlan, FaultyStorage},
};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::rig::{Rig, options};

const SECRET: &str = "a-webhook-secret";

type Host = (Arc<TelegramChannel>, Desk);

/// The few lines that a host writes.
async fn hand_over(State((channel, desk)): State<Host>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let headers = headers.iter().map(|(name, value)| (name.as_str().to_owned(), value.as_bytes().to_vec()));
    match channel.push(&desk, Push::new(headers.collect(), body)).await {
        PushReply::Accepted => StatusCode::OK,
        PushReply::Unauthorized => StatusCode::UNAUTHORIZED,
        PushReply::Invalid => StatusCode::BAD_REQUEST,
        PushReply::NotFound => StatusCode::NOT_FOUND,
        _ => StatusCode::SERVICE_UNAVAILABLE,
    }
}

async fn with_webhook(faults: FaultPlan) -> Rig {
    let telegram = BotApiServer::start().await;
    telegram.set_webhook_retry(Duration::from_millis(20), Duration::from_millis(100));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut options = options(&telegram);
    let url = format!("http://{}/telegram", listener.local_addr().unwrap());
    options.webhook = Some(WebhookOptions::new(url, SECRET.into()));
    let rig = Rig::with(telegram, options, faults);
    let app = Router::new().route("/telegram", post(hand_over));
    let app = app.with_state((Arc::clone(&rig.channel), rig.desk.clone()));
    tokio::spawn(async move { axum::serve(listener, app).await });
    rig
}

#[tokio::test]
async fn a_dialog_over_a_webhook() {
    let rig = with_webhook(FaultPlan::none()).await;
    let set = rig.telegram.wait_for_calls("setWebhook", 1).await;
    let kinds = json!(["message", "edited_message", "callback_query", "my_chat_member"]);
    assert_eq!(set[0].params["allowed_updates"], kinds);
    let anna = rig.telegram.user("Anna", "en");
    anna.start();
    let asked = anna.say("Where is my order?");
    anna.wait_for_text_after(asked, "Answer 1").await;
    let press = anna.press("Yes");
    assert!(anna.wait_for_callback_answer(&press).await.text.is_some());
    assert!(rig.telegram.calls_of("getUpdates").is_empty(), "nobody polls");
    rig.stop().await;
}

#[tokio::test]
async fn a_push_that_could_not_be_stored_comes_again() {
    let rig = with_webhook(FaultPlan::fail(1).only(&["commit:before"])).await;
    let anna = rig.telegram.user("Anna", "en");
    anna.start();
    anna.wait_for_text("Your request is open").await;
    rig.telegram.wait_until_confirmed().await;
    assert_eq!(rig.sessions().await.len(), 1);
    rig.stop().await;
}

fn push(secret: Option<&str>, body: &Value) -> Push {
    let header = |secret: &str| ("x-telegram-bot-api-secret-token".to_owned(), secret.as_bytes().to_vec());
    Push::new(secret.map(header).into_iter().collect(), Bytes::from(body.to_string()))
}

fn channel(webhook: bool) -> TelegramChannel {
    let mut options = helpdesk_channels::telegram::TelegramOptions::new("1:TOKEN".into());
    options.webhook = webhook.then(|| WebhookOptions::new("https://example.com", SECRET.into()));
    TelegramChannel::new(options).unwrap()
}

fn desk(faults: FaultPlan) -> Desk {
    let storage = FaultyStorage::new(MemoryStorage::new(), faults);
    Desk::builder(Arc::new(storage), Arc::new(MemoryBlobs::new())).build().unwrap()
}

#[tokio::test]
async fn each_push_gets_its_answer() {
    let (channel, desk) = (channel(true), desk(FaultPlan::fail(1).only(&["commit:before"])));
    let start = json!({ "update_id": 1, "message": {
        "message_id": 1, "date": 1, "text": "/start",
        "from": { "id": 5, "is_bot": false, "first_name": "Anna" },
        "chat": { "id": 5, "type": "private", "first_name": "Anna" },
    } });
    assert_eq!(channel.push(&desk, push(None, &start)).await, PushReply::Unauthorized);
    assert_eq!(channel.push(&desk, push(Some("a-webhook-secreT"), &start)).await, PushReply::Unauthorized);
    assert_eq!(channel.push(&desk, push(Some(""), &start)).await, PushReply::Unauthorized);
    assert_eq!(channel.push(&desk, push(Some(SECRET), &json!("text"))).await, PushReply::Invalid);
    assert_eq!(channel.push(&desk, push(Some(SECRET), &json!({}))).await, PushReply::Invalid);
    assert_eq!(channel.push(&desk, push(Some(SECRET), &start)).await, PushReply::TryAgain);
    assert_eq!(channel.push(&desk, push(Some(SECRET), &start)).await, PushReply::Accepted);
    assert_eq!(channel.push(&desk, push(Some(SECRET), &start)).await, PushReply::Accepted, "again");
    let unknown = json!({ "update_id": 2, "invented_last_week": {} });
    assert_eq!(channel.push(&desk, push(Some(SECRET), &unknown)).await, PushReply::Accepted);
}

#[tokio::test]
async fn a_channel_that_polls_takes_no_pushes() {
    let reply = channel(false).push(&desk(FaultPlan::none()), push(Some(SECRET), &json!({}))).await;
    assert_eq!(reply, PushReply::NotFound);
}
