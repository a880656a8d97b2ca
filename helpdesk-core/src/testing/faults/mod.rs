//! Faults on purpose: wrappers around a storage, a blob store, a channel and a responder that count the points at which a
//! process can die or a partner can fail, and let a chosen one happen.
//!
//! A test first runs its scenario with [`FaultPlan::none`] and reads from [`FaultPlan::passed`] how many points there are.
//! Then it runs the same scenario once for each of them, and looks at what is left.
//!
//! | point | when | what a failure looks like |
//! |---|---|---|
//! | `commit:before` | before a commit | nothing was written, [`StorageError::Unavailable`](crate::storage::StorageError) |
//! | `commit:after` | after a commit | it was written, and the answer was lost: the same error |
//! | `write:before` | before a blob is written | nothing was written, [`BlobError::Unavailable`](crate::blob::BlobError) |
//! | `write:after` | after a blob was written | it was written, and the answer was lost: the same error |
//! | `send:before` | before a part is sent | nothing was sent, [`ChannelError::Temporary`](crate::channel::ChannelError) |
//! | `send:after` | after a part was sent | it was sent, [`ChannelError::Unknown`](crate::channel::ChannelError) |
//! | `buttons:before` | before buttons are taken away | nothing was done, [`ChannelError::Temporary`](crate::channel::ChannelError) |
//! | `buttons:after` | after that | it was done, [`ChannelError::Unknown`](crate::channel::ChannelError) |
//! | `fetch:before` | before a file is fetched | [`ChannelError::Temporary`](crate::channel::ChannelError) |
//! | `answer:before` | before the responder is asked | [`ServiceError::Temporary`](crate::service::ServiceError) |
//! | `answer:after` | after it has answered | the answer was lost: the same error |
//!
//! ```
//! use std::sync::Arc;
//! use helpdesk_core::{Storage, memory::MemoryStorage, storage::{Cause, ChangeSet}, testing::faults::{FaultPlan, FaultyStorage}};
//!
//! # async fn lost_answer() {
//! // The first commit is written, but its answer is lost.
//! let plan = FaultPlan::fail(1).only(&["commit:after"]);
//! let storage = FaultyStorage::new(MemoryStorage::new(), plan);
//! let cause = Cause { scope: "test".into(), key: "1".into(), outcome: "done".into() };
//! let changes = ChangeSet { cause: Some(cause), ..ChangeSet::new(jiff::Timestamp::UNIX_EPOCH) };
//! assert!(storage.commit(changes.clone()).await.is_err());
//! // Trying again is safe: the cause tells that it was done.
//! assert!(matches!(storage.commit(changes).await, Err(helpdesk_core::storage::CommitError::Duplicate { .. })));
//! # }
//! ```

mod blobs;
mod channel;
mod plan;
mod responder;
mod storage;

pub use blobs::FaultyBlobs;
pub use channel::FaultyChannel;
pub use plan::FaultPlan;
pub use responder::FaultyResponder;
pub use storage::FaultyStorage;

/// What staff and logs read of a failure that a plan has made.
const REASON: &str = "a fault on purpose";
