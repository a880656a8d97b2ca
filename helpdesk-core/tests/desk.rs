//! What the desk does around the rules: policies, timers, retries, accounts, feeds. One behaviour a test, on the storage in
//! memory, a clock that the test moves and a channel that does as it is told.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::{sync::Arc, time::Duration};

use helpdesk_core::{
    Actor, Desk, DeskError, Language, Policy, Role, SessionId, Storage,
    blob::byte_stream,
    channel::{Capabilities, ChannelError, Inbound, InboundEvent, IncomingMessage, Sender},
    clock::Clock as _,
    desk::{NewFile, NewMessage, NewStaff, StaffChange, feed::FeedItem},
    id::{IdSource as _, RandomIds},
    memory::{MemoryBlobs, MemoryStorage},
    message::{Author, DeliveryStatus, Message},
    person::CustomerAddress,
    service::ServiceError,
    session::{IdleTimeouts, Session},
    storage::{ChangeSet, EventKind, MessageFilter, MessageOrder, PageRequest, SessionFilter, Write},
    testing::{ManualClock, ScriptedChannel, ScriptedResponder, SendOutcome},
};
use tokio_util::sync::CancellationToken;

const HOUR: Duration = Duration::from_secs(3600);

/// A running desk with one customer, `anna`, on the channel `chat`.
struct World {
    desk: Desk,
    storage: Arc<MemoryStorage>,
    channel: Arc<ScriptedChannel>,
    responder: Arc<ScriptedResponder>,
    clock: Arc<ManualClock>,
    shutdown: CancellationToken,
    updates: u32,
}

impl World {
    fn new() -> Self {
        Self::with(Policy::default(), ScriptedChannel::new("chat"))
    }

    fn with(policy: Policy, channel: ScriptedChannel) -> Self {
        let (storage, channel) = (Arc::new(MemoryStorage::new()), Arc::new(channel));
        let (responder, clock) = (Arc::new(ScriptedResponder::new()), Arc::new(ManualClock::new()));
        let desk = Desk::builder(storage.clone(), Arc::new(MemoryBlobs::new()))
            .channel(channel.clone())
            .responder(responder.clone())
            .policy(policy)
            .clock(clock.clone())
            .build()
            .unwrap();
        let shutdown = CancellationToken::new();
        tokio::spawn({
            let (desk, shutdown) = (desk.clone(), shutdown.clone());
            async move { desk.run(shutdown).await }
        });
        Self { desk, storage, channel, responder, clock, shutdown, updates: 0 }
    }

    async fn does(&mut self, event: InboundEvent) {
        self.does_at("anna", event).await;
    }

    async fn does_at(&mut self, address: &str, event: InboundEvent) {
        self.updates += 1;
        let sender = Sender { name: "Anna".to_owned(), handle: None, language: Some(Language::ENGLISH) };
        let (address, key) = (self.channel.address(address), self.updates.to_string());
        self.desk.receive(Inbound { address, key, sender, event }).await.unwrap();
    }

    async fn opens(&mut self) {
        self.does(InboundEvent::Open).await;
    }

    async fn says(&mut self, text: &str) {
        self.does(said(text)).await;
    }

    /// Waits for what the channel has taken, `count` messages in all, and gives the last.
    async fn shown(&self, count: usize) -> String {
        let sent = self.channel.sent_count(count).await;
        format!("{}\n{}", sent[count - 1].text, sent[count - 1].question)
    }

    async fn session(&self) -> Session {
        let page = self.storage.session_list(&SessionFilter::default(), &PageRequest::first(1)).await.unwrap();
        page.items[0].session.clone()
    }

    async fn messages(&self) -> Vec<Message> {
        let filter = MessageFilter { chat: self.session().await.chat, with_notes: true, order: MessageOrder::Oldest };
        self.storage.message_list(&filter, &PageRequest::first(500)).await.unwrap().items
    }

    async fn staff(&self, login: &str, role: Role) -> Actor {
        let new = NewStaff {
            login: login.to_owned(),
            password_hash: None,
            full_name: format!("{login} Petrova"),
            role,
            language: Language::ENGLISH,
        };
        let staff = self.desk.staff_create(&Actor::Host, new, None).await.unwrap();
        Actor::Staff { id: staff.id, role }
    }

    /// A session in the queue, with `agent` in it.
    async fn joined(&mut self, agent: &Actor) -> SessionId {
        self.opens().await;
        self.says("human").await;
        self.shown(2).await;
        let session = self.session().await.id;
        self.desk.session_join(agent, session).await.unwrap();
        session
    }

    /// Lets `time` pass in steps, as timers that renew themselves expect it, until `is_so`.
    async fn passes_until(&self, step: Duration, mut is_so: impl AsyncFnMut() -> bool) {
        for _ in 0..10_000 {
            if is_so().await {
                return;
            }
            self.clock.advance(step);
            tokio::task::yield_now().await;
        }
        panic!("it does not come to that");
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.shutdown.cancel();
    }
}

fn said(text: &str) -> InboundEvent {
    InboundEvent::Message(IncomingMessage { text: text.to_owned(), ..IncomingMessage::default() })
}

fn text(text: &str) -> NewMessage {
    NewMessage { text: text.to_owned(), ..NewMessage::default() }
}

#[tokio::test]
async fn on_a_channel_without_buttons_the_choice_is_typed_a6_a8() {
    let mut world =
        World::with(Policy::default(), ScriptedChannel::new("chat").with_capabilities(Capabilities::default()));
    world.opens().await;
    world.says("How?").await;
    assert!(world.shown(2).await.contains("Did the answer help? (Yes / No)"));
    world.says("no.").await;
    assert!(world.shown(3).await.contains("in more detail"));
    world.says("How, really?").await;
    world.shown(4).await;
    world.says("Yes").await;
    assert!(world.shown(5).await.contains("Glad that I could help"));
    let typed = world.messages().await.iter().filter(|message| message.text == "Yes").count();
    assert_eq!(typed, 1, "what was typed is kept");
}

#[tokio::test]
async fn a_bot_that_fails_is_asked_again_and_ends_at_a_person_with_the_question_kept() {
    let mut world = World::new();
    for _ in 0..3 {
        world.responder.next_answer(Err(ServiceError::temporary("overloaded")));
    }
    world.opens().await;
    world.says("How?").await;
    let channel = world.channel.clone();
    world.passes_until(Duration::from_secs(1), async || channel.sent().len() >= 2).await;
    assert!(world.shown(2).await.contains("I cannot answer at the moment"));
    assert_eq!(world.responder.asked().len(), 3);
    assert!(world.messages().await.iter().any(|message| message.text == "How?"));
}

#[tokio::test]
async fn without_a_responder_a_person_is_offered_at_the_first_question() {
    let storage = Arc::new(MemoryStorage::new());
    let channel = Arc::new(ScriptedChannel::new("chat"));
    let desk = Desk::builder(storage, Arc::new(MemoryBlobs::new())).channel(channel.clone()).build().unwrap();
    let shutdown = CancellationToken::new();
    let running = tokio::spawn({
        let (desk, shutdown) = (desk.clone(), shutdown.clone());
        async move { desk.run(shutdown).await }
    });
    let sender = Sender { name: "Anna".to_owned(), handle: None, language: None };
    let inbound = Inbound { address: channel.address("anna"), key: "1".to_owned(), sender, event: said("How?") };
    desk.receive(inbound).await.unwrap();
    let sent = channel.sent_count(2).await;
    assert!(sent[0].text.contains("Your request is open"), "a message without a request opens one");
    assert!(sent[1].text.contains("I do not have an answer"));
    shutdown.cancel();
    running.await.unwrap();
}

#[tokio::test]
async fn with_open_on_message_off_the_message_is_kept_and_the_customer_is_told() {
    let mut world = World::with(Policy { open_on_message: false, ..Policy::default() }, ScriptedChannel::new("chat"));
    let admin = world.staff("admin", Role::Admin).await;
    let session = world.joined(&admin).await;
    world.desk.session_close(&admin, session).await.unwrap();
    world.shown(3).await;
    world.says("One more thing").await;
    assert!(world.shown(4).await.contains("You have no open request"));
    assert!(world.messages().await.iter().any(|message| message.text == "One more thing"));
    assert!(world.session().await.is_closed());
}

#[tokio::test]
async fn an_untouched_session_of_the_bot_expires_and_one_that_waits_for_people_does_not() {
    let mut world = World::new();
    world.opens().await;
    world.shown(1).await;
    let desk = world.desk.clone();
    world
        .passes_until(HOUR, async || desk.now() > ManualClock::new().now() + jiff::SignedDuration::from_hours(25))
        .await;
    assert!(world.shown(2).await.contains("Nobody has written here for a while"));

    world.opens().await;
    world.says("human").await;
    world.shown(4).await;
    for _ in 0..240 {
        world.clock.advance(HOUR);
        tokio::task::yield_now().await;
    }
    assert!(!world.session().await.is_closed(), "a customer who was promised a person is not forgotten");
}

#[tokio::test]
async fn a_message_puts_the_expiry_off() {
    let idle = IdleTimeouts { active: Some(2 * HOUR), ..Policy::default().idle };
    let mut world = World::with(Policy { idle, ..Policy::default() }, ScriptedChannel::new("chat"));
    let admin = world.staff("admin", Role::Admin).await;
    world.joined(&admin).await;
    world.clock.advance(HOUR);
    world.says("Still here").await;
    world.clock.advance(HOUR);
    world.says("And here").await;
    assert!(!world.session().await.is_closed());
    let channel = world.channel.clone();
    world.passes_until(HOUR, async || channel.sent().len() >= 3).await;
    assert!(world.shown(3).await.contains("Nobody has written here for a while"));
}

#[tokio::test]
async fn staff_may_send_files_where_the_policy_allows_it_a15() {
    let mut world = World::with(Policy { agents_may_attach: true, ..Policy::default() }, ScriptedChannel::new("chat"));
    let agent = world.staff("maria", Role::Agent).await;
    let session = world.joined(&agent).await;
    let file = NewFile { name: "a.txt".to_owned(), mime: "text/plain".to_owned(), content: byte_stream("hello") };
    let new = NewMessage { files: vec![file], ..text("See the file") };
    world.desk.message_send(&agent, session, new).await.unwrap();
    let sent = world.channel.sent_count(4).await;
    assert!(
        sent.iter()
            .any(|part| part.file.as_ref().is_some_and(|(name, bytes)| name == "a.txt" && &bytes[..] == b"hello"))
    );
}

#[tokio::test]
async fn the_same_key_gives_the_first_message_whatever_became_of_the_session() {
    let mut world = World::new();
    let agent = world.staff("maria", Role::Agent).await;
    let session = world.joined(&agent).await;
    let keyed = || NewMessage { key: Some("k".to_owned()), ..text("Once") };
    let first = world.desk.message_send(&agent, session, keyed()).await.unwrap();
    world.desk.session_close(&agent, session).await.unwrap();
    let second = world.desk.message_send(&agent, session, keyed()).await.unwrap();
    assert_eq!(first.message.id, second.message.id);
    assert!(matches!(world.desk.message_send(&agent, session, text("More")).await, Err(DeskError::Refused(_))));
}

#[tokio::test]
async fn answers_go_to_the_address_that_the_customer_wrote_from_last() {
    let mut world = World::new();
    let agent = world.staff("maria", Role::Agent).await;
    let session = world.joined(&agent).await;
    let mut changes = ChangeSet::new(world.desk.now());
    changes.writes.push(Write::AddressInsert(CustomerAddress {
        address: world.channel.address("anna-at-work"),
        customer: world.session().await.customer,
        handle: None,
        unreachable_since: None,
    }));
    world.storage.commit(changes).await.unwrap();
    let external = helpdesk_core::ExternalId("m-1".to_owned());
    let message = IncomingMessage {
        text: "From work".to_owned(),
        external_id: Some(external.clone()),
        ..IncomingMessage::default()
    };
    world.does_at("anna-at-work", InboundEvent::Message(message)).await;
    world.desk.message_send(&agent, session, text("Hello at work")).await.unwrap();
    let sent = world.channel.sent_count(3).await;
    assert_eq!(sent[2].to, world.channel.address("anna-at-work"));
    // What came from there is known by its name there.
    world.does_at("anna-at-work", InboundEvent::Edit { external_id: external, text: "From home".to_owned() }).await;
    assert!(world.messages().await.iter().any(|message| message.text == "From home" && message.edited_at.is_some()));
}

#[tokio::test]
async fn a_send_that_hangs_holds_up_its_own_address_alone() {
    let mut world = World::new();
    world.channel.next_send(SendOutcome::Hangs);
    world.opens().await;
    world.channel.tried_count(1).await;
    world.says("How?").await;
    world.does_at("boris", InboundEvent::Open).await;
    let sent = world.channel.sent_count(1).await;
    assert_eq!(sent[0].to, world.channel.address("boris"));
}

#[tokio::test]
async fn a_refused_send_is_tried_again_until_it_is_shown_as_failed() {
    let mut world = World::new();
    let agent = world.staff("maria", Role::Agent).await;
    let session = world.joined(&agent).await;
    let tries = Policy::default().retry.channel_max_tries;
    for _ in 0..tries {
        world.channel.next_send(SendOutcome::Refused(ChannelError::temporary("no connection")));
    }
    let sent = world.desk.message_send(&agent, session, text("Hello")).await.unwrap().message.id;
    let status = async || world.storage.message(sent).await.unwrap().unwrap().delivery.unwrap().status;
    world.passes_until(Duration::from_secs(60), async || matches!(status().await, DeliveryStatus::Failed { .. })).await;
    world.desk.message_resend(&agent, sent).await.unwrap();
    let last = world.channel.sent_count(3).await;
    assert_eq!(last[2].text.trim_end(), "Hello");
}

#[tokio::test]
async fn a_stranger_who_never_wrote_is_no_customer() {
    let mut world = World::new();
    let to = world.channel.address("elsewhere");
    for event in [
        InboundEvent::Moved { to },
        InboundEvent::Unreachable,
        InboundEvent::Reachable,
        InboundEvent::Press { token: "h1forged".to_owned() },
        InboundEvent::Edit { external_id: helpdesk_core::ExternalId("7".to_owned()), text: "x".to_owned() },
    ] {
        world.does_at("stranger", event).await;
    }
    assert!(world.storage.customer_by_address(&world.channel.address("stranger")).await.unwrap().is_none());
}

#[tokio::test]
async fn an_address_that_moves_onto_another_customers_stays_where_it_is() {
    let mut world = World::new();
    world.opens().await;
    world.does_at("boris", InboundEvent::Open).await;
    let to = world.channel.address("boris");
    world.does(InboundEvent::Moved { to }).await;
    assert!(world.storage.customer_by_address(&world.channel.address("anna")).await.unwrap().is_some());
}

#[tokio::test]
async fn a_note_is_for_staff_alone_and_needs_no_joining() {
    let mut world = World::new();
    let agent = world.staff("maria", Role::Agent).await;
    let session = world.joined(&agent).await;
    let other = world.staff("oleg", Role::Agent).await;
    let note = NewMessage { note: true, ..text("She called before") };
    world.desk.message_send(&other, session, note).await.unwrap();
    world.desk.message_send(&agent, session, text("Hello")).await.unwrap();
    let sent = world.channel.sent_count(3).await;
    assert!(sent.iter().all(|part| !part.text.contains("She called before")));
    assert!(world.messages().await.iter().any(|message| message.author == Author::Staff(other.staff_id().unwrap())));
}

#[tokio::test]
async fn the_last_active_admin_stays_one_also_when_two_disable_each_other_a11() {
    let world = World::new();
    let (one, two) = (world.staff("one", Role::Admin).await, world.staff("two", Role::Admin).await);
    let off = || StaffChange { active: Some(false), ..StaffChange::default() };
    let (first, second) = tokio::join!(
        world.desk.staff_update(&one, two.staff_id().unwrap(), off()),
        world.desk.staff_update(&two, one.staff_id().unwrap(), off()),
    );
    assert_eq!(usize::from(first.is_ok()) + usize::from(second.is_ok()), 1, "{first:?} {second:?}");
    let demoted = StaffChange { role: Some(Role::Agent), ..StaffChange::default() };
    let left = if first.is_ok() { one } else { two };
    let refused = world.desk.staff_update(&Actor::Host, left.staff_id().unwrap(), demoted).await;
    assert!(matches!(refused, Err(DeskError::Conflict(_))), "{refused:?}");
}

#[tokio::test]
async fn a_feed_resumes_without_a_gap_and_starts_anew_where_events_are_gone() {
    let mut world = World::new();
    let admin = world.staff("admin", Role::Admin).await;
    let mut feed = world.desk.feed(&admin, Some(0)).await.unwrap();
    world.opens().await;
    world.shown(1).await;
    let mut seen = Vec::new();
    while seen.last() != Some(&world.desk.event_position().await.unwrap()) {
        match feed.next().await.unwrap().unwrap() {
            FeedItem::Event(event) => seen.push(event.position),
            FeedItem::Reset { .. } => panic!("nothing is gone yet"),
        }
    }
    let mut again = world.desk.feed(&admin, Some(seen[1])).await.unwrap();
    for position in &seen[2..] {
        let Some(Ok(FeedItem::Event(event))) = again.next().await else { panic!("an event") };
        assert_eq!(event.position, *position);
    }
    // Pruned: the reader is told to load afresh.
    let mut changes = ChangeSet::new(world.desk.now());
    let now = world.desk.now() + jiff::SignedDuration::from_hours(1);
    changes.writes.push(Write::Prune { causes_before: now, events_before: now });
    world.storage.commit(changes).await.unwrap();
    let mut late = world.desk.feed(&admin, Some(1)).await.unwrap();
    assert!(matches!(late.next().await, Some(Ok(FeedItem::Reset { .. }))));
}

#[tokio::test]
async fn an_agents_feed_shows_what_was_handed_over_alone_and_ends_with_the_account_a12() {
    let mut world = World::new();
    let agent = world.staff("maria", Role::Agent).await;
    let mut feed = world.desk.feed(&agent, None).await.unwrap();
    world.opens().await;
    world.shown(1).await;
    world.does_at("boris", InboundEvent::Open).await;
    world.does_at("boris", said("human")).await;
    world.channel.sent_count(3).await;
    let Some(Ok(FeedItem::Event(event))) = feed.next().await else { panic!("an event") };
    let customer = event.session.as_ref().unwrap().summary.session.address.key.clone();
    assert_eq!(customer, "boris", "Anna's session is still with the bot");
    let off = StaffChange { active: Some(false), ..StaffChange::default() };
    world.desk.staff_update(&Actor::Host, agent.staff_id().unwrap(), off).await.unwrap();
    while let Some(item) = feed.next().await {
        assert!(
            !matches!(item.unwrap(), FeedItem::Event(event) if matches!(event.kind, EventKind::StaffChanged { .. }))
        );
    }
}

#[tokio::test]
async fn random_ids_are_version_seven_and_carry_their_time() {
    let now = ManualClock::new().now();
    let id = RandomIds.uuid(now);
    assert_eq!(id.get_version_num(), 7);
    let (seconds, _) = id.get_timestamp().unwrap().to_unix();
    assert_eq!(i64::try_from(seconds).unwrap(), now.as_second());
}
