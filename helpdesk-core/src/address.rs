//! Where a customer can be reached: an address on a channel.

use std::{borrow::Cow, fmt};

use serde::{Deserialize, Serialize};

use crate::limits::ADDRESS_MAX_BYTES;

/// The name of one configured channel, such as `telegram` or `email-sales`: lower-case letters, digits and `-`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ChannelName(Cow<'static, str>);

/// A text that cannot name a channel or an address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidAddress {
    /// A channel's name is 1 to 32 of `a-z`, `0-9` and `-`.
    #[error("a channel's name has 1 to 32 characters out of a-z, 0-9 and '-'")]
    ChannelName,
    /// An address is not empty and at most [`ADDRESS_MAX_BYTES`] long.
    #[error("an address has 1 to {ADDRESS_MAX_BYTES} bytes")]
    Length,
}

impl ChannelName {
    /// Checks and wraps a channel's name.
    pub fn new(name: impl Into<Cow<'static, str>>) -> Result<Self, InvalidAddress> {
        let name = name.into();
        let fits = (1..=32).contains(&name.len())
            && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        if fits { Ok(Self(name)) } else { Err(InvalidAddress::ChannelName) }
    }

    /// The name's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ChannelName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A place on a channel that messages come from and go to: a Telegram chat, a mailbox, a widget's visitor.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Address {
    /// The channel.
    pub channel: ChannelName,
    /// The channel's own name of the place, such as a Telegram chat id.
    pub key: String,
}

impl Address {
    /// Checks and builds an address.
    pub fn new(channel: ChannelName, key: impl Into<String>) -> Result<Self, InvalidAddress> {
        let key = key.into();
        if key.is_empty() || key.len() > ADDRESS_MAX_BYTES {
            return Err(InvalidAddress::Length);
        }
        Ok(Self { channel, key })
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.channel, self.key)
    }
}

/// The channel's own name of a message, such as Telegram's `message_id` or a mail's `Message-ID`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ExternalId(pub String);
