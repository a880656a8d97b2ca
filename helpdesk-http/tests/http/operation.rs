//! Health, metrics and status.

use std::{ops::Range, sync::Arc};

use async_trait::async_trait;
use helpdesk_core::blob::{BlobError, BlobKey, Blobs, ByteStream};
use helpdesk_http::{HttpOptions, options::MetricsAccess};

use crate::app::{App, Setup, options};

#[tokio::test]
async fn a_live_process_says_so_and_a_ready_one_too() {
    let app = App::new().await;
    assert_eq!(app.get("/healthz").send().await.expect(200).body, "ok\n");
    assert_eq!(app.get("/readyz").send().await.expect(200).body, "ok\n");
}

/// A blob store whose server is away.
#[derive(Debug)]
struct Away;

#[async_trait]
impl Blobs for Away {
    async fn write(&self, _: &BlobKey, _: ByteStream, _: u64) -> Result<u64, BlobError> {
        Ok(0)
    }

    async fn read(&self, _: &BlobKey, _: Option<Range<u64>>) -> Result<ByteStream, BlobError> {
        Err(BlobError::Unavailable("the server at 10.1.2.3 with key AKIA is away".into()))
    }

    async fn remove(&self, _: &BlobKey) -> Result<(), BlobError> {
        Ok(())
    }

    async fn check(&self) -> Result<(), BlobError> {
        Err(BlobError::Unavailable("away".into()))
    }
}

#[tokio::test]
async fn what_is_away_for_a_while_is_to_be_tried_again_and_keeps_its_secrets() {
    let app = App::with(Setup { blobs: Arc::new(Away), ..Setup::default() }).await;
    let session = app.session_handed_over("one").await;
    let path = format!("/api/v1/attachments/{}", session.attachment);
    for call in [app.get("/readyz"), app.get(&path).by(&app.agent)] {
        let answer = call.send().await.refused(503, "unavailable");
        assert!(!answer.header("retry-after").is_empty());
        assert!(!String::from_utf8_lossy(&answer.body).contains("10.1.2.3"));
    }
    app.get("/healthz").send().await.expect(200);
}

#[tokio::test]
async fn two_routers_in_one_process_count_for_themselves() {
    let (one, other) = (App::new().await, App::new().await);
    for _ in 0..3 {
        one.get("/api/v1/sessions/7").by(&one.agent).send().await.expect(404);
    }
    one.get("/no/such/path").send().await.expect(404);
    let line = "helpdesk_http_requests_total{route=\"/api/v1/sessions/{id}\",method=\"GET\",status=\"404\"} 3";
    let text = |app: &App| app.get("/metrics").send();
    let counted = String::from_utf8(text(&one).await.expect(200).body.into()).unwrap();
    assert!(counted.contains(line), "{counted}");
    assert!(!counted.contains("/no/such/path"), "a client's own words are no label");
    for name in [
        "helpdesk_http_request_seconds_bucket",
        "helpdesk_tasks_due",
        "helpdesk_task_oldest_due_seconds",
        "helpdesk_channel_running{channel=\"hook\"} 0",
        "helpdesk_feeds_open 0",
        "helpdesk_ready 1",
    ] {
        assert!(counted.contains(name), "{name} is missing in {counted}");
    }
    let counted = String::from_utf8(text(&other).await.expect(200).body.into()).unwrap();
    assert!(!counted.contains(line));
}

#[tokio::test]
async fn metrics_ask_for_a_token_or_are_off_when_the_host_says_so() {
    let with =
        async |metrics| App::with(Setup { options: HttpOptions { metrics, ..options() }, ..Setup::default() }).await;
    let guarded = with(MetricsAccess::Token("scraper".to_owned().into())).await;
    guarded.get("/metrics").send().await.refused(401, "unauthenticated");
    guarded.get("/metrics").by("scrapers").send().await.refused(401, "unauthenticated");
    guarded.get("/metrics").by("scraper").send().await.expect(200);
    let off = with(MetricsAccess::Off).await;
    off.get("/metrics").send().await.refused(404, "not-found");
}

#[tokio::test]
async fn the_status_shows_work_and_channels() {
    let app = App::new().await;
    app.session_handed_over("one").await;
    let status = app.get("/api/v1/status").by(&app.admin).send().await.expect(200).json();
    assert!(status["backlog"]["due"].as_u64().unwrap() > 0);
    assert!(status["backlog"]["oldest_due"].is_string());
    assert_eq!(status["channels"], serde_json::json!([{"name": "hook", "running": false, "last_error": null}]));
}

#[tokio::test]
async fn every_answer_has_the_requests_id() {
    let app = App::new().await;
    assert!(!app.get("/healthz").send().await.header("x-request-id").is_empty());
    let answer = app.get("/nothing").header("x-request-id", "from-the-proxy").send().await;
    assert_eq!(answer.header("x-request-id"), "from-the-proxy");
}
