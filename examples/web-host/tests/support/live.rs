//! A staff member's live feed over a WebSocket: what their screen shows without a reload.

use futures_util::{SinkExt, StreamExt};
use serde_json::Value;
use tokio_tungstenite::{
    connect_async,
    tungstenite::{Message, client::IntoClientRequest},
};

use super::{PATIENCE, Staff};

type Socket = tokio_tungstenite::WebSocketStream<tokio_tungstenite::MaybeTlsStream<tokio::net::TcpStream>>;

pub struct Feed {
    socket: Socket,
    pub position: u64,
}

impl Feed {
    /// From now on, or from the event after `after`.
    pub async fn open(staff: &Staff, after: Option<u64>) -> Self {
        Self::try_open(staff, after).await.expect("the feed opens")
    }

    /// Like [`open`](Self::open), for a host that may be dead.
    pub async fn try_open(staff: &Staff, after: Option<u64>) -> Option<Self> {
        let query = after.map(|after| format!("?after={after}")).unwrap_or_default();
        let url = format!("{}/events{query}", staff.base().replacen("http", "ws", 1));
        let mut request = url.into_client_request().unwrap();
        request.headers_mut().insert("authorization", format!("Bearer {}", staff.token).parse().unwrap());
        let (socket, _) = connect_async(request).await.ok()?;
        Some(Self { socket, position: after.unwrap_or(0) })
    }

    /// The next event.
    pub async fn next(&mut self) -> Value {
        tokio::time::timeout(PATIENCE, self.try_next()).await.expect("an event comes").expect("the feed goes on")
    }

    /// The next event; `None` when the host has died.
    pub async fn try_next(&mut self) -> Option<Value> {
        loop {
            match self.socket.next().await?.ok()? {
                Message::Text(text) => {
                    let event: Value = serde_json::from_str(&text).unwrap();
                    self.position = event["position"].as_u64().unwrap();
                    return Some(event);
                }
                Message::Ping(data) => self.socket.send(Message::Pong(data)).await.ok()?,
                _ => {}
            }
        }
    }

    /// The next event that fits.
    pub async fn next_where(&mut self, mut fits: impl FnMut(&Value) -> bool) -> Value {
        loop {
            let event = self.next().await;
            if fits(&event) {
                return event;
            }
        }
    }
}
