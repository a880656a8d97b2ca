//! Where a server is and how long it may take.

use secrecy::SecretString;
use serde::Deserialize;

/// Longest wait for a connection, in seconds, where the host sets no other.
const CONNECT_TIMEOUT_DEFAULT_SECONDS: u64 = 5;
/// Longest wait for a whole answer, in seconds, where the host sets no other: below the Desk's own limit of a minute, so
/// that the reason is told and not just that it took too long.
const TIMEOUT_DEFAULT_SECONDS: u64 = 45;

/// A server that speaks `OpenAI`'s protocol.
///
/// ```
/// use helpdesk_channels::openai::OpenAiEndpoint;
///
/// let endpoint = OpenAiEndpoint::new("https://api.openai.com/v1").with_key("sk-secret".to_owned().into());
/// assert!(!format!("{endpoint:?}").contains("sk-secret"));
/// ```
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct OpenAiEndpoint {
    /// The address before `/chat/completions`, such as `https://api.openai.com/v1` or `http://127.0.0.1:11434/v1`.
    pub base_url: String,
    /// The key that is sent as a bearer token; servers of one's own often need none.
    #[serde(default)]
    pub key: Option<SecretString>,
    /// Longest wait for a connection, in seconds.
    #[serde(default = "connect_timeout_default_seconds")]
    pub connect_timeout_seconds: u64,
    /// Longest wait for a whole answer, the upload of a voice included, in seconds.
    #[serde(default = "timeout_default_seconds")]
    pub timeout_seconds: u64,
}

/// Why a client of an endpoint cannot be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EndpointError {
    /// `base_url` is no `http` or `https` address. It is not repeated here: a mistaken one may carry a password.
    #[error("base_url must be an http:// or https:// address without user name, query and fragment")]
    Address,
    /// The key holds letters that a header cannot carry, such as a line break.
    #[error("the key holds characters that a header cannot carry")]
    Key,
    /// A setting is outside its limits.
    #[error("{setting} {expected}")]
    Setting {
        /// The setting's name.
        setting: &'static str,
        /// What it must be.
        expected: &'static str,
    },
    /// The TLS library refused its set-up.
    #[error("TLS cannot be set up")]
    Tls(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl OpenAiEndpoint {
    /// The server at `base_url`, without a key.
    pub fn new(base_url: impl Into<String>) -> Self {
        Self {
            base_url: base_url.into(),
            key: None,
            connect_timeout_seconds: CONNECT_TIMEOUT_DEFAULT_SECONDS,
            timeout_seconds: TIMEOUT_DEFAULT_SECONDS,
        }
    }

    /// The same server with a key.
    pub fn with_key(mut self, key: SecretString) -> Self {
        self.key = Some(key);
        self
    }

    /// The same server with another limit on a whole answer, in seconds.
    pub fn with_timeout_seconds(mut self, seconds: u64) -> Self {
        self.timeout_seconds = seconds;
        self
    }
}

fn connect_timeout_default_seconds() -> u64 {
    CONNECT_TIMEOUT_DEFAULT_SECONDS
}

fn timeout_default_seconds() -> u64 {
    TIMEOUT_DEFAULT_SECONDS
}
