//! Ends the process at every commit and every call to the outside of the main flow, starts it anew on the same SQLite file,
//! and finds: nothing acknowledged lost, nothing applied twice.
//!
//! The program under test is this very program, started again with `CRASH_AT` set: the same parts as `web-host`, inside
//! wrappers that count the points at which it can die. A customer and an agent go through one dialog and do what people do
//! when something seems stuck: the agent repeats a request with the same key and sends again what is marked as unknown.
//! At the end the customer's screen and the agents' history are compared with what was said.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod support;

use std::{
    path::PathBuf,
    process::{ExitCode, Stdio},
    sync::Arc,
    time::Duration,
};

use async_trait::async_trait;
use helpdesk_channels::{
    knowledge::{KnowledgeBase, KnowledgeConfig},
    telegram::{TelegramChannel, TelegramOptions},
    testing::bot_api::{BotApiServer, ScreenMessage, ScriptedUser},
};
use helpdesk_core::{
    Desk, Policy, Transcriber,
    service::ServiceError,
    session::RetryPolicy,
    testing::faults::{FaultPlan, FaultyBlobs, FaultyChannel, FaultyResponder, FaultyStorage},
    transcriber::Speech,
};
use helpdesk_http::HttpOptions;
use helpdesk_storage::{OpendalBlobs, SqliteStorage};
use serde_json::{Value, json};
use support::{PATIENCE, QUESTIONS, Staff};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
    sync::{OnceCell, watch},
    task::JoinSet,
};
use tokio_util::sync::CancellationToken;

const PASSWORD: &str = "correct horse battery";
/// Dialogs that are walked at the same time.
const AT_ONCE: usize = 4;

#[tokio::main]
async fn main() -> ExitCode {
    match std::env::var("CRASH_AT") {
        Ok(at) => run_child(at.parse().unwrap()).await,
        Err(_) => run_parent().await,
    }
}

/// The program that dies: a whole helpdesk, which tells where it listens and, at a well-behaved end, how many points it
/// passed.
#[expect(clippy::print_stdout, reason = "the parent reads it")]
async fn run_child(at: usize) -> ExitCode {
    let plan = if at == 0 { FaultPlan::none() } else { FaultPlan::abort(at) };
    let setting = |name: &str| std::env::var(name).unwrap();
    let data = PathBuf::from(setting("DATA"));
    let mut telegram = TelegramOptions::new(setting("TOKEN").into());
    telegram.api_url = Some(setting("API_URL"));
    let knowledge = KnowledgeConfig::new(concat!(env!("CARGO_MANIFEST_DIR"), "/knowledge"));

    let storage = SqliteStorage::open(data.join("desk.sqlite3")).await.unwrap();
    let desk = Desk::builder(
        Arc::new(FaultyStorage::new(storage, plan.clone())),
        Arc::new(FaultyBlobs::new(OpendalBlobs::folder(data.join("blobs")).unwrap(), plan.clone())),
    )
    .channel(Arc::new(FaultyChannel::new(TelegramChannel::new(telegram).unwrap(), plan.clone())))
    .transcriber(Arc::new(FaultyTranscriber { plan: plan.clone() }))
    .responder(Arc::new(FaultyResponder::new(KnowledgeBase::open(knowledge).await.unwrap(), plan.clone())))
    .policy(Policy {
        // Work of a dead process is taken over at once.
        lease: Duration::from_millis(300),
        retry: RetryPolicy { first_pause: Duration::from_millis(50), ..Policy::default().retry },
        ..Policy::default()
    })
    .build()
    .unwrap();
    helpdesk_http::auth::bootstrap_admin(&desk, "admin", PASSWORD).await.unwrap();

    let shutdown = CancellationToken::new();
    let options = HttpOptions { shutdown: shutdown.clone(), ..HttpOptions::default() };
    let router = helpdesk_http::router(desk.clone(), options);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    println!("listening on http://{}", listener.local_addr().unwrap());
    let stopped = shutdown.clone().cancelled_owned();
    let serving = tokio::spawn(async move { axum::serve(listener, router).with_graceful_shutdown(stopped).await });
    let working = tokio::spawn({
        let shutdown = shutdown.clone();
        async move { desk.run(shutdown).await }
    });
    let mut terminated = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()).unwrap();
    terminated.recv().await;
    shutdown.cancel();
    working.await.unwrap();
    serving.await.unwrap().unwrap();
    println!("passed {}", plan.passed().len());
    ExitCode::SUCCESS
}

/// Hears “human” in everything, if it lives to tell.
#[derive(Debug)]
struct FaultyTranscriber {
    plan: FaultPlan,
}

#[async_trait]
impl Transcriber for FaultyTranscriber {
    async fn transcribe(&self, _speech: Speech) -> Result<String, ServiceError> {
        for point in ["transcribe:before", "transcribe:after"] {
            if self.plan.pass(point) {
                return Err(ServiceError::temporary("a fault on purpose"));
            }
        }
        Ok("human".to_owned())
    }
}

#[expect(clippy::print_stdout, reason = "this is a test runner of its own")]
async fn run_parent() -> ExitCode {
    let points = walk(0).await.points.expect("the dialog without a crash");
    println!("running {points} crash points");
    assert!(points > 40, "the main flow has more commits and calls than {points}");
    let mut walks = JoinSet::new();
    let (mut passed, mut died, mut failed, mut next) = (0, 0, Vec::new(), 1..=points);
    loop {
        while walks.len() < AT_ONCE
            && let Some(at) = next.next()
        {
            walks.spawn(async move { (at, tokio::spawn(walk(at)).await) });
        }
        match walks.join_next().await {
            Some(Ok((_, Ok(end)))) => {
                passed += 1;
                died += usize::from(end.died);
            }
            Some(Ok((at, Err(error)))) => failed.push((at, error)),
            Some(Err(error)) => failed.push((0, error)),
            None => break,
        }
    }
    for (at, error) in &failed {
        println!("crash point {at}: {error}");
    }
    // How often work is taken up depends on timing, so the last few points may lie behind the end of a dialog.
    if died + 10 < points {
        println!("only {died} of {points} walks met their crash: the others prove nothing");
        return ExitCode::FAILURE;
    }
    println!(
        "test result: {}. {passed} passed; {} failed",
        if failed.is_empty() { "ok" } else { "FAILED" },
        failed.len()
    );
    if failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// How a dialog went.
struct End {
    /// How many points the last process passed, if it ended well.
    points: Option<usize>,
    /// Whether a process died on the way.
    died: bool,
}

/// One dialog from the first message to the last, with a crash at point `at`.
async fn walk(at: usize) -> End {
    let telegram = BotApiServer::start().await;
    let data = tempfile::tempdir().unwrap();
    let desk = Phoenix::start(&telegram, data.path().to_owned(), at);
    let anna = telegram.user("Anna", "en");
    let scene = Scene { anna, desk: &desk, login: OnceCell::new() };

    scene.anna.start();
    scene.sees("Your request is open").await;
    scene.anna.say(QUESTIONS[0]);
    scene.sees("Did the answer help?").await;
    scene.anna.photo(b"a picture of the problem".to_vec(), "");
    scene.sees("Please describe the problem by text or by voice").await;
    let answer = scene.sees("Did the answer help?").await;
    scene.anna.press_data(answer.id, answer.button("No").map_or("", |button| button.data.as_deref().unwrap()));
    scene.sees("describe the problem in more detail").await;
    // A voice, which asks for a person.
    scene.anna.voice(b"OggS human".to_vec(), 1);
    scene.sees("A live person will answer you").await;
    scene.anna.say("Are you there?");

    let session = scene.session().await;
    let id = session["id"].as_str().unwrap().to_owned();
    scene
        .staff(|staff| {
            let id = id.clone();
            async move { staff.try_act(&id, "join").await }
        })
        .await;
    scene
        .staff(|staff| {
            let path = format!("/sessions/{id}/messages");
            async move { staff.try_post_once(&path, "hello", json!({"text": "Hello, this is Maria."})).await }
        })
        .await;
    scene.sees("Hello, this is Maria.").await;
    scene.anna.say("Thank you");
    telegram.wait_until_confirmed().await;
    scene.settled(&id).await;
    scene.check(&id).await;
    desk.stop().await
}

/// The program, which rises again when it dies.
struct Phoenix {
    address: watch::Receiver<Option<String>>,
    stop: CancellationToken,
    end: tokio::task::JoinHandle<End>,
}

impl Phoenix {
    fn start(telegram: &BotApiServer, data: PathBuf, at: usize) -> Self {
        let (address_sender, address) = watch::channel(None);
        let stop = CancellationToken::new();
        let (url, token) = (telegram.url(), telegram.token());
        let end = tokio::spawn({
            let stop = stop.clone();
            async move {
                let (mut at, mut died) = (at, false);
                loop {
                    let mut child = Command::new(std::env::current_exe().unwrap())
                        .env("CRASH_AT", at.to_string())
                        .env("DATA", &data)
                        .env("API_URL", &url)
                        .env("TOKEN", &token)
                        .stdout(Stdio::piped())
                        .kill_on_drop(true)
                        .spawn()
                        .unwrap();
                    let points = listen_until_end(&mut child, &address_sender, &stop).await;
                    address_sender.send_replace(None);
                    child.wait().await.unwrap();
                    if stop.is_cancelled() {
                        return End { points, died };
                    }
                    // It dies once; whatever comes after must go well.
                    (at, died) = (0, true);
                }
            }
        });
        Self { address, stop, end }
    }

    /// Where it listens; waits while it is dead.
    async fn address(&self) -> String {
        let mut address = self.address.clone();
        let found = tokio::time::timeout(PATIENCE, address.wait_for(Option::is_some)).await.expect("it rises again");
        found.unwrap().clone().unwrap()
    }

    async fn stop(self) -> End {
        self.stop.cancel();
        self.end.await.unwrap()
    }
}

/// Reads what the program prints: where it listens, and at a well-behaved end the number of points that it passed.
async fn listen_until_end(
    child: &mut Child,
    address: &watch::Sender<Option<String>>,
    stop: &CancellationToken,
) -> Option<usize> {
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let (mut points, mut asked) = (None, false);
    loop {
        tokio::select! {
            line = lines.next_line() => {
                let Some(line) = line.unwrap() else { return points };
                if let Some(found) = line.strip_prefix("listening on ") {
                    address.send_replace(Some(found.to_owned()));
                } else if let Some(count) = line.strip_prefix("passed ") {
                    points = Some(count.parse().unwrap());
                }
            }
            () = stop.cancelled(), if !asked => {
                asked = true;
                terminate(child).await;
            }
        }
    }
}

async fn terminate(child: &Child) {
    if let Some(id) = child.id() {
        Command::new("kill").args(["-TERM", &id.to_string()]).status().await.unwrap();
    }
}

/// A customer and a staff member, in front of a program that may die.
struct Scene<'a> {
    anna: ScriptedUser,
    desk: &'a Phoenix,
    /// One login lasts over every restart.
    login: OnceCell<Staff>,
}

impl Scene<'_> {
    /// Waits until the customer sees `text`. A message whose outcome is unknown and that is not on the customer's screen is
    /// sent again, as a person would.
    async fn sees(&self, text: &str) -> ScreenMessage {
        let waiting = async {
            loop {
                tokio::select! {
                    found = self.anna.wait_for_text(text) => return found,
                    () = self.resend_what_is_missing() => {}
                }
            }
        };
        tokio::time::timeout(PATIENCE, waiting)
            .await
            .unwrap_or_else(|_| panic!("no {text:?} in\n{}", self.anna.print()))
    }

    /// Follows the live feed to the next message whose outcome is unknown, and sends it again if the customer lacks it.
    async fn resend_what_is_missing(&self) {
        let Some(staff) = self.try_login().await else { return };
        let Some(mut feed) = support::live::Feed::try_open(&staff, Some(0)).await else { return };
        while let Some(event) = feed.try_next().await {
            let message = &event["message"];
            if message["delivery"]["status"] != "unknown" {
                continue;
            }
            let text = message["text"].as_str().unwrap_or_default();
            let first_line = text.lines().next().unwrap_or_default();
            if !self.anna.screen().iter().any(|seen| seen.from_bot && seen.words().contains(first_line)) {
                let _ =
                    staff.try_post(&format!("/messages/{}/resend", message["id"].as_str().unwrap()), json!({})).await;
            }
        }
    }

    async fn try_login(&self) -> Option<Staff> {
        let address = self.desk.address().await;
        if self.login.get().is_none() {
            let _ = self.login.set(Staff::try_login(&address, "admin", PASSWORD).await?);
        }
        self.login.get().map(|staff| staff.at(&address))
    }

    /// Does something as staff until it is answered: repeated after a crash, as a client does.
    async fn staff<F, R>(&self, act: F) -> Value
    where
        F: Fn(Staff) -> R,
        R: Future<Output = Option<Value>>,
    {
        let trying = async {
            loop {
                if let Some(staff) = self.try_login().await
                    && let Some(done) = act(staff).await
                {
                    return done;
                }
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(PATIENCE, trying).await.expect("staff are served again after a crash")
    }

    async fn session(&self) -> Value {
        let list = self.staff(|staff| async move { staff.try_get("/sessions?limit=500").await }).await;
        let items = list["items"].as_array().unwrap();
        assert_eq!(items.len(), 1, "one request, one session: {list:#}");
        items[0].clone()
    }

    /// Waits until every message has an end.
    async fn settled(&self, id: &str) {
        let waiting = async {
            loop {
                let messages = self.messages(id).await;
                let under_way = |message: &&Value| {
                    matches!(message["delivery"]["status"].as_str(), Some("pending" | "sending"))
                        || message["attachments"].as_array().unwrap().iter().any(|file| file["state"] == "remote")
                };
                let thanked = messages.iter().any(|message| message["text"] == "Thank you");
                if thanked && !messages.iter().any(|message| under_way(&message)) {
                    return;
                }
                if let Some(staff) = self.try_login().await
                    && let Some(mut feed) = support::live::Feed::try_open(&staff, None).await
                {
                    let _ = tokio::time::timeout(Duration::from_millis(200), feed.try_next()).await;
                }
            }
        };
        tokio::time::timeout(PATIENCE, waiting).await.expect("every message comes to an end");
    }

    async fn messages(&self, id: &str) -> Vec<Value> {
        let path = format!("/sessions/{id}/messages?limit=500");
        let list = self.staff(|staff| {
            let path = path.clone();
            async move { staff.try_get(&path).await }
        });
        list.await["items"].as_array().unwrap().clone()
    }

    /// Nothing lost, nothing twice, in the stored dialog and on the customer's screen.
    async fn check(&self, id: &str) {
        let messages = self.messages(id).await;
        let of = |kind: &str| -> Vec<&str> {
            let by = messages.iter().filter(|message| message["author"]["kind"] == kind);
            by.map(|message| message["text"].as_str().unwrap()).collect()
        };
        assert_eq!(of("customer"), [QUESTIONS[0], "", "", "Are you there?", "Thank you"]);
        assert_eq!(of("staff"), ["Hello, this is Maria."]);
        assert_eq!(of("bot").len(), 5, "rules, answer, words wanted, details wanted, hand-over: {:#?}", of("bot"));
        let seqs: Vec<_> = messages.iter().map(|message| message["seq"].as_u64().unwrap()).collect();
        assert_eq!(seqs, (1..=u64::try_from(messages.len()).unwrap()).collect::<Vec<_>>());
        let picture = &messages.iter().find(|message| message["text"] == "").unwrap()["attachments"][0];
        let file = format!("/attachments/{}", picture["id"].as_str().unwrap());
        let bytes = self.staff(|staff| {
            let file = file.clone();
            async move { staff.try_bytes(&file).await }
        });
        assert_eq!(bytes.await, json!(b"a picture of the problem".to_vec()));

        let voices: Vec<_> = messages
            .iter()
            .flat_map(|message| message["attachments"].as_array().unwrap())
            .filter(|file| file["kind"] == "voice")
            .map(|file| (&file["state"], &file["transcript"]["text"]))
            .collect();
        assert_eq!(voices, [(&json!("stored"), &json!("human"))]);

        let screen = self.anna.screen();
        let shown: Vec<&str> = screen.iter().filter(|message| message.from_bot).map(ScreenMessage::words).collect();
        for said in of("bot").into_iter().chain(of("staff")) {
            let first_line = said.lines().next().unwrap();
            let times = shown.iter().filter(|words| words.contains(first_line)).count();
            assert_eq!(times, 1, "{first_line:?} is shown once:\n{}", self.anna.print());
        }
    }
}
