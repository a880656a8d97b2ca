//! Fetches files from channels and makes transcripts of voices (A4, A13).

use std::time::Duration;

use super::{
    deliver::session_of,
    work::{Job, Stopped},
};
use crate::{
    blob::{BlobError, BlobKey},
    channel::ChannelError,
    desk::plan::{Plan, Setting},
    error::DeskError,
    id::{AttachmentId, SessionId},
    language::Language,
    limits::FILE_MAX_BYTES,
    message::{Attachment, AttachmentBody, Author, File, FileState, Message, Transcript},
    service::ServiceError,
    storage::{ChangeSet, EventKind, Write},
    transcriber::Speech,
};

/// Reads a file from its channel into the blob store.
pub(super) async fn fetch(job: &Job<'_>, id: AttachmentId) -> Result<(), Stopped> {
    let Some((attachment, message)) = job.desk.storage().attachment(id).await? else { return job.drop_task().await };
    let Some(file) = attachment.as_file().cloned() else { return job.drop_task().await };
    let FileState::Remote { channel, reference } = &file.state else { return job.drop_task().await };
    let blob = BlobKey::of_attachment(id);
    let limit = job.desk.policy().file_timeout;
    let outcome = tokio::time::timeout(limit, copy(job, channel.as_str(), reference, &blob))
        .await
        .unwrap_or(Outcome::Again(None, "the file did not arrive within the time limit".to_owned()));
    let retry = &job.desk.policy().retry;
    let max_tries = if attachment.is_voice() { retry.bot_max_tries } else { retry.channel_max_tries };
    let (state, size_bytes) = match outcome {
        Outcome::Stored(size) => (FileState::Stored { blob }, Some(size)),
        Outcome::TooLarge => (FileState::TooLarge, file.size_bytes),
        Outcome::Failed(reason) => (FileState::Failed { reason }, file.size_bytes),
        Outcome::Again(pause, reason) => match job.next_pause(max_tries) {
            Some(own) => return job.retry_after(pause.unwrap_or(own), true, ChangeSet::new(job.desk.now())).await,
            None => (FileState::Failed { reason }, file.size_bytes),
        },
    };
    let too_large = state == FileState::TooLarge;
    let fetched = Attachment { id, body: AttachmentBody::File(File { size_bytes, state, ..file.clone() }) };
    finish_with!(job, async {
        let session = session_of(job.desk, &message).await?;
        let mut changes = match (too_large, session) {
            (true, Some(session)) => tell_too_large(job, session, &file.name).await?,
            _ => ChangeSet::new(job.desk.now()),
        };
        changed(&mut changes, fetched.clone(), &message, session);
        Ok(changes)
    })
}

enum Outcome {
    Stored(u64),
    TooLarge,
    Failed(String),
    /// Worth another try, after this pause if the channel named one.
    Again(Option<Duration>, String),
}

async fn copy(job: &Job<'_>, channel: &str, reference: &str, blob: &BlobKey) -> Outcome {
    let Some(channel) = job.desk.channel(channel) else {
        return Outcome::Failed(format!("the channel {channel} is not configured"));
    };
    let content = match channel.fetch(reference).await {
        Ok(content) => content,
        Err(ChannelError::TooLarge) => return Outcome::TooLarge,
        Err(ChannelError::RateLimited { retry_after }) => {
            return Outcome::Again(Some(retry_after), "the channel asks for a pause".to_owned());
        }
        Err(error @ (ChannelError::Temporary { .. } | ChannelError::Unknown { .. })) => {
            return Outcome::Again(None, error.to_string());
        }
        Err(error) => return Outcome::Failed(error.to_string()),
    };
    match job.desk.inner.blobs.write(blob, content, FILE_MAX_BYTES).await {
        Ok(size) => Outcome::Stored(size),
        Err(BlobError::TooLarge { .. }) => Outcome::TooLarge,
        Err(error) => Outcome::Again(None, error.to_string()),
    }
}

/// The customer is told that a file cannot be taken in; but a closed session says nothing more.
async fn tell_too_large(job: &Job<'_>, session: SessionId, name: &str) -> Result<ChangeSet, DeskError> {
    let desk = job.desk;
    let now = desk.now();
    let Some(session) = desk.storage().session(session).await?.filter(|session| !session.is_closed()) else {
        return Ok(ChangeSet::new(now));
    };
    let language = desk.language_of(&session).await?;
    let ids = desk.ids(now);
    let setting = Setting { policy: desk.policy(), phrases: desk.phrases(), language: &language, ids, now };
    let text = desk.too_large_text(&language, &session.address, name);
    let mut plan = Plan::change(&session, setting);
    plan.notify(text);
    Ok(plan.finish())
}

/// Makes a transcript of a voice.
pub(super) async fn transcribe(job: &Job<'_>, id: AttachmentId) -> Result<(), Stopped> {
    let Some((attachment, message)) = job.desk.storage().attachment(id).await? else { return job.drop_task().await };
    let Some(file) = attachment.as_file().cloned() else { return job.drop_task().await };
    if file.transcript != Transcript::Pending {
        return job.drop_task().await;
    }
    let transcript = match hear(job, &file, &message).await {
        Ok(words) => Transcript::Done(words),
        Err(ServiceError::Permanent { reason }) => Transcript::Failed(reason),
        Err(ServiceError::Temporary { reason, retry_after }) => {
            match job.next_pause(job.desk.policy().retry.bot_max_tries) {
                Some(own) => {
                    let pause = retry_after.unwrap_or(own).min(job.desk.policy().retry.longest_pause);
                    return job.retry_after(pause, true, ChangeSet::new(job.desk.now())).await;
                }
                None => Transcript::Failed(reason),
            }
        }
    };
    let heard = Attachment { id, body: AttachmentBody::File(File { transcript, ..file }) };
    finish_with!(job, async {
        let now = job.desk.now();
        let session = session_of(job.desk, &message).await?;
        let mut changes = ChangeSet::new(now);
        changed(&mut changes, heard.clone(), &message, session);
        Ok(changes)
    })
}

async fn hear(job: &Job<'_>, file: &File, message: &Message) -> Result<String, ServiceError> {
    let desk = job.desk;
    let Some(transcriber) = &desk.inner.transcriber else {
        return Err(ServiceError::permanent("no transcriber is configured"));
    };
    let (FileState::Stored { blob }, Some(size_bytes)) = (&file.state, file.size_bytes) else {
        return Err(ServiceError::permanent("the voice could not be fetched"));
    };
    let unavailable = |error: &dyn std::error::Error| ServiceError::temporary(error.to_string());
    let language = match message.author {
        Author::Customer(id) => {
            let book = desk.storage().customer(id).await.map_err(|error| unavailable(&error))?;
            book.map_or(Language::ENGLISH, |book| book.customer.language)
        }
        _ => Language::ENGLISH,
    };
    let content = desk.inner.blobs.read(blob, None).await.map_err(|error| unavailable(&error))?;
    let speech = Speech::new(content, size_bytes, file.name.clone(), file.mime.clone(), language);
    tokio::time::timeout(desk.policy().transcribe_timeout, transcriber.transcribe(speech))
        .await
        .unwrap_or_else(|_| Err(ServiceError::temporary("no transcript within the time limit")))
}

fn changed(changes: &mut ChangeSet, attachment: Attachment, message: &Message, session: Option<SessionId>) {
    changes.writes.push(Write::AttachmentUpdate(attachment));
    changes.events.push(EventKind::MessageChanged { session, chat: message.chat, message: message.id });
}
