//! The HTTP clients that calls are made with. Their time limits differ by what is waited for: a question for updates stays
//! open on purpose, a file takes as long as it takes, and everything else is short.

use std::time::Duration;

use secrecy::ExposeSecret;
use teloxide::{Bot, net::default_reqwest_settings};

use super::options::{Checked, OptionsError};

/// How much longer a client waits for the answer to a question for updates than Telegram keeps it open.
const POLL_MARGIN: Duration = Duration::from_secs(15);
/// How long a download may stand still.
const DOWNLOAD_STALL: Duration = Duration::from_secs(60);

/// The bot under each of the time limits.
///
/// [`Bot`] prints its token with `{:?}`, so this has no `Debug`.
pub(super) struct Connection {
    /// Short calls.
    pub(super) calls: Bot,
    /// Questions for updates.
    pub(super) polls: Bot,
    /// Files on their way to Telegram.
    pub(super) uploads: Bot,
    /// Files on their way from Telegram.
    pub(super) downloads: Bot,
}

impl Connection {
    pub(super) fn new(options: &Checked) -> Result<Self, OptionsError> {
        let polling = options.poll_timeout + POLL_MARGIN;
        let transfer = options.transfer_timeout;
        Ok(Self {
            calls: bot(options, options.call_timeout, options.call_timeout)?,
            polls: bot(options, polling, polling)?,
            uploads: bot(options, transfer, transfer)?,
            downloads: bot(options, transfer, transfer.min(DOWNLOAD_STALL))?,
        })
    }
}

/// A bot whose calls take `total` at most, and wait for no more than `stall` for the next bytes.
fn bot(options: &Checked, total: Duration, stall: Duration) -> Result<Bot, OptionsError> {
    let client = default_reqwest_settings().timeout(total).read_timeout(stall).build();
    let client = client.map_err(|_| OptionsError::Client)?;
    let url = options.api_url.parse().map_err(|_| OptionsError::ApiUrl)?;
    Ok(Bot::with_client(options.token.expose_secret(), client).set_api_url(url))
}
