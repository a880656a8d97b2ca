//! Telegram: customers write to a bot, through the [Bot API](https://core.telegram.org/bots/api).
//!
//! - `receive` and `webhook` take updates in, by asking for them or by having them pushed; both confirm an update only after
//!   the [`Desk`] has stored it. teloxide's own dispatcher confirms before its handlers have finished, so it is not used.
//! - `convert` turns an update into what the Desk understands; `groups` answers where the bot does not work.
//! - `render` turns a message into calls, and `send` makes one of them; `fetch` reads a customer's file.
//! - `errors` says of every failed call whether it was carried out and whether to try again.
//!
//! Nothing is kept here that a restart would lose: the Desk applies an update once however often it comes.

mod backoff;
mod commands;
mod connection;
mod convert;
mod errors;
mod fetch;
mod groups;
mod options;
mod pace;
mod receive;
mod render;
mod send;
mod webhook;

use std::{
    fmt,
    sync::{Arc, OnceLock},
};

use async_trait::async_trait;
use helpdesk_core::{
    Address, Channel, ChannelName, Desk, ExternalId,
    blob::ByteStream,
    channel::{Capabilities, ChannelError, FileSource, Outgoing, Part, Push, PushReply, Receipt},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

pub use options::{OptionsError, TelegramOptions, WebhookOptions};

use connection::Connection;
use groups::Groups;
use pace::Pace;

/// The largest file that [`getFile`](https://core.telegram.org/bots/api#getfile) gives a bot.
const FETCH_MAX_BYTES: u64 = 20 * 1024 * 1024;
/// The largest file that a bot may [send](https://core.telegram.org/bots/api#sending-files).
const SEND_MAX_BYTES: u64 = 50 * 1024 * 1024;

/// The Telegram channel of one bot.
///
/// Give it to [`DeskBuilder::channel`](helpdesk_core::DeskBuilder::channel); [`Desk::run`] then receives and sends. With
/// [`TelegramOptions::webhook`], the host also hands Telegram's requests to [`Channel::push`].
///
/// ```
/// use std::sync::Arc;
/// use helpdesk_channels::telegram::{TelegramChannel, TelegramOptions};
/// use helpdesk_core::Channel;
///
/// let token = "123456789:AAF7-g0gYncWnm5IyfZlpPRqRRv6kNAGlao";
/// let channel = Arc::new(TelegramChannel::new(TelegramOptions::new(token.into()))?);
/// assert_eq!(channel.name().as_str(), "telegram");
/// # Ok::<(), helpdesk_channels::telegram::OptionsError>(())
/// ```
pub struct TelegramChannel {
    name: ChannelName,
    bot_id: String,
    /// The bot's username without `@`, once Telegram has told it.
    username: Arc<OnceLock<String>>,
    webhook: Option<WebhookOptions>,
    poll_timeout_seconds: u32,
    connection: Connection,
    pace: Pace,
    groups: Groups,
    /// Small courtesies that nothing waits for: answered button presses, refusals in groups.
    courtesies: TaskTracker,
}

impl TelegramChannel {
    /// A channel with these options. Nothing is sent before [`Channel::run`].
    pub fn new(options: TelegramOptions) -> Result<Self, OptionsError> {
        let options = options.check()?;
        Ok(Self {
            connection: Connection::new(&options)?,
            name: options.name,
            bot_id: options.bot_id,
            username: Arc::default(),
            webhook: options.webhook,
            poll_timeout_seconds: u32::try_from(options.poll_timeout.as_secs()).unwrap_or(u32::MAX),
            pace: Pace::new(options.messages_per_second),
            groups: Groups::default(),
            courtesies: TaskTracker::new(),
        })
    }
}

impl fmt::Debug for TelegramChannel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TelegramChannel")
            .field("name", &self.name)
            .field("bot_id", &self.bot_id)
            .field("webhook", &self.webhook.is_some())
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl Channel for TelegramChannel {
    fn name(&self) -> &ChannelName {
        &self.name
    }

    fn capabilities(&self) -> Capabilities {
        let mut capabilities = Capabilities::default();
        capabilities.buttons = true;
        capabilities.removes_buttons = true;
        capabilities.edits = true;
        capabilities.voice = true;
        capabilities.fetch_max_bytes = FETCH_MAX_BYTES;
        capabilities.send_max_bytes = SEND_MAX_BYTES;
        capabilities
    }

    async fn run(&self, desk: Desk, shutdown: CancellationToken) -> Result<(), ChannelError> {
        receive::run(self, &desk, &shutdown).await
    }

    async fn push(&self, desk: &Desk, push: Push) -> PushReply {
        webhook::take(self, desk, &push).await
    }

    fn render(&self, outgoing: &Outgoing) -> Result<Vec<Part>, ChannelError> {
        render::parts(outgoing)
    }

    async fn send(&self, to: &Address, part: Part, files: &dyn FileSource) -> Result<Receipt, ChannelError> {
        send::send(self, to, part, files).await
    }

    async fn remove_buttons(&self, to: &Address, sent: &ExternalId) -> Result<(), ChannelError> {
        send::remove_buttons(self, to, sent).await
    }

    async fn fetch(&self, reference: &str) -> Result<ByteStream, ChannelError> {
        fetch::fetch(self, reference).await
    }
}
