//! A blob store that fails on purpose.

use std::ops::Range;

use async_trait::async_trait;

use super::{FaultPlan, REASON};
use crate::blob::{BlobError, BlobKey, Blobs, ByteStream};

/// A [`Blobs`] with faults before and after its writes.
#[derive(Debug)]
pub struct FaultyBlobs<B> {
    inner: B,
    plan: FaultPlan,
}

impl<B> FaultyBlobs<B> {
    /// `inner` with the faults of `plan`.
    pub fn new(inner: B, plan: FaultPlan) -> Self {
        Self { inner, plan }
    }
}

#[async_trait]
impl<B: Blobs> Blobs for FaultyBlobs<B> {
    async fn write(&self, key: &BlobKey, content: ByteStream, limit_bytes: u64) -> Result<u64, BlobError> {
        if self.plan.pass("write:before") {
            return Err(BlobError::Unavailable(REASON.into()));
        }
        let length = self.inner.write(key, content, limit_bytes).await?;
        if self.plan.pass("write:after") {
            return Err(BlobError::Unavailable(REASON.into()));
        }
        Ok(length)
    }

    async fn read(&self, key: &BlobKey, range: Option<Range<u64>>) -> Result<ByteStream, BlobError> {
        self.inner.read(key, range).await
    }

    async fn remove(&self, key: &BlobKey) -> Result<(), BlobError> {
        self.inner.remove(key).await
    }

    async fn check(&self) -> Result<(), BlobError> {
        self.inner.check().await
    }
}
