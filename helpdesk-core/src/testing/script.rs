//! What the scripted partners are made of: a record of calls, a queue of outcomes, and a way to wait for a call.

use std::{
    collections::VecDeque,
    fmt,
    sync::{Mutex, PoisonError},
};

use tokio::sync::watch;

/// Records calls and gives out prepared outcomes, first in, first out.
pub(super) struct Script<C, O> {
    calls: watch::Sender<Vec<C>>,
    outcomes: Mutex<VecDeque<O>>,
}

impl<C: Clone, O> Script<C, O> {
    pub(super) fn new() -> Self {
        Self { calls: watch::Sender::new(Vec::new()), outcomes: Mutex::new(VecDeque::new()) }
    }

    /// Prepares the outcome of the next call that has none yet.
    pub(super) fn prepare(&self, outcome: O) {
        self.outcomes.lock().unwrap_or_else(PoisonError::into_inner).push_back(outcome);
    }

    /// Takes the next prepared outcome.
    pub(super) fn outcome(&self) -> Option<O> {
        self.outcomes.lock().unwrap_or_else(PoisonError::into_inner).pop_front()
    }

    /// Records a call.
    pub(super) fn record(&self, call: C) {
        self.record_numbered(|_| call);
    }

    /// Records a call that holds its own number, from 1 on, and gives the number.
    pub(super) fn record_numbered(&self, call: impl FnOnce(usize) -> C) -> usize {
        let mut number = 0;
        self.calls.send_modify(|calls| {
            number = calls.len() + 1;
            calls.push(call(number));
        });
        number
    }

    /// The calls so far.
    pub(super) fn calls(&self) -> Vec<C> {
        self.calls.borrow().clone()
    }

    /// Waits until there were `count` calls or more, and gives them all.
    pub(super) async fn wait(&self, count: usize) -> Vec<C> {
        // The sender lives in `self`, so waiting for it cannot fail.
        let _ = self.calls.subscribe().wait_for(|calls| calls.len() >= count).await;
        self.calls()
    }
}

impl<C, O> fmt::Debug for Script<C, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Script").field("calls", &self.calls.borrow().len()).finish_non_exhaustive()
    }
}
