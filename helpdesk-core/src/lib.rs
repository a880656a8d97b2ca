#![doc = include_str!("../README.md")]

pub mod address;
pub mod blob;
pub mod channel;
pub mod chat;
pub mod clock;
pub mod desk;
pub mod error;
pub mod id;
pub mod language;
pub mod limits;
pub mod memory;
pub mod message;
pub mod permission;
pub mod person;
pub mod phrases;
pub mod responder;
pub mod service;
pub mod session;
pub mod storage;
pub mod transcriber;

#[cfg(feature = "testing")]
pub mod testing;

pub use address::{Address, ChannelName, ExternalId};
pub use channel::Channel;
pub use desk::{Desk, DeskBuilder};
pub use error::{BuildError, DeskError};
pub use id::{AttachmentId, ChatId, CustomerId, MessageId, SessionId, StaffId, TaskId};
pub use language::Language;
pub use permission::Actor;
pub use person::{Customer, Role, Staff};
pub use phrases::{Phrase, Phrases};
pub use responder::Responder;
pub use session::{Policy, Session};
pub use storage::Storage;
pub use transcriber::Transcriber;
