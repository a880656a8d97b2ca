//! The feed as a WebSocket: one text frame of JSON for each item. The client has nothing to say; its pongs show that it
//! is still there.

use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message, WebSocket, close_code};
use tokio::time::{MissedTickBehavior, interval, timeout};

use super::{End, Reader};
use crate::options::FeedOptions;

/// Close code for a login that no longer counts: log in again before coming back.
const LOGGED_OUT: u16 = 4401;
/// How long a client may take to say goodbye: a shutdown waits for it.
const FAREWELL_MAX: Duration = Duration::from_secs(2);

/// Sends until either side has enough.
pub(crate) async fn run(mut socket: WebSocket, mut reader: Reader, options: FeedOptions) {
    let mut ping = interval(options.ping_every());
    ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
    // What was heard since the last ping; the first tick is due at once.
    let mut heard = true;
    let end = loop {
        let message = tokio::select! {
            item = reader.next() => match item {
                // Strings and numbers alone: it cannot fail to serialise.
                Ok(item) => Message::text(serde_json::to_string(&item).unwrap_or_default()),
                Err(end) => break end,
            },
            received = socket.recv() => match received {
                Some(Ok(Message::Close(_)) | Err(_)) | None => return,
                Some(Ok(_)) => {
                    heard = true;
                    continue;
                }
            },
            _ = ping.tick() => {
                if !heard {
                    return;
                }
                heard = false;
                Message::Ping(bytes::Bytes::new())
            }
        };
        if !matches!(timeout(options.send_timeout, socket.send(message)).await, Ok(Ok(()))) {
            return;
        }
    };
    // A connection that is dropped with a pong unread is reset, and the client may never see why it was closed. So its own
    // goodbye is waited for; nothing is owed to a client that does not send one.
    let farewell = async {
        let sent = socket.send(Message::Close(Some(goodbye(end)))).await;
        while sent.is_ok() && matches!(socket.recv().await, Some(Ok(_))) {}
    };
    let _ = timeout(FAREWELL_MAX, farewell).await;
}

fn goodbye(end: End) -> CloseFrame {
    let (code, reason) = match end {
        End::Shutdown => (close_code::AWAY, "shutting down: resume elsewhere"),
        End::LoggedOut => (LOGGED_OUT, "log in again"),
        End::Failed => (close_code::AGAIN, "temporarily unavailable: resume later"),
    };
    CloseFrame { code, reason: reason.into() }
}
