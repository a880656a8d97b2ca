//! The program as its operator sees it: starts, stops, restarts, and says what is wrong.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod support;

use std::process::Stdio;

use helpdesk_channels::testing::bot_api::BotApiServer;
use support::{QUESTIONS, Staff, Stage, WebHost, id};
use tokio::process::Command;

#[tokio::test]
async fn with_nothing_configured_it_runs_and_prints_the_first_admins_password_once() {
    let folder = tempfile::tempdir().unwrap();
    let start = || {
        Command::new(env!("CARGO_BIN_EXE_web-host"))
            .env_clear()
            .env("HELPDESK_LISTEN", "127.0.0.1:0")
            .current_dir(folder.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap()
    };
    let (first, address) = support::process::until_listening(&mut start()).await;
    assert!(address.starts_with("127.0.0.1:"));
    let password = first.iter().find_map(|line| line.strip_prefix("first admin: login admin, password ")).unwrap();
    assert_eq!(password.len(), 20);
    assert!(folder.path().join("data/knowledge/ru").is_dir() && folder.path().join("data/helpdesk.sqlite3").is_file());

    let mut second = start();
    let (printed, address) = support::process::until_listening(&mut second).await;
    assert!(!printed.iter().any(|line| line.contains("password")), "{printed:?}");
    Staff::login(&format!("http://{address}"), "admin", password).await;
}

#[tokio::test]
async fn sigterm_finishes_the_work_under_way_and_a_restart_goes_on() {
    let mut stage = Stage::new().await;
    let anna = stage.telegram.user("Anna", "en");
    stage.queued(&anna, "Anna").await;
    assert!(stage.host.terminate().await);
    // What is written meanwhile waits at Telegram.
    anna.say("Is anybody there?");
    stage.host.restart(&stage.telegram, &[]).await;
    stage.admin = stage.admin.at(&stage.host.url());
    stage.telegram.wait_until_confirmed().await;
    let session = stage.session_of("Anna").await;
    let messages = stage.admin.messages(id(&session)).await;
    assert_eq!(messages.iter().filter(|message| message["text"] == "Is anybody there?").count(), 1);
}

#[tokio::test]
async fn a_kill_in_the_middle_of_an_answer_loses_nothing() {
    let mut stage = Stage::new().await;
    let anna = stage.telegram.user("Anna", "en");
    anna.start();
    anna.wait_for_text("Your request is open").await;
    stage.telegram.hold_updates();
    anna.say(QUESTIONS[0]);
    stage.host.kill_and_restart(&stage.telegram, &[]).await;
    stage.telegram.release_updates();
    anna.wait_for_text("Did the answer help?").await;
}

#[tokio::test]
async fn the_webhook_takes_updates_with_the_right_secret_alone() {
    let telegram = BotApiServer::start().await;
    // The port must be known before the start, for the webhook's address.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let listen = format!("127.0.0.1:{port}");
    let webhook = format!("http://{listen}/a/path/of/ones/own");
    let environment = [("HELPDESK_LISTEN", listen.as_str()), ("HELPDESK_TELEGRAM_WEBHOOK_URL", webhook.as_str())];
    let host = WebHost::start(&telegram, &environment).await;
    let anna = telegram.user("Anna", "en");
    anna.start();
    anna.wait_for_text("Your request is open").await;
    assert!(telegram.calls_of("getUpdates").is_empty());

    let client = support::api::client();
    let forged = r#"{"update_id":1,"message":{"message_id":1,"date":0,"chat":{"id":1,"type":"private"},"text":"hi"}}"#;
    for path in ["/a/path/of/ones/own", "/channels/telegram/webhook"] {
        for secret in [None, Some("wrong")] {
            let mut request = client.post(format!("{}{path}", host.url())).body(forged);
            if let Some(secret) = secret {
                request = request.header("x-telegram-bot-api-secret-token", secret);
            }
            assert_eq!(request.send().await.unwrap().status(), 401, "{path} {secret:?}");
        }
    }
}

#[tokio::test]
async fn health_and_metrics_answer_without_a_login() {
    let stage = Stage::new().await;
    let client = support::api::client();
    for path in ["/", "/healthz", "/readyz", "/metrics", "/api/v1/openapi.json"] {
        let answer = client.get(format!("{}{path}", stage.host.url())).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{path}");
    }
}

#[tokio::test]
async fn a_bad_setting_stops_the_start_with_advice_and_without_the_secret() {
    let folder = tempfile::tempdir().unwrap();
    for (setting, value, advice) in [
        ("HELPDESK_LISTEN", "everywhere", "127.0.0.1:8080"),
        ("HELPDESK_BLOBS", "floppy:a", "fs:<folder>"),
        ("HELPDESK_DATABASE_URL", "mysql://x", "sqlite:<file>"),
        ("HELPDESK_TELEGRAM_TOKEN", "hunter2-is-no-token", "BotFather"),
        ("HELPDESK_ADMIN_PASSWORD", "short", "8"),
        ("HELPDESK_LOG", "info,,=what", "HELPDESK_LOG"),
        ("HELPDESK_KNOWLEDGE_DIR", "/nowhere/at/all", "/nowhere/at/all"),
    ] {
        let ended = Command::new(env!("CARGO_BIN_EXE_web-host"))
            .env_clear()
            .env("HELPDESK_LISTEN", "127.0.0.1:0")
            .env("HELPDESK_DATA_DIR", folder.path())
            .env(setting, value)
            .kill_on_drop(true)
            .output();
        let ended = tokio::time::timeout(support::PATIENCE, ended).await.expect("it ends").unwrap();
        let said = String::from_utf8_lossy(&ended.stderr);
        assert!(!ended.status.success(), "{setting}={value}");
        assert!(said.contains(advice), "{setting}={value}: {said}");
        assert!(!said.contains("hunter2"), "{said}");
    }
}
