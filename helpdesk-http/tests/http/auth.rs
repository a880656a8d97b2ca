//! Logins: by password, kept in a header or a cookie.

use std::{num::NonZeroU32, sync::Arc, time::Duration};

use helpdesk_core::testing::ManualClock;
use helpdesk_http::{
    HttpOptions,
    options::{CookieOptions, LoginLimit, LoginLimits},
};
use serde_json::json;

use crate::app::{Answer, App, PASSWORD, Setup, options};

async fn log_in(app: &App, login: &str, password: &str) -> Answer {
    app.post("/api/v1/auth/login", &json!({"login": login, "password": password})).send().await
}

#[tokio::test]
async fn a_login_answers_with_a_token_and_a_cookie_that_scripts_cannot_read() {
    let app = App::new().await;
    let answer = log_in(&app, "anna", PASSWORD).await.expect(200);
    let token = answer.json()["token"].as_str().unwrap().to_owned();
    assert!(token.starts_with("hd_") && token.len() == 46, "{token}");
    assert_eq!(answer.json()["person"]["full_name"], "Anna Agent");
    assert_eq!(
        answer.cookie(),
        format!("helpdesk_token={token}; Path=/; Max-Age=2592000; HttpOnly; SameSite=Strict; Secure")
    );
    assert_eq!(answer.header("cache-control"), "no-store");
}

#[tokio::test]
async fn wrong_unknown_and_disabled_are_told_apart_by_nobody() {
    let app = App::new().await;
    let wrong = log_in(&app, "anna", "wrong password").await.refused(401, "invalid-credentials");
    let unknown = log_in(&app, "nobody", PASSWORD).await.refused(401, "invalid-credentials");
    assert_eq!(wrong.body, unknown.body);
    for (login, password) in
        [("", ""), ("anna", ""), ("anna\n", PASSWORD), (&*"x".repeat(100_000), &*"y".repeat(100_000))]
    {
        log_in(&app, login, password).await.refused(401, "invalid-credentials");
    }
}

#[tokio::test]
async fn a_logout_ends_this_login_alone() {
    let app = App::new().await;
    let other = app.log_in("anna").await;
    let answer = app.request("POST", "/api/v1/auth/logout").by(&app.agent).send().await.expect(204);
    assert!(answer.cookie().starts_with("helpdesk_token=; Path=/; Max-Age=0;"));
    app.get("/api/v1/me").by(&app.agent).send().await.refused(401, "unauthenticated");
    app.get("/api/v1/me").by(&other).send().await.expect(200);
}

#[tokio::test]
async fn a_new_password_ends_the_other_logins() {
    let app = App::new().await;
    let other = app.log_in("anna").await;
    let change = |current: &str, new: &str| {
        app.post("/api/v1/auth/password", &json!({"current_password": current, "new_password": new})).by(&app.agent)
    };
    let wrong = change("not it at all", "a new password").send().await.refused(422, "validation");
    assert_eq!(wrong.json()["errors"][0]["pointer"], "#/current_password");
    let short = change(PASSWORD, "short").send().await.refused(422, "validation");
    assert_eq!(short.json()["errors"][0]["pointer"], "#/new_password");
    change(PASSWORD, "a new password").send().await.expect(204);
    app.get("/api/v1/me").by(&app.agent).send().await.expect(200);
    app.get("/api/v1/me").by(&other).send().await.refused(401, "unauthenticated");
    log_in(&app, "anna", PASSWORD).await.refused(401, "invalid-credentials");
    log_in(&app, "anna", "a new password").await.expect(200);
}

#[tokio::test]
async fn a_login_runs_out() {
    let clock = Arc::new(ManualClock::new());
    let lifetime = Duration::from_secs(3600);
    let options = HttpOptions { token_lifetime: lifetime, ..options() };
    let app = App::with(Setup { clock: clock.clone(), options, ..Setup::default() }).await;
    clock.advance(Duration::from_secs(3599));
    app.get("/api/v1/me").by(&app.agent).send().await.expect(200);
    clock.advance(Duration::from_secs(1));
    app.get("/api/v1/me").by(&app.agent).send().await.refused(401, "unauthenticated");
}

#[tokio::test]
async fn a_cookie_acts_only_for_our_own_pages() {
    let app = App::new().await;
    let cookie = format!("theme=dark; helpdesk_token={}", app.agent);
    app.get("/api/v1/me").header("cookie", &cookie).send().await.expect(200);
    let logout = || app.request("POST", "/api/v1/auth/logout").header("cookie", &cookie);
    logout().send().await.refused(403, "cross-origin");
    logout().header("origin", "https://evil.example").send().await.refused(403, "cross-origin");
    logout().header("sec-fetch-site", "cross-site").send().await.refused(403, "cross-origin");
    logout().header("sec-fetch-site", "same-origin").send().await.expect(204);
}

#[tokio::test]
async fn a_token_in_the_header_goes_before_the_cookie() {
    let app = App::new().await;
    let cookie = format!("helpdesk_token={}", app.agent);
    app.get("/api/v1/me").header("cookie", &cookie).by("forged").send().await.refused(401, "unauthenticated");
    let me = app.get("/api/v1/me").header("cookie", &cookie).by(&app.admin).send().await.expect(200).json();
    assert_eq!(me["login"], "root");
}

#[tokio::test]
async fn forged_tokens_open_nothing() {
    let app = App::new().await;
    let forged = [
        "",
        "hd_",
        "hd_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "null",
        &app.agent.to_lowercase(),
        &app.agent[..45],
    ];
    for token in forged {
        let answer = app.get("/api/v1/me").by(token).send().await.refused(401, "unauthenticated");
        assert_eq!(answer.header("www-authenticate"), "Bearer");
    }
    let basic = format!("Basic {}", app.agent);
    app.get("/api/v1/me").header("authorization", &basic).send().await.refused(401, "unauthenticated");
}

fn limited(per_account: u32, per_address: u32) -> HttpOptions {
    let limit = |tries| LoginLimit { quick_tries: NonZeroU32::new(tries).unwrap(), pause: Duration::from_secs(3600) };
    HttpOptions {
        login_limits: LoginLimits { per_account: limit(per_account), per_address: limit(per_address) },
        ..options()
    }
}

#[tokio::test]
async fn too_many_tries_at_one_account_have_to_wait() {
    let app = App::with(Setup { options: limited(3, 1000), ..Setup::default() }).await;
    // One try was the harness' own login.
    log_in(&app, "anna", "wrong password").await.refused(401, "invalid-credentials");
    log_in(&app, "Anna", "wrong password").await.refused(401, "invalid-credentials");
    let refused = log_in(&app, "anna", PASSWORD).await.refused(429, "too-many-logins");
    let seconds: u64 = refused.header("retry-after").parse().unwrap();
    assert!((1..=3600).contains(&seconds));
    // A stolen browser is no way around it.
    let guess = json!({"current_password": "a guess", "new_password": "a new password"});
    app.post("/api/v1/auth/password", &guess).by(&app.agent).send().await.refused(429, "too-many-logins");
    log_in(&app, "root", PASSWORD).await.expect(200);
}

#[tokio::test]
async fn too_many_tries_from_one_address_have_to_wait() {
    let options = HttpOptions { trusted_proxies: 1, ..limited(1000, 2) };
    let app = App::with(Setup { options, ..Setup::default() }).await;
    let attempt = async |login: &str, forwarded: &str| {
        let body = json!({"login": login, "password": "a guess"});
        let call = app.post("/api/v1/auth/login", &body).at_address("10.0.0.1").header("x-forwarded-for", forwarded);
        call.send().await.status.as_u16()
    };
    assert_eq!(attempt("one", "203.0.113.7").await, 401);
    assert_eq!(attempt("two", "198.51.100.1, 203.0.113.7").await, 401);
    assert_eq!(attempt("three", "198.51.100.2, 203.0.113.7").await, 429, "the client chose its own address");
    assert_eq!(attempt("three", "203.0.113.8").await, 401);
}

#[tokio::test]
async fn under_a_prefix_the_cookie_keeps_to_it() {
    let mut app = App::new().await;
    let host = axum::Router::new().nest("/desk", app.router.clone());
    app.router = host;
    let body = json!({"login": "anna", "password": PASSWORD});
    let answer = app.post("/desk/api/v1/auth/login", &body).send().await.expect(200);
    assert!(answer.cookie().contains("; Path=/desk; "), "{}", answer.cookie());
    app.get("/desk/api/v1/unknown").send().await.refused(404, "not-found");
    app.get("/desk/unknown").send().await.refused(404, "not-found");
}

#[tokio::test]
async fn without_https_the_cookie_can_be_had_for_development() {
    let cookie = CookieOptions { secure: false, name: "dev".to_owned(), ..CookieOptions::default() };
    let app = App::with(Setup { options: HttpOptions { cookie, ..options() }, ..Setup::default() }).await;
    let answer = log_in(&app, "anna", PASSWORD).await.expect(200);
    assert!(answer.cookie().starts_with("dev=hd_") && !answer.cookie().contains("Secure"));
}
