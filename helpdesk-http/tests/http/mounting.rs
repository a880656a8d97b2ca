//! A host puts the router wherever it likes, beside routes of its own.

use axum::{Router, routing::get};

use crate::app::App;

#[tokio::test]
async fn two_desks_live_in_one_host_and_share_nothing() {
    let (mut one, other) = (App::new().await, App::new().await);
    one.router = Router::new()
        .route("/", get(async || "home"))
        .nest("/one", one.router.clone())
        .nest("/other", other.router.clone());
    assert_eq!(one.get("/").send().await.expect(200).body, "home");
    one.get("/one/api/v1/me").by(&one.agent).send().await.expect(200);
    one.get("/other/api/v1/me").by(&one.agent).send().await.refused(401, "unauthenticated");
    one.get("/other/api/v1/me").by(&other.agent).send().await.expect(200);
    one.get("/one/nothing").send().await.refused(404, "not-found");
}

#[tokio::test]
async fn a_host_with_a_fallback_of_its_own_merges_it() {
    let mut app = App::new().await;
    app.router = Router::new().fallback(async || "the host's page").merge(app.router.clone().reset_fallback());
    assert_eq!(app.get("/some/page").send().await.expect(200).body, "the host's page");
    app.get("/api/v1/nothing").send().await.refused(404, "not-found");
    app.get("/api/v1/me").by(&app.agent).send().await.expect(200);
    app.request("DELETE", "/api/v1/me").send().await.refused(405, "method-not-allowed");
}
