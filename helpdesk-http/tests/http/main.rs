//! The facade as its clients see it: every request goes through the router, and what is live goes over a real socket.

#![expect(clippy::unwrap_used, reason = "a test fails where it stands")]

mod app;
mod attachments;
mod auth;
mod channels;
mod dialog;
mod faults;
mod feed;
mod hostile;
mod mounting;
mod openapi;
mod operation;
mod permissions;
mod staff;
