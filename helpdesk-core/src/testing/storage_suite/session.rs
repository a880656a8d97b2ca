//! Sessions: numbers, states, revisions, and the one that is not closed (A2).

use std::sync::Arc;

use jiff::Timestamp;

use super::scene::{Scene, address, assert_conflict, at, writes};
use crate::{
    address::Address,
    message::{Author, FileKind, Transcript, Visibility},
    session::{Resolution, Session, State},
    storage::{ChangeSet, Conflict, Expectation, Preview, Storage, Write},
};

pub async fn numbers_begin_at_one_and_follow_the_openings(storage: Arc<dyn Storage>) {
    let scene = Scene::new(storage);
    for (number, name) in [(1, "anna"), (2, "boris"), (3, "vera")] {
        assert_eq!(scene.dialog(name).await.number, number);
    }
    let anna = scene.storage.customer_by_address(&address("anna")).await.unwrap().unwrap().customer;
    let first = scene.storage.session_unclosed(anna.id).await.unwrap().unwrap();
    let closed = scene.close(&first).await;
    assert_eq!(scene.session_stored(&closed).await.number, 1, "a changed session keeps its number");
    assert_eq!(scene.session(&anna).await.number, 4);
}

pub async fn every_field_of_a_session_is_read_back(storage: Arc<dyn Storage>) {
    let scene = Scene::new(storage);
    let session = scene.dialog("anna").await;
    assert_eq!(
        session,
        Session { number: 1, ..Session::open(session.id, session.chat, session.customer, address("anna"), at(0)) }
    );
    let changed = Session {
        address: Address { key: "elsewhere".to_owned(), ..address("anna") },
        state: State::Queued,
        revision: 41,
        rating: Some(5),
        touched_at: at(1),
        handed_over_at: Some(at(2)),
        person_answered_at: Some(at(3)),
        closed_at: Some(at(4)),
        ..session
    };
    scene.write([Write::SessionUpdate(changed.clone())]).await;
    assert_eq!(scene.session_stored(&changed).await, changed);
    assert_eq!(scene.storage.session(scene.ids().session()).await.unwrap(), None);
}

pub async fn every_state_is_read_back(storage: Arc<dyn Storage>) {
    let scene = Scene::new(storage);
    let session = scene.dialog("anna").await;
    let message = scene.message_out(&session, "answer").await.id;
    let agents = vec![scene.staff("zoe", "Zoe").await.id, scene.staff("adam", "Adam").await.id];
    let closed = |resolution| State::Closed { resolution };
    let states = [
        State::Listening { answers: 2, turn: 3 },
        State::Answering { answers: u8::MAX, turn: u32::MAX },
        State::Confirming { answers: 1, turn: 1, answer: message },
        State::Offered { prompt: message },
        State::Queued,
        State::Active { agents: agents.clone() },
        State::Active { agents: agents.into_iter().rev().collect() },
        closed(Resolution::SolvedByBot),
        closed(Resolution::SolvedByStaff),
        closed(Resolution::Declined),
        closed(Resolution::Superseded),
        closed(Resolution::Expired),
    ];
    for state in states {
        let changed = scene.session_change(&session, |session| session.state = state).await;
        assert_eq!(scene.session_stored(&session).await, changed);
    }
}

pub async fn times_are_read_back_to_the_microsecond(storage: Arc<dyn Storage>) {
    let scene = Scene::new(storage);
    let customer = scene.customer("anna").await;
    let times = [
        "2026-06-01T12:00:00.123456Z",
        "2026-06-01T12:00:00.000001Z",
        "2026-12-31T23:59:59.999999Z",
        "1969-12-31T23:59:59.999999Z",
    ];
    for time in times {
        let time: Timestamp = time.parse().expect("it is a time");
        let session = scene.session_at(&customer, time).await;
        assert_eq!((session.opened_at, session.touched_at), (time, time));
        scene.close(&session).await;
    }
}

pub async fn a_second_unclosed_session_is_refused(storage: Arc<dyn Storage>) {
    let scene = Scene::new(storage);
    let customer = scene.customer("anna").await;
    let first = scene.session(&customer).await;
    let (second, chat) = scene.session_new(&customer, at(1));
    let outcome = scene.storage.commit(Scene::opening(&second, chat)).await;
    assert_conflict(outcome, Conflict::SessionUnclosed);
    assert_eq!(scene.storage.session(second.id).await.unwrap(), None);
    assert_eq!(scene.storage.session_unclosed(customer.id).await.unwrap(), Some(first));
}

pub async fn one_change_set_closes_the_old_session_and_opens_the_new(storage: Arc<dyn Storage>) {
    let scene = Scene::new(storage);
    let customer = scene.customer("anna").await;
    let old = scene.session(&customer).await;
    let (new, chat) = scene.session_new(&customer, at(1));
    let closed = Session {
        state: State::Closed { resolution: Resolution::Superseded },
        revision: 1,
        closed_at: Some(at(1)),
        ..old.clone()
    };
    let mut changes = Scene::opening(&new, chat);
    changes.writes.insert(0, Write::SessionUpdate(closed));
    changes.expect = vec![
        Expectation::SessionRevision { session: old.id, revision: 0 },
        Expectation::NoUnclosedSession { customer: customer.id, except: Some(old.id) },
    ];
    scene.commit(changes).await;
    assert!(scene.session_stored(&old).await.is_closed());
    assert_eq!(scene.storage.session_unclosed(customer.id).await.unwrap().unwrap().id, new.id);
}

pub async fn a_closed_session_cannot_be_reopened_beside_an_unclosed_one(storage: Arc<dyn Storage>) {
    let scene = Scene::new(storage);
    let customer = scene.customer("anna").await;
    let old = scene.session(&customer).await;
    let closed = scene.close(&old).await;
    scene.session(&customer).await;
    let reopened = Write::SessionUpdate(Session { state: State::Queued, ..closed.clone() });
    assert_conflict(scene.storage.commit(writes([reopened])).await, Conflict::SessionUnclosed);
    assert_eq!(scene.session_stored(&old).await, closed);
}

pub async fn an_unclosed_session_that_was_not_expected_is_a_conflict(storage: Arc<dyn Storage>) {
    let scene = Scene::new(storage);
    let customer = scene.customer("anna").await;
    let none = |except| ChangeSet {
        expect: vec![Expectation::NoUnclosedSession { customer: customer.id, except }],
        ..ChangeSet::new(at(0))
    };
    scene.commit(none(None)).await;
    let session = scene.session(&customer).await;
    assert_conflict(scene.storage.commit(none(None)).await, Conflict::SessionUnclosed);
    assert_conflict(scene.storage.commit(none(Some(scene.ids().session()))).await, Conflict::SessionUnclosed);
    scene.commit(none(Some(session.id))).await;
    scene.close(&session).await;
    scene.commit(none(None)).await;
}

pub async fn an_old_revision_is_a_conflict(storage: Arc<dyn Storage>) {
    let scene = Scene::new(storage);
    let session = scene.dialog("anna").await;
    let expecting = |session, revision| ChangeSet {
        expect: vec![Expectation::SessionRevision { session, revision }],
        ..ChangeSet::new(at(0))
    };
    scene.commit(expecting(session.id, 0)).await;
    scene.session_change(&session, |session| session.state = State::Queued).await;
    assert_conflict(scene.storage.commit(expecting(session.id, 0)).await, Conflict::Session);
    assert_conflict(scene.storage.commit(expecting(scene.ids().session(), 0)).await, Conflict::Session);
    scene.commit(expecting(session.id, 1)).await;
}

pub async fn the_unclosed_and_the_latest_session_are_found(storage: Arc<dyn Storage>) {
    let scene = Scene::new(storage);
    let customer = scene.customer("anna").await;
    assert_eq!(scene.storage.session_unclosed(customer.id).await.unwrap(), None);
    assert_eq!(scene.storage.session_latest(customer.id).await.unwrap(), None);
    scene.dialog("boris").await;
    let first = scene.session(&customer).await;
    assert_eq!(scene.storage.session_unclosed(customer.id).await.unwrap(), Some(first.clone()));
    scene.close(&first).await;
    // Opened later, though its clock was behind: the number tells.
    let second = scene.session_at(&customer, at(-60)).await;
    let second = scene.close(&second).await;
    assert_eq!(scene.storage.session_unclosed(customer.id).await.unwrap(), None);
    assert_eq!(scene.storage.session_latest(customer.id).await.unwrap(), Some(second));
}

pub async fn a_summary_counts_messages_and_shows_the_newest_that_is_no_note(storage: Arc<dyn Storage>) {
    let scene = Scene::new(storage);
    let session = scene.dialog("anna").await;
    let empty = scene.storage.session_summary(session.id).await.unwrap().unwrap();
    assert_eq!((empty.message_count, empty.last_message), (0, None));

    scene.message(&session, "a question").await;
    let mut picture = scene.message_new(&session, "and a picture");
    picture.attachments = vec![scene.attachment(super::scene::file(FileKind::Photo, Transcript::None)); 1];
    let picture = scene.insert(picture).await;
    let mut note = scene.message_new(&session, "between us");
    note.author = Author::Staff(scene.staff("zoe", "Zoe").await.id);
    note.visibility = Visibility::Staff;
    scene.insert(note).await;

    let summary = scene.storage.session_summary(session.id).await.unwrap().unwrap();
    assert_eq!(summary.session, session);
    assert_eq!(summary.customer_name, "anna");
    assert_eq!(summary.message_count, 3);
    let preview = Preview {
        author: picture.author,
        text: "and a picture".to_owned(),
        attachment_count: 1,
        at: picture.created_at,
    };
    assert_eq!(summary.last_message, Some(preview));
    assert_eq!(scene.storage.session_summary(scene.ids().session()).await.unwrap(), None);
}

pub async fn a_summary_shortens_a_long_text(storage: Arc<dyn Storage>) {
    let scene = Scene::new(storage);
    let session = scene.dialog("anna").await;
    scene.message(&session, &"ё".repeat(200)).await;
    let whole = scene.storage.session_summary(session.id).await.unwrap().unwrap();
    assert_eq!(whole.last_message.unwrap().text, "ё".repeat(200));
    scene.message(&session, &"🙂".repeat(201)).await;
    let cut = scene.storage.session_summary(session.id).await.unwrap().unwrap();
    assert_eq!(cut.last_message.unwrap().text, format!("{}…", "🙂".repeat(199)));
}
