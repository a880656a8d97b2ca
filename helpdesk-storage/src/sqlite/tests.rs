//! What only the inside of the storage can show: query plans, stored forms, and what happens to a transaction or a task
//! that breaks.

use std::{collections::BTreeSet, time::Duration};

use helpdesk_core::{
    ChannelName, Language,
    address::Address,
    chat::{Chat, ChatKind},
    id::{AttachmentId, ChatId, CustomerId, MessageId, SessionId, StaffId, TaskId},
    message::{
        Attachment, AttachmentBody, Author, DeliveryStatus, File, FileKind, FileState, Message, PromptKind, TextFormat,
        Transcript, Visibility,
    },
    person::{Customer, Role},
    session::{Resolution, Session, State, StateKind},
    storage::{
        ChangeSet, Claim, CommitError, EventKind, Expectation, LeasedTask, NewTask, PageRequest, SearchFilter,
        SessionFilter, SessionOrder, Storage as _, StorageError, Task, Write,
    },
};
use jiff::Timestamp;
use sqlx::{AssertSqlSafe, Connection as _, Row as _, SqliteConnection};
use tempfile::{TempDir, tempdir};
use uuid::Uuid;

use super::{SqliteOptions, SqliteStorage, apply, encode, read};

async fn storage() -> (SqliteStorage, TempDir) {
    let folder = tempdir().unwrap();
    let options = SqliteOptions { busy_timeout: Duration::from_millis(1), ..SqliteOptions::new(path(&folder)) };
    (SqliteStorage::open_with(options).await.unwrap(), folder)
}

fn path(folder: &TempDir) -> std::path::PathBuf {
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
    let opening =
        [Write::CustomerInsert(customer), Write::SessionInsert(session.clone()), Write::ChatInsert { chat, members: vec![] }];
    storage.commit(writes(opening)).await.unwrap();
    session
}

fn task(number: u128, lane: &str) -> NewTask {
    let task = Task::Deliver { message: id(MessageId::from_uuid, number) };
    NewTask { id: id(TaskId::from_uuid, number), lane: lane.to_owned(), task, due_at: at(0) }
}

async fn enqueue(storage: &SqliteStorage, tasks: impl IntoIterator<Item = NewTask>) {
    let tasks = tasks.into_iter().collect();
    storage.commit(ChangeSet { tasks, ..ChangeSet::new(at(0)) }).await.unwrap();
}

async fn claim(storage: &SqliteStorage, second: i64) -> Vec<LeasedTask> {
    let claim = Claim { now: at(second), lease_until: at(second + 60), max: 100 };
    storage.commit(ChangeSet { claim: Some(claim), ..ChangeSet::new(at(second)) }).await.unwrap().claimed
}

fn ids(tasks: &[LeasedTask]) -> Vec<u128> {
    tasks.iter().map(|task| task.id.as_uuid().as_u128()).collect()
}

mod plans {
    use super::*;

    /// How SQLite means to run a query.
    async fn plan(storage: &SqliteStorage, query: &str) -> String {
        let rows = sqlx::query(AssertSqlSafe(format!("EXPLAIN QUERY PLAN {query}")))
            .fetch_all(&storage.reader.pool)
            .await
            .unwrap();
        rows.iter().map(|row| row.get::<String, _>("detail")).collect::<Vec<_>>().join("\n")
    }

    /// Asserts that `plan` goes through an index, reads no table from end to end, and sorts nothing.
    #[track_caller]
    fn assert_straight(plan: &str, index: &str) {
        assert!(plan.contains(index), "does not use {index}:\n{plan}");
        for line in plan.lines() {
            let whole_table = line.starts_with("SCAN") && !line.contains("USING") && !line.contains("VIRTUAL TABLE");
            assert!(!whole_table && !line.contains("USE TEMP B-TREE"), "{line} in\n{plan}");
        }
    }

    #[tokio::test]
    async fn a_claim_reads_the_heads_that_are_due_however_many_tasks_wait() {
        let (storage, _folder) = storage().await;
        let plan = plan(&storage, apply::task::CLAIM).await;
        assert_straight(&plan, "SEARCH free USING INDEX helpdesk_tasks_due (due_at<?)");
        assert!(plan.contains("helpdesk_tasks_held (lane=?"), "{plan}");
    }

    #[tokio::test]
    async fn the_next_due_task_is_the_first_of_an_index() {
        let (storage, _folder) = storage().await;
        let plan = plan(&storage, read::NEXT_DUE).await;
        assert!(plan.contains("USING INDEX helpdesk_tasks_due"), "{plan}");
        assert!(plan.contains("USING INDEX helpdesk_tasks_held"), "{plan}");
        assert!(!plan.lines().any(|line| line.ends_with("SCAN helpdesk_tasks")), "{plan}");
    }

    #[tokio::test]
    async fn lists_of_open_sessions_read_open_sessions_alone() {
        let (storage, _folder) = storage().await;
        let open = SessionFilter {
            states: BTreeSet::from([StateKind::Queued, StateKind::Active]),
            order: SessionOrder::LongestWaiting,
            ..SessionFilter::default()
        };
        let mut query = read::session_query(&open);
        query.push(" ORDER BY coalesce(s.handed_over_at, s.opened_at), s.number LIMIT 50");
        let plan = plan(&storage, query.sql().as_str()).await;
        assert!(plan.contains("s USING INDEX helpdesk_sessions_waiting"), "{plan}");
        assert!(!plan.contains("USE TEMP B-TREE"), "{plan}");
    }

    #[tokio::test]
    async fn a_page_of_all_sessions_reads_its_rows_and_no_more() {
        let (storage, _folder) = storage().await;
        let mut query = read::session_query(&SessionFilter::default());
        query.push(" AND s.number < 1000 ORDER BY s.number DESC LIMIT 50");
        let plan = plan(&storage, query.sql().as_str()).await;
        assert_straight(&plan, "SEARCH s USING INTEGER PRIMARY KEY (rowid<?)");
    }
}

mod stored_forms {
    use super::*;

    /// What is in a database stays there for years: these texts are never to change.
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
            (
                State::Closed { resolution: Resolution::SolvedByBot },
                r#"{"state":"closed","resolution":"solved_by_bot"}"#,
            ),
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
        assert_eq!(encode::json(&Author::Customer(CustomerId::from_uuid(uuid))), with_id(r#"{"kind":"customer","id":"ID"}"#));
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
}

mod transactions {
    use super::*;

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
}

mod tasks {
    use super::*;

    #[tokio::test]
    async fn a_task_that_cannot_be_read_leaves_its_lane() {
        let (storage, folder) = storage().await;
        enqueue(&storage, [task(1, "to:a"), task(2, "to:a"), task(3, "to:b")]).await;
        let mut other = beside(&folder).await;
        sqlx::query("UPDATE helpdesk_tasks SET task = '{\"task\":\"unheard_of\"}' WHERE place = 1")
            .execute(&mut other)
            .await
            .unwrap();
        assert_eq!(ids(&claim(&storage, 1).await), [2, 3]);
        let kept: (String, String) = sqlx::query_as("SELECT lane, reason FROM helpdesk_unreadable_tasks")
            .fetch_one(&mut other)
            .await
            .unwrap();
        assert_eq!(kept.0, "to:a");
        assert!(kept.1.contains("task"), "{}", kept.1);
        assert_eq!(storage.task_backlog(at(1)).await.unwrap().total, 2);
    }

    #[tokio::test]
    async fn two_lanes_that_become_one_give_one_task_at_a_time() {
        let (storage, _folder) = storage().await;
        let (from, to) = (address("old"), address("new"));
        let lane = Task::lane_to;
        let known = helpdesk_core::person::CustomerAddress {
            address: from.clone(),
            customer: customer(1).id,
            handle: None,
            unreachable_since: None,
        };
        storage.commit(writes([Write::CustomerInsert(customer(1)), Write::AddressInsert(known)])).await.unwrap();
        enqueue(&storage, [task(1, &lane(&from)), task(2, &lane(&to)), task(3, &lane(&from))]).await;
        assert_eq!(ids(&claim(&storage, 1).await), [1, 2], "each lane gives its first");
        storage.commit(writes([Write::AddressMove { from, to }])).await.unwrap();
        // The first is given back while the second is still held.
        let retry = Write::TaskRetry { task: id(TaskId::from_uuid, 1), due_at: at(1), counted: true };
        storage.commit(writes([retry])).await.unwrap();
        assert_eq!(ids(&claim(&storage, 2).await), [0; 0]);
        storage.commit(writes([Write::TaskFinish(id(TaskId::from_uuid, 2))])).await.unwrap();
        for next in [1, 3] {
            assert_eq!(ids(&claim(&storage, 3).await), [next]);
            storage.commit(writes([Write::TaskFinish(id(TaskId::from_uuid, next))])).await.unwrap();
        }
        assert_eq!(storage.task_next_due().await.unwrap(), None);
    }

    #[tokio::test]
    async fn a_lane_with_tasks_has_exactly_one_head_whatever_happens_to_it() {
        let (storage, folder) = storage().await;
        let mut other = beside(&folder).await;
        enqueue(&storage, (1..=9).map(|number| task(number, ["to:a", "to:b", "to:c"][(number % 3) as usize]))).await;
        let mut second = 1;
        loop {
            let heads: Vec<(String, i64)> =
                sqlx::query_as("SELECT lane, sum(head) FROM helpdesk_tasks GROUP BY lane").fetch_all(&mut other).await.unwrap();
            assert!(heads.iter().all(|(_, heads)| *heads == 1), "{heads:?}");
            let taken = claim(&storage, second).await;
            assert_eq!(taken.len(), heads.len());
            let Some((first, rest)) = taken.split_first() else { break };
            let retries =
                rest.iter().map(|task| Write::TaskRetry { task: task.id, due_at: at(second), counted: false });
            storage.commit(writes(retries.chain([Write::TaskFinish(first.id)]))).await.unwrap();
            second += 1;
        }
        assert_eq!(second, 10);
    }
}

mod search {
    use super::*;

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
        let place = AttachmentBody::Location { latitude_e6: 1, longitude_e6: 2, title: Some("Красная площадь".to_owned()) };
        let contact = AttachmentBody::Contact { name: "Иван Петров".to_owned(), phone: "+7 900 555-35-35".to_owned() };
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
}
