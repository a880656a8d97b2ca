//! A channel without a platform.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use futures_util::TryStreamExt as _;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::script::Script;
use crate::{
    address::{Address, ChannelName, ExternalId},
    blob::{ByteStream, byte_stream},
    channel::{Button, Capabilities, Channel, ChannelError, FileSource, Outgoing, Part, Receipt},
    desk::Desk,
    limits::FILE_MAX_BYTES,
};

/// A [`Channel`] that records what it is asked to send, and answers as a test has prepared it.
///
/// Without a script it takes everything, calling what it took `1`, `2`, `3` … It has buttons, edits and voices unless
/// [`with_capabilities`](Self::with_capabilities) says otherwise.
#[derive(Debug)]
pub struct ScriptedChannel {
    name: ChannelName,
    capabilities: Capabilities,
    part_max_chars: usize,
    tries: Script<Sent, SendOutcome>,
    taken: Script<Sent, ()>,
    removals: Script<(Address, ExternalId), ChannelError>,
    fetches: Script<String, ChannelError>,
    runs: Script<(), ChannelError>,
    files: Mutex<BTreeMap<String, Bytes>>,
}

/// One part that a [`ScriptedChannel`] was asked to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// Where to.
    pub to: Address,
    /// The full name of the staff member who wrote it; empty for the bot.
    pub author_name: String,
    /// The text, or this part of it.
    pub text: String,
    /// The question under the last part.
    pub question: String,
    /// The buttons under the last part.
    pub buttons: Vec<Button>,
    /// The file's name and content, when the part is one.
    pub file: Option<(String, Bytes)>,
    /// What the channel calls it; empty when it was not taken.
    pub external_id: String,
}

/// What a [`ScriptedChannel`] does with a part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SendOutcome {
    /// Takes it.
    Taken,
    /// Does not take it, and says so.
    Refused(ChannelError),
    /// Takes it, but its answer is lost: [`ChannelError::Unknown`].
    TakenInSilence,
    /// Never answers.
    Hangs,
}

impl ScriptedChannel {
    /// A channel with this name.
    ///
    /// # Panics
    ///
    /// When `name` is no channel's name.
    pub fn new(name: &'static str) -> Self {
        let capabilities = Capabilities {
            buttons: true,
            removes_buttons: true,
            edits: true,
            voice: true,
            send_max_bytes: FILE_MAX_BYTES,
            ..Capabilities::default()
        };
        Self {
            name: ChannelName::new(name).expect("a test names its channel by letters, digits and '-'"),
            capabilities,
            part_max_chars: 4096,
            tries: Script::new(),
            taken: Script::new(),
            removals: Script::new(),
            fetches: Script::new(),
            runs: Script::new(),
            files: Mutex::default(),
        }
    }

    /// The same channel with other abilities.
    pub fn with_capabilities(mut self, capabilities: Capabilities) -> Self {
        self.capabilities = capabilities;
        self
    }

    /// The same channel, which splits texts after so many characters.
    pub fn with_part_max_chars(mut self, part_max_chars: usize) -> Self {
        self.part_max_chars = part_max_chars.max(1);
        self
    }

    /// An address on this channel.
    ///
    /// # Panics
    ///
    /// When `key` is empty or too long.
    pub fn address(&self, key: &str) -> Address {
        Address::new(self.name.clone(), key).expect("a test gives addresses that fit")
    }

    /// Prepares what becomes of the next send that has no outcome yet.
    pub fn next_send(&self, outcome: SendOutcome) {
        self.tries.prepare(outcome);
    }

    /// Lets the next [`Channel::remove_buttons`] fail.
    pub fn next_removal_fails(&self, error: ChannelError) {
        self.removals.prepare(error);
    }

    /// Lets the next [`Channel::fetch`] fail.
    pub fn next_fetch_fails(&self, error: ChannelError) {
        self.fetches.prepare(error);
    }

    /// Lets the next [`Channel::run`] return at once with this error.
    pub fn next_run_fails(&self, error: ChannelError) {
        self.runs.prepare(error);
    }

    /// Puts a file where [`Channel::fetch`] finds it.
    pub fn put_file(&self, reference: &str, content: impl Into<Bytes>) {
        self.files.lock().unwrap_or_else(PoisonError::into_inner).insert(reference.to_owned(), content.into());
    }

    /// What was taken so far, in order.
    pub fn sent(&self) -> Vec<Sent> {
        self.taken.calls()
    }

    /// Waits until `count` parts or more were taken, and gives them all.
    pub async fn sent_count(&self, count: usize) -> Vec<Sent> {
        self.taken.wait(count).await
    }

    /// Waits until `count` parts or more were tried, taken or not, and gives them all.
    pub async fn tried_count(&self, count: usize) -> Vec<Sent> {
        self.tries.wait(count).await
    }

    /// The messages whose buttons were taken away so far.
    pub fn buttons_removed(&self) -> Vec<(Address, ExternalId)> {
        self.removals.calls()
    }

    /// Waits until buttons were taken away `count` times or more, and gives the messages.
    pub async fn buttons_removed_count(&self, count: usize) -> Vec<(Address, ExternalId)> {
        self.removals.wait(count).await
    }

    /// Waits until [`Channel::fetch`] was called `count` times or more, and gives the references.
    pub async fn fetched_count(&self, count: usize) -> Vec<String> {
        self.fetches.wait(count).await
    }

    fn take(&self, sent: Sent) -> Receipt {
        let number = self.taken.record_numbered(|number| Sent { external_id: number.to_string(), ..sent });
        Receipt { external_id: ExternalId(number.to_string()) }
    }
}

#[async_trait]
impl Channel for ScriptedChannel {
    fn name(&self) -> &ChannelName {
        &self.name
    }

    fn capabilities(&self) -> Capabilities {
        self.capabilities
    }

    async fn run(&self, _desk: Desk, shutdown: CancellationToken) -> Result<(), ChannelError> {
        self.runs.record(());
        if let Some(error) = self.runs.outcome() {
            return Err(error);
        }
        shutdown.cancelled().await;
        Ok(())
    }

    fn render(&self, outgoing: &Outgoing) -> Result<Vec<Part>, ChannelError> {
        let chars: Vec<char> = outgoing.text.chars().collect();
        let mut texts: Vec<String> = chars.chunks(self.part_max_chars).map(|piece| piece.iter().collect()).collect();
        if texts.is_empty() && (outgoing.files.is_empty() || !outgoing.question.is_empty()) {
            texts.push(String::new());
        }
        let last = texts.len().saturating_sub(1);
        let author = outgoing.author_name.as_deref().unwrap_or_default();
        let words = texts.iter().enumerate().map(|(place, text)| {
            let is_last = place == last;
            let buttons = outgoing.buttons.iter().filter(|_| is_last).map(|b| json!([b.label, b.token]));
            let call = json!({
                "author": author,
                "text": text,
                "question": if is_last { outgoing.question.as_str() } else { "" },
                "buttons": buttons.collect::<Vec<_>>(),
            });
            Part { call, file: None }
        });
        let files =
            outgoing.files.iter().map(|file| Part { call: json!({ "author": author }), file: Some(file.clone()) });
        Ok(words.chain(files).collect())
    }

    async fn send(&self, to: &Address, part: Part, files: &dyn FileSource) -> Result<Receipt, ChannelError> {
        let file = match &part.file {
            Some(file) => Some((file.name.clone(), whole(files.open(file).await?).await?)),
            None => None,
        };
        let sent = read_call(to, &part.call, file);
        let outcome = self.tries.outcome().unwrap_or(SendOutcome::Taken);
        self.tries.record(sent.clone());
        match outcome {
            SendOutcome::Taken => Ok(self.take(sent)),
            SendOutcome::Refused(error) => Err(error),
            SendOutcome::TakenInSilence => {
                self.take(sent);
                Err(ChannelError::unknown("the answer was lost"))
            }
            SendOutcome::Hangs => std::future::pending().await,
        }
    }

    async fn remove_buttons(&self, to: &Address, sent: &ExternalId) -> Result<(), ChannelError> {
        if let Some(error) = self.removals.outcome() {
            return Err(error);
        }
        self.removals.record((to.clone(), sent.clone()));
        Ok(())
    }

    async fn fetch(&self, reference: &str) -> Result<ByteStream, ChannelError> {
        self.fetches.record(reference.to_owned());
        if let Some(error) = self.fetches.outcome() {
            return Err(error);
        }
        let file = self.files.lock().unwrap_or_else(PoisonError::into_inner).get(reference).cloned();
        file.map(byte_stream).ok_or_else(|| ChannelError::permanent("there is no such file"))
    }
}

/// Reads back what [`Channel::render`] wrote.
fn read_call(to: &Address, call: &Value, file: Option<(String, Bytes)>) -> Sent {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let buttons = call["buttons"].as_array().into_iter().flatten();
    Sent {
        to: to.clone(),
        author_name: text(&call["author"]),
        text: text(&call["text"]),
        question: text(&call["question"]),
        buttons: buttons.map(|b| Button { label: text(&b[0]), token: text(&b[1]) }).collect(),
        file,
        external_id: String::new(),
    }
}

async fn whole(content: ByteStream) -> Result<Bytes, ChannelError> {
    let pieces: BytesMut =
        content.try_collect().await.map_err(|_| ChannelError::temporary("the file's source broke off"))?;
    Ok(pieces.freeze())
}
