//! From text to the terms that are searched: lower case, `ё` as `е`, without stop words and courtesies, stemmed. Pure.
//!
//! The tokenizer, the stop words and the stemmers are those of the `bm25` crate. What is added here are the habits of
//! people who write to support: "hello, could you please help me, I have a question" says nothing about the question.

use std::collections::HashSet;

use bm25::{DefaultTokenizer, Tokenizer};
use helpdesk_core::Language;

/// Words of courtesy and of asking as such. They are said in any request, so they must neither find an article nor count
/// against one. Surface forms; they are stemmed like the text is, so one form stands for its inflections.
const ENGLISH_COURTESIES: &str = "\
    hello hi hey dear good morning afternoon evening day greetings please thanks thank help assist support \
    question problem issue want wanted would could may might must need like know tell say show explain advise \
    understand let possible able way try tried trying get got also anyone someone somebody something anything \
    guys sir new old much many lot yes ok okay well still already yet says actually really maybe us hm today \
    yesterday tomorrow now";

/// As [`ENGLISH_COURTESIES`], in Russian.
const RUSSIAN_COURTESIES: &str = "\
    здравствуйте привет приветствую добрый день вечер утро доброе доброго пожалуйста спасибо благодарю \
    подскажите подскажи скажите скажи помогите помоги помочь помощь помогло помогает поддержка расскажите \
    объясните вопрос проблема хочу хочется хотел хотела хотелось хотим нужно надо нужен нужна необходимо могу \
    могли может можете возможно получается получилось пытаюсь пробую пробовал пробовала сделать делать каким \
    образом способ почему сколько оформить пишет говорит это эта какие какое каких который которая которые \
    кто-нибудь что-то как-то где-то вообще просто очень большое много новый старый также ещё всё моё её мои моего \
    моей моих моему ваш ваша ваше ваши вашего вашей вашем вашу наш наша нам нас свои своего да ок ладно ага угу \
    вчера сегодня завтра уважаемые ребята блин понял поняла понимаю знаю";

/// Shortest term that is searched, in characters: single letters are list marks and typing slips.
const TERM_MIN_CHARS: usize = 2;

/// Splits texts of one language into terms.
pub(super) struct Words {
    tokenizer: DefaultTokenizer,
    courtesies: HashSet<String>,
}

impl Words {
    /// The words of `language`. Languages without a stemmer are searched by whole words.
    pub(super) fn new(language: &Language) -> Self {
        let known = stemming(language);
        let tokenizer = DefaultTokenizer::builder()
            // The crate's normalisation writes Cyrillic in Latin letters, which its Russian stemmer cannot read.
            .normalization(false)
            .stemming(known.is_some())
            .stopwords(known.is_some())
            .language_mode(known.unwrap_or(bm25::Language::English))
            .build();
        let courtesies = match language.as_str() {
            "en" => ENGLISH_COURTESIES,
            "ru" => RUSSIAN_COURTESIES,
            _ => "",
        };
        let courtesies = tokenizer.tokenize(&fold(courtesies)).into_iter().collect();
        Self { tokenizer, courtesies }
    }
}

impl Tokenizer for Words {
    fn tokenize(&self, text: &str) -> Vec<String> {
        let mut terms = self.tokenizer.tokenize(&fold(text));
        terms.retain(|term| term.chars().count() >= TERM_MIN_CHARS && !self.courtesies.contains(term));
        terms
    }
}

/// Whether a term is an order number, a sum, a code: it tells one case from another, not one topic from another.
pub(super) fn is_number(term: &str) -> bool {
    term.chars().any(|letter| letter.is_ascii_digit())
}

/// One spelling for what is written in several ways.
fn fold(text: &str) -> String {
    let text = text.to_lowercase();
    // Some systems send й and ё as a letter and a combining mark.
    let text = text.replace("и\u{306}", "й").replace("е\u{308}", "е").replace('ё', "е");
    // The stop words know "can't" as "can" and "t".
    let text = text.replace(['\'', '’', '`', '-'], " ");
    // Addresses would fall apart into words that nobody asked about.
    let mut words = text.split_whitespace().filter(|word| !word.contains('@') && !word.contains("://")).peekable();
    let mut folded = String::with_capacity(text.len());
    while let Some(word) = words.next() {
        match words.peek().and_then(|next| phrasal_verb(word, next)) {
            Some(verb) => {
                words.next();
                folded.push_str(verb);
            }
            None => folded.push_str(word),
        }
        folded.push(' ');
    }
    folded
}

/// English verbs that live on a particle which is a stop word by itself: without it, "sign up" and "sign in" would be one.
fn phrasal_verb(word: &str, next: &str) -> Option<&'static str> {
    fn bare(word: &str) -> &str {
        word.trim_matches(|letter: char| !letter.is_alphanumeric())
    }
    match (bare(word), bare(next)) {
        ("sign" | "signing" | "signed", "up") => Some("signup"),
        ("sign" | "signing" | "signed" | "log" | "logging" | "logged", "in" | "into" | "on") => Some("login"),
        _ => None,
    }
}

/// The stemmer for `language`, if there is one.
fn stemming(language: &Language) -> Option<bm25::Language> {
    Some(match language.as_str() {
        "ar" => bm25::Language::Arabic,
        "da" => bm25::Language::Danish,
        "de" => bm25::Language::German,
        "el" => bm25::Language::Greek,
        "en" => bm25::Language::English,
        "es" => bm25::Language::Spanish,
        "fr" => bm25::Language::French,
        "hu" => bm25::Language::Hungarian,
        "it" => bm25::Language::Italian,
        "nl" => bm25::Language::Dutch,
        "no" | "nb" => bm25::Language::Norwegian,
        "pt" => bm25::Language::Portuguese,
        "ro" => bm25::Language::Romanian,
        "ru" => bm25::Language::Russian,
        "sv" => bm25::Language::Swedish,
        "tr" => bm25::Language::Turkish,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn terms(language: &Language, text: &str) -> Vec<String> {
        Words::new(language).tokenize(text)
    }

    #[test]
    fn inflections_and_spellings_meet_in_one_term() {
        let cases = [
            (Language::RUSSIAN, "пароль", "ПАРОЛЯ"),
            (Language::RUSSIAN, "счёт", "счета"),
            (Language::RUSSIAN, "расчётный", "расче\u{308}тныи\u{306}"),
            (Language::RUSSIAN, "посылка", "посылки"),
            (Language::ENGLISH, "invoice", "Invoices"),
            (Language::ENGLISH, "delivery", "deliveries"),
            (Language::ENGLISH, "login", "**Log in**"),
            (Language::ENGLISH, "signing into", "sign-in?"),
            (Language::ENGLISH, "signup", "sign up!"),
        ];
        for (language, one, other) in cases {
            let (one, other) = (terms(&language, one), terms(&language, other));
            assert_eq!((one.len(), &one), (1, &other));
        }
    }

    #[test]
    fn courtesies_and_addresses_leave_no_terms() {
        let cases = [
            (Language::ENGLISH, "Hello! Could you please help me? I've a question, don't I?"),
            (Language::RUSSIAN, "Здравствуйте, подскажите, пожалуйста, у меня такой вопрос"),
            (Language::RUSSIAN, "Ещё моё всё это"),
            (Language::ENGLISH, "me@example.com https://a.example/password a b c"),
            (Language::ENGLISH, "🙂 👍 ?!"),
        ];
        for (language, text) in cases {
            assert_eq!(terms(&language, text), Vec::<String>::new(), "{text}");
        }
    }

    #[test]
    fn a_language_without_a_stemmer_is_searched_by_whole_words() {
        assert_eq!(terms(&Language::from_tag("pl"), "Hasło i hasła"), ["hasło", "hasła"]);
    }
}
