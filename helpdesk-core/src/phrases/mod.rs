//! The bot's words: Fluent messages in Russian and English, chosen by the customer's language, each replaceable by the host.

use std::{collections::BTreeMap, fmt, sync::Arc};

use fluent_bundle::{FluentArgs, FluentResource, concurrent::FluentBundle};
use fluent_syntax::ast::Entry;
use unic_langid::LanguageIdentifier;

use crate::{
    language::Language,
    session::{Notice, OfferReason},
};

const ENGLISH: &str = include_str!("en.ftl");
const RUSSIAN: &str = include_str!("ru.ftl");

/// Everything that the bot can say, by its name in the Fluent files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Phrase {
    /// The rules of communication (A3). `$answers`: how many answers the bot may give.
    Rules,
    /// Please describe the problem by text or voice (A5).
    DescribeInWords,
    /// Please describe the problem further (A6).
    DescribeFurther,
    /// “Did the answer help?” (A6)
    Helped,
    /// Yes.
    Yes,
    /// No.
    No,
    /// The bot cannot help after its last answer (A7).
    OfferExhausted,
    /// The bot has no answer.
    OfferNoAnswer,
    /// The bot failed.
    OfferBotFailed,
    /// The voice could not be made out.
    OfferVoiceNotUnderstood,
    /// “Are you ready to talk to support?” (A8)
    Ready,
    /// Ready.
    ReadyYes,
    /// Not ready.
    ReadyNo,
    /// Please open a new request in other words (A9).
    Declined,
    /// A live person will write in this very dialog (A10).
    HandedOver,
    /// Glad that it helped.
    SolvedByBot,
    /// Support closed the request.
    SolvedByStaff,
    /// The request expired.
    Expired,
    /// “How was the help?”
    Rate,
    /// There is no open request: please open one.
    OpenFirst,
    /// A file is too large to be taken in. `$name`, `$megabytes`.
    FileTooLarge,
    /// Heads the list of an answer's sources.
    Sources,
    /// The button that opens a new request (A1).
    NewRequest,
    /// The bot works in private chats.
    PrivateOnly,
    /// What the command `/start` does.
    CommandStart,
    /// What the command `/new` does.
    CommandNew,
    /// Answers a button that was taken.
    NoticeTaken,
    /// Answers an old button.
    NoticeStale,
    /// Answers a button of a closed request.
    NoticeRequestClosed,
    /// Answers a rating.
    NoticeRated,
}

impl Phrase {
    /// Every phrase, in the order of the Fluent files.
    pub const ALL: [Self; 30] = [
        Self::Rules,
        Self::DescribeInWords,
        Self::DescribeFurther,
        Self::Helped,
        Self::Yes,
        Self::No,
        Self::OfferExhausted,
        Self::OfferNoAnswer,
        Self::OfferBotFailed,
        Self::OfferVoiceNotUnderstood,
        Self::Ready,
        Self::ReadyYes,
        Self::ReadyNo,
        Self::Declined,
        Self::HandedOver,
        Self::SolvedByBot,
        Self::SolvedByStaff,
        Self::Expired,
        Self::Rate,
        Self::OpenFirst,
        Self::FileTooLarge,
        Self::Sources,
        Self::NewRequest,
        Self::PrivateOnly,
        Self::CommandStart,
        Self::CommandNew,
        Self::NoticeTaken,
        Self::NoticeStale,
        Self::NoticeRequestClosed,
        Self::NoticeRated,
    ];

    /// The name in the Fluent files.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Rules => "rules",
            Self::DescribeInWords => "describe-in-words",
            Self::DescribeFurther => "describe-further",
            Self::Helped => "helped",
            Self::Yes => "yes",
            Self::No => "no",
            Self::OfferExhausted => "offer-exhausted",
            Self::OfferNoAnswer => "offer-no-answer",
            Self::OfferBotFailed => "offer-bot-failed",
            Self::OfferVoiceNotUnderstood => "offer-voice-not-understood",
            Self::Ready => "ready",
            Self::ReadyYes => "ready-yes",
            Self::ReadyNo => "ready-no",
            Self::Declined => "declined",
            Self::HandedOver => "handed-over",
            Self::SolvedByBot => "solved-by-bot",
            Self::SolvedByStaff => "solved-by-staff",
            Self::Expired => "expired",
            Self::Rate => "rate",
            Self::OpenFirst => "open-first",
            Self::FileTooLarge => "file-too-large",
            Self::Sources => "sources",
            Self::NewRequest => "new-request",
            Self::PrivateOnly => "private-only",
            Self::CommandStart => "command-start",
            Self::CommandNew => "command-new",
            Self::NoticeTaken => "notice-taken",
            Self::NoticeStale => "notice-stale",
            Self::NoticeRequestClosed => "notice-request-closed",
            Self::NoticeRated => "notice-rated",
        }
    }
}

impl From<OfferReason> for Phrase {
    fn from(reason: OfferReason) -> Self {
        match reason {
            OfferReason::AnswersExhausted => Self::OfferExhausted,
            OfferReason::NoAnswer => Self::OfferNoAnswer,
            OfferReason::BotFailed => Self::OfferBotFailed,
            OfferReason::VoiceNotUnderstood => Self::OfferVoiceNotUnderstood,
        }
    }
}

impl From<Notice> for Phrase {
    fn from(notice: Notice) -> Self {
        match notice {
            Notice::Taken => Self::NoticeTaken,
            Notice::Stale => Self::NoticeStale,
            Notice::RequestClosed => Self::NoticeRequestClosed,
            Notice::Rated => Self::NoticeRated,
        }
    }
}

/// A Fluent text of the host that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PhraseError {
    /// The text is no Fluent resource.
    #[error("the phrases for {language} are not valid Fluent: {reason}")]
    Syntax {
        /// Whose phrases they are.
        language: Language,
        /// What the parser says.
        reason: String,
    },
    /// A key that the bot never uses: most likely a typing error.
    #[error("the phrases for {language} hold an unknown key `{key}`")]
    UnknownKey {
        /// Whose phrases they are.
        language: Language,
        /// The key.
        key: String,
    },
}

/// The bot's words in every language that it speaks. Cheap to clone.
#[derive(Clone)]
pub struct Phrases {
    bundles: Arc<BTreeMap<Language, FluentBundle<FluentResource>>>,
}

impl fmt::Debug for Phrases {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.bundles.keys()).finish()
    }
}

impl Default for Phrases {
    /// The built-in Russian and English phrases.
    fn default() -> Self {
        Self::with(&[]).expect("the built-in phrases are valid, which a test checks")
    }
}

impl Phrases {
    /// The built-in phrases with the host's own laid over them: Fluent resources by language, each with any of the keys
    /// of [`Phrase::key`]. A language that is not built in takes what it lacks from English.
    ///
    /// ```
    /// use helpdesk_core::{Language, Phrase, Phrases};
    /// let phrases = Phrases::with(&[(Language::ENGLISH, "handed-over = Our crew will answer here.")])?;
    /// assert_eq!(phrases.text(&Language::ENGLISH, Phrase::HandedOver), "Our crew will answer here.");
    /// # Ok::<(), helpdesk_core::phrases::PhraseError>(())
    /// ```
    pub fn with(replacements: &[(Language, &str)]) -> Result<Self, PhraseError> {
        let mut bundles = BTreeMap::new();
        bundles.insert(Language::ENGLISH, bundle(&Language::ENGLISH, ENGLISH)?);
        bundles.insert(Language::RUSSIAN, bundle(&Language::RUSSIAN, RUSSIAN)?);
        for (language, text) in replacements {
            let resource = resource(language, text)?;
            for entry in resource.entries() {
                check_key(language, entry)?;
            }
            bundles.entry(language.clone()).or_insert_with(|| empty_bundle(language)).add_resource_overriding(resource);
        }
        Ok(Self { bundles: Arc::new(bundles) })
    }

    /// A phrase without variables.
    pub fn text(&self, language: &Language, phrase: Phrase) -> String {
        self.format(language, phrase, None)
    }

    /// The rules of communication (A3).
    pub fn rules(&self, language: &Language, max_bot_answers: u8) -> String {
        let mut args = FluentArgs::new();
        args.set("answers", max_bot_answers);
        self.format(language, Phrase::Rules, Some(&args))
    }

    /// Says that a file is too large to be taken in.
    pub fn file_too_large(&self, language: &Language, name: &str, limit_bytes: u64) -> String {
        let mut args = FluentArgs::new();
        args.set("name", name.to_owned());
        args.set("megabytes", limit_bytes / (1024 * 1024));
        self.format(language, Phrase::FileTooLarge, Some(&args))
    }

    /// The phrase in every language, for a channel that must recognise its own button's label coming back as a text.
    pub fn in_every_language(&self, phrase: Phrase) -> Vec<(Language, String)> {
        self.bundles.keys().map(|language| (language.clone(), self.text(language, phrase))).collect()
    }

    fn format(&self, language: &Language, phrase: Phrase, args: Option<&FluentArgs<'_>>) -> String {
        let wanted = self.bundles.get(language);
        let found = wanted.into_iter().chain(self.bundles.get(&Language::ENGLISH)).find_map(|bundle| {
            let pattern = bundle.get_message(phrase.key())?.value()?;
            Some(bundle.format_pattern(pattern, args, &mut Vec::new()).into_owned())
        });
        // Every key is in the English file, which a test checks; the key itself is still better than silence.
        found.unwrap_or_else(|| phrase.key().to_owned())
    }
}

fn bundle(language: &Language, text: &str) -> Result<FluentBundle<FluentResource>, PhraseError> {
    let mut bundle = empty_bundle(language);
    bundle.add_resource_overriding(resource(language, text)?);
    Ok(bundle)
}

fn empty_bundle(language: &Language) -> FluentBundle<FluentResource> {
    let id: LanguageIdentifier = language.as_str().parse().unwrap_or_default();
    let mut bundle = FluentBundle::new_concurrent(vec![id]);
    // Isolation marks around variables would be visible litter in messengers.
    bundle.set_use_isolating(false);
    bundle
}

fn resource(language: &Language, text: &str) -> Result<FluentResource, PhraseError> {
    FluentResource::try_new(text.to_owned()).map_err(|(_, errors)| PhraseError::Syntax {
        language: language.clone(),
        reason: errors.first().map(ToString::to_string).unwrap_or_default(),
    })
}

fn check_key(language: &Language, entry: &Entry<&str>) -> Result<(), PhraseError> {
    match entry {
        Entry::Message(message) if !Phrase::ALL.iter().any(|phrase| phrase.key() == message.id.name) => {
            Err(PhraseError::UnknownKey { language: language.clone(), key: message.id.name.to_owned() })
        }
        _ => Ok(()),
    }
}
