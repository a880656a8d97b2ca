//! Tasks: lanes, leases, tries.

use std::sync::Arc;

use super::scene::{Scene, assert_conflict, at, writes};
use crate::{
    id::TaskId,
    session::StateKind,
    storage::{ChangeSet, Claim, Conflict, Expectation, LeasedTask, NewTask, Storage, Task, TaskBacklog, Write},
};

fn ids(tasks: &[LeasedTask]) -> Vec<TaskId> {
    let mut ids: Vec<_> = tasks.iter().map(|task| task.id).collect();
    ids.sort_unstable();
    ids
}

fn holding(task: &LeasedTask) -> ChangeSet {
    ChangeSet { expect: vec![Expectation::TaskHeld { task: task.id, fence: task.fence }], ..ChangeSet::new(at(0)) }
}

async fn retry(scene: &Scene, task: &LeasedTask, due_at: i64, counted: bool) {
    scene.write([Write::TaskRetry { task: task.id, due_at: at(due_at), counted }]).await;
}

pub async fn a_due_task_is_taken_with_all_that_it_says(storage: Arc<dyn Storage>) {
    let scene = Scene::new(storage);
    let new = scene.task("to:telegram:42", at(5)).await;
    let taken = scene.claim(at(5), 9).await;
    let expected =
        LeasedTask { id: new.id, lane: new.lane, task: new.task, tries: 0, fence: taken[0].fence, lease_until: at(65) };
    assert_eq!(taken, [expected]);
    assert_eq!(scene.claim(at(6), 9).await, [], "what somebody holds is not given away");
}

pub async fn every_kind_of_task_is_read_back(storage: Arc<dyn Storage>) {
    let scene = Scene::new(storage);
    let (session, message, attachment) = (scene.ids().session(), scene.ids().message(), scene.ids().attachment());
    let idle = |state| Task::Idle { session, state };
    let kinds = [
        Task::Answer { session, turn: u32::MAX },
        Task::Fetch { attachment },
        Task::Transcribe { attachment },
        Task::Deliver { message },
        Task::RemoveButtons { message },
        Task::SettleAlbum { session, message, parts: 10 },
    ];
    for kind in kinds.into_iter().chain(StateKind::ALL.map(idle)) {
        let new = NewTask { task: kind.clone(), ..scene.task_new("lane", at(0)) };
        scene.commit(ChangeSet { tasks: vec![new], ..ChangeSet::new(at(0)) }).await;
        let taken = scene.claim(at(1), 1).await.remove(0);
        assert_eq!(taken.task, kind);
        scene.write([Write::TaskFinish(taken.id)]).await;
    }
}

pub async fn a_task_is_not_taken_before_its_time(storage: Arc<dyn Storage>) {
    let scene = Scene::new(storage);
    let task = scene.task("lane", at(10)).await;
    assert_eq!(scene.claim(at(9), 9).await, []);
    assert_eq!(ids(&scene.claim(at(10), 9).await), [task.id]);
}

pub async fn a_task_can_be_made_and_taken_in_one_change_set(storage: Arc<dyn Storage>) {
    let scene = Scene::new(storage);
    let held = scene.task("lane", at(0)).await;
    let taken = scene.claim(at(0), 1).await;
    let next = scene.task_new("lane", at(1));
    let changes = ChangeSet {
        expect: holding(&taken[0]).expect,
        tasks: vec![next.clone()],
        claim: Some(Claim { now: at(1), lease_until: at(61), max: 9 }),
        ..writes([Write::TaskFinish(held.id)])
    };
    assert_eq!(ids(&scene.commit(changes).await.claimed), [next.id]);
}

pub async fn a_lane_gives_its_tasks_one_at_a_time_in_their_order(storage: Arc<dyn Storage>) {
    let scene = Scene::new(storage);
    // Made in this order; the ids and the times say otherwise, and do not count.
    let mut made: Vec<_> = (0..4).map(|place| scene.task_new("lane", at(9 - place))).collect();
    made.reverse();
    let (first, rest) = made.split_at(1);
    for tasks in [first, rest] {
        scene.commit(ChangeSet { tasks: tasks.to_vec(), ..ChangeSet::new(at(0)) }).await;
    }
    for task in &made {
        let taken = scene.claim(at(20), 9).await;
        assert_eq!(ids(&taken), [task.id]);
        assert_eq!(scene.claim(at(20), 9).await, [], "one at a time");
        scene.write([Write::TaskFinish(task.id)]).await;
    }
    assert_eq!(scene.claim(at(20), 9).await, []);
}

pub async fn a_task_that_waits_for_its_next_try_holds_its_lane_back_alone(storage: Arc<dyn Storage>) {
    let scene = Scene::new(storage);
    let head = scene.task("lane", at(0)).await;
    let follower = scene.task("lane", at(0)).await;
    let taken = scene.claim(at(0), 1).await;
    assert_eq!(ids(&taken), [head.id]);
    retry(&scene, &taken[0], 30, true).await;
    let elsewhere = scene.task("another lane", at(0)).await;
    assert_eq!(ids(&scene.claim(at(29), 9).await), [elsewhere.id]);
    let again = scene.claim(at(30), 9).await;
    assert_eq!(ids(&again), [head.id]);
    scene.write([Write::TaskFinish(head.id)]).await;
    assert_eq!(ids(&scene.claim(at(30), 9).await), [follower.id]);
}

pub async fn no_more_tasks_are_taken_than_asked_for(storage: Arc<dyn Storage>) {
    let scene = Scene::new(storage);
    let mut made = Vec::new();
    for lane in ["a", "b", "c", "d", "e"] {
        made.push(scene.task(lane, at(0)).await.id);
    }
    let (first, second, third) =
        (scene.claim(at(0), 2).await, scene.claim(at(0), 2).await, scene.claim(at(0), 2).await);
    assert_eq!([first.len(), second.len(), third.len()], [2, 2, 1]);
    assert_eq!(ids(&[first, second, third].concat()), made);
}

pub async fn a_lease_that_ran_out_is_taken_over(storage: Arc<dyn Storage>) {
    let scene = Scene::new(storage);
    let head = scene.task("lane", at(0)).await;
    scene.task("lane", at(0)).await;
    let first = scene.claim(at(0), 9).await.remove(0);
    assert_eq!(scene.claim(at(59), 9).await, []);
    let second = scene.claim(at(60), 9).await;
    assert_eq!(ids(&second), [head.id], "the head alone: its lane still waits for it");
    assert!(second[0].fence > first.fence, "{} comes after {}", second[0].fence, first.fence);
    assert_eq!(second[0].lease_until, at(120));
    assert_eq!(second[0].tries, 0, "a lost worker says nothing about the task");
}

pub async fn a_renewed_lease_is_held_longer(storage: Arc<dyn Storage>) {
    let scene = Scene::new(storage);
    let head = scene.task("lane", at(0)).await;
    let first = scene.claim(at(0), 9).await.remove(0);
    let renewed = Write::TaskRenew { task: head.id, lease_until: at(90) };
    scene.commit(ChangeSet { writes: vec![renewed], ..holding(&first) }).await;
    assert_eq!(scene.claim(at(89), 9).await, []);
    scene.commit(holding(&first)).await;
    let second = scene.claim(at(90), 9).await;
    assert_eq!(ids(&second), [head.id]);
    assert_conflict(scene.storage.commit(holding(&first)).await, Conflict::Task);
}

pub async fn a_worker_who_slept_past_its_lease_is_refused(storage: Arc<dyn Storage>) {
    let scene = Scene::new(storage);
    let session = scene.dialog("anna").await;
    scene.task("lane", at(0)).await;
    let slept = scene.claim(at(0), 9).await.remove(0);
    scene.commit(holding(&slept)).await;
    let awake = scene.claim(at(60), 9).await.remove(0);
    let result = |task: &LeasedTask, text: &str| ChangeSet {
        writes: vec![Write::MessageInsert(Box::new(scene.message_new(&session, text))), Write::TaskFinish(task.id)],
        ..holding(task)
    };
    assert_conflict(scene.storage.commit(result(&slept, "late")).await, Conflict::Task);
    scene.commit(result(&awake, "in time")).await;
    let summary = scene.storage.session_summary(session.id).await.unwrap().unwrap();
    assert_eq!((summary.message_count, summary.last_message.unwrap().text.as_str()), (1, "in time"));
}

pub async fn a_task_that_was_given_back_or_finished_is_held_by_nobody(storage: Arc<dyn Storage>) {
    let scene = Scene::new(storage);
    scene.task("lane", at(0)).await;
    let first = scene.claim(at(0), 9).await.remove(0);
    retry(&scene, &first, 1, false).await;
    assert_conflict(scene.storage.commit(holding(&first)).await, Conflict::Task);
    let second = scene.claim(at(1), 9).await.remove(0);
    assert!(second.fence > first.fence);
    scene.write([Write::TaskFinish(second.id)]).await;
    assert_conflict(scene.storage.commit(holding(&second)).await, Conflict::Task);
}

pub async fn only_counted_tries_count(storage: Arc<dyn Storage>) {
    let scene = Scene::new(storage);
    scene.task("lane", at(0)).await;
    let mut seen = Vec::new();
    for counted in [true, false, true, true] {
        let taken = scene.claim(at(0), 9).await.remove(0);
        seen.push(taken.tries);
        retry(&scene, &taken, 0, counted).await;
    }
    seen.push(scene.claim(at(0), 9).await[0].tries);
    assert_eq!(seen, [0, 1, 1, 2, 3]);
}

pub async fn the_next_task_that_falls_due_is_told(storage: Arc<dyn Storage>) {
    let scene = Scene::new(storage);
    let next = async || scene.storage.task_next_due().await.unwrap();
    assert_eq!(next().await, None);
    scene.task("slow", at(50)).await;
    // Held back by the one before it, this one is not the next: a dispatcher that woke for it would find nothing.
    scene.task("slow", at(10)).await;
    assert_eq!(next().await, Some(at(50)));
    scene.task("fast", at(30)).await;
    assert_eq!(next().await, Some(at(30)));
    let taken = scene.claim(at(30), 9).await;
    assert_eq!(next().await, Some(at(50)));
    retry(&scene, &taken[0], 40, true).await;
    assert_eq!(next().await, Some(at(40)));
    // When everything is held, the next to fall due is whatever lease runs out first: its worker may have died.
    let taken = scene.claim(at(55), 1).await;
    scene.claim(at(60), 1).await;
    assert_eq!(next().await, Some(taken[0].lease_until));
}

pub async fn the_backlog_tells_what_waits(storage: Arc<dyn Storage>) {
    let scene = Scene::new(storage);
    let backlog = async |second| scene.storage.task_backlog(at(second)).await.unwrap();
    let expected = |due, total, oldest: Option<i64>| {
        let mut backlog = TaskBacklog::default();
        (backlog.due, backlog.total, backlog.oldest_due) = (due, total, oldest.map(at));
        backlog
    };
    assert_eq!(backlog(0).await, expected(0, 0, None));
    for (lane, due_at) in [("a", 20), ("b", 10), ("a", 10), ("c", 30)] {
        scene.task(lane, at(due_at)).await;
    }
    assert_eq!(backlog(9).await, expected(0, 4, None));
    assert_eq!(backlog(25).await, expected(3, 4, Some(10)));
    assert_eq!(scene.claim(at(25), 9).await.len(), 2);
    assert_eq!(backlog(30).await, expected(2, 4, Some(10)), "what is held does not wait");
    assert_eq!(backlog(85).await, expected(4, 4, Some(10)), "what was held too long waits again");
}
