//! What every form looks like on the wire: a changed snapshot is a changed API.

use std::{collections::BTreeMap, sync::Arc};

use helpdesk_core::{
    self as core, Address, AttachmentId, ChannelName, ChatId, CustomerId, ExternalId, Language, MessageId, SessionId,
    StaffId,
    blob::BlobKey,
    desk::{
        ChannelStatus,
        feed::{FeedItem as DomainItem, LiveEvent},
        view::{MessageView, SessionDetail as DetailView, SessionView, StaffName},
    },
    message::{
        Attachment, AttachmentBody, Author, Delivery, DeliveryStatus, File, FileKind, FileState,
        Message as DomainMessage, Prompt, PromptKind, TextFormat, Transcript, Visibility,
    },
    person::{AddressBook, CustomerAddress, Profile},
    responder::Source,
    session::{Resolution, State},
    storage::{EventKind, Page, Preview, SessionSummary, TaskBacklog},
};
use insta::assert_json_snapshot;
use jiff::Timestamp;
use uuid::Uuid;

use super::*;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_780_000_000 + second).unwrap()
}

fn uuid(number: u128) -> Uuid {
    Uuid::from_u128(0x0190_d5f4_7a3c_7000_8000_0000_0000_0000 + number)
}

fn address() -> Address {
    Address::new(ChannelName::new("telegram").unwrap(), "4711").unwrap()
}

fn staff() -> core::Staff {
    core::Staff {
        id: StaffId::from_uuid(uuid(1)),
        login: "anna".to_owned(),
        password_hash: Some("$argon2id$secret".to_owned()),
        full_name: "Anna Agent".to_owned(),
        role: core::Role::Agent,
        active: true,
        language: Language::RUSSIAN,
        profile: Profile::default(),
        revision: 3,
        created_at: at(0),
    }
}

fn session(state: State) -> SessionView {
    let ids = (SessionId::from_uuid(uuid(2)), ChatId::from_uuid(uuid(3)), CustomerId::from_uuid(uuid(4)));
    let mut session = core::Session::open(ids.0, ids.1, ids.2, address(), at(0));
    let agents = match &state {
        State::Active { agents } => agents.clone(),
        _ => Vec::new(),
    };
    session.number = 1042;
    session.touched_at = at(60);
    session.handed_over_at = Some(at(30));
    session.person_answered_at = Some(at(60));
    if matches!(state, State::Closed { .. }) {
        session.closed_at = Some(at(90));
        session.rating = Some(5);
    }
    session.state = state;
    let last_message = Preview {
        author: Author::Staff(StaffId::from_uuid(uuid(1))),
        text: "How can I help?".to_owned(),
        attachment_count: 0,
        at: at(60),
    };
    SessionView {
        summary: SessionSummary {
            session,
            customer_name: "Maria".to_owned(),
            message_count: 7,
            last_message: Some(last_message),
        },
        agents: agents.into_iter().map(|id| StaffName { id, full_name: "Anna Agent".to_owned() }).collect(),
    }
}

fn active() -> State {
    State::Active { agents: vec![StaffId::from_uuid(uuid(1))] }
}

fn message(author: Author) -> DomainMessage {
    let mut message =
        DomainMessage::new(MessageId::from_uuid(uuid(5)), ChatId::from_uuid(uuid(3)), author, "Hello", at(60));
    message.seq = 3;
    message
}

fn file(kind: FileKind, state: FileState, transcript: Transcript) -> AttachmentBody {
    AttachmentBody::File(File {
        kind,
        name: "voice.ogg".to_owned(),
        mime: "audio/ogg".to_owned(),
        size_bytes: Some(4096),
        duration_seconds: Some(7),
        state,
        transcript,
    })
}

#[test]
fn accounts_and_logins() {
    assert_json_snapshot!("person", Person::from(staff()));
    let login = LoginResponse { token: "hd_token".to_owned(), expires_at: at(3600), person: staff().into() };
    assert_json_snapshot!("login", login);
}

#[test]
fn sessions() {
    assert_json_snapshot!("session_active", Session::from(session(active())));
    let closed = State::Closed { resolution: Resolution::Superseded };
    assert_json_snapshot!("session_closed", Session::from(session(closed)));
    let customer = core::Customer {
        id: CustomerId::from_uuid(uuid(4)),
        name: "Maria".to_owned(),
        language: Language::RUSSIAN,
        host_id: Some("crm-17".to_owned()),
        attributes: BTreeMap::from([("tariff".to_owned(), "gold".to_owned())]),
        created_at: at(-60),
    };
    let addresses = vec![CustomerAddress {
        address: address(),
        customer: customer.id,
        handle: Some("maria".to_owned()),
        unreachable_since: Some(at(80)),
    }];
    let customer = AddressBook { customer, addresses };
    let detail = DetailView { view: session(active()), customer, reachable: false };
    assert_json_snapshot!("session_detail", SessionDetail::from(detail));
}

#[test]
fn every_state_of_a_session_has_its_name() {
    let names = core::session::StateKind::ALL.map(|kind| (kind.as_str(), SessionState::from(kind)));
    for (name, state) in names {
        assert_eq!(serde_json::to_value(state).unwrap(), name);
    }
}

#[test]
fn messages_of_everyone() {
    let by = |author, name: Option<&str>| {
        Message::from(MessageView { message: message(author), author_name: name.map(str::to_owned) })
    };
    let list: List<Message> = [
        by(Author::Customer(CustomerId::from_uuid(uuid(4))), Some("Maria")),
        by(Author::Bot, None),
        by(Author::Staff(StaffId::from_uuid(uuid(1))), Some("Anna Agent")),
    ]
    .into_iter()
    .collect();
    assert_json_snapshot!("messages", list);
}

#[test]
fn a_message_with_everything() {
    let mut whole = message(Author::Bot);
    whole.format = TextFormat::Markdown;
    whole.visibility = Visibility::Staff;
    whole.prompt = Some(Prompt { kind: PromptKind::Helped, open: true });
    whole.sources =
        vec![Source { id: "en/password.md".to_owned(), title: "Passwords".to_owned(), url: Some("/kb/1".to_owned()) }];
    whole.reply_to = Some(MessageId::from_uuid(uuid(6)));
    whole.external_id = Some(ExternalId("99".to_owned()));
    whole.edited_at = Some(at(61));
    whole.deleted_at = Some(at(62));
    let blob = BlobKey::of_attachment(AttachmentId::from_uuid(uuid(7)));
    let (channel, reference) = (ChannelName::new("telegram").unwrap(), "secret-file-id".to_owned());
    let bodies = [
        file(FileKind::Voice, FileState::Stored { blob }, Transcript::Done("hello".to_owned())),
        file(FileKind::Photo, FileState::Remote { channel, reference }, Transcript::None),
        file(FileKind::Video, FileState::TooLarge, Transcript::Pending),
        file(
            FileKind::Document,
            FileState::Failed { reason: "gone".to_owned() },
            Transcript::Failed("noise".to_owned()),
        ),
        AttachmentBody::Location {
            latitude_e6: 55_755_800,
            longitude_e6: -37_617_600,
            title: Some("Moscow".to_owned()),
        },
        AttachmentBody::Contact { name: "Ivan".to_owned(), phone: "+7 900 000-00-00".to_owned() },
        AttachmentBody::Reference { kind: "car".to_owned(), key: "VIN1".to_owned() },
    ];
    let attachments = (7..).zip(bodies).map(|(id, body)| Attachment { id: AttachmentId::from_uuid(uuid(id)), body });
    whole.attachments = attachments.collect();
    assert_json_snapshot!("message_whole", Message::from(MessageView { message: whole, author_name: None }));
}

#[test]
fn deliveries() {
    let statuses = [
        DeliveryStatus::Pending,
        DeliveryStatus::Sending { part: 1 },
        DeliveryStatus::Sent,
        DeliveryStatus::Read,
        DeliveryStatus::Failed { reason: "the customer blocked the bot".to_owned() },
        DeliveryStatus::Unknown,
    ];
    let sent = statuses.map(|status| {
        let mut message = message(Author::Bot);
        message.delivery = Some(Delivery { status, ..Delivery::pending(address(), at(60)) });
        let message = serde_json::to_value(Message::from(MessageView { message, author_name: None })).unwrap();
        message["delivery"].clone()
    });
    assert_json_snapshot!("deliveries", sent);
}

#[test]
fn hits_and_revisions() {
    let view = MessageView { message: message(Author::Bot), author_name: None };
    let found = core::desk::view::FoundMessage { view, session: session(active()).summary.session };
    let page = Page { items: vec![found], next: Some(core::storage::Cursor("17/a".to_owned())) };
    assert_json_snapshot!("hits", List::<MessageHit>::of(page));
    let revision = core::message::Revision { text: "Helo".to_owned(), replaced_at: at(61) };
    assert_json_snapshot!("revision", Revision::from(revision));
}

#[test]
fn feed_items() {
    let event = |kind| LiveEvent { position: 17, at: at(60), kind, session: None, message: None, staff: None };
    let id = SessionId::from_uuid(uuid(2));
    let (chat, message_id) = (ChatId::from_uuid(uuid(3)), MessageId::from_uuid(uuid(5)));
    let items = [
        LiveEvent { session: Some(session(State::Queued)), ..event(EventKind::SessionOpened { session: id }) },
        LiveEvent { session: Some(session(active())), ..event(EventKind::SessionChanged { session: id }) },
        LiveEvent {
            message: Some(MessageView { message: message(Author::Bot), author_name: None }),
            ..event(EventKind::MessageCreated { session: Some(id), chat, message: message_id })
        },
        event(EventKind::MessageChanged { session: Some(id), chat, message: message_id }),
        LiveEvent { staff: Some(staff()), ..event(EventKind::StaffChanged { staff: StaffId::from_uuid(uuid(1)) }) },
    ];
    let items = items.map(|event| FeedItem::from(DomainItem::Event(Arc::new(event))));
    assert_json_snapshot!("feed_events", items);
    assert_json_snapshot!("feed_reset", FeedItem::from(DomainItem::Reset { position: 17 }));
}

#[test]
fn status() {
    let mut backlog = TaskBacklog::default();
    backlog.due = 2;
    backlog.total = 5;
    backlog.oldest_due = Some(at(60));
    let channels = vec![ChannelStatus {
        name: ChannelName::new("telegram").unwrap(),
        running: true,
        last_error: Some("temporarily unavailable: timeout".to_owned()),
    }];
    assert_json_snapshot!("status", Status::from(core::desk::Status { backlog, channels }));
}
