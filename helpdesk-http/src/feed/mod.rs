//! The live feed over HTTP: a [`Reader`] pulls from the desk's feed, and a WebSocket or an event stream carries what it
//! gives. A slow client slows its own reader and nobody else.

pub(crate) mod socket;
pub(crate) mod stream;

use std::sync::Arc;

use axum::http::HeaderMap;
use helpdesk_core::{
    StaffId,
    desk::feed::{Feed, FeedItem as DomainItem},
    person::TokenHash,
    storage::EventKind,
};
use tokio::time::{Interval, MissedTickBehavior, interval};

use crate::{
    auth::Caller,
    dto::FeedItem,
    metrics::{FeedOpen, Metrics},
    problem::{Kind, Problem},
    state::App,
};

/// The subprotocol that a WebSocket of the feed speaks.
pub(crate) const SUBPROTOCOL: &str = "helpdesk.v1";

/// One client's place in the feed, for as long as its login counts.
pub(crate) struct Reader {
    app: App,
    feed: Feed,
    staff: StaffId,
    token: TokenHash,
    /// When the login is looked at again.
    check_login: Interval,
    /// The account was changed: its logins may have ended.
    check_now: bool,
    _open: Option<FeedOpen>,
}

/// Why a feed ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// The host shuts down.
    Shutdown,
    /// The login no longer counts: it ended, or the account was disabled or has another role.
    LoggedOut,
    /// The storage failed: the client resumes from where it is.
    Failed,
}

impl Reader {
    /// Opens the feed after `after`, or from now on.
    pub(crate) async fn open(app: App, caller: Caller, after: Option<u64>) -> Result<Self, Problem> {
        let feed = app.desk.feed(&caller.actor(), after).await?;
        let mut check_login = interval(app.options.feed.ping_every());
        check_login.set_missed_tick_behavior(MissedTickBehavior::Delay);
        // The first tick is due at once, and the login was looked at just now.
        check_login.reset();
        let open = app.metrics.as_ref().map(|metrics| Metrics::feed_opened(Arc::clone(metrics)));
        Ok(Self { app, feed, staff: caller.staff.id, token: caller.token, check_login, check_now: false, _open: open })
    }

    /// The next item; waits for it. Dropping the future loses nothing.
    pub(crate) async fn next(&mut self) -> Result<FeedItem, End> {
        let shutdown = self.app.options.shutdown.clone();
        loop {
            if self.check_now {
                self.check().await?;
                self.check_now = false;
            }
            tokio::select! {
                biased;
                () = shutdown.cancelled() => return Err(End::Shutdown),
                _ = self.check_login.tick() => self.check_now = true,
                item = self.feed.next() => return self.take(item),
            }
        }
    }

    fn take<E: std::fmt::Display>(&mut self, item: Option<Result<DomainItem, E>>) -> Result<FeedItem, End> {
        let item = item.ok_or(End::LoggedOut)?.map_err(|error| {
            tracing::warn!(%error, "a live feed ends");
            End::Failed
        })?;
        if let DomainItem::Event(event) = &item {
            self.check_now |= matches!(event.kind, EventKind::StaffChanged { staff } if staff == self.staff);
        }
        Ok(item.into())
    }

    async fn check(&self) -> Result<(), End> {
        match self.app.desk.login_check(self.token).await {
            Ok(Some(_)) => Ok(()),
            Ok(None) => Err(End::LoggedOut),
            // Who cannot be looked up now was let in before; the next look decides.
            Err(error) if error.is_temporary() => Ok(()),
            Err(_) => Err(End::Failed),
        }
    }
}

/// The place in `Last-Event-ID`, which a browser's `EventSource` sends when it comes back.
pub(crate) fn last_event_id(headers: &HeaderMap) -> Result<Option<u64>, Problem> {
    let Some(value) = headers.get("last-event-id") else { return Ok(None) };
    let position = value.to_str().ok().and_then(|value| value.parse().ok());
    position
        .map(Some)
        .ok_or_else(|| Problem::new(Kind::InvalidHeader).parameter("Last-Event-ID", "not a position of this feed"))
}
