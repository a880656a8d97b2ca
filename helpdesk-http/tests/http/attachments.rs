//! Files that customers sent (A13).

use serde_json::json;

use crate::app::{App, FILE};

#[tokio::test]
async fn a_voice_is_played_in_place_and_cannot_run() {
    let app = App::new().await;
    let session = app.session_handed_over("one").await;
    let path = format!("/api/v1/attachments/{}", session.attachment);
    let file = app.get(&path).by(&app.agent).send().await.expect(200);
    assert_eq!(file.body, FILE);
    assert_eq!(file.header("content-type"), "audio/ogg");
    assert_eq!(file.header("content-disposition"), "inline; filename=\"voice.ogg\"; filename*=UTF-8''voice.ogg");
    assert_eq!(file.header("x-content-type-options"), "nosniff");
    assert_eq!(file.header("content-security-policy"), "sandbox; default-src 'none'");
    assert!(file.header("cache-control").starts_with("private, "));
    let cached = app.get(&path).by(&app.agent).header("if-none-match", file.header("etag")).send().await.expect(304);
    assert!(cached.body.is_empty());
    let head = app.request("HEAD", &path).by(&app.agent).send().await.expect(200);
    assert_eq!(head.header("content-length"), "10");
}

#[tokio::test]
async fn a_range_of_it_can_be_had() {
    let app = App::new().await;
    let session = app.session_handed_over("one").await;
    let path = format!("/api/v1/attachments/{}", session.attachment);
    let etag = format!("\"{}\"", session.attachment);
    for (range, expected, content_range) in [
        ("bytes=0-3", "0123", "bytes 0-3/10"),
        ("bytes=8-", "89", "bytes 8-9/10"),
        ("bytes=-2", "89", "bytes 8-9/10"),
        ("bytes=5-500", "56789", "bytes 5-9/10"),
    ] {
        let part =
            app.get(&path).by(&app.agent).header("range", range).header("if-range", &etag).send().await.expect(206);
        assert_eq!((&part.body[..], part.header("content-range")), (expected.as_bytes(), content_range), "{range}");
        assert_eq!(part.header("content-length"), expected.len().to_string());
    }
    for range in ["bytes=10-", "bytes=5-3", "bytes=x", "bytes=-0"] {
        let refused = app.get(&path).by(&app.agent).header("range", range).send().await;
        assert_eq!(refused.refused(416, "range-not-satisfiable").header("content-range"), "bytes */10");
    }
    let changed = app.get(&path).by(&app.agent).header("range", "bytes=0-3").header("if-range", "\"old\"").send().await;
    assert_eq!(changed.expect(200).body, FILE);
}

#[tokio::test]
async fn a_page_is_saved_and_never_shown() {
    let app = App::new().await;
    let session = app.session_handed_over("one").await;
    let body = "--cut\r\nContent-Disposition: form-data; name=\"files\"; filename=\"отчёт.html\"\r\nContent-Type: text/html\r\n\r\n\
                <script>alert(1)</script>\r\n--cut\r\nContent-Disposition: form-data; name=\"note\"\r\n\r\ntrue\r\n--cut--\r\n";
    let path = format!("/api/v1/sessions/{}/messages", session.id);
    let call = app.request("POST", &path).by(&app.agent).header("content-type", "multipart/form-data; boundary=cut");
    let message = call.body(body).send().await.expect(201).json();
    assert_eq!(message["attachments"][0]["mime"], "text/html");
    let path = format!("/api/v1/attachments/{}", message["attachments"][0]["id"].as_str().unwrap());
    let file = app.get(&path).by(&app.agent).send().await.expect(200);
    assert_eq!(file.header("content-type"), "application/octet-stream");
    assert_eq!(
        file.header("content-disposition"),
        "attachment; filename=\"_____.html\"; filename*=UTF-8''%D0%BE%D1%82%D1%87%D1%91%D1%82.html"
    );
}

#[tokio::test]
async fn a_file_that_is_not_here_yet_is_not_found() {
    let app = App::new().await;
    app.session_handed_over("one").await;
    let picture = helpdesk_core::channel::IncomingFile {
        kind: helpdesk_core::message::FileKind::Photo,
        name: None,
        mime: None,
        size_bytes: None,
        duration_seconds: None,
        reference: "file-2".to_owned(),
    };
    let message = helpdesk_core::channel::IncomingMessage { files: vec![picture], ..Default::default() };
    app.customer("one", helpdesk_core::channel::InboundEvent::Message(message)).await;
    let sessions = app.get("/api/v1/sessions").by(&app.agent).send().await.expect(200).json();
    let session = sessions["items"][0]["id"].as_str().unwrap();
    let messages = app.get(&format!("/api/v1/sessions/{session}/messages?order=newest&limit=1")).by(&app.agent);
    let messages = messages.send().await.expect(200).json();
    let attachment = &messages["items"][0]["attachments"][0];
    assert_eq!((&attachment["state"], &attachment["kind"]), (&json!("remote"), &json!("photo")));
    let path = format!("/api/v1/attachments/{}", attachment["id"].as_str().unwrap());
    app.get(&path).by(&app.agent).send().await.refused(404, "not-found");
    app.get(&path).by(&app.agent).header("range", "bytes=0-").send().await.refused(404, "not-found");
}
