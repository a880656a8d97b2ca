//! A person's language, as far as phrases and stemming care: the primary subtag of a BCP 47 tag.

use std::{borrow::Cow, fmt};

use serde::{Deserialize, Serialize};

/// The primary subtag of a language, such as `ru` or `en`, in lower case.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Language(Cow<'static, str>);

impl Language {
    /// English, which every phrase falls back to.
    pub const ENGLISH: Self = Self(Cow::Borrowed("en"));
    /// Russian.
    pub const RUSSIAN: Self = Self(Cow::Borrowed("ru"));

    /// Reads a BCP 47 tag as messengers give it (`ru`, `en-GB`, `pt_BR`). Anything that is no tag counts as English.
    ///
    /// ```
    /// use helpdesk_core::Language;
    /// assert_eq!(Language::from_tag("ru-RU"), Language::RUSSIAN);
    /// assert_eq!(Language::from_tag("??"), Language::ENGLISH);
    /// ```
    pub fn from_tag(tag: &str) -> Self {
        let primary = tag.split(['-', '_']).next().unwrap_or_default();
        match primary {
            "ru" => Self::RUSSIAN,
            "en" => Self::ENGLISH,
            other if (2..=3).contains(&other.len()) && other.bytes().all(|b| b.is_ascii_alphabetic()) => {
                Self(Cow::Owned(other.to_ascii_lowercase()))
            }
            _ => Self::ENGLISH,
        }
    }

    /// The subtag, such as `ru`.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
