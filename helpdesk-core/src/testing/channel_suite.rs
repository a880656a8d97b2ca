//! The conformance suite of [`Channel`]: what can be asked of one without its platform. Receiving and sending are tested by
//! each channel against its platform's protocol.

use std::sync::Arc;

use bytes::Bytes;
use jiff::Timestamp;
use serde_json::Value;

use super::SequentialIds;
use crate::{
    blob::BlobKey,
    channel::{Button, Channel, Outgoing, OutgoingFile, Part, Push, PushReply},
    desk::Desk,
    id::Ids,
    limits::MESSAGE_TEXT_MAX_CHARS,
    memory::{MemoryBlobs, MemoryStorage},
    message::{FileKind, PromptKind, TextFormat},
};

/// A channel under test, with what the suite must know of its own form.
pub trait ChannelFixture: Send + Sync {
    /// The channel.
    fn channel(&self) -> &dyn Channel;

    /// What the customer reads in `part` of the message's text and question, without markup. What the channel adds to
    /// every part, such as the author's name or a page number, is left out.
    fn visible_text(&self, part: &Part) -> String;

    /// Whether the platform takes a part of this size.
    fn part_fits(&self, part: &Part) -> bool {
        let _ = part;
        true
    }

    /// The secrets that the channel was built with; at least one, unless it has none.
    fn secrets(&self) -> Vec<String>;
}

/// Stamps the tests of the [`Channel`](crate::Channel) trait into the module where it stands.
///
/// It takes an async closure that makes a [`ChannelFixture`]. The crate that uses it needs `tokio` with the features
/// `macros` and `rt-multi-thread`.
///
/// ```
/// mod conformance {
///     use helpdesk_core::{Channel, channel::Part, testing::{ChannelFixture, ScriptedChannel}};
///
///     struct Scripted(ScriptedChannel);
///
///     impl ChannelFixture for Scripted {
///         fn channel(&self) -> &dyn Channel {
///             &self.0
///         }
///         fn visible_text(&self, part: &Part) -> String {
///             let text = |key: &str| part.call[key].as_str().unwrap_or_default().to_owned();
///             text("text") + &text("question")
///         }
///         fn part_fits(&self, part: &Part) -> bool {
///             part.call["text"].as_str().is_none_or(|text| text.chars().count() <= 4096)
///         }
///         fn secrets(&self) -> Vec<String> {
///             Vec::new()
///         }
///     }
///
///     helpdesk_core::testing::channel_suite!(async || Scripted(ScriptedChannel::new("scripted")));
/// }
/// ```
#[macro_export]
#[doc(hidden)]
macro_rules! channel_suite {
    ($factory:expr $(,)?) => {
        $crate::__channel_suite_tests! { $factory =>
            the_same_message_is_rendered_the_same;
            every_message_has_a_part;
            a_short_text_is_one_part;
            what_looks_like_markup_is_shown_as_it_stands;
            markdown_loses_no_word;
            a_long_text_is_split_and_nothing_is_lost;
            a_long_text_without_a_space_is_split_and_nothing_is_lost;
            a_long_markdown_text_is_split_and_nothing_is_lost;
            a_split_keeps_a_letter_and_its_marks_together;
            the_author_is_named;
            choices_are_offered_once_and_bring_their_tokens_back;
            a_long_text_keeps_its_choices;
            every_file_goes_with_one_part;
            nothing_prints_a_secret;
            a_push_without_the_secret_is_turned_away;
        }
    };
}

/// One test for each line of [`channel_suite!`](crate::testing::channel_suite!).
#[macro_export]
#[doc(hidden)]
macro_rules! __channel_suite_tests {
    ($factory:expr => $($test:ident;)+) => {$(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $test() {
            let fixture = ($factory)().await;
            $crate::testing::channel_suite::$test(&fixture).await;
        }
    )+};
}

fn outgoing(text: impl Into<String>) -> Outgoing {
    let source = SequentialIds::new();
    Outgoing::text(Ids::new(&source, Timestamp::UNIX_EPOCH).message(), text)
}

/// A text with “Did it help?” under it, as the desk gives it to this channel: without buttons, the labels are named in the
/// question, and the customer types one of them.
fn asking(fixture: &impl ChannelFixture, text: impl Into<String>) -> Outgoing {
    let message = Outgoing { new_request: "Новое обращение".to_owned(), ..outgoing(text) };
    let labels = ["Да, помогло", "Нет"];
    if !fixture.channel().capabilities().buttons {
        return Outgoing { question: format!("Помог ли ответ? ({})", labels.join(" / ")), ..message };
    }
    let choices = PromptKind::Helped.choices(message.message).into_iter().zip(labels);
    let buttons = choices.map(|(choice, label)| Button { label: label.to_owned(), token: choice.token() });
    Outgoing { question: "Помог ли ответ?".to_owned(), buttons: buttons.collect(), ..message }
}

#[track_caller]
fn render(fixture: &impl ChannelFixture, outgoing: &Outgoing) -> Vec<Part> {
    let parts = fixture.channel().render(outgoing).expect("the message can be rendered");
    assert!(!parts.is_empty(), "a message takes at least one send");
    for part in &parts {
        assert!(fixture.part_fits(part), "a part is too large for the platform");
    }
    parts
}

/// What the customer reads in all parts together.
fn visible(fixture: &impl ChannelFixture, parts: &[Part]) -> String {
    parts.iter().map(|part| fixture.visible_text(part)).collect()
}

/// A text without its blanks: a channel may break a text at a blank, and then the blank is gone.
fn solid(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

/// Asserts that a customer can read all of `text`.
#[track_caller]
fn assert_whole(fixture: &impl ChannelFixture, parts: &[Part], text: &str) {
    let (seen, wanted) = (solid(&visible(fixture, parts)), solid(text));
    assert!(seen.contains(&wanted), "something of the text is lost: {} letters of {}", seen.len(), wanted.len());
}

/// Every text in a call, however deep.
fn strings(value: &Value) -> Vec<&str> {
    match value {
        Value::String(text) => vec![text],
        Value::Array(items) => items.iter().flat_map(strings).collect(),
        Value::Object(fields) => fields.values().flat_map(strings).collect(),
        _ => Vec::new(),
    }
}

/// How often `wanted` stands in the parts.
fn count(parts: &[Part], wanted: &str) -> usize {
    parts.iter().flat_map(|part| strings(&part.call)).map(|text| text.matches(wanted).count()).sum()
}

/// `word` again and again with blanks between, as long as a message can be.
fn repeated(word: &str) -> String {
    let words = MESSAGE_TEXT_MAX_CHARS / (word.chars().count() + 1);
    let mut text = String::new();
    for place in 0..words {
        text.push_str(word);
        text.push(if place % 50 == 49 { '\n' } else { ' ' });
    }
    text
}

/// Words in several scripts, with all that makes splitting hard.
const WORDS: [&str; 6] = [
    "word",
    "слово",
    // A family of four people and three joiners.
    "👩\u{200d}👩\u{200d}👧\u{200d}👦",
    // Letters with marks that stand apart from them.
    "e\u{301}e\u{301}й",
    "שלום",
    "<b>&amp;*_[`",
];

pub async fn the_same_message_is_rendered_the_same(fixture: &impl ChannelFixture) {
    for message in [outgoing("hello"), asking(fixture, repeated("слово"))] {
        assert_eq!(render(fixture, &message), render(fixture, &message));
    }
}

pub async fn every_message_has_a_part(fixture: &impl ChannelFixture) {
    for message in [outgoing("hello"), outgoing(""), asking(fixture, ""), asking(fixture, "hello")] {
        render(fixture, &message);
    }
}

pub async fn a_short_text_is_one_part(fixture: &impl ChannelFixture) {
    let parts = render(fixture, &outgoing("Здравствуйте! 🙂"));
    assert_eq!(parts.len(), 1);
    assert_whole(fixture, &parts, "Здравствуйте! 🙂");
}

pub async fn what_looks_like_markup_is_shown_as_it_stands(fixture: &impl ChannelFixture) {
    let text =
        r#"<b>x</b> &lt; &amp; _a_ *b* **c** [d](e) `f` ~g~ # h > i {j} | k . ! \ "l" 'm' -- </script> %s {0} $x"#;
    assert_whole(fixture, &render(fixture, &outgoing(text)), text);
    assert_whole(fixture, &render(fixture, &outgoing("# no heading\n- no list\n1. no number")), "# no heading");
}

fn markdown(text: impl Into<String>) -> Outgoing {
    Outgoing { format: TextFormat::Markdown, ..outgoing(text) }
}

pub async fn markdown_loses_no_word(fixture: &impl ChannelFixture) {
    let text = "Сделайте **так**:\n\n1. *откройте* `меню`\n2. нажмите [сюда](https://example.org/a_b?c=1&d=2)\n\n- 5 < 6\n- **не закрыто";
    let seen = visible(fixture, &render(fixture, &markdown(text)));
    for word in ["Сделайте", "так", "откройте", "меню", "нажмите", "сюда", "5 < 6", "не закрыто"]
    {
        assert!(solid(&seen).contains(&solid(word)), "{word:?} is lost in {seen:?}");
    }
}

pub async fn a_long_text_is_split_and_nothing_is_lost(fixture: &impl ChannelFixture) {
    for text in WORDS.map(repeated).into_iter().chain([repeated(&WORDS.join("-"))]) {
        assert_whole(fixture, &render(fixture, &outgoing(text.as_str())), &text);
    }
}

pub async fn a_long_text_without_a_space_is_split_and_nothing_is_lost(fixture: &impl ChannelFixture) {
    for letter in ["x", "ё", "🙂", "&", "<"] {
        let text = letter.repeat(MESSAGE_TEXT_MAX_CHARS);
        assert_whole(fixture, &render(fixture, &outgoing(text.as_str())), &text);
    }
}

pub async fn a_long_markdown_text_is_split_and_nothing_is_lost(fixture: &impl ChannelFixture) {
    let text = repeated("**слово** `код` [ссылка](https://example.org/)");
    let seen = visible(fixture, &render(fixture, &markdown(text.as_str())));
    for word in ["слово", "код", "ссылка"] {
        assert_eq!(seen.matches(word).count(), text.matches(word).count(), "{word:?} is lost or doubled");
    }
}

pub async fn a_split_keeps_a_letter_and_its_marks_together(fixture: &impl ChannelFixture) {
    for text in WORDS.map(repeated) {
        for part in render(fixture, &outgoing(text)) {
            let first = fixture.visible_text(&part).trim_start().chars().next();
            let first = first.expect("no part of a long text is empty");
            let torn = matches!(first, '\u{300}'..='\u{36f}' | '\u{200d}' | '\u{fe0f}' | '\u{1f3fb}'..='\u{1f3ff}');
            assert!(!torn, "a part begins with {first:?}, which belongs to the letter before it");
        }
    }
}

pub async fn the_author_is_named(fixture: &impl ChannelFixture) {
    let message = Outgoing { author_name: Some("Zoe Winter".to_owned()), ..outgoing("hello") };
    let parts = render(fixture, &message);
    assert!(count(&parts, "Zoe Winter") > 0, "the customer sees who answered (A14)");
    assert_whole(fixture, &parts, "hello");
}

pub async fn choices_are_offered_once_and_bring_their_tokens_back(fixture: &impl ChannelFixture) {
    assert_choices(fixture, &asking(fixture, "Ответ"));
}

pub async fn a_long_text_keeps_its_choices(fixture: &impl ChannelFixture) {
    assert_choices(fixture, &asking(fixture, repeated("слово")));
}

#[track_caller]
fn assert_choices(fixture: &impl ChannelFixture, message: &Outgoing) {
    let parts = render(fixture, message);
    assert_whole(fixture, &parts, &message.text);
    assert_whole(fixture, &parts, &message.question);
    for button in &message.buttons {
        assert_eq!(count(&parts, &button.token), 1, "a button brings its token back");
        assert!(count(&parts, &button.label) >= 1, "a button shows its label");
    }
}

pub async fn every_file_goes_with_one_part(fixture: &impl ChannelFixture) {
    let source = SequentialIds::new();
    let ids = Ids::new(&source, Timestamp::UNIX_EPOCH);
    let files: Vec<_> = [FileKind::Photo, FileKind::Document, FileKind::Voice, FileKind::Video]
        .map(|kind| OutgoingFile {
            kind,
            name: format!("{kind:?}.bin"),
            mime: "application/octet-stream".to_owned(),
            size_bytes: 1,
            blob: BlobKey::of_attachment(ids.attachment()),
        })
        .into();
    let message = Outgoing { files: files.clone(), ..outgoing("with files") };
    if fixture.channel().capabilities().send_max_bytes == 0 {
        let rendered = fixture.channel().render(&message);
        let sends_none = rendered.is_ok_and(|parts| parts.iter().all(|part| part.file.is_none()));
        assert!(sends_none || fixture.channel().render(&message).is_err(), "it says that it takes no files");
        return;
    }
    for message in [message.clone(), Outgoing { text: String::new(), ..message }] {
        let parts = render(fixture, &message);
        assert_whole(fixture, &parts, &message.text);
        let sent: Vec<_> = parts.into_iter().filter_map(|part| part.file).collect();
        assert_eq!(sent, files, "in their order");
    }
}

pub async fn nothing_prints_a_secret(fixture: &impl ChannelFixture) {
    let channel = fixture.channel();
    let printed = format!("{channel:?} {channel:#?} {:?} {}", channel.capabilities(), channel.name());
    for secret in fixture.secrets() {
        assert!(secret.len() >= 4, "a secret as short as {} bytes is found in anything", secret.len());
        assert!(!printed.contains(&secret), "Debug shows a secret");
        let parts = render(fixture, &asking(fixture, "hello"));
        assert_eq!(count(&parts, &secret), 0, "a stored part holds a secret");
    }
}

pub async fn a_push_without_the_secret_is_turned_away(fixture: &impl ChannelFixture) {
    let desk = Desk::builder(Arc::new(MemoryStorage::new()), Arc::new(MemoryBlobs::new()));
    let desk = desk.build().expect("a desk needs no more than a storage");
    let bodies = ["", "{}", "not json", r#"{"update_id":1,"message":{"text":"hello"}}"#];
    for body in bodies {
        for headers in [vec![], vec![("x-telegram-bot-api-secret-token".to_owned(), b"guess".to_vec())]] {
            let reply = fixture.channel().push(&desk, Push::new(headers, Bytes::from_static(body.as_bytes()))).await;
            assert!(
                matches!(reply, PushReply::Unauthorized | PushReply::NotFound),
                "a stranger's push is turned away before it is read, got {reply:?}"
            );
        }
    }
}
