//! Stands in for a transcription service: speaks the protocol of `POST /v1/audio/transcriptions`, and hears what a test says
//! that it hears. `docs/testing.md` tells what it simulates.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
};

use axum::{
    Json, Router,
    extract::{DefaultBodyLimit, Multipart, State},
    http::StatusCode,
    routing::post,
};
use serde_json::{Value, json};

#[derive(Clone, Default)]
pub struct SpeechService {
    answers: Arc<Mutex<VecDeque<Result<String, u16>>>>,
    pub heard: Arc<Mutex<Vec<Vec<u8>>>>,
    url: String,
}

impl SpeechService {
    pub async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/v1", listener.local_addr().unwrap());
        let service = Self { url, ..Self::default() };
        let app = Router::new()
            .route("/v1/audio/transcriptions", post(transcribe))
            .layer(DefaultBodyLimit::max(30 * 1024 * 1024))
            .with_state(service.clone());
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        service
    }

    /// The next voice says this.
    pub fn next_words(&self, words: &str) {
        self.answers.lock().unwrap().push_back(Ok(words.to_owned()));
    }

    /// The next request fails with this status.
    pub fn next_failure(&self, status: u16) {
        self.answers.lock().unwrap().push_back(Err(status));
    }

    pub fn environment(&self) -> [(&'static str, &str); 2] {
        [("HELPDESK_TRANSCRIBE_URL", &self.url), ("HELPDESK_TRANSCRIBE_MODEL", "whisper-1")]
    }
}

async fn transcribe(
    State(service): State<SpeechService>,
    mut form: Multipart,
) -> Result<Json<Value>, (StatusCode, Json<Value>)> {
    let refused = |status, text: &str| (status, Json(json!({"error": {"message": text}})));
    let (mut file, mut model) = (None, None);
    while let Some(field) = form.next_field().await.unwrap() {
        match field.name() {
            Some("file") => file = Some(field.bytes().await.unwrap().to_vec()),
            Some("model") => model = Some(field.text().await.unwrap()),
            _ => {}
        }
    }
    let (Some(file), Some(_)) = (file, model) else {
        return Err(refused(StatusCode::BAD_REQUEST, "file and model are required"));
    };
    service.heard.lock().unwrap().push(file);
    match service.answers.lock().unwrap().pop_front() {
        Some(Ok(text)) => Ok(Json(json!({"text": text}))),
        Some(Err(status)) => Err(refused(StatusCode::from_u16(status).unwrap(), "not now")),
        None => Err(refused(StatusCode::BAD_REQUEST, "nobody said what to hear")),
    }
}
