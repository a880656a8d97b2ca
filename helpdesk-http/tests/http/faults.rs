//! What fails underneath, and clients that never finish.

use std::{convert::Infallible, sync::Arc, time::Duration};

use axum::body::{Body, Bytes};
use futures_util::stream;
use helpdesk_core::{
    memory::MemoryStorage,
    testing::faults::{FaultPlan, FaultyStorage},
};
use helpdesk_http::HttpOptions;
use serde_json::json;

use crate::app::{App, Session, Setup, options};

async fn with_plan(plan: &FaultPlan) -> (App, Session) {
    let storage = Arc::new(FaultyStorage::new(MemoryStorage::new(), plan.clone()));
    let app = App::with(Setup { storage, ..Setup::default() }).await;
    let session = app.session_handed_over("one").await;
    (app, session)
}

#[tokio::test]
async fn who_repeats_a_request_whose_answer_was_lost_writes_once() {
    const AFTER: &[&str] = &["commit:after"];
    let rehearsal = FaultPlan::none().only(AFTER);
    with_plan(&rehearsal).await;
    let plan = FaultPlan::fail(rehearsal.passed().len() + 1).only(AFTER);
    let (app, session) = with_plan(&plan).await;
    let path = format!("/api/v1/sessions/{}/messages", session.id);
    let write = || {
        let note = json!({"text": "a note", "note": true});
        app.post(&path, &note).by(&app.agent).header("idempotency-key", "k-1").send()
    };
    let unsure = write().await.refused(503, "unavailable");
    assert!(!unsure.header("retry-after").is_empty());
    write().await.expect(201);
    let list = app.get(&path).by(&app.agent).send().await.expect(200).json();
    let notes = list["items"].as_array().unwrap().iter().filter(|message| message["text"] == "a note").count();
    assert_eq!(notes, 1);
}

#[tokio::test]
async fn a_body_that_never_ends_is_given_up() {
    let options = HttpOptions { read_timeout: Duration::from_millis(10), ..options() };
    let app = App::with(Setup { options, ..Setup::default() }).await;
    let session = app.session_handed_over("one").await;
    let never = || Body::from_stream(stream::pending::<Result<Bytes, Infallible>>());
    let messages = format!("/api/v1/sessions/{}/messages", session.id);
    for (path, kind) in [
        ("/api/v1/auth/login", "application/json"),
        (&*messages, "application/json"),
        (&messages, "multipart/form-data; boundary=cut"),
        ("/channels/hook/webhook", "application/json"),
    ] {
        let call = app.request("POST", path).by(&app.agent).header("content-type", kind).body(never());
        call.send().await.refused(408, "timeout");
    }
}

#[tokio::test]
async fn a_body_that_breaks_off_is_refused() {
    let app = App::new().await;
    let broken = Body::from_stream(stream::iter([Ok(Bytes::from("{\"login\"")), Err(std::io::Error::other("reset"))]));
    let call = app.request("POST", "/api/v1/auth/login").header("content-type", "application/json").body(broken);
    call.send().await.refused(400, "malformed-body");
}
