//! What the end-to-end tests share: the program itself as a process, Telegram's side of it, and the agents' side.
//!
//! Nothing here reaches into the program: it is started as a user starts it, with environment variables, and spoken to over
//! HTTP, as Telegram and as staff do.

#![allow(dead_code, unreachable_pub, reason = "each test file uses a part of it")]
#![allow(clippy::unwrap_used, clippy::missing_panics_doc, reason = "a test that cannot go on fails")]

pub mod api;
pub mod live;
pub mod process;
pub mod speech;

use std::time::Duration;

use helpdesk_channels::testing::bot_api::{BotApiServer, ScriptedUser};
use serde_json::Value;

pub use api::Staff;
pub use process::WebHost;

/// Longest wait for something that must happen.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// A question to which the shipped articles have an answer, and two more.
pub const QUESTIONS: [&str; 3] =
    ["How do I reset my password?", "Where is my parcel? How do I track it?", "How can I export my data?"];

/// A running helpdesk with Telegram in front of it and its first admin logged in.
pub struct Stage {
    pub telegram: BotApiServer,
    pub host: WebHost,
    pub admin: Staff,
}

impl Stage {
    pub async fn new() -> Self {
        Self::with(&[]).await
    }

    /// With more environment variables.
    pub async fn with(environment: &[(&str, &str)]) -> Self {
        let telegram = BotApiServer::start().await;
        // After a kill, work is taken up again when its lease has run out.
        telegram.set_patience(PATIENCE);
        let host = WebHost::start(&telegram, environment).await;
        let admin = Staff::login(&host.url(), "admin", process::ADMIN_PASSWORD).await;
        Self { telegram, host, admin }
    }

    /// An agent whom the admin made (A11).
    pub async fn agent(&self, login: &str, full_name: &str) -> Staff {
        let made = self
            .admin
            .post("/staff", serde_json::json!({"login": login, "password": "agent password", "full_name": full_name, "role": "agent"}))
            .await;
        assert_eq!(made.status, 201, "{made:?}");
        Staff::login(&self.host.url(), login, "agent password").await
    }

    /// The only session of the customer called `name`, as the admin sees it.
    pub async fn session_of(&self, name: &str) -> Value {
        let found = self.sessions_of(name).await;
        assert_eq!(found.len(), 1, "sessions of {name}: {found:#?}");
        found[0].clone()
    }

    /// The sessions of the customer called `name`, newest first, as the admin sees them.
    pub async fn sessions_of(&self, name: &str) -> Vec<Value> {
        let list = self.admin.get("/sessions?limit=500").await;
        assert_eq!(list.status, 200, "{list:?}");
        let items = list.body["items"].as_array().unwrap().clone();
        items.into_iter().filter(|session| session["customer"]["name"] == name).collect()
    }

    /// Brings a customer's request to the queue by the shortest way.
    pub async fn queued(&self, customer: &ScriptedUser, name: &str) -> Value {
        customer.start();
        customer.wait_for_text("Your request is open").await;
        customer.say("human");
        customer.wait_for_text("A live person will answer you").await;
        self.session_of(name).await
    }
}

/// The id of something that the API gave.
pub fn id(value: &Value) -> &str {
    value["id"].as_str().unwrap_or_else(|| panic!("no id in {value:#}"))
}
