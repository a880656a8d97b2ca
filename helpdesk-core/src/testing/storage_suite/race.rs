//! Many at once: exactly one of those who want the same wins, and all of them together have one order.

use std::{collections::BTreeSet, sync::Arc};

use tokio::sync::Barrier;

use super::scene::{Scene, address, at, writes};
use crate::{
    person::{CustomerAddress, Staff},
    session::Session,
    storage::{
        Cause, ChangeSet, Claim, CommitError, Committed, Conflict, Event, EventKind, Expectation, Storage, Write,
    },
};

const RACERS: usize = 8;

/// Commits all of `changes` at the same moment, each from its own task, and gives the outcomes in their order.
async fn race(storage: &Arc<dyn Storage>, changes: Vec<ChangeSet>) -> Vec<Result<Committed, CommitError>> {
    let start = Arc::new(Barrier::new(changes.len()));
    let racers: Vec<_> = changes
        .into_iter()
        .map(|changes| {
            let (storage, start) = (storage.clone(), start.clone());
            tokio::spawn(async move {
                start.wait().await;
                storage.commit(changes).await
            })
        })
        .collect();
    let mut outcomes = Vec::with_capacity(racers.len());
    for racer in racers {
        outcomes.push(racer.await.expect("a racer does not panic"));
    }
    outcomes
}

/// Asserts that one commit was taken and all others met `conflict`; gives the winner's place.
#[track_caller]
fn one_winner(outcomes: &[Result<Committed, CommitError>], conflict: Conflict) -> usize {
    for lost in outcomes.iter().filter(|outcome| outcome.is_err()) {
        assert!(
            matches!(lost, Err(CommitError::Conflict(met)) if *met == conflict),
            "expected the conflict {conflict:?}, got {lost:?}"
        );
    }
    let winners: Vec<_> = (0..outcomes.len()).filter(|place| outcomes[*place].is_ok()).collect();
    assert_eq!(winners.len(), 1, "exactly one wins: {outcomes:?}");
    winners[0]
}

pub async fn of_many_racers_on_one_revision_exactly_one_wins(storage: Arc<dyn Storage>) {
    let scene = Scene::new(storage);
    let session = scene.dialog("anna").await;
    for revision in 0..4 {
        let changes = (0..RACERS).map(|racer| ChangeSet {
            expect: vec![Expectation::SessionRevision { session: session.id, revision }],
            ..writes([
                Write::SessionUpdate(Session { revision: revision + 1, ..session.clone() }),
                Write::MessageInsert(Box::new(scene.message_new(&session, &format!("{revision}-{racer}")))),
            ])
        });
        let winner = one_winner(&race(&scene.storage, changes.collect()).await, Conflict::Session);
        let summary = scene.storage.session_summary(session.id).await.unwrap().unwrap();
        assert_eq!(summary.message_count, revision + 1, "the losers wrote nothing");
        assert_eq!(summary.last_message.unwrap().text, format!("{revision}-{winner}"));
    }
}

pub async fn the_same_cause_given_many_times_at_once_is_committed_once(storage: Arc<dyn Storage>) {
    let scene = Scene::new(storage);
    let session = scene.dialog("anna").await;
    let changes = (0..RACERS).map(|racer| ChangeSet {
        cause: Some(Cause { scope: "telegram".to_owned(), key: "update-1".to_owned(), outcome: racer.to_string() }),
        ..writes([Write::MessageInsert(Box::new(scene.message_new(&session, &racer.to_string())))])
    });
    let outcomes = race(&scene.storage, changes.collect()).await;
    let summary = scene.storage.session_summary(session.id).await.unwrap().unwrap();
    assert_eq!(summary.message_count, 1);
    let kept = summary.last_message.unwrap().text;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
    for lost in outcomes.into_iter().filter_map(Result::err) {
        assert!(matches!(&lost, CommitError::Duplicate { outcome } if *outcome == kept), "got {lost:?}");
    }
}

pub async fn of_many_openings_at_once_exactly_one_wins(storage: Arc<dyn Storage>) {
    let scene = Scene::new(storage);
    let customer = scene.customer("anna").await;
    let changes: Vec<_> = (0..RACERS)
        .map(|_| {
            let (session, chat) = scene.session_new(&customer, at(0));
            Scene::opening(&session, chat)
        })
        .collect();
    one_winner(&race(&scene.storage, changes).await, Conflict::SessionUnclosed);
    let unclosed = scene.storage.session_unclosed(customer.id).await.unwrap().unwrap();
    assert_eq!(scene.storage.session_latest(customer.id).await.unwrap(), Some(unclosed));
}

pub async fn of_many_claims_on_one_address_exactly_one_wins(storage: Arc<dyn Storage>) {
    let scene = Scene::new(storage);
    let customers: Vec<_> = (0..RACERS).map(|racer| scene.customer_new(&racer.to_string())).collect();
    let changes = customers.iter().map(|customer| {
        let customer = customer.clone();
        let known =
            CustomerAddress { address: address("42"), customer: customer.id, handle: None, unreachable_since: None };
        writes([Write::CustomerInsert(customer), Write::AddressInsert(known)])
    });
    let winner = one_winner(&race(&scene.storage, changes.collect()).await, Conflict::Address);
    let book = scene.storage.customer_by_address(&address("42")).await.unwrap().unwrap();
    assert_eq!(book.customer, customers[winner]);
}

pub async fn of_many_first_admins_exactly_one_wins(storage: Arc<dyn Storage>) {
    let scene = Scene::new(storage);
    let changes = (0..RACERS).map(|racer| ChangeSet {
        expect: vec![Expectation::NoStaff],
        ..writes([Write::StaffInsert(scene.staff_new(&format!("admin-{racer}"), "Admin"))])
    });
    one_winner(&race(&scene.storage, changes.collect()).await, Conflict::Staff);
}

pub async fn of_many_accounts_with_one_login_exactly_one_wins(storage: Arc<dyn Storage>) {
    let scene = Scene::new(storage);
    let changes = (0..RACERS).map(|racer| {
        let login = if racer % 2 == 0 { "Анна" } else { "анна" };
        writes([Write::StaffInsert(Staff { ..scene.staff_new(login, "Анна") })])
    });
    one_winner(&race(&scene.storage, changes.collect()).await, Conflict::Login);
}

pub async fn numbers_follow_the_order_of_commits(storage: Arc<dyn Storage>) {
    let scene = Scene::new(storage);
    let mut opened = Vec::new();
    let mut changes = Vec::new();
    for racer in 0..2 * RACERS {
        let customer = scene.customer(&racer.to_string()).await;
        let (session, chat) = scene.session_new(&customer, at(0));
        opened.push(session.id);
        changes.push(Scene::opening(&session, chat));
    }
    let outcomes = race(&scene.storage, changes).await;
    let mut order = Vec::new();
    for (id, outcome) in opened.into_iter().zip(outcomes) {
        let position = outcome.expect("no opening stands in another's way").position.expect("it had an event");
        order.push((position, scene.storage.session(id).await.unwrap().unwrap().number));
    }
    assert_serial(order);
}

pub async fn places_in_a_chat_follow_the_order_of_commits(storage: Arc<dyn Storage>) {
    let scene = Scene::new(storage);
    let session = scene.dialog("anna").await;
    let messages: Vec<_> = (0..2 * RACERS).map(|racer| scene.message_new(&session, &racer.to_string())).collect();
    let changes = messages.iter().map(|message| ChangeSet {
        events: vec![created(&session, message.id)],
        ..writes([Write::MessageInsert(Box::new(message.clone()))])
    });
    let outcomes = race(&scene.storage, changes.collect()).await;
    let mut order = Vec::new();
    for (message, outcome) in messages.iter().zip(outcomes) {
        let position = outcome.expect("no message stands in another's way").position.expect("it had an event");
        order.push((position, scene.message_stored(message.id).await.seq));
    }
    assert_serial(order);
}

/// Asserts that numbers are 1, 2, 3 … in the order of positions.
#[track_caller]
fn assert_serial(mut order: Vec<(u64, u64)>) {
    order.sort_unstable();
    let positions: BTreeSet<_> = order.iter().map(|(position, _)| *position).collect();
    assert_eq!(positions.len(), order.len(), "every commit has its own position: {order:?}");
    let numbers: Vec<_> = order.iter().map(|(_, number)| *number).collect();
    let expected: Vec<_> = (1..=order.len() as u64).collect();
    assert_eq!(numbers, expected, "numbers follow the positions");
}

fn created(session: &Session, message: crate::id::MessageId) -> EventKind {
    EventKind::MessageCreated { session: Some(session.id), chat: session.chat, message }
}

pub async fn a_reader_never_finds_an_event_below_one_it_has_seen(storage: Arc<dyn Storage>) {
    let scene = Scene::new(storage);
    let mut writers = Vec::new();
    for writer in 0..RACERS {
        let session = scene.dialog(&writer.to_string()).await;
        let messages: Vec<_> = (0..12).map(|round| scene.message_new(&session, &round.to_string())).collect();
        let storage = scene.storage.clone();
        writers.push(tokio::spawn(async move {
            for message in messages {
                // Change sets of different sizes take different times, which is what makes a slow one be overtaken.
                let events = vec![created(&session, message.id); 1 + writer % 3];
                let changes = ChangeSet { events, ..writes([Write::MessageInsert(Box::new(message))]) };
                storage.commit(changes).await.expect("a message of one's own chat is taken");
            }
        }));
    }
    let mut seen: Vec<Event> = Vec::new();
    loop {
        let done = writers.iter().all(tokio::task::JoinHandle::is_finished);
        let now = scene.storage.event_list(0, 10_000).await.unwrap();
        assert!(now.len() >= seen.len(), "events do not go away");
        assert_eq!(now[..seen.len()], seen[..], "what comes later stands later");
        seen = now;
        if done {
            break;
        }
        tokio::task::yield_now().await;
    }
    for writer in writers {
        writer.await.expect("a writer does not panic");
    }
    let events: usize = (0..RACERS).map(|writer| 1 + 12 * (1 + writer % 3)).sum();
    assert_eq!(seen.len(), events);
    assert!(seen.is_sorted_by(|one, next| one.position < next.position));
}

pub async fn every_task_is_taken_by_one_worker_alone(storage: Arc<dyn Storage>) {
    let scene = Scene::new(storage);
    let tasks: Vec<_> = (0..30).map(|lane| scene.task_new(&format!("lane-{lane}"), at(0))).collect();
    scene.commit(ChangeSet { tasks: tasks.clone(), ..ChangeSet::new(at(0)) }).await;
    let claim = Claim { now: at(1), lease_until: at(61), max: 5 };
    let changes = vec![ChangeSet { claim: Some(claim), ..ChangeSet::new(at(1)) }; RACERS];
    let outcomes = race(&scene.storage, changes).await;
    let taken: Vec<_> = outcomes.into_iter().flat_map(|outcome| outcome.expect("a claim is taken").claimed).collect();
    let distinct: BTreeSet<_> = taken.iter().map(|task| task.id).collect();
    assert_eq!(taken.len(), 30, "eight workers who take five each empty thirty lanes");
    assert_eq!(distinct, tasks.iter().map(|task| task.id).collect(), "none is taken twice");
}
