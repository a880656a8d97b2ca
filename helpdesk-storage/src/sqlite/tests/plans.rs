//! Query plans: what is asked often reads an index from one end, however much is stored.

use std::collections::BTreeSet;

use helpdesk_core::{
    session::StateKind,
    storage::{SessionFilter, SessionOrder},
};
use sqlx::{AssertSqlSafe, Row as _};

use super::storage;
use crate::sqlite::{SqliteStorage, apply, read};

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
