//! The Telegram channel against a Bot API server, with a desk behind it: what customers see on their screens, and what staff
//! find in the desk.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod conformance;
mod groups;
mod receiving;
mod rig;
mod sending;
mod webhook;
