//! The live feed: every event in order, shown as it was when its first reader read it or later, to those who may see it.
//!
//! Readers pull. What has just happened is read from the storage and dressed with names once, by whichever reader comes
//! first, and shared through a window of the newest events; a reader that is further behind reads on its own until it has
//! caught up. A reader never waits for another one's network, and none misses an event: each holds its own position.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use jiff::Timestamp;
use tokio::sync::watch;

use super::{
    Desk,
    view::{MessageView, Names, SessionView},
};
use crate::{
    clock::later,
    error::DeskError,
    id::{MessageId, SessionId},
    message::Author,
    permission::{Action, Actor, Denied, Relation, allowed},
    person::Staff,
    storage::{Event, EventKind},
};

/// Newest events that are kept for all readers.
const WINDOW_EVENTS: usize = 1024;
/// Events that are read in one go.
const BATCH_EVENTS: u32 = 256;
/// How often a reader looks without having been woken: another process may have written.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// An event with what it is about, as it is now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveEvent {
    /// Its place in the total order: what to resume from.
    pub position: u64,
    /// When it happened.
    pub at: Timestamp,
    /// What happened.
    pub kind: EventKind,
    /// The session that it is about.
    pub session: Option<SessionView>,
    /// The message that it is about.
    pub message: Option<MessageView>,
    /// The account that it is about.
    pub staff: Option<Staff>,
}

/// What a [`Feed`] gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FeedItem {
    /// Something happened.
    Event(Arc<LiveEvent>),
    /// Events after the place where the reader wanted to resume are no longer kept: it is to load everything afresh, and
    /// goes on from `position`.
    Reset {
        /// Where the feed goes on.
        position: u64,
    },
}

/// A reader's place in the order of events.
pub struct Feed {
    desk: Desk,
    actor: Actor,
    position: u64,
    reset: bool,
    ahead: VecDeque<Arc<LiveEvent>>,
    wakes: watch::Receiver<u64>,
    ended: bool,
}

impl std::fmt::Debug for Feed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Feed").field("actor", &self.actor).field("position", &self.position).finish_non_exhaustive()
    }
}

/// What all readers share.
pub(super) struct Hub {
    wakes: watch::Sender<u64>,
    window: Mutex<Window>,
    /// Held by the reader that fills the window.
    filling: tokio::sync::Mutex<()>,
}

/// The newest events, without a gap.
#[derive(Default)]
struct Window {
    /// Every event after this position, up to the last one held, is in `events`.
    after: u64,
    events: VecDeque<Arc<LiveEvent>>,
}

impl Hub {
    pub(super) fn new() -> Self {
        Self { wakes: watch::Sender::new(0), window: Mutex::default(), filling: tokio::sync::Mutex::new(()) }
    }

    /// Events were committed.
    pub(super) fn wake(&self) {
        self.wakes.send_modify(|count| *count = count.wrapping_add(1));
    }

    /// The events after `position` that the window holds; `None` when it has none that the reader could go on with.
    fn after(&self, position: u64) -> Option<Vec<Arc<LiveEvent>>> {
        let window = self.window.lock().unwrap_or_else(PoisonError::into_inner);
        if position < window.after {
            return None;
        }
        let start = window.events.partition_point(|event| event.position <= position);
        let found: Vec<_> = window.events.iter().skip(start).take(BATCH_EVENTS as usize).cloned().collect();
        (!found.is_empty()).then_some(found)
    }

    /// Takes the `events` that follow `after`. Those of a reader who is behind the window are left out; those of one who
    /// is ahead of it begin the window anew.
    fn extend(&self, after: u64, events: &[Arc<LiveEvent>]) {
        let mut window = self.window.lock().unwrap_or_else(PoisonError::into_inner);
        let last = window.events.back().map_or(window.after, |event| event.position);
        if after < last || events.is_empty() {
            return;
        }
        if after > last {
            *window = Window { after, events: VecDeque::new() };
        }
        window.events.extend(events.iter().cloned());
        while window.events.len() > WINDOW_EVENTS {
            if let Some(dropped) = window.events.pop_front() {
                window.after = dropped.position;
            }
        }
    }
}

impl Desk {
    /// Follows everything that `actor` may see: from the event after `after`, or from now on.
    pub async fn feed(&self, actor: &Actor, after: Option<u64>) -> Result<Feed, DeskError> {
        // The receiver is made before the place is read, so that no commit falls between the two.
        let wakes = self.inner.feed.wakes.subscribe();
        let (oldest, newest) = self.storage().event_range().await?;
        let (position, reset) = match after {
            None => (newest, false),
            Some(after) if after > newest || after.saturating_add(1) < oldest => (newest, true),
            Some(after) => (after, false),
        };
        Ok(Feed { desk: self.clone(), actor: *actor, position, reset, ahead: VecDeque::new(), wakes, ended: false })
    }

    /// The place of the newest event: what a client that has just loaded everything resumes from.
    pub async fn event_position(&self) -> Result<u64, DeskError> {
        Ok(self.storage().event_range().await?.1)
    }

    /// The events after `position` with what they are about: from the window, or read and dressed now.
    async fn live_events(&self, position: u64) -> Result<Vec<Arc<LiveEvent>>, DeskError> {
        let hub = &self.inner.feed;
        if let Some(found) = hub.after(position) {
            return Ok(found);
        }
        let filling = hub.filling.lock().await;
        // Another reader may have filled the window while this one waited for its turn.
        if let Some(found) = hub.after(position) {
            return Ok(found);
        }
        let events = self.storage().event_list(position, BATCH_EVENTS).await?;
        let wardrobe = Wardrobe::fill(self, &events).await?;
        let mut live = Vec::with_capacity(events.len());
        for event in events {
            live.push(Arc::new(wardrobe.dress(self, event).await?));
        }
        hub.extend(position, &live);
        drop(filling);
        Ok(live)
    }
}

/// What the events of one batch are about, read together: a busy desk has many events at a time, and few at once.
struct Wardrobe {
    names: Names,
    sessions: HashMap<SessionId, SessionView>,
    messages: HashMap<MessageId, MessageView>,
}

impl Wardrobe {
    async fn fill(desk: &Desk, events: &[Event]) -> Result<Self, DeskError> {
        let ids: HashSet<_> = events.iter().filter_map(|event| event.kind.session()).collect();
        let ids: Vec<_> = ids.into_iter().collect();
        let mut wardrobe = Self { names: Names::default(), sessions: HashMap::new(), messages: HashMap::new() };
        if !ids.is_empty() {
            for summary in desk.storage().session_summary_batch(&ids).await? {
                let author = Author::Customer(summary.session.customer);
                wardrobe.names.learn(author, summary.customer_name.clone());
                let view = wardrobe.names.session(desk, summary).await?;
                wardrobe.sessions.insert(view.summary.session.id, view);
            }
        }
        let ids: HashSet<_> = events.iter().filter_map(|event| event.kind.message()).collect();
        let ids: Vec<_> = ids.into_iter().collect();
        if !ids.is_empty() {
            for message in desk.storage().message_batch(&ids).await? {
                let view = wardrobe.names.message(desk, message).await?;
                wardrobe.messages.insert(view.message.id, view);
            }
        }
        Ok(wardrobe)
    }

    async fn dress(&self, desk: &Desk, event: Event) -> Result<LiveEvent, DeskError> {
        let session = event.kind.session().and_then(|id| self.sessions.get(&id).cloned());
        let message = event.kind.message().and_then(|id| self.messages.get(&id).cloned());
        let staff = match event.kind {
            EventKind::StaffChanged { staff } => desk.storage().staff(staff).await?,
            _ => None,
        };
        Ok(LiveEvent { position: event.position, at: event.at, kind: event.kind, session, message, staff })
    }
}

impl Feed {
    /// The next item; waits for it. `None` once the reader may no longer read: their account was disabled or their role
    /// changed. Dropping the future loses nothing.
    ///
    /// # Errors
    ///
    /// A failed storage. The feed keeps its place, so the reader may just call again.
    pub async fn next(&mut self) -> Option<Result<FeedItem, DeskError>> {
        if self.reset {
            self.reset = false;
            return Some(Ok(FeedItem::Reset { position: self.position }));
        }
        loop {
            while let Some(event) = self.ahead.pop_front() {
                self.position = event.position;
                if self.must_end(&event) {
                    self.ended = true;
                }
                if !self.ended && self.may_see(&event) {
                    return Some(Ok(FeedItem::Event(event)));
                }
            }
            if self.ended {
                return None;
            }
            self.wakes.mark_unchanged();
            match self.desk.live_events(self.position).await {
                Ok(events) if events.is_empty() => self.wait().await,
                Ok(events) => self.ahead = events.into(),
                Err(error) => return Some(Err(error)),
            }
        }
    }

    async fn wait(&mut self) {
        let look_at = later(self.desk.now(), LOOK_EVERY);
        let desk = self.desk.clone();
        tokio::select! {
            _ = self.wakes.changed() => {}
            () = desk.inner.clock.wait_until(look_at) => {}
        }
    }

    fn may_see(&self, event: &LiveEvent) -> bool {
        match &event.session {
            Some(view) => {
                let relation = Relation::to_session(&self.actor, &view.summary.session);
                allowed(&self.actor, Action::SessionRead, relation) != Err(Denied::Hidden)
            }
            None => matches!(event.kind, EventKind::StaffChanged { .. }),
        }
    }

    fn must_end(&self, event: &LiveEvent) -> bool {
        let (Actor::Staff { id, role }, Some(staff)) = (&self.actor, &event.staff) else { return false };
        staff.id == *id && (!staff.active || staff.role != *role)
    }
}
