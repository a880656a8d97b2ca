//! Identifiers that are the same in every run.

use std::sync::atomic::{AtomicU64, Ordering};

use jiff::Timestamp;
use uuid::{Builder, Uuid};

use crate::id::IdSource;

/// An [`IdSource`] that counts: UUIDv7 whose tail is 1, 2, 3 …
///
/// ```
/// use helpdesk_core::{id::Ids, testing::SequentialIds};
/// let source = SequentialIds::new();
/// let ids = Ids::new(&source, jiff::Timestamp::UNIX_EPOCH);
/// assert_eq!(ids.session().to_string(), "00000000-0000-7000-8000-000000000001");
/// assert_eq!(ids.message().to_string(), "00000000-0000-7000-8000-000000000002");
/// ```
#[derive(Debug, Default)]
pub struct SequentialIds {
    last: AtomicU64,
}

impl SequentialIds {
    /// Ids from 1 on.
    pub fn new() -> Self {
        Self::default()
    }
}

impl IdSource for SequentialIds {
    fn uuid(&self, now: Timestamp) -> Uuid {
        let number = self.last.fetch_add(1, Ordering::Relaxed) + 1;
        let mut tail = [0; 10];
        tail[2..].copy_from_slice(&number.to_be_bytes());
        let millis = u64::try_from(now.as_millisecond()).unwrap_or(0);
        Builder::from_unix_timestamp_millis(millis, &tail).into_uuid()
    }
}
