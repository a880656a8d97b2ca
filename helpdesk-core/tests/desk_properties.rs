//! The whole desk under random updates: given twice, late, out of order, several at once, with a channel that stumbles and
//! staff who join in between.
//!
//! At the end everything that was acknowledged is read back from the storage, as staff would read it. A failure prints the
//! shortest sequence that was found, and keeps its seed in `desk_properties.regressions` beside this file, which is run
//! first from then on and belongs into the repository. `PROPTEST_CASES=5000` looks harder, `PROPTEST_RNG_SEED=<number>`
//! repeats a whole run: time stands still, ids are counted, and there is one thread, so the same steps end the same.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use futures_util::future::join_all;
use helpdesk_core::{
    Actor, Address, Desk, Language, Policy, Role, SessionId, StaffId, Storage,
    channel::{ChannelError, Inbound, InboundEvent, IncomingFile, IncomingMessage, Sender},
    clock::Clock as _,
    memory::{MemoryBlobs, MemoryStorage},
    message::{Author, DeliveryStatus, FileKind, Message, PromptKind},
    session::{Session, State},
    storage::{EventKind, MessageFilter, MessageOrder, PageRequest, SessionFilter},
    testing::{
        ManualClock, ScriptedChannel, ScriptedResponder, SendOutcome, SequentialIds,
        faults::{FaultPlan, FaultyStorage},
    },
};
use proptest::{prelude::*, sample::Index, test_runner::FileFailurePersistence};
use tokio_util::sync::CancellationToken;

/// What a customer does, as their platform will tell of it, perhaps more than once.
#[derive(Debug, Clone)]
enum Update {
    Open,
    Text,
    AsksForPerson,
    Picture,
    /// Part of the customer's album of this number; every second part has a caption.
    AlbumPart {
        album: u8,
        caption: bool,
    },
}

#[derive(Debug, Clone)]
enum Step {
    /// The next update that was not given yet.
    Next,
    /// Any update, given already or not.
    Any(Index),
    /// The next updates, and the last that was given, all at the same time.
    Together(u8),
    /// A button under any message that the customers have got.
    Press { sent: Index, yes: bool },
    /// The next send is refused for now, or its answer is lost.
    Stumble { lost: bool },
    /// A staff member joins whatever session there is.
    Join(Index),
    /// All that can be done is done.
    Settle,
    /// A little time passes: albums are complete, sends are tried again.
    Wait,
}

fn update() -> impl Strategy<Value = (usize, Update)> {
    let kind = prop_oneof![
        2 => Just(Update::Open),
        6 => Just(Update::Text),
        1 => Just(Update::AsksForPerson),
        1 => Just(Update::Picture),
        3 => (0..2_u8, any::<bool>()).prop_map(|(album, caption)| Update::AlbumPart { album, caption }),
    ];
    (0..CUSTOMERS, kind)
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => Just(Step::Next),
        3 => any::<Index>().prop_map(Step::Any),
        3 => (2..5_u8).prop_map(Step::Together),
        4 => (any::<Index>(), any::<bool>()).prop_map(|(sent, yes)| Step::Press { sent, yes }),
        1 => any::<bool>().prop_map(|lost| Step::Stumble { lost }),
        1 => any::<Index>().prop_map(Step::Join),
        4 => Just(Step::Settle),
        2 => Just(Step::Wait),
    ]
}

const CUSTOMERS: usize = 3;
/// What is waited for at most: retries and albums, but no session's expiry.
const SOON: Duration = Duration::from_hours(1);

struct World {
    desk: Desk,
    storage: Arc<dyn Storage>,
    channel: Arc<ScriptedChannel>,
    clock: Arc<ManualClock>,
    updates: Vec<Inbound>,
    /// The texts of the updates, each written once by its customer.
    texts: BTreeMap<usize, String>,
    acknowledged: Vec<bool>,
    presses: usize,
}

impl World {
    fn new(updates: &[(usize, Update)], policy: Policy) -> Self {
        let storage: Arc<dyn Storage> = Arc::new(FaultyStorage::new(MemoryStorage::new(), FaultPlan::none()));
        let channel = Arc::new(ScriptedChannel::new("telegram"));
        let clock = Arc::new(ManualClock::new());
        let desk = Desk::builder(storage.clone(), Arc::new(MemoryBlobs::new()))
            .channel(channel.clone())
            .responder(Arc::new(ScriptedResponder::new()))
            .clock(clock.clone())
            .ids(Arc::new(SequentialIds::new()))
            .policy(policy)
            .build()
            .expect("the desk is built rightly");
        let mut texts = BTreeMap::new();
        let updates: Vec<_> = updates
            .iter()
            .enumerate()
            .map(|(number, (customer, update))| {
                channel.put_file(&format!("file-{number}"), format!("bytes of {number}"));
                inbound(&channel.address(&format!("customer-{customer}")), number, update, &mut texts)
            })
            .collect();
        let acknowledged = vec![false; updates.len()];
        Self { desk, storage, channel, clock, updates, texts, acknowledged, presses: 0 }
    }

    async fn take(&mut self, step: &Step) -> Result<(), TestCaseError> {
        match step {
            Step::Next => self.next(1).await,
            Step::Any(index) => self.give(&[index.index(self.updates.len())]).await,
            Step::Together(count) => self.next(usize::from(*count)).await,
            Step::Press { sent, yes } => self.press(*sent, *yes).await,
            Step::Stumble { lost: true } => {
                self.channel.next_send(SendOutcome::TakenInSilence);
                Ok(())
            }
            Step::Stumble { lost: false } => {
                self.channel.next_send(SendOutcome::Refused(ChannelError::temporary("busy")));
                Ok(())
            }
            Step::Join(index) => self.join(*index).await,
            Step::Settle => self.settle().await,
            Step::Wait => {
                self.clock.advance(Duration::from_secs(2));
                Ok(())
            }
        }
    }

    /// Gives the next updates that were not given yet; several come with a repetition of the last that was.
    async fn next(&mut self, count: usize) -> Result<(), TestCaseError> {
        let mut numbers: Vec<_> = (0..self.updates.len()).filter(|n| !self.acknowledged[*n]).take(count).collect();
        if count > 1 {
            numbers.extend(numbers.last().copied());
        }
        self.give(&numbers).await
    }

    /// Gives updates at the same time. Whatever happens, the platform gets its confirmation.
    async fn give(&mut self, numbers: &[usize]) -> Result<(), TestCaseError> {
        let given = numbers.iter().map(|number| self.desk.receive(self.updates[*number].clone()));
        let outcomes = join_all(given).await;
        for (number, outcome) in numbers.iter().zip(outcomes) {
            let received = match outcome {
                Ok(received) => received,
                Err(error) => return Err(TestCaseError::fail(format!("update {number} was refused: {error}"))),
            };
            prop_assert_eq!(received.duplicate, self.acknowledged[*number], "update {} is told apart", number);
            self.acknowledged[*number] = true;
        }
        Ok(())
    }

    async fn press(&mut self, sent: Index, yes: bool) -> Result<(), TestCaseError> {
        let with_buttons: Vec<_> = self.channel.sent().into_iter().filter(|sent| !sent.buttons.is_empty()).collect();
        if with_buttons.is_empty() {
            return Ok(());
        }
        let sent = &with_buttons[sent.index(with_buttons.len())];
        let button = &sent.buttons[usize::from(!yes)];
        self.presses += 1;
        let event = InboundEvent::Press { token: button.token.clone() };
        let key = format!("press-{}", self.presses);
        let received = self.desk.receive(Inbound { address: sent.to.clone(), key, sender: sender(), event }).await;
        let received = received.map_err(|error| TestCaseError::fail(format!("a press was refused: {error}")))?;
        prop_assert!(received.notice.is_some(), "a pressed button always says something (A6)");
        Ok(())
    }

    async fn join(&mut self, index: Index) -> Result<(), TestCaseError> {
        let sessions = self.sessions().await;
        if sessions.is_empty() {
            return Ok(());
        }
        let session = &sessions[index.index(sessions.len())];
        let actor = Actor::Staff { id: StaffId::from_uuid(uuid::Uuid::from_u128(7)), role: Role::Admin };
        // A closed session refuses, which is as good.
        let joined = self.desk.session_join(&actor, session.id).await;
        prop_assert_eq!(joined.is_ok(), !session.is_closed());
        Ok(())
    }

    /// Lets the desk do all that falls due soon.
    async fn settle(&mut self) -> Result<(), TestCaseError> {
        for _ in 0..500 {
            // The desk's work and this test take turns on one thread: after enough turns, what can be done now is done.
            for _ in 0..200 {
                tokio::task::yield_now().await;
            }
            let soon = self.clock.now() + SOON;
            if self.storage.task_backlog(soon).await.expect("a read succeeds").due == 0 {
                return Ok(());
            }
            self.clock.advance(Duration::from_secs(1));
        }
        let backlog = self.storage.task_backlog(self.clock.now() + SOON).await;
        Err(TestCaseError::fail(format!("the work does not end: {backlog:?}")))
    }

    async fn sessions(&self) -> Vec<Session> {
        let page = self.storage.session_list(&SessionFilter::default(), &PageRequest::first(500)).await;
        page.expect("a read succeeds").items.into_iter().map(|summary| summary.session).collect()
    }

    async fn messages(&self, session: &Session) -> Vec<Message> {
        let filter = MessageFilter { chat: session.chat, with_notes: true, order: MessageOrder::Oldest };
        let page = self.storage.message_list(&filter, &PageRequest::first(500)).await;
        page.expect("a read succeeds").items
    }

    /// Everything that must hold when all updates were given and all work is done.
    async fn check(&self) -> Result<(), TestCaseError> {
        let mut dialogs = Vec::new();
        for session in self.sessions().await {
            let messages = self.messages(&session).await;
            dialogs.push((session, messages));
        }
        self.check_inbound(&dialogs)?;
        self.check_outbound(&dialogs)?;
        self.check_sessions(&dialogs)?;
        self.check_events(&dialogs).await
    }

    /// Nothing is lost and nothing is doubled: every text and every file stands where it belongs, once.
    fn check_inbound(&self, dialogs: &[(Session, Vec<Message>)]) -> Result<(), TestCaseError> {
        let written: Vec<_> = dialogs
            .iter()
            .flat_map(|(_, messages)| messages)
            .filter(|message| matches!(message.author, Author::Customer(_)))
            .collect();
        for (number, text) in &self.texts {
            let seen = written.iter().flat_map(|message| message.text.lines()).filter(|line| line == text).count();
            prop_assert_eq!(seen, 1, "the text of update {} is seen {} times", number, seen);
        }
        let lines: usize = written.iter().map(|message| message.text.lines().count()).sum();
        prop_assert_eq!(lines, self.texts.len(), "there are texts that nobody wrote");
        let sent_files: usize = self.updates.iter().map(files).sum();
        let kept: Vec<_> = written.iter().flat_map(|message| &message.attachments).collect();
        prop_assert_eq!(kept.len(), sent_files, "files are lost or doubled");
        Ok(())
    }

    /// What the bot says arrives once, also when the channel stumbles.
    fn check_outbound(&self, dialogs: &[(Session, Vec<Message>)]) -> Result<(), TestCaseError> {
        let mut outgoing = 0;
        for message in dialogs.iter().flat_map(|(_, messages)| messages) {
            let Some(delivery) = &message.delivery else { continue };
            outgoing += 1;
            let ended = matches!(delivery.status, DeliveryStatus::Sent | DeliveryStatus::Unknown);
            prop_assert!(ended, "a message is left at {:?}", delivery.status);
        }
        let sent = self.channel.sent();
        prop_assert_eq!(sent.len(), outgoing, "each message is sent once: {:#?}", sent);
        Ok(())
    }

    fn check_sessions(&self, dialogs: &[(Session, Vec<Message>)]) -> Result<(), TestCaseError> {
        let mut unclosed = BTreeMap::new();
        for (session, messages) in dialogs {
            *unclosed.entry(session.customer).or_insert(0) += u32::from(!session.is_closed());
            let seqs: Vec<_> = messages.iter().map(|message| message.seq).collect();
            prop_assert_eq!(seqs, (1..=messages.len() as u64).collect::<Vec<_>>(), "places have no gaps");
            let answers = messages.iter().filter(|message| !message.sources.is_empty()).count();
            prop_assert!(answers <= usize::from(self.desk.policy().max_bot_answers), "{} answers (A6)", answers);
            let open: Vec<_> = messages
                .iter()
                .filter(|message| message.prompt.is_some_and(|p| p.open && p.kind != PromptKind::Rate))
                .map(|message| message.id)
                .collect();
            let counts: Vec<_> = session.state.open_prompt().into_iter().collect();
            prop_assert_eq!(open, counts, "the buttons in sight are those that count (A6)");
            prop_assert!(!matches!(session.state, State::Answering { .. }), "a question is left without an answer");
        }
        prop_assert!(unclosed.values().all(|count| *count <= 1), "two unclosed sessions (A2): {:?}", unclosed);
        Ok(())
    }

    /// A reader of the feed has seen every session opened and every message written, once.
    async fn check_events(&self, dialogs: &[(Session, Vec<Message>)]) -> Result<(), TestCaseError> {
        let events = self.storage.event_list(0, u32::MAX).await.expect("a read succeeds");
        let mut opened: Vec<SessionId> = Vec::new();
        let mut created = Vec::new();
        for event in events {
            match event.kind {
                EventKind::SessionOpened { session } => opened.push(session),
                EventKind::MessageCreated { message, .. } => created.push(message),
                _ => {}
            }
        }
        let mut sessions: Vec<_> = dialogs.iter().map(|(session, _)| session.id).collect();
        let mut messages: Vec<_> =
            dialogs.iter().flat_map(|(_, messages)| messages).map(|message| message.id).collect();
        opened.sort_unstable();
        created.sort_unstable();
        sessions.sort_unstable();
        messages.sort_unstable();
        prop_assert_eq!(opened, sessions);
        prop_assert_eq!(created, messages);
        Ok(())
    }
}

fn sender() -> Sender {
    Sender { name: "Анна".to_owned(), handle: None, language: Some(Language::RUSSIAN) }
}

fn inbound(address: &Address, number: usize, update: &Update, texts: &mut BTreeMap<usize, String>) -> Inbound {
    let mut write = |text: String| texts.entry(number).or_insert(text).clone();
    let picture = IncomingFile {
        kind: FileKind::Photo,
        name: None,
        mime: Some("image/jpeg".to_owned()),
        size_bytes: Some(10),
        duration_seconds: None,
        reference: format!("file-{number}"),
    };
    let message = match update {
        Update::Open => None,
        Update::Text => Some(IncomingMessage { text: write(format!("text-{number}")), ..IncomingMessage::default() }),
        Update::AsksForPerson => {
            // A text of its own, though it asks for the same.
            let text = write(format!("{}оператора", "пожалуйста ".repeat(number + 1)));
            Some(IncomingMessage { text, ..IncomingMessage::default() })
        }
        Update::Picture => Some(IncomingMessage { files: vec![picture], ..IncomingMessage::default() }),
        Update::AlbumPart { album, caption } => Some(IncomingMessage {
            text: if *caption { write(format!("caption-{number}")) } else { String::new() },
            files: vec![picture],
            group: Some(format!("album-{album}")),
            ..IncomingMessage::default()
        }),
    };
    let event = message.map_or(InboundEvent::Open, InboundEvent::Message);
    Inbound { address: address.clone(), key: format!("update-{number}"), sender: sender(), event }
}

fn files(update: &Inbound) -> usize {
    match &update.event {
        InboundEvent::Message(message) => message.files.len(),
        _ => 0,
    }
}

fn run(updates: &[(usize, Update)], steps: &[Step], policy: Policy) -> Result<(), TestCaseError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
    runtime.block_on(async {
        let mut world = World::new(updates, policy);
        let shutdown = CancellationToken::new();
        let desk = world.desk.clone();
        let running = tokio::spawn({
            let shutdown = shutdown.clone();
            async move { desk.run(shutdown).await }
        });
        for step in steps {
            world.take(step).await?;
        }
        while world.acknowledged.contains(&false) {
            world.next(1).await?;
        }
        world.settle().await?;
        world.check().await?;
        shutdown.cancel();
        running.await.expect("the desk does not panic");
        Ok(())
    })
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: ProptestConfig::default().cases.div_ceil(4),
        failure_persistence: Some(Box::new(FileFailurePersistence::WithSource("regressions"))),
        ..ProptestConfig::default()
    })]

    /// A2, A5, A6, and that nothing acknowledged is lost.
    #[test]
    fn nothing_is_lost_or_doubled_in_any_order_of_updates(
        updates in prop::collection::vec(update(), 1..25),
        steps in prop::collection::vec(step(), 1..40),
        max_bot_answers in 0..4_u8,
        open_on_message in any::<bool>(),
    ) {
        // The clock leaps while the desk stands still. A worker would lose its lease by that, as one on a machine that was
        // asleep does, and its send would rightly be unknown; here nobody sleeps.
        let lease = 2 * SOON;
        run(&updates, &steps, Policy { max_bot_answers, open_on_message, lease, ..Policy::default() })?;
    }
}
