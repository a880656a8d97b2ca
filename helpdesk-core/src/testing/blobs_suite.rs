//! The conformance suite of [`Blobs`]: one named test for every promise of the trait.

use std::{io, sync::Arc};

use bytes::{Bytes, BytesMut};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use jiff::Timestamp;

use super::SequentialIds;
use crate::{
    blob::{BlobError, BlobKey, Blobs, ByteStream, byte_stream},
    id::Ids,
};

/// What the factory given to [`blobs_suite!`](crate::testing::blobs_suite!) makes: a store, alone or in a pair with
/// something that must live as long as it, such as a temporary folder.
pub trait BlobsFixture {
    /// What is dropped after the test.
    type Guard: Send;

    /// The store and its guard.
    fn into_parts(self) -> (Arc<dyn Blobs>, Self::Guard);
}

impl<B: Blobs> BlobsFixture for B {
    type Guard = ();

    fn into_parts(self) -> (Arc<dyn Blobs>, ()) {
        (Arc::new(self), ())
    }
}

impl<B: Blobs, G: Send> BlobsFixture for (B, G) {
    type Guard = G;

    fn into_parts(self) -> (Arc<dyn Blobs>, G) {
        (Arc::new(self.0), self.1)
    }
}

/// Stamps the tests of the [`Blobs`](crate::blob::Blobs) trait into the module where it stands.
///
/// It takes an async closure that makes an empty store, or a pair of one and a guard. The crate that uses it needs `tokio`
/// with the features `macros` and `rt-multi-thread`.
///
/// ```
/// mod conformance {
///     use helpdesk_core::memory::MemoryBlobs;
///
///     helpdesk_core::testing::blobs_suite!(async || MemoryBlobs::new());
/// }
/// ```
#[macro_export]
#[doc(hidden)]
macro_rules! blobs_suite {
    ($factory:expr $(,)?) => {
        $crate::__blobs_suite_tests! { $factory =>
            what_is_written_is_read_back;
            many_pieces_are_one_blob;
            an_empty_blob_is_there;
            what_was_never_written_is_missing;
            a_range_reads_its_bytes_alone;
            a_range_past_the_end_is_cut;
            a_write_replaces_what_was_there;
            a_blob_may_be_as_large_as_its_limit;
            a_blob_past_its_limit_leaves_nothing_behind;
            a_broken_source_leaves_nothing_behind;
            a_removed_blob_is_missing;
            keys_that_begin_alike_are_different;
            a_reader_sees_one_whole_write;
            a_store_that_works_says_so;
        }
    };
}

/// One test for each line of [`blobs_suite!`](crate::testing::blobs_suite!).
#[macro_export]
#[doc(hidden)]
macro_rules! __blobs_suite_tests {
    ($factory:expr => $($test:ident;)+) => {$(
        #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
        async fn $test() {
            let made = ($factory)().await;
            let (blobs, _guard) = $crate::testing::BlobsFixture::into_parts(made);
            $crate::testing::blobs_suite::$test(blobs).await;
        }
    )+};
}

const LIMIT: u64 = 64 * 1024 * 1024;

/// The keys of `COUNT` attachments.
fn keys<const COUNT: usize>() -> [BlobKey; COUNT] {
    let source = SequentialIds::new();
    let ids = Ids::new(&source, Timestamp::UNIX_EPOCH);
    std::array::from_fn(|_| BlobKey::of_attachment(ids.attachment()))
}

fn pieces(pieces: impl IntoIterator<Item = io::Result<Bytes>, IntoIter: Send + 'static>) -> ByteStream {
    stream::iter(pieces).boxed()
}

async fn put(blobs: &Arc<dyn Blobs>, key: &BlobKey, content: impl Into<Bytes>) {
    let content = content.into();
    let length = content.len() as u64;
    let written = blobs.write(key, byte_stream(content), LIMIT).await.expect("the write succeeds");
    assert_eq!(written, length, "a write tells the length");
}

async fn collect(content: ByteStream) -> Bytes {
    let whole: BytesMut = content.try_collect().await.expect("the content does not break off");
    whole.freeze()
}

async fn get(blobs: &Arc<dyn Blobs>, key: &BlobKey) -> Bytes {
    collect(blobs.read(key, None).await.expect("the blob is there")).await
}

async fn is_missing(blobs: &Arc<dyn Blobs>, key: &BlobKey) -> bool {
    match blobs.read(key, None).await {
        Err(BlobError::Missing) => true,
        Err(other) => panic!("expected BlobError::Missing, got {other:?}"),
        Ok(_) => false,
    }
}

pub async fn what_is_written_is_read_back(blobs: Arc<dyn Blobs>) {
    let [key] = keys();
    let every_byte: Vec<u8> = (0..=u8::MAX).cycle().take(100_000).collect();
    put(&blobs, &key, every_byte.clone()).await;
    assert_eq!(get(&blobs, &key).await, every_byte);
}

pub async fn many_pieces_are_one_blob(blobs: Arc<dyn Blobs>) {
    let [key] = keys();
    let piece = Bytes::from(vec![7; 64 * 1024]);
    let content = pieces((0..100).map(move |_| Ok(piece.clone())));
    assert_eq!(blobs.write(&key, content, LIMIT).await.expect("the write succeeds"), 100 * 64 * 1024);
    let read = get(&blobs, &key).await;
    assert_eq!(read.len(), 100 * 64 * 1024);
    assert!(read.iter().all(|byte| *byte == 7));
}

pub async fn an_empty_blob_is_there(blobs: Arc<dyn Blobs>) {
    let [by_no_piece, by_an_empty_piece] = keys();
    assert_eq!(blobs.write(&by_no_piece, pieces([]), LIMIT).await.expect("the write succeeds"), 0);
    put(&blobs, &by_an_empty_piece, Bytes::new()).await;
    for key in [by_no_piece, by_an_empty_piece] {
        assert_eq!(get(&blobs, &key).await, Bytes::new());
    }
}

pub async fn what_was_never_written_is_missing(blobs: Arc<dyn Blobs>) {
    let [key] = keys();
    assert!(is_missing(&blobs, &key).await);
    assert!(matches!(blobs.read(&key, Some(0..1)).await, Err(BlobError::Missing)));
}

pub async fn a_range_reads_its_bytes_alone(blobs: Arc<dyn Blobs>) {
    let [key] = keys();
    put(&blobs, &key, "0123456789").await;
    for (range, expected) in [(0..10, "0123456789"), (0..1, "0"), (3..7, "3456"), (9..10, "9"), (4..4, "")] {
        let read = blobs.read(&key, Some(range.clone())).await.expect("the blob is there");
        assert_eq!(collect(read).await, expected, "{range:?}");
    }
}

pub async fn a_range_past_the_end_is_cut(blobs: Arc<dyn Blobs>) {
    let [key] = keys();
    put(&blobs, &key, "0123456789").await;
    for (range, expected) in [(8..100, "89"), (0..u64::MAX, "0123456789"), (10..20, ""), (50..60, "")] {
        let read = blobs.read(&key, Some(range.clone())).await.expect("the blob is there");
        assert_eq!(collect(read).await, expected, "{range:?}");
    }
}

pub async fn a_write_replaces_what_was_there(blobs: Arc<dyn Blobs>) {
    let [key] = keys();
    put(&blobs, &key, "a longer content that was there before").await;
    put(&blobs, &key, "short").await;
    assert_eq!(get(&blobs, &key).await, "short");
}

pub async fn a_blob_may_be_as_large_as_its_limit(blobs: Arc<dyn Blobs>) {
    let [key] = keys();
    let written = blobs.write(&key, byte_stream("12345"), 5).await.expect("five bytes fit into five");
    assert_eq!(written, 5);
    assert_eq!(get(&blobs, &key).await, "12345");
}

pub async fn a_blob_past_its_limit_leaves_nothing_behind(blobs: Arc<dyn Blobs>) {
    let [new, old] = keys();
    put(&blobs, &old, "before").await;
    for key in [&new, &old] {
        // A source without an end: the write must stop by itself.
        let endless = stream::repeat_with(|| Ok(Bytes::from_static(&[0; 1000]))).boxed();
        let refused = blobs.write(key, endless, 5000).await;
        assert!(matches!(refused, Err(BlobError::TooLarge { limit_bytes: 5000 })), "got {refused:?}");
    }
    assert!(is_missing(&blobs, &new).await);
    assert_eq!(get(&blobs, &old).await, "before");
}

pub async fn a_broken_source_leaves_nothing_behind(blobs: Arc<dyn Blobs>) {
    let [new, old] = keys();
    put(&blobs, &old, "before").await;
    for key in [&new, &old] {
        let broken = pieces([Ok(Bytes::from_static(b"after")), Err(io::Error::other("the line went dead"))]);
        let refused = blobs.write(key, broken, LIMIT).await;
        assert!(matches!(refused, Err(BlobError::Source(_))), "got {refused:?}");
    }
    assert!(is_missing(&blobs, &new).await);
    assert_eq!(get(&blobs, &old).await, "before");
}

pub async fn a_removed_blob_is_missing(blobs: Arc<dyn Blobs>) {
    let [removed, kept] = keys();
    put(&blobs, &removed, "removed").await;
    put(&blobs, &kept, "kept").await;
    for _ in 0..2 {
        blobs.remove(&removed).await.expect("removing what is not there is no error");
        assert!(is_missing(&blobs, &removed).await);
    }
    assert_eq!(get(&blobs, &kept).await, "kept");
    put(&blobs, &removed, "back again").await;
    assert_eq!(get(&blobs, &removed).await, "back again");
}

pub async fn keys_that_begin_alike_are_different(blobs: Arc<dyn Blobs>) {
    let keys: [BlobKey; 20] = keys();
    for (place, key) in keys.iter().enumerate() {
        put(&blobs, key, place.to_string()).await;
    }
    for (place, key) in keys.iter().enumerate() {
        assert_eq!(get(&blobs, key).await, place.to_string());
    }
}

pub async fn a_reader_sees_one_whole_write(blobs: Arc<dyn Blobs>) {
    const LENGTH: usize = 300_000;
    let [key] = keys();
    put(&blobs, &key, vec![0; LENGTH]).await;
    let writers: Vec<_> = (1..=4_u8)
        .map(|writer| {
            let (blobs, key) = (blobs.clone(), key.clone());
            tokio::spawn(async move {
                for _ in 0..5 {
                    let piece = Bytes::from(vec![writer; LENGTH / 3]);
                    let content = pieces((0..3).map(move |_| Ok(piece.clone())));
                    blobs.write(&key, content, LIMIT).await.expect("the write succeeds");
                }
            })
        })
        .collect();
    loop {
        let done = writers.iter().all(tokio::task::JoinHandle::is_finished);
        let read = get(&blobs, &key).await;
        assert_eq!(read.len(), LENGTH);
        assert!(read.iter().all(|byte| *byte == read[0]), "two writes are mixed");
        if done {
            break;
        }
        tokio::task::yield_now().await;
    }
    for writer in writers {
        writer.await.expect("a writer does not panic");
    }
}

pub async fn a_store_that_works_says_so(blobs: Arc<dyn Blobs>) {
    blobs.check().await.expect("an empty store works");
}
