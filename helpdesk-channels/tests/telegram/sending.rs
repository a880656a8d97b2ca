//! What the desk sends reaches customers once, and staff are told when it does not.

use std::{io, time::Duration};

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use helpdesk_channels::{
    telegram::{TelegramChannel, TelegramOptions},
    testing::{BotApiServer, Fault, FaultRule, ScreenMessage, ScriptedUser},
};
use helpdesk_core::{
    Actor, Address, Channel, ChannelName, ExternalId, Language, MessageId, Role, SessionId,
    blob::{BlobKey, ByteStream, byte_stream},
    channel::{ChannelError, FileSource, Outgoing, OutgoingFile, Receipt},
    desk::{NewMessage, NewStaff},
    message::{DeliveryStatus, FileKind, Message, TextFormat},
    responder::Answer,
    testing::faults::FaultPlan,
};
use tokio::net::TcpListener;
use uuid::Uuid;

use crate::rig::{Rig, options};

/// A customer whose request is with a person: the rig, the customer, the person and the session.
async fn with_a_person(telegram: BotApiServer, options: TelegramOptions) -> (Rig, ScriptedUser, Actor, SessionId) {
    let rig = Rig::with(telegram, options, FaultPlan::none());
    let anna = rig.telegram.user("Anna", "en");
    anna.start();
    anna.wait_for_text("Your request is open").await;
    anna.say("human");
    anna.wait_for_text("A live person will answer you").await;
    let new = NewStaff {
        login: "petr".to_owned(),
        password_hash: None,
        full_name: "Pyotr Petrov".to_owned(),
        role: Role::Agent,
        language: Language::ENGLISH,
    };
    let staff = rig.desk.staff_create(&Actor::Host, new, None).await.unwrap();
    let agent = Actor::Staff { id: staff.id, role: staff.role };
    let session = rig.sessions().await[0];
    rig.desk.session_join(&agent, session).await.unwrap();
    (rig, anna, agent, session)
}

async fn write(rig: &Rig, agent: &Actor, session: SessionId, text: &str) -> MessageId {
    let new = NewMessage { text: text.to_owned(), ..NewMessage::default() };
    rig.desk.message_send(agent, session, new).await.unwrap().message.id
}

/// Waits until a message's delivery has this outcome.
async fn until_delivery(
    rig: &Rig,
    session: SessionId,
    id: MessageId,
    wanted: impl Fn(&DeliveryStatus) -> bool,
) -> Message {
    rig.until("the delivery", async |rig| {
        let messages = rig.messages(session).await;
        let message = messages.into_iter().find(|message| message.id == id)?;
        message.delivery.as_ref().is_some_and(|delivery| wanted(&delivery.status)).then_some(message)
    })
    .await
}

#[tokio::test]
async fn a_persons_reply_names_them() {
    let telegram = BotApiServer::start().await;
    let options = options(&telegram);
    let (rig, anna, agent, session) = with_a_person(telegram, options).await;
    write(&rig, &agent, session, "Hello *Anna*!").await;
    let reply = anna.wait_for_text("Hello *Anna*").await;
    assert_eq!(reply.words(), "Pyotr Petrov\nHello *Anna*!");
    assert_eq!(reply.entities[0]["type"], "bold");
    assert_eq!(reply.entities[0]["length"], 12);
    rig.stop().await;
}

#[tokio::test]
async fn a_long_reply_arrives_whole_and_in_order() {
    let telegram = BotApiServer::start().await;
    let options = options(&telegram);
    let (rig, anna, agent, session) = with_a_person(telegram, options).await;
    let lines: Vec<_> = (0..1_200).map(|number| format!("number {number}")).collect();
    let text = lines.join("\n") + "\nThe end.";
    let sent = write(&rig, &agent, session, &text).await;
    anna.wait_for_text("The end.").await;
    let screen = anna.screen();
    let first = screen.iter().position(|message| message.words().starts_with("Pyotr")).unwrap();
    let seen: Vec<_> = screen[first..].iter().map(ScreenMessage::words).collect();
    assert_eq!(seen.join("\n"), format!("Pyotr Petrov\n{text}"));
    let message = until_delivery(&rig, session, sent, |status| *status == DeliveryStatus::Sent).await;
    assert_eq!(message.delivery.unwrap().external_ids.len(), screen.len() - first);
    rig.stop().await;
}

#[tokio::test]
async fn markdown_is_shown_as_formatting() {
    let rig = Rig::start().await;
    let anna = rig.telegram.user("Anna", "en");
    rig.responder.next_answer(Ok(Answer::Found {
        text: "Press **Forgot**, then [open](https://a.example/x).\n\n```sh\nls | wc\n```".to_owned(),
        format: TextFormat::Markdown,
        sources: Vec::new(),
    }));
    anna.say("How?");
    let answer = anna.wait_for_text("Forgot").await;
    assert_eq!(answer.words(), "Press Forgot, then open.\n\nls | wc\n\nDid the answer help?");
    let kinds: Vec<_> = answer.entities.iter().map(|entity| entity["type"].as_str().unwrap().to_owned()).collect();
    assert_eq!(kinds, ["bold", "text_link", "pre"]);
    let call = &rig.telegram.calls_of("sendMessage")[0];
    assert_eq!(call.params["link_preview_options"]["is_disabled"], true);
    rig.stop().await;
}

#[tokio::test]
async fn a_pause_that_telegram_asks_for_is_kept() {
    let rig = Rig::start().await;
    let limits = rig.telegram.inject(FaultRule::on("sendMessage", Fault::RateLimit { retry_after: 1 }));
    let anna = rig.telegram.user("Anna", "en");
    let began = std::time::Instant::now();
    anna.start();
    anna.wait_for_text("Your request is open").await;
    assert!(began.elapsed() >= Duration::from_secs(1));
    assert_eq!(limits.hits(), 1);
    assert_eq!(rig.telegram.calls_of("sendMessage").len(), 2, "no try in between");
    rig.stop().await;
}

#[tokio::test]
async fn a_customer_who_blocked_the_bot_is_unreachable_until_they_come_back() {
    let telegram = BotApiServer::start().await;
    let options = options(&telegram);
    let (rig, anna, agent, session) = with_a_person(telegram, options).await;
    anna.block();
    let reachable = async |rig: &Rig| rig.desk.session(&Actor::Host, session).await.unwrap().reachable;
    rig.until("the block", async |rig| (!reachable(rig).await).then_some(())).await;
    anna.unblock();
    rig.until("the return", async |rig| reachable(rig).await.then_some(())).await;

    // Telegram may tell by a refusal alone.
    rig.telegram.inject(FaultRule::on("sendMessage", Fault::Forbidden));
    let sent = write(&rig, &agent, session, "Are you there?").await;
    until_delivery(&rig, session, sent, |status| matches!(status, DeliveryStatus::Failed { .. })).await;
    assert!(!reachable(&rig).await);
    rig.stop().await;
}

#[tokio::test]
async fn a_lost_answer_leaves_the_outcome_unknown_and_is_not_repeated() {
    let telegram = BotApiServer::start().await;
    let mut options = options(&telegram);
    options.call_timeout = Duration::from_millis(1_500);
    let (rig, anna, agent, session) = with_a_person(telegram, options).await;
    for (fault, text) in [(Fault::LostAnswer, "first"), (Fault::HangAnswer, "second"), (Fault::Status(404), "third")] {
        rig.telegram.inject(FaultRule::on("sendMessage", fault));
        let sent = write(&rig, &agent, session, text).await;
        until_delivery(&rig, session, sent, |status| *status == DeliveryStatus::Unknown).await;
    }
    write(&rig, &agent, session, "last").await;
    anna.wait_for_text("last").await;
    let count = |text: &str| anna.screen().iter().filter(|message| message.words().contains(text)).count();
    assert_eq!((count("first"), count("second")), (1, 1), "once each");
    rig.stop().await;
}

#[tokio::test]
async fn a_refusal_without_a_way_out_is_shown_to_staff() {
    let telegram = BotApiServer::start().await;
    let options = options(&telegram);
    let (rig, _, agent, session) = with_a_person(telegram, options).await;
    let description = "Bad Request: something is wrong with it".to_owned();
    rig.telegram.inject(FaultRule::on("sendMessage", Fault::Error { code: 400, description, parameters: None }));
    let sent = write(&rig, &agent, session, "Hello").await;
    let failed = |status: &DeliveryStatus| matches!(status, DeliveryStatus::Failed { reason } if reason.contains("something is wrong"));
    until_delivery(&rig, session, sent, failed).await;
    rig.stop().await;
}

fn address(key: &str) -> Address {
    Address::new(ChannelName::new("telegram").unwrap(), key).unwrap()
}

fn outgoing(text: &str) -> Outgoing {
    Outgoing::text(MessageId::from_uuid(Uuid::nil()), text)
}

/// A blob store with one file in it, which breaks off when there is none.
struct Files(Option<Bytes>);

#[async_trait]
impl FileSource for Files {
    async fn open(&self, _: &OutgoingFile) -> Result<ByteStream, ChannelError> {
        Ok(match &self.0 {
            Some(bytes) => byte_stream(bytes.clone()),
            None => {
                let begun = Ok(Bytes::from(vec![0; 200_000]));
                stream::iter([begun, Err(io::Error::other("the disk is gone"))]).boxed()
            }
        })
    }
}

async fn send(
    channel: &TelegramChannel,
    to: &str,
    outgoing: &Outgoing,
    files: &Files,
) -> Result<Receipt, ChannelError> {
    let part = channel.render(outgoing).unwrap().remove(0);
    channel.send(&address(to), part, files).await
}

#[tokio::test]
async fn files_are_uploaded_as_what_they_are() {
    let telegram = BotApiServer::start().await;
    let channel = TelegramChannel::new(options(&telegram)).unwrap();
    let anna = telegram.user("Anna", "en");
    anna.start();
    let table = [
        (FileKind::Photo, "image/png", "sendPhoto"),
        (FileKind::Video, "video/mp4", "sendVideo"),
        (FileKind::Voice, "audio/ogg", "sendVoice"),
        (FileKind::Audio, "audio/mpeg", "sendAudio"),
        (FileKind::Document, "application/pdf", "sendDocument"),
    ];
    for (kind, mime, method) in table {
        let content = Bytes::from(format!("{kind:?}").repeat(50_000));
        let mut message = outgoing("See page 2");
        message.author_name = Some("Pyotr Petrov".to_owned());
        message.new_request = "New request".to_owned();
        message.reply_to = Some(ExternalId("1".to_owned()));
        message.files = vec![OutgoingFile {
            kind,
            name: "страница 2.bin".to_owned(),
            mime: mime.to_owned(),
            size_bytes: content.len() as u64,
            blob: BlobKey::from_stored("x".to_owned()),
        }];
        let receipt = send(&channel, &anna.id().to_string(), &message, &Files(Some(content.clone()))).await.unwrap();
        let shown = anna.screen().pop().unwrap();
        assert_eq!(receipt.external_id.0, shown.id.to_string());
        assert_eq!(shown.words(), "Pyotr Petrov\nSee page 2");
        assert_eq!(shown.caption_entities[0]["type"], "bold");
        assert_eq!(shown.reply_to, Some(1));
        assert_eq!(telegram.file(&shown.files[0].file_id).unwrap(), content);
        assert_eq!(telegram.calls_of(method).len(), 1, "{kind:?}");
        assert_eq!(anna.reply_keyboard(), Some(vec![vec!["New request".to_owned()]]));
    }
}

#[tokio::test]
async fn a_file_that_breaks_off_is_not_sent_and_worth_another_try() {
    let telegram = BotApiServer::start().await;
    let channel = TelegramChannel::new(options(&telegram)).unwrap();
    let anna = telegram.user("Anna", "en");
    anna.start();
    let mut message = outgoing("");
    message.files = vec![OutgoingFile {
        kind: FileKind::Document,
        name: "a".to_owned(),
        mime: "text/plain".to_owned(),
        size_bytes: 1,
        blob: BlobKey::from_stored("x".to_owned()),
    }];
    let error = send(&channel, &anna.id().to_string(), &message, &Files(None)).await.unwrap_err();
    assert!(matches!(error, ChannelError::Temporary { .. }), "{error}");
    assert!(!anna.screen().iter().any(|message| message.from_bot));
}

#[tokio::test]
async fn without_a_connection_nothing_was_sent() {
    // A port that was just given back answers nobody.
    let port = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let mut options = TelegramOptions::new("1:A-SECRET-TOKEN".into());
    options.api_url = Some(format!("http://{port}"));
    let channel = TelegramChannel::new(options).unwrap();
    let error = send(&channel, "5", &outgoing("Hello"), &Files(None)).await.unwrap_err();
    assert!(matches!(error, ChannelError::Temporary { .. }), "{error}");
    assert!(!format!("{error} {error:?}").contains("SECRET"));
    let error = channel.fetch("file").await.err().unwrap();
    assert!(matches!(error, ChannelError::Temporary { .. }), "{error}");
}

#[tokio::test]
async fn refusals_have_their_classes() {
    let telegram = BotApiServer::start().await;
    let channel = TelegramChannel::new(options(&telegram)).unwrap();
    let anna = telegram.user("Anna", "en");
    anna.start();
    let anna = anna.id().to_string();
    let hello = outgoing("Hello");
    let nobody = send(&channel, "1", &hello, &Files(None)).await.unwrap_err();
    assert!(matches!(nobody, ChannelError::Unreachable { .. }), "{nobody}");
    let no_chat = send(&channel, "anna", &hello, &Files(None)).await.unwrap_err();
    assert!(matches!(no_chat, ChannelError::Permanent { .. }), "{no_chat}");

    let inject = |code: u16, description: &str, parameters: Option<serde_json::Value>| {
        let fault = Fault::Error { code, description: description.to_owned(), parameters };
        telegram.inject(FaultRule::on("sendMessage", fault));
    };
    inject(429, "Too Many Requests: retry after 7", Some(serde_json::json!({ "retry_after": 7 })));
    let limited = send(&channel, &anna, &hello, &Files(None)).await.unwrap_err();
    assert_eq!(limited, ChannelError::RateLimited { retry_after: Duration::from_secs(7) });
    inject(400, "Bad Request: group chat was upgraded", Some(serde_json::json!({ "migrate_to_chat_id": -100 })));
    let moved = send(&channel, &anna, &hello, &Files(None)).await.unwrap_err();
    assert_eq!(moved, ChannelError::Moved { to: address("-100") });
    inject(401, "Unauthorized", None);
    let token = send(&channel, &anna, &hello, &Files(None)).await.unwrap_err();
    assert!(matches!(token, ChannelError::Permanent { .. }), "{token}");
}

#[tokio::test]
async fn buttons_can_be_taken_away_any_number_of_times() {
    let telegram = BotApiServer::start().await;
    let channel = TelegramChannel::new(options(&telegram)).unwrap();
    let anna = telegram.user("Anna", "en");
    anna.start();
    let mut message = outgoing("Did it help?");
    message.buttons = vec![helpdesk_core::channel::Button { label: "Yes".to_owned(), token: "y".to_owned() }];
    let to = address(&anna.id().to_string());
    let sent = send(&channel, &to.key, &message, &Files(None)).await.unwrap().external_id;
    assert_eq!(anna.screen().pop().unwrap().buttons.len(), 1);
    channel.remove_buttons(&to, &sent).await.unwrap();
    assert!(anna.screen().pop().unwrap().buttons.is_empty());
    channel.remove_buttons(&to, &sent).await.unwrap();
    channel.remove_buttons(&to, &ExternalId("999".to_owned())).await.unwrap();
    telegram.inject(FaultRule::on("editMessageReplyMarkup", Fault::LostAnswer));
    let lost = channel.remove_buttons(&to, &sent).await.unwrap_err();
    assert!(matches!(lost, ChannelError::Temporary { .. }), "it may be asked for again: {lost}");
}
