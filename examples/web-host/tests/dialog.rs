//! The support dialog, from the customer's update to what the customer and the agents see (A1–A10).

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod support;

use helpdesk_channels::testing::bot_api::{MediaFile, ScriptedUser};
use serde_json::Value;
use support::{QUESTIONS, Stage, id, live::Feed, speech::SpeechService};

const HELPED: &str = "Did the answer help?";
const READY: &str = "Are you ready to talk to our support team?";

/// How many messages with this text the customer sees.
fn count(user: &ScriptedUser, part: &str) -> usize {
    user.screen().iter().filter(|message| message.words().contains(part)).count()
}

fn texts(messages: &[Value]) -> Vec<&str> {
    messages.iter().map(|message| message["text"].as_str().unwrap()).collect()
}

/// Asks and waits for the answer with its buttons.
async fn ask(user: &ScriptedUser, question: &str) {
    let asked = user.say(question);
    user.wait_for_text_after(asked, HELPED).await;
}

#[tokio::test]
async fn a1_a3_start_new_and_the_button_each_open_a_request_and_show_the_rules() {
    let stage = Stage::new().await;
    let anna = stage.telegram.user("Anna", "en");
    anna.start();
    let rules = anna.wait_for_text("Your request is open").await;
    assert!(rules.words().contains("3 answers"), "{}", rules.words());
    let new = anna.say("/new");
    anna.wait_for_text_after(new, "Your request is open").await;
    let pressed = anna.press_reply_button("New request");
    anna.wait_for_text_after(pressed, "Your request is open").await;

    let sessions = stage.sessions_of("Anna").await;
    assert_eq!(sessions.len(), 3);
    assert_eq!(sessions.iter().filter(|session| session["state"] == "closed").count(), 2);
}

#[tokio::test]
async fn a3_the_rules_come_in_the_customers_language() {
    let stage = Stage::new().await;
    let boris = stage.telegram.user("Борис", "ru");
    boris.start();
    let rules = boris.wait_for_text("Ваше обращение открыто").await;
    assert!(rules.words().contains("3 ответа не помогут"), "{}", rules.words());
    let pressed = boris.press_reply_button("Новое обращение");
    boris.wait_for_text_after(pressed, "Ваше обращение открыто").await;
}

#[tokio::test]
async fn a2_a_new_request_closes_the_unclosed_one() {
    let stage = Stage::new().await;
    let anna = stage.telegram.user("Anna", "en");
    anna.start();
    anna.wait_for_text("Your request is open").await;
    ask(&anna, QUESTIONS[0]).await;
    let new = anna.say("/new");
    anna.wait_for_text_after(new, "Your request is open").await;
    let sessions = stage.sessions_of("Anna").await;
    assert_eq!(sessions.len(), 2);
    assert_eq!(sessions[0]["state"], "bot");
    assert_eq!(sessions[1]["state"], "closed");
    assert_eq!(sessions[1]["resolution"], "superseded");
}

#[tokio::test]
async fn a4_a_text_is_answered_from_the_articles_with_its_sources() {
    let stage = Stage::new().await;
    let anna = stage.telegram.user("Anna", "en");
    anna.start();
    anna.say(QUESTIONS[0]);
    let answer = anna.wait_for_text(HELPED).await;
    assert!(answer.words().to_lowercase().contains("password"), "{}", answer.words());
    assert!(answer.button("Yes").is_some() && answer.button("No").is_some());
    // The customer sees it a moment before Telegram's receipt is stored.
    let mut feed = Feed::open(&stage.admin, Some(0)).await;
    let sent = feed
        .next_where(|event| {
            let message = &event["message"];
            message["sources"].as_array().is_some_and(|sources| !sources.is_empty())
                && message["delivery"]["status"] == "sent"
        })
        .await;
    assert_eq!(sent["message"]["author"]["kind"], "bot");
}

#[tokio::test]
async fn a4_a_voice_is_stored_transcribed_and_its_transcript_is_the_question() {
    let speech = SpeechService::start().await;
    let stage = Stage::with(&speech.environment()).await;
    let anna = stage.telegram.user("Anna", "en");
    anna.start();
    speech.next_words(QUESTIONS[0]);
    anna.voice(b"OggS how do I reset my password".to_vec(), 3);
    let answer = anna.wait_for_text(HELPED).await;
    assert!(answer.words().to_lowercase().contains("password"), "{}", answer.words());
    assert_eq!(speech.heard.lock().unwrap()[0], b"OggS how do I reset my password");

    // A13: the voice plays, its transcript is beside it.
    let session = stage.session_of("Anna").await;
    let messages = stage.admin.messages(id(&session)).await;
    let voice = &messages.iter().find(|message| message["author"]["kind"] == "customer").unwrap()["attachments"][0];
    assert_eq!(voice["kind"], "voice");
    assert_eq!(voice["transcript"]["text"], QUESTIONS[0]);
    let file = stage.admin.get(&format!("/attachments/{}", id(voice))).await;
    assert_eq!((file.status, file.bytes.as_slice()), (200, b"OggS how do I reset my password".as_slice()));
}

#[tokio::test]
async fn a4_a_transcriber_that_is_down_ends_at_a_person_and_keeps_the_voice() {
    let speech = SpeechService::start().await;
    let stage = Stage::with(&speech.environment()).await;
    let anna = stage.telegram.user("Anna", "en");
    anna.start();
    speech.next_failure(400);
    anna.voice(b"OggS mumbling".to_vec(), 2);
    anna.wait_for_text("I could not make out the voice message").await;
    let session = stage.session_of("Anna").await;
    assert_eq!(session["state"], "offered");
    let messages = stage.admin.messages(id(&session)).await;
    let voice = &messages.iter().find(|message| message["author"]["kind"] == "customer").unwrap()["attachments"][0];
    assert_eq!(stage.admin.get(&format!("/attachments/{}", id(voice))).await.bytes, b"OggS mumbling");
}

#[tokio::test]
async fn a5_a_picture_without_words_is_kept_and_words_are_asked_for() {
    let stage = Stage::new().await;
    let anna = stage.telegram.user("Anna", "en");
    anna.start();
    anna.wait_for_text("Your request is open").await;
    anna.photo(b"a picture".to_vec(), "");
    anna.wait_for_text("Please describe the problem by text or by voice").await;
    anna.video(b"a video".to_vec(), 5);
    anna.wait_for(|_| count(&anna, "Please describe the problem by text or by voice") == 2).await;
    let session = stage.session_of("Anna").await;
    let messages = stage.admin.messages(id(&session)).await;
    let kinds: Vec<_> = messages
        .iter()
        .flat_map(|message| message["attachments"].as_array().unwrap())
        .map(|file| &file["kind"])
        .collect();
    assert_eq!(kinds, ["photo", "video"]);
}

#[tokio::test]
async fn a5_an_album_is_one_message_and_is_answered_once() {
    let stage = Stage::new().await;
    let anna = stage.telegram.user("Anna", "en");
    anna.start();
    anna.wait_for_text("Your request is open").await;
    let pictures = || (1..=5).map(|n| MediaFile::photo(format!("picture {n}").into_bytes())).collect();
    anna.album(pictures(), None);
    anna.wait_for_text("Please describe the problem by text or by voice").await;
    // With a caption on one of them, it is a question.
    let album = anna.album(pictures(), Some((2, QUESTIONS[0])));
    anna.wait_for_text_after(album[4], HELPED).await;
    assert_eq!(count(&anna, "Please describe the problem by text or by voice"), 1);

    let session = stage.session_of("Anna").await;
    let messages = stage.admin.messages(id(&session)).await;
    let albums: Vec<_> = messages.iter().filter(|message| message["author"]["kind"] == "customer").collect();
    assert_eq!(albums.len(), 2, "{albums:#?}");
    assert_eq!(albums[0]["attachments"].as_array().unwrap().len(), 5);
    assert_eq!(albums[1]["attachments"].as_array().unwrap().len(), 5);
    assert_eq!(albums[1]["text"], QUESTIONS[0]);
}

#[tokio::test]
async fn a5_a_picture_with_a_caption_is_a_question() {
    let stage = Stage::new().await;
    let anna = stage.telegram.user("Anna", "en");
    anna.start();
    anna.photo(b"a picture".to_vec(), QUESTIONS[1]);
    anna.wait_for_text(HELPED).await;
}

#[tokio::test]
async fn a6_yes_closes_the_session_as_solved_by_the_bot_and_the_buttons_go() {
    let stage = Stage::new().await;
    let anna = stage.telegram.user("Anna", "en");
    anna.start();
    ask(&anna, QUESTIONS[0]).await;
    let query = anna.press("Yes");
    anna.wait_for_callback_answer(&query).await;
    anna.wait_for_text("Glad that I could help").await;
    anna.wait_for(|screen| screen.iter().all(|message| message.button("Yes").is_none())).await;
    let session = stage.session_of("Anna").await;
    assert_eq!((&session["state"], &session["resolution"]), (&"closed".into(), &"solved_by_bot".into()));

    // Beyond the source: the customer can rate the help.
    let rated = anna.press("★★★★");
    assert_eq!(anna.wait_for_callback_answer(&rated).await.text.as_deref(), Some("Thank you for the rating!"));
    assert_eq!(stage.session_of("Anna").await["rating"], 4);
}

#[tokio::test]
async fn a6_a7_a8_three_answers_that_did_not_help_end_at_the_offer_of_a_person() {
    let stage = Stage::new().await;
    let anna = stage.telegram.user("Anna", "en");
    anna.start();
    for question in &QUESTIONS[..2] {
        ask(&anna, question).await;
        anna.press("No");
        anna.wait_for(|_| count(&anna, "describe the problem in more detail") > 0).await;
    }
    ask(&anna, QUESTIONS[2]).await;
    anna.press("No");
    let offer = anna.wait_for_text("I cannot help with this").await;
    assert!(offer.words().contains(READY), "{}", offer.words());
    assert!(offer.button("Yes, connect me").is_some() && offer.button("No").is_some());
    assert_eq!(count(&anna, HELPED), 3, "never more than three answers");
    assert_eq!(stage.session_of("Anna").await["state"], "offered");
}

#[tokio::test]
async fn a6_a_new_text_instead_of_a_button_counts_as_no_and_is_the_next_question() {
    let stage = Stage::new().await;
    let anna = stage.telegram.user("Anna", "en");
    anna.start();
    for question in QUESTIONS {
        ask(&anna, question).await;
    }
    assert_eq!(count(&anna, HELPED), 3);
    anna.say("It still does not work");
    anna.wait_for_text("I cannot help with this").await;
}

#[tokio::test]
async fn a6_an_old_button_changes_nothing_and_says_so() {
    let stage = Stage::new().await;
    let anna = stage.telegram.user("Anna", "en");
    anna.start();
    anna.say(QUESTIONS[0]);
    let first = anna.wait_for_text(HELPED).await;
    let old = first.button("Yes").unwrap().data.clone().unwrap();
    ask(&anna, QUESTIONS[1]).await;
    let query = anna.press_data(first.id, &old);
    let answer = anna.wait_for_callback_answer(&query).await;
    assert_eq!(answer.text.as_deref(), Some("This button is no longer in use"));
    assert_eq!(stage.session_of("Anna").await["state"], "bot");

    // Of a closed session.
    anna.press("Yes");
    anna.wait_for_text("Glad that I could help").await;
    let query = anna.press_data(first.id, &old);
    let answer = anna.wait_for_callback_answer(&query).await;
    assert_eq!(answer.text.as_deref(), Some("This request is closed"));

    // Somebody else's, and nobody's.
    let mallory = stage.telegram.user("Mallory", "en");
    mallory.start();
    let rules = mallory.wait_for_text("Your request is open").await;
    for forged in [old.as_str(), "h1ffffffffffffffffffffffffffffffff", "nonsense", "s9"] {
        let query = mallory.press_data(rules.id, forged);
        let answer = mallory.wait_for_callback_answer(&query).await;
        assert_eq!(answer.text.as_deref(), Some("This button is no longer in use"), "{forged}");
    }
}

/// Brings a customer to the offer of a person.
async fn offered(stage: &Stage, name: &str) -> ScriptedUser {
    let user = stage.telegram.user(name, "en");
    user.start();
    user.wait_for_text("Your request is open").await;
    user.say("qwzx plmkt vbnr");
    user.wait_for_text("I do not have an answer").await;
    user
}

#[tokio::test]
async fn a8_any_other_message_repeats_the_question_and_is_kept() {
    let stage = Stage::new().await;
    let anna = offered(&stage, "Anna").await;
    anna.say("what do you mean");
    anna.wait_for(|_| count(&anna, READY) == 2).await;
    anna.photo(b"a picture".to_vec(), "");
    anna.wait_for(|_| count(&anna, READY) == 3).await;
    let session = stage.session_of("Anna").await;
    assert_eq!(session["state"], "offered");
    let messages = stage.admin.messages(id(&session)).await;
    assert!(texts(&messages).contains(&"what do you mean"));
}

#[tokio::test]
async fn a9_not_ready_closes_as_declined_and_asks_for_other_words() {
    let stage = Stage::new().await;
    let anna = offered(&stage, "Anna").await;
    anna.press("No");
    anna.wait_for_text("Please open a new request and describe the problem in other words").await;
    let session = stage.session_of("Anna").await;
    assert_eq!((&session["state"], &session["resolution"]), (&"closed".into(), &"declined".into()));
}

#[tokio::test]
async fn a10_ready_hands_over_and_the_bot_falls_silent() {
    let stage = Stage::new().await;
    let anna = offered(&stage, "Anna").await;
    anna.press("Yes, connect me");
    anna.wait_for_text("A live person will answer you right here").await;
    assert_eq!(stage.session_of("Anna").await["state"], "queued");
    let seen = anna.screen().len();
    anna.say(QUESTIONS[0]);
    stage.telegram.wait_until_confirmed().await;
    // Whatever the bot might say to Anna comes before what it says to Boris afterwards.
    let boris = stage.telegram.user("Boris", "en");
    boris.start();
    boris.say(QUESTIONS[0]);
    boris.wait_for_text(HELPED).await;
    assert_eq!(anna.screen().len(), seen + 1, "{}", anna.print());
}
