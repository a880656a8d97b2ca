//! Sessions and messages.

use std::fmt::Write;

use helpdesk_core::channel::InboundEvent;
use serde_json::{Value, json};

use crate::app::{App, Setup};

fn ids(list: &Value) -> Vec<&str> {
    list["items"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn an_agent_finds_what_was_handed_over_and_an_admin_everything() {
    let app = App::new().await;
    let hidden = app.session_with_bot("one").await;
    let shown = app.session_handed_over("two").await;
    let agents = app.get("/api/v1/sessions").by(&app.agent).send().await.expect(200).json();
    assert_eq!(ids(&agents), [&shown.id]);
    let admins = app.get("/api/v1/sessions").by(&app.admin).send().await.expect(200).json();
    assert_eq!(ids(&admins), [&shown.id, &hidden.id]);
    assert_eq!(admins["next"], Value::Null);
}

#[tokio::test]
async fn sessions_are_filtered_ordered_and_paged() {
    let app = App::new().await;
    let mut opened = Vec::new();
    for place in ["one", "two", "three"] {
        opened.push(app.session_handed_over(place).await.id);
    }
    let list =
        async |query: &str| app.get(&format!("/api/v1/sessions{query}")).by(&app.agent).send().await.expect(200).json();
    let first = list("?state=queued,active&order=longest_waiting&limit=2").await;
    assert_eq!(ids(&first), [&opened[0], &opened[1]]);
    let next = first["next"].as_str().unwrap();
    let second = list(&format!("?state=queued,active&order=longest_waiting&limit=2&cursor={next}")).await;
    assert_eq!((ids(&second), &second["next"]), (vec![opened[2].as_str()], &Value::Null));
    assert!(ids(&list("?state=closed").await).is_empty());
    assert!(ids(&list("?channel=email").await).is_empty());
    assert_eq!(ids(&list("?channel=hook&opened_from=2020-01-01T00:00:00Z").await).len(), 3);
    assert!(ids(&list("?opened_before=2020-01-01T00:00:00Z").await).is_empty());
    let customer = first["items"][0]["customer"]["id"].as_str().unwrap();
    assert_eq!(ids(&list(&format!("?customer={customer}")).await), [&opened[0]]);
}

#[tokio::test]
async fn an_agent_joins_writes_leaves_and_closes() {
    let app = App::new().await;
    let session = app.session_handed_over("one").await.id;
    let path = format!("/api/v1/sessions/{session}");
    let write = |text: &str| app.post(&format!("{path}/messages"), &json!({"text": text})).by(&app.agent);
    write("too early").send().await.refused(409, "not-joined");

    let joined = app.request("POST", &format!("{path}/join")).by(&app.agent).send().await.expect(200).json();
    assert_eq!(joined["state"], "active");
    assert_eq!(joined["agents"][0]["full_name"], "Anna Agent");

    let message = write("How can I help?").send().await.expect(201).json();
    assert_eq!(message["author"]["kind"], "staff");
    assert_eq!(message["author"]["full_name"], "Anna Agent");
    assert_eq!(message["delivery"]["status"], "pending");
    assert_eq!(message["visibility"], "everyone");

    let left = app.request("POST", &format!("{path}/leave")).by(&app.agent).send().await.expect(200).json();
    assert_eq!(left["state"], "queued");
    let closed = app.request("POST", &format!("{path}/close")).by(&app.agent).send().await.expect(200).json();
    assert_eq!(
        (&closed["state"], &closed["resolution"], &closed["resolved"]),
        (&json!("closed"), &json!("solved_by_staff"), &json!(true))
    );
    write("too late").send().await.refused(409, "session-closed");
    app.request("POST", &format!("{path}/join")).by(&app.agent).send().await.refused(409, "session-closed");
}

#[tokio::test]
async fn a_note_needs_no_joining_and_goes_nowhere() {
    let app = App::new().await;
    let session = app.session_handed_over("one").await;
    let path = format!("/api/v1/sessions/{}/messages", session.id);
    let body = json!({"text": "call them back", "note": true, "reply_to": session.message});
    let note = app.post(&path, &body).by(&app.agent).send().await.expect(201).json();
    assert_eq!(
        (&note["visibility"], &note["delivery"], &note["reply_to"]),
        (&json!("staff"), &Value::Null, &json!(session.message))
    );
}

#[tokio::test]
async fn the_same_key_writes_one_message() {
    let app = App::new().await;
    let session = app.session_handed_over("one").await.id;
    let path = format!("/api/v1/sessions/{session}/messages");
    let write =
        || app.post(&path, &json!({"text": "once", "note": true})).by(&app.agent).header("idempotency-key", "k-1");
    let first = write().send().await.expect(201).json();
    let second = write().send().await.expect(201).json();
    assert_eq!(first, second);
    for key in ["", "a b", "ключ", &"k".repeat(201)] {
        let call = app.post(&path, &json!({"text": "x", "note": true})).by(&app.agent).header("idempotency-key", key);
        call.send().await.refused(400, "invalid-header");
    }
}

#[tokio::test]
async fn messages_are_listed_in_either_order() {
    let app = App::new().await;
    let session = app.session_handed_over("one").await.id;
    let list = async |query: &str| {
        app.get(&format!("/api/v1/sessions/{session}/messages{query}")).by(&app.agent).send().await.expect(200).json()
    };
    let whole = list("").await;
    let sequence: Vec<_> =
        whole["items"].as_array().unwrap().iter().map(|message| message["seq"].as_u64().unwrap()).collect();
    assert_eq!(sequence, (1..=sequence.len() as u64).collect::<Vec<_>>());
    let mut backwards = Vec::new();
    let mut query = "?order=newest&limit=2".to_owned();
    loop {
        let page = list(&query).await;
        backwards.extend(page["items"].as_array().unwrap().clone());
        let Some(next) = page["next"].as_str() else { break };
        query = format!("?order=newest&limit=2&cursor={next}");
    }
    backwards.reverse();
    assert_eq!(&backwards, whole["items"].as_array().unwrap());
}

#[tokio::test]
async fn a_failed_message_is_sent_again_once() {
    let app = App::new().await;
    let session = app.session_handed_over("one").await;
    let path = format!("/api/v1/messages/{}/resend", session.message);
    let again = app.request("POST", &path).by(&app.agent).send().await.expect(200).json();
    assert_eq!(again["delivery"]["status"], "pending");
    app.request("POST", &path).by(&app.agent).send().await.refused(409, "conflict");
}

#[tokio::test]
async fn an_edited_message_keeps_its_earlier_texts() {
    let app = App::new().await;
    let external_id = || helpdesk_core::ExternalId("17".to_owned());
    app.session_handed_over("one").await;
    let message = helpdesk_core::channel::IncomingMessage {
        external_id: Some(external_id()),
        text: "my pasword".to_owned(),
        ..Default::default()
    };
    app.customer("one", InboundEvent::Message(message)).await;
    app.customer("one", InboundEvent::Edit { external_id: external_id(), text: "my password".to_owned() }).await;
    let hits = app.get("/api/v1/messages/search?q=password").by(&app.agent).send().await.expect(200).json();
    let hit = &hits["items"][0];
    assert!(hit["message"]["edited_at"].is_string() && hit["session"]["number"] == 1);
    let id = hit["message"]["id"].as_str().unwrap();
    let revisions = app.get(&format!("/api/v1/messages/{id}/revisions")).by(&app.agent).send().await.expect(200).json();
    assert_eq!(revisions["items"][0]["text"], "my pasword");
}

#[tokio::test]
async fn search_finds_only_what_the_caller_may_read() {
    let app = App::new().await;
    let hidden = app.session_with_bot("one").await;
    let shown = app.session_handed_over("two").await;
    let count = async |token: &str, query: &str| {
        let hits = app.get(&format!("/api/v1/messages/search?{query}")).by(token).send().await.expect(200).json();
        hits["items"].as_array().unwrap().len()
    };
    assert_eq!(count(&app.agent, "q=pelican").await, 1);
    assert_eq!(count(&app.admin, "q=pelican").await, 2);
    assert_eq!(count(&app.agent, &format!("q=pelican&session={}", shown.id)).await, 1);
    let elsewhere = format!("/api/v1/messages/search?q=pelican&session={}", hidden.id);
    app.get(&elsewhere).by(&app.agent).send().await.refused(404, "not-found");
    app.get("/api/v1/messages/search?q=%20").by(&app.agent).send().await.refused(422, "validation");
}

#[tokio::test]
async fn a_session_shows_its_customer_and_where_they_are_reached() {
    let app = App::new().await;
    let session = app.session_handed_over("one").await.id;
    let shown = app.get(&format!("/api/v1/sessions/{session}")).by(&app.agent).send().await.expect(200).json();
    assert_eq!(shown["customer"]["name"], "Customer one");
    assert_eq!(shown["customer"]["addresses"][0]["channel"], "hook");
    assert_eq!(shown["customer"]["addresses"][0]["handle"], "one");
    assert_eq!(shown["reachable"], true);
    app.customer("one", InboundEvent::Unreachable).await;
    let shown = app.get(&format!("/api/v1/sessions/{session}")).by(&app.agent).send().await.expect(200).json();
    assert_eq!(shown["reachable"], false);
}

fn form(parts: &[(&str, Option<&str>, &str)]) -> String {
    let mut body = String::new();
    for (name, file_name, content) in parts {
        let file_name =
            file_name.map_or_else(String::new, |name| format!("; filename=\"{name}\"\r\nContent-Type: image/png"));
        let _ =
            write!(body, "--cut\r\nContent-Disposition: form-data; name=\"{name}\"{file_name}\r\n\r\n{content}\r\n");
    }
    body + "--cut--\r\n"
}

const FORM: &str = "multipart/form-data; boundary=cut";

#[tokio::test]
async fn a_form_sends_files_where_the_policy_allows_them() {
    let app = App::new().await;
    let session = app.session_handed_over("one").await.id;
    app.request("POST", &format!("/api/v1/sessions/{session}/join")).by(&app.agent).send().await.expect(200);
    let path = format!("/api/v1/sessions/{session}/messages");
    let body = form(&[("text", None, "look"), ("files", Some("a.png"), "first"), ("files", Some("b.png"), "second")]);
    let call = app.request("POST", &path).by(&app.agent).header("content-type", FORM).body(body.clone());
    let message = call.send().await.expect(201).json();
    assert_eq!((&message["text"], &message["attachments"][1]["name"]), (&json!("look"), &json!("b.png")));
    for (place, content) in ["first", "second"].iter().enumerate() {
        let id = message["attachments"][place]["id"].as_str().unwrap();
        let file = app.get(&format!("/api/v1/attachments/{id}")).by(&app.agent).send().await.expect(200);
        assert_eq!(file.body, content.as_bytes());
    }

    let strict = App::with(Setup { policy: helpdesk_core::Policy::default(), ..Setup::default() }).await;
    let session = strict.session_handed_over("one").await.id;
    strict.request("POST", &format!("/api/v1/sessions/{session}/join")).by(&strict.agent).send().await.expect(200);
    let path = format!("/api/v1/sessions/{session}/messages");
    let call = strict.request("POST", &path).by(&strict.agent).header("content-type", FORM).body(body);
    call.send().await.refused(422, "validation");
}

#[tokio::test]
async fn a_form_that_is_not_right_is_refused() {
    let app = App::new().await;
    let session = app.session_handed_over("one").await.id;
    let path = format!("/api/v1/sessions/{session}/messages");
    let send = async |kind: &str, body: String| {
        app.request("POST", &path).by(&app.agent).header("content-type", kind).body(body).send().await
    };
    for parts in [
        &[("text", None, "a"), ("text", None, "b")][..],
        &[("title", None, "a")],
        &[("text", None, "a"), ("note", None, "maybe")],
        &[("text", None, "a"), ("reply_to", None, "7")],
    ] {
        send(FORM, form(parts)).await.refused(400, "invalid-body");
    }
    send(FORM, "--cut\r\nno end".to_owned()).await.refused(400, "malformed-body");
    send("multipart/form-data", form(&[])).await.refused(400, "malformed-body");
    let many: Vec<_> = (0..101).map(|_| ("files", Some("a"), "x")).collect();
    send(FORM, form(&many)).await.refused(422, "validation");
    let long = "x".repeat(1024 * 1024 + 1);
    send(FORM, form(&[("text", None, &long)])).await.refused(413, "too-large");
}
