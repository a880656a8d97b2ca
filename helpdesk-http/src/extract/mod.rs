//! Extractors that refuse with problem documents, and take nothing that they do not know.

mod header;
mod id;
mod json;
mod query;
mod upload;

pub(crate) use header::IdempotencyKey;
pub(crate) use id::Id;
pub(crate) use json::{Json, read_body};
pub(crate) use query::{Limit, PageCursor, Params, page};
pub(crate) use upload::Draft;

/// Longest JSON body.
const JSON_MAX_BYTES: usize = 1024 * 1024;
/// Longest body of an upload: the largest file that the desk takes, and the form around it.
const UPLOAD_MAX_BYTES: usize = 101 * 1024 * 1024;
