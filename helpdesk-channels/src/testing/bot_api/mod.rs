//! A truthful simulator of Telegram's cloud Bot API, for tests and for playing the customer by hand.
//!
//! [`BotApiServer`] speaks the Bot API over real HTTP, so the bot under test runs unchanged: only
//! its API address differs. [`ScriptedUser`] is a person with a Telegram client: what they send
//! becomes updates, and [`ScriptedUser::screen`] is what they see. [`FaultRule`] breaks the
//! connection in the ways a real network does.
//!
//! The state lives in the server, so the bot may be killed and started again while conversations,
//! unconfirmed updates and files stay.
//!
//! ```
//! use helpdesk_channels::testing::bot_api::BotApiServer;
//!
//! # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
//! let telegram = BotApiServer::start().await;
//! let anna = telegram.user("Anna", "en");
//! anna.start();
//!
//! // Here a bot would be started with `telegram.url()` and `telegram.token()`:
//! println!("{}/bot{}/getUpdates", telegram.url(), telegram.token());
//! assert_eq!(telegram.pending_updates(), 1);
//! assert_eq!(anna.screen()[0].text.as_deref(), Some("/start"));
//! # });
//! ```
//!
//! Limits: photos are not re-encoded, links to files are not fetched, webhooks are delivered over
//! plain HTTP only, rate limits exist only as injected faults, and methods that a support bot does
//! not need (payments, polls, inline mode, games, stickers' sets) answer "method not found".

mod answer;
mod calls;
mod connection;
mod faults;
mod files;
mod formatting;
mod group;
mod http;
mod http_client;
mod media;
mod methods;
mod page;
mod params;
mod polling;
mod screen;
mod server;
mod updates;
mod user;
mod user_media;
mod user_view;
mod webhook;
mod world;

#[cfg(test)]
mod tests;

pub use calls::{Call, SentFile};
pub use faults::{Fault, FaultHandle, FaultRule};
pub use group::{ScriptedChannel, ScriptedGroup};
pub use media::{FileKind, MediaFile};
pub use screen::{CallbackAnswer, ScreenButton, ScreenFile, ScreenMessage};
pub use server::{BotApiOptions, BotApiServer};
pub use user::ScriptedUser;
pub use user_media::Album;
