//! A channel of one's own: the customer sits at this terminal.
//!
//! `cargo run -p custom-channel`, then type. `/new` opens a request; everything else is a message. The terminal has no
//! buttons, so the desk asks for the choice as text, and `yes` or `no` answers it.

use std::{error::Error, sync::Arc};

use async_trait::async_trait;
use helpdesk_core::{
    Address, Channel, ChannelName, Desk, ExternalId, Language,
    blob::ByteStream,
    channel::{
        Capabilities, ChannelError, FileSource, Inbound, InboundEvent, IncomingMessage, Outgoing, Part, Receipt, Sender,
    },
    memory::{MemoryBlobs, MemoryStorage},
    responder::{Answer, Question, Responder},
    service::ServiceError,
};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, stdin, stdout};
use tokio_util::sync::CancellationToken;

#[derive(Debug)]
struct Terminal {
    name: ChannelName,
}

#[async_trait]
impl Channel for Terminal {
    fn name(&self) -> &ChannelName {
        &self.name
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities::default()
    }

    async fn run(&self, desk: Desk, shutdown: CancellationToken) -> Result<(), ChannelError> {
        let broken = |error: &dyn Error| ChannelError::permanent(error.to_string());
        let address = Address::new(self.name.clone(), "terminal").map_err(|error| broken(&error))?;
        let mut lines = BufReader::new(stdin()).lines();
        let mut number = 0_u64;
        loop {
            let line = tokio::select! {
                line = lines.next_line() => line.map_err(|error| broken(&error))?,
                () = shutdown.cancelled() => return Ok(()),
            };
            let Some(text) = line else {
                shutdown.cancelled().await;
                return Ok(());
            };
            number += 1;
            let event = match text.trim() {
                "/new" => InboundEvent::Open,
                _ => InboundEvent::Message(IncomingMessage { text, ..IncomingMessage::default() }),
            };
            // A real platform names its updates; this one counts them, and the storage is gone with the process anyway.
            let key = number.to_string();
            let sender = Sender { name: "You".to_owned(), handle: None, language: Some(Language::ENGLISH) };
            let inbound = Inbound { address: address.clone(), key, sender, event };
            // Only when this is Ok may a platform be told that the update arrived.
            desk.receive(inbound).await.map_err(|error| broken(&error))?;
        }
    }

    fn render(&self, outgoing: &Outgoing) -> Result<Vec<Part>, ChannelError> {
        let author = outgoing.author_name.as_deref().unwrap_or("bot");
        let mut text = format!("{author}: {}", outgoing.text);
        if !outgoing.question.is_empty() {
            text.push_str("\n\n");
            text.push_str(&outgoing.question);
        }
        Ok(vec![Part { call: text.into(), file: None }])
    }

    async fn send(&self, _to: &Address, part: Part, _files: &dyn FileSource) -> Result<Receipt, ChannelError> {
        let text = part.call.as_str().unwrap_or_default();
        let mut out = stdout();
        out.write_all(format!("{text}\n\n").as_bytes())
            .await
            .map_err(|error| ChannelError::unknown(error.to_string()))?;
        out.flush().await.map_err(|error| ChannelError::unknown(error.to_string()))?;
        Ok(Receipt { external_id: ExternalId(String::new()) })
    }

    async fn remove_buttons(&self, _to: &Address, _sent: &ExternalId) -> Result<(), ChannelError> {
        Ok(())
    }

    async fn fetch(&self, _reference: &str) -> Result<ByteStream, ChannelError> {
        Err(ChannelError::permanent("a terminal sends no files"))
    }
}

/// Knows one thing.
#[derive(Debug)]
struct Hours;

#[async_trait]
impl Responder for Hours {
    async fn answer(&self, question: &Question) -> Result<Answer, ServiceError> {
        if !question.text.to_lowercase().contains("open") {
            return Ok(Answer::NotFound);
        }
        let text = "We are open from 9 to 18, Monday to Friday.".to_owned();
        Ok(Answer::Found { text, format: helpdesk_core::message::TextFormat::Plain, sources: Vec::new() })
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let desk = Desk::builder(Arc::new(MemoryStorage::new()), Arc::new(MemoryBlobs::new()))
        .channel(Arc::new(Terminal { name: ChannelName::new("terminal")? }))
        .responder(Arc::new(Hours))
        .build()?;
    let shutdown = CancellationToken::new();
    let stop = shutdown.clone();
    tokio::spawn(async move {
        let _ = tokio::signal::ctrl_c().await;
        stop.cancel();
    });
    desk.run(shutdown).await;
    Ok(())
}
