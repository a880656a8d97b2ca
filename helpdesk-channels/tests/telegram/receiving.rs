//! What customers send reaches the desk: all of it, once, and in order.

use std::sync::{Arc, Mutex};

use futures_util::{StreamExt, TryStreamExt};
use helpdesk_channels::{
    telegram::TelegramChannel,
    testing::{BotApiServer, Fault, FaultRule, bot_api::MediaFile},
};
use helpdesk_core::{
    Actor, Channel, Desk,
    channel::ChannelError,
    memory::{MemoryBlobs, MemoryStorage},
    message::{AttachmentBody, FileKind, FileState},
    testing::faults::FaultPlan,
};
use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::rig::{Rig, options};

#[tokio::test]
async fn a_dialog_with_the_bot_from_start_to_end() {
    let rig = Rig::start().await;
    let anna = rig.telegram.user("Anna", "en").with_last_name("Smith").with_username("anna");
    anna.start();
    anna.wait_for_text("Your request is open").await;
    assert_eq!(anna.reply_keyboard(), Some(vec![vec!["New request".to_owned()]]));

    let asked = anna.say("How do I reset my password?");
    let answer = anna.wait_for_text_after(asked, "Answer 1").await;
    assert!(answer.words().ends_with("Did the answer help?"));
    assert_eq!(answer.buttons.len(), 1, "yes and no stand side by side");
    let press = anna.press("Yes");
    assert!(anna.wait_for_callback_answer(&press).await.text.is_some());
    anna.wait_for_text_after(asked, "Glad that I could help").await;
    anna.wait_for(|screen| screen.iter().any(|message| message.id == answer.id && message.buttons.is_empty())).await;

    let [session] = rig.sessions().await[..] else { panic!("one session") };
    let detail = rig.desk.session(&Actor::Host, session).await.unwrap();
    assert_eq!(detail.customer.customer.name, "Anna Smith");
    assert_eq!(detail.customer.addresses[0].handle.as_deref(), Some("anna"));
    assert_eq!(detail.customer.addresses[0].address.key, anna.id().to_string());
    rig.stop().await;
}

#[tokio::test]
async fn a_request_is_opened_by_the_keyboard_and_by_a_command_with_words() {
    let rig = Rig::start().await;
    let anna = rig.telegram.user("Анна", "ru");
    anna.start();
    anna.wait_for_text("обращение открыто").await;
    anna.press_reply_button("Новое обращение");
    anna.say("/new@helpdesk_test_bot принтер горит");
    rig.until("the words behind the command", async |rig| {
        let messages = rig.customers_messages().await;
        messages.iter().any(|message| message.text == "принтер горит").then_some(())
    })
    .await;
    assert_eq!(rig.sessions().await.len(), 3);
    rig.stop().await;
}

#[tokio::test]
async fn updates_that_came_while_nobody_asked_are_taken() {
    let telegram = BotApiServer::start().await;
    let anna = telegram.user("Anna", "en");
    anna.start();
    anna.say("Is anybody there?");
    let options = options(&telegram);
    let rig = Rig::with(telegram, options, FaultPlan::none());
    anna.wait_for_text("Answer 1").await;
    rig.stop().await;
}

#[tokio::test]
async fn an_update_is_confirmed_only_after_it_is_stored() {
    let telegram = BotApiServer::start().await;
    let waiting = Arc::new(Mutex::new(None));
    let plan = FaultPlan::call(1, {
        let (telegram, waiting) = (telegram.clone(), Arc::clone(&waiting));
        move |_| *waiting.lock().unwrap() = Some(telegram.pending_updates())
    });
    let options = options(&telegram);
    let rig = Rig::with(telegram, options, plan.only(&["commit:after"]));
    rig.telegram.user("Anna", "en").start();
    rig.telegram.wait_until_confirmed().await;
    assert_eq!(*waiting.lock().unwrap(), Some(1), "it waits at Telegram while it is being stored");
    rig.stop().await;
}

#[tokio::test]
async fn a_storage_that_fails_loses_nothing_and_doubles_nothing() {
    for point in ["commit:before", "commit:after"] {
        for at in 1..=4 {
            let telegram = BotApiServer::start().await;
            let anna = telegram.user("Anna", "en");
            let options = options(&telegram);
            let only: &'static [&'static str] =
                if point == "commit:before" { &["commit:before"] } else { &["commit:after"] };
            // The updates come as one batch.
            anna.start();
            anna.say("first");
            anna.say("second");
            let rig = Rig::with(telegram, options, FaultPlan::fail(at).only(only));
            rig.telegram.wait_until_confirmed().await;
            let texts: Vec<_> = rig.customers_messages().await.into_iter().map(|message| message.text).collect();
            assert_eq!(texts, ["first", "second"], "{point} {at}");
            assert_eq!(rig.sessions().await.len(), 1, "{point} {at}");
            rig.stop().await;
        }
    }
}

#[tokio::test]
async fn an_update_that_comes_twice_is_applied_once() {
    let rig = Rig::start().await;
    rig.telegram.duplicate_updates(true);
    let anna = rig.telegram.user("Anna", "en");
    anna.start();
    let asked = anna.say("Where is my order?");
    anna.wait_for_text_after(asked, "Answer 1").await;
    let press = anna.press("No");
    let answered = anna.wait_for_callback_answer(&press).await;
    rig.telegram.redeliver_last(3);
    rig.telegram.wait_until_confirmed().await;

    assert_eq!(rig.sessions().await.len(), 1);
    assert_eq!(rig.customers_messages().await.len(), 1);
    assert_eq!(rig.responder.asked().len(), 1);
    // Each delivery of the press is answered the same, or the customer's app would go on waiting.
    let answers = rig.telegram.wait_for_calls("answerCallbackQuery", 3).await;
    assert!(answers.iter().all(|call| call.params["text"].as_str() == answered.text.as_deref()));
    rig.stop().await;
}

#[tokio::test]
async fn a_second_bot_counts_its_updates_on_its_own() {
    let telegram = BotApiServer::start().await;
    let anna = telegram.user("Anna", "en");
    let storage = Arc::new(MemoryStorage::new());
    // The company moves to another bot, whose updates have the same numbers, and keeps its data.
    telegram.add_bot("99:SECOND", "Second", "second_bot");
    for (token, anna) in [(telegram.token(), anna.clone()), ("99:SECOND".to_owned(), anna.with_bot("99:SECOND"))] {
        let mut options = options(&telegram);
        options.token = token.into();
        let channel = Arc::new(TelegramChannel::new(options).unwrap());
        let desk = Desk::builder(Arc::clone(&storage) as _, Arc::new(MemoryBlobs::new())).channel(channel);
        let desk = desk.build().unwrap();
        let shutdown = CancellationToken::new();
        let running = tokio::spawn({
            let shutdown = shutdown.clone();
            async move { desk.run(shutdown).await }
        });
        anna.start();
        anna.wait_for_text("Your request is open").await;
        shutdown.cancel();
        running.await.unwrap();
    }
}

#[tokio::test]
async fn what_one_chat_says_stays_in_order() {
    let telegram = BotApiServer::start().await;
    let people: Vec<_> = (0..5).map(|number| telegram.user(&format!("Person {number}"), "en")).collect();
    for number in 0..20 {
        for person in &people {
            person.say(&format!("{} {number}", person.id()));
        }
    }
    let options = options(&telegram);
    let rig = Rig::with(telegram, options, FaultPlan::none());
    rig.telegram.wait_until_confirmed().await;
    for session in rig.sessions().await {
        let messages = rig.messages(session).await;
        let texts = messages.iter().map(|message| message.text.as_str()).filter(|text| text.starts_with("700"));
        let numbers: Vec<u32> = texts.map(|text| text.rsplit_once(' ').unwrap().1.parse().unwrap()).collect();
        assert_eq!(numbers, (0..20).collect::<Vec<_>>());
    }
    assert_eq!(rig.sessions().await.len(), 5);
    rig.stop().await;
}

#[tokio::test]
async fn an_album_of_five_is_one_message() {
    let rig = Rig::start().await;
    let anna = rig.telegram.user("Anna", "en");
    anna.start();
    anna.wait_for_text("Your request is open").await;
    let photos = (0..5).map(|number| MediaFile::photo(format!("picture {number}"))).collect();
    anna.album(photos, Some((3, "All five are broken")));
    let album = rig
        .until("the whole album", async |rig| {
            let mut messages = rig.customers_messages().await;
            let stored = |message: &helpdesk_core::message::Message| {
                let files = message.attachments.iter().filter_map(|attachment| attachment.as_file());
                files.filter(|file| matches!(file.state, FileState::Stored { .. })).count()
            };
            let message = messages.pop()?;
            (messages.is_empty() && stored(&message) == 5).then_some(message)
        })
        .await;
    assert_eq!(album.text, "All five are broken");
    anna.wait_for_text("Answer 1").await;
    assert_eq!(rig.responder.asked().len(), 1, "and one question");
    rig.stop().await;
}

#[tokio::test]
async fn files_are_fetched_whole_and_in_their_best_size() {
    let rig = Rig::start().await;
    let anna = rig.telegram.user("Anna", "en");
    let large: Vec<u8> = (0..3_000_000_u32).map(|number| (number % 251) as u8).collect();
    anna.photo("a large picture", "");
    anna.voice("a voice", 3);
    anna.document("отчёт №1.pdf", "application/pdf", large.clone());
    let files = rig
        .until("all files", async |rig| {
            let messages = rig.customers_messages().await;
            let attachments = messages.into_iter().flat_map(|message| message.attachments);
            let stored = attachments.filter(|attachment| {
                attachment.as_file().is_some_and(|file| matches!(file.state, FileState::Stored { .. }))
            });
            Some(stored.collect::<Vec<_>>()).filter(|files| files.len() == 3)
        })
        .await;
    let expected = [
        (FileKind::Photo, "a large picture".as_bytes()),
        (FileKind::Voice, "a voice".as_bytes()),
        (FileKind::Document, &large),
    ];
    for (attachment, (kind, bytes)) in files.iter().zip(expected) {
        assert_eq!(attachment.as_file().unwrap().kind, kind);
        let opened = rig.desk.attachment_open(&Actor::Host, attachment.id, None).await.unwrap();
        let content: Vec<u8> = opened
            .content
            .try_fold(Vec::new(), |mut whole, chunk| async move {
                whole.extend_from_slice(&chunk);
                Ok(whole)
            })
            .await
            .unwrap();
        assert!(content == bytes, "{kind:?}");
    }
    assert_eq!(files[2].as_file().unwrap().name, "отчёт №1.pdf");
    rig.stop().await;
}

#[tokio::test]
async fn a_file_that_telegram_does_not_give_away_is_said_to_be_too_large() {
    let rig = Rig::start().await;
    let anna = rig.telegram.user("Anna", "en");
    anna.send(MediaFile::document("film.mkv", "video/x-matroska", "x").declared_size(21 * 1024 * 1024));
    anna.wait_for_text("larger than 20 MB").await;
    rig.stop().await;
}

#[tokio::test]
async fn a_download_that_fails_is_made_again() {
    let rig = Rig::start().await;
    let broken = rig.telegram.inject(FaultRule::on("downloadFile", Fault::LostAnswer));
    let gone = rig.telegram.inject(FaultRule::on("downloadFile", Fault::Status(404)));
    rig.telegram.user("Anna", "en").photo("a large picture", "look");
    rig.until("the picture", async |rig| {
        let messages = rig.customers_messages().await;
        let file = messages.first()?.attachments.first()?.as_file()?.clone();
        matches!(file.state, FileState::Stored { .. }).then_some(())
    })
    .await;
    assert_eq!((broken.hits(), gone.hits()), (1, 1));
    rig.stop().await;
}

#[tokio::test]
async fn edits_places_contacts_and_replies_are_kept() {
    let rig = Rig::start().await;
    let anna = rig.telegram.user("Anna", "en");
    let first = anna.say("Where is my ordre?");
    anna.edit(first, "Where is my order?");
    anna.location(55.75, 37.62);
    anna.contact("+10000000000", "Bob");
    anna.reply(first, "I mean this one");
    anna.send_fields(json!({ "dice": { "emoji": "🎲", "value": 4 } }));
    rig.telegram.wait_until_confirmed().await;
    let messages = rig.customers_messages().await;
    assert_eq!(messages[0].text, "Where is my order?");
    let revisions = rig.desk.message_revisions(&Actor::Host, messages[0].id).await.unwrap();
    assert_eq!(revisions[0].text, "Where is my ordre?");
    let place = AttachmentBody::Location { latitude_e6: 55_750_000, longitude_e6: 37_620_000, title: None };
    assert_eq!(messages[1].attachments[0].body, place);
    let contact = AttachmentBody::Contact { name: "Bob".to_owned(), phone: "+10000000000".to_owned() };
    assert_eq!(messages[2].attachments[0].body, contact);
    assert_eq!(messages[3].reply_to, Some(messages[0].id));
    assert_eq!(messages[4].text, "[dice: 🎲 4]");
    rig.stop().await;
}

#[tokio::test]
async fn an_update_of_an_unknown_kind_does_not_stop_the_others() {
    let rig = Rig::start().await;
    let anna = rig.telegram.user("Anna", "en");
    rig.telegram.push_raw_update(json!({ "invented_last_week": { "a": 1 } }));
    rig.telegram.push_raw_update(json!({ "message": { "message_id": 1 } }));
    anna.say("Hello?");
    anna.wait_for_text("Answer 1").await;
    rig.telegram.wait_until_confirmed().await;
    rig.stop().await;
}

#[tokio::test]
async fn questions_for_updates_that_fail_are_asked_again() {
    let telegram = BotApiServer::start().await;
    let faults =
        [Fault::DropBeforeProcessing, Fault::LostAnswer, Fault::Status(404), Fault::RateLimit { retry_after: 0 }];
    let faults = faults.map(|fault| telegram.inject(FaultRule::on("getUpdates", fault)));
    let anna = telegram.user("Anna", "en");
    anna.say("Are you there?");
    let options = options(&telegram);
    let rig = Rig::with(telegram, options, FaultPlan::none());
    anna.wait_for_text("Answer 1").await;
    assert_eq!(faults.map(|fault| fault.hits()), [1; 4]);
    assert_eq!(rig.customers_messages().await.len(), 1);
    rig.stop().await;
}

#[tokio::test]
async fn the_menu_is_published_however_long_it_takes() {
    let telegram = BotApiServer::start().await;
    let names = telegram.inject(FaultRule::on("getMe", Fault::DropBeforeProcessing).times(2));
    let menus = telegram.inject(FaultRule::on("setMyCommands", Fault::RateLimit { retry_after: 1 }));
    let anna = telegram.user("Анна", "ru");
    anna.say("Добрый день");
    let options = options(&telegram);
    let rig = Rig::with(telegram, options, FaultPlan::none());
    // Nobody waits for the menu to get an answer.
    anna.wait_for_text("Answer 1").await;
    let calls = rig.telegram.wait_for_calls("setMyCommands", 4).await;
    assert_eq!((names.hits(), menus.hits()), (2, 1));
    assert_eq!(calls.iter().filter(|call| call.is_ok()).count(), 3, "Russian, English and all others");
    let menu = anna.commands();
    assert_eq!(menu[1], ("new".to_owned(), "Новое обращение".to_owned()));
    rig.stop().await;
}

#[tokio::test]
async fn a_token_that_is_not_accepted_ends_the_receiving_and_is_not_shown() {
    let telegram = BotApiServer::start().await;
    let mut options = options(&telegram);
    options.token = "1:WRONG-but-well-formed".into();
    let channel = Arc::new(TelegramChannel::new(options).unwrap());
    let desk = Desk::builder(Arc::new(MemoryStorage::new()), Arc::new(MemoryBlobs::new()));
    let desk = desk.channel(Arc::clone(&channel) as _).build().unwrap();
    let error = channel.run(desk, CancellationToken::new()).await.unwrap_err();
    assert!(matches!(error, ChannelError::Permanent { .. }));
    assert!(!format!("{error} {error:?}").contains("WRONG"));
}

#[tokio::test]
async fn a_file_reference_that_makes_no_sense_is_refused_for_good() {
    let rig = Rig::start().await;
    let refused = rig.channel.fetch("no such file").await.err();
    assert!(matches!(refused, Some(ChannelError::Permanent { .. })), "{refused:?}");
    let mut whole = rig
        .channel
        .fetch(&{
            let anna = rig.telegram.user("Anna", "en");
            let sent = anna.photo("a large picture", "");
            let screen = anna.screen();
            screen.iter().find(|message| message.id == sent).unwrap().files[0].file_id.clone()
        })
        .await
        .unwrap();
    assert_eq!(whole.next().await.unwrap().unwrap(), "a large picture");
    rig.stop().await;
}

#[tokio::test]
async fn staff_see_an_outage_while_it_lasts_and_not_after_it() {
    let rig = Rig::start().await;
    let anna = rig.telegram.user("Anna", "en");
    anna.start();
    anna.wait_for_text("Your request is open").await;
    let last_error = async |rig: &Rig| rig.desk.status(&Actor::Host).await.unwrap().channels[0].last_error.clone();
    assert_eq!(last_error(&rig).await, None);

    let outage = rig.telegram.inject(FaultRule::on("getUpdates", Fault::DropBeforeProcessing).until_removed());
    anna.say("Is this thing on?");
    // The second failure comes after the first was reported.
    outage.wait_hits(2).await;
    assert!(last_error(&rig).await.is_some());
    outage.remove();
    // What is confirmed was asked for after the success was reported.
    anna.say("And now?");
    rig.telegram.wait_until_confirmed().await;
    assert_eq!(last_error(&rig).await, None);
    rig.stop().await;
}
