//! What becomes of messages when Telegram does not play along: shown to staff, never lost, never repeated blindly.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod support;

use helpdesk_channels::testing::bot_api::{Fault, FaultRule, MediaFile};
use serde_json::{Value, json};
use support::{Stage, id, live::Feed};

/// A dialog with an agent in it.
async fn joined(stage: &Stage, name: &str) -> (helpdesk_channels::testing::bot_api::ScriptedUser, String) {
    let customer = stage.telegram.user(name, "en");
    let session = stage.queued(&customer, name).await;
    let session = id(&session).to_owned();
    stage.admin.act(&session, "join").await;
    (customer, session)
}

fn is(event: &Value, text: &str, status: &str) -> bool {
    event["message"]["text"] == text && event["message"]["delivery"]["status"] == status
}

#[tokio::test]
async fn a_rate_limit_is_obeyed_and_the_message_arrives_once() {
    let stage = Stage::new().await;
    let (anna, session) = joined(&stage, "Anna").await;
    let fault = stage.telegram.inject(FaultRule::on("sendMessage", Fault::RateLimit { retry_after: 1 }));
    stage.admin.write(&session, "A message in a busy hour.").await;
    fault.wait_hits(1).await;
    anna.wait_for_text("A message in a busy hour.").await;
    assert_eq!(anna.screen().iter().filter(|seen| seen.words().contains("busy hour")).count(), 1);
}

#[tokio::test]
async fn a_lost_answer_is_shown_as_unknown_and_staff_choose_to_send_again() {
    let stage = Stage::new().await;
    let (anna, session) = joined(&stage, "Anna").await;
    let mut feed = Feed::open(&stage.admin, None).await;
    stage.telegram.inject(FaultRule::on("sendMessage", Fault::LostAnswer));
    stage.admin.write(&session, "Did you get this?").await;
    let unknown = feed.next_where(|event| is(event, "Did you get this?", "unknown")).await;
    anna.wait_for_text("Did you get this?").await;
    // Not repeated on its own: what is sent afterwards comes after one copy.
    stage.admin.write(&session, "And this?").await;
    anna.wait_for_text("And this?").await;
    assert_eq!(anna.screen().iter().filter(|seen| seen.words().contains("Did you get this?")).count(), 1);

    let message = id(&unknown["message"]).to_owned();
    assert_eq!(stage.admin.post(&format!("/messages/{message}/resend"), json!({})).await.status, 200);
    feed.next_where(|event| is(event, "Did you get this?", "sent")).await;
    assert_eq!(anna.screen().iter().filter(|seen| seen.words().contains("Did you get this?")).count(), 2);
    // What has arrived cannot be sent again.
    assert_eq!(stage.admin.post(&format!("/messages/{message}/resend"), json!({})).await.status, 409);
}

#[tokio::test]
async fn a_customer_who_blocked_the_bot_is_shown_as_unreachable_and_can_come_back() {
    let stage = Stage::new().await;
    let (anna, session) = joined(&stage, "Anna").await;
    let mut feed = Feed::open(&stage.admin, None).await;
    anna.block();
    stage.telegram.wait_until_confirmed().await;
    stage.admin.write(&session, "Are you there?").await;
    feed.next_where(|event| is(event, "Are you there?", "failed")).await;
    let detail = stage.admin.get(&format!("/sessions/{session}")).await.body;
    assert_eq!(detail["reachable"], false, "{detail:#}");

    anna.unblock();
    anna.say("I am back.");
    stage.telegram.wait_until_confirmed().await;
    let detail = stage.admin.get(&format!("/sessions/{session}")).await.body;
    assert_eq!(detail["reachable"], true, "{detail:#}");
}

#[tokio::test]
async fn a_long_text_arrives_whole_in_several_parts_under_the_agents_name() {
    let stage = Stage::new().await;
    let (anna, session) = joined(&stage, "Anna").await;
    let words: Vec<String> = (0..1500).map(|number| format!("word{number}")).collect();
    assert_eq!(stage.admin.write(&session, &format!("{} the end", words.join(" "))).await.status, 201);
    anna.wait_for_text("the end").await;
    let shown: String = anna
        .screen()
        .iter()
        .filter(|seen| seen.words().contains("word"))
        .map(|seen| seen.words().to_owned() + " ")
        .collect();
    assert!((0..1500).all(|number| shown.contains(&format!("word{number} "))));
    assert!(shown.starts_with("admin"), "{}", &shown[..40]);
}

#[tokio::test]
async fn a_file_past_telegrams_limit_is_kept_as_too_large_and_the_customer_is_told() {
    let stage = Stage::new().await;
    let (anna, session) = joined(&stage, "Anna").await;
    anna.send(MediaFile::video(b"only the name of a film".to_vec(), 7200).declared_size(50 * 1024 * 1024));
    anna.wait_for_text("is larger than 20 MB").await;
    let messages = stage.admin.messages(&session).await;
    let video = messages.iter().flat_map(|message| message["attachments"].as_array().unwrap()).last().unwrap();
    assert_eq!((&video["kind"], &video["state"]), (&"video".into(), &"too_large".into()));
    assert_eq!(stage.admin.get(&format!("/attachments/{}", id(video))).await.status, 404);
}

#[tokio::test]
async fn an_edit_becomes_a_revision_that_staff_see() {
    let stage = Stage::new().await;
    let (anna, session) = joined(&stage, "Anna").await;
    let said = anna.say("My order is 1234");
    anna.edit(said, "My order is 1235");
    stage.telegram.wait_until_confirmed().await;
    let messages = stage.admin.messages(&session).await;
    let edited = messages.iter().find(|message| message["text"] == "My order is 1235").unwrap();
    assert!(!edited["edited_at"].is_null());
    let revisions = stage.admin.get(&format!("/messages/{}/revisions", id(edited))).await.body;
    assert!(revisions.to_string().contains("My order is 1234"), "{revisions:#}");
}

#[tokio::test]
async fn updates_that_come_twice_are_applied_once() {
    let stage = Stage::new().await;
    let (anna, session) = joined(&stage, "Anna").await;
    stage.telegram.duplicate_updates(true);
    anna.say("Only once, please");
    stage.telegram.wait_until_confirmed().await;
    stage.telegram.redeliver_last(3);
    stage.telegram.wait_until_confirmed().await;
    let messages = stage.admin.messages(&session).await;
    assert_eq!(messages.iter().filter(|message| message["text"] == "Only once, please").count(), 1);
}

#[tokio::test]
async fn in_a_group_the_bot_says_that_it_works_in_private_chats() {
    let stage = Stage::new().await;
    let group = stage.telegram.group("Neighbours");
    let anna = stage.telegram.user("Anna", "en");
    anna.say_in(&group, "/start");
    group.wait_for_text("I help in private chats").await;
    assert!(stage.sessions_of("Anna").await.is_empty());
}

#[tokio::test]
async fn staff_search_finds_any_inflection_in_what_they_may_see() {
    let stage = Stage::new().await;
    let (anna, _) = joined(&stage, "Anna").await;
    anna.say("Не приходят деньги за заказ AB-9921");
    stage.telegram.wait_until_confirmed().await;
    for query in ["заказы", "приходит", "9921", "ab-9921"] {
        let found = stage.admin.get(&format!("/messages/search?q={query}")).await;
        assert_eq!(found.status, 200, "{found:?}");
        assert_eq!(found.body["items"].as_array().unwrap().len(), 1, "{query}: {}", found.body);
    }
}
