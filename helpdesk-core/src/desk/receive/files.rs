//! What a message carries besides its text: how it is kept, and the tasks that fetch and transcribe it.

use super::Guest;
use crate::{
    address::Address,
    channel::{IncomingFile, IncomingMessage},
    desk::{Desk, plan::Plan},
    language::Language,
    limits::{FILE_MAX_BYTES, FILE_NAME_MAX_CHARS, MESSAGE_ATTACHMENTS_MAX_COUNT, PERSON_NAME_MAX_CHARS, shorten},
    message::{Attachment, AttachmentBody, File, FileKind, FileState, Transcript},
    storage::Task,
};

impl Desk {
    pub(super) fn attachments(&self, guest: &Guest<'_>, incoming: &IncomingMessage) -> Vec<Attachment> {
        let fetch_max_bytes = self
            .channel(guest.address.channel.as_str())
            .map_or(u64::MAX, |channel| channel.capabilities().fetch_max_bytes);
        let files = incoming.files.iter().map(|file| AttachmentBody::File(self.file(guest, file, fetch_max_bytes)));
        let location = incoming.location.iter().map(|(latitude_e6, longitude_e6, title)| AttachmentBody::Location {
            latitude_e6: *latitude_e6,
            longitude_e6: *longitude_e6,
            title: title.clone(),
        });
        let contact = incoming.contact.iter().map(|(name, phone)| AttachmentBody::Contact {
            name: shorten(name, PERSON_NAME_MAX_CHARS),
            phone: shorten(phone, 64),
        });
        let bodies = files.chain(location).chain(contact).take(MESSAGE_ATTACHMENTS_MAX_COUNT);
        bodies.map(|body| Attachment { id: guest.ids.attachment(), body }).collect()
    }

    fn file(&self, guest: &Guest<'_>, file: &IncomingFile, fetch_max_bytes: u64) -> File {
        let too_large = file.size_bytes.is_some_and(|size| size > fetch_max_bytes);
        let voice = file.kind == FileKind::Voice;
        let transcript = match (voice, self.inner.transcriber.is_some(), too_large) {
            (false, ..) | (true, false, _) => Transcript::None,
            (true, true, true) => Transcript::Failed("the file is too large to fetch".to_owned()),
            (true, true, false) => Transcript::Pending,
        };
        File {
            kind: file.kind,
            name: file.name.as_deref().map_or_else(|| default_name(file), |name| shorten(name, FILE_NAME_MAX_CHARS)),
            mime: file.mime.as_deref().map_or_else(|| default_mime(file.kind).to_owned(), |mime| shorten(mime, 120)),
            size_bytes: file.size_bytes,
            duration_seconds: file.duration_seconds,
            state: match too_large {
                true => FileState::TooLarge,
                false => {
                    FileState::Remote { channel: guest.address.channel.clone(), reference: file.reference.clone() }
                }
            },
            transcript,
        }
    }

    /// A voice is fetched and transcribed in the bot's lane, ahead of the answer that needs its words; any other file
    /// keeps nobody waiting. A file that is too large is said to be so.
    pub(super) fn add_file_tasks(&self, plan: &mut Plan<'_>, guest: &Guest<'_>, attachments: &[Attachment]) {
        for attachment in attachments {
            let Some(file) = attachment.as_file() else { continue };
            match (&file.state, attachment.is_voice()) {
                (FileState::TooLarge, _) => {
                    let text = self.too_large_text(&guest.customer.language, &guest.address, &file.name);
                    plan.notify(text);
                }
                (_, true) => {
                    let lane = Task::lane_bot(plan.session.id);
                    plan.task(lane.clone(), Task::Fetch { attachment: attachment.id });
                    if file.transcript == Transcript::Pending {
                        plan.task(lane, Task::Transcribe { attachment: attachment.id });
                    }
                }
                (_, false) => {
                    plan.task(Task::lane_file(attachment.id), Task::Fetch { attachment: attachment.id });
                }
            }
        }
    }

    /// What the customer is told of a file that cannot be fetched.
    pub(in crate::desk) fn too_large_text(&self, language: &Language, address: &Address, name: &str) -> String {
        let limit = self
            .channel(address.channel.as_str())
            .map_or(FILE_MAX_BYTES, |channel| channel.capabilities().fetch_max_bytes);
        self.phrases().file_too_large(language, name, limit)
    }
}

fn default_name(file: &IncomingFile) -> String {
    match file.kind {
        FileKind::Photo => "photo.jpg",
        FileKind::Video => "video.mp4",
        FileKind::VideoNote => "video-note.mp4",
        FileKind::Voice => "voice.ogg",
        FileKind::Audio => "audio.mp3",
        FileKind::Document => "file",
        FileKind::Sticker => "sticker.webp",
    }
    .to_owned()
}

fn default_mime(kind: FileKind) -> &'static str {
    match kind {
        FileKind::Photo => "image/jpeg",
        FileKind::Video | FileKind::VideoNote => "video/mp4",
        FileKind::Voice => "audio/ogg",
        FileKind::Audio => "audio/mpeg",
        FileKind::Document => "application/octet-stream",
        FileKind::Sticker => "image/webp",
    }
}
