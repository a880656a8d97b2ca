//! Faults: what a network and a busy server do to a bot, injected on purpose.
//!
//! ```
//! use helpdesk_channels::testing::bot_api::{BotApiServer, Fault, FaultRule};
//!
//! # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
//! let telegram = BotApiServer::start().await;
//! let limits = telegram.inject(
//!     FaultRule::on("sendMessage", Fault::RateLimit { retry_after: 1 }).times(2),
//! );
//! // ... the bot tries to send ...
//! assert_eq!(limits.hits(), 0);
//! limits.remove();
//! # });
//! ```

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::answer::ApiError;
use super::world::Shared;

/// The name under which downloads of files can be made to fail.
pub(crate) const DOWNLOAD: &str = "downloadFile";

/// What goes wrong.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Fault {
    /// 429 with `parameters.retry_after`, nothing is done.
    RateLimit {
        /// The seconds to wait.
        retry_after: u32,
    },
    /// 403 "bot was blocked by the user", nothing is done.
    Forbidden,
    /// A bare HTTP status with a page of HTML instead of JSON, as a proxy answers. Nothing is done.
    /// Note that teloxide's client sleeps for ten seconds after a 5xx status.
    Status(u16),
    /// An error of the Bot API, nothing is done.
    Error {
        /// `error_code` and the HTTP status.
        code: u16,
        /// `description`, with its prefix such as "Bad Request: ".
        description: String,
        /// `parameters`.
        parameters: Option<Value>,
    },
    /// The connection is closed, nothing is done.
    DropBeforeProcessing,
    /// The call is carried out, then the connection is closed without an answer.
    LostAnswer,
    /// Nothing happens until the client gives up, or [`FaultHandle::release`] lets the call go on.
    Hang,
    /// The call is carried out, then nothing is answered until the client gives up or
    /// [`FaultHandle::release`] lets the answer go.
    HangAnswer,
    /// The call is carried out after this time.
    Delay(Duration),
}

impl Fault {
    /// The error to answer with, for faults that are answers.
    pub(crate) fn error(&self) -> Option<ApiError> {
        match self {
            Self::RateLimit { retry_after } => {
                let text = format!("Too Many Requests: retry after {retry_after}");
                let parameters = json!({ "retry_after": retry_after });
                Some(ApiError::new(429, text).with_parameters(parameters))
            }
            Self::Forbidden => Some(ApiError::forbidden("bot was blocked by the user")),
            Self::Error { code, description, parameters } => {
                Some(ApiError { code: *code, description: description.clone(), parameters: parameters.clone() })
            }
            _ => None,
        }
    }
}

/// Which calls run into a fault: made with [`FaultRule::on`], given to `BotApiServer::inject`.
#[derive(Clone, Debug)]
pub struct FaultRule {
    method: String,
    chat: Option<i64>,
    skip: u32,
    times: Option<u32>,
    fault: Fault,
}

impl FaultRule {
    /// The next call of this method runs into the fault. `"*"` means every method, and
    /// `"downloadFile"` the download of a file by its path. The case does not matter.
    pub fn on(method: impl Into<String>, fault: Fault) -> Self {
        Self { method: method.into(), chat: None, skip: 0, times: Some(1), fault }
    }

    /// Only calls with this `chat_id`.
    pub fn in_chat(mut self, chat: i64) -> Self {
        self.chat = Some(chat);
        self
    }

    /// Lets this many matching calls pass first.
    pub fn after(mut self, calls: u32) -> Self {
        self.skip = calls;
        self
    }

    /// The next `times` calls run into the fault instead of one.
    pub fn times(mut self, times: u32) -> Self {
        self.times = Some(times);
        self
    }

    /// All calls run into the fault, until [`FaultHandle::remove`].
    pub fn until_removed(mut self) -> Self {
        self.times = None;
        self
    }
}

/// A rule in force.
#[derive(Debug)]
struct Active {
    id: u64,
    rule: FaultRule,
    hits: u32,
    removed: bool,
    released: bool,
    outage: bool,
}

/// All rules of a server, the oldest first.
#[derive(Debug, Default)]
pub(crate) struct FaultBook {
    rules: Vec<Active>,
}

impl FaultBook {
    pub(crate) fn add(&mut self, rule: FaultRule, outage: bool) -> u64 {
        let id = self.rules.len() as u64;
        self.rules.push(Active { id, rule, hits: 0, removed: false, released: false, outage });
        id
    }

    /// The fault that a call runs into, which is then counted, and the rule's number.
    pub(crate) fn take(&mut self, method: &str, chat: Option<i64>) -> Option<(u64, Fault)> {
        for active in &mut self.rules {
            let rule = &mut active.rule;
            let method_fits = rule.method == "*" || rule.method.eq_ignore_ascii_case(method);
            let chat_fits = rule.chat.is_none() || rule.chat == chat;
            let left = rule.times.is_none_or(|times| active.hits < times);
            if !method_fits || !chat_fits || !left || active.removed {
                continue;
            }
            if rule.skip > 0 {
                rule.skip -= 1;
                continue;
            }
            active.hits += 1;
            return Some((active.id, rule.fault.clone()));
        }
        None
    }

    /// Whether an outage is on.
    pub(crate) fn outage(&self) -> bool {
        self.rules.iter().any(|active| active.outage && !active.removed)
    }

    pub(crate) fn end_outage(&mut self) {
        for active in self.rules.iter_mut().filter(|active| active.outage) {
            active.removed = true;
            active.released = true;
        }
    }

    /// Removes all rules, and lets everything go on that hangs.
    pub(crate) fn clear(&mut self) {
        for active in &mut self.rules {
            active.removed = true;
            active.released = true;
        }
    }

    pub(crate) fn released(&self, id: u64) -> bool {
        self.get(id).is_some_and(|active| active.released)
    }

    fn get(&self, id: u64) -> Option<&Active> {
        self.rules.get(usize::try_from(id).ok()?)
    }

    fn get_mut(&mut self, id: u64) -> Option<&mut Active> {
        self.rules.get_mut(usize::try_from(id).ok()?)
    }
}

/// An injected rule. It stays in force when the handle is dropped.
#[derive(Clone, Debug)]
pub struct FaultHandle {
    pub(crate) shared: Arc<Shared>,
    pub(crate) id: u64,
}

impl FaultHandle {
    /// How many calls ran into the fault.
    pub fn hits(&self) -> u32 {
        self.shared.read(|world| world.faults.get(self.id).map_or(0, |active| active.hits))
    }

    /// Waits until this many calls ran into the fault.
    ///
    /// # Panics
    ///
    /// When that does not happen in the server's patience.
    pub async fn wait_hits(&self, count: u32) {
        let patience = self.shared.read(|world| world.patience);
        let reached = self
            .shared
            .wait_until(patience, |world| world.faults.get(self.id).filter(|active| active.hits >= count).map(|_| ()));
        assert!(reached.await.is_some(), "only {} of {count} calls ran into the fault in {patience:?}", self.hits());
    }

    /// No more calls run into the fault. Calls that hang keep hanging.
    pub fn remove(&self) {
        self.shared.edit(|world| {
            if let Some(active) = world.faults.get_mut(self.id) {
                active.removed = true;
            }
        });
    }

    /// Removes the rule and lets the calls go on that hang because of it.
    pub fn release(&self) {
        self.shared.edit(|world| {
            if let Some(active) = world.faults.get_mut(self.id) {
                active.removed = true;
                active.released = true;
            }
        });
    }
}
