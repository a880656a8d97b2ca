//! What a message carries besides its text.

use helpdesk_core::message::{
    Attachment as DomainAttachment, AttachmentBody as DomainBody, File as DomainFile, FileKind,
    FileState as DomainState, Transcript as DomainTranscript,
};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// A file, a place, a contact or a business object.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Attachment {
    id: Uuid,
    #[serde(flatten)]
    body: AttachmentBody,
}

/// The kinds of attachments.
#[derive(Debug, Serialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum AttachmentBody {
    Photo(File),
    Video(File),
    /// A round video message.
    VideoNote(File),
    /// Recorded speech, with its transcript.
    Voice(File),
    /// Music or another sound file.
    Audio(File),
    /// Any other file.
    Document(File),
    Sticker(File),
    /// A place on the map.
    Location(Location),
    /// Somebody's contact.
    Contact(Contact),
    /// A business object of the host.
    Reference(Reference),
    /// Something that a newer version knows.
    Other,
}

/// A place on the map.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Location {
    /// Degrees.
    latitude: f64,
    /// Degrees.
    longitude: f64,
    /// Name or street of the place.
    #[schema(required)]
    title: Option<String>,
}

/// Somebody's contact.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Contact {
    name: String,
    phone: String,
}

/// A business object of the host.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Reference {
    /// The kind that the host registered, such as `car`.
    object_kind: String,
    /// The host's identifier of the object.
    key: String,
}

/// A file.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct File {
    name: String,
    /// The media type that the sender claims.
    mime: String,
    /// Bytes, where known.
    #[schema(required)]
    size: Option<u64>,
    /// Seconds, for recordings.
    #[schema(required)]
    duration: Option<u32>,
    state: FileState,
    /// Why it could not be fetched.
    #[schema(required)]
    reason: Option<String>,
    transcript: Transcript,
}

/// Where a file's bytes are.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum FileState {
    /// On the channel; it is being fetched.
    Remote,
    /// Here: `GET …/attachments/{id}` gives it.
    Stored,
    /// On the channel, which does not give files of this size away.
    TooLarge,
    /// It could not be fetched.
    Failed,
}

/// What was said in a voice.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Transcript {
    state: TranscriptState,
    /// The words; empty when there were none.
    #[schema(required)]
    text: Option<String>,
    /// Why there are none.
    #[schema(required)]
    reason: Option<String>,
}

/// How far a transcript is.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum TranscriptState {
    /// The file is no voice, or nobody transcribes here.
    None,
    /// It is being written.
    Pending,
    /// It is there.
    Done,
    /// Nothing could be made out.
    Failed,
}

impl From<DomainAttachment> for Attachment {
    fn from(attachment: DomainAttachment) -> Self {
        Self { id: attachment.id.as_uuid(), body: attachment.body.into() }
    }
}

impl From<DomainBody> for AttachmentBody {
    fn from(body: DomainBody) -> Self {
        match body {
            DomainBody::File(file) => {
                let kind = file.kind;
                let file = file.into();
                match kind {
                    FileKind::Photo => Self::Photo(file),
                    FileKind::Video => Self::Video(file),
                    FileKind::VideoNote => Self::VideoNote(file),
                    FileKind::Voice => Self::Voice(file),
                    FileKind::Audio => Self::Audio(file),
                    FileKind::Sticker => Self::Sticker(file),
                    _ => Self::Document(file),
                }
            }
            DomainBody::Location { latitude_e6, longitude_e6, title } => {
                Self::Location(Location { latitude: degrees(latitude_e6), longitude: degrees(longitude_e6), title })
            }
            DomainBody::Contact { name, phone } => Self::Contact(Contact { name, phone }),
            DomainBody::Reference { kind, key } => Self::Reference(Reference { object_kind: kind, key }),
            _ => Self::Other,
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "360 million needs 29 of the 53 bits")]
fn degrees(millionths: i64) -> f64 {
    millionths as f64 / 1e6
}

impl From<DomainFile> for File {
    fn from(file: DomainFile) -> Self {
        let (state, reason) = match file.state {
            DomainState::Stored { .. } => (FileState::Stored, None),
            DomainState::TooLarge => (FileState::TooLarge, None),
            DomainState::Failed { reason } => (FileState::Failed, Some(reason)),
            _ => (FileState::Remote, None),
        };
        Self {
            name: file.name,
            mime: file.mime,
            size: file.size_bytes,
            duration: file.duration_seconds,
            state,
            reason,
            transcript: file.transcript.into(),
        }
    }
}

impl From<DomainTranscript> for Transcript {
    fn from(transcript: DomainTranscript) -> Self {
        let (state, text, reason) = match transcript {
            DomainTranscript::Pending => (TranscriptState::Pending, None, None),
            DomainTranscript::Done(text) => (TranscriptState::Done, Some(text), None),
            DomainTranscript::Failed(reason) => (TranscriptState::Failed, None, Some(reason)),
            _ => (TranscriptState::None, None, None),
        };
        Self { state, text, reason }
    }
}
