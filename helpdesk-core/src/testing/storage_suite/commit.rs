//! Commits: all or nothing, once per cause, in the promised order.

use std::sync::Arc;

use super::scene::{Scene, address, assert_conflict, assert_missing, at, file, writes};
use crate::{
    address::Address,
    chat::Member,
    message::{Delivery, FileKind, Transcript},
    person::{CustomerAddress, StaffToken, TokenHash},
    session::{Session, State},
    storage::{
        Cause, ChangeSet, CommitError, Committed, Conflict, EventKind, Expectation, Storage, TaskBacklog, Write,
    },
};

fn cause(scope: &str, key: &str, outcome: &str) -> Cause {
    Cause { scope: scope.to_owned(), key: key.to_owned(), outcome: outcome.to_owned() }
}

#[track_caller]
fn assert_duplicate(outcome: Result<Committed, CommitError>, expected: &str) {
    match outcome {
        Err(CommitError::Duplicate { outcome }) => assert_eq!(outcome, expected),
        other => panic!("expected a duplicate with the outcome {expected:?}, got {other:?}"),
    }
}

/// A change set that touches every table, and whose last write is refused.
async fn refused(scene: &Scene, last: Write) -> (ChangeSet, Session) {
    let session = scene.dialog("anna").await;
    let message = scene.message(&session, "before").await;
    let newcomer = scene.customer_new("boris");
    let changes = ChangeSet {
        cause: Some(cause("telegram", "1", "")),
        events: vec![EventKind::SessionChanged { session: session.id }],
        tasks: vec![scene.task_new("lane", at(0))],
        writes: vec![
            Write::CustomerInsert(newcomer.clone()),
            Write::AddressInsert(CustomerAddress {
                address: address("boris"),
                customer: newcomer.id,
                handle: None,
                unreachable_since: None,
            }),
            Write::SessionUpdate(Session { revision: 1, state: State::Queued, ..session.clone() }),
            Write::MessageInsert(Box::new(scene.message_new(&session, "within"))),
            Write::MessageRevise { message: message.id, text: "changed".to_owned(), at: at(2) },
            Write::StaffInsert(scene.staff_new("boris", "Boris")),
            last,
        ],
        ..ChangeSet::new(at(2))
    };
    (changes, session)
}

async fn assert_untouched(scene: &Scene, changes: &ChangeSet, session: &Session) {
    let storage = &scene.storage;
    assert_eq!(storage.customer_by_address(&address("boris")).await.unwrap(), None);
    assert_eq!(scene.session_stored(session).await, *session);
    assert_eq!(storage.chat(session.chat).await.unwrap().unwrap().last_seq, 1);
    let summary = storage.session_summary(session.id).await.unwrap().unwrap();
    assert_eq!((summary.message_count, summary.last_message.unwrap().text.as_str()), (1, "before"));
    assert_eq!(storage.staff_by_login("boris").await.unwrap(), None);
    assert_eq!(storage.event_list(0, 10).await.unwrap().len(), 1, "the opening's event alone");
    assert_eq!(storage.task_backlog(at(9)).await.unwrap(), TaskBacklog::default());
    // The cause was not kept either: the same one is taken now.
    scene.commit(ChangeSet { cause: changes.cause.clone(), ..ChangeSet::new(at(3)) }).await;
}

pub async fn a_refused_change_set_leaves_nothing_behind(storage: Arc<dyn Storage>) {
    let scene = Scene::new(storage);
    let taken = scene.customer("vera").await;
    let (changes, session) = refused(&scene, Write::CustomerInsert(taken)).await;
    assert_conflict(scene.storage.commit(changes.clone()).await, Conflict::Id);
    assert_untouched(&scene, &changes, &session).await;
}

pub async fn a_change_set_of_a_missing_row_leaves_nothing_behind(storage: Arc<dyn Storage>) {
    let scene = Scene::new(storage);
    let nobody = scene.customer_new("nobody");
    let (changes, session) = refused(&scene, Write::CustomerUpdate(nobody)).await;
    assert_missing(&scene.storage.commit(changes.clone()).await);
    assert_untouched(&scene, &changes, &session).await;
}

pub async fn the_same_cause_is_committed_once_and_gives_its_outcome(storage: Arc<dyn Storage>) {
    let scene = Scene::new(storage);
    let changes = |name: &str, outcome: &str| ChangeSet {
        cause: Some(cause("telegram", "update-1", outcome)),
        ..writes([Write::CustomerInsert(scene.customer_new(name))])
    };
    let first = changes("anna", "the first");
    let second = changes("boris", "the second");
    let Write::CustomerInsert(late) = second.writes[0].clone() else { unreachable!("it was made so") };
    scene.commit(first).await;
    assert_duplicate(scene.storage.commit(second).await, "the first");
    assert_eq!(scene.storage.customer(late.id).await.unwrap(), None, "a duplicate writes nothing");
}

pub async fn the_outcome_of_a_cause_is_read_once_it_is_committed(storage: Arc<dyn Storage>) {
    let scene = Scene::new(storage);
    let session = scene.dialog("anna").await;
    let outcome = async |scope, key| scene.storage.cause_outcome(scope, key).await.unwrap();
    assert_eq!(outcome("staff:1", "key").await, None);
    let caused = |revision| ChangeSet {
        cause: Some(cause("staff:1", "key", "message-1")),
        expect: vec![Expectation::SessionRevision { session: session.id, revision }],
        ..ChangeSet::new(at(0))
    };
    assert_conflict(scene.storage.commit(caused(7)).await, Conflict::Session);
    assert_eq!(outcome("staff:1", "key").await, None, "what was refused was not done");
    scene.commit(caused(0)).await;
    assert_eq!(outcome("staff:1", "key").await.as_deref(), Some("message-1"));
    assert_eq!(outcome("staff:1", "another").await, None);
    assert_eq!(outcome("staff:2", "key").await, None);
}

pub async fn causes_of_different_scopes_do_not_collide(storage: Arc<dyn Storage>) {
    let scene = Scene::new(storage);
    for (scope, key) in [("telegram", "1"), ("email", "1"), ("telegram", "11"), ("telegram1", "1")] {
        scene.commit(ChangeSet { cause: Some(cause(scope, key, scope)), ..ChangeSet::new(at(0)) }).await;
    }
    let again = ChangeSet { cause: Some(cause("email", "1", "")), ..ChangeSet::new(at(1)) };
    assert_duplicate(scene.storage.commit(again).await, "email");
}

pub async fn a_duplicate_is_told_before_a_broken_expectation(storage: Arc<dyn Storage>) {
    let scene = Scene::new(storage);
    let session = scene.dialog("anna").await;
    let changes = ChangeSet {
        cause: Some(cause("staff:1", "key", "message-1")),
        expect: vec![Expectation::SessionRevision { session: session.id, revision: 0 }],
        ..writes([Write::SessionUpdate(Session { revision: 1, ..session })])
    };
    scene.commit(changes.clone()).await;
    assert_duplicate(scene.storage.commit(changes).await, "message-1");
}

pub async fn a_refused_change_set_does_not_use_up_its_cause(storage: Arc<dyn Storage>) {
    let scene = Scene::new(storage);
    let session = scene.dialog("anna").await;
    let changes = |revision| ChangeSet {
        cause: Some(cause("telegram", "1", "")),
        expect: vec![Expectation::SessionRevision { session: session.id, revision }],
        ..ChangeSet::new(at(0))
    };
    assert_conflict(scene.storage.commit(changes(7)).await, Conflict::Session);
    scene.commit(changes(0)).await;
}

pub async fn writes_are_applied_in_their_order(storage: Arc<dyn Storage>) {
    let scene = Scene::new(storage);
    let session = scene.dialog("anna").await;
    let message = scene.message_new(&session, "one");
    let revise =
        |text: &str, second| Write::MessageRevise { message: message.id, text: text.to_owned(), at: at(second) };
    let insert = Write::MessageInsert(Box::new(message.clone()));
    scene.write([insert, revise("two", 2), revise("three", 3)]).await;
    assert_eq!(scene.message_stored(message.id).await.text, "three");
    let earlier: Vec<_> = scene.storage.message_revisions(message.id).await.unwrap();
    assert_eq!(earlier.iter().map(|revision| revision.text.as_str()).collect::<Vec<_>>(), ["one", "two"]);
}

pub async fn an_insert_of_what_exists_is_a_conflict(storage: Arc<dyn Storage>) {
    let scene = Scene::new(storage);
    let customer = scene.customer("anna").await;
    let session = scene.session(&customer).await;
    let chat = scene.storage.chat(session.chat).await.unwrap().unwrap();
    let attachment = scene.attachment(file(FileKind::Photo, Transcript::None));
    let mut message = scene.message_new(&session, "");
    message.attachments.push(attachment.clone());
    let message = scene.insert(message).await;
    let staff = scene.staff("anna", "Anna").await;
    let token = StaffToken { hash: TokenHash([7; 32]), staff: staff.id, created_at: at(0), expires_at: at(9) };
    scene.write([Write::TokenInsert(token.clone())]).await;
    let task = scene.task("lane", at(0)).await;
    let closed = scene.close(&session).await;

    let existing = [
        Write::CustomerInsert(customer),
        Write::ChatInsert { chat, members: Vec::new() },
        Write::SessionInsert(closed),
        Write::MessageInsert(Box::new(message.clone())),
        Write::AttachmentInsert { message: message.id, attachment },
        Write::StaffInsert(crate::person::Staff { login: "another".to_owned(), ..staff }),
        Write::TokenInsert(token),
    ];
    for write in existing {
        assert_conflict(scene.storage.commit(writes([write])).await, Conflict::Id);
    }
    let changes = ChangeSet { tasks: vec![task], ..ChangeSet::new(at(0)) };
    assert_conflict(scene.storage.commit(changes).await, Conflict::Id);
}

pub async fn an_update_of_what_does_not_exist_is_missing(storage: Arc<dyn Storage>) {
    let scene = Scene::new(storage);
    let customer = scene.customer_new("nobody");
    let (session, chat) = scene.session_new(&customer, at(0));
    let (message, task) = (scene.ids().message(), scene.ids().task());
    let nowhere = |key: &str| -> Address { address(key) };
    let member = Member {
        staff: scene.ids().staff(),
        role: crate::chat::MemberRole::Member,
        joined_at: at(0),
        read_seq: 0,
        cleared_seq: 0,
        pinned: false,
        muted: false,
    };
    let missing = [
        Write::CustomerUpdate(customer.clone()),
        Write::AddressUpdate(CustomerAddress {
            address: nowhere("nobody"),
            customer: customer.id,
            handle: None,
            unreachable_since: None,
        }),
        Write::AddressMove { from: nowhere("nobody"), to: nowhere("somebody") },
        Write::MemberPut { chat: chat.id, member },
        Write::SessionUpdate(session),
        Write::MessageRevise { message, text: String::new(), at: at(0) },
        Write::MessageCaption { message, text: String::new() },
        Write::AlbumClose { message },
        Write::PromptClose { message },
        Write::AttachmentInsert { message, attachment: scene.attachment(file(FileKind::Photo, Transcript::None)) },
        Write::AttachmentUpdate(scene.attachment(file(FileKind::Photo, Transcript::None))),
        Write::DeliveryUpdate { message, delivery: Delivery::pending(nowhere("nobody"), at(0)) },
        Write::StaffUpdate(scene.staff_new("nobody", "Nobody")),
        Write::TaskFinish(task),
        Write::TaskRenew { task, lease_until: at(0) },
        Write::TaskRetry { task, due_at: at(0), counted: true },
    ];
    for write in missing {
        assert_missing(&scene.storage.commit(writes([write])).await);
    }
    // A login that has ended already is as good as ended now.
    scene.write([Write::TokenDelete(TokenHash([9; 32]))]).await;
}

pub async fn a_pruned_cause_is_taken_as_new(storage: Arc<dyn Storage>) {
    let scene = Scene::new(storage);
    let caused =
        |key: &str, second| ChangeSet { cause: Some(cause("telegram", key, key)), ..ChangeSet::new(at(second)) };
    scene.commit(caused("old", 10)).await;
    scene.commit(caused("young", 20)).await;
    scene.write([Write::Prune { causes_before: at(20), events_before: at(0) }]).await;
    scene.commit(caused("old", 30)).await;
    assert_duplicate(scene.storage.commit(caused("young", 30)).await, "young");
}
