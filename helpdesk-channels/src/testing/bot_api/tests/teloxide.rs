//! The simulator as teloxide sees it: every answer has the shape that its types expect.

use std::time::Duration;

use bytes::Bytes;
use serde_json::json;
use teloxide::net::Download;
use teloxide::prelude::*;
use teloxide::types::{
    AllowedUpdate, BotCommand, CallbackQueryId, FileId, InlineKeyboardButton, InlineKeyboardMarkup, InputFile,
    InputMedia, InputMediaPhoto, KeyboardButton, KeyboardMarkup, MaybeInaccessibleMessage, MessageId, ParseMode,
    Recipient, ReplyParameters, UpdateKind,
};
use teloxide::{ApiError, RequestError};

use super::super::{BotApiServer, Fault, FaultRule, MediaFile};

fn bot(server: &BotApiServer) -> Bot {
    Bot::new(server.token()).set_api_url(server.url().parse().expect("an address"))
}

#[tokio::test]
async fn every_update_is_understood() {
    let server = BotApiServer::start().await;
    let bot = bot(&server);
    let anna = server.user("Anna", "ru").with_username("anna").with_last_name("K");
    let first = anna.start();
    anna.say("see https://a.b #tag");
    anna.reply(first, "again");
    anna.photo("p", "caption /x");
    anna.video("v", 3);
    anna.voice("o", 4);
    anna.audio("m", 5);
    anna.video_note("n", 6);
    anna.document("a.txt", "text/plain", "t");
    anna.sticker("😀");
    anna.send(MediaFile::animation("gif", 1));
    anna.location(1.5, 2.5);
    anna.contact("+100", "Bob");
    anna.edit(first, "/begin");
    anna.press_data(first, "x");
    anna.press_data(555, "gone");
    anna.block();
    anna.unblock();
    let group = server.group("Team");
    anna.say_in(&group, "hi");
    group.migrate();
    server.channel("News").post("news");
    server.push_raw_update(json!({ "brand_new_thing": { "a": 1 } }));

    let updates = bot.get_updates().await.expect("updates");
    let errors: Vec<_> = updates
        .iter()
        .filter_map(|update| match &update.kind {
            UpdateKind::Error(value) => Some(value),
            _ => None,
        })
        .collect();
    assert_eq!(errors.len(), 1, "{errors:#?}");
    assert_eq!(updates.len(), server.pending_updates());
    let messages: Vec<_> = updates
        .iter()
        .filter_map(|update| match &update.kind {
            UpdateKind::Message(message) => Some(message),
            _ => None,
        })
        .collect();
    let sender = messages[0].from.as_ref().expect("a sender");
    assert_eq!((sender.full_name(), sender.language_code.as_deref()), ("Anna K".into(), Some("ru")));
    assert!(messages[0].parse_entities().is_some_and(|entities| entities.len() == 1));
    assert_eq!(messages[2].reply_to_message().expect("a reply").id, MessageId(first));
    assert_eq!(messages[3].photo().expect("a picture").len(), 2);
    assert_eq!(messages[3].caption(), Some("caption /x"));
    assert!(messages[4].video().is_some());
    assert_eq!(messages[5].voice().expect("a voice").duration.seconds(), 4);
    assert!(messages[6].audio().is_some());
    assert!(messages[7].video_note().is_some());
    assert_eq!(messages[8].document().expect("a document").file_name.as_deref(), Some("a.txt"));
    assert!(messages[9].sticker().is_some());
    assert!(messages[10].animation().is_some());
    assert!(messages[11].location().is_some());
    assert!(messages[12].contact().is_some());
    assert!(messages.iter().any(|message| message.migrate_to_chat_id().is_some()));
    let inaccessible = updates.iter().any(|update| {
        matches!(&update.kind, UpdateKind::CallbackQuery(query)
            if matches!(query.message, Some(MaybeInaccessibleMessage::Inaccessible(_))))
    });
    assert!(inaccessible);
}

#[tokio::test]
async fn every_method_answers_in_shape() {
    let server = BotApiServer::start().await;
    let bot = bot(&server);
    let anna = server.user("Anna", "en");
    let hers = anna.start();
    let chat = ChatId(anna.id());

    assert_eq!(bot.get_me().await.expect("me").username(), server.bot_username());
    let keyboard = InlineKeyboardMarkup::new([[InlineKeyboardButton::callback("Yes", "y")]]);
    let sent = bot
        .send_message(chat, "<b>Well</b>?")
        .parse_mode(ParseMode::Html)
        .reply_parameters(ReplyParameters::new(MessageId(hers)))
        .reply_markup(keyboard.clone())
        .await
        .expect("a message");
    assert_eq!(sent.text(), Some("Well?"));
    assert!(sent.reply_markup().is_some());
    bot.edit_message_text(chat, sent.id, "Well!").reply_markup(keyboard).await.expect("an edit");
    bot.edit_message_reply_markup(chat, sent.id).await.expect("no more buttons");
    let again = bot.edit_message_text(chat, sent.id, "Well!").await.expect_err("the same");
    assert!(matches!(again, RequestError::Api(ApiError::MessageNotModified)), "{again:?}");
    bot.delete_message(chat, sent.id).await.expect("deleted");
    let keys = KeyboardMarkup::new([[KeyboardButton::new("Human")]]).persistent();
    bot.send_message(chat, "Keys").reply_markup(keys).await.expect("a keyboard");
    anna.press_reply_button("Human");

    let file = |name: &'static str| InputFile::memory(Bytes::from_static(b"bytes")).file_name(name);
    bot.send_photo(chat, file("a.jpg")).caption("one").await.expect("a picture");
    bot.send_video(chat, file("a.mp4")).await.expect("a video");
    bot.send_voice(chat, file("a.ogg")).duration(2).await.expect("a voice");
    bot.send_audio(chat, file("a.mp3")).title("t").await.expect("music");
    bot.send_video_note(chat, file("b.mp4")).await.expect("a round video");
    bot.send_sticker(chat, file("a.webp")).await.expect("a sticker");
    bot.send_location(chat, 1.0, 2.0).await.expect("a place");
    bot.send_contact(chat, "+1", "Bob").await.expect("a contact");
    let sent = bot.send_document(chat, file("Счёт.pdf")).await.expect("a document");
    let document = sent.document().expect("a document");
    assert_eq!(document.file_name.as_deref(), Some("Счёт.pdf"));
    bot.send_document(chat, InputFile::file_id(document.file.id.clone())).await.expect("again");
    let photo = || InputMedia::Photo(InputMediaPhoto::new(file("b.jpg")).caption("album"));
    let album = bot.send_media_group(chat, [photo(), photo()]).await.expect("an album");
    assert_eq!(album[0].media_group_id(), album[1].media_group_id());
    bot.send_chat_action(chat, teloxide::types::ChatAction::Typing).await.expect("typing");
    assert_eq!(anna.chat_action().as_deref(), Some("typing"));

    let meta = bot.get_file(document.file.id.clone()).await.expect("a link");
    let mut bytes = Vec::new();
    bot.download_file(&meta.path, &mut bytes).await.expect("the file");
    assert_eq!(bytes, b"bytes");
    let unknown = bot.get_file(FileId("nonsense".to_owned())).await.expect_err("unknown");
    assert!(unknown.to_string().contains("invalid file_id"), "{unknown}");

    let commands = [BotCommand::new("start", "Start")];
    bot.set_my_commands(commands.clone()).language_code("ru").await.expect("commands");
    assert_eq!(bot.get_my_commands().language_code("ru").await.expect("commands"), commands);
    bot.delete_my_commands().await.expect("no commands");
    assert!(bot.get_chat(chat).await.expect("a chat").is_private());
    let member = bot.get_chat_member(chat, UserId(anna.id().unsigned_abs())).await;
    assert!(member.expect("a member").is_present());

    let query = CallbackQueryId(anna.press_data(hers, "y"));
    bot.answer_callback_query(query.clone()).text("Done").await.expect("an answer");
    assert_eq!(anna.callback_answers()[0].text.as_deref(), Some("Done"));
    bot.answer_callback_query(query).await.expect_err("a second answer");

    let group = server.group("Team");
    bot.leave_chat(ChatId(group.id())).await.expect("left");
    let url = "https://example.com/hook".parse().expect("an address");
    bot.set_webhook(url).allowed_updates([AllowedUpdate::Message]).await.expect("a webhook");
    let info = bot.get_webhook_info().await.expect("the webhook");
    assert_eq!(info.allowed_updates, Some(vec![AllowedUpdate::Message]));
    bot.delete_webhook().drop_pending_updates(true).await.expect("no webhook");
    assert_eq!(bot.get_webhook_info().await.expect("no webhook").pending_update_count, 0);
}

#[tokio::test]
async fn errors_have_their_types() {
    let server = BotApiServer::start().await;
    let bot = bot(&server);
    let anna = server.user("Anna", "en");
    let chat = ChatId(anna.id());
    let send =
        async |chat: ChatId, text: String| bot.send_message(Recipient::Id(chat), text).await.expect_err("an error");
    let error = send(chat, "hi".to_owned()).await;
    assert!(matches!(error, RequestError::Api(ApiError::ChatNotFound)), "{error:?}");
    anna.start();
    let error = send(chat, "a".repeat(4097)).await;
    assert!(matches!(error, RequestError::Api(ApiError::MessageIsTooLong)), "{error:?}");
    server.inject(FaultRule::on("sendMessage", Fault::RateLimit { retry_after: 7 }));
    let error = send(chat, "hi".to_owned()).await;
    let limit = Duration::from_secs(7);
    assert!(matches!(error, RequestError::RetryAfter(wait) if wait.duration() == limit));
    server.inject(FaultRule::on("sendMessage", Fault::LostAnswer));
    assert!(matches!(send(chat, "kept".to_owned()).await, RequestError::Network(_)));
    assert_eq!(anna.screen().last().map(|message| message.words().to_owned()).as_deref(), Some("kept"));
    anna.block();
    let error = send(chat, "hi".to_owned()).await;
    assert!(matches!(error, RequestError::Api(ApiError::BotBlocked)), "{error:?}");
    let group = server.group("Team");
    let new = group.migrate();
    let error = send(ChatId(group.id()), "hi".to_owned()).await;
    assert!(matches!(error, RequestError::MigrateToChatId(ChatId(id)) if id == new.id()));
    let stranger = Bot::new("5:WRONG").set_api_url(server.url().parse().expect("an address"));
    let error = stranger.get_me().await.expect_err("no such bot");
    assert!(matches!(error, RequestError::Api(ApiError::InvalidToken)), "{error:?}");
}

#[tokio::test]
async fn a_restarted_bot_goes_on_where_it_stopped() {
    let server = BotApiServer::start().await;
    let anna = server.user("Anna", "en");
    let answer = async |server: &BotApiServer| {
        let bot = bot(server);
        let mut offset = 0;
        loop {
            let updates = bot.get_updates().offset(offset).timeout(10).await.expect("updates");
            for update in updates {
                offset = update.id.as_offset();
                if let UpdateKind::Message(message) = update.kind {
                    let text = format!("You said {}", message.text().unwrap_or_default());
                    bot.send_message(message.chat.id, text).await.expect("an answer");
                }
            }
        }
    };
    let running = |server: BotApiServer| tokio::spawn(async move { answer(&server).await });
    let first = running(server.clone());
    anna.say("one");
    anna.wait_for_text("You said one").await;
    server.wait_until_confirmed().await;
    first.abort();
    anna.say("two");
    let second = running(server.clone());
    anna.wait_for_text("You said two").await;
    server.wait_until_confirmed().await;
    second.abort();
    assert_eq!(anna.screen().iter().filter(|message| message.from_bot).count(), 2);
}
