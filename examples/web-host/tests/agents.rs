//! Staff at work, as the API and the customer's screen show it (A11–A16).

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod support;

use serde_json::json;
use support::{QUESTIONS, Staff, Stage, id, live::Feed};

#[tokio::test]
async fn a11_one_admin_exists_from_the_first_start_and_makes_the_other_accounts() {
    let stage = Stage::new().await;
    let maria = stage.agent("maria", "Maria Ivanova").await;
    assert_eq!(maria.get("/me").await.body["full_name"], "Maria Ivanova");
    // An agent makes nobody, and nobody registers on their own.
    let account = json!({"login": "eve", "password": "long enough", "full_name": "Eve", "role": "admin"});
    assert_eq!(maria.post("/staff", account.clone()).await.status, 403);
    let anonymous = support::api::client().post(format!("{}/api/v1/staff", stage.host.url())).json(&account);
    assert_eq!(anonymous.send().await.unwrap().status(), 401);
    // Another admin is equal to the first.
    assert_eq!(stage.admin.post("/staff", account).await.status, 201);
    let eve = Staff::login(&stage.host.url(), "eve", "long enough").await;
    let second = json!({"login": "adam", "password": "long enough", "full_name": "Adam", "role": "agent"});
    assert_eq!(eve.post("/staff", second).await.status, 201);
}

#[tokio::test]
async fn a12_an_agent_sees_every_session_that_was_handed_over_and_no_other() {
    let stage = Stage::new().await;
    let maria = stage.agent("maria", "Maria Ivanova").await;
    let (anna, boris) = (stage.telegram.user("Anna", "en"), stage.telegram.user("Boris", "en"));
    let queued = stage.queued(&anna, "Anna").await;
    boris.start();
    boris.wait_for_text("Your request is open").await;
    let list = maria.get("/sessions?state=queued,active,bot,offered,closed").await;
    let seen: Vec<_> = list.body["items"].as_array().unwrap().iter().map(id).collect();
    assert_eq!(seen, [id(&queued)]);
    let hidden = stage.session_of("Boris").await;
    assert_eq!(maria.get(&format!("/sessions/{}", id(&hidden))).await.status, 404);
    assert_eq!(maria.get(&format!("/sessions/{}/messages", id(&hidden))).await.status, 404);
    assert_eq!(maria.act(id(&hidden), "join").await.status, 404);
}

#[tokio::test]
async fn a13_an_agent_reads_everything_without_joining() {
    let stage = Stage::new().await;
    let maria = stage.agent("maria", "Maria Ivanova").await;
    let anna = stage.telegram.user("Anna", "en");
    let session = stage.queued(&anna, "Anna").await;
    anna.photo(b"0123456789".to_vec(), "");
    anna.document("notes.html", "text/html", b"<script>alert(1)</script>".to_vec());
    anna.video(b"a video".to_vec(), 3);
    anna.location(55.75, 37.61);
    anna.contact("+79990000000", "Petr");
    stage.telegram.wait_until_confirmed().await;

    let mut feed = Feed::open(&maria, Some(0)).await;
    let stored = |event: &serde_json::Value| {
        event["message"]["attachments"]
            .as_array()
            .is_some_and(|files| files.iter().any(|file| file["state"] == "stored"))
    };
    for _ in 0..3 {
        feed.next_where(stored).await;
    }
    let messages = maria.messages(id(&session)).await;
    let files: Vec<_> = messages.iter().flat_map(|message| message["attachments"].as_array().unwrap()).collect();
    let kinds: Vec<_> = files.iter().map(|file| file["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["photo", "document", "video", "location", "contact"]);

    let picture = maria.get_range(&format!("/attachments/{}", id(files[0])), "bytes=2-5").await;
    assert_eq!((picture.status, picture.bytes.as_slice()), (206, b"2345".as_slice()));
    let page = maria.get(&format!("/attachments/{}", id(files[1]))).await;
    assert_eq!(page.headers["x-content-type-options"], "nosniff");
    assert!(page.headers["content-disposition"].to_str().unwrap().starts_with("attachment"));
    assert_eq!(
        maria.get(&format!("/sessions/{}", id(&session))).await.body["state"],
        "queued",
        "reading does not join"
    );
}

#[tokio::test]
async fn a14_many_agents_join_and_the_customer_sees_who_wrote() {
    let stage = Stage::new().await;
    let maria = stage.agent("maria", "Maria Ivanova").await;
    let oleg = stage.agent("oleg", "Oleg Petrov").await;
    let anna = stage.telegram.user("Anna", "en");
    let session = stage.queued(&anna, "Anna").await;
    let session = id(&session);

    assert_eq!(maria.write(session, "too early").await.status, 409, "writing needs joining");
    assert_eq!(maria.act(session, "join").await.status, 200);
    assert_eq!(oleg.act(session, "join").await.status, 200);
    assert_eq!(maria.write(session, "Hello, I am looking into it.").await.status, 201);
    assert_eq!(oleg.write(session, "I have found it.").await.status, 201);
    let first = anna.wait_for_text("Hello, I am looking into it.").await;
    assert!(first.words().starts_with("Maria Ivanova"), "{}", first.words());
    let second = anna.wait_for_text("I have found it.").await;
    assert!(second.words().starts_with("Oleg Petrov"), "{}", second.words());

    let detail = maria.get(&format!("/sessions/{session}")).await.body;
    assert_eq!(detail["state"], "active");
    let agents: Vec<_> = detail["agents"].as_array().unwrap().iter().map(|agent| &agent["full_name"]).collect();
    assert_eq!(agents, ["Maria Ivanova", "Oleg Petrov"]);

    // The last one to leave puts it back into the queue.
    maria.act(session, "leave").await;
    assert_eq!(oleg.act(session, "leave").await.body["state"], "queued");
}

#[tokio::test]
async fn a14_the_same_clients_key_sends_one_message() {
    let stage = Stage::new().await;
    let anna = stage.telegram.user("Anna", "en");
    let session = stage.queued(&anna, "Anna").await;
    let session = id(&session);
    stage.admin.act(session, "join").await;
    let path = format!("/sessions/{session}/messages");
    let one = stage.admin.post_once(&path, "key-1", json!({"text": "A single copy."})).await;
    let two = stage.admin.post_once(&path, "key-1", json!({"text": "A single copy."})).await;
    assert_eq!((one.status, two.status), (201, 201));
    assert_eq!(id(&one.body), id(&two.body));
    stage.admin.write(session, "last").await;
    anna.wait_for_text("last").await;
    assert_eq!(anna.screen().iter().filter(|message| message.words().contains("A single copy.")).count(), 1);
}

#[tokio::test]
async fn a15_staff_send_text_only() {
    let stage = Stage::new().await;
    let anna = stage.telegram.user("Anna", "en");
    let session = stage.queued(&anna, "Anna").await;
    stage.admin.act(id(&session), "join").await;
    let form = reqwest::multipart::Form::new()
        .text("text", "see the file")
        .part("files", reqwest::multipart::Part::bytes(b"a file".to_vec()).file_name("a.txt"));
    let sent = support::api::client()
        .post(format!("{}/sessions/{}/messages", stage.admin.base(), id(&session)))
        .bearer_auth(&stage.admin.token)
        .multipart(form)
        .send()
        .await
        .unwrap();
    assert!(sent.status().is_client_error(), "{}", sent.status());
    assert!(sent.text().await.unwrap().contains("agents_may_attach"));
}

#[tokio::test]
async fn a16_a_new_request_closes_the_dialog_and_it_vanishes_from_the_agents_screen_at_once() {
    let stage = Stage::new().await;
    let maria = stage.agent("maria", "Maria Ivanova").await;
    let anna = stage.telegram.user("Anna", "en");
    let session = stage.queued(&anna, "Anna").await;
    let session = id(&session).to_owned();
    maria.act(&session, "join").await;
    let mut feed = Feed::open(&maria, None).await;

    anna.press_reply_button("New request");
    let closed = feed
        .next_where(|event| event["session"]["id"] == session.as_str() && event["session"]["state"] == "closed")
        .await;
    assert_eq!(closed["session"]["resolution"], "superseded");
    assert_eq!(closed["session"]["resolved"], true);
    let open = maria.get("/sessions?state=queued,active").await;
    assert_eq!(open.body["items"].as_array().unwrap().len(), 0);
    assert_eq!(maria.write(&session, "too late").await.status, 409);
}

#[tokio::test]
async fn a_close_by_an_agent_is_told_and_can_be_rated() {
    let stage = Stage::new().await;
    let anna = stage.telegram.user("Anna", "en");
    let session = stage.queued(&anna, "Anna").await;
    stage.admin.act(id(&session), "join").await;
    let closed = stage.admin.act(id(&session), "close").await;
    assert_eq!((&closed.body["state"], &closed.body["resolution"]), (&"closed".into(), &"solved_by_staff".into()));
    anna.wait_for_text("Our support team has closed this request").await;
    let query = anna.press("★★★★★");
    anna.wait_for_callback_answer(&query).await;
    assert_eq!(stage.session_of("Anna").await["rating"], 5);
}

#[tokio::test]
async fn a_late_answer_never_lands_after_a_person_has_joined() {
    let model = SlowModel::start().await;
    let stage = Stage::with(&model.environment()).await;
    let anna = stage.telegram.user("Anna", "en");
    anna.start();
    anna.wait_for_text("Your request is open").await;
    anna.say(QUESTIONS[0]);
    model.asked.notified().await;
    // An admin steps in while the model still thinks.
    let session = stage.session_of("Anna").await;
    assert_eq!(stage.admin.act(id(&session), "join").await.body["state"], "active");
    model.answer.notify_one();
    stage.admin.write(id(&session), "I am here.").await;
    anna.wait_for_text("I am here.").await;
    model.answered.notified().await;
    stage.admin.write(id(&session), "Still here.").await;
    anna.wait_for_text("Still here.").await;
    let screen = anna.print();
    assert!(!screen.contains(SlowModel::ANSWER) && !screen.contains("I do not have an answer"), "{screen}");
}

/// An OpenAI-compatible model that answers when the test says so.
struct SlowModel {
    url: String,
    asked: std::sync::Arc<tokio::sync::Notify>,
    answer: std::sync::Arc<tokio::sync::Notify>,
    answered: std::sync::Arc<tokio::sync::Notify>,
}

impl SlowModel {
    const ANSWER: &'static str = "A late answer of the model.";

    async fn start() -> Self {
        use axum::{Json, Router, routing::post};
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/v1", listener.local_addr().unwrap());
        let model = Self {
            url,
            asked: std::sync::Arc::default(),
            answer: std::sync::Arc::default(),
            answered: std::sync::Arc::default(),
        };
        let (asked, answer, answered) = (model.asked.clone(), model.answer.clone(), model.answered.clone());
        let reply = move || async move {
            asked.notify_one();
            answer.notified().await;
            answered.notify_one();
            let content = json!({"outcome": "answer", "text": Self::ANSWER, "sources": []}).to_string();
            Json(json!({"choices": [{"message": {"role": "assistant", "content": content}, "finish_reason": "stop"}]}))
        };
        let app = Router::new().route("/v1/chat/completions", post(reply));
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        model
    }

    fn environment(&self) -> [(&str, &str); 2] {
        [("HELPDESK_CHAT_URL", &self.url), ("HELPDESK_CHAT_MODEL", "slow")]
    }
}
