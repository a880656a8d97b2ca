//! What search finds beyond what every storage promises.

use helpdesk_core::{
    id::{AttachmentId, MessageId},
    message::{Attachment, AttachmentBody, Author, Message},
    session::Session,
    storage::{PageRequest, SearchFilter, Storage as _, Write},
};

use super::{at, dialog, id, storage, writes};
use crate::sqlite::SqliteStorage;

async fn found(storage: &SqliteStorage, query: &str) -> Vec<u128> {
    let filter = SearchFilter { query: query.to_owned(), handed_over_only: false, session: None };
    let page = storage.message_search(&filter, &PageRequest::default()).await.unwrap();
    page.items.iter().map(|hit| hit.message.id.as_uuid().as_u128()).collect()
}

fn message(number: u128, session: &Session, text: &str) -> Message {
    Message::new(id(MessageId::from_uuid, number), session.chat, Author::Customer(session.customer), text, at(0))
}

fn insert(message: Message) -> Write {
    Write::MessageInsert(Box::new(message))
}

#[tokio::test]
async fn names_on_attachments_are_found_also_when_they_come_late() {
    let (storage, _folder) = storage().await;
    let session = dialog(&storage, 1).await;
    let attachment = |number, body| Attachment { id: id(AttachmentId::from_uuid, number), body };
    let place = AttachmentBody::Location {
        latitude_e6: 1, longitude_e6: 2, title: Some("Красная площадь".to_owned())
    };
    let contact =
        AttachmentBody::Contact { name: "Иван Петров".to_owned(), phone: "+7 900 555-35-35".to_owned() };
    let mut with_place = message(1, &session, "тут");
    with_place.attachments = vec![attachment(1, place)];
    storage.commit(writes([insert(with_place)])).await.unwrap();
    let late = Write::AttachmentInsert { message: id(MessageId::from_uuid, 1), attachment: attachment(2, contact) };
    storage.commit(writes([late])).await.unwrap();
    assert_eq!(found(&storage, "площади").await, [1]);
    assert_eq!(found(&storage, "петрову 555-35-35 тут").await, [1]);
}

#[tokio::test]
async fn a_deleted_message_is_not_found() {
    let (storage, _folder) = storage().await;
    let session = dialog(&storage, 1).await;
    let deleted = Message { deleted_at: Some(at(1)), ..message(1, &session, "принтер") };
    storage.commit(writes([insert(deleted), insert(message(2, &session, "принтеры"))])).await.unwrap();
    assert_eq!(found(&storage, "принтер").await, [2]);
}

#[tokio::test]
async fn a_message_that_changes_in_the_change_set_that_brings_it_is_found_by_what_it_says_in_the_end() {
    let (storage, _folder) = storage().await;
    let session = dialog(&storage, 1).await;
    let caption = Write::MessageCaption { message: id(MessageId::from_uuid, 1), text: "отвёртка".to_owned() };
    storage.commit(writes([insert(message(1, &session, "молоток")), caption])).await.unwrap();
    assert_eq!(found(&storage, "молоток").await, [0; 0]);
    assert_eq!(found(&storage, "отвертки").await, [1]);
}

#[tokio::test]
async fn the_words_of_a_refused_change_set_are_not_indexed() {
    let (storage, _folder) = storage().await;
    let session = dialog(&storage, 1).await;
    let twice = [insert(message(1, &session, "пила")), insert(message(1, &session, "пила"))];
    assert!(storage.commit(writes(twice)).await.is_err());
    storage.commit(writes([insert(message(1, &session, "дрель"))])).await.unwrap();
    assert_eq!(found(&storage, "пила").await, [0; 0]);
    assert_eq!(found(&storage, "дрель").await, [1]);
}

#[tokio::test]
async fn the_longest_query_is_answered() {
    let (storage, _folder) = storage().await;
    let session = dialog(&storage, 1).await;
    let letters: Vec<_> = ('а'..='я').chain('a'..='z').chain('α'..='ω').map(String::from).collect();
    let text = letters.join(" ");
    storage.commit(writes([insert(message(1, &session, &text))])).await.unwrap();
    assert_eq!(found(&storage, &text).await, [1]);
}
