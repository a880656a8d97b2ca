//! The bot's words: nothing missing in any language, nothing superfluous, variables and plurals in place.

use std::collections::BTreeSet;

use fluent_syntax::{ast::Entry, parser};
use helpdesk_core::{
    Language, Phrase, Phrases,
    phrases::PhraseError,
    session::{Notice, OfferReason},
};

const FILES: [(Language, &str); 2] = [
    (Language::ENGLISH, include_str!("../src/phrases/en.ftl")),
    (Language::RUSSIAN, include_str!("../src/phrases/ru.ftl")),
];

/// The keys of a Fluent file, in its order.
fn keys(text: &'static str) -> Vec<&'static str> {
    let resource = parser::parse(text).expect("the built-in phrases are valid Fluent");
    let entries = resource.body.into_iter();
    entries
        .filter_map(|entry| match entry {
            Entry::Message(message) => Some(message.id.name),
            Entry::Comment(_) | Entry::GroupComment(_) | Entry::ResourceComment(_) => None,
            other => panic!("the phrases hold messages alone, not {other:?}"),
        })
        .collect()
}

#[test]
fn both_files_hold_every_phrase_once_and_nothing_else_in_one_order() {
    let expected: Vec<_> = Phrase::ALL.iter().map(|phrase| phrase.key()).collect();
    for (language, text) in FILES {
        assert_eq!(keys(text), expected, "{language}");
    }
    let distinct: BTreeSet<_> = expected.iter().collect();
    assert_eq!(distinct.len(), expected.len(), "two phrases have the same key");
}

#[test]
fn every_phrase_has_words_of_its_own_in_both_languages() {
    let phrases = Phrases::default();
    for phrase in Phrase::ALL {
        let [english, russian] = [Language::ENGLISH, Language::RUSSIAN].map(|language| phrases.text(&language, phrase));
        assert!(!english.trim().is_empty() && english != phrase.key(), "{phrase:?} has no English");
        assert!(russian.chars().any(|c| ('а'..='я').contains(&c)), "{phrase:?} has no Russian: {russian}");
        assert!(!english.chars().any(|c| ('а'..='я').contains(&c)), "{phrase:?} has Russian in its English");
    }
}

/// A3: the rules say what the bot will do, in the grammar of the number.
#[test]
fn the_rules_count_in_russian_and_in_english() {
    let phrases = Phrases::default();
    let russian = [
        (0, "Вам ответит сотрудник поддержки."),
        (1, "Если мой ответ не поможет"),
        (2, "Если 2 ответа не помогут"),
        (3, "Если 3 ответа не помогут"),
        (5, "Если 5 ответов не помогут"),
        (11, "Если 11 ответов не помогут"),
        (22, "Если 22 ответа не помогут"),
    ];
    for (answers, expected) in russian {
        let rules = phrases.rules(&Language::RUSSIAN, answers);
        assert!(rules.contains(expected), "{answers}: {rules}");
        assert!(!rules.contains('{') && !rules.contains('\u{2068}'), "{answers}: {rules}");
    }
    for (answers, expected) in
        [(0, "A person will answer you."), (1, "my answer does not help"), (3, "If 3 answers do")]
    {
        let rules = phrases.rules(&Language::ENGLISH, answers);
        assert!(rules.contains(expected), "{answers}: {rules}");
    }
}

/// “Один” in Russian grammar is also 21 and 31: the number must be named there.
#[test]
fn twenty_one_answers_are_not_one_answer() {
    let rules = Phrases::default().rules(&Language::RUSSIAN, 21);
    assert!(rules.contains("21"), "{rules}");
}

#[test]
fn variables_stand_in_their_places() {
    let phrases = Phrases::default();
    let megabytes = |count: u64| count * 1024 * 1024;
    assert_eq!(
        phrases.file_too_large(&Language::RUSSIAN, "отчёт.pdf", megabytes(20)),
        "Файл «отчёт.pdf» больше 20 МБ, и я не могу его получить. Пришлите его, пожалуйста, в меньшем размере или ссылкой."
    );
    let english = phrases.file_too_large(&Language::ENGLISH, "{ $megabytes }", megabytes(1));
    assert!(english.contains("“{ $megabytes }” is larger than 1 MB"), "a name is no Fluent: {english}");
}

#[test]
fn a_language_that_is_not_built_in_speaks_english() {
    let phrases = Phrases::default();
    let german = Language::from_tag("de-DE");
    assert_eq!(phrases.text(&german, Phrase::Ready), phrases.text(&Language::ENGLISH, Phrase::Ready));
}

#[test]
fn a_host_replaces_what_it_wants_to_and_adds_languages() {
    let german = Language::from_tag("de");
    let own = [
        (Language::RUSSIAN, "yes = Ага\nrules = Правил нет, ответов { $answers }."),
        (german.clone(), "yes = Ja"),
        (Language::RUSSIAN, "no = Неа"),
    ];
    let phrases = Phrases::with(&own).expect("these are valid");
    let text = |language: &Language, phrase| phrases.text(language, phrase);
    assert_eq!(text(&Language::RUSSIAN, Phrase::Yes), "Ага");
    assert_eq!(text(&Language::RUSSIAN, Phrase::No), "Неа");
    assert_eq!(phrases.rules(&Language::RUSSIAN, 3), "Правил нет, ответов 3.");
    assert_eq!(text(&Language::RUSSIAN, Phrase::Helped), "Помог ли ответ?", "what is not replaced stays");
    assert_eq!(text(&Language::ENGLISH, Phrase::Yes), "Yes", "other languages stay");
    assert_eq!(text(&german, Phrase::Yes), "Ja");
    assert_eq!(text(&german, Phrase::No), "No", "what a new language lacks is English");
    let labels = phrases.in_every_language(Phrase::Yes);
    assert_eq!(labels.len(), 3);
    assert!(labels.contains(&(german, "Ja".to_owned())));
}

#[test]
fn a_key_that_the_bot_never_uses_is_refused() {
    let error = Phrases::with(&[(Language::RUSSIAN, "yes = Да\nhanded-ower = Опечатка")]).unwrap_err();
    let expected = PhraseError::UnknownKey { language: Language::RUSSIAN, key: "handed-ower".to_owned() };
    assert_eq!(error, expected);
    assert!(error.to_string().contains("handed-ower"), "{error}");
}

#[test]
fn a_text_that_is_no_fluent_is_refused() {
    let error = Phrases::with(&[(Language::ENGLISH, "yes = { $unclosed")]).unwrap_err();
    assert!(matches!(error, PhraseError::Syntax { language, .. } if language == Language::ENGLISH));
}

#[test]
fn every_reason_and_notice_has_its_own_phrase() {
    let reasons =
        [OfferReason::AnswersExhausted, OfferReason::NoAnswer, OfferReason::BotFailed, OfferReason::VoiceNotUnderstood];
    let notices = [Notice::Taken, Notice::Stale, Notice::RequestClosed, Notice::Rated];
    let phrases: BTreeSet<Phrase> =
        reasons.into_iter().map(Phrase::from).chain(notices.into_iter().map(Phrase::from)).collect();
    assert_eq!(phrases.len(), 8);
}
