//! How a Telegram channel is configured, and what is checked before anything is sent.

use std::{fmt, num::NonZeroU32, time::Duration};

use helpdesk_core::ChannelName;
use secrecy::{ExposeSecret, SecretString};

/// Telegram's own Bot API server.
const API_URL: &str = "https://api.telegram.org";

/// The configuration of a [`TelegramChannel`](super::TelegramChannel).
///
/// ```
/// use helpdesk_channels::telegram::{TelegramChannel, TelegramOptions};
///
/// let mut options = TelegramOptions::new("123456789:AAF7-g0gYncWnm5IyfZlpPRqRRv6kNAGlao".into());
/// options.api_url = Some("http://localhost:8081".to_owned());
/// let channel = TelegramChannel::new(options)?;
/// # Ok::<(), helpdesk_channels::telegram::OptionsError>(())
/// ```
#[derive(Clone)]
#[non_exhaustive]
pub struct TelegramOptions {
    /// The channel's name, which is part of every customer's address: `telegram` unless several bots are run.
    pub name: String,
    /// The bot's token, as [@BotFather](https://core.telegram.org/bots/features#botfather) gave it.
    pub token: SecretString,
    /// The address of a [Bot API server](https://core.telegram.org/bots/api#using-a-local-bot-api-server) other than
    /// Telegram's own.
    pub api_url: Option<String>,
    /// Have Telegram push updates to the host instead of asking it for them.
    pub webhook: Option<WebhookOptions>,
    /// How long one question for updates may stay open without any; 50 s unless set, and no more than that.
    pub poll_timeout: Duration,
    /// How long an ordinary call may take; 25 s unless set, to stay below [`Policy::send_timeout`]. With less than about
    /// 12 s, an error of Telegram's servers counts as an unknown outcome: teloxide rests for ten seconds after one.
    ///
    /// [`Policy::send_timeout`]: helpdesk_core::Policy::send_timeout
    pub call_timeout: Duration,
    /// How long sending or fetching one file may take; 10 minutes unless set.
    pub transfer_timeout: Duration,
    /// How many messages are sent in a second to all chats together; 25 unless set.
    /// Telegram [allows](https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this) about 30.
    pub messages_per_second: NonZeroU32,
}

impl TelegramOptions {
    /// Long polling with this token and Telegram's own server.
    pub fn new(token: SecretString) -> Self {
        Self {
            name: "telegram".to_owned(),
            token,
            api_url: None,
            webhook: None,
            poll_timeout: POLL_TIMEOUT_MAX,
            call_timeout: Duration::from_secs(25),
            transfer_timeout: Duration::from_secs(600),
            messages_per_second: MESSAGES_PER_SECOND,
        }
    }
}

impl fmt::Debug for TelegramOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // An address can hold a password, so it is left out like the token.
        f.debug_struct("TelegramOptions")
            .field("name", &self.name)
            .field("webhook", &self.webhook)
            .field("poll_timeout", &self.poll_timeout)
            .field("call_timeout", &self.call_timeout)
            .field("transfer_timeout", &self.transfer_timeout)
            .field("messages_per_second", &self.messages_per_second)
            .finish_non_exhaustive()
    }
}

/// Telegram's servers close a question that is open for longer.
const POLL_TIMEOUT_MAX: Duration = Duration::from_secs(50);

/// With the short burst that the pace allows, this stays below Telegram's limit of about 30.
const MESSAGES_PER_SECOND: NonZeroU32 = NonZeroU32::new(25).expect("not zero");

/// Where Telegram pushes updates to; see [`setWebhook`](https://core.telegram.org/bots/api#setwebhook).
#[derive(Clone)]
#[non_exhaustive]
pub struct WebhookOptions {
    /// The public address at which the host hands requests to [`Channel::push`](helpdesk_core::Channel::push).
    pub url: String,
    /// What Telegram sends along so that nobody else can push: 1 to 256 of `A-Z`, `a-z`, `0-9`, `_` and `-`.
    pub secret: SecretString,
}

impl WebhookOptions {
    /// A webhook at `url`, guarded by `secret`.
    pub fn new(url: impl Into<String>, secret: SecretString) -> Self {
        Self { url: url.into(), secret }
    }
}

impl fmt::Debug for WebhookOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Hosts often make the path itself a secret.
        f.debug_struct("WebhookOptions").finish_non_exhaustive()
    }
}

/// What is wrong with [`TelegramOptions`]; the text says what to change and never repeats a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OptionsError {
    /// The name is none that a channel can have.
    #[error(transparent)]
    Name(#[from] helpdesk_core::address::InvalidAddress),
    /// The token does not look like one.
    #[error("the bot's token is not of the form `123456789:AAF7…`: copy it from @BotFather as it is")]
    Token,
    /// The server's address is not usable.
    #[error("the Bot API server's address must be an http:// or https:// URL")]
    ApiUrl,
    /// The webhook's address is not usable.
    #[error("the webhook's address must be an http:// or https:// URL")]
    WebhookUrl,
    /// The webhook's secret breaks Telegram's rules.
    #[error("the webhook's secret must have 1 to 256 characters out of A-Z, a-z, 0-9, _ and -")]
    WebhookSecret,
    /// A time limit is zero, or `poll_timeout` is below a second.
    #[error("`{0}` is too short")]
    TooShort(&'static str),
    /// The HTTP client cannot be built on this machine.
    #[error("the HTTP client cannot be set up")]
    Client,
}

/// [`TelegramOptions`] that were found to be usable.
pub(super) struct Checked {
    pub(super) name: ChannelName,
    /// The part of the token before the colon: the bot's own user id.
    pub(super) bot_id: String,
    pub(super) token: SecretString,
    pub(super) api_url: String,
    pub(super) webhook: Option<WebhookOptions>,
    pub(super) poll_timeout: Duration,
    pub(super) call_timeout: Duration,
    pub(super) transfer_timeout: Duration,
    pub(super) messages_per_second: NonZeroU32,
}

impl TelegramOptions {
    pub(super) fn check(self) -> Result<Checked, OptionsError> {
        let name = ChannelName::new(self.name)?;
        // A token read from a file ends with a line break more often than not.
        let token = self.token.expose_secret().trim().to_owned();
        let bot_id = bot_id(&token).ok_or(OptionsError::Token)?.to_owned();
        let api_url = match &self.api_url {
            None => API_URL.to_owned(),
            Some(url) if is_http(url) => url.trim().trim_end_matches('/').to_owned(),
            Some(_) => return Err(OptionsError::ApiUrl),
        };
        if let Some(webhook) = &self.webhook {
            if !is_http(&webhook.url) {
                return Err(OptionsError::WebhookUrl);
            }
            if !is_webhook_secret(webhook.secret.expose_secret()) {
                return Err(OptionsError::WebhookSecret);
            }
        }
        if self.poll_timeout < Duration::from_secs(1) {
            return Err(OptionsError::TooShort("poll_timeout"));
        }
        if self.call_timeout.is_zero() {
            return Err(OptionsError::TooShort("call_timeout"));
        }
        if self.transfer_timeout.is_zero() {
            return Err(OptionsError::TooShort("transfer_timeout"));
        }
        Ok(Checked {
            name,
            bot_id,
            token: token.into(),
            api_url,
            webhook: self.webhook,
            poll_timeout: self.poll_timeout.min(POLL_TIMEOUT_MAX),
            call_timeout: self.call_timeout,
            transfer_timeout: self.transfer_timeout,
            messages_per_second: self.messages_per_second,
        })
    }
}

/// The bot's id out of a token that has the right shape. The token becomes a part of a path, so its alphabet matters.
fn bot_id(token: &str) -> Option<&str> {
    let (id, secret) = token.split_once(':')?;
    let id_fits = (1..=20).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_digit());
    let secret_fits = (1..=128).contains(&secret.len())
        && secret.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    (id_fits && secret_fits).then_some(id)
}

fn is_http(url: &str) -> bool {
    let url = url.trim();
    ["http://", "https://"].iter().any(|scheme| url.len() > scheme.len() && url.starts_with(scheme))
}

fn is_webhook_secret(secret: &str) -> bool {
    (1..=256).contains(&secret.len())
        && secret.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "123456789:AAF7-g0gYncWnm5IyfZlpPRqRRv6kNAGlao";

    fn checked(change: impl FnOnce(&mut TelegramOptions)) -> Result<Checked, OptionsError> {
        let mut options = TelegramOptions::new(TOKEN.into());
        change(&mut options);
        options.check()
    }

    #[test]
    fn usable_options_are_taken() {
        let taken = checked(|options| {
            options.token = format!(" {TOKEN}\n").into();
            options.api_url = Some("http://localhost:8081/".to_owned());
            options.webhook = Some(WebhookOptions::new("https://example.com/hook", "s_e-C1".into()));
        });
        let Ok(taken) = taken else { panic!("they are usable") };
        assert_eq!(taken.bot_id, "123456789");
        assert_eq!(taken.token.expose_secret(), TOKEN);
        assert_eq!(taken.api_url, "http://localhost:8081");
    }

    #[test]
    fn each_unusable_option_is_named() {
        for token in ["", "123", "abc:def", "1:a/../b", "1:", ":a", "1:пароль"] {
            assert_eq!(checked(|o| o.token = token.into()).err(), Some(OptionsError::Token), "{token}");
        }
        for url in ["", "localhost", "ftp://x", "http://"] {
            assert_eq!(checked(|o| o.api_url = Some(url.to_owned())).err(), Some(OptionsError::ApiUrl), "{url}");
        }
        let hook = |url: &str, secret: &str| {
            checked(|o| o.webhook = Some(WebhookOptions::new(url, secret.to_owned().into()))).err()
        };
        assert_eq!(hook("example.com", "s"), Some(OptionsError::WebhookUrl));
        assert_eq!(hook("https://example.com", ""), Some(OptionsError::WebhookSecret));
        assert_eq!(hook("https://example.com", "no spaces"), Some(OptionsError::WebhookSecret));
        assert!(matches!(checked(|o| o.name = "Top Bot".to_owned()).err(), Some(OptionsError::Name(_))));
        let short = checked(|o| o.poll_timeout = Duration::from_millis(10)).err();
        assert_eq!(short, Some(OptionsError::TooShort("poll_timeout")));
    }

    #[test]
    fn debug_shows_no_secret() {
        let mut options = TelegramOptions::new(TOKEN.into());
        options.webhook = Some(WebhookOptions::new("https://example.com/hidden-path", "hidden-secret".into()));
        let shown = format!("{options:?}");
        assert!(!shown.contains("AAF7") && !shown.contains("hidden"), "{shown}");
    }
}
