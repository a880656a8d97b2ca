//! For those who test a desk or implement one of its traits: clocks and ids that a test sets, scripted partners, injected
//! faults, and the conformance suites.
//!
//! | to test | take |
//! |---|---|
//! | your own `Storage` | [`storage_suite!`] |
//! | your own `Channel` | [`channel_suite!`] |
//! | your own `Blobs` | [`blobs_suite!`] |
//! | a desk, without waiting | [`ManualClock`], [`SequentialIds`], [`MemoryStorage`](crate::memory::MemoryStorage) |
//! | a desk's partners | [`ScriptedChannel`], [`ScriptedResponder`], [`ScriptedTranscriber`] |
//! | what a crash or a failure leaves behind | [`faults`] |

#[doc(hidden)]
pub mod blobs_suite;
#[doc(hidden)]
#[expect(clippy::unused_async, reason = "the macro awaits every test, whether it waits for something or not")]
pub mod channel_suite;
mod clock;
pub mod faults;
mod ids;
mod script;
mod scripted_channel;
mod scripted_services;
#[doc(hidden)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
pub mod storage_suite;

pub use blobs_suite::BlobsFixture;
pub use channel_suite::ChannelFixture;
pub use clock::ManualClock;
pub use ids::SequentialIds;
pub use scripted_channel::{ScriptedChannel, SendOutcome, Sent};
pub use scripted_services::{ScriptedResponder, ScriptedTranscriber};
pub use storage_suite::StorageFixture;

#[doc(inline)]
pub use crate::{blobs_suite, channel_suite, storage_suite};

/// The guides' code compiles and runs.
#[cfg(doctest)]
mod guides {
    #[doc = include_str!("../../../docs/embedding.md")]
    struct Embedding;
    #[doc = include_str!("../../../docs/writing-a-storage.md")]
    struct WritingAStorage;
    #[doc = include_str!("../../../docs/writing-a-channel.md")]
    struct WritingAChannel;
}
