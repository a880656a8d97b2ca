//! Channels: the ways in which customers write. A channel turns what comes in into [`Inbound`]s, renders what goes out into
//! single sends, and says what it can do; everything else is the core's.

mod capabilities;
mod error;
mod inbound;
mod outgoing;

use std::{fmt, sync::Arc};

use async_trait::async_trait;
use bytes::Bytes;
use tokio_util::sync::CancellationToken;

pub use capabilities::Capabilities;
pub use error::ChannelError;
pub use inbound::{Inbound, InboundEvent, IncomingFile, IncomingMessage, Received, Sender};
pub use outgoing::{Button, Outgoing, OutgoingFile, Part, Receipt};

use crate::{
    address::{Address, ChannelName, ExternalId},
    blob::ByteStream,
    desk::Desk,
};

/// A transport that customers write on: Telegram, email, a widget, or the host's own.
///
/// # What an implementation promises
///
/// - **Receiving**: it confirms an update to its platform only after [`Desk::receive`] has returned `Ok`. The same update
///   given twice, with the same [`Inbound::key`], is applied once.
/// - **Rendering**: [`render`](Self::render) is pure. The same [`Outgoing`] gives the same parts, before and after a restart.
/// - **Sending**: [`send`](Self::send) makes one call to the platform for one part and does not try again on its own; the
///   Desk does, by the class of the [`ChannelError`]. An outcome that it does not know is [`ChannelError::Unknown`].
/// - **Secrets** never appear in its `Debug` or its errors.
///
/// `helpdesk_core::testing::channel_suite!` checks an implementation against this.
#[async_trait]
pub trait Channel: Send + Sync + fmt::Debug + 'static {
    /// The name under which this channel is configured; it is part of every address.
    fn name(&self) -> &ChannelName;

    /// What it can do.
    fn capabilities(&self) -> Capabilities;

    /// Receives until `shutdown` is cancelled, giving every update to [`Desk::receive`]. It survives its platform's
    /// outages on its own and returns early only for what no retry can mend, such as a revoked token.
    async fn run(&self, desk: Desk, shutdown: CancellationToken) -> Result<(), ChannelError>;

    /// Takes an update that the platform pushed to the host over HTTP. Answers the HTTP status to give back.
    ///
    /// The default is for channels without pushes: 404.
    async fn push(&self, desk: &Desk, push: Push) -> PushReply {
        let (_, _) = (desk, push);
        PushReply::NotFound
    }

    /// Turns a message into the sends that it takes, in order; at least one.
    fn render(&self, outgoing: &Outgoing) -> Result<Vec<Part>, ChannelError>;

    /// Makes the platform take one part.
    async fn send(&self, to: &Address, part: Part, files: &dyn FileSource) -> Result<Receipt, ChannelError>;

    /// Takes the buttons away from a message that was sent. A message that is gone, or has no buttons, is no error.
    async fn remove_buttons(&self, to: &Address, sent: &ExternalId) -> Result<(), ChannelError>;

    /// Reads a file that a customer sent, by the reference in [`IncomingFile::reference`].
    async fn fetch(&self, reference: &str) -> Result<ByteStream, ChannelError>;
}

/// Where a channel reads the files of an [`Outgoing`] from.
#[async_trait]
pub trait FileSource: Send + Sync {
    /// The bytes of `file`.
    async fn open(&self, file: &OutgoingFile) -> Result<ByteStream, ChannelError>;
}

/// An HTTP request of a platform that pushes updates.
#[derive(Clone)]
#[non_exhaustive]
pub struct Push {
    /// Header names in lower case with their values.
    pub headers: Vec<(String, Vec<u8>)>,
    /// The body.
    pub body: Bytes,
}

impl Push {
    /// A push with `headers` (names in lower case) and `body`.
    pub fn new(headers: Vec<(String, Vec<u8>)>, body: Bytes) -> Self {
        Self { headers, body }
    }

    /// The first header called `name`, given in lower case.
    pub fn header(&self, name: &str) -> Option<&[u8]> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_slice())
    }
}

impl fmt::Debug for Push {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Headers carry the platform's secret and bodies the customer's words.
        f.debug_struct("Push").field("body_bytes", &self.body.len()).finish_non_exhaustive()
    }
}

/// The answer to a [`Push`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum PushReply {
    /// Stored; the platform may forget it.
    Accepted,
    /// The secret is wrong or missing.
    Unauthorized,
    /// The body is nothing that the platform would send.
    Invalid,
    /// This channel takes no pushes.
    NotFound,
    /// It could not be stored now: the platform is to push it again.
    TryAgain,
}

/// A channel shared by the desk's workers.
pub type SharedChannel = Arc<dyn Channel>;
