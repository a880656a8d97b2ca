//! The pipeline: customers who write as fast as their messages are taken, a bot that answers at once, a channel that takes
//! everything, and an admin's live feed.

use std::{
    collections::HashMap,
    error::Error,
    path::Path,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use async_trait::async_trait;
use helpdesk_core::{
    Actor, Address, Channel, ChannelName, Desk, ExternalId, Language,
    blob::ByteStream,
    channel::{
        Capabilities, ChannelError, FileSource, Inbound, InboundEvent, IncomingMessage, Outgoing, Part, Receipt, Sender,
    },
    desk::feed::FeedItem,
    memory::MemoryBlobs,
    message::TextFormat,
    responder::{Answer, Question, Responder},
    service::ServiceError,
    session::Policy,
};
use helpdesk_storage::SqliteStorage;
use tokio_util::sync::CancellationToken;

/// What a run showed.
pub(crate) struct Run {
    pub(crate) messages_per_second: f64,
    pub(crate) rows_per_second: f64,
    pub(crate) p50: Duration,
    pub(crate) p99: Duration,
}

/// Lets `customers` write at once for `time`.
pub(crate) async fn run(path: &Path, customers: u32, time: Duration) -> Result<Run, Box<dyn Error + Send + Sync>> {
    let storage = SqliteStorage::open(path).await?;
    let desk = Desk::builder(Arc::new(storage), Arc::new(MemoryBlobs::new()))
        .channel(Arc::new(Sink { name: ChannelName::new("sink")? }))
        .responder(Arc::new(Parrot))
        .policy(Policy { max_bot_answers: u8::MAX, ..Policy::default() })
        .build()?;
    let shutdown = CancellationToken::new();
    let working = tokio::spawn({
        let (desk, shutdown) = (desk.clone(), shutdown.clone());
        async move { desk.run(shutdown).await }
    });
    let clock = Arc::new(Stopwatch::default());
    let watching = tokio::spawn(watch(desk.clone(), Arc::clone(&clock), shutdown.clone()));

    for customer in 0..customers {
        receive(&desk, customer, 0, InboundEvent::Open).await?;
    }
    let rows_before = rows(path).await?;
    let (running, taken) = (Arc::new(AtomicBool::new(true)), Arc::new(AtomicU64::new(0)));
    let begun = Instant::now();
    let mut writers = tokio::task::JoinSet::new();
    for customer in 0..customers {
        let (desk, clock) = (desk.clone(), Arc::clone(&clock));
        let (running, taken) = (Arc::clone(&running), Arc::clone(&taken));
        writers.spawn(async move {
            let mut number = 0;
            while running.load(Ordering::Relaxed) {
                number += 1;
                let text = format!("How do I reset my password? {customer}-{number}");
                clock.start(&text);
                let message = IncomingMessage { text, ..IncomingMessage::default() };
                if receive(&desk, customer, number, InboundEvent::Message(message)).await.is_err() {
                    break;
                }
                taken.fetch_add(1, Ordering::Relaxed);
            }
        });
    }
    tokio::time::sleep(time).await;
    running.store(false, Ordering::Relaxed);
    while writers.join_next().await.is_some() {}
    let elapsed = begun.elapsed().as_secs_f64();
    let written = rows(path).await? - rows_before;
    shutdown.cancel();
    working.await?;
    watching.await?;
    let (p50, p99) = clock.percentiles();
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
    Ok(Run {
        messages_per_second: taken.load(Ordering::Relaxed) as f64 / elapsed,
        rows_per_second: written as f64 / elapsed,
        p50,
        p99,
    })
}

async fn receive(
    desk: &Desk,
    customer: u32,
    number: u64,
    event: InboundEvent,
) -> Result<(), Box<dyn Error + Send + Sync>> {
    let address = Address::new(ChannelName::new("sink")?, customer.to_string())?;
    let sender = Sender { name: format!("Customer {customer}"), handle: None, language: Some(Language::ENGLISH) };
    desk.receive(Inbound { address, key: format!("{customer}-{number}"), sender, event }).await?;
    Ok(())
}

/// How many rows the pipeline has written: every message, event and cause is one, and so is every change of a session.
/// Tasks are left out, since they are gone when they are done.
async fn rows(path: &Path) -> Result<i64, sqlx::Error> {
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path).read_only(true);
    let pool = sqlx::sqlite::SqlitePoolOptions::new().max_connections(1).connect_with(options).await?;
    let count = sqlx::query_scalar::<_, i64>(
        "SELECT (SELECT count(*) FROM helpdesk_messages) + (SELECT count(*) FROM helpdesk_events)
              + (SELECT count(*) FROM helpdesk_causes) + (SELECT coalesce(sum(revision), 0) FROM helpdesk_sessions)",
    )
    .fetch_one(&pool)
    .await;
    pool.close().await;
    count
}

/// The times from a message's start to its live event.
#[derive(Default)]
struct Stopwatch {
    started: Mutex<HashMap<String, Instant>>,
    taken: Mutex<Vec<Duration>>,
}

impl Stopwatch {
    fn start(&self, text: &str) {
        let mut started = self.started.lock().unwrap_or_else(PoisonError::into_inner);
        started.insert(text.to_owned(), Instant::now());
    }

    fn stop(&self, text: &str) {
        let started = self.started.lock().unwrap_or_else(PoisonError::into_inner).remove(text);
        if let Some(started) = started {
            self.taken.lock().unwrap_or_else(PoisonError::into_inner).push(started.elapsed());
        }
    }

    fn percentiles(&self) -> (Duration, Duration) {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        taken.sort_unstable();
        let at = |percent: usize| taken.get(taken.len() * percent / 100).copied().unwrap_or_default();
        (at(50), at(99))
    }
}

async fn watch(desk: Desk, clock: Arc<Stopwatch>, shutdown: CancellationToken) {
    let Ok(mut feed) = desk.feed(&Actor::Host, None).await else { return };
    loop {
        let item = tokio::select! {
            item = feed.next() => item,
            () = shutdown.cancelled() => return,
        };
        if let Some(Ok(FeedItem::Event(event))) = item
            && let Some(view) = &event.message
        {
            clock.stop(&view.message.text);
        }
    }
}

/// Answers at once.
#[derive(Debug)]
struct Parrot;

#[async_trait]
impl Responder for Parrot {
    async fn answer(&self, _question: &Question) -> Result<Answer, ServiceError> {
        let text = "Open the settings and press “Reset”.".to_owned();
        Ok(Answer::Found { text, format: TextFormat::Plain, sources: Vec::new() })
    }
}

/// Takes everything at once.
#[derive(Debug)]
struct Sink {
    name: ChannelName,
}

#[async_trait]
impl Channel for Sink {
    fn name(&self) -> &ChannelName {
        &self.name
    }

    fn capabilities(&self) -> Capabilities {
        let mut capabilities = Capabilities::default();
        capabilities.buttons = true;
        capabilities
    }

    async fn run(&self, _desk: Desk, shutdown: CancellationToken) -> Result<(), ChannelError> {
        shutdown.cancelled().await;
        Ok(())
    }

    fn render(&self, outgoing: &Outgoing) -> Result<Vec<Part>, ChannelError> {
        Ok(vec![Part { call: outgoing.text.clone().into(), file: None }])
    }

    async fn send(&self, _to: &Address, _part: Part, _files: &dyn FileSource) -> Result<Receipt, ChannelError> {
        Ok(Receipt { external_id: ExternalId(uuid::Uuid::now_v7().to_string()) })
    }

    async fn remove_buttons(&self, _to: &Address, _sent: &ExternalId) -> Result<(), ChannelError> {
        Ok(())
    }

    async fn fetch(&self, _reference: &str) -> Result<ByteStream, ChannelError> {
        Err(ChannelError::permanent("nothing is sent here"))
    }
}
