//! A desk with its router, an admin, an agent, and customers who write when a test wants them to.

use std::{collections::BTreeSet, net::SocketAddr, num::NonZeroU32, sync::Arc, time::Duration};

use async_trait::async_trait;
use axum::{
    Router,
    body::{Body, Bytes},
    extract::ConnectInfo,
    http::{HeaderMap, Method, Request, StatusCode, header},
};
use helpdesk_core::{
    Actor, Address, ChannelName, Desk, Language, Policy, Role, Storage,
    blob::{BlobKey, Blobs, ByteStream, byte_stream},
    channel::{
        Capabilities, Channel, ChannelError, FileSource, Inbound, InboundEvent, IncomingFile, IncomingMessage,
        Outgoing, Part, Push, PushReply, Receipt, Sender,
    },
    clock::{Clock, SystemClock},
    desk::NewStaff,
    memory::{MemoryBlobs, MemoryStorage},
    message::{AttachmentBody, DeliveryStatus, FileKind, FileState},
    storage::{ChangeSet, Write},
};
use helpdesk_http::{
    HttpOptions,
    auth::hash_password,
    options::{FeedOptions, LoginLimit, LoginLimits, PasswordCost},
};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

pub(crate) const PASSWORD: &str = "correct horse battery";
pub(crate) const WEBHOOK_SECRET: &str = "platform-secret";
pub(crate) const FILE: &[u8] = b"0123456789";
const CHEAP: PasswordCost = PasswordCost { memory_kib: 8, passes: 1 };

/// What a test sets up otherwise than usual.
pub(crate) struct Setup {
    pub(crate) storage: Arc<dyn Storage>,
    pub(crate) blobs: Arc<dyn Blobs>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) policy: Policy,
    pub(crate) options: HttpOptions,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            storage: Arc::new(MemoryStorage::new()),
            blobs: Arc::new(MemoryBlobs::new()),
            clock: Arc::new(SystemClock),
            policy: Policy { agents_may_attach: true, ..Policy::default() },
            options: options(),
        }
    }
}

/// Options under which tests are quick and logins unlimited.
pub(crate) fn options() -> HttpOptions {
    let wide = LoginLimit { quick_tries: NonZeroU32::new(10_000).unwrap(), pause: Duration::from_secs(1) };
    HttpOptions {
        password_cost: CHEAP,
        login_limits: LoginLimits { per_account: wide, per_address: wide },
        feed: FeedOptions { ping_interval: Duration::from_secs(3600), ..FeedOptions::default() },
        ..HttpOptions::default()
    }
}

pub(crate) struct App {
    pub(crate) desk: Desk,
    pub(crate) router: Router,
    pub(crate) admin: String,
    pub(crate) agent: String,
    storage: Arc<dyn Storage>,
    blobs: Arc<dyn Blobs>,
}

impl App {
    pub(crate) async fn new() -> Self {
        Self::with(Setup::default()).await
    }

    pub(crate) async fn with(setup: Setup) -> Self {
        let desk = Desk::builder(Arc::clone(&setup.storage), Arc::clone(&setup.blobs))
            .clock(setup.clock)
            .policy(setup.policy)
            .channel(Arc::new(PushedChannel(ChannelName::new("hook").unwrap())))
            .build()
            .unwrap();
        let router = helpdesk_http::router(desk.clone(), setup.options);
        let (admin, agent) = (String::new(), String::new());
        let mut app = Self { desk, router, admin, agent, storage: setup.storage, blobs: setup.blobs };
        app.make_account("root", "Rita Root", Role::Admin).await;
        app.make_account("anna", "Anna Agent", Role::Agent).await;
        app.admin = app.log_in("root").await;
        app.agent = app.log_in("anna").await;
        app
    }

    pub(crate) async fn make_account(&self, login: &str, full_name: &str, role: Role) -> String {
        let new = NewStaff {
            login: login.to_owned(),
            password_hash: Some(hash_password(PASSWORD, CHEAP).unwrap()),
            full_name: full_name.to_owned(),
            role,
            language: Language::ENGLISH,
        };
        self.desk.staff_create(&Actor::Host, new, None).await.unwrap().id.to_string()
    }

    pub(crate) async fn log_in(&self, login: &str) -> String {
        let answer = self.post("/api/v1/auth/login", &json!({"login": login, "password": PASSWORD})).send().await;
        answer.expect(200).json()["token"].as_str().unwrap().to_owned()
    }

    /// A request as `method path`.
    pub(crate) fn request(&self, method: &str, path: &str) -> Call {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let builder = Request::builder().method(method).uri(path).header("host", "desk.example");
        Call { router: self.router.clone(), builder, body: Body::empty() }
    }

    pub(crate) fn get(&self, path: &str) -> Call {
        self.request("GET", path)
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> Call {
        self.request("POST", path).json(body)
    }

    /// Something that the customer at `place` does.
    pub(crate) async fn customer(&self, place: &str, event: InboundEvent) {
        let inbound = Inbound {
            address: Address::new(ChannelName::new("hook").unwrap(), place).unwrap(),
            key: uuid_text(),
            sender: Sender {
                name: format!("Customer {place}"),
                handle: Some(place.to_owned()),
                language: Some(Language::ENGLISH),
            },
            event,
        };
        self.desk.receive(inbound).await.unwrap();
    }

    pub(crate) async fn customer_writes(&self, place: &str, text: &str) {
        let message = IncomingMessage { text: text.to_owned(), ..IncomingMessage::default() };
        self.customer(place, InboundEvent::Message(message)).await;
    }

    /// A session that the bot has, with a voice whose file is in the store, and a bot's message that failed.
    pub(crate) async fn session_with_bot(&self, place: &str) -> Session {
        self.customer(place, InboundEvent::Open).await;
        let voice = IncomingFile {
            kind: FileKind::Voice,
            name: Some("voice.ogg".to_owned()),
            mime: Some("audio/ogg".to_owned()),
            size_bytes: Some(FILE.len() as u64),
            duration_seconds: Some(3),
            reference: "file-1".to_owned(),
        };
        let message =
            IncomingMessage { text: "my pelican".to_owned(), files: vec![voice], ..IncomingMessage::default() };
        self.customer(place, InboundEvent::Message(message)).await;
        self.newest_session().await
    }

    /// The same, handed over to people.
    pub(crate) async fn session_handed_over(&self, place: &str) -> Session {
        self.session_with_bot(place).await;
        self.customer_writes(place, "operator").await;
        self.newest_session().await
    }

    async fn newest_session(&self) -> Session {
        let list = self.get("/api/v1/sessions?limit=1").by(&self.admin).send().await.expect(200).json();
        let id = list["items"][0]["id"].as_str().unwrap().to_owned();
        let messages =
            self.get(&format!("/api/v1/sessions/{id}/messages")).by(&self.admin).send().await.expect(200).json();
        let messages = messages["items"].as_array().unwrap().clone();
        let sent = messages.iter().find(|message| !message["delivery"].is_null()).unwrap();
        let with_file = messages.iter().find(|message| message["attachments"][0].is_object()).unwrap();
        let session = Session {
            id,
            message: sent["id"].as_str().unwrap().to_owned(),
            attachment: with_file["attachments"][0]["id"].as_str().unwrap().to_owned(),
        };
        self.store_file(&session.attachment).await;
        self.fail_delivery(&session.message).await;
        session
    }

    /// What the dispatcher does once it has fetched a file.
    async fn store_file(&self, attachment: &str) {
        let (mut attachment, _) = self.storage.attachment(attachment.parse().unwrap()).await.unwrap().unwrap();
        let AttachmentBody::File(file) = &mut attachment.body else { panic!("the customer has sent a file") };
        let blob = BlobKey::of_attachment(attachment.id);
        self.blobs.write(&blob, byte_stream(FILE), 1000).await.unwrap();
        file.state = FileState::Stored { blob };
        self.commit(Write::AttachmentUpdate(attachment)).await;
    }

    /// What the dispatcher does once a channel has refused a message.
    async fn fail_delivery(&self, message: &str) {
        let message = self.storage.message(message.parse().unwrap()).await.unwrap().unwrap();
        let mut delivery = message.delivery.unwrap();
        delivery.status = DeliveryStatus::Failed { reason: "blocked".to_owned() };
        self.commit(Write::DeliveryUpdate { message: message.id, delivery }).await;
    }

    async fn commit(&self, write: Write) {
        let mut changes = ChangeSet::new(self.desk.now());
        changes.writes.push(write);
        self.storage.commit(changes).await.unwrap();
    }

    /// Serves on a real socket until the app's test is over.
    pub(crate) async fn serve(&self) -> SocketAddr {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let service = self.router.clone().into_make_service_with_connect_info::<SocketAddr>();
        tokio::spawn(async move { axum::serve(listener, service).await });
        address
    }
}

fn uuid_text() -> String {
    uuid::Uuid::now_v7().to_string()
}

/// What a test asks about.
#[derive(Debug, Clone)]
pub(crate) struct Session {
    pub(crate) id: String,
    /// One whose delivery failed.
    pub(crate) message: String,
    /// One whose file is in the store.
    pub(crate) attachment: String,
}

/// A request that is being put together.
pub(crate) struct Call {
    router: Router,
    builder: axum::http::request::Builder,
    body: Body,
}

impl Call {
    pub(crate) fn by(self, token: &str) -> Self {
        self.header("authorization", &format!("Bearer {token}"))
    }

    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.builder = self.builder.header(name, value);
        self
    }

    pub(crate) fn json(self, body: &Value) -> Self {
        self.header("content-type", "application/json").body(body.to_string())
    }

    pub(crate) fn body(mut self, body: impl Into<Body>) -> Self {
        self.body = body.into();
        self
    }

    pub(crate) fn at_address(mut self, address: &str) -> Self {
        self.builder = self.builder.extension(ConnectInfo(SocketAddr::new(address.parse().unwrap(), 1)));
        self
    }

    pub(crate) async fn send(self) -> Answer {
        let request = self.builder.body(self.body).unwrap();
        let asked = format!("{} {}", request.method(), request.uri());
        let response = self.router.oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let endless = parts.headers.get("content-type").is_some_and(|kind| kind == "text/event-stream");
        let body = if endless { Bytes::new() } else { axum::body::to_bytes(body, usize::MAX).await.unwrap() };
        Answer { asked, status: parts.status, headers: parts.headers, body }
    }
}

#[derive(Debug)]
pub(crate) struct Answer {
    asked: String,
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}: {}", self.asked, String::from_utf8_lossy(&self.body));
        self
    }

    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The problem's slug, after checking that it is a whole problem document.
    #[track_caller]
    pub(crate) fn problem(&self) -> String {
        assert_eq!(self.header("content-type"), "application/problem+json", "{}: {}", self.asked, self.status);
        let document = self.json();
        assert_eq!(document["status"], self.status.as_u16());
        assert!(document["title"].is_string());
        let known: BTreeSet<_> = ["type", "title", "status", "detail", "errors"].into();
        assert!(document.as_object().unwrap().keys().all(|key| known.contains(key.as_str())));
        let kind = document["type"].as_str().unwrap();
        kind.strip_prefix("urn:helpdesk:problem:").unwrap().to_owned()
    }

    /// Expects a refusal with this status and slug.
    #[track_caller]
    pub(crate) fn refused(self, status: u16, slug: &str) -> Self {
        let answer = self.expect(status);
        assert_eq!(answer.problem(), slug, "{}", answer.asked);
        answer
    }

    pub(crate) fn cookie(&self) -> &str {
        self.headers.get(header::SET_COOKIE).map_or("", |value| value.to_str().unwrap())
    }
}

/// A channel whose platform pushes to the host, and answers as the body says.
#[derive(Debug)]
struct PushedChannel(ChannelName);

#[async_trait]
impl Channel for PushedChannel {
    fn name(&self) -> &ChannelName {
        &self.0
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities::default()
    }

    async fn run(&self, _: Desk, shutdown: CancellationToken) -> Result<(), ChannelError> {
        shutdown.cancelled().await;
        Ok(())
    }

    async fn push(&self, _: &Desk, push: Push) -> PushReply {
        if push.header("x-platform-secret") != Some(WEBHOOK_SECRET.as_bytes()) {
            return PushReply::Unauthorized;
        }
        match &push.body[..] {
            b"invalid" => PushReply::Invalid,
            b"later" => PushReply::TryAgain,
            b"panic" => panic!("a channel's defect"),
            _ => PushReply::Accepted,
        }
    }

    fn render(&self, _: &Outgoing) -> Result<Vec<Part>, ChannelError> {
        Ok(vec![Part { call: Value::Null, file: None }])
    }

    async fn send(&self, _: &Address, _: Part, _: &dyn FileSource) -> Result<Receipt, ChannelError> {
        Err(ChannelError::permanent("not sent in these tests"))
    }

    async fn remove_buttons(&self, _: &Address, _: &helpdesk_core::ExternalId) -> Result<(), ChannelError> {
        Ok(())
    }

    async fn fetch(&self, _: &str) -> Result<ByteStream, ChannelError> {
        Err(ChannelError::permanent("not fetched in these tests"))
    }
}
