//! Sends messages to customers.
//!
//! A send has three outcomes. So that a crash cannot hide which, the message is marked as being sent before the channel is
//! called: found in that state later, its outcome is unknown, and staff decide whether to send it again.

use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;

use super::work::{Job, Stopped};
use crate::{
    address::Address,
    blob::ByteStream,
    channel::{Button, ChannelError, FileSource, Outgoing, OutgoingFile, Part, SharedChannel},
    chat::ChatKind,
    desk::{Desk, plan::question},
    error::DeskError,
    id::{MessageId, SessionId},
    language::Language,
    message::{Attachment, Author, Choice, Delivery, DeliveryStatus, FileState, Message, PromptKind, TextFormat},
    person::CustomerAddress,
    phrases::Phrase,
    responder::Source,
    storage::{ChangeSet, EventKind, Write},
};

/// Sends `id`, or the parts of it that were not sent yet.
pub(super) async fn deliver(job: &Job<'_>, id: MessageId) -> Result<(), Stopped> {
    let Some(message) = job.desk.storage().message(id).await? else { return job.drop_task().await };
    let Some(delivery) = message.delivery.clone() else { return job.drop_task().await };
    let session = session_of(job.desk, &message).await?;
    let mut way = Way { job, message: &message, delivery, session };
    match way.delivery.status {
        DeliveryStatus::Pending => {}
        // Somebody was sending this and did not live to tell.
        DeliveryStatus::Sending { .. } => return way.end(DeliveryStatus::Unknown).await,
        _ => return job.drop_task().await,
    }
    let Some(channel) = job.desk.channel(way.delivery.address.channel.as_str()).cloned() else {
        let reason = format!("the channel {} is not configured", way.delivery.address.channel);
        return way.end(DeliveryStatus::Failed { reason }).await;
    };
    let outgoing = outgoing(job.desk, &message, session, &channel).await?;
    let parts = match channel.render(&outgoing) {
        Ok(parts) => parts,
        Err(error) => return way.end(DeliveryStatus::Failed { reason: error.to_string() }).await,
    };
    way.send_parts(&channel, parts).await
}

/// Takes the buttons away from a message whose choice was made (A6). A nicety: when it fails, old buttons change nothing.
pub(super) async fn remove_buttons(job: &Job<'_>, id: MessageId) -> Result<(), Stopped> {
    let Some(delivery) = job.desk.storage().message(id).await?.and_then(|message| message.delivery) else {
        return job.drop_task().await;
    };
    let channel = job.desk.channel(delivery.address.channel.as_str()).cloned();
    let (Some(channel), Some(sent)) = (channel, delivery.external_ids.last()) else { return job.drop_task().await };
    if !channel.capabilities().removes_buttons {
        return job.drop_task().await;
    }
    let limit = job.desk.policy().send_timeout;
    let removed = tokio::time::timeout(limit, channel.remove_buttons(&delivery.address, sent)).await;
    let error = match removed {
        Ok(Ok(())) => return job.drop_task().await,
        Ok(Err(error)) => error,
        Err(_) => ChannelError::unknown("no answer within the time limit"),
    };
    // Removing what is removed already is no error, so unlike a send this can be repeated.
    let again = match &error {
        ChannelError::RateLimited { retry_after } => Some(*retry_after),
        ChannelError::Temporary { .. } | ChannelError::Unknown { .. } => {
            job.next_pause(job.desk.policy().retry.bot_max_tries)
        }
        _ => None,
    };
    match again {
        Some(pause) => job.retry_after(pause, true, ChangeSet::new(job.desk.now())).await,
        None => {
            tracing::debug!(message = %id, %error, "buttons could not be removed");
            job.drop_task().await
        }
    }
}

/// A message on its way.
struct Way<'a> {
    job: &'a Job<'a>,
    message: &'a Message,
    delivery: Delivery,
    session: Option<SessionId>,
}

impl Way<'_> {
    async fn send_parts(&mut self, channel: &SharedChannel, parts: Vec<Part>) -> Result<(), Stopped> {
        let sent = self.delivery.external_ids.len();
        let last = parts.len().saturating_sub(1);
        if sent > last {
            return self.end(DeliveryStatus::Sent).await;
        }
        self.mark(sent).await?;
        for (number, part) in parts.into_iter().enumerate().skip(sent) {
            let files = BlobFiles { desk: self.job.desk };
            let policy = self.job.desk.policy();
            let limit = if part.file.is_some() { policy.file_timeout } else { policy.send_timeout };
            let sending = channel.send(&self.delivery.address, part, &files);
            let outcome = tokio::time::timeout(limit, sending)
                .await
                .unwrap_or_else(|_| Err(ChannelError::unknown("no answer within the time limit")));
            match outcome {
                Ok(receipt) => self.delivery.external_ids.push(receipt.external_id),
                Err(error) => return self.stumble(error).await,
            }
            if number < last {
                self.mark(number + 1).await?;
            }
        }
        self.end(DeliveryStatus::Sent).await
    }

    /// Writes down that part `number` is about to be sent, and what was sent before it.
    async fn mark(&mut self, number: usize) -> Result<(), Stopped> {
        self.delivery.status = DeliveryStatus::Sending { part: u32::try_from(number).unwrap_or(u32::MAX) };
        let mut changes = ChangeSet::new(self.job.desk.now());
        self.write(&mut changes);
        self.job.commit(changes).await.map(drop)
    }

    /// What a failed send means for the message.
    async fn stumble(&mut self, error: ChannelError) -> Result<(), Stopped> {
        let retry = &self.job.desk.policy().retry;
        tracing::warn!(message = %self.message.id, address = %self.delivery.address.channel, %error, "a send failed");
        match error {
            ChannelError::RateLimited { retry_after } => self.again(retry_after, false).await,
            ChannelError::Temporary { reason } => match self.job.next_pause(retry.channel_max_tries) {
                Some(pause) => self.again(pause, true).await,
                None => self.end(DeliveryStatus::Failed { reason }).await,
            },
            ChannelError::Unknown { .. } => self.end(DeliveryStatus::Unknown).await,
            ChannelError::Permanent { reason } => self.end(DeliveryStatus::Failed { reason }).await,
            ChannelError::TooLarge => {
                let reason = "the file is too large for the channel".to_owned();
                self.end(DeliveryStatus::Failed { reason }).await
            }
            ChannelError::Unreachable { reason } => self.unreachable(reason).await,
            ChannelError::Moved { to } => self.moved(to).await,
        }
    }

    /// The same send again, to where the address is now.
    async fn moved(&mut self, to: Address) -> Result<(), Stopped> {
        let (here, there) = (&self.delivery.address, self.job.desk.storage().customer_by_address(&to).await?);
        let owner = self.job.desk.storage().customer_by_address(here).await?;
        if let (Some(there), Some(here)) = (there, owner)
            && there.customer.id != here.customer.id
        {
            let reason = "the address moved to one that is another customer's".to_owned();
            return self.end(DeliveryStatus::Failed { reason }).await;
        }
        let mut changes = ChangeSet::new(self.job.desk.now());
        changes.writes.push(Write::AddressMove { from: self.delivery.address.clone(), to: to.clone() });
        self.delivery.address = to;
        self.delivery.status = DeliveryStatus::Pending;
        self.write(&mut changes);
        self.job.retry_after(Duration::ZERO, false, changes).await
    }

    async fn again(&mut self, pause: Duration, counted: bool) -> Result<(), Stopped> {
        self.delivery.status = DeliveryStatus::Pending;
        let mut changes = ChangeSet::new(self.job.desk.now());
        self.write(&mut changes);
        self.job.retry_after(pause, counted, changes).await
    }

    /// The customer cannot be reached there: the message failed, and staff see it on the session too.
    async fn unreachable(&mut self, reason: String) -> Result<(), Stopped> {
        let now = self.job.desk.now();
        let mut changes = ChangeSet::new(now);
        if let Some(book) = self.job.desk.storage().customer_by_address(&self.delivery.address).await?
            && let Some(address) = book.addresses.into_iter().find(|known| known.address == self.delivery.address)
        {
            changes.writes.push(Write::AddressUpdate(CustomerAddress { unreachable_since: Some(now), ..address }));
        }
        if let Some(session) = self.session {
            changes.events.push(EventKind::SessionChanged { session });
        }
        self.end_with(DeliveryStatus::Failed { reason }, changes, now).await
    }

    async fn end(&mut self, status: DeliveryStatus) -> Result<(), Stopped> {
        let now = self.job.desk.now();
        self.end_with(status, ChangeSet::new(now), now).await
    }

    async fn end_with(
        &mut self,
        status: DeliveryStatus,
        mut changes: ChangeSet,
        now: Timestamp,
    ) -> Result<(), Stopped> {
        self.delivery.status = status;
        self.delivery.updated_at = now;
        self.write(&mut changes);
        changes.events.push(EventKind::MessageChanged {
            session: self.session,
            chat: self.message.chat,
            message: self.message.id,
        });
        self.job.finish(changes).await.map(drop)
    }

    fn write(&self, changes: &mut ChangeSet) {
        changes.writes.push(Write::DeliveryUpdate { message: self.message.id, delivery: self.delivery.clone() });
    }
}

/// A message with everything that the channel needs to show it.
async fn outgoing(
    desk: &Desk,
    message: &Message,
    session: Option<SessionId>,
    channel: &SharedChannel,
) -> Result<Outgoing, DeskError> {
    let language = match session {
        Some(id) => match desk.storage().session(id).await? {
            Some(session) => desk.language_of(&session).await?,
            None => Language::ENGLISH,
        },
        None => Language::ENGLISH,
    };
    let phrases = desk.phrases();
    let mut outgoing = Outgoing::text(message.id, message.text.clone());
    outgoing.format = message.format;
    outgoing.new_request = phrases.text(&language, Phrase::NewRequest);
    outgoing.author_name = match message.author {
        Author::Staff(staff) => desk.storage().staff(staff).await?.map(|staff| staff.full_name),
        _ => None,
    };
    if !message.sources.is_empty() {
        let heading = phrases.text(&language, Phrase::Sources);
        outgoing.text.push_str(&sources_below(&message.sources, &heading, message.format));
    }
    if let Some(prompt) = message.prompt.filter(|prompt| prompt.open) {
        let asked = phrases.text(&language, question(prompt.kind));
        if asked != message.text {
            outgoing.question = asked;
        }
        let buttons = prompt
            .kind
            .choices(message.id)
            .into_iter()
            .map(|choice| Button { label: label(desk, &language, prompt.kind, choice), token: choice.token() });
        if channel.capabilities().buttons {
            outgoing.buttons = buttons.collect();
        } else {
            let labels: Vec<_> = buttons.map(|button| button.label).collect();
            let asked = if outgoing.question.is_empty() { &mut outgoing.text } else { &mut outgoing.question };
            *asked = format!("{asked} ({})", labels.join(" / "));
        }
    }
    outgoing.files = message.attachments.iter().filter_map(outgoing_file).collect();
    if let Some(replied) = message.reply_to {
        outgoing.reply_to = desk.storage().message(replied).await?.and_then(|message| {
            message.external_id.or_else(|| message.delivery.and_then(|delivery| delivery.external_ids.first().cloned()))
        });
    }
    Ok(outgoing)
}

/// What stands under an answer: where it comes from. Titles are shown as they are, whatever they hold.
fn sources_below(sources: &[Source], heading: &str, format: TextFormat) -> String {
    let mut text = format!("\n\n{heading}");
    for source in sources {
        text.push_str("\n• ");
        match format {
            TextFormat::Markdown => text.extend(source.title.chars().flat_map(escaped)),
            TextFormat::Plain => text.push_str(&source.title),
        }
        if let Some(url) = &source.url {
            text.push_str(" — ");
            text.push_str(url);
        }
    }
    text
}

/// Any punctuation may be escaped in Markdown, so all of it is.
fn escaped(character: char) -> impl Iterator<Item = char> {
    character.is_ascii_punctuation().then_some('\\').into_iter().chain([character])
}

/// What a choice is called.
pub(in crate::desk) fn label(desk: &Desk, language: &Language, kind: PromptKind, choice: Choice) -> String {
    let phrase = match (kind, choice) {
        (PromptKind::Rate, Choice::Rate { stars, .. }) => return "★".repeat(usize::from(stars)),
        (PromptKind::Ready, Choice::Ready { yes: true, .. }) => Phrase::ReadyYes,
        (PromptKind::Ready, _) => Phrase::ReadyNo,
        (_, Choice::Helped { yes: true, .. }) => Phrase::Yes,
        _ => Phrase::No,
    };
    desk.phrases().text(language, phrase)
}

fn outgoing_file(attachment: &Attachment) -> Option<OutgoingFile> {
    let file = attachment.as_file()?;
    let FileState::Stored { blob } = &file.state else { return None };
    Some(OutgoingFile {
        kind: file.kind,
        name: file.name.clone(),
        mime: file.mime.clone(),
        size_bytes: file.size_bytes.unwrap_or(0),
        blob: blob.clone(),
    })
}

/// The session whose dialog a message stands in.
pub(super) async fn session_of(desk: &Desk, message: &Message) -> Result<Option<SessionId>, DeskError> {
    Ok(match desk.storage().chat(message.chat).await?.map(|chat| chat.kind) {
        Some(ChatKind::Support { session }) => Some(session),
        _ => None,
    })
}

struct BlobFiles<'a> {
    desk: &'a Desk,
}

#[async_trait]
impl FileSource for BlobFiles<'_> {
    async fn open(&self, file: &OutgoingFile) -> Result<ByteStream, ChannelError> {
        let opened = self.desk.inner.blobs.read(&file.blob, None).await;
        opened.map_err(|error| ChannelError::temporary(error.to_string()))
    }
}
