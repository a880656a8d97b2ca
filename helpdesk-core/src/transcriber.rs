//! Speech to text: a voice's transcript is the question (A4) and what agents read beside the player (A13).

use std::fmt;

use async_trait::async_trait;

use crate::{blob::ByteStream, language::Language, service::ServiceError};

/// Turns speech into text. Called by the dispatcher, outside of any transaction.
///
/// It returns within its own time limit and does not try again on its own: the Desk does, by the error's class.
#[async_trait]
pub trait Transcriber: Send + Sync + fmt::Debug + 'static {
    /// The words of `speech`; an empty text when there are none.
    async fn transcribe(&self, speech: Speech) -> Result<String, ServiceError>;
}

/// A recorded voice.
#[non_exhaustive]
pub struct Speech {
    /// The file's bytes, streamed from the blob store.
    pub content: ByteStream,
    /// How many bytes `content` has.
    pub size_bytes: u64,
    /// A file name whose extension tells the container, such as `voice.ogg`.
    pub name: String,
    /// The media type, such as `audio/ogg`.
    pub mime: String,
    /// The customer's language, as a hint.
    pub language: Language,
}

impl Speech {
    /// Speech read from `content`.
    pub fn new(content: ByteStream, size_bytes: u64, name: String, mime: String, language: Language) -> Self {
        Self { content, size_bytes, name, mime, language }
    }
}

impl fmt::Debug for Speech {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Speech")
            .field("size_bytes", &self.size_bytes)
            .field("name", &self.name)
            .field("mime", &self.mime)
            .field("language", &self.language)
            .finish_non_exhaustive()
    }
}
