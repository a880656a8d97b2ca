#![doc = include_str!("../README.md")]

#[cfg(feature = "blobs")]
mod blobs;
#[cfg(feature = "sqlite")]
mod sqlite;

#[cfg(feature = "blobs")]
pub use blobs::{OpenBlobsError, OpendalBlobs};
#[cfg(feature = "s3")]
pub use blobs::{S3Addressing, S3Options};
#[cfg(feature = "sqlite")]
pub use sqlite::{OpenError, SqliteOptions, SqliteStorage};
