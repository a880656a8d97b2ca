//! Files: what people and bots have sent, `getFile` and its links.
//!
//! Bytes are kept as they came; only the size may be declared larger than it is.

use std::collections::BTreeMap;

use bytes::Bytes;
use serde_json::{Value, json};

use super::answer::{ApiError, ApiResult};

/// Files larger than this cannot be downloaded by bots.
const MAX_DOWNLOAD: u64 = 20 * 1024 * 1024;

/// A file on the server.
#[derive(Clone, Debug)]
pub(crate) struct StoredFile {
    pub(crate) unique_id: String,
    pub(crate) path: String,
    pub(crate) bytes: Bytes,
    pub(crate) size: u64,
    pub(crate) mime: Option<String>,
    /// A link to it was given out and works.
    linked: bool,
}

/// All files by `file_id`.
#[derive(Debug, Default)]
pub(crate) struct FileStore {
    files: BTreeMap<String, StoredFile>,
}

impl FileStore {
    /// Keeps a file and returns its `file_id`.
    pub(crate) fn add(
        &mut self,
        folder: &str,
        extension: &str,
        bytes: Bytes,
        size: u64,
        mime: Option<String>,
    ) -> String {
        let number = self.files.len() + 1;
        let id = format!("AgACAgIAAxkBAAI{number:05}TEST-{folder}");
        let file = StoredFile {
            unique_id: format!("AQAD{number:05}TEST"),
            path: format!("{folder}/file_{number}{extension}"),
            bytes,
            size,
            mime,
            linked: false,
        };
        self.files.insert(id.clone(), file);
        id
    }

    pub(crate) fn get(&self, id: &str) -> Option<&StoredFile> {
        self.files.get(id)
    }

    /// The fields that every object about a file has.
    pub(crate) fn meta(&self, id: &str) -> Value {
        let Some(file) = self.files.get(id) else { return json!({}) };
        json!({ "file_id": id, "file_unique_id": file.unique_id, "file_size": file.size })
    }

    /// `getFile`.
    pub(crate) fn link(&mut self, id: &str) -> ApiResult {
        if id.is_empty() {
            return Err(ApiError::bad_request("file_id is empty"));
        }
        let mut answer = self.meta(id);
        let file = self.files.get_mut(id).ok_or_else(|| ApiError::bad_request("invalid file_id"))?;
        if file.size > MAX_DOWNLOAD {
            return Err(ApiError::bad_request("file is too big"));
        }
        file.linked = true;
        answer["file_path"] = file.path.as_str().into();
        Ok(answer)
    }

    /// The bytes behind a path that `getFile` gave out.
    pub(crate) fn download(&self, path: &str) -> Option<Bytes> {
        let file = self.files.values().find(|file| file.linked && file.path == path)?;
        Some(file.bytes.clone())
    }

    pub(crate) fn expire_links(&mut self) {
        for file in self.files.values_mut() {
            file.linked = false;
        }
    }
}
