//! Whatever a client sends, it is told what is wrong with it: a problem document with a status of its own, and never 5xx.

use serde_json::{Value, json};

use crate::app::{Answer, App};

/// The routes of the document as `(method, path, operation)`.
async fn routes(app: &App) -> Vec<(String, String, Value)> {
    let document = app.get("/api/v1/openapi.json").send().await.expect(200).json();
    let mut routes = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            routes.push((method.to_uppercase(), path.clone(), operation.clone()));
        }
    }
    routes
}

fn takes_json(operation: &Value) -> bool {
    operation["requestBody"]["content"]["application/json"].is_object()
}

fn takes_query(operation: &Value) -> bool {
    operation["parameters"].as_array().is_some_and(|list| list.iter().any(|parameter| parameter["in"] == "query"))
}

#[tokio::test]
async fn a_body_that_cannot_be_read_is_refused_on_every_route() {
    let app = App::new().await;
    let session = app.session_handed_over("one").await.id;
    let mut tried = 0;
    for (method, path, operation) in routes(&app).await {
        if !takes_json(&operation) {
            continue;
        }
        tried += 1;
        let path = path.replace("{id}", &session);
        let send = async |kind: &str, body: Vec<u8>| {
            app.request(&method, &path).by(&app.admin).header("content-type", kind).body(body).send().await
        };
        for body in ["", " ", "{", "{]"] {
            send("application/json", body.into()).await.refused(400, "malformed-body");
        }
        for body in [&b"\xff\xfe"[..], b"{\"login\": \"\xc3\x28\"}", b"{\"text\": \"\xed\xa0\x80\"}"] {
            send("application/json", body.into()).await.refused(400, "malformed-body");
        }
        let deep = "[".repeat(100_000);
        for body in [
            &*deep,
            "nonsense",
            "\u{feff}{}",
            "[]",
            "[\"anna\", \"password\"]",
            "null",
            "1",
            "\"text\"",
            "{\"no_such_field\": 1}",
            "{\"login\": 7, \"text\": 7, \"current_password\": 7}",
        ] {
            send("application/json", body.into()).await.refused(400, "invalid-body");
        }
        for kind in ["text/plain", "application/x-www-form-urlencoded", "application/jsonp", "", "application/xml"] {
            send(kind, "{}".into()).await.refused(415, "unsupported-media-type");
        }
        let untyped = app.request(&method, &path).by(&app.admin).body("{}").send().await;
        untyped.refused(415, "unsupported-media-type");
        let packed = app.request(&method, &path).by(&app.admin).header("content-type", "application/json");
        packed.header("content-encoding", "gzip").body("{}").send().await.refused(415, "unsupported-media-type");
        let long = format!("{{\"text\": \"{}\"}}", "x".repeat(1024 * 1024));
        send("application/json", long.into()).await.refused(413, "too-large");
    }
    assert!(tried >= 5, "the document has routes with bodies");
}

#[tokio::test]
async fn an_id_that_names_nothing_is_not_found() {
    let app = App::new().await;
    let body = json!({"text": "x"});
    let mut tried = 0;
    for (method, path, operation) in routes(&app).await {
        if !path.contains('{') {
            continue;
        }
        tried += 1;
        for id in [
            "x",
            "0",
            "-1",
            "%00",
            "%FF",
            "%2e%2e%2fetc",
            "00000000-0000-0000-0000-000000000000",
            "0190d5f4-7a3c-7000-8000-00000000000g",
            "'%20OR%201=1--",
            &"a".repeat(5000),
        ] {
            let mut call = app.request(&method, &path.replace("{id}", id).replace("{name}", id)).by(&app.admin);
            if takes_json(&operation) {
                call = call.json(if method == "PATCH" { &Value::Null } else { &body });
            }
            let answer = call.send().await;
            // A body is read before the desk is asked, and `null` is none for an account.
            let expected: &[u16] = if method == "PATCH" { &[404, 400] } else { &[404] };
            assert!(expected.contains(&answer.status.as_u16()), "{method} {path} {id}: {answer:?}");
            answer.problem();
        }
    }
    assert!(tried >= 10, "the document has routes with ids");
}

#[tokio::test]
async fn a_query_that_is_not_known_is_refused() {
    let app = App::new().await;
    let session = app.session_handed_over("one").await.id;
    let mut tried = 0;
    for (method, path, operation) in routes(&app).await {
        if !takes_query(&operation) {
            continue;
        }
        tried += 1;
        let path = path.replace("{id}", &session);
        let ask = async |query: &str| app.request(&method, &format!("{path}?{query}")).by(&app.admin).send().await;
        for query in ["no_such_parameter=1", "%FF=%FF", "q=%C3%28", "q=1&q=2&after=1&after=2&limit=1&limit=2"] {
            ask(query).await.refused(400, "invalid-query");
        }
        let has =
            |name: &str| operation["parameters"].as_array().unwrap().iter().any(|parameter| parameter["name"] == name);
        if has("limit") {
            for limit in ["0", "501", "-1", "x", "", "1e3", "99999999999999999999", "%00"] {
                ask(&format!("q=x&limit={limit}")).await.refused(400, "invalid-query");
            }
            let searches = has("q");
            let known = if searches { "q=pelican&" } else { "" };
            for cursor in ["x", "", "null", "%00", "%F0%9F%98%80", "AAAA", "-1", "0", &"9".repeat(5000)] {
                ask(&format!("{known}cursor={cursor}")).await.refused(400, "invalid-cursor");
            }
        }
        if has("after") {
            for after in ["x", "-1", "", "1.5", "99999999999999999999"] {
                ask(&format!("after={after}")).await.refused(400, "invalid-query");
            }
        }
    }
    assert!(tried >= 5, "the document has routes with queries");
}

#[tokio::test]
async fn a_filter_that_makes_no_sense_is_refused() {
    let app = App::new().await;
    for query in [
        "state=asleep",
        "state=",
        "state=queued,",
        "channel=No%20Channel",
        "agent=7",
        "customer=anna",
        "opened_from=yesterday",
        "opened_before=2026-13-01T00:00:00Z",
        "order=random",
    ] {
        app.get(&format!("/api/v1/sessions?{query}")).by(&app.agent).send().await.refused(400, "invalid-query");
    }
    for query in ["", "q=", &format!("q={}", "x".repeat(201)), "q=%20%20"] {
        let answer = app.get(&format!("/api/v1/messages/search?{query}")).by(&app.agent).send().await;
        assert!([400, 422].contains(&answer.status.as_u16()), "{query}: {answer:?}");
        answer.problem();
    }
    for id in ["x", "-1", "1.5", ""] {
        let answer = app.get("/api/v1/events/stream").by(&app.agent).header("last-event-id", id).send().await;
        answer.refused(400, "invalid-header");
    }
}

#[tokio::test]
async fn an_unknown_path_is_not_found_and_a_wrong_method_is_told_the_right_ones() {
    let app = App::new().await;
    for path in [
        "/",
        "/api",
        "/api/",
        "/api/v1",
        "/api/v2/sessions",
        "/api/v1/sessions/",
        "/api/v1/sessions/a/b/c",
        "/.env",
        "//",
    ] {
        app.get(path).by(&app.admin).send().await.refused(404, "not-found");
    }
    for (_, path, _) in routes(&app).await {
        let path = path.replace("{id}", "x").replace("{name}", "x");
        for method in ["DELETE", "PUT", "OPTIONS", "TRACE", "PROPFIND"] {
            let answer = app.request(method, &path).by(&app.admin).send().await.refused(405, "method-not-allowed");
            assert!(["GET", "POST", "PATCH"].iter().any(|known| answer.header("allow").contains(known)), "{path}");
        }
    }
}

#[tokio::test]
async fn headers_that_make_no_sense_do_no_harm() {
    let app = App::new().await;
    let answers: Vec<Answer> = vec![
        app.get("/api/v1/me").header("cookie", "helpdesk_token=;;;=;helpdesk_token").send().await,
        app.get("/api/v1/me").header("cookie", &"x=y; ".repeat(10_000)).send().await,
        app.get("/api/v1/me").header("authorization", "Bearer").send().await,
        app.get("/api/v1/me").header("authorization", "Bearer \u{e9}\u{e9}").send().await,
        app.get("/api/v1/events").header("sec-websocket-protocol", "bearer., bearer.x, ,").send().await,
    ];
    for answer in answers {
        answer.refused(401, "unauthenticated");
    }
    let upgrade = app.get("/api/v1/events").by(&app.agent).header("upgrade", "h2c").header("connection", "upgrade");
    assert_eq!(upgrade.send().await.refused(426, "upgrade-required").header("upgrade"), "websocket");
}
