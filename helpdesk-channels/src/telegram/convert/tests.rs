//! Updates in the form in which Telegram sends them, and what becomes of each.

use helpdesk_core::{
    Address, ChannelName, ExternalId, Language,
    channel::{Inbound, InboundEvent, IncomingFile, IncomingMessage, Sender},
    message::FileKind,
};
use serde_json::{Value, json};

use super::{Known, Reaction, Taken, convert, update_id};

const ANNA: i64 = 700_000_001;

fn taken(update: &Value) -> Option<Taken> {
    let channel = ChannelName::new("telegram").unwrap();
    let labels = ["New request".to_owned(), "Новое обращение".to_owned()];
    let known = Known { channel: &channel, bot_id: "123", username: Some("help_bot"), new_request_labels: &labels };
    convert(update, &known)
}

fn anna() -> Value {
    json!({
        "id": ANNA, "is_bot": false, "first_name": "Анна", "last_name": "Иванова", "username": "anna",
        "language_code": "ru",
    })
}

/// A message in a private chat with these fields.
fn message(fields: Value) -> Value {
    let mut message = json!({
        "message_id": 7,
        "from": anna(),
        "chat": { "id": ANNA, "type": "private", "first_name": "Анна", "last_name": "Иванова", "username": "anna" },
        "date": 1_780_315_200,
    });
    let Value::Object(fields) = fields else { panic!("fields are an object") };
    message.as_object_mut().unwrap().extend(fields);
    message
}

fn update(kind: &str, body: &Value) -> Value {
    json!({ "update_id": 900, kind: body })
}

fn sender() -> Sender {
    Sender {
        name: "Анна Иванова".to_owned(), handle: Some("anna".to_owned()), language: Some(Language::RUSSIAN)
    }
}

fn address(chat: i64) -> Address {
    Address::new(ChannelName::new("telegram").unwrap(), chat.to_string()).unwrap()
}

/// The only event of an update in the private chat, when everything around it is as it must be.
fn event(update: &Value) -> InboundEvent {
    let taken = taken(update).expect("it is an update");
    assert_eq!((taken.id, taken.chat), (900, Some(ANNA)));
    let [inbound] = <[Inbound; 1]>::try_from(taken.inbound).expect("one event");
    assert_eq!(inbound.address, address(ANNA));
    assert_eq!(inbound.key, "123:900");
    assert_eq!(inbound.sender, sender());
    inbound.event
}

/// What a message with these fields holds.
fn content(fields: Value) -> IncomingMessage {
    let event = event(&update("message", &message(fields)));
    let InboundEvent::Message(content) = event else { panic!("no message but {event:?}") };
    assert_eq!(content.external_id, Some(ExternalId("7".to_owned())));
    content
}

fn text(fields: Value) -> String {
    content(fields).text
}

fn file(fields: Value) -> IncomingFile {
    let mut content = content(fields);
    assert_eq!(content.files.len(), 1);
    content.files.remove(0)
}

/// Whether an update concerns no customer and asks for nothing.
fn is_nothing(update: &Value) -> bool {
    let taken = taken(update).expect("it is an update");
    taken.inbound.is_empty() && taken.reaction == Reaction::None
}

#[test]
fn a_text_is_a_message() {
    let expected = IncomingMessage {
        external_id: Some(ExternalId("7".to_owned())),
        text: "Где мой заказ?".to_owned(),
        ..IncomingMessage::default()
    };
    assert_eq!(content(json!({ "text": "Где мой заказ?" })), expected);
}

#[test]
fn a_request_is_opened_by_commands_and_by_the_button() {
    for text in ["/start", "/start ref_17", "/new", "/new@help_bot", "Новое обращение", "New request"] {
        let entities = json!([{ "type": "bot_command", "offset": 0, "length": 4 }]);
        let update = update("message", &message(json!({ "text": text, "entities": entities })));
        assert_eq!(event(&update), InboundEvent::Open, "{text}");
    }
}

#[test]
fn what_stands_behind_the_command_is_the_first_message() {
    let taken = taken(&update("message", &message(json!({ "text": "/new the printer burns" })))).unwrap();
    let keys: Vec<_> = taken.inbound.iter().map(|inbound| inbound.key.as_str()).collect();
    assert_eq!(keys, ["123:900", "123:900:text"]);
    assert_eq!(taken.inbound[0].event, InboundEvent::Open);
    let InboundEvent::Message(first) = &taken.inbound[1].event else { panic!("a message follows") };
    assert_eq!(first.text, "the printer burns");
}

#[test]
fn links_keep_their_addresses() {
    let entities = json!([{ "type": "text_link", "offset": 4, "length": 4, "url": "https://a.example/x" }]);
    assert_eq!(text(json!({ "text": "see here", "entities": entities })), "see here (https://a.example/x)");
    let photo = json!([{ "file_id": "p", "file_unique_id": "u", "width": 1, "height": 1 }]);
    let captioned = json!({ "photo": photo, "caption": "see here", "caption_entities": entities });
    assert_eq!(text(captioned), "see here (https://a.example/x)");
}

#[test]
fn a_photo_is_taken_in_its_largest_size() {
    let photo = json!([
        { "file_id": "large", "file_unique_id": "b", "width": 1280, "height": 960, "file_size": 90_000 },
        { "file_id": "small", "file_unique_id": "a", "width": 90, "height": 67, "file_size": 900 },
    ]);
    let content = content(json!({ "photo": photo, "caption": "broken", "media_group_id": "13" }));
    assert_eq!((content.text.as_str(), content.group.as_deref()), ("broken", Some("13")));
    let expected = IncomingFile {
        kind: FileKind::Photo,
        name: None,
        mime: Some("image/jpeg".to_owned()),
        size_bytes: Some(90_000),
        duration_seconds: None,
        reference: "large".to_owned(),
    };
    assert_eq!(content.files, [expected]);
}

/// Fields of a message; and the kind, the name, the media type and the length of the file in it.
type FileRow = (Value, FileKind, Option<&'static str>, Option<&'static str>, Option<u32>);

#[test]
fn every_kind_of_file_is_described() {
    let meta = |fields: Value| {
        let mut file = json!({ "file_id": "f", "file_unique_id": "u", "file_size": 5 });
        file.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        file
    };
    let video = json!({ "width": 2, "height": 2, "duration": 3, "mime_type": "video/mp4", "file_name": "v.mp4" });
    let song = json!({ "duration": 3, "mime_type": "audio/mpeg", "performer": "Duo", "title": "Song" });
    let sticker = |animated: bool, video: bool| {
        json!({
            "type": "regular", "width": 512, "height": 512, "is_animated": animated, "is_video": video, "emoji": "😀",
        })
    };
    let table: [FileRow; 9] = [
        (
            json!({ "voice": meta(json!({ "duration": 3, "mime_type": "audio/ogg" })) }),
            FileKind::Voice,
            None,
            Some("audio/ogg"),
            Some(3),
        ),
        (json!({ "audio": meta(song) }), FileKind::Audio, Some("Duo – Song"), Some("audio/mpeg"), Some(3)),
        (json!({ "video": meta(video.clone()) }), FileKind::Video, Some("v.mp4"), Some("video/mp4"), Some(3)),
        (
            json!({ "animation": meta(video.clone()), "document": meta(json!({ "file_name": "v.mp4" })) }),
            FileKind::Video,
            Some("v.mp4"),
            Some("video/mp4"),
            Some(3),
        ),
        (
            json!({ "video_note": meta(json!({ "length": 240, "duration": 3 })) }),
            FileKind::VideoNote,
            None,
            Some("video/mp4"),
            Some(3),
        ),
        (
            json!({ "document": meta(json!({ "file_name": "a.pdf", "mime_type": "application/pdf" })) }),
            FileKind::Document,
            Some("a.pdf"),
            Some("application/pdf"),
            None,
        ),
        (
            json!({ "sticker": meta(sticker(false, false)) }),
            FileKind::Sticker,
            Some("😀.webp"),
            Some("image/webp"),
            None,
        ),
        (
            json!({ "sticker": meta(sticker(false, true)) }),
            FileKind::Sticker,
            Some("😀.webm"),
            Some("video/webm"),
            None,
        ),
        (
            json!({ "sticker": meta(sticker(true, false)) }),
            FileKind::Sticker,
            Some("😀.tgs"),
            Some("application/x-tgsticker"),
            None,
        ),
    ];
    for (fields, kind, name, mime, duration_seconds) in table {
        let expected = IncomingFile {
            kind,
            name: name.map(str::to_owned),
            mime: mime.map(str::to_owned),
            size_bytes: Some(5),
            duration_seconds,
            reference: "f".to_owned(),
        };
        assert_eq!(file(fields.clone()), expected, "{fields}");
    }
}

#[test]
fn places_and_contacts_are_kept() {
    let location = json!({ "latitude": 55.751_244, "longitude": -37.618_423 });
    assert_eq!(content(json!({ "location": location })).location, Some((55_751_244, -37_618_423, None)));
    let venue = json!({ "location": location, "title": "Office", "address": "Main street 1" });
    let expected = Some((55_751_244, -37_618_423, Some("Office, Main street 1".to_owned())));
    assert_eq!(content(json!({ "location": location, "venue": venue })).location, expected);
    let contact = json!({ "phone_number": "+79990000000", "first_name": "Пётр", "last_name": "Петров" });
    assert_eq!(
        content(json!({ "contact": contact })).contact,
        Some(("Пётр Петров".to_owned(), "+79990000000".to_owned())),
    );
}

#[test]
fn what_has_no_form_of_its_own_is_kept_in_words() {
    let poll = json!({
        "id": "1", "question": "Which?", "options": [{ "text": "A", "voter_count": 0 }, { "text": "B", "voter_count": 0 }],
        "total_voter_count": 0, "is_closed": false, "is_anonymous": true, "type": "regular",
        "allows_multiple_answers": false,
    });
    let table = [
        (json!({ "poll": poll }), "[poll: Which?]\n- A\n- B"),
        (json!({ "dice": { "emoji": "🎲", "value": 4 } }), "[dice: 🎲 4]"),
        (json!({ "story": { "id": 1, "chat": { "id": 5, "type": "private", "first_name": "A" } } }), "[story]"),
        (json!({ "game": { "title": "Chess", "description": "d", "photo": [] } }), "[game: Chess]"),
        (json!({ "invented_last_week": { "a": 1 } }), "[invented last week]"),
        (json!({}), "[a message of an unknown kind]"),
    ];
    for (fields, expected) in table {
        assert_eq!(text(fields.clone()), expected, "{fields}");
    }
}

#[test]
fn a_reply_names_its_message_and_a_forward_is_an_ordinary_message() {
    let replied = message(json!({ "text": "earlier" }));
    let content = content(json!({
        "text": "later",
        "reply_to_message": replied,
        "forward_origin": { "type": "hidden_user", "sender_user_name": "Somebody", "date": 1_780_315_000 },
    }));
    assert_eq!(content.reply_to, Some(ExternalId("7".to_owned())));
    assert_eq!(content.text, "later");
}

#[test]
fn what_the_strict_types_cannot_read_is_kept_all_the_same() {
    // A voice without a media type and a file without a size are allowed by the Bot API.
    let voice = file(json!({ "voice": { "file_id": "v", "file_unique_id": "u", "duration": 3 } }));
    let expected = IncomingFile {
        kind: FileKind::Voice,
        name: None,
        mime: None,
        size_bytes: None,
        duration_seconds: Some(3),
        reference: "v".to_owned(),
    };
    assert_eq!(voice, expected);
    let unknown_size = file(json!({ "document": { "file_id": "d", "file_unique_id": "u" } }));
    assert_eq!(unknown_size.size_bytes, None);

    let no_url = json!([{ "type": "text_link", "offset": 0, "length": 3, "url": "http://[" }]);
    assert_eq!(text(json!({ "text": "see", "entities": no_url })), "see");
    let unknown_style = json!([{ "type": "invented_last_week", "offset": 0, "length": 3 }]);
    assert_eq!(text(json!({ "text": "see", "entities": unknown_style })), "see");
    assert_eq!(text(json!({ "text": "hi", "quote": "of a new form", "reply_to_message": 5 })), "hi");

    let sizes = json!([{ "file_id": "small" }, { "file_id": "large" }]);
    let photo = content(json!({ "photo": sizes, "caption": "look", "media_group_id": "13" }));
    assert_eq!(photo.files[0].reference, "large");
    assert_eq!((photo.text.as_str(), photo.group.as_deref()), ("look", Some("13")));

    let start = update("message", &message(json!({ "text": "/start", "entities": unknown_style })));
    assert_eq!(event(&start), InboundEvent::Open);
    let edit = update("edited_message", &message(json!({ "text": "new", "entities": unknown_style })));
    let expected = InboundEvent::Edit { external_id: ExternalId("7".to_owned()), text: "new".to_owned() };
    assert_eq!(event(&edit), expected);
}

#[test]
fn an_edit_carries_the_new_text_or_caption() {
    let edited = |fields| update("edited_message", &message(fields));
    let expected = |text: &str| InboundEvent::Edit { external_id: ExternalId("7".to_owned()), text: text.to_owned() };
    assert_eq!(event(&edited(json!({ "text": "better", "edit_date": 1_780_315_300 }))), expected("better"));
    let photo = json!([{ "file_id": "p", "file_unique_id": "u", "width": 1, "height": 1 }]);
    assert_eq!(event(&edited(json!({ "photo": photo, "caption": "look" }))), expected("look"));
    assert_eq!(event(&edited(json!({ "photo": photo }))), expected(""), "the caption was taken away");
    let moving = edited(json!({ "location": { "latitude": 1.0, "longitude": 2.0, "live_period": 60 } }));
    assert!(is_nothing(&moving), "a live location that moves says nothing");
}

#[test]
fn a_press_carries_its_token_and_is_answered() {
    let query = |message: Option<Value>, data: Option<&str>| {
        let mut query = json!({ "id": "77", "from": anna(), "chat_instance": "1" });
        if let Some(message) = message {
            query["message"] = message;
        }
        if let Some(data) = data {
            query["data"] = data.into();
        }
        update("callback_query", &query)
    };
    let old = json!({ "chat": { "id": ANNA, "type": "private", "first_name": "Анна" }, "message_id": 7, "date": 0 });
    let broken = json!({ "chat": { "id": ANNA, "type": "private" }, "odd": true });
    for message in [Some(message(json!({ "text": "Did it help?" }))), Some(old), Some(broken), None] {
        let update = query(message, Some("h1"));
        assert_eq!(event(&update), InboundEvent::Press { token: "h1".to_owned() });
        let expected = Reaction::AnswerPress { query: "77".to_owned() };
        assert_eq!(taken(&update).unwrap().reaction, expected);
    }
    let empty = taken(&query(None, None)).unwrap();
    assert!(empty.inbound.is_empty());
    assert_eq!(empty.reaction, Reaction::AnswerPress { query: "77".to_owned() });
}

fn membership(chat: &Value, old: &str, new: &str) -> Value {
    let member = |status: &str| {
        let mut member = json!({ "user": { "id": 123, "is_bot": true, "first_name": "Bot" }, "status": status });
        if status == "kicked" {
            member["until_date"] = 0.into();
        }
        member
    };
    let change = json!({
        "chat": chat, "from": anna(), "date": 1_780_315_200,
        "old_chat_member": member(old), "new_chat_member": member(new),
    });
    update("my_chat_member", &change)
}

#[test]
fn blocking_and_unblocking_change_the_reach() {
    let chat = json!({ "id": ANNA, "type": "private", "first_name": "Анна" });
    assert_eq!(event(&membership(&chat, "member", "kicked")), InboundEvent::Unreachable);
    assert_eq!(event(&membership(&chat, "kicked", "member")), InboundEvent::Reachable);
}

fn in_group(fields: Value) -> Value {
    let mut message = message(fields);
    message["chat"] = json!({ "id": -100, "type": "supergroup", "title": "Neighbours" });
    update("message", &message)
}

#[test]
fn a_group_is_answered_when_it_speaks_to_the_bot() {
    let said = Reaction::SayPrivateOnly { chat: -100, language: Language::RUSSIAN };
    for text in ["/start", "/new@help_bot", "/NEW@HELP_BOT now", "hey @help_bot!", "@help_bot"] {
        let taken = taken(&in_group(json!({ "text": text }))).unwrap();
        assert!(taken.inbound.is_empty(), "never a session: {text}");
        assert_eq!(taken.reaction, said, "{text}");
    }
    let entities = json!([{
        "type": "text_mention", "offset": 0, "length": 4,
        "user": { "id": 123, "is_bot": true, "first_name": "Bot" },
    }]);
    let named = taken(&in_group(json!({ "text": "help me", "entities": entities }))).unwrap();
    assert_eq!(named.reaction, said);
}

#[test]
fn a_group_that_talks_among_itself_is_left_alone() {
    for text in ["hello", "/new@other_bot", "@help_bot_2", "mail@help", "/"] {
        assert!(is_nothing(&in_group(json!({ "text": text }))), "{text}");
    }
    assert!(is_nothing(&in_group(json!({ "new_chat_title": "/start" }))));
    let mut edited = in_group(json!({ "text": "/start" }));
    edited["edited_message"] = edited["message"].take();
    edited.as_object_mut().unwrap().remove("message");
    assert!(is_nothing(&edited));
}

#[test]
fn being_added_to_a_group_is_answered_and_a_change_of_rights_is_not() {
    let chat = json!({ "id": -100, "type": "group", "title": "Neighbours" });
    let added = taken(&membership(&chat, "left", "member")).unwrap();
    assert_eq!(added.reaction, Reaction::SayPrivateOnly { chat: -100, language: Language::RUSSIAN });
    assert!(added.inbound.is_empty());
    assert!(is_nothing(&membership(&chat, "member", "kicked")));
    assert!(is_nothing(&membership(&chat, "member", "member")));
}

#[test]
fn a_group_that_becomes_a_supergroup_moves() {
    let moved = taken(&in_group(json!({ "migrate_to_chat_id": -100_200 }))).unwrap();
    assert_eq!(moved.inbound[0].event, InboundEvent::Moved { to: address(-100_200) });
    assert!(is_nothing(&in_group(json!({ "migrate_from_chat_id": -5 }))));
}

#[test]
fn what_concerns_no_customer_is_nothing() {
    let pinned = message(json!({ "pinned_message": message(json!({ "text": "x" })) }));
    assert!(is_nothing(&update("message", &pinned)));
    let timer = json!({ "message_auto_delete_timer_changed": { "message_auto_delete_time": 60 } });
    assert!(is_nothing(&update("message", &message(timer))));
    assert!(is_nothing(&update("invented_last_week", &json!({ "a": 1 }))));
    assert!(is_nothing(&update("message", &json!("no object"))));
    assert!(is_nothing(&json!({ "update_id": 900 })));
}

#[test]
fn what_is_no_update_is_none() {
    for value in [json!({}), json!([]), json!(null), json!({ "update_id": "x" }), json!("text")] {
        assert!(taken(&value).is_none() && update_id(&value).is_none(), "{value}");
    }
}

#[test]
fn a_long_text_is_shortened_visibly() {
    // Links can blow a text of 4096 characters up beyond what a message may hold.
    let url = format!("https://a.example/{}", "x".repeat(2_000));
    let entities: Vec<_> =
        (0..20).map(|at| json!({ "type": "text_link", "offset": at, "length": 1, "url": url })).collect();
    let text = text(json!({ "text": "a".repeat(20), "entities": entities }));
    assert_eq!(text.chars().count(), 20_000);
    assert!(text.ends_with('…'));
}
