//! What a host may set about the facade. [`HttpOptions::default`] suits a host behind HTTPS without a proxy in between.

use std::{num::NonZeroU32, time::Duration};

use secrecy::SecretString;
use tokio_util::sync::CancellationToken;

/// How the facade treats its clients.
///
/// ```
/// use helpdesk_http::{HttpOptions, options::CookieOptions};
/// let behind_plain_http = HttpOptions {
///     cookie: CookieOptions { secure: false, ..CookieOptions::default() },
///     ..HttpOptions::default()
/// };
/// # drop(behind_plain_http);
/// ```
#[derive(Debug, Clone)]
pub struct HttpOptions {
    /// How long a login lasts.
    pub token_lifetime: Duration,
    /// The cookie that browsers keep their login in.
    pub cookie: CookieOptions,
    /// Origins besides the host's own, such as `https://desk.example`, whose pages may act with the cookie.
    pub allowed_origins: Vec<String>,
    /// How many proxies in front of the host add to `X-Forwarded-For`; 0 takes the connection's own address. A number
    /// higher than the truth lets clients choose the address that their logins are counted by.
    pub trusted_proxies: usize,
    /// How often a password may be tried.
    pub login_limits: LoginLimits,
    /// What hashing a password costs.
    pub password_cost: PasswordCost,
    /// Who may read `/metrics`.
    pub metrics: MetricsAccess,
    /// How live feeds are kept open.
    pub feed: FeedOptions,
    /// How long a client may take to send a JSON body, or the next piece of an upload.
    pub read_timeout: Duration,
    /// Cancelled when the host shuts down: live feeds end at once, which a graceful shutdown would wait for otherwise.
    pub shutdown: CancellationToken,
}

impl Default for HttpOptions {
    fn default() -> Self {
        Self {
            token_lifetime: Duration::from_secs(30 * 24 * 3600),
            cookie: CookieOptions::default(),
            allowed_origins: Vec::new(),
            trusted_proxies: 0,
            login_limits: LoginLimits::default(),
            password_cost: PasswordCost::default(),
            metrics: MetricsAccess::Open,
            feed: FeedOptions::default(),
            read_timeout: Duration::from_secs(30),
            shutdown: CancellationToken::new(),
        }
    }
}

/// The cookie that browsers keep their login in: `HttpOnly` and `SameSite=Strict`, always.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CookieOptions {
    /// Its name.
    pub name: String,
    /// Its path; `None` takes the prefix that the router is mounted under. Set it where a proxy rewrites paths.
    pub path: Option<String>,
    /// Whether browsers send it over HTTPS alone. Turn it off for development without HTTPS only.
    pub secure: bool,
}

impl Default for CookieOptions {
    fn default() -> Self {
        Self { name: "helpdesk_token".to_owned(), path: None, secure: true }
    }
}

/// How often a password may be tried, per account and per client address; an IPv6 client counts by its /64 network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LoginLimits {
    /// For one account, whoever tries.
    pub per_account: LoginLimit,
    /// For one client address, whatever the account. Wider, since a whole office can share one.
    pub per_address: LoginLimit,
}

impl Default for LoginLimits {
    fn default() -> Self {
        let quick = |tries: u32, pause_seconds| LoginLimit {
            quick_tries: NonZeroU32::new(tries).unwrap_or(NonZeroU32::MIN),
            pause: Duration::from_secs(pause_seconds),
        };
        Self { per_account: quick(10, 30), per_address: quick(100, 5) }
    }
}

/// Some tries at once, then one per pause.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LoginLimit {
    /// Tries without a pause.
    pub quick_tries: NonZeroU32,
    /// How long it takes to get one try back; at least a millisecond.
    pub pause: Duration,
}

/// The cost of one Argon2id hash. Passwords that were hashed under another cost stay valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PasswordCost {
    /// Memory in KiB; at least 8.
    pub memory_kib: u32,
    /// Passes over the memory; at least 1.
    pub passes: u32,
}

impl Default for PasswordCost {
    /// What OWASP recommends: 19 MiB and two passes.
    fn default() -> Self {
        Self { memory_kib: 19 * 1024, passes: 2 }
    }
}

/// Who may read `/metrics`.
#[derive(Debug, Clone, Default)]
pub enum MetricsAccess {
    /// Everyone who can reach it.
    #[default]
    Open,
    /// Those who send this token as `Authorization: Bearer …`.
    Token(SecretString),
    /// Nobody: nothing is counted.
    Off,
}

/// How live feeds are kept open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FeedOptions {
    /// How often a reader is pinged and its login looked at again; at least a millisecond.
    pub ping_interval: Duration,
    /// How long a reader may take to accept one item before it is dropped.
    pub send_timeout: Duration,
}

impl Default for FeedOptions {
    fn default() -> Self {
        Self { ping_interval: Duration::from_secs(20), send_timeout: Duration::from_secs(30) }
    }
}

impl FeedOptions {
    /// The interval that timers take, which panic at zero.
    pub(crate) fn ping_every(self) -> Duration {
        self.ping_interval.max(Duration::from_millis(1))
    }
}
