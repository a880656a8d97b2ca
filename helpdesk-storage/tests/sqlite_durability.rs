//! What was acknowledged is there after the process was killed.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test fails by panicking, and the killed process talks to its killer"
)]

mod common;

use std::{
    env,
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Command, Stdio},
};

use common::{arrival, customer};
use futures_util::{StreamExt as _, stream};
use helpdesk_core::Storage as _;
use helpdesk_storage::SqliteStorage;
use tempfile::tempdir;

/// Names the file in the process that is to be killed.
const FILE: &str = "HELPDESK_TEST_FILE";
const ACKNOWLEDGED: &str = "acknowledged ";
const TEST: &str = "what_was_acknowledged_survives_a_kill";

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap().block_on(future)
}

/// Plays both parts: the process that writes until it is killed, and the one that kills it and looks what is left.
#[test]
fn what_was_acknowledged_survives_a_kill() {
    if let Some(path) = env::var_os(FILE) {
        return block_on(write_until_killed(path.as_ref()));
    }
    let folder = tempdir().unwrap();
    let path = folder.path().join("helpdesk.db");
    let mut writer = Command::new(env::current_exe().unwrap())
        .args([TEST, "--exact", "--nocapture"])
        .env(FILE, &path)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut acknowledged = Vec::new();
    for line in BufReader::new(writer.stdout.take().unwrap()).lines() {
        let line = line.unwrap();
        if let Some((_, number)) = line.split_once(ACKNOWLEDGED) {
            acknowledged.push(number.parse::<u128>().unwrap());
        }
        if acknowledged.len() == 500 {
            // SIGKILL; the lines that are in the pipe already are still read.
            writer.kill().unwrap();
        }
    }
    assert!(!writer.wait().unwrap().success(), "it was killed");
    assert!(acknowledged.len() >= 500, "it was killed in the middle of its work");
    block_on(async {
        let storage = SqliteStorage::open(&path).await.unwrap();
        for number in acknowledged {
            assert!(storage.customer(customer(number).id).await.unwrap().is_some(), "{number} is lost");
        }
        storage.commit(arrival(u128::MAX)).await.unwrap();
    });
}

async fn write_until_killed(path: &Path) {
    let storage = SqliteStorage::open(path).await.unwrap();
    let storage = &storage;
    stream::iter(0..)
        .for_each_concurrent(32, async |number| {
            storage.commit(arrival(number)).await.unwrap();
            println!("{ACKNOWLEDGED}{number}");
        })
        .await;
}
