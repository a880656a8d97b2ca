//! Where files live. The database keeps their names, types and owners; a [`Blobs`] keeps only bytes under a key.

use std::{fmt, io, ops::Range};

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::stream::BoxStream;
use serde::{Deserialize, Serialize};

use crate::id::AttachmentId;

/// A file's bytes as they arrive, never whole in memory.
pub type ByteStream = BoxStream<'static, io::Result<Bytes>>;

/// A [`ByteStream`] of bytes that are in memory already.
pub fn byte_stream(bytes: impl Into<Bytes>) -> ByteStream {
    let bytes = bytes.into();
    Box::pin(futures_util::stream::once(async move { Ok(bytes) }))
}

/// The name of a blob: lower-case letters, digits, `-` and `/`, made by us and never by a customer.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct BlobKey(String);

impl BlobKey {
    /// The key of an attachment's file. The first folder spreads files, so that no folder grows without an end.
    pub fn of_attachment(id: AttachmentId) -> Self {
        let name = id.to_string();
        // The tail of a UUIDv7 is random, its head is the time.
        let spread = &name[name.len() - 2..];
        Self(format!("attachments/{spread}/{name}"))
    }

    /// A key read back from a storage.
    pub fn from_stored(key: String) -> Self {
        Self(key)
    }

    /// The key's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A failed call to a [`Blobs`].
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BlobError {
    /// Nothing is stored under this key.
    #[error("the file is not in the blob store")]
    Missing,
    /// The content went past the limit that the caller set; nothing is kept of it.
    #[error("the file is larger than {limit_bytes} bytes")]
    TooLarge {
        /// The limit.
        limit_bytes: u64,
    },
    /// The content's own stream broke off; nothing is kept of it.
    #[error("the file's source broke off")]
    Source(#[source] io::Error),
    /// The store cannot be reached or failed; worth another try.
    #[error("the blob store is unavailable")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// A store of files.
#[async_trait]
pub trait Blobs: Send + Sync + fmt::Debug + 'static {
    /// Writes `content` under `key`, replacing what was there, and returns its length in bytes. A reader sees the old
    /// content or the whole new one, and a write that fails leaves nothing new behind.
    async fn write(&self, key: &BlobKey, content: ByteStream, limit_bytes: u64) -> Result<u64, BlobError>;

    /// Reads the bytes of `range` (all of them without one). A range past the end is cut to what is there.
    async fn read(&self, key: &BlobKey, range: Option<Range<u64>>) -> Result<ByteStream, BlobError>;

    /// Removes `key`; removing what is not there is no error.
    async fn remove(&self, key: &BlobKey) -> Result<(), BlobError>;

    /// Whether the store answers at all, for readiness checks.
    async fn check(&self) -> Result<(), BlobError>;
}
