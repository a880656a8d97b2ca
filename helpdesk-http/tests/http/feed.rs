//! The live feed over real sockets.

use std::{net::SocketAddr, time::Duration};

use futures_util::{SinkExt, StreamExt};
use helpdesk_core::{Role, channel::InboundEvent};
use helpdesk_http::{HttpOptions, options::FeedOptions};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines},
    net::TcpStream,
    time::timeout,
};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{self, Message, client::IntoClientRequest},
};
use tokio_util::sync::CancellationToken;

use crate::app::{App, Setup, options};

/// Longer than anything here takes; a test that waits for it has failed.
const PATIENCE: Duration = Duration::from_secs(20);

struct Socket(WebSocketStream<MaybeTlsStream<TcpStream>>);

async fn connect(address: SocketAddr, query: &str, headers: &[(&'static str, &str)]) -> Result<Socket, u16> {
    let mut request = format!("ws://{address}/api/v1/events{query}").into_client_request().unwrap();
    for (name, value) in headers {
        request.headers_mut().insert(*name, value.parse().unwrap());
    }
    match connect_async(request).await {
        Ok((socket, _)) => Ok(Socket(socket)),
        Err(tungstenite::Error::Http(response)) => Err(response.status().as_u16()),
        Err(error) => panic!("{error}"),
    }
}

async fn open(address: SocketAddr, query: &str, token: &str) -> Socket {
    connect(address, query, &[("authorization", &format!("Bearer {token}"))]).await.unwrap()
}

impl Socket {
    /// The next item, or the code that the socket was closed with.
    async fn next(&mut self) -> Result<Value, u16> {
        loop {
            match timeout(PATIENCE, self.0.next()).await.unwrap() {
                Some(Ok(Message::Text(text))) => return Ok(serde_json::from_str(&text).unwrap()),
                Some(Ok(Message::Close(frame))) => return Err(frame.map_or(0, |frame| frame.code.into())),
                Some(Ok(_)) => {}
                other => panic!("the socket broke off: {other:?}"),
            }
        }
    }

    async fn until(&mut self, wanted: impl Fn(&Value) -> bool) -> Vec<Value> {
        let mut seen = Vec::new();
        loop {
            let item = self.next().await.unwrap();
            let found = wanted(&item);
            seen.push(item);
            if found {
                return seen;
            }
        }
    }
}

fn is_state(session: &str, state: &str) -> impl Fn(&Value) -> bool {
    move |item| item["session"]["id"] == session && item["session"]["state"] == state
}

fn positions(items: &[Value]) -> Vec<u64> {
    items.iter().map(|item| item["position"].as_u64().unwrap()).collect()
}

#[tokio::test]
async fn an_agent_sees_a_handed_over_session_appear_and_vanish_at_once() {
    let app = App::new().await;
    let mut socket = open(app.serve().await, "", &app.agent).await;
    let session = app.session_handed_over("one").await;
    socket.until(is_state(&session.id, "queued")).await;
    // A16: the customer opens a new request.
    app.customer("one", InboundEvent::Open).await;
    let seen = socket.until(is_state(&session.id, "closed")).await;
    let closed = seen.last().unwrap();
    assert_eq!(
        (&closed["session"]["resolution"], &closed["session"]["resolved"]),
        (&json!("superseded"), &json!(true))
    );
}

#[tokio::test]
async fn an_agent_does_not_see_what_the_bot_has_and_an_admin_does() {
    let app = App::new().await;
    let address = app.serve().await;
    let (mut agents, mut admins) = (open(address, "", &app.agent).await, open(address, "", &app.admin).await);
    let hidden = app.session_with_bot("one").await;
    let shown = app.session_handed_over("two").await;
    let by_agent = agents.until(is_state(&shown.id, "queued")).await;
    assert!(by_agent.iter().all(|item| item["session_id"] != hidden.id.as_str()), "{by_agent:?}");
    let by_admin = admins.until(is_state(&shown.id, "queued")).await;
    assert!(by_admin.iter().any(|item| item["session_id"] == hidden.id.as_str() && item["type"] == "message.created"));
}

#[tokio::test]
async fn who_resumes_from_a_position_misses_nothing_and_sees_nothing_twice() {
    let app = App::new().await;
    let address = app.serve().await;
    let mut first = open(address, "?after=0", &app.admin).await;
    let session = app.session_handed_over("one").await;
    let seen = first.until(is_state(&session.id, "queued")).await;
    let middle = positions(&seen)[seen.len() / 2];
    drop(first);
    app.customer_writes("one", "are you there?").await;
    let is_last = |item: &Value| item["message"]["text"] == "are you there?";
    let mut whole = open(address, "?after=0", &app.admin).await;
    let whole = positions(&whole.until(is_last).await);
    let mut rest = open(address, &format!("?after={middle}"), &app.admin).await;
    let rest = positions(&rest.until(is_last).await);
    let expected: Vec<_> = whole.into_iter().filter(|position| *position > middle).collect();
    assert_eq!(rest, expected);
    assert!(rest.is_sorted_by(|one, next| one < next));
}

#[tokio::test]
async fn who_comes_from_another_history_is_told_to_start_anew() {
    let app = App::new().await;
    let mut socket = open(app.serve().await, "?after=1000000", &app.agent).await;
    let reset = socket.next().await.unwrap();
    let newest = app.desk.event_position().await.unwrap();
    assert_eq!(reset, json!({"type": "reset", "position": newest}));
}

#[tokio::test]
async fn browsers_log_in_by_subprotocol_or_by_cookie_from_our_own_pages() {
    let app = App::new().await;
    let address = app.serve().await;
    let protocol = format!("helpdesk.v1, bearer.{}", app.agent);
    let mut socket = connect(address, "", &[("sec-websocket-protocol", &protocol)]).await.unwrap();
    app.session_handed_over("one").await;
    socket.next().await.unwrap();
    let (cookie, own) = (format!("helpdesk_token={}", app.agent), format!("http://{address}"));
    assert!(connect(address, "", &[("cookie", &cookie), ("origin", &own)]).await.is_ok());
    assert_eq!(connect(address, "", &[("cookie", &cookie), ("origin", "https://evil.example")]).await.err(), Some(403));
    assert_eq!(connect(address, "", &[("cookie", &cookie)]).await.err(), Some(403));
    assert_eq!(connect(address, "", &[]).await.err(), Some(401));
    let forged = "helpdesk.v1, bearer.hd_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    assert_eq!(connect(address, "", &[("sec-websocket-protocol", forged)]).await.err(), Some(401));
}

#[tokio::test]
async fn a_disabled_account_reads_no_further() {
    let app = App::new().await;
    let id = app.make_account("leaver", "Lea Ver", Role::Agent).await;
    let token = app.log_in("leaver").await;
    let address = app.serve().await;
    let mut socket = open(address, "", &token).await;
    let mut stream = Stream::open(address, "", &token, "").await;
    let change = app.request("PATCH", &format!("/api/v1/staff/{id}")).json(&json!({"active": false})).by(&app.admin);
    change.send().await.expect(200);
    assert_eq!(socket.next().await, Err(4401));
    assert_eq!(stream.next().await, None);
}

#[tokio::test]
async fn a_login_that_ended_elsewhere_reads_no_further() {
    let feed = FeedOptions { ping_interval: Duration::from_millis(10), ..FeedOptions::default() };
    let app = App::with(Setup { options: HttpOptions { feed, ..options() }, ..Setup::default() }).await;
    let mut socket = open(app.serve().await, "", &app.agent).await;
    app.request("POST", "/api/v1/auth/logout").by(&app.agent).send().await.expect(204);
    assert_eq!(socket.next().await, Err(4401));
}

#[tokio::test]
async fn a_new_password_set_by_an_admin_ends_the_feed_at_once() {
    let app = App::new().await;
    let id = app.make_account("lost", "Lost Phone", Role::Agent).await;
    let token = app.log_in("lost").await;
    let mut socket = open(app.serve().await, "", &token).await;
    let change = json!({"password": "another long password"});
    app.request("PATCH", &format!("/api/v1/staff/{id}")).json(&change).by(&app.admin).send().await.expect(200);
    let end = loop {
        if let Err(code) = socket.next().await {
            break code;
        }
    };
    assert_eq!(end, 4401);
}

#[tokio::test]
async fn a_shutdown_ends_every_feed_at_once() {
    let shutdown = CancellationToken::new();
    let options = HttpOptions { shutdown: shutdown.clone(), ..options() };
    let app = App::with(Setup { options, ..Setup::default() }).await;
    let address = app.serve().await;
    let mut socket = open(address, "", &app.agent).await;
    let mut stream = Stream::open(address, "", &app.agent, "").await;
    shutdown.cancel();
    assert_eq!(socket.next().await, Err(1001));
    assert_eq!(stream.next().await, None);
}

#[tokio::test]
async fn a_client_that_talks_too_long_is_let_go() {
    let app = App::new().await;
    let mut socket = open(app.serve().await, "", &app.agent).await;
    let _ = socket.0.send(Message::text("x".repeat(1_000_000))).await;
    let end = timeout(PATIENCE, async { while let Some(Ok(_)) = socket.0.next().await {} }).await;
    assert!(end.is_ok());
}

async fn feeds_open(app: &App) -> String {
    let text = String::from_utf8(app.get("/metrics").send().await.expect(200).body.into()).unwrap();
    text.lines().find_map(|line| line.strip_prefix("helpdesk_feeds_open ")).unwrap().to_owned()
}

#[tokio::test]
async fn a_client_that_no_longer_answers_is_let_go() {
    let feed = FeedOptions { ping_interval: Duration::from_millis(10), ..FeedOptions::default() };
    let app = App::with(Setup { options: HttpOptions { feed, ..options() }, ..Setup::default() }).await;
    // Nobody reads from it, so no ping is ever answered.
    let _silent = open(app.serve().await, "", &app.agent).await;
    let let_go = async {
        while feeds_open(&app).await != "0" {
            tokio::task::yield_now().await;
        }
    };
    assert!(timeout(PATIENCE, let_go).await.is_ok());
}

#[tokio::test]
async fn open_feeds_are_counted() {
    let app = App::new().await;
    let address = app.serve().await;
    let _socket = open(address, "", &app.agent).await;
    let _stream = Stream::open(address, "", &app.agent, "").await;
    assert_eq!(feeds_open(&app).await, "2");
}

/// A reader of server-sent events, by hand: a browser's `EventSource` does no more.
struct Stream(Lines<BufReader<TcpStream>>);

impl Stream {
    async fn open(address: SocketAddr, query: &str, token: &str, more: &str) -> Self {
        let mut socket = TcpStream::connect(address).await.unwrap();
        let head = format!(
            "GET /api/v1/events/stream{query} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {token}\r\n{more}\r\n"
        );
        socket.write_all(head.as_bytes()).await.unwrap();
        let mut lines = BufReader::new(socket).lines();
        assert_eq!(lines.next_line().await.unwrap().unwrap(), "HTTP/1.1 200 OK");
        while !lines.next_line().await.unwrap().unwrap().is_empty() {}
        Self(lines)
    }

    /// The id and the item of the next event; `None` once the stream has ended.
    async fn next(&mut self) -> Option<(u64, Value)> {
        let (mut id, mut data) = (None, None);
        loop {
            let line = timeout(PATIENCE, self.0.next_line()).await.unwrap().unwrap()?;
            if let Some(text) = line.strip_prefix("id: ") {
                id = Some(text.parse().unwrap());
            } else if let Some(text) = line.strip_prefix("data: ") {
                data = Some(serde_json::from_str(text).unwrap());
            } else if line == "0" {
                return None;
            }
            if let (Some(id), Some(data)) = (id, &data) {
                return Some((id, Value::clone(data)));
            }
        }
    }
}

#[tokio::test]
async fn a_stream_goes_on_where_the_browser_left_it() {
    let app = App::new().await;
    let address = app.serve().await;
    let mut stream = Stream::open(address, "?after=0", &app.admin, "").await;
    let (first, _) = stream.next().await.unwrap();
    let (second, item) = stream.next().await.unwrap();
    assert_eq!((second, second > first), (item["position"].as_u64().unwrap(), true));
    drop(stream);
    let mut again = Stream::open(address, "?after=0", &app.admin, &format!("Last-Event-ID: {first}\r\n")).await;
    assert_eq!(again.next().await.unwrap(), (second, item));
}
