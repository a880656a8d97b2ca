//! Opens what customers and staff attached (A13).

use std::ops::Range;

use super::Desk;
use crate::{
    blob::ByteStream,
    error::DeskError,
    id::AttachmentId,
    message::{Attachment, File, FileState, Message},
    permission::{Action, Actor},
};

/// A file that is being read.
pub struct OpenedFile {
    /// What it is.
    pub file: File,
    /// The size of the whole file in bytes.
    pub size_bytes: u64,
    /// The bytes that were asked for.
    pub content: ByteStream,
}

impl std::fmt::Debug for OpenedFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OpenedFile")
            .field("file", &self.file)
            .field("size_bytes", &self.size_bytes)
            .finish_non_exhaustive()
    }
}

impl Desk {
    /// An attachment: its name, its transcript, whether its file is here yet.
    pub async fn attachment(&self, actor: &Actor, id: AttachmentId) -> Result<Attachment, DeskError> {
        self.attachment_for(actor, id).await.map(|(attachment, _)| attachment)
    }

    /// Reads the bytes of `range` of an attachment's file, or all of them. A range past the end is cut.
    ///
    /// # Errors
    ///
    /// [`DeskError::NotFound`] also while the file is not fetched yet, and for what is no file.
    pub async fn attachment_open(
        &self,
        actor: &Actor,
        id: AttachmentId,
        range: Option<Range<u64>>,
    ) -> Result<OpenedFile, DeskError> {
        let (attachment, _) = self.attachment_for(actor, id).await?;
        let missing = DeskError::NotFound { what: "file" };
        let Some(file) = attachment.as_file() else { return Err(missing) };
        let (FileState::Stored { blob }, Some(size_bytes)) = (&file.state, file.size_bytes) else {
            return Err(missing);
        };
        let content = self.inner.blobs.read(blob, range).await?;
        Ok(OpenedFile { file: file.clone(), size_bytes, content })
    }

    async fn attachment_for(&self, actor: &Actor, id: AttachmentId) -> Result<(Attachment, Message), DeskError> {
        let missing = || DeskError::NotFound { what: "attachment" };
        let (attachment, message) = self.storage().attachment(id).await?.ok_or_else(missing)?;
        match self.message_for(actor, Action::SessionRead, message.id).await {
            Ok(_) => Ok((attachment, message)),
            Err(DeskError::NotFound { .. }) => Err(missing()),
            Err(error) => Err(error),
        }
    }
}
