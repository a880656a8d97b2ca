//! Staff at work: the REST API as a client uses it.

use std::sync::Arc;

use serde_json::{Value, json};

use super::PATIENCE;

/// A logged-in staff member.
#[derive(Clone)]
pub struct Staff {
    client: reqwest::Client,
    base: String,
    pub token: String,
    pub id: String,
}

/// What the API answered.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: reqwest::header::HeaderMap,
    pub body: Value,
    pub bytes: Vec<u8>,
}

/// A client; the process has no TLS provider, and none is needed on loopback.
pub fn client() -> reqwest::Client {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth();
    reqwest::Client::builder().tls_backend_preconfigured(tls).timeout(PATIENCE).build().unwrap()
}

impl Staff {
    pub async fn login(host: &str, login: &str, password: &str) -> Self {
        let client = client();
        let base = format!("{host}/api/v1");
        let request = client.post(format!("{base}/auth/login")).json(&json!({"login": login, "password": password}));
        let reply = Reply::read(request.send().await.unwrap()).await;
        assert_eq!(reply.status, 200, "login of {login}: {reply:?}");
        let token = reply.body["token"].as_str().unwrap().to_owned();
        let id = reply.body["person"]["id"].as_str().unwrap().to_owned();
        Self { client, base, token, id }
    }

    /// Like [`login`](Self::login), for a host that may be dead.
    pub async fn try_login(host: &str, login: &str, password: &str) -> Option<Self> {
        let client = client();
        let base = format!("{host}/api/v1");
        let request = client.post(format!("{base}/auth/login")).json(&json!({"login": login, "password": password}));
        let reply = Reply::read(request.send().await.ok()?).await;
        let token = reply.body["token"].as_str()?.to_owned();
        let id = reply.body["person"]["id"].as_str()?.to_owned();
        Some(Self { client, base, token, id })
    }

    /// What the API answers, if it answers well.
    pub async fn try_get(&self, path: &str) -> Option<Value> {
        self.try_send(self.client.get(format!("{}{path}", self.base))).await
    }

    pub async fn try_post(&self, path: &str, body: Value) -> Option<Value> {
        self.try_send(self.client.post(format!("{}{path}", self.base)).json(&body)).await
    }

    pub async fn try_post_once(&self, path: &str, key: &str, body: Value) -> Option<Value> {
        let request = self.client.post(format!("{}{path}", self.base)).json(&body).header("idempotency-key", key);
        self.try_send(request).await
    }

    pub async fn try_act(&self, session: &str, act: &str) -> Option<Value> {
        self.try_send(self.client.post(format!("{}/sessions/{session}/{act}", self.base))).await
    }

    /// The bytes of a file, as a JSON list.
    pub async fn try_bytes(&self, path: &str) -> Option<Value> {
        let request = self.client.get(format!("{}{path}", self.base)).bearer_auth(&self.token);
        let response = request.send().await.ok()?.error_for_status().ok()?;
        Some(json!(response.bytes().await.ok()?.to_vec()))
    }

    async fn try_send(&self, request: reqwest::RequestBuilder) -> Option<Value> {
        let response = request.bearer_auth(&self.token).send().await.ok()?.error_for_status().ok()?;
        response.json().await.ok()
    }

    /// The same person after the host was started anew on another port.
    pub fn at(&self, host: &str) -> Self {
        Self { base: format!("{host}/api/v1"), ..self.clone() }
    }

    pub fn base(&self) -> &str {
        &self.base
    }

    pub async fn get(&self, path: &str) -> Reply {
        self.send(self.client.get(format!("{}{path}", self.base))).await
    }

    pub async fn get_range(&self, path: &str, range: &str) -> Reply {
        self.send(self.client.get(format!("{}{path}", self.base)).header("range", range)).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Reply {
        self.send(self.client.post(format!("{}{path}", self.base)).json(&body)).await
    }

    pub async fn post_once(&self, path: &str, key: &str, body: Value) -> Reply {
        let request = self.client.post(format!("{}{path}", self.base)).json(&body).header("idempotency-key", key);
        self.send(request).await
    }

    pub async fn patch(&self, path: &str, body: Value) -> Reply {
        self.send(self.client.patch(format!("{}{path}", self.base)).json(&body)).await
    }

    /// `join`, `leave` or `close`.
    pub async fn act(&self, session: &str, act: &str) -> Reply {
        self.send(self.client.post(format!("{}/sessions/{session}/{act}", self.base))).await
    }

    pub async fn write(&self, session: &str, text: &str) -> Reply {
        self.post(&format!("/sessions/{session}/messages"), json!({"text": text})).await
    }

    /// Every message of a session, oldest first.
    pub async fn messages(&self, session: &str) -> Vec<Value> {
        let mut all = Vec::new();
        let mut path = format!("/sessions/{session}/messages?limit=100");
        loop {
            let page = self.get(&path).await;
            assert_eq!(page.status, 200, "{page:?}");
            all.extend(page.body["items"].as_array().unwrap().iter().cloned());
            match page.body["next"].as_str() {
                Some(next) => path = format!("/sessions/{session}/messages?limit=100&cursor={next}"),
                None => return all,
            }
        }
    }

    async fn send(&self, request: reqwest::RequestBuilder) -> Reply {
        Reply::read(request.bearer_auth(&self.token).send().await.unwrap()).await
    }
}

impl Reply {
    pub async fn read(response: reqwest::Response) -> Self {
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let bytes = response.bytes().await.unwrap().to_vec();
        let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        Self { status, headers, body, bytes }
    }
}
