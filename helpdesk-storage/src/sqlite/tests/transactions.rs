//! What happens when a transaction breaks, a runtime ends, or the storage is dropped.

use helpdesk_core::{
    id::MessageId,
    message::{Author, Message},
    storage::{ChangeSet, CommitError, Expectation, Storage as _, StorageError, Write},
};
use sqlx::Connection as _;

use super::{at, beside, customer, dialog, id, storage, writes};

#[tokio::test]
async fn a_lock_that_is_held_too_long_makes_the_storage_unavailable_until_it_is_released() {
    let (storage, folder) = storage().await;
    let mut other = beside(&folder).await;
    let held = other.begin_with("BEGIN IMMEDIATE").await.unwrap();
    let refused = storage.commit(writes([Write::CustomerInsert(customer(1))])).await;
    let Err(CommitError::Storage(error @ StorageError::Unavailable(_))) = refused else { panic!("{refused:?}") };
    let cause = std::error::Error::source(&error).unwrap().source().unwrap();
    assert!(cause.to_string().contains("database is locked"), "the chain keeps the cause: {cause}");
    assert_eq!(error.to_string(), "the database is unavailable");
    held.rollback().await.unwrap();
    storage.commit(writes([Write::CustomerInsert(customer(1))])).await.unwrap();
}

#[tokio::test]
async fn a_broken_table_breaks_a_change_set_and_not_the_storage() {
    let (storage, folder) = storage().await;
    let mut other = beside(&folder).await;
    sqlx::query("ALTER TABLE helpdesk_staff RENAME TO gone").execute(&mut other).await.unwrap();
    let refused = storage.commit(ChangeSet { expect: vec![Expectation::NoStaff], ..ChangeSet::new(at(0)) }).await;
    assert!(matches!(refused, Err(CommitError::Storage(StorageError::Unavailable(_)))), "{refused:?}");
    storage.commit(writes([Write::CustomerInsert(customer(1))])).await.unwrap();
    sqlx::query("ALTER TABLE gone RENAME TO helpdesk_staff").execute(&mut other).await.unwrap();
    storage.commit(ChangeSet { expect: vec![Expectation::NoStaff], ..ChangeSet::new(at(0)) }).await.unwrap();
}

#[tokio::test]
async fn a_full_index_is_told_to_everyone_and_nothing_is_kept() {
    let (storage, folder) = storage().await;
    let session = dialog(&storage, 1).await;
    let mut other = beside(&folder).await;
    sqlx::query("ALTER TABLE helpdesk_search RENAME TO gone").execute(&mut other).await.unwrap();
    let message = Message::new(id(MessageId::from_uuid, 1), session.chat, Author::Bot, "слово", at(0));
    let insert = writes([Write::MessageInsert(Box::new(message.clone()))]);
    let refused = storage.commit(insert.clone()).await;
    assert!(matches!(refused, Err(CommitError::Storage(StorageError::Unavailable(_)))), "{refused:?}");
    assert_eq!(storage.message(message.id).await.unwrap(), None);
    sqlx::query("ALTER TABLE gone RENAME TO helpdesk_search").execute(&mut other).await.unwrap();
    storage.commit(insert).await.unwrap();
}

#[test]
fn the_storage_outlives_the_runtime_that_wrote_first() {
    let runtime = || tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let first = runtime();
    let (storage, _folder) = first.block_on(storage());
    first.block_on(storage.commit(writes([Write::CustomerInsert(customer(1))]))).unwrap();
    drop(first);
    let second = runtime();
    second.block_on(storage.commit(writes([Write::CustomerInsert(customer(2))]))).unwrap();
    assert!(second.block_on(storage.customer(customer(1).id)).unwrap().is_some());
}

#[tokio::test]
async fn the_writing_task_ends_with_the_storage() {
    let (storage, _folder) = storage().await;
    storage.commit(writes([Write::CustomerInsert(customer(1))])).await.unwrap();
    let mut task = storage.writer.task();
    drop(storage);
    assert!(task.changed().await.is_err(), "it ends, and says nothing before");
}
