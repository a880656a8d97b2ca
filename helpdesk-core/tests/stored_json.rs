//! The stored JSON of everything that storages keep as JSON. A change here is a change of what is in customers' databases:
//! it needs a migration, or must read the old form too. `INSTA_UPDATE=always` writes the snapshots anew.

use std::fmt::Debug;

use helpdesk_core::{
    Address, AttachmentId, ChannelName, ChatId, MessageId, SessionId, StaffId,
    address::ExternalId,
    blob::BlobKey,
    chat::ChatKind,
    message::{
        AttachmentBody, Author, Delivery, DeliveryStatus, File, FileKind, FileState, Prompt, PromptKind, TextFormat,
        Transcript, Visibility,
    },
    person::Profile,
    responder::Source,
    session::{Resolution, State, StateKind},
    storage::{EventKind, Task},
};
use jiff::Timestamp;
use serde::{Serialize, de::DeserializeOwned};
use uuid::Uuid;

fn uuid(number: u64) -> Uuid {
    Uuid::from_u64_pair(0x019e_8321_4a00_7000, 0x8000_0000_0000_0000 | number)
}

fn session() -> SessionId {
    SessionId::from_uuid(uuid(1))
}

fn chat() -> ChatId {
    ChatId::from_uuid(uuid(2))
}

fn message() -> MessageId {
    MessageId::from_uuid(uuid(3))
}

fn attachment() -> AttachmentId {
    AttachmentId::from_uuid(uuid(4))
}

fn staff(number: u64) -> StaffId {
    StaffId::from_uuid(uuid(number))
}

/// One line of JSON per value, each of which is read back as it was.
fn lines<T: Serialize + DeserializeOwned + PartialEq + Debug>(values: impl IntoIterator<Item = T>) -> String {
    let line = |value: T| {
        let json = serde_json::to_string(&value).expect("it can be written");
        let read: T = serde_json::from_str(&json).expect("it can be read back");
        assert_eq!(read, value);
        json
    };
    values.into_iter().map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn states() {
    let closed = |resolution| State::Closed { resolution };
    insta::assert_snapshot!(lines([
        State::Listening { answers: 0, turn: 0 },
        State::Answering { answers: 1, turn: 2 },
        State::Confirming { answers: 1, turn: 2, answer: message() },
        State::Offered { prompt: message() },
        State::Queued,
        State::Active { agents: vec![staff(10), staff(11)] },
        closed(Resolution::SolvedByBot),
        closed(Resolution::SolvedByStaff),
        closed(Resolution::Declined),
        closed(Resolution::Superseded),
        closed(Resolution::Expired),
    ]));
}

/// The names by which lists filter, which storages keep in columns of their own.
#[test]
fn names_in_columns() {
    for kind in StateKind::ALL {
        assert_eq!(kind.as_str().parse(), Ok(kind));
        assert_eq!(serde_json::to_value(kind).expect("it can be written"), kind.as_str());
    }
    let resolutions = [
        Resolution::SolvedByBot,
        Resolution::SolvedByStaff,
        Resolution::Declined,
        Resolution::Superseded,
        Resolution::Expired,
    ];
    for resolution in resolutions {
        assert_eq!(serde_json::to_value(resolution).expect("it can be written"), resolution.as_str());
    }
    insta::assert_snapshot!(StateKind::ALL.map(StateKind::as_str).join("\n"));
}

#[test]
fn tasks() {
    let idle = |state| Task::Idle { session: session(), state };
    let tasks = [
        Task::Answer { session: session(), turn: 3 },
        Task::Fetch { attachment: attachment() },
        Task::Transcribe { attachment: attachment() },
        Task::Deliver { message: message() },
        Task::RemoveButtons { message: message() },
        Task::SettleAlbum { session: session(), message: message(), parts: 4 },
    ];
    insta::assert_snapshot!(lines(tasks.into_iter().chain(StateKind::ALL.map(idle))));
}

#[test]
fn events() {
    let (session, chat, message) = (session(), chat(), message());
    insta::assert_snapshot!(lines([
        EventKind::SessionOpened { session },
        EventKind::SessionChanged { session },
        EventKind::MessageCreated { session: Some(session), chat, message },
        EventKind::MessageCreated { session: None, chat, message },
        EventKind::MessageChanged { session: Some(session), chat, message },
        EventKind::StaffChanged { staff: staff(10) },
    ]));
}

fn file(kind: FileKind, state: FileState, transcript: Transcript) -> AttachmentBody {
    AttachmentBody::File(File {
        kind,
        name: "имя.pdf".to_owned(),
        mime: "application/pdf".to_owned(),
        size_bytes: Some(1024),
        duration_seconds: None,
        state,
        transcript,
    })
}

#[test]
fn attachments() {
    let channel = ChannelName::new("telegram").expect("it is a name");
    let remote = FileState::Remote { channel, reference: "AgAD".to_owned() };
    let stored = FileState::Stored { blob: BlobKey::of_attachment(attachment()) };
    insta::assert_snapshot!(lines([
        file(FileKind::Photo, remote.clone(), Transcript::None),
        file(FileKind::Video, FileState::TooLarge, Transcript::None),
        file(FileKind::VideoNote, FileState::Failed { reason: "gone".to_owned() }, Transcript::None),
        file(FileKind::Voice, remote, Transcript::Pending),
        file(FileKind::Voice, stored.clone(), Transcript::Done("алло".to_owned())),
        file(FileKind::Voice, stored.clone(), Transcript::Failed("noise".to_owned())),
        file(FileKind::Audio, stored.clone(), Transcript::None),
        file(FileKind::Document, stored.clone(), Transcript::None),
        file(FileKind::Sticker, stored, Transcript::None),
        AttachmentBody::Location { latitude_e6: 55_751_244, longitude_e6: -37_618_423, title: None },
        AttachmentBody::Location { latitude_e6: 0, longitude_e6: 0, title: Some("Офис".to_owned()) },
        AttachmentBody::Contact { name: "Анна".to_owned(), phone: "+7 900".to_owned() },
        AttachmentBody::Reference { kind: "car".to_owned(), key: "VIN-1".to_owned() },
    ]));
}

#[test]
fn deliveries() {
    let address = Address::new(ChannelName::new("telegram").expect("it is a name"), "42").expect("it fits");
    let statuses = [
        DeliveryStatus::Pending,
        DeliveryStatus::Sending { part: 1 },
        DeliveryStatus::Sent,
        DeliveryStatus::Read,
        DeliveryStatus::Failed { reason: "заблокирован".to_owned() },
        DeliveryStatus::Unknown,
    ];
    let deliveries = statuses.map(|status| Delivery {
        status,
        external_ids: vec![ExternalId("7".to_owned()), ExternalId("8".to_owned())],
        ..Delivery::pending(address.clone(), Timestamp::constant(1_780_315_200, 123_456_000))
    });
    insta::assert_snapshot!(lines(deliveries));
}

#[test]
fn prompts() {
    let prompt = |kind, open| Prompt { kind, open };
    insta::assert_snapshot!(lines([
        prompt(PromptKind::Helped, true),
        prompt(PromptKind::Ready, true),
        prompt(PromptKind::Rate, false),
    ]));
}

#[test]
fn authors_and_forms() {
    let customer = helpdesk_core::CustomerId::from_uuid(uuid(9));
    let authors = lines([Author::Customer(customer), Author::Bot, Author::Staff(staff(10))]);
    let visibility = lines([Visibility::Everyone, Visibility::Staff]);
    let formats = lines([TextFormat::Plain, TextFormat::Markdown]);
    let kinds = lines([
        ChatKind::Support { session: session() },
        ChatKind::Direct,
        ChatKind::Group,
        ChatKind::TicketGroup { session: session() },
        ChatKind::Broadcast,
    ]);
    let source = |url: Option<&str>| Source {
        id: "ru/password.md".to_owned(),
        title: "Пароль".to_owned(),
        url: url.map(str::to_owned),
    };
    let sources = lines([source(None), source(Some("https://example.org/password"))]);
    let profile = lines([Profile { city: "Пермь".to_owned(), ..Profile::default() }]);
    insta::assert_snapshot!([authors, visibility, formats, kinds, sources, profile].join("\n\n"));
}
