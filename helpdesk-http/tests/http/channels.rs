//! Where platforms push their updates to.

use crate::app::{App, Call, WEBHOOK_SECRET};

fn push(app: &App, body: &'static str) -> Call {
    app.request("POST", "/channels/hook/webhook").header("x-platform-secret", WEBHOOK_SECRET).body(body)
}

#[tokio::test]
async fn the_channels_word_becomes_a_status() {
    let app = App::new().await;
    push(&app, "update").send().await.expect(200);
    push(&app, "invalid").send().await.refused(400, "invalid-body");
    let later = push(&app, "later").send().await.refused(503, "unavailable");
    assert_eq!(later.header("retry-after"), "5");
    let stranger = app.request("POST", "/channels/hook/webhook").body("update").send().await;
    stranger.refused(401, "unauthenticated");
    app.request("POST", "/channels/other/webhook").body("update").send().await.refused(404, "not-found");
    app.request("POST", "/channels/unknown").send().await.refused(404, "not-found");
}

#[tokio::test]
async fn a_defect_of_a_channel_is_a_problem_and_not_a_broken_connection() {
    let app = App::new().await;
    push(&app, "panic").send().await.refused(500, "internal");
    push(&app, "update").send().await.expect(200);
}

#[tokio::test]
async fn an_update_has_an_upper_length() {
    let app = App::new().await;
    let whole = vec![b'x'; 10 * 1024 * 1024];
    let send = async |body: Vec<u8>| {
        app.request("POST", "/channels/hook/webhook")
            .header("x-platform-secret", WEBHOOK_SECRET)
            .body(body)
            .send()
            .await
    };
    send(whole.clone()).await.expect(200);
    send([&whole[..], b"x"].concat()).await.refused(413, "too-large");
}
