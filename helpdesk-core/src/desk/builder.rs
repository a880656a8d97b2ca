//! Puts a desk together.

use std::{collections::BTreeMap, sync::Arc};

use tokio::sync::Notify;

use super::{Desk, Inner, feed, status};
use crate::{
    blob::Blobs,
    channel::SharedChannel,
    clock::{Clock, SystemClock},
    error::BuildError,
    id::{IdSource, RandomIds},
    phrases::Phrases,
    responder::Responder,
    session::Policy,
    storage::Storage,
    transcriber::Transcriber,
};

/// The parts of a [`Desk`]. Only a storage and a blob store are needed; a desk without a responder offers a person at the
/// first question.
#[derive(Debug)]
#[must_use]
pub struct DeskBuilder {
    storage: Arc<dyn Storage>,
    blobs: Arc<dyn Blobs>,
    channels: Vec<SharedChannel>,
    responder: Option<Arc<dyn Responder>>,
    transcriber: Option<Arc<dyn Transcriber>>,
    policy: Policy,
    phrases: Phrases,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdSource>,
}

impl DeskBuilder {
    pub(super) fn new(storage: Arc<dyn Storage>, blobs: Arc<dyn Blobs>) -> Self {
        Self {
            storage,
            blobs,
            channels: Vec::new(),
            responder: None,
            transcriber: None,
            policy: Policy::default(),
            phrases: Phrases::default(),
            clock: Arc::new(SystemClock),
            ids: Arc::new(RandomIds),
        }
    }

    /// Adds a channel; as many as there are ways in which customers write.
    pub fn channel(mut self, channel: SharedChannel) -> Self {
        self.channels.push(channel);
        self
    }

    /// Sets what the bot answers from.
    pub fn responder(mut self, responder: Arc<dyn Responder>) -> Self {
        self.responder = Some(responder);
        self
    }

    /// Sets what voices are transcribed with.
    pub fn transcriber(mut self, transcriber: Arc<dyn Transcriber>) -> Self {
        self.transcriber = Some(transcriber);
        self
    }

    /// Sets the rules.
    pub fn policy(mut self, policy: Policy) -> Self {
        self.policy = policy;
        self
    }

    /// Sets the bot's words.
    pub fn phrases(mut self, phrases: Phrases) -> Self {
        self.phrases = phrases;
        self
    }

    /// Sets the clock; for tests.
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Sets where new ids come from; for tests.
    pub fn ids(mut self, ids: Arc<dyn IdSource>) -> Self {
        self.ids = ids;
        self
    }

    /// The desk.
    pub fn build(self) -> Result<Desk, BuildError> {
        let mut channels = BTreeMap::new();
        for channel in self.channels {
            let name = channel.name().clone();
            if channels.insert(name.clone(), channel).is_some() {
                return Err(BuildError::DuplicateChannel(name));
            }
        }
        let status = status::Board::new(channels.keys().cloned());
        Ok(Desk {
            inner: Arc::new(Inner {
                storage: self.storage,
                blobs: self.blobs,
                channels,
                responder: self.responder,
                transcriber: self.transcriber,
                policy: self.policy,
                phrases: self.phrases,
                clock: self.clock,
                ids: self.ids,
                work: Notify::new(),
                feed: feed::Hub::new(),
                status,
            }),
        })
    }
}
