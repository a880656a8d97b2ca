//! A Bot API server, a Telegram channel and a desk that run together.

use std::{sync::Arc, time::Duration};

use helpdesk_channels::{
    telegram::{TelegramChannel, TelegramOptions},
    testing::BotApiServer,
};
use helpdesk_core::{
    Actor, Desk, Policy, SessionId,
    memory::{MemoryBlobs, MemoryStorage},
    message::{Author, Message},
    session::policy::RetryPolicy,
    storage::{MessageOrder, PageRequest, SessionFilter},
    testing::{
        ScriptedResponder,
        faults::{FaultPlan, FaultyStorage},
    },
};
use tokio::task::JoinHandle;
use tokio_util::sync::{CancellationToken, DropGuard};

/// How long a test waits for what must happen before it fails.
const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) struct Rig {
    pub(crate) telegram: BotApiServer,
    pub(crate) channel: Arc<TelegramChannel>,
    pub(crate) desk: Desk,
    pub(crate) responder: Arc<ScriptedResponder>,
    running: JoinHandle<()>,
    shutdown: DropGuard,
}

/// Options for this server's bot.
pub(crate) fn options(telegram: &BotApiServer) -> TelegramOptions {
    let mut options = TelegramOptions::new(telegram.token().into());
    options.api_url = Some(telegram.url());
    options.messages_per_second = 1_000.try_into().expect("not zero");
    options
}

/// Rules under which a test does not wait for what people wait for.
pub(crate) fn policy() -> Policy {
    Policy {
        album_window: Duration::from_millis(300),
        agents_may_attach: true,
        retry: RetryPolicy { first_pause: Duration::from_millis(20), ..Policy::default().retry },
        ..Policy::default()
    }
}

impl Rig {
    pub(crate) async fn start() -> Self {
        let telegram = BotApiServer::start().await;
        let options = options(&telegram);
        Self::with(telegram, options, FaultPlan::none())
    }

    pub(crate) fn with(telegram: BotApiServer, options: TelegramOptions, faults: FaultPlan) -> Self {
        telegram.set_patience(PATIENCE);
        let channel = Arc::new(TelegramChannel::new(options).expect("the options are usable"));
        let responder = Arc::new(ScriptedResponder::new());
        let storage = FaultyStorage::new(MemoryStorage::new(), faults);
        let desk = Desk::builder(Arc::new(storage), Arc::new(MemoryBlobs::new()))
            .channel(Arc::clone(&channel) as _)
            .responder(Arc::clone(&responder) as _)
            .policy(policy())
            .build()
            .expect("one channel of this name");
        let shutdown = CancellationToken::new();
        let running = tokio::spawn({
            let (desk, shutdown) = (desk.clone(), shutdown.clone());
            async move { desk.run(shutdown).await }
        });
        Self { telegram, channel, desk, responder, running, shutdown: shutdown.drop_guard() }
    }

    /// Ends the desk and waits until it has.
    pub(crate) async fn stop(self) {
        drop(self.shutdown);
        tokio::time::timeout(PATIENCE, self.running).await.expect("it ends in time").expect("it does not panic");
    }

    /// Every session, the newest last.
    pub(crate) async fn sessions(&self) -> Vec<SessionId> {
        let page = self.desk.session_list(&Actor::Host, SessionFilter::default(), &all()).await;
        let mut sessions: Vec<_> =
            page.expect("memory answers").items.into_iter().map(|view| view.summary.session).collect();
        sessions.sort_by_key(|session| session.number);
        sessions.into_iter().map(|session| session.id).collect()
    }

    /// The messages of a session, in order.
    pub(crate) async fn messages(&self, session: SessionId) -> Vec<Message> {
        let page = self.desk.message_list(&Actor::Host, session, MessageOrder::Oldest, &all()).await;
        page.expect("memory answers").items.into_iter().map(|view| view.message).collect()
    }

    /// What customers wrote, session by session.
    pub(crate) async fn customers_messages(&self) -> Vec<Message> {
        let mut messages = Vec::new();
        for session in self.sessions().await {
            messages.extend(self.messages(session).await);
        }
        messages.retain(|message| matches!(message.author, Author::Customer(_)));
        messages
    }

    /// Waits until `look` finds something, looking again after each event of the desk.
    pub(crate) async fn until<T>(&self, what: &str, mut look: impl AsyncFnMut(&Self) -> Option<T>) -> T {
        let mut feed = self.desk.feed(&Actor::Host, Some(0)).await.expect("the host may read");
        let found = tokio::time::timeout(PATIENCE, async {
            loop {
                if let Some(found) = look(self).await {
                    return found;
                }
                feed.next().await;
            }
        });
        found.await.unwrap_or_else(|_| panic!("waited in vain for {what}"))
    }
}

pub(crate) fn all() -> PageRequest {
    PageRequest { limit: 500, cursor: None }
}
