//! The words of a text as search knows them: in lower case, with `ё` as `е`, cut down to their stems.
//!
//! Texts and queries go through the same steps, so two inflections of one word become the same stem. Cyrillic words are
//! stemmed as Russian ones, Latin words as English ones; numbers and words with digits in them are kept as they are. What
//! comes out holds letters and digits alone, which is what makes it safe between quotation marks in a query.
//!
//! Snowball's Russian takes many nouns for verbs: it makes `отм` of «отмена» and `отмен` of «отмены», `кред` of «кредит» and
//! `кредит` of «кредита». So a Russian word has three forms: Snowball's stem, the word without the endings of nouns and
//! adjectives, and the word itself (which is a stem already in names such as «Петров»). It is found by any of them.
//!
//! A name such as `AB-9921` is found as it stands, as `AB9921`, and by either half: a text gives all of these words, a query
//! asks for those that the person typed.

use std::collections::BTreeSet;

use helpdesk_core::message::{Attachment, AttachmentBody};
use rust_stemmers::{Algorithm, Stemmer};

/// Longest name that is also kept in one piece, in bytes: part numbers and order numbers, not links.
const JOINED_MAX_BYTES: usize = 64;
/// Fewest letters that are left of a word without its ending.
const STEM_MIN_CHARS: usize = 3;
/// The endings of Russian nouns and adjectives, longest first.
const NOUN_ENDINGS: [&str; 51] = [
    "иями", "ями", "ами", "иям", "иях", "ией", "ого", "его", "ому", "ему", "ыми", "ими", "ов", "ев", "ей", "ой", "ий",
    "ый", "ам", "ям", "ах", "ях", "ом", "ем", "ым", "им", "их", "ых", "ую", "юю", "ая", "яя", "ое", "ее", "ые", "ие",
    "ия", "ию", "ии", "ью", "ье", "а", "я", "о", "е", "у", "ю", "ы", "и", "ь", "й",
];

/// The words that a message is found by: of its text, its transcripts, and the names on its attachments.
pub(super) fn of_message(text: &str, attachments: &[Attachment]) -> String {
    let mut words = BTreeSet::new();
    collect(text, &mut words);
    for attachment in attachments {
        match &attachment.body {
            AttachmentBody::File(file) => {
                collect(&file.name, &mut words);
                collect(file.transcript.text().unwrap_or_default(), &mut words);
            }
            AttachmentBody::Location { title, .. } => collect(title.as_deref().unwrap_or_default(), &mut words),
            AttachmentBody::Contact { name, phone } => {
                collect(name, &mut words);
                collect(phone, &mut words);
            }
            AttachmentBody::Reference { key, .. } => collect(key, &mut words),
            _ => {}
        }
    }
    words.into_iter().collect::<Vec<_>>().join(" ")
}

/// The full-text query that asks for every word of `query`; `None` when there is no word in it.
pub(super) fn of_query(query: &str) -> Option<String> {
    let folded = fold(query);
    let words: BTreeSet<_> = split(&folded).map(|word| either(&forms(word))).collect();
    (!words.is_empty()).then(|| words.into_iter().collect::<Vec<_>>().join(" AND "))
}

fn either(forms: &[String]) -> String {
    let quoted: Vec<_> = forms.iter().map(|form| format!("\"{form}\"")).collect();
    format!("({})", quoted.join(" OR "))
}

fn fold(text: &str) -> String {
    text.to_lowercase().replace('ё', "е")
}

fn split(folded: &str) -> impl Iterator<Item = &str> {
    folded.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty())
}

/// The forms that a word is found by, each once.
fn forms(word: &str) -> Vec<String> {
    let whole = || vec![word.to_owned()];
    match word.chars().next() {
        _ if !word.chars().all(char::is_alphabetic) => whole(),
        Some('a'..='z') => vec![snowball(word, Algorithm::English)],
        Some('\u{400}'..='\u{4ff}') => {
            let forms = [snowball(word, Algorithm::Russian), without_noun_ending(word).to_owned(), word.to_owned()];
            BTreeSet::from(forms).into_iter().collect()
        }
        _ => whole(),
    }
}

fn snowball(word: &str, algorithm: Algorithm) -> String {
    Stemmer::create(algorithm).stem(word).into_owned()
}

fn without_noun_ending(word: &str) -> &str {
    let mut stems = NOUN_ENDINGS.iter().filter_map(|ending| word.strip_suffix(ending));
    stems.find(|stem| stem.chars().count() >= STEM_MIN_CHARS).unwrap_or(word)
}

/// Adds the words of a text, and the pieces and wholes of what is made of letters and digits.
fn collect(text: &str, words: &mut BTreeSet<String>) {
    let folded = fold(text);
    for word in split(&folded) {
        words.extend(forms(word));
        if is_mixed(word) {
            words.extend(runs(word).flat_map(forms));
        }
    }
    for name in folded.split_whitespace().filter(|name| name.contains(|c: char| c.is_numeric())) {
        let joined: String = split(name).collect();
        if joined.len() <= JOINED_MAX_BYTES {
            words.extend(forms(&joined));
        }
    }
}

fn is_mixed(word: &str) -> bool {
    word.contains(char::is_alphabetic) && word.contains(char::is_numeric)
}

/// The runs of letters and the runs of digits of a word.
fn runs(word: &str) -> impl Iterator<Item = &str> {
    let mut rest = word;
    std::iter::from_fn(move || {
        let digits = rest.chars().next()?.is_numeric();
        let end = rest.find(|c: char| c.is_numeric() != digits).unwrap_or(rest.len());
        let (run, after) = rest.split_at(end);
        rest = after;
        Some(run)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finds(query: &str, text: &str) -> bool {
        let words = of_message(text, &[]);
        let words: BTreeSet<_> = words.split(' ').collect();
        let query = fold(query);
        split(&query).all(|word| forms(word).iter().any(|form| words.contains(form.as_str())))
    }

    #[test]
    fn inflections_find_each_other() {
        for (query, text) in [
            ("возврат", "Подскажите по возвратам, пожалуйста"),
            ("оплаты заказов", "Не проходит оплата заказа"),
            ("отмена", "Хочу отмены заказа"),
            ("кредит", "расчёт по кредиту"),
            ("Петров", "передайте Петрову"),
            ("Петровым", "это Петров"),
            ("автомобили", "страховка автомобиля"),
            ("ВСЁ", "всего хорошего, все получилось"),
            ("еще", "Ещё вопрос"),
            ("refund", "Where are my refunds?"),
            ("paying", "I paid, then I pay again"),
            ("doors", "the door's handle"),
        ] {
            assert!(finds(query, text), "{query} in {text}");
        }
        assert!(!finds("гарантия", "Не проходит оплата"));
        assert!(!finds("оплата гарантии", "Не проходит оплата"));
        assert!(!finds("карта", "картина"));
    }

    #[test]
    fn a_name_is_found_whole_and_in_pieces() {
        for text in ["Заказ AB-9921 не пришёл", "Заказ AB9921, где он?", "см. AB/9921."] {
            for query in ["AB-9921", "ab9921", "9921", "ab"] {
                assert!(finds(query, text), "{query} in {text}");
            }
            assert!(!finds("99", text));
        }
        assert!(finds("+7 912 345-67-89", "звоните +7 (912) 345-67-89"));
        assert!(finds("ВАЗ-2107", "машина ваз2107"));
    }

    #[test]
    fn a_query_has_no_syntax_of_the_persons_own() {
        assert_eq!(of_query("NEAR(a* b) -c").unwrap(), r#"("a") AND ("b") AND ("c") AND ("near")"#);
        assert_eq!(of_query("x:\"отмена").unwrap(), r#"("x") AND ("отм" OR "отмен" OR "отмена")"#);
        assert_eq!(of_query(" … ?! "), None);
    }

    #[test]
    fn forms_hold_letters_and_digits_alone() {
        for word in split(&fold("don't rock'n'roll l'été O'Neil объём съезд ﬁne ǅ Straße")) {
            assert!(
                forms(word).iter().all(|form| !form.is_empty() && form.chars().all(char::is_alphanumeric)),
                "{word}"
            );
        }
    }
}
