//! Search by words: enough for tests and trials, and a stand-in for a real stemmer.
//!
//! Two words count as inflections of one when they are alike without their endings, out of a short list. It knows nothing of
//! irregular forms, alternating stems or suffixes: databases do it properly.

use std::cmp::Reverse;

use super::{
    list::{Found, paginate},
    tables::{KeptMessage, Tables},
};
use crate::{
    chat::ChatKind,
    message::AttachmentBody,
    session::Session,
    storage::{MessageHit, Page, PageRequest, SearchFilter, StorageError},
};

/// Endings of Russian nouns, adjectives and verbs, and of English words.
const ENDINGS: [&str; 46] = [
    "а", "я", "о", "е", "у", "ю", "ы", "и", "ь", "й", "ой", "ей", "ом", "ем", "ам", "ям", "ах", "ях", "ов", "ев", "ий",
    "ый", "ая", "яя", "ое", "ее", "ие", "ые", "им", "ым", "их", "ых", "ую", "ею", "ами", "ями", "ого", "его", "ому",
    "ему", "ыми", "ими", "s", "e", "ed", "ing",
];
/// Fewest letters that are left of a word without its ending.
const STEM_MIN_CHARS: usize = 3;

impl Tables {
    pub(super) fn message_search(
        &self,
        filter: &SearchFilter,
        page: &PageRequest,
    ) -> Result<Page<MessageHit>, StorageError> {
        let query = words(&filter.query);
        let hits = self.messages.values().filter_map(|kept| {
            let session = self.session_of(kept).filter(|session| passes(session, filter))?;
            let found = !query.is_empty() && kept.message.deleted_at.is_none() && holds_all(&query, kept);
            found.then(|| {
                let hit = MessageHit { message: kept.message.clone(), session: session.clone() };
                (Found(Reverse(kept.place)), hit)
            })
        });
        paginate(hits.collect(), page)
    }

    fn session_of(&self, kept: &KeptMessage) -> Option<&Session> {
        match self.chats.get(&kept.message.chat)?.kind {
            ChatKind::Support { session } => self.sessions.get(&session).map(AsRef::as_ref),
            _ => None,
        }
    }
}

fn passes(session: &Session, filter: &SearchFilter) -> bool {
    (!filter.handed_over_only || session.handed_over_at.is_some())
        && filter.session.is_none_or(|wanted| session.id == wanted)
}

/// Whether the text and the transcripts of a message together hold every word of `query`.
fn holds_all(query: &[String], kept: &KeptMessage) -> bool {
    let mut held = words(&kept.message.text);
    for attachment in &kept.message.attachments {
        if let AttachmentBody::File(file) = &attachment.body
            && let Some(transcript) = file.transcript.text()
        {
            held.extend(words(transcript));
        }
    }
    query.iter().all(|wanted| held.iter().any(|word| same_word(wanted, word)))
}

/// The words of a text: runs of letters and digits, in lower case, with `ё` written as `е`.
fn words(text: &str) -> Vec<String> {
    let lower = text.to_lowercase().replace('ё', "е");
    lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

/// Whether two words are the same, or look like inflections of one.
fn same_word(one: &str, other: &str) -> bool {
    one == other || stem(one) == stem(other)
}

/// A word without its endings (“invoic-e-s”), and without the consonant that an ending doubled (“cancel-l-ed”).
fn stem(word: &str) -> &str {
    let stem = ENDINGS
        .iter()
        .filter_map(|ending| word.strip_suffix(ending))
        .filter(|stem| stem.chars().count() >= STEM_MIN_CHARS)
        .min_by_key(|stem| stem.len());
    let Some(stem) = stem else { return word };
    let mut letters = stem.chars().rev();
    let doubled = letters.next().filter(|last| letters.next() == Some(*last));
    let single = doubled.map_or(stem, |last| &stem[..stem.len() - last.len_utf8()]);
    // “invoices” loses its “s” and then its “e”.
    single.strip_suffix('e').unwrap_or(single)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inflections_are_one_word_and_numbers_are_not() {
        assert!(same_word("оплата", "оплатой"));
        assert!(same_word("printing", "printed"));
        assert!(!same_word("9921", "99213"));
        assert!(!same_word("карта", "картина"));
    }

    #[test]
    fn a_number_is_found_by_its_pieces() {
        assert_eq!(words("Счёт AB-9921!"), ["счет", "ab", "9921"]);
    }
}
