//! Who may call what: every route of the OpenAPI document, by every kind of caller. The rules are the desk's; this holds
//! what comes of them over HTTP.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::app::{App, Call, PASSWORD, WEBHOOK_SECRET};

/// What a row is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum About {
    /// No session.
    Nothing,
    /// A session that was handed over to people.
    HandedOver,
    /// A session that the bot has: an agent may not know that it exists (A12).
    WithBot,
}

use About::{HandedOver, Nothing, WithBot};

/// A route, what it is asked about, and the statuses for nobody, an agent, and an admin.
type Row = (&'static str, About, [u16; 3]);

const TABLE: &[Row] = &[
    ("POST /api/v1/auth/login", Nothing, [200, 200, 200]),
    ("POST /api/v1/auth/logout", Nothing, [401, 204, 204]),
    ("POST /api/v1/auth/password", Nothing, [401, 204, 204]),
    ("GET /api/v1/me", Nothing, [401, 200, 200]),
    ("GET /api/v1/staff", Nothing, [401, 200, 200]),
    ("POST /api/v1/staff", Nothing, [401, 403, 201]),
    ("GET /api/v1/staff/{id}", Nothing, [401, 200, 200]),
    ("PATCH /api/v1/staff/{id}", Nothing, [401, 403, 200]),
    ("GET /api/v1/sessions", Nothing, [401, 200, 200]),
    ("GET /api/v1/sessions/{id}", HandedOver, [401, 200, 200]),
    ("GET /api/v1/sessions/{id}", WithBot, [401, 404, 200]),
    ("POST /api/v1/sessions/{id}/join", HandedOver, [401, 200, 200]),
    ("POST /api/v1/sessions/{id}/join", WithBot, [401, 404, 200]),
    ("POST /api/v1/sessions/{id}/leave", HandedOver, [401, 200, 200]),
    ("POST /api/v1/sessions/{id}/leave", WithBot, [401, 404, 200]),
    ("POST /api/v1/sessions/{id}/close", HandedOver, [401, 200, 200]),
    ("POST /api/v1/sessions/{id}/close", WithBot, [401, 404, 200]),
    ("GET /api/v1/sessions/{id}/messages", HandedOver, [401, 200, 200]),
    ("GET /api/v1/sessions/{id}/messages", WithBot, [401, 404, 200]),
    ("POST /api/v1/sessions/{id}/messages", HandedOver, [401, 201, 201]),
    ("POST /api/v1/sessions/{id}/messages", WithBot, [401, 404, 201]),
    ("GET /api/v1/messages/search", Nothing, [401, 200, 200]),
    ("POST /api/v1/messages/{id}/resend", HandedOver, [401, 200, 200]),
    ("POST /api/v1/messages/{id}/resend", WithBot, [401, 404, 200]),
    ("GET /api/v1/messages/{id}/revisions", HandedOver, [401, 200, 200]),
    ("GET /api/v1/messages/{id}/revisions", WithBot, [401, 404, 200]),
    ("GET /api/v1/attachments/{id}", HandedOver, [401, 200, 200]),
    ("GET /api/v1/attachments/{id}", WithBot, [401, 404, 200]),
    // 426: let in, and asked to come as a WebSocket.
    ("GET /api/v1/events", Nothing, [401, 426, 426]),
    ("GET /api/v1/events/stream", Nothing, [401, 200, 200]),
    ("GET /api/v1/status", Nothing, [401, 403, 200]),
    ("GET /api/v1/openapi.json", Nothing, [200, 200, 200]),
    ("POST /channels/{name}/webhook", Nothing, [200, 200, 200]),
    ("GET /healthz", Nothing, [200, 200, 200]),
    ("GET /readyz", Nothing, [200, 200, 200]),
    ("GET /metrics", Nothing, [200, 200, 200]),
];

/// A request for this route that has nothing wrong with it.
async fn call(app: &App, route: &str, about: About) -> Call {
    let session = match about {
        Nothing => None,
        HandedOver => Some(app.session_handed_over("one").await),
        WithBot => Some(app.session_with_bot("one").await),
    };
    let (method, path) = route.split_once(' ').unwrap();
    let id = match (&session, path.split('/').nth(3)) {
        (Some(session), Some("messages")) => session.message.clone(),
        (Some(session), Some("attachments")) => session.attachment.clone(),
        (Some(session), _) => session.id.clone(),
        (None, _) => app.make_account("somebody", "Some Body", helpdesk_core::Role::Agent).await,
    };
    let mut path = path.replace("{id}", &id).replace("{name}", "hook");
    if route == "GET /api/v1/messages/search" {
        path += "?q=pelican";
    }
    let call = app.request(method, &path);
    match body(route) {
        Some(body) => call.json(&body),
        None => call.header("x-platform-secret", WEBHOOK_SECRET),
    }
}

fn body(route: &str) -> Option<Value> {
    Some(match route {
        "POST /api/v1/auth/login" => json!({"login": "anna", "password": PASSWORD}),
        "POST /api/v1/auth/password" => json!({"current_password": PASSWORD, "new_password": "a new password"}),
        "POST /api/v1/staff" => json!({"login": "boris", "password": PASSWORD, "full_name": "Boris", "role": "agent"}),
        "PATCH /api/v1/staff/{id}" => json!({"full_name": "Somebody Else"}),
        // A note, since writing to the customer needs joining first, which is a rule of the session and not of roles.
        "POST /api/v1/sessions/{id}/messages" => json!({"text": "a note", "note": true}),
        _ => return None,
    })
}

#[tokio::test]
async fn every_route_answers_every_caller_as_the_table_says() {
    for (route, about, expected) in TABLE {
        for (caller, expected) in ["nobody", "an agent", "an admin"].into_iter().zip(expected) {
            let app = App::new().await;
            let call = call(&app, route, *about).await;
            let call = match caller {
                "an agent" => call.by(&app.agent),
                "an admin" => call.by(&app.admin),
                _ => call,
            };
            let answer = call.send().await;
            assert_eq!(answer.status.as_u16(), *expected, "{route} {about:?} by {caller}: {answer:?}");
            if answer.status.is_client_error() {
                answer.problem();
            }
        }
    }
}

#[tokio::test]
async fn no_route_is_missing_in_the_table() {
    let app = App::new().await;
    let document = app.get("/api/v1/openapi.json").send().await.expect(200).json();
    let mut documented = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for method in item.as_object().unwrap().keys() {
            documented.insert(format!("{} {path}", method.to_uppercase()));
        }
    }
    let rows: BTreeSet<_> = TABLE.iter().map(|(route, ..)| (*route).to_owned()).collect();
    assert_eq!(documented, rows);
}

#[tokio::test]
async fn what_is_about_a_session_is_tried_on_a_hidden_one_too() {
    for (route, about, _) in TABLE.iter().filter(|(_, about, _)| *about == HandedOver) {
        assert!(TABLE.iter().any(|(other, about, _)| other == route && *about == WithBot), "{route} {about:?}");
    }
}
