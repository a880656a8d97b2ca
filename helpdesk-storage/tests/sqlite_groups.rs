//! Group commit: change sets that share a transaction stand and fall alone.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::{collections::BTreeSet, pin::pin, sync::Arc, task::Poll};

use common::{arrival, customer, now};
use futures_util::{future, poll};
use helpdesk_core::{
    Storage as _,
    storage::{ChangeSet, CommitError, Conflict, StorageError, Write},
};
use helpdesk_storage::SqliteStorage;
use tempfile::{TempDir, tempdir};

async fn storage() -> (Arc<SqliteStorage>, TempDir) {
    let folder = tempdir().unwrap();
    let storage = SqliteStorage::open(folder.path().join("helpdesk.db")).await.unwrap();
    (Arc::new(storage), folder)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_a_thousand_at_once_each_is_answered_for_itself() {
    let (storage, _folder) = storage().await;
    storage.commit(arrival(0)).await.unwrap();
    let commits = (1..=1000_u128).map(|number| {
        let storage = storage.clone();
        tokio::spawn(async move {
            let changes = match number % 5 {
                // Comes a second time.
                0 => arrival(0),
                // Fails at its last write, after others that would succeed.
                1 => ChangeSet {
                    writes: vec![Write::CustomerInsert(customer(number)), Write::CustomerInsert(customer(0))],
                    ..arrival(number)
                },
                2 => ChangeSet {
                    writes: vec![Write::CustomerInsert(customer(number)), Write::CustomerUpdate(customer(u128::MAX))],
                    ..arrival(number)
                },
                _ => arrival(number),
            };
            (number, storage.commit(changes).await)
        })
    });
    let mut positions = BTreeSet::new();
    for outcome in future::join_all(commits).await {
        let (number, outcome) = outcome.unwrap();
        let stored = storage.customer(customer(number).id).await.unwrap().is_some();
        let kept = storage.cause_outcome("test", &number.to_string()).await.unwrap().is_some();
        assert_eq!((stored, kept), (number % 5 > 2, number % 5 > 2), "{number}: {outcome:?}");
        match number % 5 {
            0 => assert!(matches!(&outcome, Err(CommitError::Duplicate { outcome }) if outcome == "0"), "{outcome:?}"),
            1 => assert!(matches!(outcome, Err(CommitError::Conflict(Conflict::Id))), "{outcome:?}"),
            2 => {
                let missing = CommitError::Storage(StorageError::Missing { what: "customer" });
                assert_eq!(outcome.unwrap_err().to_string(), missing.to_string());
            }
            _ => assert!(positions.insert(outcome.unwrap().position.unwrap()), "a position is given once"),
        }
    }
    let events = storage.event_list(1, 10_000).await.unwrap();
    assert_eq!(events.iter().map(|event| event.position).collect::<BTreeSet<_>>(), positions);
}

#[tokio::test]
async fn a_caller_who_goes_away_breaks_nothing() {
    let (storage, _folder) = storage().await;
    for number in 0..200_u128 {
        let mut gone = pin!(storage.commit(arrival(2 * number)));
        // It is on its way by now, and its future is dropped.
        assert!(matches!(poll!(gone.as_mut()), Poll::Pending));
        let stays = storage.commit(arrival(2 * number + 1));
        stays.await.unwrap();
    }
    // What was ahead in the queue is written by the time that what came later is.
    for number in 0..400 {
        assert!(storage.customer(customer(number).id).await.unwrap().is_some(), "{number}");
        let again = storage.commit(arrival(number)).await;
        assert!(matches!(again, Err(CommitError::Duplicate { .. })), "{again:?}");
    }
}

#[tokio::test]
async fn an_empty_change_set_is_committed_to_nothing() {
    let (storage, _folder) = storage().await;
    let committed = storage.commit(ChangeSet::new(now())).await.unwrap();
    assert_eq!((committed.position, committed.claimed.len()), (None, 0));
}
