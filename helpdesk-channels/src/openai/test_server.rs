//! A server that speaks `OpenAI`'s protocol as each test needs it, faults included.

use std::{
    convert::Infallible,
    future::pending,
    io,
    sync::{Arc, Mutex},
};

use axum::{
    Json, Router,
    body::{Body, Bytes},
    extract::{DefaultBodyLimit, FromRequest, Multipart, Request, State},
    http::{HeaderMap, StatusCode, header::AUTHORIZATION},
    response::{IntoResponse, Response},
    routing::post,
};
use futures_util::stream;
use serde_json::{Value, json};
use tokio::{net::TcpListener, task::JoinHandle};

/// The key that is let in.
pub(super) const KEY: &str = "sk-test-key";

/// What the server does with a request that carries the right key.
#[derive(Debug, Clone)]
pub(super) enum Behaviour {
    /// Answers.
    Json { status: u16, body: Value, header: Option<(&'static str, &'static str)> },
    /// Takes the request and never answers.
    Hang,
    /// Answers without an end.
    Endless,
    /// Begins to answer and hangs up.
    BreakOff,
}

impl Behaviour {
    pub(super) fn json(status: u16, body: Value) -> Self {
        Self::Json { status, body, header: None }
    }

    pub(super) fn with_header(self, name: &'static str, value: &'static str) -> Self {
        match self {
            Self::Json { status, body, .. } => Self::Json { status, body, header: Some((name, value)) },
            other => other,
        }
    }
}

/// A chat completion in which the model says `content`.
pub(super) fn completion(content: &str) -> Behaviour {
    Behaviour::json(
        200,
        json!({
            "id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "test-model",
            "choices": [{
                "index": 0, "finish_reason": "stop",
                "message": { "role": "assistant", "content": content, "refusal": null },
            }],
            "usage": { "prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2 },
        }),
    )
}

/// A field of a form.
#[derive(Debug, Clone)]
pub(super) struct Field {
    pub(super) name: String,
    pub(super) file_name: Option<String>,
    pub(super) mime: Option<String>,
    pub(super) content: Bytes,
}

/// What the server was last asked.
#[derive(Debug, Default)]
struct Seen {
    json: Option<Value>,
    form: Option<Vec<Field>>,
}

#[derive(Clone)]
struct Server {
    behaviour: Behaviour,
    seen: Arc<Mutex<Seen>>,
}

/// A running server; it ends with the test.
pub(super) struct TestServer {
    base_url: String,
    seen: Arc<Mutex<Seen>>,
    task: JoinHandle<io::Result<()>>,
}

impl TestServer {
    pub(super) async fn start(behaviour: Behaviour) -> Self {
        let server = Server { behaviour, seen: Arc::default() };
        let seen = Arc::clone(&server.seen);
        let router = Router::new()
            .route("/v1/chat/completions", post(chat))
            .route("/v1/audio/transcriptions", post(transcription))
            .layer(DefaultBodyLimit::disable())
            .with_state(server);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base_url = format!("http://{}/v1", listener.local_addr().unwrap());
        let task = tokio::spawn(axum::serve(listener, router).into_future());
        Self { base_url, seen, task }
    }

    pub(super) fn base_url(&self) -> &str {
        &self.base_url
    }

    pub(super) fn last_json(&self) -> Value {
        self.seen.lock().unwrap().json.clone().expect("a JSON request")
    }

    pub(super) fn last_form(&self) -> Vec<Field> {
        self.seen.lock().unwrap().form.clone().expect("a form")
    }

    pub(super) async fn stop(mut self) {
        self.task.abort();
        // Cancelled, as wanted: by then the port is closed.
        drop((&mut self.task).await);
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn chat(State(server): State<Server>, headers: HeaderMap, Json(body): Json<Value>) -> Response {
    server.seen.lock().unwrap().json = Some(body);
    respond(&server.behaviour, &headers).await
}

async fn transcription(State(server): State<Server>, request: Request) -> Response {
    let headers = request.headers().clone();
    let Ok(mut form) = Multipart::from_request(request, &()).await else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    let mut fields = Vec::new();
    while let Ok(Some(field)) = form.next_field().await {
        let (name, file_name) = (field.name().unwrap_or_default().to_owned(), field.file_name().map(str::to_owned));
        let mime = field.content_type().map(str::to_owned);
        let Ok(content) = field.bytes().await else { return StatusCode::BAD_REQUEST.into_response() };
        fields.push(Field { name, file_name, mime, content });
    }
    server.seen.lock().unwrap().form = Some(fields);
    respond(&server.behaviour, &headers).await
}

async fn respond(behaviour: &Behaviour, headers: &HeaderMap) -> Response {
    if headers.get(AUTHORIZATION).is_none_or(|value| value != &format!("Bearer {KEY}")) {
        let body = json!({ "error": { "message": "Incorrect API key provided", "code": "invalid_api_key" } });
        return (StatusCode::UNAUTHORIZED, Json(body)).into_response();
    }
    match behaviour {
        Behaviour::Json { status, body, header } => {
            let status = StatusCode::from_u16(*status).unwrap();
            match header {
                Some((name, value)) => (status, [(*name, *value)], Json(body.clone())).into_response(),
                None => (status, Json(body.clone())).into_response(),
            }
        }
        Behaviour::Hang => pending().await,
        Behaviour::Endless => {
            let spaces = Bytes::from(vec![b' '; 16 * 1024]);
            Body::from_stream(stream::repeat_with(move || Ok::<_, Infallible>(spaces.clone()))).into_response()
        }
        Behaviour::BreakOff => {
            let parts = [Ok(Bytes::from_static(b"{\"choices\"")), Err(io::Error::other("gone"))];
            Body::from_stream(stream::iter(parts)).into_response()
        }
    }
}
