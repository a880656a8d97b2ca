//! Events: one total order, which a reader resumes from any place of.

use std::sync::Arc;

use super::scene::{Scene, assert_conflict, at, writes};
use crate::{
    id::SessionId,
    storage::{ChangeSet, Conflict, EventKind, Storage, Write},
};

fn publishing(second: i64, sessions: &[SessionId]) -> ChangeSet {
    ChangeSet {
        events: sessions.iter().map(|session| EventKind::SessionChanged { session: *session }).collect(),
        ..ChangeSet::new(at(second))
    }
}

pub async fn events_are_read_in_order_from_any_place(storage: Arc<dyn Storage>) {
    let scene = Scene::new(storage);
    assert_eq!(scene.storage.event_list(0, 10).await.unwrap(), []);
    let sessions: Vec<_> = (0..6).map(|_| scene.ids().session()).collect();
    scene.commit(publishing(1, &sessions[..2])).await;
    scene.commit(publishing(2, &sessions[2..3])).await;
    // A change set without events takes no place among them that a reader would see.
    scene.customer("anna").await;
    scene.commit(publishing(3, &sessions[3..])).await;
    let all = scene.storage.event_list(0, 100).await.unwrap();
    assert!(all[0].position >= 1);
    assert!(all.is_sorted_by(|one, next| one.position < next.position));
    let expected: Vec<_> = sessions.iter().map(|session| EventKind::SessionChanged { session: *session }).collect();
    assert_eq!(all.iter().map(|event| event.kind).collect::<Vec<_>>(), expected);
    assert_eq!(all.iter().map(|event| event.at).collect::<Vec<_>>(), [1, 1, 2, 3, 3, 3].map(at));
    for (place, event) in all.iter().enumerate() {
        let rest = scene.storage.event_list(event.position, 100).await.unwrap();
        assert_eq!(rest, all[place + 1..]);
        let two = scene.storage.event_list(event.position, 2).await.unwrap();
        assert_eq!(two, rest[..rest.len().min(2)]);
    }
    assert_eq!(scene.storage.event_list(u64::MAX, 10).await.unwrap(), []);
}

pub async fn the_position_of_a_commit_is_that_of_its_last_event(storage: Arc<dyn Storage>) {
    let scene = Scene::new(storage);
    let sessions: Vec<_> = (0..3).map(|_| scene.ids().session()).collect();
    let committed = scene.commit(publishing(1, &sessions)).await;
    let last = scene.storage.event_list(0, 10).await.unwrap().pop().unwrap();
    assert_eq!(committed.position, Some(last.position));
    assert_eq!(scene.commit(publishing(1, &[])).await.position, None);
}

pub async fn every_kind_of_event_is_read_back(storage: Arc<dyn Storage>) {
    let scene = Scene::new(storage);
    let (session, chat, message) = (scene.ids().session(), scene.ids().chat(), scene.ids().message());
    let events = vec![
        EventKind::SessionOpened { session },
        EventKind::SessionChanged { session },
        EventKind::MessageCreated { session: Some(session), chat, message },
        EventKind::MessageCreated { session: None, chat, message },
        EventKind::MessageChanged { session: Some(session), chat, message },
        EventKind::MessageChanged { session: None, chat, message },
        EventKind::StaffChanged { staff: scene.ids().staff() },
    ];
    scene.commit(ChangeSet { events: events.clone(), ..ChangeSet::new(at(1)) }).await;
    let read: Vec<_> = scene.storage.event_list(0, 10).await.unwrap().into_iter().map(|event| event.kind).collect();
    assert_eq!(read, events);
}

pub async fn the_range_tells_what_is_still_kept(storage: Arc<dyn Storage>) {
    let scene = Scene::new(storage);
    assert_eq!(scene.storage.event_range().await.unwrap(), (0, 0));
    let session = scene.ids().session();
    let mut positions = Vec::new();
    for second in [10, 20, 30] {
        positions.push(scene.commit(publishing(second, &[session])).await.position.unwrap());
    }
    assert_eq!(scene.storage.event_range().await.unwrap(), (positions[0], positions[2]));
    scene.write([Write::Prune { causes_before: at(0), events_before: at(20) }]).await;
    assert_eq!(scene.storage.event_range().await.unwrap(), (positions[1], positions[2]));
    let kept: Vec<_> = scene.storage.event_list(0, 10).await.unwrap().iter().map(|event| event.position).collect();
    assert_eq!(kept, positions[1..]);
    // Nothing is kept: whoever has read up to the newest has missed nothing, and whoever has not has.
    scene.write([Write::Prune { causes_before: at(0), events_before: at(40) }]).await;
    assert_eq!(scene.storage.event_range().await.unwrap(), (positions[2] + 1, positions[2]));
}

pub async fn a_position_is_never_used_again(storage: Arc<dyn Storage>) {
    let scene = Scene::new(storage);
    let session = scene.ids().session();
    let before = scene.commit(publishing(10, &[session, session])).await.position.unwrap();
    scene.write([Write::Prune { causes_before: at(0), events_before: at(99) }]).await;
    let taken = scene.customer("anna").await;
    let refused =
        ChangeSet { events: vec![EventKind::SessionOpened { session }], ..writes([Write::CustomerInsert(taken)]) };
    assert_conflict(scene.storage.commit(refused).await, Conflict::Id);
    let later = scene.commit(publishing(99, &[session])).await.position.unwrap();
    assert!(later > before, "{later} comes after {before}");
    assert_eq!(scene.storage.event_list(before, 10).await.unwrap().len(), 1);
}
