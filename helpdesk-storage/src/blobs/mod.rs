//! [`OpendalBlobs`]: files in whatever store OpenDAL reaches.
//!
//! - Bytes go through piece by piece, both ways; at most one part of an upload is held in memory (5 MiB on S3).
//! - A blob appears when its last byte is stored. A write that is too large, whose source breaks off, or whose caller goes
//!   away is aborted, which takes back what the store has of it.
//! - What is known of a file besides its bytes stays in the database: stores differ too much in what they keep.

#[cfg(feature = "s3")]
mod s3;

use std::{
    io,
    ops::Range,
    path::{Path, PathBuf},
    time::Duration,
};

use async_trait::async_trait;
use futures_util::{StreamExt as _, TryStreamExt as _};
use helpdesk_core::blob::{BlobError, BlobKey, Blobs, ByteStream, byte_stream};
use opendal::{
    Builder, ErrorKind, Operator, Writer,
    layers::{RetryLayer, TimeoutLayer},
    services::Fs,
};
use tokio::sync::oneshot;

#[cfg(feature = "s3")]
pub use s3::{S3Addressing, S3Options};

/// Where files stand until they are whole, within the folder.
const UNFINISHED: &str = ".unfinished";
/// How long one call to a store may take before it is tried again; a file takes as many calls as it has parts.
const CALL_TIMEOUT: Duration = Duration::from_secs(30);
/// How often a call that failed is tried again.
const RETRIES_MAX_COUNT: usize = 3;

/// A store of files on an OpenDAL [`Operator`].
///
/// ```
/// use helpdesk_core::blob::{BlobKey, Blobs, byte_stream};
/// use helpdesk_storage::OpendalBlobs;
/// use futures_util::TryStreamExt as _;
///
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir()?;
/// let blobs = OpendalBlobs::folder(folder.path().join("files"))?;
/// let key = BlobKey::from_stored("attachments/9f/photo".to_owned());
/// blobs.write(&key, byte_stream("0123456789"), 1024).await?;
///
/// let middle: Vec<_> = blobs.read(&key, Some(3..6)).await?.try_collect().await?;
/// assert_eq!(middle.concat(), b"345");
/// # Ok(())
/// # }
/// # tokio::runtime::Runtime::new().unwrap().block_on(example()).unwrap();
/// ```
#[derive(Debug, Clone)]
pub struct OpendalBlobs {
    operator: Operator,
}

/// Why a store of files could not be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenBlobsError {
    /// The folder cannot be made or opened, or the options make no sense to the store.
    #[error("the blob store cannot be opened: look at its folder, or at its endpoint, bucket and region")]
    Store(#[from] opendal::Error),
    /// The folder's name is not UTF-8.
    #[error("the name of the blob store's folder is not UTF-8")]
    FolderName(PathBuf),
    /// The client for HTTPS cannot be set up.
    #[cfg(feature = "s3")]
    #[error("the client for the blob store cannot be set up")]
    Client(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl OpendalBlobs {
    /// A store on an operator that the host has made, with the layers that the host has put on it.
    ///
    /// The service has to take a write back when it is aborted, which every object store does. The file system does it only
    /// with an `atomic_write_dir`; [`folder`](Self::folder) sets one.
    pub fn new(operator: Operator) -> Self {
        Self { operator }
    }

    /// A store in a folder, which is made when it is not there.
    ///
    /// Files are written in `.unfinished` within it and renamed when they are whole. What stands in there while no process
    /// runs was interrupted by a crash and may be removed.
    ///
    /// # Errors
    ///
    /// [`OpenBlobsError::Store`] and [`OpenBlobsError::FolderName`].
    pub fn folder(path: impl AsRef<Path>) -> Result<Self, OpenBlobsError> {
        let root = path.as_ref();
        let unfinished = root.join(UNFINISHED);
        let (Some(root), Some(unfinished)) = (root.to_str(), unfinished.to_str()) else {
            return Err(OpenBlobsError::FolderName(root.to_path_buf()));
        };
        Ok(Self::new(layered(Fs::default().root(root).atomic_write_dir(unfinished))?))
    }
}

/// An operator that gives up a call that hangs, and tries again what may succeed then.
fn layered(service: impl Builder) -> Result<Operator, opendal::Error> {
    let operator = Operator::new(service)?;
    Ok(operator
        .layer(TimeoutLayer::new().with_timeout(CALL_TIMEOUT).with_io_timeout(CALL_TIMEOUT))
        .layer(RetryLayer::new().with_max_times(RETRIES_MAX_COUNT).with_jitter()))
}

/// A key that no [`BlobKey`] of ours has: empty, with something else than lower-case letters, digits, `-` and `/` in it, or
/// with an empty folder name. So no key leaves the store's folder, whatever the service makes of dots.
#[derive(Debug, thiserror::Error)]
#[error("this is no key of a blob")]
struct InvalidKey;

fn path(key: &BlobKey) -> Result<&str, InvalidKey> {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let sound = key.as_str().split('/').all(|name| !name.is_empty() && name.bytes().all(allowed));
    if sound { Ok(key.as_str()) } else { Err(InvalidKey) }
}

fn failed(error: opendal::Error) -> BlobError {
    match error.kind() {
        ErrorKind::NotFound => BlobError::Missing,
        _ => BlobError::Unavailable(error.into()),
    }
}

#[async_trait]
impl Blobs for OpendalBlobs {
    async fn write(&self, key: &BlobKey, content: ByteStream, limit_bytes: u64) -> Result<u64, BlobError> {
        let path = path(key).map_err(|error| BlobError::Unavailable(error.into()))?;
        let writer = self.operator.writer(path).await.map_err(failed)?;
        // A task of its own, since whoever stops waiting for a future can undo nothing any more.
        let (caller, caller_gone) = oneshot::channel();
        let task = tokio::spawn(write_whole(writer, content, limit_bytes, caller_gone));
        let written = task.await;
        drop(caller);
        written.unwrap_or_else(|error| Err(BlobError::Unavailable(error.into())))
    }

    async fn read(&self, key: &BlobKey, range: Option<Range<u64>>) -> Result<ByteStream, BlobError> {
        let path = path(key).map_err(|InvalidKey| BlobError::Missing)?;
        // Stores answer a range behind the end with an error, and a blob that is not there only when it is read.
        let length = self.operator.stat(path).await.map_err(failed)?.content_length();
        let reader = self.operator.reader(path).await.map_err(failed)?;
        let content = match range {
            None => reader.into_bytes_stream(..).await,
            Some(range) => {
                let end = range.end.min(length);
                if range.start >= end {
                    return Ok(byte_stream(Vec::new()));
                }
                reader.into_bytes_stream(range.start..end).await
            }
        };
        Ok(content.map_err(failed)?.boxed())
    }

    async fn remove(&self, key: &BlobKey) -> Result<(), BlobError> {
        let Ok(path) = path(key) else { return Ok(()) };
        self.operator.delete(path).await.map_err(failed)
    }

    async fn check(&self) -> Result<(), BlobError> {
        self.operator.check().await.map_err(failed)
    }
}

/// Writes all of `content`, or takes back what was written of it.
async fn write_whole(
    mut writer: Writer,
    content: ByteStream,
    limit_bytes: u64,
    caller_gone: oneshot::Receiver<()>,
) -> Result<u64, BlobError> {
    let finished = match pour(&mut writer, content, limit_bytes, caller_gone).await {
        Ok(length) => writer.close().await.map(|_| length).map_err(failed),
        Err(error) => Err(error),
    };
    if finished.is_err()
        && let Err(error) = writer.abort().await
    {
        tracing::warn!(%error, "an unfinished blob could not be taken back");
    }
    finished
}

async fn pour(
    writer: &mut Writer,
    mut content: ByteStream,
    limit_bytes: u64,
    mut caller_gone: oneshot::Receiver<()>,
) -> Result<u64, BlobError> {
    let mut length = 0;
    loop {
        // The source alone may be left waiting: a call to the store that is cut off leaves what it has done so far.
        let piece = tokio::select! {
            piece = content.try_next() => piece.map_err(BlobError::Source)?,
            _ = &mut caller_gone => return Err(BlobError::Source(io::ErrorKind::Interrupted.into())),
        };
        let Some(piece) = piece else { return Ok(length) };
        length += piece.len() as u64;
        if length > limit_bytes {
            return Err(BlobError::TooLarge { limit_bytes });
        }
        writer.write(piece).await.map_err(failed)?;
    }
}
