//! What a message can carry besides its text.

use serde::{Deserialize, Serialize};

use crate::{address::ChannelName, blob::BlobKey, id::AttachmentId};

/// A file, a place, a contact or a business object of the host, on one message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachment {
    /// Identity.
    pub id: AttachmentId,
    /// What it is.
    pub body: AttachmentBody,
}

impl Attachment {
    /// Whether it is speech that a transcript is made of.
    pub fn is_voice(&self) -> bool {
        matches!(&self.body, AttachmentBody::File(file) if file.kind == FileKind::Voice)
    }

    /// The file, if it is one.
    pub fn as_file(&self) -> Option<&File> {
        match &self.body {
            AttachmentBody::File(file) => Some(file),
            _ => None,
        }
    }
}

/// The kinds of attachments.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[non_exhaustive]
pub enum AttachmentBody {
    /// A file.
    File(File),
    /// A place on the map.
    Location {
        /// Latitude in millionths of a degree.
        latitude_e6: i64,
        /// Longitude in millionths of a degree.
        longitude_e6: i64,
        /// Name or street of the place, where the customer picked one.
        title: Option<String>,
    },
    /// Somebody's contact.
    Contact {
        /// Name.
        name: String,
        /// Phone number as the channel gives it.
        phone: String,
    },
    /// A business object of the host (B8), resolved by the host when it is shown.
    Reference {
        /// The kind that the host registered, such as `car`.
        kind: String,
        /// The host's identifier of the object.
        key: String,
    },
}

/// A file on a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct File {
    /// How it was sent.
    pub kind: FileKind,
    /// File name; made up from the kind where the channel gives none.
    pub name: String,
    /// Media type as the sender claims it; never trusted when the file is shown.
    pub mime: String,
    /// Size in bytes, where known.
    pub size_bytes: Option<u64>,
    /// Length of a recording in seconds, where known.
    pub duration_seconds: Option<u32>,
    /// Where its bytes are.
    pub state: FileState,
    /// What was said in it.
    pub transcript: Transcript,
}

/// How a file was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum FileKind {
    /// A picture.
    Photo,
    /// A video or a soundless animation.
    Video,
    /// A round video message.
    VideoNote,
    /// Recorded speech: the question itself (A4).
    Voice,
    /// Music or another sound file.
    Audio,
    /// Any other file.
    Document,
    /// A sticker.
    Sticker,
}

/// Where a file's bytes are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
#[non_exhaustive]
pub enum FileState {
    /// On the channel; a task fetches it.
    Remote {
        /// The channel.
        channel: ChannelName,
        /// The channel's own reference, such as Telegram's `file_id`.
        reference: String,
    },
    /// In the blob store.
    Stored {
        /// Under this key.
        blob: BlobKey,
    },
    /// On the channel, which does not give files of this size away.
    TooLarge,
    /// It could not be fetched.
    Failed {
        /// Why, for staff.
        reason: String,
    },
}

/// What was said in a voice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", content = "text", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Transcript {
    /// The file is no voice, or nobody transcribes here.
    None,
    /// A task will write it.
    Pending,
    /// The words; empty when there were none.
    Done(String),
    /// Nothing could be made out of it, or the transcriber failed for good.
    Failed(String),
}

impl Transcript {
    /// The words, when there are any.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Done(text) if !text.trim().is_empty() => Some(text),
            _ => None,
        }
    }
}
