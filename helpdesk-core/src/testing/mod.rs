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

mod clock;
mod ids;

pub use clock::ManualClock;
pub use ids::SequentialIds;
