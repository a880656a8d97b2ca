//! `OpendalBlobs` in a folder keeps what `Blobs` promises, and leaves no rubbish behind.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{fs, io, path::Path};

use futures_util::{FutureExt as _, StreamExt as _, stream};
use helpdesk_core::blob::{BlobError, BlobKey, Blobs as _, byte_stream};
use helpdesk_storage::OpendalBlobs;
use tempfile::{TempDir, tempdir};

fn in_a_folder() -> (OpendalBlobs, TempDir) {
    let folder = tempdir().unwrap();
    (OpendalBlobs::folder(folder.path().join("files")).unwrap(), folder)
}

helpdesk_core::testing::blobs_suite!(async || in_a_folder());

fn key(text: &str) -> BlobKey {
    BlobKey::from_stored(text.to_owned())
}

/// Every file below `folder`.
fn files(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path.display().to_string());
        }
    }
    found
}

#[tokio::test]
async fn a_write_that_fails_leaves_no_file() {
    let (blobs, folder) = in_a_folder();
    let large = blobs.write(&key("a/b"), byte_stream(vec![0; 100_000]), 1000).await;
    assert!(matches!(large, Err(BlobError::TooLarge { limit_bytes: 1000 })), "{large:?}");
    let pieces = [Ok(vec![0; 100_000].into()), Err(io::Error::other("the line went dead"))];
    let broken = blobs.write(&key("a/b"), stream::iter(pieces).boxed(), u64::MAX).await;
    assert!(matches!(broken, Err(BlobError::Source(_))), "{broken:?}");
    assert_eq!(files(folder.path()), [""; 0]);
}

#[tokio::test]
async fn a_write_whose_caller_goes_away_leaves_no_file() {
    let (blobs, folder) = in_a_folder();
    let begun = stream::once(async { Ok(vec![0; 100_000].into()) }).chain(stream::pending());
    let key = key("a/b");
    let mut write = Box::pin(blobs.write(&key, begun.boxed(), u64::MAX));
    while files(folder.path()).is_empty() {
        assert!(write.as_mut().now_or_never().is_none(), "its source never ends");
        tokio::task::yield_now().await;
    }
    drop(write);
    while !files(folder.path()).is_empty() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_key_never_leaves_the_folder() {
    let (blobs, folder) = in_a_folder();
    fs::write(folder.path().join("secret"), "secret").unwrap();
    for outside in ["../secret", "a/../../secret", "/secret", "a//b", "", ".", "A", "a\\b", "a.b", "a\0"] {
        let outside = key(outside);
        let read = blobs.read(&outside, None).await.err();
        assert!(matches!(read, Some(BlobError::Missing)), "{outside:?}: {read:?}");
        let written = blobs.write(&outside, byte_stream("x"), 10).await;
        assert!(matches!(written, Err(BlobError::Unavailable(_))), "{outside:?}: {written:?}");
        blobs.remove(&outside).await.unwrap();
    }
    assert_eq!(files(folder.path()).len(), 1);
    assert_eq!(fs::read(folder.path().join("secret")).unwrap(), b"secret");
}
