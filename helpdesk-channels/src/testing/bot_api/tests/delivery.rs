//! Updates on their way to the bot: offsets, conflicts, webhooks, redelivery and faults.

use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Json;
use axum::routing::post;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::super::http_client::send;
use super::super::{BotApiServer, Fault, FaultRule};
use super::{call, update_ids};

#[tokio::test]
async fn offsets_confirm_updates() {
    let server = BotApiServer::start().await;
    let anna = server.user("Anna", "en");
    for text in ["one", "two", "three", "four"] {
        anna.say(text);
    }
    let all = update_ids(&server, json!({})).await;
    assert_eq!(all.len(), 4);
    assert!(all.windows(2).all(|pair| pair[0] < pair[1]));
    assert_eq!(update_ids(&server, json!({ "limit": 2 })).await, all[..2]);
    assert_eq!(update_ids(&server, json!({ "offset": all[1] })).await, all[1..]);
    assert_eq!(server.pending_updates(), 3);
    assert_eq!(update_ids(&server, json!({ "offset": -2 })).await, all[2..]);
    assert_eq!(server.pending_updates(), 2);
    assert!(update_ids(&server, json!({ "offset": all[3] + 1 })).await.is_empty());
    server.wait_until_confirmed().await;
}

#[tokio::test]
async fn a_long_poll_waits_and_a_newer_one_ends_it() {
    let server = BotApiServer::start().await;
    let anna = server.user("Anna", "en");
    let waiting = tokio::spawn({
        let server = server.clone();
        async move { call(&server, "getUpdates", json!({ "timeout": 50 })).await }
    });
    // The first poll is under way as soon as it is in the log.
    let seen =
        server.shared.wait_until(Duration::from_secs(5), |world| (world.bots[0].updates.poll == 1).then_some(()));
    seen.await.expect("the first poll");
    let second = tokio::spawn({
        let server = server.clone();
        async move { update_ids(&server, json!({ "timeout": 50 })).await }
    });
    let first = waiting.await.unwrap();
    assert_eq!(first["error_code"], 409);
    assert_eq!(
        first["description"],
        "Conflict: terminated by other getUpdates request; make sure that only one bot instance \
         is running"
    );
    anna.say("hello");
    assert_eq!(second.await.unwrap().len(), 1);
}

#[tokio::test]
async fn kinds_of_updates_are_filtered() {
    let server = BotApiServer::start().await;
    let anna = server.user("Anna", "en");
    let only = json!({ "allowed_updates": ["callback_query"] });
    update_ids(&server, only).await;
    let id = anna.say("hello");
    anna.press_data(id, "x");
    server.push_raw_update(json!({ "brand_new_thing": {} }));
    let answer = call(&server, "getUpdates", json!({})).await;
    assert!(answer["result"][0].get("callback_query").is_some());
    assert!(answer["result"][1].get("brand_new_thing").is_some());
}

#[tokio::test]
async fn updates_are_repeated_and_rearranged() {
    let server = BotApiServer::start().await;
    let anna = server.user("Anna", "en");
    anna.say("one");
    anna.say("two");
    let all = update_ids(&server, json!({})).await;
    let next = json!({ "offset": all[1] + 1 });
    assert!(update_ids(&server, next.clone()).await.is_empty());
    server.redeliver_last(1);
    assert_eq!(update_ids(&server, next.clone()).await, all[1..]);
    assert!(update_ids(&server, next.clone()).await.is_empty());
    server.hold_updates();
    server.duplicate_updates(true);
    anna.say("three");
    anna.say("four");
    assert!(update_ids(&server, next.clone()).await.is_empty());
    server.rearrange_updates(|updates| updates.reverse());
    server.release_updates();
    let (three, four) = (all[1] + 1, all[1] + 2);
    assert_eq!(update_ids(&server, next).await, [four, four, three, three]);
}

/// A host that refuses every other delivery and reports the accepted ones.
async fn webhook_host() -> (String, mpsc::UnboundedReceiver<(Option<String>, Value, bool)>) {
    let (sender, receiver) = mpsc::unbounded_channel();
    let count = std::sync::Arc::new(std::sync::atomic::AtomicU32::new(0));
    let app = Router::new().route(
        "/hook",
        post(
            async move |State(sender): State<mpsc::UnboundedSender<_>>,
                        headers: HeaderMap,
                        Json(update): Json<Value>| {
                let accept = count.fetch_add(1, std::sync::atomic::Ordering::SeqCst) % 2 == 1;
                let secret = headers.get("X-Telegram-Bot-Api-Secret-Token");
                let secret = secret.and_then(|value| value.to_str().ok()).map(str::to_owned);
                let _ = sender.send((secret, update, accept));
                if accept { StatusCode::OK } else { StatusCode::INTERNAL_SERVER_ERROR }
            },
        ),
    );
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, app.with_state(sender)).await });
    (url, receiver)
}

#[tokio::test]
async fn webhooks_are_delivered_in_order_until_accepted() {
    let server = BotApiServer::start().await;
    server.set_webhook_retry(Duration::from_millis(1), Duration::from_millis(2));
    let anna = server.user("Anna", "en");
    let (url, mut deliveries) = webhook_host().await;
    anna.say("one");
    anna.say("two");
    let wrong = call(&server, "setWebhook", json!({ "url": url, "secret_token": "a b" })).await;
    assert_eq!(wrong["description"], "Bad Request: secret token contains unallowed characters");
    let insecure = call(&server, "setWebhook", json!({ "url": "http://example.com/" })).await;
    assert_eq!(insecure["description"], "Bad Request: bad webhook: HTTPS url must be provided for webhook");
    let set = call(&server, "setWebhook", json!({ "url": url, "secret_token": "s-1" })).await;
    assert_eq!(set["ok"], true);
    let mut texts = Vec::new();
    for _ in 0..4 {
        let (secret, update, accepted) = deliveries.recv().await.unwrap();
        assert_eq!(secret.as_deref(), Some("s-1"));
        texts.push((update["message"]["text"].as_str().unwrap().to_owned(), accepted));
    }
    let expected = [("one", false), ("one", true), ("two", false), ("two", true)];
    assert_eq!(texts, expected.map(|(text, accepted)| (text.to_owned(), accepted)));
    server.wait_until_confirmed().await;
    let info = call(&server, "getWebhookInfo", json!({})).await;
    assert_eq!(info["result"]["pending_update_count"], 0);
    assert_eq!(info["result"]["last_error_message"], "Wrong response from the webhook: 500 Internal Server Error");
    let conflict = call(&server, "getUpdates", json!({})).await;
    assert_eq!(conflict["error_code"], 409);
    assert_eq!(call(&server, "deleteWebhook", json!({})).await["ok"], true);
    anna.say("three");
    assert_eq!(update_ids(&server, json!({})).await.len(), 1);
}

#[tokio::test]
async fn lost_and_dropped_calls_differ_in_what_was_done() {
    let server = BotApiServer::start().await;
    let anna = server.user("Anna", "en");
    anna.start();
    let url = format!("{}/bot{}/sendMessage", server.url(), server.token());
    let body = json!({ "chat_id": anna.id(), "text": "hi" }).to_string();
    let headers = [("Content-Type", "application/json")];
    server.inject(FaultRule::on("SendMessage", Fault::DropBeforeProcessing));
    assert!(send("POST", &url, &headers, body.as_bytes()).await.is_err());
    assert_eq!(anna.screen().len(), 1);
    let lost = server.inject(FaultRule::on("sendMessage", Fault::LostAnswer).in_chat(anna.id()));
    assert!(send("POST", &url, &headers, body.as_bytes()).await.is_err());
    lost.wait_hits(1).await;
    assert_eq!(anna.screen().len(), 2);
    let calls = server.wait_for_calls("sendMessage", 2).await;
    assert!(calls[0].response.is_none());
    assert_eq!(calls[0].fault, Some(Fault::DropBeforeProcessing));
    assert!(calls[1].is_ok());
}

#[tokio::test]
async fn hanging_calls_are_released() {
    let server = BotApiServer::start().await;
    let anna = server.user("Anna", "en");
    anna.start();
    let hanging = server.inject(FaultRule::on("*", Fault::Hang).after(1));
    assert_eq!(call(&server, "getMe", json!({})).await["ok"], true);
    let sending = tokio::spawn({
        let (server, chat) = (server.clone(), anna.id());
        async move { call(&server, "sendMessage", json!({ "chat_id": chat, "text": "hi" })).await }
    });
    hanging.wait_hits(1).await;
    assert_eq!(anna.screen().len(), 1);
    hanging.release();
    assert_eq!(sending.await.unwrap()["ok"], true);
    assert_eq!(anna.screen().len(), 2);
}

#[tokio::test]
async fn an_outage_breaks_everything_until_it_ends() {
    let server = BotApiServer::start().await;
    server.begin_outage(Fault::Status(502));
    let url = format!("{}/bot{}/getMe", server.url(), server.token());
    let answer = send("GET", &url, &[], b"").await.unwrap();
    assert_eq!(answer.status, 502);
    assert!(answer.body.starts_with(b"<html>"));
    server.end_outage();
    assert_eq!(call(&server, "getMe", json!({})).await["ok"], true);
}

#[tokio::test]
async fn stopping_closes_connections() {
    let server = BotApiServer::start().await;
    let waiting = tokio::spawn({
        let url = format!("{}/bot{}/getUpdates?timeout=50", server.url(), server.token());
        async move { send("GET", &url, &[], b"").await.is_err() }
    });
    let polled =
        server.shared.wait_until(Duration::from_secs(5), |world| (world.bots[0].updates.poll == 1).then_some(()));
    polled.await.expect("the poll");
    server.stop().await;
    assert!(waiting.await.unwrap());
}
