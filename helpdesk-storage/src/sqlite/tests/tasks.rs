//! Lanes and their heads.

use helpdesk_core::{
    id::{MessageId, TaskId},
    person::CustomerAddress,
    storage::{ChangeSet, Claim, LeasedTask, NewTask, Storage as _, Task, Write},
};

use super::{address, at, beside, customer, id, storage, writes};
use crate::sqlite::SqliteStorage;

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
    let kept: (String, String) =
        sqlx::query_as("SELECT lane, reason FROM helpdesk_unreadable_tasks").fetch_one(&mut other).await.unwrap();
    assert_eq!(kept.0, "to:a");
    assert!(kept.1.contains("task"), "{}", kept.1);
    assert_eq!(storage.task_backlog(at(1)).await.unwrap().total, 2);
}

#[tokio::test]
async fn two_lanes_that_become_one_give_one_task_at_a_time() {
    let (storage, _folder) = storage().await;
    let (from, to) = (address("old"), address("new"));
    let lane = Task::lane_to;
    let known =
        CustomerAddress { address: from.clone(), customer: customer(1).id, handle: None, unreachable_since: None };
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
        let heads: Vec<(String, i64)> = sqlx::query_as("SELECT lane, sum(head) FROM helpdesk_tasks GROUP BY lane")
            .fetch_all(&mut other)
            .await
            .unwrap();
        assert!(heads.iter().all(|(_, heads)| *heads == 1), "{heads:?}");
        let taken = claim(&storage, second).await;
        assert_eq!(taken.len(), heads.len());
        let Some((first, rest)) = taken.split_first() else { break };
        let retries = rest.iter().map(|task| Write::TaskRetry { task: task.id, due_at: at(second), counted: false });
        storage.commit(writes(retries.chain([Write::TaskFinish(first.id)]))).await.unwrap();
        second += 1;
    }
    assert_eq!(second, 10);
}
