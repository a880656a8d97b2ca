//! What only the inside of the storage can show.

mod plans;
mod search;
mod stored_forms;
mod tasks;
mod transactions;

use std::{path::PathBuf, time::Duration};

use helpdesk_core::{
    ChannelName, Language,
    address::Address,
    chat::{Chat, ChatKind},
    id::{ChatId, CustomerId, SessionId},
    person::Customer,
    session::Session,
    storage::{ChangeSet, Storage as _, Write},
};
use jiff::Timestamp;
use sqlx::{Connection as _, SqliteConnection};
use tempfile::{TempDir, tempdir};
use uuid::Uuid;

use super::{SqliteOptions, SqliteStorage};

async fn storage() -> (SqliteStorage, TempDir) {
    let folder = tempdir().unwrap();
    let options = SqliteOptions { busy_timeout: Duration::from_millis(1), ..SqliteOptions::new(path(&folder)) };
    (SqliteStorage::open_with(options).await.unwrap(), folder)
}

fn path(folder: &TempDir) -> PathBuf {
    folder.path().join("helpdesk.db")
}

/// Another connection to the same file: a host, another process, an operator with a shell.
async fn beside(folder: &TempDir) -> SqliteConnection {
    SqliteConnection::connect(path(folder).to_str().unwrap()).await.unwrap()
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_780_315_200 + second).unwrap()
}

fn address(key: &str) -> Address {
    Address::new(ChannelName::new("telegram").unwrap(), key).unwrap()
}

/// An id that is the same in every run.
fn id<T>(wrap: fn(Uuid) -> T, number: u128) -> T {
    wrap(Uuid::from_u128(number))
}

fn writes(writes: impl IntoIterator<Item = Write>) -> ChangeSet {
    ChangeSet { writes: writes.into_iter().collect(), ..ChangeSet::new(at(0)) }
}

fn customer(number: u128) -> Customer {
    Customer {
        id: id(CustomerId::from_uuid, number),
        name: "Анна".to_owned(),
        language: Language::RUSSIAN,
        host_id: None,
        attributes: [].into(),
        created_at: at(0),
    }
}

/// A session with its customer and its chat.
async fn dialog(storage: &SqliteStorage, number: u128) -> Session {
    let chat = id(ChatId::from_uuid, number);
    let customer = customer(number);
    let session =
        Session::open(id(SessionId::from_uuid, number), chat, customer.id, address(&number.to_string()), at(0));
    let chat = Chat {
        id: chat,
        kind: ChatKind::Support { session: session.id },
        title: String::new(),
        description: String::new(),
        created_at: at(0),
        archived_at: None,
        last_seq: 0,
    };
    let opening = [
        Write::CustomerInsert(customer),
        Write::SessionInsert(session.clone()),
        Write::ChatInsert { chat, members: vec![] },
    ];
    storage.commit(writes(opening)).await.unwrap();
    session
}
