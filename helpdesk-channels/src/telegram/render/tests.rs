//! The calls that messages become, as snapshots and as rules.

use helpdesk_core::{
    ExternalId, MessageId,
    blob::BlobKey,
    channel::{Button, ChannelError, Outgoing, OutgoingFile, Part},
    message::{FileKind, TextFormat},
};
use insta::assert_json_snapshot;
use serde_json::Value;
use uuid::Uuid;

use super::{
    call::{Call, Markup},
    parts,
};

fn outgoing(text: &str) -> Outgoing {
    Outgoing::text(MessageId::from_uuid(Uuid::nil()), text)
}

fn file(kind: FileKind, mime: &str, size_bytes: u64) -> OutgoingFile {
    OutgoingFile {
        kind,
        name: "file".to_owned(),
        mime: mime.to_owned(),
        size_bytes,
        blob: BlobKey::from_stored("attachments/00/0".to_owned()),
    }
}

fn button(label: &str) -> Button {
    Button { label: label.to_owned(), token: format!("token-{label}") }
}

fn calls(outgoing: &Outgoing) -> Vec<Value> {
    parts(outgoing).expect("it can be rendered").into_iter().map(|part| part.call).collect()
}

fn texts(outgoing: &Outgoing) -> Vec<String> {
    let text = |part: Part| match serde_json::from_value(part.call).expect("our own form") {
        Call::SendText { text, .. } | Call::SendFile { caption: text, .. } => text,
    };
    parts(outgoing).expect("it can be rendered").into_iter().map(text).collect()
}

fn markups(outgoing: &Outgoing) -> Vec<Markup> {
    let markup = |part: Part| match serde_json::from_value(part.call).expect("our own form") {
        Call::SendText { markup, .. } | Call::SendFile { markup, .. } => markup,
    };
    parts(outgoing).expect("it can be rendered").into_iter().map(markup).collect()
}

#[test]
fn an_answer_with_its_question() {
    let mut answer = outgoing("Open **Settings**.\n\n- [Help](https://a.example/x)\n- `reset`");
    answer.format = TextFormat::Markdown;
    answer.question = "Did the answer help?".to_owned();
    answer.buttons = vec![button("Yes"), button("No")];
    answer.new_request = "New request".to_owned();
    assert_json_snapshot!(calls(&answer));
}

#[test]
fn an_agents_reply() {
    let mut reply = outgoing("I am looking at it 😀 now.");
    reply.author_name = Some("Пётр  Петров".to_owned());
    reply.new_request = "New request".to_owned();
    reply.reply_to = Some(ExternalId("17".to_owned()));
    assert_json_snapshot!(calls(&reply));
}

#[test]
fn a_picture_with_a_caption() {
    let mut picture = outgoing("See the second page.");
    picture.author_name = Some("Anna".to_owned());
    picture.files = vec![file(FileKind::Photo, "image/png", 1_000)];
    assert_json_snapshot!(calls(&picture));
}

#[test]
fn plain_text_is_sent_as_it_stands() {
    assert_eq!(texts(&outgoing("*no* _markdown_ <b>")), ["*no* _markdown_ <b>"]);
}

#[test]
fn long_texts_become_several_messages_with_the_buttons_under_the_last() {
    let mut long = outgoing(&"word ".repeat(2_000));
    long.buttons = vec![button("Yes")];
    long.question = "Did the answer help?".to_owned();
    long.reply_to = Some(ExternalId("17".to_owned()));
    let texts = texts(&long);
    assert!(texts.iter().all(|text| text.encode_utf16().count() <= 4_096));
    assert_eq!(texts.len(), 3);
    assert!(texts[2].ends_with("word\n\nDid the answer help?"));
    let markups = markups(&long);
    assert_eq!(markups[..2], [Markup::None, Markup::None]);
    assert!(matches!(&markups[2], Markup::Buttons { .. }));
    let replies: Vec<_> = calls(&long).iter().map(|call| call["reply_to"].clone()).collect();
    assert_eq!(replies, [Value::from(17), Value::Null, Value::Null]);
}

#[test]
fn a_question_without_room_is_a_message_of_its_own() {
    let mut full = outgoing(&"a".repeat(4_090));
    full.question = "Did it help?".to_owned();
    assert_eq!(texts(&full)[1], "Did it help?");
}

#[test]
fn the_keyboard_stands_where_no_buttons_do() {
    let mut message = outgoing("Hello");
    assert_eq!(markups(&message), [Markup::None]);
    message.new_request = "New request".to_owned();
    assert_eq!(markups(&message), [Markup::Keyboard { new_request: "New request".to_owned() }]);
    message.buttons = vec![button("Yes")];
    assert!(matches!(markups(&message)[0], Markup::Buttons { .. }));
}

#[test]
fn short_labels_stand_side_by_side() {
    let rows = |labels: &[&str]| {
        let mut message = outgoing("?");
        message.buttons = labels.iter().map(|label| button(label)).collect();
        match markups(&message).remove(0) {
            Markup::Buttons { rows } => rows.iter().map(Vec::len).collect::<Vec<_>>(),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(rows(&["Yes", "No"]), [2]);
    assert_eq!(rows(&["Да, соедините", "Нет"]), [2]);
    assert_eq!(rows(&["★", "★★", "★★★", "★★★★", "★★★★★"]), [5]);
    assert_eq!(rows(&["A label that needs a whole row", "No"]), [1, 1]);
    assert_eq!(rows(&["1", "2", "3", "4", "5", "6"]), [1; 6]);
}

#[test]
fn files_are_shown_as_what_telegram_takes_them_for() {
    let table = [
        (file(FileKind::Photo, "image/jpeg", 1), "photo"),
        (file(FileKind::Photo, "image/jpeg", 11 * 1024 * 1024), "document"),
        (file(FileKind::Photo, "image/svg+xml", 1), "document"),
        (file(FileKind::Video, "video/mp4", 1), "video"),
        (file(FileKind::Video, "video/webm", 1), "document"),
        (file(FileKind::Voice, "audio/ogg; codecs=opus", 1), "voice"),
        (file(FileKind::Voice, "audio/webm", 1), "document"),
        (file(FileKind::Audio, "audio/mpeg", 1), "audio"),
        (file(FileKind::Document, "image/png", 1), "document"),
        (file(FileKind::Sticker, "image/webp", 1), "document"),
    ];
    for (file, method) in table {
        let mut message = outgoing("");
        message.files = vec![file];
        assert_eq!(calls(&message)[0]["method"], method, "{:?}", message.files);
    }
}

#[test]
fn several_files_follow_their_text() {
    let mut message = outgoing("Three pages.");
    message.author_name = Some("Anna".to_owned());
    message.question = "Clear?".to_owned();
    message.files = (0..3).map(|_| file(FileKind::Photo, "image/png", 1)).collect();
    assert_eq!(texts(&message), ["Anna\nThree pages.", "", "", "", "Clear?"]);
    let files: Vec<_> = parts(&message).unwrap().into_iter().map(|part| part.file.is_some()).collect();
    assert_eq!(files, [false, true, true, true, false]);
}

#[test]
fn a_text_too_long_for_a_caption_stands_above_its_file() {
    let mut message = outgoing(&"a".repeat(1_025));
    message.files = vec![file(FileKind::Photo, "image/png", 1)];
    assert_eq!(texts(&message), ["a".repeat(1_025), String::new()]);
}

#[test]
fn a_file_without_a_word_still_names_who_sent_it() {
    let mut message = outgoing("");
    message.author_name = Some("Anna".to_owned());
    message.files = vec![file(FileKind::Photo, "image/png", 1)];
    assert_eq!(texts(&message), ["Anna"]);
}

#[test]
fn what_cannot_be_sent_is_refused() {
    let mut large = outgoing("");
    large.files = vec![file(FileKind::Document, "application/zip", 50 * 1024 * 1024 + 1)];
    assert_eq!(parts(&large), Err(ChannelError::TooLarge));

    let mut token = outgoing("?");
    token.buttons = vec![Button { label: "Yes".to_owned(), token: "x".repeat(65) }];
    assert!(matches!(parts(&token), Err(ChannelError::Permanent { .. })));
}

#[test]
fn nothing_at_all_is_still_a_message() {
    assert_eq!(texts(&outgoing(" \n ")), ["…"]);
}

#[test]
fn entities_are_counted_in_utf16_units() {
    let mut message = outgoing("😀 **é** 👨‍👩‍👧‍👦 `x`");
    message.format = TextFormat::Markdown;
    let call = calls(&message).remove(0);
    let units: Vec<_> = call["text"].as_str().unwrap().encode_utf16().collect();
    let covered = |entity: &Value| {
        let at = |name: &str| usize::try_from(entity[name].as_u64().unwrap()).unwrap();
        String::from_utf16(&units[at("offset")..at("offset") + at("length")]).unwrap()
    };
    let covered: Vec<_> = call["entities"].as_array().unwrap().iter().map(covered).collect();
    assert_eq!(covered, ["é", "x"]);
}

#[test]
fn more_styles_than_telegram_takes_are_left_out_and_the_text_is_not() {
    let mut message = outgoing(&"**a** ".repeat(300));
    message.format = TextFormat::Markdown;
    let call = calls(&message).remove(0);
    assert_eq!(call["entities"].as_array().unwrap().len(), 100);
    assert_eq!(call["text"].as_str().unwrap().matches('a').count(), 300);
}

#[test]
fn rendering_twice_gives_the_same() {
    let mut message = outgoing("# Title\n\n- a\n- b");
    message.format = TextFormat::Markdown;
    assert_eq!(parts(&message), parts(&message));
}
