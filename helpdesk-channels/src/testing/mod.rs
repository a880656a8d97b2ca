//! Helpers for tests of bots: a simulator of Telegram's Bot API and scripted people who talk to it.
//!
//! Nothing here depends on the helpdesk, and nothing here goes to the network beyond the
//! addresses it is told. See [`bot_api`] for what is simulated and what is not.

pub mod bot_api;

pub use bot_api::{BotApiServer, Fault, FaultRule, ScreenMessage, ScriptedUser};
