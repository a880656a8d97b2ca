//! The forms in which values are stored. What is in a database stays there for years: these texts are never to change.

use helpdesk_core::{
    chat::ChatKind,
    id::{ChatId, CustomerId, MessageId, SessionId, StaffId},
    message::{
        AttachmentBody, Author, DeliveryStatus, File, FileKind, FileState, PromptKind, TextFormat, Transcript,
        Visibility,
    },
    person::Role,
    session::{Resolution, State},
    storage::{EventKind, Task},
};
use uuid::Uuid;

use super::at;
use crate::sqlite::encode;

#[test]
fn names_and_json_are_what_they_were() {
    let uuid = Uuid::from_u128(1);
    let id = "00000000-0000-0000-0000-000000000001";
    let (message, session, staff) = (MessageId::from_uuid(uuid), SessionId::from_uuid(uuid), StaffId::from_uuid(uuid));
    let with_id = |text: &str| text.replace("ID", id);
    let states = [
        (State::Listening { answers: 0, turn: 1 }, r#"{"state":"listening","answers":0,"turn":1}"#),
        (State::Answering { answers: 1, turn: 2 }, r#"{"state":"answering","answers":1,"turn":2}"#),
        (
            State::Confirming { answers: 1, turn: 2, answer: message },
            r#"{"state":"confirming","answers":1,"turn":2,"answer":"ID"}"#,
        ),
        (State::Offered { prompt: message }, r#"{"state":"offered","prompt":"ID"}"#),
        (State::Queued, r#"{"state":"queued"}"#),
        (State::Active { agents: vec![staff] }, r#"{"state":"active","agents":["ID"]}"#),
        (State::Closed { resolution: Resolution::SolvedByBot }, r#"{"state":"closed","resolution":"solved_by_bot"}"#),
    ];
    for (state, stored) in states {
        assert_eq!(encode::json(&state), with_id(stored));
    }
    let statuses = [
        (DeliveryStatus::Pending, r#"{"status":"pending"}"#),
        (DeliveryStatus::Sending { part: 2 }, r#"{"status":"sending","part":2}"#),
        (DeliveryStatus::Sent, r#"{"status":"sent"}"#),
        (DeliveryStatus::Read, r#"{"status":"read"}"#),
        (DeliveryStatus::Failed { reason: "no".to_owned() }, r#"{"status":"failed","reason":"no"}"#),
        (DeliveryStatus::Unknown, r#"{"status":"unknown"}"#),
    ];
    for (status, stored) in statuses {
        assert_eq!(encode::json(&status), stored);
    }
    assert_eq!(
        encode::json(&Author::Customer(CustomerId::from_uuid(uuid))),
        with_id(r#"{"kind":"customer","id":"ID"}"#)
    );
    assert_eq!(encode::json(&Author::Bot), r#"{"kind":"bot"}"#);
    assert_eq!(encode::json(&PromptKind::Helped), r#"{"prompt":"helped"}"#);
    let event = EventKind::MessageCreated { session: Some(session), chat: ChatId::from_uuid(uuid), message };
    assert_eq!(
        encode::json(&event),
        with_id(r#"{"type":"message.created","session":"ID","chat":"ID","message":"ID"}"#)
    );
    let task = Task::Answer { session, turn: 3 };
    assert_eq!(encode::json(&task), with_id(r#"{"task":"answer","session":"ID","turn":3}"#));
    assert_eq!(encode::tag(&ChatKind::TicketGroup { session }, "kind"), "ticket_group");
    assert_eq!(encode::name(&TextFormat::Markdown), "markdown");
    assert_eq!(encode::name(&Visibility::Everyone), "everyone");
    assert_eq!(encode::name(&Role::Admin), "admin");
    assert_eq!(encode::micros(at(0)), 1_780_315_200_000_000);
}

#[test]
fn an_attachment_is_what_it_was() {
    let file = AttachmentBody::File(File {
        kind: FileKind::VideoNote,
        name: "a.mp4".to_owned(),
        mime: "video/mp4".to_owned(),
        size_bytes: Some(1),
        duration_seconds: None,
        state: FileState::TooLarge,
        transcript: Transcript::Done("да".to_owned()),
    });
    let stored = r#"{"type":"file","kind":"video_note","name":"a.mp4","mime":"video/mp4","size_bytes":1,"duration_seconds":null,"state":{"state":"too_large"},"transcript":{"state":"done","text":"да"}}"#;
    assert_eq!(encode::json(&file), stored);
}
