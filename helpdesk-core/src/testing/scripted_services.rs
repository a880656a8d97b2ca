//! A responder and a transcriber without a model.

use std::str;

use async_trait::async_trait;
use bytes::BytesMut;
use futures_util::TryStreamExt as _;
use tokio::sync::watch;

use super::script::Script;
use crate::{
    message::TextFormat,
    responder::{Answer, Question, Responder, Source},
    service::ServiceError,
    transcriber::{Speech, Transcriber},
};

/// A [`Responder`] that records what it is asked, and answers as a test has prepared it.
///
/// Without a script its answer number *n* is “Answer *n*” from the source `source-n`.
#[derive(Debug)]
pub struct ScriptedResponder {
    script: Script<Question, Result<Answer, ServiceError>>,
    held: watch::Sender<bool>,
}

impl ScriptedResponder {
    /// A responder without a script.
    pub fn new() -> Self {
        Self { script: Script::new(), held: watch::Sender::new(false) }
    }

    /// Prepares what becomes of the next question that has no outcome yet.
    pub fn next_answer(&self, outcome: Result<Answer, ServiceError>) {
        self.script.prepare(outcome);
    }

    /// From now on every question waits, until [`release`](Self::release).
    pub fn hold(&self) {
        self.held.send_replace(true);
    }

    /// Lets the questions that wait be answered, and all later ones at once.
    pub fn release(&self) {
        self.held.send_replace(false);
    }

    /// What was asked so far, in order.
    pub fn asked(&self) -> Vec<Question> {
        self.script.calls()
    }

    /// Waits until `count` questions or more were asked, and gives them all.
    pub async fn asked_count(&self, count: usize) -> Vec<Question> {
        self.script.wait(count).await
    }
}

impl Default for ScriptedResponder {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl Responder for ScriptedResponder {
    async fn answer(&self, question: &Question) -> Result<Answer, ServiceError> {
        let prepared = self.script.outcome();
        let number = self.script.record_numbered(|_| question.clone());
        // The sender lives in `self`, so waiting for it cannot fail.
        let _ = self.held.subscribe().wait_for(|held| !held).await;
        prepared.unwrap_or_else(|| {
            Ok(Answer::Found {
                text: format!("Answer {number}"),
                format: TextFormat::Plain,
                sources: vec![Source { id: format!("source-{number}"), title: format!("Source {number}"), url: None }],
            })
        })
    }
}

/// A [`Transcriber`] that records what it hears, and answers as a test has prepared it.
///
/// Without a script it takes a recording's bytes for its words: a test's voice *is* what is said in it.
#[derive(Debug)]
pub struct ScriptedTranscriber {
    script: Script<String, Result<String, ServiceError>>,
}

impl ScriptedTranscriber {
    /// A transcriber without a script.
    pub fn new() -> Self {
        Self { script: Script::new() }
    }

    /// Prepares what becomes of the next recording that has no outcome yet.
    pub fn next_transcript(&self, outcome: Result<String, ServiceError>) {
        self.script.prepare(outcome);
    }

    /// Waits until `count` recordings or more were heard, and gives the names of their files.
    pub async fn heard_count(&self, count: usize) -> Vec<String> {
        self.script.wait(count).await
    }
}

impl Default for ScriptedTranscriber {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl Transcriber for ScriptedTranscriber {
    async fn transcribe(&self, speech: Speech) -> Result<String, ServiceError> {
        self.script.record(speech.name.clone());
        if let Some(outcome) = self.script.outcome() {
            return outcome;
        }
        let bytes: BytesMut =
            speech.content.try_collect().await.map_err(|_| ServiceError::temporary("the recording broke off"))?;
        let words = str::from_utf8(&bytes).map_err(|_| ServiceError::permanent("the recording holds no text"))?;
        Ok(words.to_owned())
    }
}
