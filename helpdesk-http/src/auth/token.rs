//! Login tokens: opaque, random, and known to their holder alone. The storage keeps a hash, so that who reads the database
//! cannot log in with what is there.

use std::fmt;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use helpdesk_core::person::TokenHash;
use rand::RngCore;
use sha2::{Digest, Sha256};

/// Marks our tokens, so that scanners for leaked secrets can know them.
const PREFIX: &str = "hd_";
const RANDOM_BYTES: usize = 32;
/// The prefix, and 32 bytes in unpadded base64.
const LENGTH: usize = PREFIX.len() + 43;

/// A login token in the clear.
#[derive(Clone)]
pub(crate) struct Token(String);

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(..)")
    }
}

impl Token {
    /// A new token.
    pub(crate) fn random() -> Self {
        let mut bytes = [0; RANDOM_BYTES];
        rand::rng().fill_bytes(&mut bytes);
        Self(format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes)))
    }

    /// A token that a client sent, if it has the form of one.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let random = text.strip_prefix(PREFIX)?;
        let fits = text.len() == LENGTH && random.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
        fits.then(|| Self(text.to_owned()))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// The token for its holder.
    pub(crate) fn into_text(self) -> String {
        self.0
    }

    /// What the storage knows it by.
    pub(crate) fn hash(&self) -> TokenHash {
        TokenHash(Sha256::digest(self.0.as_bytes()).into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_reads_back_and_hides_itself() {
        let token = Token::random();
        assert_eq!(Token::parse(token.as_str()).unwrap().hash(), token.hash());
        assert_ne!(Token::random().hash(), token.hash());
        assert_eq!(format!("{token:?}"), "Token(..)");
    }

    #[test]
    fn what_has_another_form_is_no_token() {
        let token = Token::random();
        for text in ["", "hd_", "hd_short", &token.as_str()[3..], &format!("{}x", token.as_str()), &"é".repeat(23)] {
            assert!(Token::parse(text).is_none(), "{text}");
        }
    }
}
