//! A blob store in memory.

use std::{
    collections::BTreeMap,
    fmt,
    ops::Range,
    sync::{Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use futures_util::TryStreamExt as _;

use crate::blob::{BlobError, BlobKey, Blobs, ByteStream, byte_stream};

/// A [`Blobs`] that keeps everything in memory.
#[derive(Default)]
pub struct MemoryBlobs {
    blobs: Mutex<BTreeMap<BlobKey, Bytes>>,
}

impl MemoryBlobs {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    fn blobs(&self) -> MutexGuard<'_, BTreeMap<BlobKey, Bytes>> {
        // Nothing is changed in more than one step, so what is behind a poisoned lock is whole.
        self.blobs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for MemoryBlobs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryBlobs").field("count", &self.blobs().len()).finish_non_exhaustive()
    }
}

#[async_trait]
impl Blobs for MemoryBlobs {
    async fn write(&self, key: &BlobKey, mut content: ByteStream, limit_bytes: u64) -> Result<u64, BlobError> {
        let mut whole = BytesMut::new();
        while let Some(piece) = content.try_next().await.map_err(BlobError::Source)? {
            whole.extend_from_slice(&piece);
            if whole.len() as u64 > limit_bytes {
                return Err(BlobError::TooLarge { limit_bytes });
            }
        }
        let length = whole.len() as u64;
        self.blobs().insert(key.clone(), whole.freeze());
        Ok(length)
    }

    async fn read(&self, key: &BlobKey, range: Option<Range<u64>>) -> Result<ByteStream, BlobError> {
        let whole = self.blobs().get(key).cloned().ok_or(BlobError::Missing)?;
        let Some(range) = range else { return Ok(byte_stream(whole)) };
        let place = |at: u64| usize::try_from(at).unwrap_or(usize::MAX).min(whole.len());
        let (start, end) = (place(range.start), place(range.end));
        Ok(byte_stream(whole.slice(start..end.max(start))))
    }

    async fn remove(&self, key: &BlobKey) -> Result<(), BlobError> {
        self.blobs().remove(key);
        Ok(())
    }

    async fn check(&self) -> Result<(), BlobError> {
        Ok(())
    }
}
