//! The queue of updates of one bot: numbering, the filter by kind, holding back and redelivery.
//!
//! An update stays in the queue until it is confirmed with an offset or accepted by a webhook.

use std::collections::VecDeque;

use serde_json::{Value, json};

/// Kinds that a bot gets only when it asks for them by name.
const ON_REQUEST: [&str; 3] = ["chat_member", "message_reaction", "message_reaction_count"];

/// How many delivered updates are remembered for redelivery.
const HISTORY: usize = 1000;

/// An update that waits.
#[derive(Clone, Debug)]
pub(crate) struct Queued {
    pub(crate) id: i64,
    pub(crate) update: Value,
    /// Redelivered: an offset above it does not remove it before it was handed out once.
    forced: bool,
}

/// The updates of one bot.
#[derive(Debug)]
pub(crate) struct UpdateQueue {
    pending: VecDeque<Queued>,
    history: VecDeque<Value>,
    last_id: i64,
    /// The kinds asked for; `None` is the default set.
    allowed: Option<Vec<String>>,
    pub(crate) held: bool,
    pub(crate) twice: bool,
    /// The number of the newest `getUpdates`; older ones are terminated.
    pub(crate) poll: u64,
}

impl Default for UpdateQueue {
    fn default() -> Self {
        Self {
            pending: VecDeque::new(),
            history: VecDeque::new(),
            last_id: 900_000_000,
            allowed: None,
            held: false,
            twice: false,
            poll: 0,
        }
    }
}

impl UpdateQueue {
    /// Ids of updates begin behind `id`.
    pub(crate) fn begin_after(&mut self, id: i64) {
        self.last_id = self.last_id.max(id);
    }

    /// Queues an update of this kind, unless the bot did not ask for the kind.
    pub(crate) fn push(&mut self, kind: &str, body: &Value) {
        let wanted = match &self.allowed {
            Some(kinds) => kinds.iter().any(|allowed| allowed == kind),
            None => !ON_REQUEST.contains(&kind),
        };
        if wanted {
            self.push_raw(json!({ kind: body }));
        }
    }

    /// Queues an object as it is, with an `update_id` when it has none. Returns the id.
    pub(crate) fn push_raw(&mut self, mut update: Value) -> i64 {
        let id = update["update_id"].as_i64().unwrap_or(self.last_id + 1);
        update["update_id"] = id.into();
        self.last_id = self.last_id.max(id);
        self.history.push_back(update.clone());
        if self.history.len() > HISTORY {
            self.history.pop_front();
        }
        for _ in 0..if self.twice { 2 } else { 1 } {
            self.pending.push_back(Queued { id, update: update.clone(), forced: false });
        }
        id
    }

    /// Remembers the kinds to send from now on; an empty list is the default set.
    pub(crate) fn allow(&mut self, kinds: &[Value]) {
        let kinds: Vec<_> = kinds.iter().filter_map(Value::as_str).map(str::to_owned).collect();
        self.allowed = (!kinds.is_empty()).then_some(kinds);
    }

    pub(crate) fn allowed(&self) -> Option<&Vec<String>> {
        self.allowed.as_ref()
    }

    /// Forgets everything below the offset; a negative offset keeps that many of the last ones.
    pub(crate) fn confirm(&mut self, offset: i64) {
        if offset < 0 {
            let keep = usize::try_from(offset.unsigned_abs()).unwrap_or(usize::MAX);
            let excess = self.pending.len().saturating_sub(keep);
            self.pending.drain(..excess);
        } else {
            self.pending.retain(|queued| queued.forced || queued.id >= offset);
        }
    }

    /// The next updates to hand out, which stay in the queue.
    pub(crate) fn batch(&mut self, limit: usize) -> Vec<Value> {
        if self.held {
            return Vec::new();
        }
        self.pending
            .iter_mut()
            .take(limit)
            .map(|queued| {
                queued.forced = false;
                queued.update.clone()
            })
            .collect()
    }

    /// The next update for the webhook.
    pub(crate) fn first(&self) -> Option<&Queued> {
        if self.held { None } else { self.pending.front() }
    }

    /// Removes the update that a webhook has accepted.
    pub(crate) fn accepted(&mut self, id: i64) {
        if let Some(at) = self.pending.iter().position(|queued| queued.id == id) {
            self.pending.remove(at);
        }
    }

    /// Queues the last `count` updates once more, ahead of everything else, under their old ids.
    pub(crate) fn redeliver(&mut self, count: usize) {
        let from = self.history.len().saturating_sub(count);
        for update in self.history.iter().skip(from).rev() {
            let id = update["update_id"].as_i64().unwrap_or_default();
            self.pending.push_front(Queued { id, update: update.clone(), forced: true });
        }
    }

    /// Takes all waiting updates out, to be put back with [`Self::put_back`].
    pub(crate) fn take(&mut self) -> Vec<Value> {
        self.pending.drain(..).map(|queued| queued.update).collect()
    }

    /// Queues updates ahead of those that came in the meantime, in the given order.
    pub(crate) fn put_back(&mut self, updates: Vec<Value>) {
        for update in updates.into_iter().rev() {
            let id = update["update_id"].as_i64().unwrap_or_default();
            self.pending.push_front(Queued { id, update, forced: true });
        }
    }

    pub(crate) fn clear(&mut self) {
        self.pending.clear();
    }

    pub(crate) fn len(&self) -> usize {
        self.pending.len()
    }
}
